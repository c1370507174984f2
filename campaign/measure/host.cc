// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/host.h"

#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <sstream>

#include "campaign/supervise/process.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

// Without the colours that some print even into a pipe.
std::string FirstLineWithDigits(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = std::regex_replace(line, std::regex("\x1b\\[[0-9;]*m"), "");
    const bool digits =
        std::any_of(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits) return line.substr(line.find_first_not_of(' '));
  }
  return {};
}

}  // namespace

double HostLoad() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

common::Host DescribeHost() {
  common::Host host;
  utsname name{};
  if (uname(&name) == 0) {
    host.kernel = std::string(name.sysname) + " " + name.release + " " + name.machine;
  }
  host.cpu = CpuModel();
  host.cores = sysconf(_SC_NPROCESSORS_ONLN);
  host.memory_mib = (sysconf(_SC_PHYS_PAGES) / 1024) * (sysconf(_SC_PAGE_SIZE) / 1024);
  host.load_before = HostLoad();
  return host;
}

stdfs::path FindInPath(const std::string& name) {
  const char* path = getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto candidate = stdfs::path(folder) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

common::Tool DescribeTool(const std::string& name, const std::vector<std::string>& version_argv) {
  common::Tool tool{name, "not found", "", ""};
  const auto path = FindInPath(version_argv.front());
  if (path.empty()) return tool;
  std::error_code ignored;
  tool.path = stdfs::canonical(path, ignored).string();
  tool.sha256 = common::Sha256FileHex(tool.path).value_or("");
  constexpr int64_t kTimeoutMs = 20'000;
  // afl-fuzz says its version before it complains that it knows no --version.
  ProcessSpec spec;
  spec.argv = version_argv;
  spec.capture_output = true;
  tool.version = "not told";
  auto process = Process::Spawn(spec);
  if (!process || !process->WaitFor(kTimeoutMs)) return tool;
  const std::string line = FirstLineWithDigits(process->TakeStdout());
  if (!line.empty()) tool.version = line;
  return tool;
}

common::Tool DescribeSelf(const std::string& version) {
  std::error_code ignored;
  const std::string self = stdfs::read_symlink("/proc/self/exe", ignored).string();
  return {"percuss", version, self, common::Sha256FileHex(self).value_or("")};
}

common::Tool DescribeSymbolizer() {
  return DescribeTool("llvm-symbolizer", {"llvm-symbolizer-14", "--version"});
}

std::vector<common::Tool> DescribeTools(const std::string& percuss_version) {
  std::vector<common::Tool> tools = {DescribeSelf(percuss_version)};
  tools.push_back(DescribeTool("afl-fuzz", {"afl-fuzz", "--version"}));
  tools.push_back(DescribeTool("clang (libFuzzer, sanitizers)", {"clang-14", "--version"}));
  tools.push_back(DescribeSymbolizer());
  tools.push_back(DescribeTool("llvm-cov", {"llvm-cov-14", "--version"}));
  // Without a command of its own it tells no version.
  tools.push_back(DescribeTool("llvm-profdata", {"llvm-profdata-14", "merge", "--version"}));
  return tools;
}

}  // namespace percuss::campaign
