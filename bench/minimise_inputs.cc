// SPDX-License-Identifier: Apache-2.0
//
// Minimises inputs as triage does, for bench/triage_minimise.py.
//
//   minimise_inputs BINARY LIMIT_MS OUT INPUT... >minimised.jsonl
//
// Each input is judged by a few runs as triage judges it, and then minimised; OUT/<input's name> is
// the result. One line out for each: input, kind, class, bytes, minimised_bytes (-1: it showed no
// fault, or not the same one in the end), the finding's minimisation, and the cpu seconds of
// judging and of minimising with all processes. What bytes steer is not measured.
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "campaign/triage/forking_input_runner.h"
#include "campaign/triage/judge.h"
#include "campaign/triage/process_input_runner.h"
#include "common/fs.h"
#include "common/json_file.h"

namespace {

using percuss::campaign::ProcessInputRunner;
using percuss::common::Json;

// Of this process and of all its children that have ended.
double CpuSeconds() {
  double seconds = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    for (const timeval& time : {used.ru_utime, used.ru_stime}) {
      seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    }
  }
  return seconds;
}

class Bench {
 public:
  Bench(std::string binary, int64_t limit_ms, std::filesystem::path out) : out_(std::move(out)) {
    target_.argv = {std::move(binary)};
    limits_.wall_ms = limit_ms;
  }

  Json Minimise(const std::filesystem::path& path) {
    const auto scratch = percuss::common::TemporaryFolder::Make("minimise").value();
    percuss::campaign::FindingBook book;
    percuss::campaign::JudgeOptions options;
    options.reruns = 2;
    options.influence.max_runs = 0;
    options.package_folder = scratch.Path() / "package";
    options.scratch_folder = scratch.Path() / "scratch";
    options.recipe.input_limit_ms = limits_.wall_ms;
    percuss::campaign::Sighting sighting;
    sighting.target = "bench";
    sighting.input = percuss::common::ReadFile(path).value();
    sighting.kind = "crash";
    auto nameless = target_;
    nameless.symbolize = false;
    ProcessInputRunner runner(target_, limits_);
    ProcessInputRunner unsymbolised(nameless, limits_);
    options.unsymbolised = &unsymbolised;
    const double begun = CpuSeconds();
    auto finding =
        percuss::campaign::Judge(runner, book, options).JudgeSighting(sighting).value().finding;
    const double judged = CpuSeconds();
    {
      percuss::campaign::ForkingInputRunner quick(nameless, limits_);
      options.quick = &quick;
      finding = percuss::campaign::Judge(runner, book, options)
                    .MinimiseFinding(finding, {.max_runs = 400, .wall_s = 120})
                    .value();
    }
    const double minimised = CpuSeconds();
    if (finding.minimised_bytes >= 0) {
      std::filesystem::copy_file(options.package_folder / finding.folder / "input.min",
                                 out_ / path.filename(),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    return {{"input", path.filename().string()},
            {"kind", finding.kind},
            {"class", finding.bug_class},
            {"bytes", finding.input_bytes},
            {"minimised_bytes", finding.minimised_bytes},
            {"minimisation", Json(finding).at("minimisation")},
            {"judging_cpu_s", judged - begun},
            {"minimising_cpu_s", minimised - judged}};
  }

 private:
  percuss::campaign::TargetCommand target_;
  percuss::campaign::InputLimits limits_;
  std::filesystem::path out_;
};

int Run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4) return 64;
  Bench bench(arguments[0], std::stoll(arguments[1]), arguments[2]);
  for (size_t i = 3; i < arguments.size(); ++i) {
    std::cout << bench.Minimise(arguments[i]).dump() << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    return 1;
  }
}
