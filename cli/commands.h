// SPDX-License-Identifier: Apache-2.0
//
// The sub-commands. Each adds itself to the command line and, when it was chosen, runs in its
// callback and leaves its exit code in the context: 0 pass, 1 infrastructure error, 2 fail, 3
// inconclusive, 64 bad usage or bad input file.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "common/json_file.h"
#include "common/result.h"

namespace percuss::cli {

constexpr int kExitPass = 0;
constexpr int kExitInfrastructure = 1;
constexpr int kExitFail = 2;
constexpr int kExitInconclusive = 3;
constexpr int kExitUsage = 64;

struct CommandContext {
  std::string command_line;            // as typed
  std::filesystem::path harness_root;  // <build>/harnesses
  int exit_code = kExitPass;
  bool json = false;  // --json and --quiet of the chosen sub-command
  bool quiet = false;
};

void AddRunCommand(CLI::App& app, CommandContext& context);
void AddTriageCommand(CLI::App& app, CommandContext& context);
void AddReproCommand(CLI::App& app, CommandContext& context);
void AddBisectCommand(CLI::App& app, CommandContext& context);
void AddRegressCommand(CLI::App& app, CommandContext& context);
void AddReportCommand(CLI::App& app, CommandContext& context);
void AddVerifyCommand(CLI::App& app, CommandContext& context);
void AddKeyCommand(CLI::App& app, CommandContext& context);
void AddDoctorCommand(CLI::App& app, CommandContext& context);
void AddEmulateCommand(CLI::App& app, CommandContext& context);
void AddDispositionCommand(CLI::App& app, CommandContext& context);
void AddClusterCommand(CLI::App& app, CommandContext& context);
void AddSeverityCommand(CLI::App& app, CommandContext& context);
void AddDissectCommand(CLI::App& app, CommandContext& context);
void AddAttachCommand(CLI::App& app, CommandContext& context);
void AddSignCommand(CLI::App& app, CommandContext& context);
void AddHistoryCommand(CLI::App& app, CommandContext& context);
void AddTrustCommand(CLI::App& app, CommandContext& context);
void AddTimestampCommand(CLI::App& app, CommandContext& context);
void AddTraceCommand(CLI::App& app, CommandContext& context);
void AddComplyCommand(CLI::App& app, CommandContext& context);
void AddMetricsCommand(CLI::App& app, CommandContext& context);
void AddIndexCommand(CLI::App& app, CommandContext& context);
void AddProposeCommand(CLI::App& app, CommandContext& context);
void AddDecideCommand(CLI::App& app, CommandContext& context);
void AddMonitorCommand(CLI::App& app, CommandContext& context);
void AddAssessCommand(CLI::App& app, CommandContext& context);
void AddImportCommand(CLI::App& app, CommandContext& context);
void AddSessionCommand(CLI::App& app, CommandContext& context);
void AddExportCommand(CLI::App& app, CommandContext& context);

// A sub-command with --json and --quiet, and an example at the end of its help.
CLI::App* AddCommand(CLI::App& app, CommandContext& context, const std::string& name,
                     const std::string& description, const std::string& example);

// For an argument that names what must be there; that it is not is wrong usage. What else is wrong
// with it the command finds out.
CLI::Validator MustExist();

// Says on stderr what was wrong, where, and exits as the error's code asks: bad input is 64,
// everything else 1.
void ReportError(const common::Error& error, CommandContext& context);

// One JSON document on stdout.
void PrintJson(const common::Json& json);

}  // namespace percuss::cli
