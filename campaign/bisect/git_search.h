// SPDX-License-Identifier: Apache-2.0
//
// git's own bisection over a repository of the user's, in a worktree of its own.
//
// git keeps HEAD, the marks (refs/bisect) and the log of a bisection per worktree (git-worktree(1),
// "Refs"), so that the user's checkout, branches and a bisection of theirs are not touched. All
// that the repository sees is the worktree's entry, which is gone when this is. No hook of the
// repository runs.
//
// Not thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

struct Commit {
  std::string hash;
  std::string author_date;  // ISO 8601, strict
  std::string subject;
};

struct SearchStep {
  std::string next;  // the revision to test; empty when the search has ended
  // Then: the first bad one alone, or all that it may be, newest first, where the rest was skipped.
  std::vector<std::string> suspects;
  int left = 0;  // revisions that are not known to be good
};

enum class RevisionVerdict { kGood, kBad, kSkip };

class GitSearch {
 public:
  // Adds `worktree`, which does not exist, to the repository that `repository` lies in.
  // kUnavailable without git, kBadInput where there is no repository.
  [[nodiscard]] static common::Result<GitSearch> Open(const std::filesystem::path& repository,
                                                      const std::filesystem::path& worktree);
  // What a search leaves when its process is killed. Nothing happens where it left nothing.
  static void RemoveLeftOver(const std::filesystem::path& repository,
                             const std::filesystem::path& worktree);

  GitSearch(GitSearch&& other) noexcept;
  GitSearch& operator=(GitSearch&& other) = delete;
  GitSearch(const GitSearch&) = delete;
  GitSearch& operator=(const GitSearch&) = delete;
  ~GitSearch();  // removes the worktree

  [[nodiscard]] const std::filesystem::path& Worktree() const { return worktree_; }
  // The commit's hash; kBadInput for what names none.
  [[nodiscard]] common::Result<std::string> Resolve(const std::string& revision) const;
  [[nodiscard]] common::Result<Commit> Describe(const std::string& hash) const;

  // The revision's files and nothing else: what an earlier build left is deleted, ignored or not.
  [[nodiscard]] common::Status CheckOut(const std::string& hash) const;

  // kBadInput, in git's words, where `good` is no ancestor of `bad` and no common one is good.
  [[nodiscard]] common::Result<SearchStep> Start(const std::string& good, const std::string& bad);
  [[nodiscard]] common::Result<SearchStep> Mark(const std::string& hash, RevisionVerdict verdict);

 private:
  GitSearch(std::filesystem::path repository, std::filesystem::path worktree);
  [[nodiscard]] common::Result<SearchStep> Bisect(const std::vector<std::string>& words);

  std::filesystem::path repository_;
  std::filesystem::path worktree_;
  std::string bad_;
  std::vector<std::string> good_;
};

}  // namespace percuss::campaign
