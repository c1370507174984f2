// SPDX-License-Identifier: Apache-2.0
//
// From a sighting to a finding: rerun in fresh processes, classified, keyed, written down.
//
//   sighting ── input seen before ───────────────► occurrence
//      │
//   first rerun ── key known for this target ────► occurrence   (first one without symbols, whose
//      │                                                          names we look up ourselves)
//   n reruns alone ── none shows a fault ── history? ── n reruns with the history before it
//      │
//   finding (k of n; the first sighting's own report when k is 0: nothing is thrown away)
//
// What was handed in without a report of its own, and fails in no rerun, is no finding.
//
// Reruns differ by the series of surroundings.h, as far as the runner can vary them. Where they do
// not all show the same there are three times as many, but for kinds that are a matter of time.
//
// k counts the reruns with the most frequent strict key; all keys are in the distribution. Time:
// hang and slow are told apart by one more run that waits longer (grace_factor times the limit):
// what ends is slow, what does not is a hang. What was over its time once and in no rerun is a
// finding only where it was seen to use that time itself and does not come near the limit: anything
// else a busy host does to inputs.
//
// Thread-safe when the runner is; each sighting is judged on the calling thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "campaign/triage/crash_report.h"
#include "campaign/triage/finding_book.h"
#include "campaign/triage/finding_files.h"
#include "campaign/triage/influence.h"
#include "campaign/triage/input_runner.h"
#include "campaign/triage/minimiser.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

struct Sighting {
  std::string target;
  std::string engine;  // libfuzzer|aflpp|regression|seed|msan_replay
  std::string input;   // bytes
  std::vector<std::string>
      history;  // inputs that ran before it in the same process, oldest first; may be empty
  double first_seen_s = -1;
  int64_t first_seen_executions = -1;
  std::string log;   // what the process said when it was first seen, may be empty
  std::string kind;  // crash|hang|slow|oom|leak, as first seen
  int signal = 0;
  // Seen by others: a finding only where a rerun, or their log, shows a fault.
  bool handed_in = false;
  size_t handed_in_as = 0;        // the caller's number for it
  bool has_input = true;          // false: the log is all that there is, and nothing can be rerun
  common::TimeUse time_use = {};  // of kind hang, as first seen
};

struct JudgeOptions {
  int reruns = 10;
  int times_where_reruns_differ = 3;         // the number, where they do not all show the same
  std::optional<Surroundings> surroundings;  // of all reruns; nothing: those of the series
  double grace_factor = 4;
  // Runs the same binary without symbols, several times as fast; may be nullptr. Outlives the
  // judge, as does the next one.
  InputRunner* unsymbolised = nullptr;
  // The same for runs that only ask whether it is still this bug, and need no process of their own;
  // may be nullptr. Minimisation steps with it, many candidates in a copy, and confirms its result
  // in processes of their own.
  InputRunner* quick = nullptr;
  // Runs an input and tells behind its report who wrote the value that was bad; may be nullptr.
  InputRunner* last_writer = nullptr;
  // Of firmware on the fast core: whether another processor fails so too; may be empty. last_writer
  // explains such a failure, in the words of firmware_report.h.
  std::function<common::Confirmation(const std::filesystem::path& input)> confirm;
  InfluenceBudget influence;
  ReduceByParts parts = nullptr;  // of the target's protocol, where it has a model
  // What a report shows of the minimised input; may be empty.
  std::function<common::InputDump(const std::string& input)> dump = nullptr;
  std::filesystem::path package_folder;  // findings/ goes below it
  std::filesystem::path scratch_folder;  // inputs are put here to be run
  ReplayRecipe recipe;
};

struct Evidence;        // evidence.h
class SpectraRecorder;  // edge_spectra.h

struct Judgement {
  common::Finding finding;
  bool is_new = false;  // false: one more occurrence of a known finding
  // Of what was handed in: no finding, as no fault was seen. Of the finding only the reproduction
  // is set: 0 of n, and 0 of 0 where the input could not be run.
  bool no_fault = false;
  std::string why_not_run;      // the last words of a run that says nothing of the input
  bool over_time_once = false;  // no fault: seen here, over its time and in no rerun
};

class Judge {
 public:
  // The runner and the book must outlive the judge. One judge per target and binary.
  Judge(InputRunner& runner, FindingBook& book, JudgeOptions options);

  // Files of a new finding are on disk when this returns. Error: the runner could not run or a file
  // was not written. Cancelling stops the reruns; what is known by then becomes the finding.
  [[nodiscard]] common::Result<Judgement> JudgeSighting(const Sighting& sighting,
                                                        const std::stop_token& cancel = {});

  // Minimises the finding's stored input, measures what its bytes steer and what tells failing
  // inputs from surviving ones nearby, writes input.min and brings the files and the book up to
  // date. Apart from judging, so that a queue of sightings need not wait for it. Findings that need
  // a history are left as they are.
  [[nodiscard]] common::Result<common::Finding> MinimiseFinding(const common::Finding& finding,
                                                                const MinimiseBudget& budget,
                                                                const std::stop_token& cancel = {});

 private:
  [[nodiscard]] common::Result<Judgement> Record(const Sighting& sighting,
                                                 const Evidence& evidence);
  // Of firmware on the fast core: asks for the confirmation, and leaves nothing unsaid.
  void TellFirmware(common::Finding& finding, const std::string& input) const;

  // The input of a finding made smaller, by steps with one of the runners.
  [[nodiscard]] common::Result<Minimised> Shrink(const common::Finding& finding,
                                                 const std::string& input,
                                                 const MinimiseBudget& budget,
                                                 const std::stop_token& cancel);

  // What the bytes of the minimised input have to do with the failing.
  // The edges that its runs take are recorded on the way.
  [[nodiscard]] common::Influence InfluenceOf(const common::Finding& finding,
                                              const std::string& input, SpectraRecorder& spectra,
                                              const std::stop_token& cancel);

  // For what takes too long to measure each byte: a few runs for the edges alone.
  void RunNearHang(const common::Finding& finding, const std::string& input,
                   SpectraRecorder& spectra, const std::stop_token& cancel);

  InputRunner& runner_;
  FindingBook& book_;
  JudgeOptions options_;
};

}  // namespace percuss::campaign
