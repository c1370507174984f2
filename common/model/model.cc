// SPDX-License-Identifier: Apache-2.0
//
// The JSON forms. Most names are the members' own; the few that C++ reserves or that the command
// line's contract spells otherwise are renamed here.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/model/finding.h"
#include "common/model/run_record.h"

namespace percuss::common {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(StackFrame, function, file, line, column, module,
                                                offset, user_code)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RerunIn, surroundings, shown)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Reproduction, reproduced, reruns, interval_low,
                                                interval_high, signatures, mode, wall_ns, cpu_ns,
                                                varied, runs, depends_on, shown_in)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ByteRange, at, count, effect)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Influence, measured, reason, runs, bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(KeptBytes, at, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Minimisation, runs, tried, steps, stop_reason, kept,
                                                kept_ranges, replaced_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(InputDump, model, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Exploitability, level, reasons)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MemoryBlock, what, allocated, freed, bad_value,
                                                written)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Suspect, function, file, line, score, failing,
                                                surviving, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RootCause, measured, reason, confidence, failing,
                                                surviving, functions, lines, block)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Neighbour, finding, distance, same_cluster, what)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TimeUse, how, where, wall_ns, cpu_ns, withheld_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RetentionRate, of, unit, verdict, per_thousand, low,
                                                high, at_most, inputs, rounds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Confirmation, verdict, by, reason, instructions)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PeripheralAnswer, pc, function, address, bytes,
                                                value, part)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FirmwareCrash, confirmation, judged, reasons,
                                                answers, registers, way)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Disclosure, needed, contact, date, embargo_until)

