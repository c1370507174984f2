// SPDX-License-Identifier: Apache-2.0
//
// What the sub-commands that look at a whole device share: its validation files, packages and
// signed records, the form of the answer, and where it goes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/signed_records.h"
#include "common/result.h"
#include "reports/comply/evidence.h"
#include "reports/validation/sections.h"

namespace percuss::cli {

struct DeviceArguments {
  std::string folder;
  std::vector<std::string> packages;
  RecordFiles records;
  std::string store;
  std::string key;
  std::string as_of;  // empty: today
  std::string format = "table";
  std::string out;
};

// DIR, PACKAGE, --records, --record-key, --trust, --store, --key, and -o with one of these formats;
// the arguments outlive the app.
void AddDeviceArguments(CLI::App& command, DeviceArguments& arguments,
                        const std::vector<std::string>& formats);
// --store, and --as-of with a date.
void AddStore(CLI::App& command, std::string& store);
void AddAsOf(CLI::App& command, std::string& as_of);
// Today, UTC, when none was given.
[[nodiscard]] std::string DayOf(const std::string& as_of);

// Adds what the store holds, if one was named, to the packages and records.
[[nodiscard]] common::Status TakeStore(const std::string& store, std::vector<std::string>& packages,
                                       RecordFiles& records);

// Where DIR is a package, that is one of the packages.
void TakeOwnPackage(DeviceArguments& arguments);

// Everything that the arguments name; problems of the validation files are on stderr by then.
[[nodiscard]] common::Result<reports::DeviceEvidence> ReadDevice(DeviceArguments arguments);

// What is wrong with validation files, one line each, on stderr.
void ShowProblems(const std::vector<reports::Problem>& problems);

// The table's sections as text for the terminal, under their summary.
[[nodiscard]] std::string SectionsText(const reports::SectionPage& page);

// To the file that was named, or to stdout.
[[nodiscard]] common::Status WriteDocument(const DeviceArguments& arguments,
                                           const std::string& text, const std::string& summary);

}  // namespace percuss::cli
