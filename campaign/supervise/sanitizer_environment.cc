// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/sanitizer_environment.h"

#include <unistd.h>

#include <vector>

namespace percuss::campaign {
namespace {

// An unversioned one first: it is the one that the user's own tools would take.
std::string FindSymbolizer() {
  for (const char* path : {"/usr/bin/llvm-symbolizer", "/usr/lib/llvm-14/bin/llvm-symbolizer",
                           "/usr/bin/llvm-symbolizer-14", "/usr/local/bin/llvm-symbolizer"}) {
    if (access(path, X_OK) == 0) return path;
  }
  return {};
}

std::string Join(const std::vector<std::string>& options) {
  std::string joined;
  for (const std::string& option : options) joined += (joined.empty() ? "" : ":") + option;
  return joined;
}

}  // namespace

const std::string& SymbolizerPath() {
  static const std::string path = FindSymbolizer();
  return path;
}

std::map<std::string, std::string> SanitizerEnvironment(SanitizerPurpose purpose, int64_t rss_mib) {
  const bool judging = purpose == SanitizerPurpose::kJudging;
  std::vector<std::string> common = {
      "abort_on_error=1",
      std::string("symbolize=") + (judging ? "1" : "0"),
      "disable_coredump=1",
      "print_summary=1",
      // Full paths of frames: the first frame of the user's code is found by them.
      "strip_path_prefix=''",
  };
  if (judging && !SymbolizerPath().empty()) {
    common.push_back("external_symbolizer_path=" + SymbolizerPath());
  }
  if (rss_mib > 0) common.push_back("max_allocation_size_mb=" + std::to_string(rss_mib));

  const std::string exit_code = "exitcode=" + std::to_string(kSanitizerExitCode);
  std::vector<std::string> address = common;
  address.push_back(exit_code);
  address.insert(
      address.end(),
      {std::string("detect_leaks=") + (purpose != SanitizerPurpose::kFuzzing ? "1" : "0"),
       "handle_abort=1", "handle_segv=1", "handle_sigbus=1", "handle_sigfpe=1", "handle_sigill=1",
       "detect_odr_violation=0", "detect_stack_use_after_return=1", "malloc_context_size=30"});
  // Over by half: the watch on resident memory comes first, this is the second line.
  if (rss_mib > 0) {
    address.push_back("hard_rss_limit_mb=" + std::to_string(rss_mib + rss_mib / 2));
  }
  std::vector<std::string> undefined = common;
  undefined.insert(undefined.end(), {exit_code, "print_stacktrace=1", "halt_on_error=1"});
  std::vector<std::string> memory = common;
  memory.insert(memory.end(), {"handle_abort=1", "exit_code=" + std::to_string(kMsanExitCode)});
  std::vector<std::string> thread = common;
  thread.push_back(exit_code);
  std::map<std::string, std::string> environment = {{"ASAN_OPTIONS", Join(address)},
                                                    {"MSAN_OPTIONS", Join(memory)},
                                                    {"TSAN_OPTIONS", Join(thread)},
                                                    {"UBSAN_OPTIONS", Join(undefined)}};
  if (judging) environment["LSAN_OPTIONS"] = exit_code;
  return environment;
}

void AddTargetEnvironment(const std::map<std::string, std::string>& targets,
                          std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : targets) {
    std::string& entry = environment[name];
    entry = name.ends_with("SAN_OPTIONS") && !entry.empty() ? entry + ":" + value : value;
  }
}

std::map<std::string, std::string> JudgingEnvironment(
    const std::map<std::string, std::string>& targets, int64_t rss_mib, HeapFill heap) {
  auto environment = SanitizerEnvironment(SanitizerPurpose::kJudging, rss_mib);
  AddTargetEnvironment(HeapEnvironment(heap), environment);
  AddTargetEnvironment(targets, environment);
  environment.erase("PERCUSS_ISOLATE");
  return environment;
}

int64_t MallocLimitMib(const std::map<std::string, std::string>& targets, int64_t rss_mib) {
  constexpr int64_t kNone = int64_t{1} << 30;
  for (const auto& [name, value] : targets) {
    if (name.ends_with("SAN_OPTIONS") &&
        value.find("allocator_may_return_null=1") != std::string::npos) {
      return kNone;
    }
  }
  return rss_mib;
}

}  // namespace percuss::campaign
