// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>

#include "campaign/campaign_run.h"
#include "campaign/engine/board_target.h"
#include "campaign/measure/build_facts.h"
#include "campaign/store/work_dir.h"
#include "campaign/supervise/keeper.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/progress_view.h"
#include "cli/signer.h"
#include "cli/version.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/log.h"
#include "reports/comply/device_chapters.h"
#include "reports/evidence/archive_source.h"
#include "reports/evidence/package.h"
#include "reports/export/text.h"
#include "reports/html/html_report.h"
#include "reports/sbom/package_sbom.h"
#include "reports/validation/named_documents.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::Json;
using common::Result;

struct RunArguments {
  std::string file;
  std::string out = "out";
  std::string budget;
  int64_t jobs = 0;
  int64_t seed = 1;
  bool resume = false;
  std::string key;
};

struct RunOutcome {
  common::RunRecord record;
  reports::SealedPackage package;
  std::string package_sha256;
  stdfs::path report;
};

// The bills of materials that the user names for the device and for targets. Read before anything
// runs: a mistake in one should not wait for the campaign's end.
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

struct SealArguments {
  std::filesystem::path out;
  std::shared_ptr<const reports::Signer> key;
  std::vector<common::BuildFacts> built;
  std::vector<reports::UsersSbom> sboms;
  reports::ValidationTexts validation;
  reports::CarriedDocuments documents;
};

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
  fmt::print("package: {}{}\n", outcome.package.zip.string(),
             outcome.package.is_signed ? "" : " (not signed: make a key with percuss key new)");
  fmt::print("report:  {}\n", outcome.report.string());
  if (!outcome.record.findings.empty()) {
    fmt::print("replay:  percuss repro {} --finding {}\n", outcome.package.zip.string(),
               outcome.record.findings.front().id);
  }
}

// What compliance.json names, as it is when the campaign begins; what the package will not hold is
// told at once, when it can still be mended.
reports::CarriedDocuments CarryDocuments(const campaign::CampaignSpec& spec,
                                         const reports::ValidationTexts& texts) {
  const auto compliance = texts.find("compliance");
  if (compliance == texts.end()) return {};
  auto carried =
      reports::CarryDocuments(compliance->second, spec.validation.at("compliance").parent_path());
  for (const auto& [path, why] : carried.absent) common::LogWarning("{}: {}", path, why);
  return carried;
}

Result<RunOutcome> Run(const RunArguments& arguments, const CommandContext& context) {
  const auto key = LoadSigner(arguments.key);
  if (!key) return tl::make_unexpected(key.error());
  const auto spec = campaign::LoadCampaign(arguments.file, context.harness_root);
  if (!spec) return tl::make_unexpected(spec.error());
  std::set<stdfs::path> boards;  // asking an emulator takes it a start
  for (const campaign::TargetSpec& target : spec->targets) {
    const auto board = target.binaries.find("board");
    if (board == target.binaries.end() || !boards.insert(board->second).second) continue;
    if (auto known = campaign::CheckMachine(board->second); !known) {
      return tl::make_unexpected(known.error());
    }
  }
  auto sboms = ReadSboms(*spec);
  if (!sboms) return tl::make_unexpected(sboms.error());
  auto validation = reports::ReadValidationTexts(spec->validation);
  if (!validation) return tl::make_unexpected(validation.error());
  auto documents = CarryDocuments(*spec, *validation);
  auto built = campaign::DescribeBuilds(*spec);
  campaign::CampaignOptions options;
  options.out = arguments.out;
  options.harness_root = context.harness_root;
  options.jobs = arguments.jobs;
  options.seed = arguments.seed;
  options.resume = arguments.resume;
  options.command = context.command_line;
  options.tool_version = kVersion;
  options.interrupted = &CatchInterrupts();
  if (!arguments.budget.empty()) {
    const auto wall_s = campaign::ParseDuration(arguments.budget);
    if (!wall_s) return tl::make_unexpected(wall_s.error());
    options.wall_s = *wall_s;
  }
  ProgressView view(ProgressView::StyleFor(context.quiet));
  options.on_progress = [&view](const campaign::CampaignProgress& progress) {
    view.Show(progress);
  };
  auto record = campaign::RunCampaign(*spec, options);
  if (!record) return tl::make_unexpected(record.error());
  return Seal(std::move(*record), {arguments.out, *key, std::move(built), std::move(*sboms),
                                   std::move(*validation), std::move(documents)});
}

}  // namespace

void AddRunCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = AddCommand(
      app, context, "run", "Run a fuzz campaign; end with a sealed evidence package and a report",
      "percuss run campaign.json --out out/nightly --budget 30m\n"
      "  percuss run campaign.json --out out/nightly --resume   (goes on from the stored corpus)");
  command->add_option("FILE", arguments->file, "The campaign file")->required();
  command->add_option("--out", arguments->out, "Folder for corpus, journal, package and report")
      ->capture_default_str();
  command->add_option("--budget", arguments->budget,
                      "Fuzzing time of the whole campaign, for example 90s, 30m, 8h");
  command
      ->add_option("--jobs", arguments->jobs,
                   "Engines at a time, and later reruns; one per core by default")
      ->check(CLI::Range(1, 1024));
  command->add_option("--seed", arguments->seed, "Seed of the engines' random numbers")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command->add_flag("--resume", arguments->resume, "Go on with the campaign in --out");
  command
      ->add_option(
          "--key", arguments->key,
          std::string(kSigningKeyHelp) + " (default: ~/.config/percuss/default.key, if there)")
      ->check(KeyMustExist());
  command->callback([arguments, &context] {
    if (const auto code = campaign::BecomeKeptWorker(kExitInfrastructure)) {
      context.exit_code = *code;
      return;
    }
    const auto outcome = Run(*arguments, context);
    if (!outcome) return ReportError(outcome.error(), context);
    if (context.json) {
      PrintJson(OutcomeJson(*outcome));
    } else {
      PrintOutcome(*outcome);
    }
    context.exit_code = common::VerdictExitCode(outcome->record.verdict);
  });
}

}  // namespace percuss::cli