namespace {

// One list serves both directions, so that what is written can be read back.
template <typename Visitor, typename FindingType>
void VisitFinding(Visitor&& visit, FindingType& finding) {
  visit("id", finding.id);
  visit("target", finding.target);
  visit("kind", finding.kind);
  visit("class", finding.bug_class);
  visit("access", finding.access);
  visit("access_bytes", finding.access_bytes);
  visit("property_id", finding.property_id);
  visit("stride", finding.stride);
  visit("threat", finding.threat);
  visit("cwe", finding.cwe);
  visit("cwe_reason", finding.cwe_reason);
  visit("cwe_list_version", finding.cwe_list_version);
  visit("cwe_table_sha256", finding.cwe_table_sha256);
  visit("function", finding.function);
  visit("file", finding.file);
  visit("line", finding.line);
  visit("summary", finding.summary);
  visit("stack", finding.stack);
  visit("strict_key", finding.strict_key);
  visit("loose_key", finding.loose_key);
  visit("cluster", finding.cluster);
  visit("neighbours", finding.neighbours);
  visit("reproduction", finding.reproduction);
  visit("flaky", finding.flaky);
  visit("engine", finding.engine);
  visit("first_seen_s", finding.first_seen_s);
  visit("first_seen_executions", finding.first_seen_executions);
  visit("occurrences", finding.occurrences);
  visit("folder", finding.folder);
  visit("input_sha256", finding.input_sha256);
  visit("input_bytes", finding.input_bytes);
  visit("minimised_sha256", finding.minimised_sha256);
  visit("minimised_bytes", finding.minimised_bytes);
  visit("minimised_same_bug", finding.minimised_same_bug);
  visit("minimisation", finding.minimisation);
  visit("input_dump", finding.input_dump);
  visit("history_inputs", finding.history_inputs);
  visit("confidence", finding.confidence);
  visit("disclosure", finding.disclosure);
  visit("influence", finding.influence);
  visit("exploitability", finding.exploitability);
  visit("root_cause", finding.root_cause);
  visit("time_use", finding.time_use);
  visit("retention", finding.retention);
  visit("firmware", finding.firmware);
  visit("known_defect", finding.known_defect);
}

template <typename Visitor, typename TargetType>
void VisitTarget(Visitor&& visit, TargetType& run) {
  visit("id", run.id);
  visit("harness", run.harness);
  visit("input_format_version", run.input_format_version);
  visit("interface", run.interface_id);
  visit("description", run.description);
  visit("sources", run.sources);
  visit("defines", run.defines);
  visit("fidelity_limits", run.fidelity_limits);
  visit("input_limit_ms", run.input_limit_ms);
  visit("rss_limit_mib", run.rss_limit_mib);
  visit("planned_wall_s", run.planned_wall_s);
  visit("actual_wall_s", run.actual_wall_s);
  visit("binaries", run.binaries);
  visit("engines", run.engines);
  visit("corpus", run.corpus);
  visit("coverage", run.coverage);
  visit("block_coverage", run.block_coverage);
  visit("session_states", run.session_states);
  visit("timing", run.timing);
  visit("costliest", run.costliest);
  visit("discovery", run.discovery);
  visit("retention", run.retention);
  visit("verdict", run.verdict);
  visit("reasons", run.reasons);
}

struct Writer {
  nlohmann::json& json;
  template <typename T>
  void operator()(const char* name, const T& value) {
    json[name] = value;
  }
};

struct Reader {
  const nlohmann::json& json;
  template <typename T>
  void operator()(const char* name, T& value) {
    value = json.value(name, T{});
  }
};

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Device, name, model, udi_di, software_version,
                                                iec62304_class, submission)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Interface, id, description, protocol, tested,
                                                exclusion_rationale)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Tester, id, role, organisation, independence,
                                                qualification_ref)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Tool, name, version, path, sha256)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Binary, role, path, sha256, packaged, compiler,
                                                build_options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CurvePoint, elapsed_s, executions, edges, corpus)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(EngineRun, engine, argv, environment, seed,
                                                executions, cpu_ns, wall_ns, edges, corpus,
                                                restarts, last_find_s, stability_percent,
                                                stop_reason, curve)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FunctionCoverage, function, file, lines_covered,
                                                lines_total, regions_covered, regions_total,
                                                branches_covered, branches_total)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SourceCoverage, present, absent_reason, tool,
                                                lines_covered, lines_total, branches_covered,
                                                branches_total, functions)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FunctionBlocks, function, address, found_by,
                                                blocks_ran, blocks_found, bytes_ran, bytes_found)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BlockCoverage, present, absent_reason, path, sha256,
                                                inputs, left_out, complete, blocks_ran,
                                                blocks_found, bytes_ran, bytes_found, ran_not_found,
                                                unresolved, functions)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SessionStep, from, request, reply, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SessionStates, present, sessions, connections,
                                                messages, reply_sequences, lost, steps)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SlowInput, path, sha256, bytes, cost)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Growth, of, present, absent_reason, complexity,
                                                constant, coefficient, base, rms, r_squared, next,
                                                next_rms, lengths, shortest_bytes, longest_bytes,
                                                shown_by)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CostOutlier, path, sha256, bytes, cost, typical)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Deadline, present, cpu_us, source, verdict, reason,
                                                inputs, missed, unknown, worst_cpu_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Timing, present, absent_reason, unit, n, min, p50,
                                                p90, p99, p999, max, host_load, slowest, samples,
                                                growth, outliers, deadline)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(DiscoveryEstimate, present, absent_reason,
                                                singletons, executions, late_discoveries,
                                                late_executions, estimate, bound)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GrowingInput, path, sha256, bytes, of, per_thousand)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Retention, present, absent_reason, verdict, reason,
                                                asked, heap, inputs, round_inputs, rounds, left_out,
                                                alone, rates, growing)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Corpus, seeds, sha256_before, inputs_after,
                                                sha256_after, regression_inputs, regression_failed,
                                                dictionary_sha256, model, model_sha256)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SelfCheckCase, planted, expected, observed, passed,
                                                limit_ms, judged_after_ms, attempts, engine)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Host, kernel, cpu, cores, memory_mib, load_before,
                                                load_after)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CampaignRun, name, file_sha256, command, started_at,
                                                ended_at, planned_wall_s, actual_wall_s, cpu_s,
                                                jobs, seed, interrupted, resumed_from_s,
                                                stop_reason, host, deviations)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AcceptanceCriterion, id, text, text_sha256, dated,
                                                value, verdict)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(NegativeResult, subject, run, executions, wall_s,
                                                edges, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GivenSbom, target, path, sha256, format,
                                                spec_version)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SbomSection, present, absent_reason, path, sha256,
                                                format, spec_version, components, gaps, given)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AbsentSection, section, reason)

