// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/version.h"
#include "common/log.h"
#include "reports/envelope/visible_text.h"

namespace percuss::cli {
namespace {

constexpr std::array kCommands = {
    &AddRunCommand,     &AddReproCommand,       &AddReportCommand,    &AddVerifyCommand,
    &AddKeyCommand,     &AddDispositionCommand, &AddAttachCommand,    &AddSignCommand,
    &AddHistoryCommand, &AddTrustCommand,       &AddTimestampCommand, &AddTraceCommand,
    &AddComplyCommand,  &AddMetricsCommand,     &AddIndexCommand,     &AddProposeCommand,
    &AddDecideCommand,  &AddImportCommand,      &AddExportCommand,    &AddMonitorCommand,
    &AddAssessCommand,  &AddDoctorCommand,      &AddEmulateCommand,   &AddTriageCommand,
    &AddRegressCommand, &AddBisectCommand,      &AddClusterCommand,   &AddSeverityCommand,
    &AddDissectCommand, &AddSessionCommand};

// The build tree that this command stands in, or what PERCUSS_HARNESSES names.
std::filesystem::path HarnessRoot() {
  if (const char* named = std::getenv("PERCUSS_HARNESSES")) return named;
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return self.parent_path().parent_path() / "harnesses";
}

// NULL where there is none.
const CLI::App* CommandBelow(const CLI::App& app, const std::string& name) {
  const auto named =
      app.get_subcommands([&](const CLI::App* it) { return it->get_name() == name; });
  return named.empty() ? nullptr : named.front();
}

// The first word that looks like an option and is none of the command's; empty where there is none.
// The parser would complain of that option's value instead, as of a file that is not there.
std::string UnknownOption(const CLI::App* command, const std::vector<std::string>& words) {
  bool is_value = false;
  for (const std::string& word : words) {
    if (word == "--") break;
    if (std::exchange(is_value, false)) continue;
    if (const auto* below = CommandBelow(*command, word)) command = below;
    if (word.size() < 2 || word.front() != '-') continue;
    const std::string name = word.substr(0, word.find('='));
    const CLI::Option* option = command->get_option_no_throw(name);
    if (option == nullptr) return name;
    is_value = option->get_items_expected_min() > 0 && name == word;
  }
  return "";
}

int Main(int argc, char** argv) {
  CommandContext context;
  context.harness_root = HarnessRoot();
  for (int i = 0; i < argc; ++i) {
    if (i > 0) context.command_line += ' ';
    context.command_line += argv[i];
  }
  CLI::App app{
      "percuss: fuzzing and security validation for medical device software.\n"
      "Exit codes: 0 pass, 1 infrastructure error, 2 fail, 3 inconclusive, 64 bad usage."};
  app.name("percuss");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer("Start with: percuss doctor; percuss run --help");
  for (const auto add : kCommands) add(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help and --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    const CLI::App* command = argc > 1 ? CommandBelow(app, argv[1]) : nullptr;
    const std::string unknown =
        command == nullptr ? "" : UnknownOption(command, {argv + 2, argv + argc});
    if (argc > 1 && argv[1][0] != '-' && command == nullptr) {
      fmt::print(stderr, "percuss: there is no command \"{}\"; see percuss --help\n", argv[1]);
    } else if (!unknown.empty()) {
      fmt::print(stderr, "percuss: there is no option {}; see percuss {} --help\n", unknown,
                 argv[1]);
    } else {
      app.exit(error);
    }
    return kExitUsage;
  }
  return context.exit_code;
}

}  // namespace

CLI::App* AddCommand(CLI::App& app, CommandContext& context, const std::string& name,
                     const std::string& description, const std::string& example) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->add_flag("--json", context.json, "One JSON document on stdout, nothing else there");
  command->add_flag("--quiet", context.quiet, "Nothing but errors on stderr");
  command->parse_complete_callback([&context] {
    if (context.quiet) common::SetLogLevel(common::LogLevel::kError);
  });
  return command;
}

CLI::Validator MustExist() {
  return CLI::Validator(
      [](std::string& path) -> std::string {
        std::error_code ignored;
        const auto type = std::filesystem::status(path, ignored).type();
        if (type != std::filesystem::file_type::not_found) return {};
        return "no such file or folder: " + path;
      },
      "");
}

void ReportError(const common::Error& error, CommandContext& context) {
  fmt::print(stderr, "percuss: {}\n", reports::VisibleText(error.Text()));
  context.exit_code = error.code == common::ErrorCode::kBadInput ? kExitUsage : kExitInfrastructure;
}

void PrintJson(const common::Json& json) { fmt::print("{}", common::JsonText(json)); }

}  // namespace percuss::cli

int main(int argc, char** argv) {
  try {
    return percuss::cli::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "percuss: unexpected: %s\n", error.what());
    return percuss::cli::kExitInfrastructure;
  }
}
