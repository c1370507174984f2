// SPDX-License-Identifier: Apache-2.0
//
// What is known of one defect. Plain data with its JSON form: the same words in the package, in
// --json and in exports. Paths are relative to the package's root. Absent numbers are -1, absent
// texts empty.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/model/firmware_crash.h"

namespace percuss::common {

// Innermost first. `offset` is the pc's offset in the module, so that a frame without symbols still
// has an identity.
struct StackFrame {
  std::string function;
  std::string file;
  int line = 0;
  int column = 0;
  std::string module;
  uint64_t offset = 0;
  bool user_code =
      true;  // false for runtime, allocator and C library frames, by triage's data table
};

// One rerun: under which name of the series it ran, and whether it showed the finding.
struct RerunIn {
  std::string surroundings;  // plain|fixed|zeros|fixed-zeros|ones|fixed-ones
  bool shown = false;
};

// Reruns in fresh processes. The interval is Wilson's score interval at 95 % (Wilson 1927).
struct Reproduction {
  int reproduced = 0;  // k: reruns with the same strict key
  int reruns = 0;      // n
  double interval_low = 0;
  double interval_high = 1;
  std::map<std::string, int> signatures;  // strict key, or "none", to number of reruns
  std::string mode = "none";              // alone | with_history | none
  std::vector<int64_t> wall_ns;
  std::vector<int64_t> cpu_ns;
  // What was varied on purpose from rerun to rerun: layout_and_heap|layout|heap|nothing; exact:
  // runs of an emulator, which are all alike; empty in records of before.
  std::string varied;
  std::vector<RerunIn> runs;  // in order
  std::string depends_on;     // what tells reruns that show it from others, in words; mostly empty
  // Which of the series shows it best, where the plain ones do not show it or something is told to
  // matter; else empty.
  std::string shown_in;
};

// Coordinated disclosure: set when somebody else's software is at fault and they must hear of it
// first.
struct Disclosure {
  bool needed = false;
  std::string contact;
  std::string date;
  std::string embargo_until;
};

// Bytes next to one another that do the same to the failing, seen with other values there: they
// decide whether the bug shows, steer its size, distance or address, or change nothing (free);
// unknown where that was not measured.
struct ByteRange {
  int64_t at = 0;
  int64_t count = 0;
  std::string effect;  // decides|steers|free|unknown
};

// Of input.min, measured by changing it. All bytes are in one range each, in order.
struct Influence {
  bool measured = false;  // to the end
  std::string reason;     // why not
  int64_t runs = 0;
  std::vector<ByteRange> bytes;
};

// Of a memory error: the life of the block that was misused, and of the value that led there, as
// the tool that saw it tells.
struct MemoryBlock {
  std::string what;  // where the access was: "0 bytes to the right of 16-byte region"
  std::vector<StackFrame> allocated;  // innermost first, empty where it is not told
  std::vector<StackFrame> freed;
  std::string bad_value;            // which, and where it is from, in words
  std::vector<StackFrame> written;  // who stored it last where it was then loaded from
};

// A place that may be the defect. failing and surviving: of the runs nearby, how many passed what
// the reason says; both 0 where the reason is no measurement.
struct Suspect {
  std::string function;
  std::string file;
  int line = 0;
  double score = 0;  // 0 to 1, for the order alone: no probability
  int64_t failing = 0;
  int64_t surviving = 0;
  std::string reason;  // in words
};

// What tells failing inputs from surviving ones that are nearly the same, most suspicious first. A
// hypothesis.
struct RootCause {
  bool measured = false;            // failing and surviving runs were compared
  std::string reason;               // why not
  std::string confidence = "none";  // high|medium|low|none: of the order, by the separation and the
                                    // number of runs
  int64_t failing = 0;              // runs with the same bug
  int64_t surviving = 0;
  std::vector<Suspect> functions;  // at most kMostSuspects
  std::vector<Suspect> lines;      // likewise
  MemoryBlock block;
};
inline constexpr size_t kMostSuspects = 10;

// Bytes of the original that are left in input.min.
struct KeptBytes {
  int64_t at = 0;
  int64_t count = 0;
};

// How input.min was made from the input. runs 0: it was not.
struct Minimisation {
  int64_t runs = 0;             // processes
  int64_t tried = 0;            // smaller or simpler inputs, of which one process runs many
  int64_t steps = 0;            // of these, those that were taken
  std::string stop_reason;      // minimal|budget|cancelled
  std::vector<KeptBytes> kept;  // in order, the first 100 ranges
  int64_t kept_ranges = 0;      // all
  int64_t replaced_bytes = 0;   // of those kept, with a simpler value than they had
};

// What a fault could give an attacker at most, with reasons; never a probability.
struct Exploitability {
  // control_flow|memory_write|memory_read|availability|property|unknown
  std::string level = "unknown";
  std::vector<std::string> reasons;
};

// Another finding of the same target that is among the nearest, and what would have to be otherwise
// for the two to be in one cluster, or in two.
struct Neighbour {
  std::string finding;
  double distance = 1;  // 0 to 1
  bool same_cluster = false;
  std::string what;  // for a person: what tells the two apart
};

// What an input over its time did with it, as seen from outside while it ran.
struct TimeUse {
  // processor (at least half of its own time), sleep, blocked, stopped, withheld (others had the
  // processor, or nobody), unknown; empty: it was not looked at
  std::string how;
  std::string where;  // where it waited: "clock_nanosleep", "read of a pipe"; may be empty
  int64_t wall_ns = 0;
  int64_t cpu_ns = 0;
  int64_t withheld_ns = 0;  // of the wall time: ready to run, and others ran
};
// "used the processor: 0.98 s of its 1.00 s"; empty where `how` is.
[[nodiscard]] std::string TimeUseText(const TimeUse& use);

// How fast what a process holds grows with the inputs that it runs, over rounds of the same ones.
struct RetentionRate {
  // threads|processes|descriptors|files|heap_bytes|mappings|mapped_bytes|resident_bytes; may be
  // empty
  std::string of;
  std::string unit;         // bytes, or as `of`
  std::string verdict;      // none|grows|unknown
  double per_thousand = 0;  // inputs; the slope
  double low = 0;           // its 95 % interval
  double high = 0;
  double at_most = 0;  // by which it rose in a thousand inputs late in the run; of none
  int64_t inputs = 0;  // executions that it rests on
  int64_t rounds = 0;
};
// "40960 bytes per 1000 inputs".
[[nodiscard]] std::string RetentionText(const RetentionRate& rate);
void to_json(nlohmann::json& json, const RetentionRate& rate);
void from_json(const nlohmann::json& json, RetentionRate& rate);

// input.min as the target's protocol model sees it (protocols/dump.h).
struct InputDump {
  std::string model;  // empty: the target has none
  std::string text;   // bounded: at most 80 lines
};

struct Finding {
  std::string
      id;  // "F-" and 12 hex digits: from target and strict key, so it is the same in every run
  std::string target;
  std::string kind;         // crash|hang|slow|oom|leak|deadline|property|assertion
  std::string bug_class;    // "heap-buffer-overflow"; JSON name "class"
  std::string access;       // read|write or empty
  std::string property_id;  // of a broken property
  std::string stride;       // what it stands against: spoofing|tampering|repudiation|
                       // information_disclosure|denial_of_service|elevation_of_privilege, or empty
  std::string threat;  // the id of the threat in threats.json that it names; may be empty
  int64_t access_bytes = -1;
  std::string cwe;         // "CWE-122" or "unclassified"
  std::string cwe_reason;  // the table row, or why there is none
  // Of what the mapping was made by: the version of the CWE list and the digest of the table of
  // classes; empty where no table gave the CWE, and in packages of before.
  std::string cwe_list_version;
  std::string cwe_table_sha256;
  std::string function;  // first frame of the user's code
  std::string file;
  int line = 0;
  std::string summary;  // one line for a person
  std::vector<StackFrame> stack;
  std::string strict_key;             // whole filtered stack and class
  std::string loose_key;              // top three frames of user code and class
  std::string cluster;                // a hypothesis: those of one cluster may be one bug
  std::vector<Neighbour> neighbours;  // the nearest three, nearest first
  Reproduction reproduction;
  bool flaky = false;  // reproduced < reruns
  std::string engine;  // libfuzzer|aflpp|regression|seed|msan_replay
  double first_seen_s = -1;
  int64_t first_seen_executions = -1;
  int64_t occurrences = 0;   // sightings with this strict key
  std::string folder;        // findings/<id>
  std::string input_sha256;  // of findings/<id>/input
  int64_t input_bytes = -1;
  std::string minimised_sha256;  // of findings/<id>/input.min
  int64_t minimised_bytes = -1;
  bool minimised_same_bug = false;  // the strict key of input.min was seen to be the same
  Minimisation minimisation;
  InputDump input_dump;
  int64_t history_inputs =
      0;                   // inputs in findings/<id>/history/, run before it in the same process
  std::string confidence;  // judged|first_sighting_only: whether triage was finished
  Disclosure disclosure;
  Influence influence;
  Exploitability exploitability;
  RootCause root_cause;
  TimeUse time_use;          // of hang and slow
  RetentionRate retention;   // of what grows over many inputs
  FirmwareCrash firmware;    // of firmware on the fast core
  std::string known_defect;  // id of the published defect that its class and function are those of
};

void to_json(nlohmann::json& json, const Finding& finding);
void from_json(const nlohmann::json& json, Finding& finding);

}  // namespace percuss::common
