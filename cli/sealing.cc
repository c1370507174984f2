// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "campaign/engine/board_target.h"
#include "campaign/store/work_dir.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "common/words.h"
#include "reports/comply/device_chapters.h"
#include "reports/evidence/archive_source.h"
#include "reports/export/text.h"
#include "reports/html/html_report.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::Json;
using common::Result;

// What of the device the package shows: trace, matrix, metrics. `page` tells whose it is.
Result<std::vector<reports::SectionChapter>> ChaptersOf(
    const common::RunRecord& record, const reports::HtmlOptions& page, const stdfs::path& staging,
    const reports::ValidationTexts& validation) {
  reports::PackageRecord whole = reports::DescribeRecord(record, page.package);
  auto paths = reports::ListPackageFolder(staging, {});
  if (!paths) return tl::make_unexpected(paths.error());
  whole.paths = std::move(*paths);
  auto sbom = common::ReadFile(staging / reports::kSbomPath);
  if (!sbom) return tl::make_unexpected(sbom.error());
  whole.sbom = std::move(*sbom);
  // Ages are as of the campaign's last day, and so the same whenever the page is made again.
  return reports::DeviceChaptersOf(std::move(whole), validation,
                                   reports::DocumentsIn(staging / reports::kSnapshotFolder),
                                   record.campaign.ended_at.substr(0, 10));
}

common::Status WritePage(const common::RunRecord& record, reports::HtmlOptions page,
                         const SealArguments& arguments, const stdfs::path& file) {
  const campaign::WorkDir work(stdfs::absolute(arguments.out));
  auto chapters = ChaptersOf(record, page, work.Package(), arguments.validation);
  if (!chapters) return tl::make_unexpected(chapters.error());
  page.sections = std::move(*chapters);
  const auto html = reports::RenderHtml(record, page);
  if (!html) return tl::make_unexpected(html.error());
  return common::WriteFileAtomically(file, *html);
}

Json FindingJson(const common::Finding& finding) {
  Json json = finding;
  json["reproduced"] = finding.reproduction.reproduced;
  json["reruns"] = finding.reproduction.reruns;
  return json;
}

Json OutcomeJson(const RunOutcome& outcome) {
  Json json = {{"verdict", common::VerdictName(outcome.record.verdict)},
               {"reasons", outcome.record.reasons},
               {"package", outcome.package.zip.string()},
               {"package_id", outcome.package.package_id},
               {"package_sha256", outcome.package_sha256},
               {"signed", outcome.package.is_signed},
               {"report", outcome.report.string()},
               {"targets", Json::array()},
               {"findings", Json::array()}};
  for (const auto& target : outcome.record.targets) {
    Json executions = Json::object();
    int64_t edges = 0;
    for (const auto& engine : target.engines) {
      executions[engine.engine] = executions.value(engine.engine, int64_t{0}) + engine.executions;
      edges = std::max(edges, engine.edges);
    }
    json["targets"].push_back({{"id", target.id},
                               {"executions", executions},
                               {"edges", edges},
                               {"verdict", common::VerdictName(target.verdict)},
                               {"reasons", target.reasons}});
  }
  for (const auto& finding : outcome.record.findings)
    json["findings"].push_back(FindingJson(finding));
  return json;
}

// What sessions with a server reached, where the target is driven by such.
void PrintSessions(const common::TargetRun& target) {
  const common::SessionStates& states = target.session_states;
  if (!states.present) return;
  std::set<std::string_view> names;
  for (const common::SessionStep& step : states.steps) {
    names.insert(step.from);
    names.insert(step.reply);
  }
  fmt::print("{}: {} by {}, {} of replies, in {} of the corpus\n", target.id,
             common::Counted(static_cast<int64_t>(names.size()), "state"),
             common::Counted(static_cast<int64_t>(states.steps.size()), "step"),
             common::Counted(states.reply_sequences, "sequence"),
             common::Counted(states.sessions, "session"));
}