std::string VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kInfrastructureError:
      return "infrastructure_error";
  }
  return "infrastructure_error";
}

void to_json(nlohmann::json& json, const Verdict& verdict) { json = VerdictName(verdict); }

void from_json(const nlohmann::json& json, Verdict& verdict) {
  verdict = Verdict::kInfrastructureError;
  for (const Verdict known : {Verdict::kPass, Verdict::kFail, Verdict::kInconclusive}) {
    if (json == VerdictName(known)) verdict = known;
  }
}

int VerdictExitCode(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return 0;
    case Verdict::kFail:
      return 2;
    case Verdict::kInconclusive:
      return 3;
    case Verdict::kInfrastructureError:
      return 1;
  }
  return 1;
}

std::string TimeUseText(const TimeUse& use) {
  struct Words {
    const char* how;
    const char* text;
  };
  constexpr Words kWords[] = {{"processor", "used the processor"},
                              {"sleep", "slept"},
                              {"blocked", "was blocked"},
                              {"stopped", "was stopped by a signal"},
                              {"withheld", "was ready to run, and others ran"},
                              {"unknown", "did not use the processor"}};
  for (const Words& words : kWords) {
    if (use.how != words.how) continue;
    constexpr double kNsPerS = 1e9;
    const auto seconds = [](int64_t ns) { return static_cast<double>(ns) / kNsPerS; };
    std::string text = words.text;
    if (!use.where.empty()) text += " in " + use.where;
    text += fmt::format(": {:.2f} s of cpu time in {:.2f} s", seconds(use.cpu_ns),
                        seconds(use.wall_ns));
    if (use.withheld_ns > use.wall_ns / 10) {
      text += fmt::format(", {:.2f} s of them withheld by the host", seconds(use.withheld_ns));
    }
    return text;
  }
  return "";
}

std::string RetentionText(const RetentionRate& rate) {
  // Whole numbers but for what is less than ten: an interval says how sure it is.
  const bool whole = rate.per_thousand >= 10 || rate.per_thousand == std::floor(rate.per_thousand);
  return fmt::format("{:.{}f} {} per 1000 inputs", rate.per_thousand, whole ? 0 : 1, rate.unit);
}

void to_json(nlohmann::json& json, const Finding& finding) {
  json = nlohmann::json::object();
  VisitFinding(Writer{json}, finding);
}

void from_json(const nlohmann::json& json, Finding& finding) {
  VisitFinding(Reader{json}, finding);
}

void to_json(nlohmann::json& json, const TargetRun& run) {
  json = nlohmann::json::object();
  VisitTarget(Writer{json}, run);
}

void from_json(const nlohmann::json& json, TargetRun& run) { VisitTarget(Reader{json}, run); }

template <typename Visitor, typename RecordType>
void VisitRecord(Visitor&& visit, RecordType& record) {
  visit("schema", record.schema);
  visit("tool_version", record.tool_version);
  visit("verdict", record.verdict);
  visit("reasons", record.reasons);
  visit("device", record.device);
  visit("tester", record.tester);
  visit("interfaces", record.interfaces);
  visit("tools", record.tools);
  visit("campaign", record.campaign);
  visit("targets", record.targets);
  visit("acceptance", record.acceptance);
  visit("findings", record.findings);
  visit("negative_results", record.negative_results);
  visit("self_check", record.self_check);
  visit("sbom", record.sbom);
  visit("absent", record.absent);
}

void to_json(nlohmann::json& json, const RunRecord& record) {
  json = nlohmann::json::object();
  VisitRecord(Writer{json}, record);
}

void from_json(const nlohmann::json& json, RunRecord& record) { VisitRecord(Reader{json}, record); }

}  // namespace percuss::common
