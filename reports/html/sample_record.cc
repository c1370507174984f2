// SPDX-License-Identifier: Apache-2.0
#include "reports/html/sample_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

#include "common/hash.h"
#include "common/json_file.h"
#include "reports/html/sample_states.h"

namespace percuss::reports {
namespace {

using common::Finding;
using common::StackFrame;
using common::Verdict;

std::string Digest(const std::string& of) { return common::Sha256Hex(of); }

struct FindingSeed {
  const char* target;
  const char* kind;
  const char* bug_class;
  const char* access;
  const char* cwe;
  const char* function;
  const char* file;
  int line;
  int reproduced;
  double first_seen_s;
};

std::vector<StackFrame> StackOf(const FindingSeed& seed) {
  const std::string root = "/home/lab/pump/";
  std::vector<StackFrame> stack;
  if (std::string(seed.bug_class).find("overflow") != std::string::npos) {
    stack.push_back(
        {"__asan_memcpy", "", 0, 0, "/usr/lib/llvm-14/lib/clang/14.0.6/lib/rt.so", 0x9d4f1, false});
  }
  stack.push_back({seed.function, root + seed.file, seed.line, 7, "pump_fuzzer", 0x51c20, true});
  stack.push_back(
      {"dispatch_message", root + "comm/dispatch.c", 88, 3, "pump_fuzzer", 0x4f2a0, true});
  stack.push_back({"LLVMFuzzerTestOneInput", root + "harness/pump_harness.cc", 31, 3, "pump_fuzzer",
                   0x4e110, true});
  stack.push_back({"fuzzer::Fuzzer::ExecuteCallback(unsigned char const*, unsigned long)", "", 0, 0,
                   "pump_fuzzer", 0x2c8f0, false});
  return stack;
}

void AddCause(const FindingSeed& seed, Finding& finding) {
  common::RootCause& cause = finding.root_cause;
  cause.measured = finding.kind != "hang";
  cause.confidence = cause.measured ? "high" : "none";
  if (!cause.measured) cause.reason = "cannot tell: 9 runs nearby, and none survived";
  cause.failing = cause.measured ? 31 : 9;
  cause.surviving = cause.measured ? 74 : 0;
  cause.functions = {{"frame_length", "/home/lab/pump/comm/frame.c", 61, 0.93, 31, 0,
                      "line 61 is passed in 31 of 31 failing and 0 of 74 surviving runs"},
                     {seed.function, std::string("/home/lab/pump/") + seed.file, seed.line, 0.5, 0,
                      0, "innermost on the stack of the fault"}};
  cause.lines = cause.functions;
  if (finding.cwe != "CWE-416") return;
  cause.block.what = "8 bytes inside of 64-byte region";
  cause.block.allocated = {
      {"message_new", "/home/lab/pump/hl7/message.c", 91, 10, "hl7_fuzzer", 0x51000, true}};
  cause.block.freed = {
      {"message_close", "/home/lab/pump/hl7/message.c", 120, 3, "hl7_fuzzer", 0x51200, true}};
}

Finding MakeFinding(const FindingSeed& seed) {
  Finding finding;
  finding.target = seed.target;
  finding.kind = seed.kind;
  finding.bug_class = seed.bug_class;
  finding.access = seed.access;
  finding.access_bytes = finding.access.empty() ? -1 : 4;
  finding.cwe = seed.cwe;
  finding.cwe_reason = std::string("class ") + seed.bug_class;
  if (finding.kind != "property") {
    finding.cwe_list_version = "4.14";
    finding.cwe_table_sha256 = Digest("table");
  } else {
    finding.property_id = finding.cwe + ":command-without-session";
    finding.stride = "elevation_of_privilege";
    finding.threat = "T-09";
  }
  finding.function = seed.function;
  finding.file = std::string("/home/lab/pump/") + seed.file;
  finding.line = seed.line;
  finding.summary = fmt::format("{}{}{} in {}", seed.bug_class, finding.access.empty() ? "" : " ",
                                finding.access, seed.function);
  finding.stack = StackOf(seed);
  finding.strict_key = Digest(finding.summary + finding.target).substr(0, 32);
  finding.loose_key = Digest(finding.summary).substr(0, 32);
  finding.id = "F-" + finding.strict_key.substr(0, 12);
  finding.cluster = "C-" + finding.loose_key.substr(0, 8);
  finding.reproduction.reproduced = seed.reproduced;
  finding.reproduction.reruns = 10;
  finding.reproduction.interval_low = seed.reproduced == 10 ? 0.722 : 0.397;
  finding.reproduction.interval_high = seed.reproduced == 10 ? 1.0 : 0.892;
  finding.reproduction.mode = "alone";
  finding.reproduction.signatures[finding.strict_key] = seed.reproduced;
  if (seed.reproduced < 10) finding.reproduction.signatures["none"] = 10 - seed.reproduced;
  finding.flaky = seed.reproduced < 10;
  finding.engine = seed.line % 2 == 0 ? "libfuzzer" : "aflpp";
  finding.first_seen_s = seed.first_seen_s;
  finding.first_seen_executions = static_cast<int64_t>(seed.first_seen_s * 41'200);
  finding.occurrences = 1 + seed.line % 37;
  finding.folder = "findings/" + finding.id;
  finding.input_sha256 = Digest(finding.id + "input");
  finding.input_bytes = 40 + seed.line;
  finding.minimised_sha256 = Digest(finding.id + "min");
  finding.minimised_bytes = 12 + seed.line % 20;
  finding.minimised_same_bug = true;
  finding.minimisation = {.runs = 31,
                          .tried = 412,
                          .steps = 24,
                          .stop_reason = "minimal",
                          .kept = {{0, 9}, {14, finding.minimised_bytes - 9}},
                          .kept_ranges = 2,
                          .replaced_bytes = 3};
  if (finding.target == "pump-serial") {
    finding.input_dump = {"pump_serial",
                          " 0000   frames\n 0000     [0]\n 0000       start  0x7e\n 0001       "
                          "type  16\n 0002       text  \"<script>alert(1)</script>\" 07 ff\n"};
  }
  finding.confidence = "judged";
  AddCause(seed, finding);
  return finding;
}

std::vector<Finding> Findings() {
  const FindingSeed seeds[] = {
      {"pump-serial", "crash", "heap-buffer-overflow", "write", "CWE-122", "frame_unescape",
       "comm/frame.c", 142, 10, 1.4},
      {"pump-serial", "crash", "stack-buffer-overflow", "read", "CWE-125", "parse_bolus_record",
       "comm/bolus.c", 77, 10, 38.2},
      {"pump-serial", "property", "authentication-bypass", "", "CWE-294", "session_accept",
       "comm/session.c", 210, 10, 126.0},
      {"hl7-mllp", "crash", "heap-use-after-free", "write", "CWE-416", "segment_append",
       "hl7/segment.c", 318, 7, 61.7},
      {"hl7-mllp", "hang", "endless-loop", "", "CWE-835", "next_component", "hl7/field.c", 55, 10,
       204.0},
      {"lwip-ppp", "crash", "stack-buffer-overflow", "write", "CWE-121", "eap_request",
       "netif/ppp/eap.c", 1413, 10, 33.9},
      {"hl7-mllp", "leak", "memory-leak", "", "CWE-401", "message_new", "hl7/message.c", 91, 10,
       12.5},
  };
  std::vector<Finding> findings;
  for (const FindingSeed& seed : seeds) findings.push_back(MakeFinding(seed));
  findings[5].disclosure = {true, "security contact of the stack's owner", "2026-03-02",
                            "2026-06-01"};
  findings[5].known_defect = "CVE-2020-8597";
  findings[3].reproduction.mode = "with_history";
  findings[3].history_inputs = 14;
  return findings;
}

common::EngineRun MakeEngine(const std::string& name, const std::string& target, double rate,
                             double edges) {
  common::EngineRun engine;
  engine.engine = name;
  if (name == "libfuzzer") {
    engine.argv = {"bin/" + target + "_libfuzzer",
                   "-seed=7",
                   "-fork=0",
                   "-timeout=2",
                   "-rss_limit_mb=2048",
                   "-dict=corpora/" + target + "/dict",
                   "corpus",
                   "seed corpus"};
  } else {
    engine.argv = {"afl-fuzz",
                   "-i",
                   "seeds",
                   "-o",
                   "out",
                   "-s",
                   "7",
                   "-t",
                   "2000",
                   "--",
                   "bin/" + target + "_aflpp"};
    engine.environment = {{"AFL_NO_UI", "1"}, {"AFL_IGNORE_SEED_PROBLEMS", "1"}};
    engine.stability_percent = 99.6;
  }
  engine.seed = 7;
  constexpr int64_t kSeconds = 300;
  double executions = 0;
  for (int64_t second = 0; second <= kSeconds; second += 2) {
    const auto t = static_cast<double>(second);
    const double wobble = 1 + 0.09 * std::sin(t / 7) + 0.05 * std::sin(t / 2.3 + rate);
    executions += second == 0 ? 0 : 2 * rate * wobble * (1 - 0.25 * t / kSeconds);
    const double reached = edges * (0.18 + 0.82 * (1 - std::exp(-t / 48)));
    engine.curve.push_back({second, static_cast<int64_t>(executions),
                            static_cast<int64_t>(reached / 6) * 6,
                            static_cast<int64_t>(reached / 3.1)});
  }
  engine.executions = engine.curve.back().executions;
  engine.edges = engine.curve.back().edges;
  engine.corpus = engine.curve.back().corpus;
  engine.wall_ns = kSeconds * 1'000'000'000;
  engine.cpu_ns = engine.wall_ns - 4'200'000'000;
  engine.last_find_s = 281;
  engine.restarts = name == "libfuzzer" ? 6 : 0;
  engine.stop_reason = "budget reached";
  return engine;
}

common::SourceCoverage MakeCoverage(const std::string& target) {
  common::SourceCoverage coverage;
  coverage.present = true;
  coverage.tool = "llvm-cov 14.0.6";
  const char* names[] = {"frame_unescape",  "frame_crc16",     "session_accept", "session_close",
                         "parse_bolus",     "parse_basal",     "alarm_history",  "log_export",
                         "firmware_banner", "dispatch_message"};
  int64_t i = 3;
  for (const char* name : names) {
    const int64_t total = 20 + i * 7 % 60;
    const int64_t covered = i % 4 == 0 ? total / 3 : total - i % 5;
    coverage.functions.push_back({name, fmt::format("{}/{}.c", target, name), covered, total,
                                  covered / 3, total / 3 + 1, covered / 2, total / 2 + 2});
    coverage.lines_covered += covered;
    coverage.lines_total += total;
    coverage.branches_covered += covered / 2;
    coverage.branches_total += total / 2 + 2;
    i += 5;
  }
  return coverage;
}

// As of firmware on the fast core: one function with a long name that no symbol gave.
common::BlockCoverage MakeBlocks(const std::string& target) {
  common::BlockCoverage coverage;
  coverage.present = true;
  coverage.path = "coverage/" + target + "/blocks.json";
  coverage.sha256 = Digest(coverage.path);
  coverage.inputs = 1'216;
  coverage.left_out = 3;
  coverage.ran_not_found = 2;
  coverage.unresolved = 11;
  const char* ways[] = {"vector", "symbol", "call", "pointer"};
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t found = 4 + i * 7 % 41;
    const int64_t ran = i % 3 == 0 ? found / 4 : found - i % 4;
    const std::string address = fmt::format("{:#010x}", 0x08000200 + i * 0x140);
    coverage.functions.push_back(
        {i % 5 == 4 ? "function at " + address : fmt::format("update_step_{}", i), address,
         ways[i % 4], ran, found, ran * 11, found * 11});
    coverage.blocks_ran += ran;
    coverage.blocks_found += found;
    coverage.bytes_ran += ran * 11;
    coverage.bytes_found += found * 11;
  }
  return coverage;
}

void AddGrowth(const std::string& target, common::Timing& timing) {
  common::Growth typical;
  typical.of = "typical";
  typical.present = true;
  typical.complexity = "O(n)";
  typical.constant = 410;
  typical.coefficient = 2.4;
  typical.rms = 0.06;
  typical.r_squared = 0.994;
  typical.next = "O(n log n)";
  typical.next_rms = 0.19;
  typical.lengths = 14;
  typical.shortest_bytes = 7;
  typical.longest_bytes = 1'204;
  common::Growth costliest = typical;
  costliest.of = "costliest";
  costliest.present = false;
  costliest.absent_reason = "no class fits: the best, O(n^2), is off by 61 %";
  for (int64_t i = 0; i < 3; ++i) {
    const std::string name = "timing/" + target + "/costliest-" + std::to_string(64 << i);
    costliest.shown_by.push_back({name, Digest(name), 64 << i, int64_t{9'000} << (2 * i)});
  }
  timing.growth = {typical, costliest};
  timing.outliers.push_back(
      {"timing/" + target + "/outlier-0", Digest(target + "outlier"), 96, 1'830'000, 2'310});
  timing.deadline.present = true;
  timing.deadline.cpu_us = 5'000;
  timing.deadline.source = "A-07";
  timing.deadline.verdict = "missed";
  timing.deadline.reason = "1 of 642 inputs took longer, the costliest 9.214 ms of cpu time";
  timing.deadline.inputs = timing.n;
  timing.deadline.missed = 1;
  timing.deadline.worst_cpu_ns = timing.max;
}

common::RetentionRate MakeRate(const std::string& of, const std::string& verdict, double rate) {
  return {of, of == "heap_bytes" ? "bytes" : of, verdict, rate, rate, rate, rate, 30'000, 60};
}

common::Retention MakeRetention(const std::string& target) {
  common::Retention retention;
  retention.present = true;
  retention.verdict = "grows";
  retention.reason =
      "over 30000 inputs in 60 rounds of 500: heap_bytes by 240 bytes per 1000 inputs; 3 inputs of "
      "500 show it alone";
  retention.heap = "requested";
  retention.inputs = 500;
  retention.round_inputs = 500;
  retention.rounds = 60;
  retention.alone = 3;
  retention.rates = {MakeRate("descriptors", "none", 0), MakeRate("heap_bytes", "grows", 240)};
  const std::string name = "timing/" + target + "/growing-0";
  retention.growing.push_back({name, Digest(name), 44, "heap_bytes", 40'000});
  return retention;
}

common::Timing MakeTiming(const std::string& target) {
  common::Timing timing;
  timing.present = true;
  for (int64_t i = 0; i < 640; ++i) {
    const double u = (static_cast<double>(i) + 0.5) / 640;
    timing.samples.push_back(static_cast<int64_t>(2'400 * std::exp(0.55 * std::log(u / (1 - u)))));
  }
  timing.samples.push_back(1'830'000);
  timing.samples.push_back(9'214'000);
  timing.n = static_cast<int64_t>(timing.samples.size());
  timing.min = timing.samples.front();
  timing.p50 = timing.samples[321];
  timing.p90 = timing.samples[577];
  timing.p99 = timing.samples[635];
  timing.p999 = timing.samples[640];
  timing.max = timing.samples.back();
  timing.host_load = 0.31;
  for (int64_t i = 0; i < 3; ++i) {
    const std::string digest = Digest(target + std::to_string(i));
    timing.slowest.push_back({"timing/" + target + "/slow-" + std::to_string(i), digest,
                              1'204 - i * 77, timing.max / (i + 1)});
  }
  AddGrowth(target, timing);
  return timing;
}

common::TargetRun MakeTarget(const std::string& id, const std::string& interface_id,
                             Verdict verdict, std::vector<std::string> reasons) {
  common::TargetRun target;
  target.id = id;
  target.harness = id;
  target.interface_id = interface_id;
  target.description = "Receive path of " + interface_id + ", from the first byte of a message";
  target.input_limit_ms = 2'000;
  target.rss_limit_mib = 2'048;
  target.planned_wall_s = 300;
  target.verdict = verdict;
  target.reasons = std::move(reasons);
  target.fidelity_limits = {
      "runs on the host's processor, not on the device's: faults that depend "
      "on alignment or on the memory map are not seen"};
  if (verdict == Verdict::kInfrastructureError) {
    target.coverage.absent_reason = "the target did not start";
    target.timing.absent_reason = "the target did not start";
    target.discovery.absent_reason = "the target did not start";
    return target;
  }
  target.actual_wall_s = 300;
  const auto size = static_cast<double>(id.size());
  target.engines = {MakeEngine("libfuzzer", id, 3'900 * size, 110 * size),
                    MakeEngine("aflpp", id, 1'500 * size, 96 * size)};
  for (const char* role : {"libfuzzer", "aflpp"}) {
    target.binaries.push_back({role, "/home/lab/pump/build/" + id + "_" + role, Digest(id + role),
                               "replay/" + id + "_" + role, "clang 14.0.6",
                               "-O1 -g -fsanitize=address,undefined"});
  }
  target.corpus = {14, Digest(id + "before"), 1'216,         Digest(id + "after"), 9,
                   0,  Digest("dict"),        "pump_serial", Digest("model")};
  target.coverage = MakeCoverage(id);
  if (id == "fw-update") target.block_coverage = MakeBlocks(id);
  if (id == "pump-serial") target.session_states = SampleStates();
  target.timing = MakeTiming(id);
  target.retention = MakeRetention(id);
  target.discovery = {true, "", 118, 9'214'000, 210, 5'019'697, 1.28e-5, 4.7e-5};
  return target;
}

void FillConduct(common::RunRecord& record) {
  record.tools = {{"clang", "14.0.6", "/usr/bin/clang-14", Digest("clang")},
                  {"afl-fuzz", "4.04c", "/usr/bin/afl-fuzz", Digest("afl")},
                  {"llvm-symbolizer", "14.0.6", "/usr/bin/llvm-symbolizer-14", Digest("symbols")}};
  common::CampaignRun& campaign = record.campaign;
  campaign.name = "pump-comm-nightly";
  campaign.file_sha256 = Digest("campaign");
  campaign.command = "percuss run pump.campaign.json --budget 5m --seed 7";
  campaign.started_at = "2026-03-02T09:14:07Z";
  campaign.ended_at = "2026-03-02T09:31:52Z";
  campaign.planned_wall_s = 1'200;
  campaign.actual_wall_s = 1'065;
  campaign.cpu_s = 2'049;
  campaign.jobs = 2;
  campaign.seed = 7;
  campaign.stop_reason = "budget reached";
  campaign.host = {"Linux 6.1.0-18-amd64", "2 × x86-64 at 2.4 GHz", 2, 7'950, 0.12, 1.94};
  campaign.deviations = {
      "The budget of lwip-ppp was cut from 600 s to 300 s to fit the night slot."};
  record.acceptance = {
      {"AC-1", "No finding in any target.", Digest("AC-1"), "2026-02-11", "7 findings", "not_met"},
      {"AC-2", "At least 70 % of the lines under test are reached.", Digest("AC-2"), "2026-02-11",
       "83.1 %", "met"},
      {"AC-3", "The 99.9th percentile of cpu time stays below 20 ms.", Digest("AC-3"), "2026-02-11",
       "host too loaded", "unknown"}};
  const char* planted[] = {"crash", "hang", "sleep", "memory", "leak"};
  const char* kinds[] = {"crash", "hang", "hang", "oom", "leak"};
  for (const char* engine : {"libfuzzer", "aflpp"}) {
    for (size_t i = 0; i < std::size(planted); ++i) {
      const bool timed = i == 1 || i == 2;
      record.self_check.push_back({planted[i], kinds[i], kinds[i], true, timed ? 1'000 : 0,
                                   timed ? 1'012 + static_cast<int64_t>(i) : 36, 1, engine});
    }
  }
}

void ReplaceTexts(common::Json& json, const std::string& text) {
  if (json.is_string()) {
    json = text;
  } else if (json.is_structured()) {
    for (common::Json& child : json) ReplaceTexts(child, text);
  }
}

}  // namespace

common::RunRecord SampleRecord() {
  common::RunRecord record;
  record.tool_version = "0.1.0";
  record.verdict = Verdict::kFail;
  record.reasons = {"7 findings in 3 of 5 targets, 1 of them flaky",
                    "target dicom-upper could not be judged: its harness died on every seed",
                    "criterion AC-1 is not met, AC-3 is unknown"};
  record.device = {"Infusion pump", "IP-400", "04012345678901", "4.2.1-rc3", "C", ""};
  record.tester = {"mk", "verification engineer", "Example Medical", "other_team", "QP-031"};
  record.interfaces = {
      {"serial", "Service and station link", "RS-232, own framing with CRC-16", true, ""},
      {"hl7", "Results to the hospital system", "HL7 v2.5 over MLLP", true, ""},
      {"ppp", "Dial-in for remote service", "PPP with EAP", true, ""},
      {"dicom", "Export of screen images", "DICOM upper layer", true, ""},
      {"update", "Firmware update container", "own, signed TLV", true, ""},
      {"ble", "Patient remote control", "Bluetooth LE", false,
       "no harness yet; planned for release 4.3"}};
  FillConduct(record);
  record.targets = {
      MakeTarget("pump-serial", "serial", Verdict::kFail, {"3 findings"}),
      MakeTarget("hl7-mllp", "hl7", Verdict::kFail, {"3 findings, 1 of them flaky"}),
      MakeTarget("lwip-ppp", "ppp", Verdict::kFail, {"1 finding"}),
      MakeTarget("fw-update", "update", Verdict::kPass, {"budget reached without a finding"}),
      MakeTarget("dicom-upper", "dicom", Verdict::kInfrastructureError,
                 {"the harness died on every one of its 14 seeds"})};
  record.findings = Findings();
  record.negative_results = {{"fw-update", true, 9'214'000, 300, 862, "both engines, no finding"},
                             {"dicom-upper", false, 0, 0, 0, "the harness died on every seed"}};
  record.sbom = {true,
                 "",
                 "sbom.cdx.json",
                 Digest("sbom"),
                 "CycloneDX",
                 "1.6",
                 3,
                 5,
                 {{"lwip-ppp", "sboms/lwip-ppp.json", Digest("given"), "SPDX", "2.3"}}};
  record.absent = {{"trace", "no validation files are named in the campaign file"}};
  return record;
}

common::Sbom SampleSbom() {
  common::Sbom sbom;
  sbom.format = "CycloneDX";
  sbom.spec_version = "1.6";
  sbom.timestamp = "2026-03-02T09:32:10Z";
  sbom.authors = {"Example Medical"};
  sbom.subject = "device";
  common::SbomComponent device;
  device.id = "device";
  device.type = "device";
  device.name = "Infusion pump";
  device.version = "4.2.1-rc3";
  device.supplier = "Example Medical";
  device.depends_on = {"target/lwip-ppp"};
  common::SbomComponent target;
  target.id = "target/lwip-ppp";
  target.type = "application";
  target.name = "lwip_ppp_eap";
  target.depends_on = {"lwip"};
  common::SbomComponent lwip;
  lwip.id = "lwip";
  lwip.type = "library";
  lwip.name = "lwip";
  lwip.version = "2.1.3";
  lwip.supplier = "lwIP developers";
  lwip.purl = "pkg:generic/lwip@2.1.3";
  lwip.hashes = {{"SHA-256", Digest("lwip")}};
  lwip.licences = {"BSD-3-Clause"};
  lwip.support_level = "actively maintained";
  lwip.end_of_support = "2028-12-31";
  lwip.patches = {{"eap.patch", {"CVE-2020-8597"}}};
  sbom.components = {device, target, lwip};
  return sbom;
}

PackageFacts SamplePackage() {
  PackageFacts package;
  package.package_id = "6f1c2d84-0b57-4a39-9c1e-52d7f0a8b3e1";
  package.created_at = "2026-03-02T09:32:10Z";
  package.file_name = "pump-comm-nightly.zip";
  package.signer = "ed25519:9b2e41d07c55a8f3";
  package.source_root = "/home/lab/pump";
  package.sbom = SampleSbom();
  return package;
}

namespace {

// Of all but the last two, from 0.0 to 10.0, some with more than a base score.
void AddSeverities(const std::vector<Finding>& findings, PackageFacts& package) {
  const char* const vectors[] = {
      "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
      "CVSS:3.1/AV:A/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:H/E:P/RL:W/RC:C",
      "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",
      ("CVSS:3.1/AV:P/AC:L/PR:H/UI:N/S:C/C:L/I:N/A:N/CR:H/IR:M/AR:L/MAV:N/MAC:H/MPR:N/MUI:R/MS:U/"
       "MC:H/MI:L/MA:N"),
      "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:L/E:U/RL:O/RC:R/MAV:A"};
  for (size_t i = 0; i < std::size(vectors); ++i) {
    SignedSeverity severity;
    const CvssValues values = ParseCvssVector(vectors[i]).value_or(CvssValues());
    severity.said.finding = findings.at(i).id;
    severity.said.rationale = "reached from the ward's network";
    for (const CvssMetric& metric : CvssMetrics()) {
      const auto at = values.find(metric.name);
      if (at == values.end()) continue;
      severity.said.cvss.push_back({metric.name, at->second, i == 0 ? "percuss" : "person", ""});
    }
    severity.said.rubric = {{"XAVN", "yes", "person", "TCP"}, {"XCP", "unknown", "person", ""}};
    severity.vector = vectors[i];
    severity.scores = ScoreCvss(values).value_or(CvssScores());
    severity.name = "Ben Roe";
    severity.role = "product security";
    severity.at = "2026-03-09T10:00:00Z";
    package.severities[severity.said.finding] = std::move(severity);
  }
}

}  // namespace

PackageFacts PackageWithDispositions() {
  PackageFacts package = SamplePackage();
  package.publisher = "Example Medical";
  package.publisher_namespace = "https://example-medical.example";
  const std::vector<Finding> findings = Findings();
  const char* states[] = {"open",     "confirmed", "false_positive", "duplicate",
                          "accepted", "deferred",  "fixed"};
  for (size_t i = 0; i < std::size(states); ++i) {
    SignedDisposition& said = package.dispositions.emplace_back();
    said.said.finding = findings.at(i).id;
    said.said.status = states[i];
    said.said.rationale = fmt::format("reason {}", i);
    said.name = "Ada Smith";
    said.role = "developer";
    said.at = fmt::format("2026-03-0{}T10:00:00Z", 3 + i);
    said.sha256 = Digest(states[i]);
  }
  package.dispositions[2].said.justification = "vulnerable_code_not_in_execute_path";
  package.dispositions[5].said.deferral = Deferral{"R-3", "release 4.3", "the port is closed", ""};
  package.dispositions[6].said.retest = Retest{Digest("new build"), 2, 10};
  AddSeverities(findings, package);
  return package;
}

common::RunRecord RecordWithAllTexts(const std::string& text) {
  common::Json json = SampleRecord();
  const common::Json verdicts = json;
  ReplaceTexts(json, text);
  json["verdict"] = verdicts.at("verdict");
  for (size_t i = 0; i < json["targets"].size(); ++i) {
    json["targets"][i]["verdict"] = verdicts.at("targets").at(i).at("verdict");
  }
  return json.get<common::RunRecord>();
}

common::RunRecord RecordWithFindings(size_t count) {
  common::RunRecord record = SampleRecord();
  const std::vector<Finding> originals = record.findings;
  record.findings.clear();
  for (size_t i = 0; i < count; ++i) {
    Finding finding = originals[i % originals.size()];
    finding.id = fmt::format("F-{:012x}", i);
    record.findings.push_back(std::move(finding));
  }
  return record;
}

}  // namespace percuss::reports
