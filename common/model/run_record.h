// SPDX-License-Identifier: Apache-2.0
//
// All that a campaign learned: what campaign/ hands over and reports/ seals. Its JSON form is the
// package's manifest, less the integrity section. Times are RFC 3339 UTC texts; durations and
// counts are integers with the unit in the name. A section that could not be filled has present =
// false and says why in absent_reason.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/model/finding.h"

namespace percuss::common {

// Strings in JSON: pass, fail, inconclusive, infrastructure_error. Ordered from best to worst
// knowledge.
enum class Verdict { kPass, kFail, kInconclusive, kInfrastructureError };
[[nodiscard]] std::string VerdictName(Verdict verdict);
void to_json(nlohmann::json& json, const Verdict& verdict);
// An unknown name is kInfrastructureError: never better than what was written.
void from_json(const nlohmann::json& json, Verdict& verdict);
// 0 pass, 1 infrastructure error, 2 fail, 3 inconclusive.
[[nodiscard]] int VerdictExitCode(Verdict verdict);

struct Device {
  std::string name;
  std::string model;
  std::string udi_di;
  std::string software_version;
  std::string iec62304_class;
  std::string submission;
};

struct Interface {
  std::string id;
  std::string description;
  std::string protocol;
  bool tested = false;
  std::string exclusion_rationale;  // must not be empty when not tested
};

struct Tester {
  std::string id;
  std::string role;
  std::string organisation;
  std::string independence;  // unknown|developer|other_team|third_party
  std::string qualification_ref;
};

struct Tool {
  std::string name;
  std::string version;
  std::string path;
  std::string sha256;
};

struct Binary {
  // libfuzzer|aflpp|aflpp_cmplog|cost|msan|coverage|benchmark|firmware|board|program, and of
  // rehosted firmware image|rehost|symbols: what the programs of the engines were made from.
  std::string role;
  std::string path;  // on the host of the campaign
  std::string sha256;
  std::string packaged;  // path in the package, empty when the binary is too large to carry
  std::string compiler;
  std::string build_options;
};

struct CurvePoint {
  int64_t elapsed_s = 0;
  int64_t executions = 0;
  int64_t edges = 0;
  int64_t corpus = 0;
};

struct EngineRun {
  std::string engine;  // libfuzzer|aflpp|cost|qemu-board|qemu-user
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  int64_t seed = 0;
  int64_t executions = 0;
  int64_t cpu_ns = 0;
  int64_t wall_ns = 0;
  int64_t edges = 0;
  int64_t corpus = 0;
  int64_t restarts = 0;
  int64_t last_find_s = -1;
  double stability_percent = -1;  // AFL++ only
  std::string stop_reason;  // interrupted|wall time|executions|plateau|cpu time, or what failed
  std::vector<CurvePoint> curve;
};

struct FunctionCoverage {
  std::string function;
  std::string file;
  int64_t lines_covered = 0;
  int64_t lines_total = 0;
  int64_t regions_covered = 0;
  int64_t regions_total = 0;
  int64_t branches_covered = 0;
  int64_t branches_total = 0;
};

struct SourceCoverage {
  bool present = false;
  std::string absent_reason;
  std::string tool;
  int64_t lines_covered = 0;
  int64_t lines_total = 0;
  int64_t branches_covered = 0;
  int64_t branches_total = 0;
  std::vector<FunctionCoverage> functions;
};

// Of firmware on the fast core, without source: its basic blocks.
struct FunctionBlocks {
  std::string function;
  std::string address;   // 0x...
  std::string found_by;  // vector|symbol|call|pointer
  int64_t blocks_ran = 0;
  int64_t blocks_found = 0;
  int64_t bytes_ran = 0;
  int64_t bytes_found = 0;
};

// Blocks are found without running the firmware: neither all, nor surely each of them one.
struct BlockCoverage {
  bool present = false;
  std::string absent_reason;  // empty where there is none to be had: no firmware on the fast core
  std::string path;           // of the lists, in the package
  std::string sha256;
  int64_t inputs = 0;
  int64_t left_out = 0;  // inputs, behind a limit of instructions
  bool complete = true;  // false: the image was more than is looked at
  int64_t blocks_ran = 0;
  int64_t blocks_found = 0;
  int64_t bytes_ran = 0;
  int64_t bytes_found = 0;
  int64_t ran_not_found = 0;  // places that were entered, and are in no block that was found
  int64_t unresolved = 0;     // branches and calls that go to nobody knows where
  std::vector<FunctionBlocks> functions;
};

struct SessionStep {
  std::string from;
  std::string request;  // empty: a further reply to the same one
  std::string reply;    // which is the next state
  int64_t count = 0;
};

// The graph of states that sessions of the final corpus went through: in the words of a harness
// that has a coverage build, or in codes of replies over a real socket, of a sample of the corpus.
struct SessionStates {
  bool present = false;
  int64_t sessions = 0;
  int64_t connections = 0;
  int64_t messages = 0;
  int64_t reply_sequences = 0;     // distinct ones; of a harness, of the 500 inputs with most
  int64_t lost = 0;                // what a table of the harness, or of this, had no room for
  std::vector<SessionStep> steps;  // those taken most often first
};

struct SlowInput {
  std::string path;
  std::string sha256;
  int64_t bytes = 0;
  int64_t cost = 0;  // in the unit of its Timing, or edges
};

// How the cost of inputs grows with their length: cost = constant + coefficient * g(bytes), where g
// is the class's; of O(c^n) base ^ bytes. Fitted to one input of each range of lengths.
struct Growth {
  std::string of;  // typical|costliest, of each range
  bool present = false;
  std::string absent_reason;  // why no class can be told
  std::string complexity;     // O(1)|O(log n)|O(n)|O(n log n)|O(n^2)|O(n^3)|O(c^n)
  double constant = 0;
  double coefficient = 0;
  double base = 0;       // of O(c^n)
  double rms = 0;        // root mean square of the relative errors: 0.05 is 5 %
  double r_squared = 0;  // of the cost
  std::string next;      // the class that fits next best
  double next_rms = 0;
  int64_t lengths = 0;  // ranges that there were inputs of
  int64_t shortest_bytes = 0;
  int64_t longest_bytes = 0;
  std::vector<SlowInput> shown_by;  // the inputs that it was fitted to, shortest first
};

// An input that costs many times what inputs of about its length do. No failure.
struct CostOutlier {
  std::string path;
  std::string sha256;
  int64_t bytes = 0;
  int64_t cost = 0;     // in the unit of its Timing
  int64_t typical = 0;  // the median of those of about its length
};

// The cpu time that an input may take, held against all inputs of the final corpus.
struct Deadline {
  bool present = false;
  int64_t cpu_us = 0;
  std::string source;   // who set it: the id of a requirement or of a criterion
  std::string verdict;  // met|missed|unknown
  std::string reason;   // in words
  int64_t inputs = 0;   // that were measured
  int64_t missed = 0;
  int64_t unknown = 0;  // of which the host or the build did not let us tell
  int64_t worst_cpu_ns = 0;
};

// What each input of the final corpus costs: cpu time through the harness, on a plain optimised
// build; or instructions of the firmware from its checkpoint on, which are the same on any host.
struct Timing {
  bool present = false;
  std::string absent_reason;
  std::string unit = "cpu_ns";  // cpu_ns|wall_ns|guest_instructions
  int64_t n = 0;
  int64_t min = 0;
  int64_t p50 = 0;
  int64_t p90 = 0;
  int64_t p99 = 0;
  int64_t p999 = 0;
  int64_t max = 0;
  double host_load = 0;
  std::vector<SlowInput> slowest;
  std::vector<int64_t> samples;  // sorted; one per input
  std::vector<Growth> growth;
  std::vector<CostOutlier> outliers;  // the farthest first
  Deadline deadline;
};

// The chance that the next execution reaches an edge that none has: about singletons / executions
// (Good 1953, Biometrika 40:237; Böhme 2018, "STADS", TOSEM 27:7). Executions are those of distinct
// inputs, one after the other, that ended by themselves; singletons are edges that one of them
// alone has reached.
//
// As a fuzzer follows what it finds, that number is too small (Böhme, Liyanage and Wüstholz 2021,
// "Estimating Residual Risk in Greybox Fuzzing"). So the bound is the greater of two limits, each
// of 95 %: of the singletons in all executions, and of the inputs that did reach something new in
// about the last half of them.
struct DiscoveryEstimate {
  bool present = false;
  std::string absent_reason;
  int64_t singletons = 0;
  int64_t executions = 0;
  int64_t late_discoveries = 0;
  int64_t late_executions = 0;
  double estimate = 0;
  double bound = 0;
};

// An input that makes its process hold more each time it runs.
struct GrowingInput {
  std::string path;
  std::string sha256;
  int64_t bytes = 0;
  std::string of;  // as in RetentionRate
  double per_thousand = 0;
};

// What one process of the target holds after many inputs: the final corpus, or a sample of it, run
// in rounds.
struct Retention {
  bool present = false;
  std::string absent_reason;
  std::string verdict;       // none|grows|unknown
  std::string reason;        // in words
  bool asked = false;        // by the campaign file: then what is not known is no pass
  std::string heap;          // requested (what the target asked for)|allocator (as libc counts)
  int64_t inputs = 0;        // distinct ones of a round
  int64_t round_inputs = 0;  // executions of a round
  int64_t rounds = 0;
  int64_t left_out = 0;  // inputs that ended the process, or took too long
  int64_t alone = 0;     // inputs that show growth by themselves
  std::vector<RetentionRate> rates;
  std::vector<GrowingInput> growing;  // of each kind the fastest, some of them
};

struct Corpus {
  int64_t seeds = 0;
  std::string sha256_before;
  int64_t inputs_after = 0;
  std::string sha256_after;
  int64_t regression_inputs = 0;
  int64_t regression_failed = 0;
  std::string dictionary_sha256;
  std::string model;         // the protocol's description along which engines changed inputs
  std::string model_sha256;  // of its file; with others that it uses, of the set of them all
};

struct TargetRun {
  std::string id;
  std::string harness;  // name of ours, empty for the user's own binaries
  int64_t input_format_version = -1;
  std::string interface_id;  // JSON name "interface"
  std::string description;
  std::vector<std::string> sources;
  std::vector<std::string> defines;
  std::vector<std::string> fidelity_limits;
  int64_t input_limit_ms = 0;
  int64_t rss_limit_mib = 0;
  int64_t planned_wall_s = 0;
  int64_t actual_wall_s = 0;
  std::vector<Binary> binaries;
  std::vector<EngineRun> engines;
  Corpus corpus;
  SourceCoverage coverage;
  BlockCoverage block_coverage;
  SessionStates session_states;
  Timing timing;
  // Of the final corpus, by edges that the target executes, the costliest first: what a cost search
  // came to. Empty where there was none.
  std::vector<SlowInput> costliest;
  DiscoveryEstimate discovery;
  Retention retention;
  Verdict verdict = Verdict::kInfrastructureError;
  std::vector<std::string> reasons;
};

struct SelfCheckCase {
  std::string planted;   // crash|hang|sleep|memory|leak
  std::string expected;  // kind
  std::string observed;
  bool passed = false;
  int64_t limit_ms = 0;
  int64_t judged_after_ms =
      -1;                // from the input's begin to our verdict, less what the host withheld
  int64_t attempts = 1;  // a verdict that came late, on a host that was busy for a moment, may be
                         // tried again
  std::string engine;    // libfuzzer|aflpp: for which the harness was built; may be empty
};

struct Host {
  std::string kernel;
  std::string cpu;
  int64_t cores = 0;
  int64_t memory_mib = 0;
  double load_before = 0;
  double load_after = 0;
};

struct CampaignRun {
  std::string name;
  std::string file_sha256;
  std::string command;
  std::string started_at;
  std::string ended_at;
  int64_t planned_wall_s = 0;
  int64_t actual_wall_s = 0;
  int64_t cpu_s = 0;
  int64_t jobs = 0;
  int64_t seed = 0;
  bool interrupted = false;
  int64_t resumed_from_s = 0;  // wall time already spent by the runs that this one goes on from
  std::string stop_reason;
  Host host;
  std::vector<std::string> deviations;
};

struct AcceptanceCriterion {
  std::string id;
  std::string text;
  std::string text_sha256;
  std::string dated;  // empty: built in, and in force before any campaign
  std::string value;
  std::string verdict;  // met|not_met|unknown|does_not_count
};

// An interface or planned test without a finding or without a run, with its denominators, or the
// reason.
struct NegativeResult {
  std::string subject;
  bool run = false;
  int64_t executions = 0;
  int64_t wall_s = 0;
  int64_t edges = 0;
  std::string reason;
};

// A bill of materials that the user named for a target, carried as it was.
struct GivenSbom {
  std::string target;
  std::string path;  // in the package
  std::string sha256;
  std::string format;  // CycloneDX|SPDX
  std::string spec_version;
};

// The bill of materials of what was tested: a file of the package.
struct SbomSection {
  bool present = false;
  std::string absent_reason;
  std::string path;
  std::string sha256;
  std::string format;
  std::string spec_version;
  int64_t components = 0;
  int64_t gaps = 0;  // fields that the NTIA's minimum elements or the FDA's guidance want
  std::vector<GivenSbom> given;
};

// A section that this version of the tool does not fill says so here: the reader must not have to
// guess.
struct AbsentSection {
  std::string section;
  std::string reason;
};

struct RunRecord {
  std::string schema = "percuss.evidence.v1";
  std::string tool_version;
  Verdict verdict = Verdict::kInfrastructureError;
  std::vector<std::string> reasons;
  Device device;
  Tester tester;
  std::vector<Interface> interfaces;
  std::vector<Tool> tools;
  CampaignRun campaign;
  std::vector<TargetRun> targets;
  std::vector<AcceptanceCriterion> acceptance;
  std::vector<Finding> findings;
  std::vector<NegativeResult> negative_results;
  std::vector<SelfCheckCase> self_check;
  SbomSection sbom;
  std::vector<AbsentSection> absent;
};

// Throws nlohmann::json::exception on a wrong shape; use common::FromJson for JSON of unknown
// origin.
void to_json(nlohmann::json& json, const RunRecord& record);
void from_json(const nlohmann::json& json, RunRecord& record);
void to_json(nlohmann::json& json, const TargetRun& run);
void from_json(const nlohmann::json& json, TargetRun& run);

}  // namespace percuss::common
