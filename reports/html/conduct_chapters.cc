// SPDX-License-Identifier: Apache-2.0
//
// The chapters that say how the test was conducted and who stands for it.
#include <fmt/format.h>

#include <cstddef>

#include "reports/export/text.h"
#include "reports/html/page_parts.h"
#include "reports/html/templates.h"

namespace percuss::reports {
namespace {

std::string Paragraph(std::string_view text) {
  return "<p class=\"note\">" + EscapeMarkup(VisibleText(text)) + "</p>\n";
}

// As a shell would need it quoted, so that a reader can copy the line.
std::string ShellLine(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& word : argv) {
    if (!line.empty()) line += ' ';
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                                            "WXYZ0123456789_@%+=:,./-") == std::string::npos;
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

std::string CommandText(const common::EngineRun& engine) {
  std::string text;
  for (const auto& [name, value] : engine.environment) {
    text += name + "=" + ShellLine({value}) + " \\\n";
  }
  return text + ShellLine(engine.argv);
}

Facts CampaignFacts(const common::RunRecord& record) {
  const common::CampaignRun& campaign = record.campaign;
  Facts facts = {{"Campaign", campaign.name},
                 {"Campaign file", "SHA-256 " + campaign.file_sha256},
                 {"Command", campaign.command},
                 {"Started", campaign.started_at},
                 {"Ended", campaign.ended_at},
                 {"Wall time", fmt::format("{} of {} planned", DurationText(campaign.actual_wall_s),
                                           DurationText(campaign.planned_wall_s))},
                 {"CPU time", DurationText(campaign.cpu_s)},
                 {"Jobs", CountText(campaign.jobs)},
                 {"Seed", std::to_string(campaign.seed)},
                 {"Stopped because", campaign.stop_reason},
                 {"Interrupted", campaign.interrupted ? "yes" : "no"}};
  if (campaign.resumed_from_s > 0) {
    facts.emplace_back(
        "Resumed", "goes on from " + DurationText(campaign.resumed_from_s) + " of earlier runs");
  }
  return facts;
}

Facts HostFacts(const common::Host& host) {
  return {{"Kernel", host.kernel},
          {"CPU", host.cpu},
          {"Cores", CountText(host.cores)},
          {"Memory", CountText(host.memory_mib) + " MiB"},
          {"Load", fmt::format("{:.2f} before, {:.2f} after", host.load_before, host.load_after)}};
}

Table ToolTable(const common::RunRecord& record) {
  Table table{
      "Tools", {{"Tool", false}, {"Version", false}, {"Path", false}, {"SHA-256", false}}, {}, ""};
  for (const common::Tool& tool : record.tools) {
    table.rows.push_back({{tool.name, "", ""},
                          {tool.version, "", ""},
                          {tool.path, "mono", ""},
                          {tool.sha256, "mono digest", ""}});
  }
  return table;
}

Table BinaryTable(const common::RunRecord& record) {
  Table table{"Binaries",
              {{"Target", false},
               {"Role", false},
               {"Compiler and options", false},
               {"In the package", false},
               {"SHA-256", false}},
              {},
              ""};
  for (const common::TargetRun& target : record.targets) {
    for (const common::Binary& binary : target.binaries) {
      table.rows.push_back(
          {{target.id, "", ""},
           {binary.role, "", ""},
           {binary.compiler + " " + binary.build_options, "", ""},
           {binary.packaged.empty() ? "not carried, " + binary.path : binary.packaged, "mono", ""},
           {binary.sha256, "mono digest", ""}});
    }
  }
  return table;
}

Table CorpusTable(const common::RunRecord& record) {
  Table table{"Corpora",
              {{"Target", false},
               {"Seeds", true},
               {"Inputs at the end", true},
               {"Digest before", false},
               {"Digest after", false}},
              {},
              ""};
  for (const common::TargetRun& target : record.targets) {
    table.rows.push_back({{target.id, "", ""},
                          {CountText(target.corpus.seeds), "num", ""},
                          {CountText(target.corpus.inputs_after), "num", ""},
                          {target.corpus.sha256_before, "mono digest", ""},
                          {target.corpus.sha256_after, "mono digest", ""}});
  }
  return table;
}

Data Commands(const common::RunRecord& record) {
  Data commands{Data::type::list};
  for (const common::TargetRun& target : record.targets) {
    for (const common::EngineRun& engine : target.engines) {
      Data data;
      data["command_target"] = target.id;
      data["command_engine"] = engine.engine;
      data["command"] = CommandText(engine);
      commands.push_back(data);
    }
  }
  return commands;
}

Cell CriterionVerdict(const std::string& verdict) {
  if (verdict == "met") return {"MET", "pass", ""};
  if (verdict == "not_met") return {"NOT MET", "fail", ""};
  if (verdict == "does_not_count") return {"DOES NOT COUNT", "plain", ""};
  return {"UNKNOWN", "unsure", ""};
}

struct SealWords {
  std::string style;
  std::string word;
  std::string text;
};

SealWords WordsOf(const PackageFacts& package) {
  switch (package.seal) {
    case SealState::kSigned:
      return {"pass", "Signed.",
              "The package's statement is signed with Ed25519 by " + package.signer + "."};
    case SealState::kUnsigned:
      return {"unsure", "Not signed.",
              "Nobody vouches for this package: its digests show damage, not who made it."};
    case SealState::kBeingSealed:
      break;
  }
  if (package.signer.empty()) {
    return {"unsure", "No signing key was given.",
            "This report was made while the package was being closed. Run percuss verify on the "
            "package to see its seal."};
  }
  return {"plain", "Sealed after this report was made.",
          "The package is to be signed by " + package.signer +
              ". Run percuss verify on the package to see its seal."};
}

}  // namespace

std::string NegativeChapter(Renderer& renderer, const common::RunRecord& record) {
  Table table{"Tests without a finding",
              {{"Subject", false},
               {"Run", false},
               {"Executions", true},
               {"Time", true},
               {"Edges", true},
               {"Remark", false}},
              {},
              ""};
  for (const common::NegativeResult& result : record.negative_results) {
    table.rows.push_back({{result.subject, "", ""},
                          {result.run ? "RUN" : "NOT RUN", result.run ? "plain" : "unsure", ""},
                          {CountText(result.executions), "num", ""},
                          {DurationText(result.wall_s), "num", ""},
                          {CountText(result.edges), "num", ""},
                          {result.reason, "wide", ""}});
  }
  if (table.rows.empty()) return Paragraph("No negative result is recorded.");
  return "<p>No finding is not the same as no defect. These are the denominators.</p>\n" +
         renderer.TableHtml(table);
}

std::string AcceptanceChapter(Renderer& renderer, const common::RunRecord& record) {
  Table table{"Acceptance criteria",
              {{"Criterion", false},
               {"Verdict", false},
               {"Text", false},
               {"Value", false},
               {"Dated", false},
               {"Text's SHA-256", false}},
              {},
              ""};
  for (const common::AcceptanceCriterion& criterion : record.acceptance) {
    table.rows.push_back({{criterion.id, "", ""},
                          CriterionVerdict(criterion.verdict),
                          {criterion.text, "wide", ""},
                          {criterion.value, "", ""},
                          {criterion.dated.empty() ? "built in" : criterion.dated, "", ""},
                          {criterion.text_sha256, "mono digest", ""}});
  }
  if (table.rows.empty()) return Paragraph("No acceptance criterion is recorded.");
  return renderer.TableHtml(table);
}

std::string SelfCheckChapter(Renderer& renderer, const common::RunRecord& record) {
  Table table{"Planted failures, run through the same supervisor",
              {{"Planted", false},
               {"Engine", false},
               {"Result", false},
               {"Expected", false},
               {"Observed", false},
               {"Limit", true},
               {"Judged after", true},
               {"Attempts", true}},
              {},
              ""};
  for (const common::SelfCheckCase& check : record.self_check) {
    table.rows.push_back(
        {{check.planted, "", ""},
         {check.engine, "", ""},
         {check.passed ? "SEEN" : "MISSED", check.passed ? "pass" : "fail", ""},
         {check.expected, "", ""},
         {check.observed.empty() ? "nothing" : check.observed, "", ""},
         {check.limit_ms > 0 ? CountText(check.limit_ms) + " ms" : "none", "num", ""},
         {check.judged_after_ms >= 0 ? CountText(check.judged_after_ms) + " ms" : "not known",
          "num", ""},
         {CountText(check.attempts), "num", ""}});
  }
  if (table.rows.empty()) {
    return Paragraph("No self-check is recorded: it is not known whether the oracle works.");
  }
  return "<p>Before the campaign, the tool's own oracle had to recognise failures planted on "
         "purpose. An oracle that misses one makes the campaign an infrastructure error.</p>\n" +
         renderer.TableHtml(table);
}

std::string ConductChapter(Renderer& renderer, const common::RunRecord& record) {
  Data data;
  data["campaign"] = FactsData(CampaignFacts(record));
  data["host"] = FactsData(HostFacts(record.campaign.host));
  const Table tools = ToolTable(record);
  const Table binaries = BinaryTable(record);
  data["has_tools"] = !tools.rows.empty();
  data["tools"] = renderer.TableHtml(tools);
  data["has_binaries"] = !binaries.rows.empty();
  data["binaries"] = renderer.TableHtml(binaries);
  data["corpora"] = renderer.TableHtml(CorpusTable(record));
  Data commands = Commands(record);
  data["has_commands"] = commands.is_non_empty_list();
  data["commands"] = std::move(commands);
  return renderer.Fill(kConductTemplate, data);
}

std::string SignaturesChapter(Renderer& renderer, const PackageFacts& package) {
  const SealWords words = WordsOf(package);
  Table table{"Electronic signatures",
              {{"Name", false}, {"Role", false}, {"Time", false}, {"Meaning", false}},
              {},
              ""};
  for (const SignatureLine& line : package.signatures) {
    table.rows.push_back(
        {{line.name, "", ""}, {line.role, "", ""}, {line.time, "", ""}, {line.meaning, "", ""}});
  }
  Data lines{Data::type::list};
  for (const char* role : {"Tested by", "Reviewed by", "Approved by"}) {
    Data line;
    line["role"] = role;
    lines.push_back(line);
  }
  Data data;
  data["seal_style"] = words.style;
  data["seal_word"] = words.word;
  data["seal_text"] = words.text;
  data["package"] = FactsData({{"Package", package.package_id},
                               {"Made", package.created_at},
                               {"File", package.file_name},
                               {"SHA-256", package.package_sha256},
                               {"Signer", package.signer}});
  data["table"] = renderer.TableHtml(table);
  data["lines"] = std::move(lines);
  return renderer.Fill(kSignaturesTemplate, data);
}

}  // namespace percuss::reports
