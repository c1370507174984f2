// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/coverage.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "campaign/measure/session_states.h"
#include "campaign/supervise/run_tool.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr int64_t kReplayTimeoutMs = 120'000;
constexpr int64_t kToolTimeoutMs = 60'000;
constexpr size_t kInputsPerRun = 500;

common::SourceCoverage Absent(const std::string& reason) {
  common::SourceCoverage coverage;
  coverage.absent_reason = reason;
  return coverage;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

int64_t Number(std::string_view word) {
  int64_t value = -1;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

// Name, then Regions Miss Cover, Lines Miss Cover, Branches Miss Cover.
bool ReadRow(const std::vector<std::string_view>& words, common::FunctionCoverage& row) {
  constexpr size_t kNumbers = 9;
  if (words.size() < kNumbers + 1) return false;
  const size_t first = words.size() - kNumbers;
  const auto pair = [&](size_t at, int64_t& covered, int64_t& total) {
    total = Number(words[at]);
    covered = total - Number(words[at + 1]);
    return total >= 0 && covered >= 0 && covered <= total;
  };
  row.function =
      std::string(words.front().data(), words[first - 1].data() + words[first - 1].size());
  return pair(first, row.regions_covered, row.regions_total) &&
         pair(first + 3, row.lines_covered, row.lines_total) &&
         pair(first + 6, row.branches_covered, row.branches_total);
}

}  // namespace

common::SourceCoverage ReadCoverageReport(std::string_view report) {
  common::SourceCoverage coverage;
  std::string file;
  while (!report.empty()) {
    const size_t end = std::min(report.find('\n'), report.size());
    const std::string_view line = report.substr(0, end);
    report.remove_prefix(std::min(end + 1, report.size()));
    if (line.starts_with("File '") && line.ends_with("':")) {
      file = std::string(line.substr(6, line.size() - 8));
      continue;
    }
    common::FunctionCoverage row;
    if (file.empty() || !ReadRow(Words(line), row)) continue;
    if (row.function == "TOTAL") {
      coverage.lines_covered += row.lines_covered;
      coverage.lines_total += row.lines_total;
      coverage.branches_covered += row.branches_covered;
      coverage.branches_total += row.branches_total;
    } else {
      row.file = file;
      coverage.functions.push_back(std::move(row));
    }
  }
  coverage.present = coverage.lines_total > 0;
  if (!coverage.present)
    coverage.absent_reason = "llvm-cov reported no lines of the files under test";
  return coverage;
}

common::SourceCoverage MeasureCoverage(const TargetSpec& target,
                                       const std::vector<stdfs::path>& inputs,
                                       const stdfs::path& scratch,
                                       const std::atomic<bool>& cancel) {
  const auto binary = target.binaries.find("coverage");
  if (binary == target.binaries.end()) return Absent("the target has no coverage build");
  if (target.sources.empty()) return Absent("the campaign names no files under test");
  const auto folder = scratch / "coverage";
  std::error_code ignored;
  stdfs::remove_all(folder, ignored);
  const auto states = scratch / kSessionStatesFolder;
  stdfs::remove_all(states, ignored);
  for (const auto& made : {common::MakeFolder(folder), common::MakeFolder(states)}) {
    if (!made) return Absent(made.error().Text());
  }
  // Inputs that kill this build too must not take the profile of the others with them: runs are
  // small, and a profile that is not written costs one run.
  for (size_t at = 0; at < inputs.size(); at += kInputsPerRun) {
    if (cancel) return Absent("interrupted");
    std::vector<std::string> argv = {binary->second.string()};
    for (size_t i = at; i < std::min(at + kInputsPerRun, inputs.size()); ++i) {
      argv.push_back(inputs[i].string());
    }
    auto environment = target.environment;
    environment["LLVM_PROFILE_FILE"] = (folder / fmt::format("{}.profraw", at)).string();
    environment[kSessionStatesVariable] = (states / fmt::format("{}.json", at)).string();
    static_cast<void>(RunTool(argv, environment, kReplayTimeoutMs));
  }
  std::vector<std::string> merge = {"llvm-profdata-14", "merge", "-sparse", "-o",
                                    (folder / "merged.profdata").string()};
  for (const auto& file : common::ListFiles(folder)) merge.push_back(file.string());
  if (auto merged = RunTool(merge, {}, kToolTimeoutMs); !merged)
    return Absent(merged.error().Text());
  std::vector<std::string> show = {
      "llvm-cov-14",           "report",
      "-show-functions",       "-show-branch-summary",
      binary->second.string(), "-instr-profile=" + (folder / "merged.profdata").string()};
  show.insert(show.end(), target.sources.begin(), target.sources.end());
  const auto report = RunTool(show, {}, kToolTimeoutMs);
  if (!report) return Absent(report.error().Text());
  auto coverage = ReadCoverageReport(*report);
  coverage.tool = "llvm-cov-14, clang source-based coverage";
  return coverage;
}

}  // namespace percuss::campaign
