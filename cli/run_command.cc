// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "campaign/campaign_run.h"
#include "campaign/measure/build_facts.h"
#include "campaign/supervise/keeper.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/progress_view.h"
#include "cli/sealing.h"
#include "cli/signer.h"
#include "cli/version.h"
#include "common/log.h"
#include "reports/validation/named_documents.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::cli {
namespace {

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
  if (auto known = CheckBoards(*spec); !known) return tl::make_unexpected(known.error());
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
    ShowOutcome(Run(*arguments, context), context);
  });
}

}  // namespace percuss::cli
