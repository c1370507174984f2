// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <vector>

#include "campaign/handed_in_target.h"
#include "campaign/intake_run.h"
#include "campaign/measure/build_facts.h"
#include "campaign/supervise/keeper.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/progress_view.h"
#include "cli/sealing.h"
#include "cli/signer.h"
#include "cli/version.h"
#include "common/fs.h"
#include "common/log.h"
#include "reports/evidence/package_reader.h"
#include "reports/verify/verify.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::Result;

struct TriageArguments {
  std::string target;
  std::string campaign;
  std::vector<std::string> paths;
  std::string out = "out/triage";
  int reruns = 10;
  int64_t jobs = 0;
  bool as_they_are = false;
  std::string key;
};

// One line that is written over itself, for a terminal only.
class TriageView {
 public:
  explicit TriageView(bool quiet) : shows_(!quiet && isatty(STDERR_FILENO) == 1) {}
  TriageView(const TriageView&) = delete;
  TriageView& operator=(const TriageView&) = delete;
  ~TriageView() {
    if (drawn_) fmt::print(stderr, "\r\x1b[2K");
  }

  void Show(const campaign::IntakeProgress& progress) {
    if (!shows_) return;
    drawn_ = true;
    const std::string rate = progress.per_s > 0 ? fmt::format("  {:.1f}/s  {} left", progress.per_s,
                                                              Span(progress.left_s))
                                                : "";
    fmt::print(stderr, "\r\x1b[2Kpercuss  {}  {} of {}{}  findings {} ({} flaky)", progress.phase,
               Grouped(progress.done), Grouped(progress.total), rate, progress.findings,
               progress.flaky);
  }

 private:
  bool shows_;
  bool drawn_ = false;
};

// A package's findings are read from its folder: a zip is unpacked, below `scratch`. A path that is
// no package stays as it is.
Result<stdfs::path> Unpacked(const stdfs::path& path, const stdfs::path& scratch) {
  std::error_code ignored;
  if (!stdfs::is_regular_file(path, ignored) || path.extension() != ".zip") return path;
  const auto reader = reports::PackageReader::Open(path);
  if (!reader) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "is no whole package: " + reader.error().message +
                            "; an input of this name is judged in a folder that is handed in",
                        path.string());
  }
  if (reader->Find("manifest.json") == nullptr) {
    common::LogWarning("{}: no evidence package; it is taken for an input", path.string());
    return path;
  }
  const auto verified = reports::VerifyPackage(path, std::nullopt);
  if (!verified || !verified->sealed) {
    common::LogWarning(
        "{}: its seal is broken: its inputs may be others than those that were found",
        path.string());
  }
  const auto folder = scratch / path.filename();
  if (auto unpacked = reader->ExtractTo(folder); !unpacked) {
    return tl::make_unexpected(unpacked.error());
  }
  return folder;
}

Result<RunOutcome> Triage(const TriageArguments& arguments, const CommandContext& context) {
  const auto key = LoadSigner(arguments.key);
  if (!key) return tl::make_unexpected(key.error());
  const auto spec =
      campaign::ChooseTarget(arguments.target, arguments.campaign, context.harness_root);
  if (!spec) return tl::make_unexpected(spec.error());
  if (auto known = CheckBoards(*spec); !known) return tl::make_unexpected(known.error());
  auto sboms = ReadSboms(*spec);
  if (!sboms) return tl::make_unexpected(sboms.error());
  auto validation = reports::ReadValidationTexts(spec->validation);
  if (!validation) return tl::make_unexpected(validation.error());
  const auto scratch = common::TemporaryFolder::Make("percuss-triage");
  if (!scratch) return tl::make_unexpected(scratch.error());
  std::vector<stdfs::path> paths;
  for (size_t i = 0; i < arguments.paths.size(); ++i) {
    const auto path = Unpacked(arguments.paths[i], scratch->Path() / std::to_string(i));
    if (!path) return tl::make_unexpected(path.error());
    paths.push_back(*path);
  }
  auto intake = campaign::TakeIn(paths);
  if (!intake) return tl::make_unexpected(intake.error());
  auto built = campaign::DescribeBuilds(*spec);
  TriageView view(context.quiet);
  campaign::IntakeOptions options;
  options.out = arguments.out;
  options.harness_root = context.harness_root;
  options.settings = {context.command_line, kVersion, arguments.jobs, 1};
  options.reruns = arguments.reruns;
  options.minimise = !arguments.as_they_are;
  options.interrupted = &CatchInterrupts();
  options.on_progress = [&view](const campaign::IntakeProgress& progress) { view.Show(progress); };
  auto record = campaign::JudgeHandedIn(*spec, std::move(*intake), options);
  if (!record) return tl::make_unexpected(record.error());
  return Seal(
      std::move(*record),
      {arguments.out, *key, std::move(built), std::move(*sboms), std::move(*validation), {}});
}

}  // namespace

void AddTriageCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<TriageArguments>();
  CLI::App* command = AddCommand(
      app, context, "triage",
      "Judge crashes from anywhere on a target; end with a sealed evidence package and a report. "
      "Takes folders of AFL++, libFuzzer and honggfuzz, journals and packages of percuss, crash "
      "logs, core files and plain inputs. Exit 2 a finding, 0 all survived, 3 what failed before "
      "did not fail",
      "percuss triage --target ./mylib_fuzzer afl-out/ crash-0a1b2c asan.log --out out/triage\n"
      "  percuss triage --campaign campaign.json --target mylib out/nightly");
  command->add_option("PATH", arguments->paths, "Folders and files with crashes")
      ->required()
      ->check(MustExist());
  command
      ->add_option("--target", arguments->target,
                   "A ready binary, or with --campaign the id of one of its targets")
      ->required();
  command->add_option("--campaign", arguments->campaign, "The campaign file that has the target")
      ->check(MustExist());
  command->add_option("--out", arguments->out, "Folder for package and report; new")
      ->capture_default_str();
  command
      ->add_option("--reruns", arguments->reruns,
                   "Runs of each input, each in a fresh process; three times as many "
                   "where they do not all show the same")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--jobs", arguments->jobs, "Inputs judged at a time; one per core by default")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--no-minimise", arguments->as_they_are,
                    "Leave the findings' inputs as they were handed in");
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
    ShowOutcome(Triage(*arguments, context), context);
  });
}

}  // namespace percuss::cli