void PrintOutcome(const RunOutcome& outcome) {
  fmt::print("verdict: {}\n", common::VerdictName(outcome.record.verdict));
  for (const auto& reason : outcome.record.reasons) fmt::print("  {}\n", reason);
  for (const auto& finding : outcome.record.findings) {
    const std::string line = finding.line > 0 ? fmt::format(":{}", finding.line) : "";
    const std::string known =
        finding.known_defect.empty() ? "" : fmt::format("  ({})", finding.known_defect);
    fmt::print("{}  {}  {}  {} {}{}  reproduced {} of {}{}\n", finding.id, finding.target,
               finding.bug_class, finding.function, finding.file, line,
               finding.reproduction.reproduced, finding.reproduction.reruns, known);
  }
  for (const auto& target : outcome.record.targets) PrintSessions(target);
  fmt::print("package: {}{}\n", outcome.package.zip.string(),
             outcome.package.is_signed ? "" : " (not signed: make a key with percuss key new)");
  fmt::print("report:  {}\n", outcome.report.string());
  // Of a log alone there is nothing to replay.
  const auto& findings = outcome.record.findings;
  const auto with_input = std::find_if(findings.begin(), findings.end(), [](const auto& finding) {
    return !finding.input_sha256.empty();
  });
  if (with_input != findings.end()) {
    fmt::print("replay:  percuss repro {} --finding {}\n", outcome.package.zip.string(),
               with_input->id);
  }
}

}  // namespace

Result<std::vector<reports::UsersSbom>> ReadSboms(const campaign::CampaignSpec& spec) {
  std::vector<std::pair<std::string, stdfs::path>> named = {{"", spec.sbom}};
  for (const campaign::TargetSpec& target : spec.targets)
    named.emplace_back(target.id, target.sbom);
  std::vector<reports::UsersSbom> sboms;
  for (const auto& [target, file] : named) {
    if (file.empty()) continue;
    auto sbom = reports::ReadUsersSbom(target, file);
    if (!sbom) return tl::make_unexpected(sbom.error());
    sboms.push_back(std::move(*sbom));
  }
  return sboms;
}

common::Status CheckBoards(const campaign::CampaignSpec& spec) {
  std::set<stdfs::path> boards;  // asking an emulator takes it a start
  for (const campaign::TargetSpec& target : spec.targets) {
    const auto board = target.binaries.find("board");
    if (board == target.binaries.end() || !boards.insert(board->second).second) continue;
    if (auto known = campaign::CheckMachine(board->second); !known) {
      return tl::make_unexpected(known.error());
    }
  }
  return {};
}

Result<RunOutcome> Seal(common::RunRecord record, SealArguments arguments) {
  const campaign::WorkDir work(stdfs::absolute(arguments.out));
  auto sbom = reports::AddSbomToPackage(record, work.Package(), std::move(arguments.built),
                                        arguments.sboms);
  if (!sbom) return tl::make_unexpected(sbom.error());
  if (auto written =
          reports::WriteSnapshot(arguments.validation, arguments.documents.texts, work.Package());
      !written) {
    return tl::make_unexpected(written.error());
  }
  for (auto& absent : arguments.documents.absent) record.absent.push_back(std::move(absent));
  reports::FillAbsentSections(record);
  auto package_id = reports::FreshPackageId();
  if (!package_id) return tl::make_unexpected(package_id.error());
  const std::string name = campaign::WorkDir::SafeName(record.campaign.name);
  reports::HtmlOptions html;
  html.package.package_id = *package_id;
  html.package.sbom = std::move(*sbom);
  html.package.file_name = name + ".zip";
  html.package.source_root = reports::SourceRootOf(record);
  if (auto written = WritePage(record, html, arguments, work.Package() / "report.html"); !written) {
    return tl::make_unexpected(written.error());
  }
  reports::SealOptions options;
  options.zip = work.Out() / (name + ".zip");
  options.key = arguments.key;
  options.package_id = std::move(*package_id);
  auto package = reports::SealPackage(record, work.Package(), options);
  if (!package) return tl::make_unexpected(package.error());
  // The page beside the package can name the digest that the one inside cannot hold.
  const auto sha256 = common::Sha256FileHex(package->zip);
  if (!sha256) return tl::make_unexpected(sha256.error());
  html.package.package_sha256 = *sha256;
  html.package.created_at = record.campaign.ended_at;
  html.package.seal =
      package->is_signed ? reports::SealState::kSigned : reports::SealState::kUnsigned;
  html.package.signer = package->key_id;
  const auto report = work.Out() / (name + ".html");
  if (auto written = WritePage(record, html, arguments, report); !written) {
    return tl::make_unexpected(written.error());
  }
  return RunOutcome{std::move(record), *package, *sha256, report};
}

void ShowOutcome(const Result<RunOutcome>& outcome, CommandContext& context) {
  if (!outcome) return ReportError(outcome.error(), context);
  if (context.json) {
    PrintJson(OutcomeJson(*outcome));
  } else {
    PrintOutcome(*outcome);
  }
  context.exit_code = common::VerdictExitCode(outcome->record.verdict);
}

}  // namespace percuss::cli
