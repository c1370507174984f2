// SPDX-License-Identifier: Apache-2.0
//
// Which commit brought a finding: each revision that git's bisection asks for is built in a
// worktree of its own, and the finding's input run on what was built.
//
// bad    at least one run showed the finding: its strict key or, where lines moved, its loose one
// good   so many runs stayed clean that the finding, at the rate at which the bad end showed it,
//        would have been missed with a probability of at most 1 % (CleanRunsNeeded)
// skip   it does not build, fails otherwise, or nobody can tell (ReplayFinding)
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "campaign/bisect/git_search.h"
#include "campaign/bisect/ledger.h"
#include "common/result.h"

namespace percuss::campaign {

struct BisectionRequest {
  std::filesystem::path package_folder;  // unpacked, its seal checked
  std::string finding;
  std::filesystem::path repository;
  std::string good, bad;         // revisions, as git names them
  std::string command;           // for /bin/sh -c, in the worktree, with PERCUSS_BISECT_REV
  std::filesystem::path binary;  // that it leaves, relative to the worktree
  int reruns = 10;               // of the input at the bad end, and at least so many elsewhere
  int most_reruns = 300;         // where a flaky finding asks for more
  int64_t build_timeout_ms = 3'600'000;
  std::filesystem::path folder;   // for the ledger and the builds' logs; exists
  std::filesystem::path scratch;  // exists
  const std::atomic<bool>* cancel = nullptr;
  // After each revision; `reused`: known from an earlier search.
  std::function<void(const RevisionEvidence&, bool reused)> progress;
};

struct BisectionResult {
  bool interrupted = false;            // the ledger has what was seen; a new search goes on from it
  std::vector<Commit> suspects;        // one: the first bad one; more: it is one of them
  std::vector<std::string> doubts;     // why it may be another one; in words
  int clean_runs_needed = 0;           // for good, by the rate at the bad end
  int reused = 0;                      // revisions that were known from an earlier search
  std::vector<RevisionEvidence> seen;  // in the order in which they were asked for
};

// The path of the worktree, below the scratch folder of a request.
[[nodiscard]] std::filesystem::path BisectionWorktree(const std::filesystem::path& scratch);

// kBadInput where the bad end does not show the finding, the good end does, or git cannot search
// between them; kUnavailable where it cannot be told of an end.
[[nodiscard]] common::Result<BisectionResult> Bisect(const BisectionRequest& request);

}  // namespace percuss::campaign
