// SPDX-License-Identifier: Apache-2.0
#include "cli/device_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "reports/index/store.h"
#include "reports/validation/trace_text.h"

namespace percuss::cli {

using common::Result;

void AddDeviceArguments(CLI::App& command, DeviceArguments& arguments,
                        const std::vector<std::string>& formats) {
  command
      .add_option("DIR", arguments.folder,
                  "Folder of validation files, or a package that carries them")
      ->required()
      ->check(MustExist());
  command
      .add_option("PACKAGE", arguments.packages,
                  "Evidence packages, zips or folders; each is verified first")
      ->check(MustExist());
  AddRecordFileOptions(command, arguments.records,
                       "A file of signed records (percuss disposition), whose word on a finding "
                       "comes after that of records.json");
  AddStore(command, arguments.store);
  command.add_option("--key", arguments.key, "Public key of whoever must have signed the packages")
      ->check(MustExist());
  std::string names;
  for (const std::string& format : formats) names += (names.empty() ? "" : ", ") + format;
  command.add_option("--format", arguments.format, "One of: " + names)
      ->check(CLI::IsMember(formats))
      ->capture_default_str();
  command.add_option("-o,--output", arguments.out, "The file to write; stdout by default");
}

void AddStore(CLI::App& command, std::string& store) {
  command
      .add_option("--store", store,
                  "A folder: all packages and files of records in it (percuss index)")
      ->check(MustExist());
}

std::string DayOf(const std::string& as_of) {
  return as_of.empty() ? common::Rfc3339(common::SystemClock().UnixS()).substr(0, 10) : as_of;
}

void AddAsOf(CLI::App& command, std::string& as_of) {
  command
      .add_option("--as-of", as_of,
                  "The day for which ages and clocks are told (default: today, UTC)")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            return common::IsDate(text) ? "" : "no date, such as 2026-01-31: " + text;
          },
          ""));
}

void TakeOwnPackage(DeviceArguments& arguments) {
  if (!reports::IsPackage(arguments.folder)) return;
  const auto is_it = [&](const std::string& package) {
    std::error_code ignored;
    return std::filesystem::equivalent(package, arguments.folder, ignored);
  };
  auto& packages = arguments.packages;
  if (std::any_of(packages.begin(), packages.end(), is_it)) return;
  packages.insert(packages.begin(), arguments.folder);
}

common::Status TakeStore(const std::string& store, std::vector<std::string>& packages,
                         RecordFiles& records) {
  if (store.empty()) return {};
  const auto opened = reports::OpenStore(store);
  if (!opened) return tl::make_unexpected(opened.error());
  if (!opened->why.empty()) common::LogInfo("{}: {}", store, opened->why);
  for (const std::string& path : opened->Packages()) packages.push_back(path);
  for (const std::string& path : opened->Records()) records.files.push_back(path);
  return {};
}

void ShowProblems(const std::vector<reports::Problem>& problems) {
  for (const auto& problem : problems) fmt::print(stderr, "percuss: {}\n", problem.Text());
}

Result<reports::DeviceEvidence> ReadDevice(DeviceArguments arguments) {
  if (auto taken = TakeStore(arguments.store, arguments.packages, arguments.records); !taken) {
    return tl::make_unexpected(taken.error());
  }
  TakeOwnPackage(arguments);
  const auto signers = SignersOf(arguments.records);
  if (!signers) return tl::make_unexpected(signers.error());
  reports::EvidenceSources sources{arguments.folder,        arguments.packages,
                                   arguments.records.files, {},
                                   DayOf(arguments.as_of),  *signers};
  if (!arguments.key.empty()) sources.key = arguments.key;
  std::vector<reports::Problem> problems;
  auto evidence = reports::GatherEvidence(sources, problems);
  ShowProblems(problems);
  if (evidence && !evidence->signers_note.empty()) common::LogWarning("{}", evidence->signers_note);
  return evidence;
}

std::string SectionsText(const reports::SectionPage& page) {
  std::string text = page.summary + '\n';
  for (const auto& section : page.sections) text += reports::SectionText(section);
  return text;
}

common::Status WriteDocument(const DeviceArguments& arguments, const std::string& text,
                             const std::string& summary) {
  if (arguments.out.empty()) {
    fmt::print("{}", text);
    return {};
  }
  auto written = common::WriteFileAtomically(arguments.out, text);
  if (written) common::LogInfo("{}: {}", arguments.out, summary);
  return written;
}

}  // namespace percuss::cli
