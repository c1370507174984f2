// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/measure/host.h"
#include "campaign/supervise/watchdog.h"
#include "cli/commands.h"
#include "common/fs.h"
#include "emulation/machine.h"

namespace percuss::cli {
namespace {

using common::Json;

struct Need {
  const char* command;
  const char* version_words;  // make it say its version
  const char* package;        // of Debian 12
  const char* purpose;
  bool required;
};

constexpr std::array kNeeds = {
    Need{"afl-fuzz", "--version", "afl++", "engine AFL++", true},
    Need{"afl-clang-fast", "--version", "afl++", "builds targets for AFL++", true},
    Need{"clang-14", "--version", "clang-14", "engine libFuzzer and the sanitizers", true},
    Need{"llvm-symbolizer-14", "--version", "llvm-14", "names and lines in stacks", true},
    Need{"llvm-cov-14", "--version", "llvm-14", "source coverage", true},
    Need{"llvm-profdata-14", "merge --version", "llvm-14", "source coverage", true},
    Need{"gdb", "--version", "gdb", "percuss repro --gdb; core files in percuss triage", false},
    Need{"gdb-multiarch", "--version", "gdb-multiarch", "percuss repro --gdb on firmware", false},
    Need{"qemu-system-arm", "--version", "qemu-system-arm", "firmware on emulated boards", false},
    Need{"qemu-system-riscv32", "--version", "qemu-system-misc", "the same for RISC-V", false},
    Need{"qemu-arm", "--version", "qemu-user", "Linux programs for other processors", false},
    Need{"qemu-aarch64", "--version", "qemu-user", "the same for 64-bit Arm", false},
    Need{"qemu-riscv64", "--version", "qemu-user", "the same for RISC-V", false},
    Need{"qemu-mips", "--version", "qemu-user", "the same for MIPS, big-endian", false},
    Need{"qemu-mipsel", "--version", "qemu-user", "the same for MIPS, little-endian", false},
    Need{"qemu-x86_64", "--version", "qemu-user", "the same for x86-64", false},
    Need{"chromium", "--version", "chromium", "the report's own tests", false},
};

struct Linked {
  const char* library;
  const char* licence;
};

constexpr std::array kLinked = {
    Linked{"Boost.Process, Boost.Filesystem", "BSL-1.0"},
    Linked{"CLI11", "BSD-3-Clause"},
    Linked{"fmt", "MIT"},
    Linked{"kainjow mustache", "BSL-1.0"},
    Linked{"libarchive", "BSD-2-Clause"},
    Linked{"libelf, libdw (elfutils)", "LGPL-3.0-or-later or GPL-2.0-or-later"},
    Linked{"libsodium", "ISC"},
    Linked{"nlohmann/json", "MIT"},
    Linked{"OpenSSL libcrypto", "Apache-2.0"},
    Linked{"spdlog", "MIT"},
    Linked{"tl::expected", "CC0-1.0"},
};

Json Check(const Need& need) {
  std::vector<std::string> argv = {need.command};
  std::istringstream words(need.version_words);
  for (std::string word; words >> word;) argv.push_back(word);
  const auto tool = campaign::DescribeTool(need.command, argv);
  const bool emulator = std::string_view(need.command).starts_with("qemu-");
  const bool useless = emulator && !tool.path.empty() && !emulation::TakesPlugins(tool.path);
  return {{"name", need.command},
          {"found", !tool.path.empty() && !useless},
          {"version", tool.version},
          {"path", tool.path},
          {"required", need.required},
          {"purpose", need.purpose},
          {"help", useless ? fmt::format("{} {}", tool.path, emulation::kTakesNoPlugins)
                           : fmt::format("apt-get install {}", need.package)}};
}

// Conditions of the host that no package brings.
Json HostChecks(const CommandContext& context) {
  Json checks = Json::array();
  const auto add = [&](const char* name, bool found, const char* purpose, const std::string& help) {
    checks.push_back({{"name", name},
                      {"found", found},
                      {"version", ""},
                      {"path", ""},
                      {"required", true},
                      {"purpose", purpose},
                      {"help", help}});
  };
  std::error_code ignored;
  add("self-check binaries",
      std::filesystem::exists(context.harness_root / "selfcheck" / "libfuzzer", ignored) &&
          std::filesystem::exists(context.harness_root / "selfcheck" / "aflpp", ignored),
      "the oracle proves itself before each campaign",
      "cmake --preset default && cmake --build --preset default");
  add("watch library", !campaign::WatchPreloadLibrary().empty(),
      "time limits for binaries that were not built with our SDK",
      "cmake --preset default && cmake --build --preset default");
  add("board plugin", !emulation::BoardPlugin().empty(), "firmware on emulated boards",
      "cmake --preset default && cmake --build --preset default");
  const auto pattern = common::ReadFile("/proc/sys/kernel/core_pattern").value_or("");
  add("core_pattern without a pipe", !pattern.starts_with("|"),
      "crashes are told at once instead of through a collector",
      "echo core > /proc/sys/kernel/core_pattern, as root");
  return checks;
}

void Doctor(bool licenses, CommandContext& context) {
  if (licenses) {
    Json list = Json::array();
    for (const Linked& linked : kLinked) {
      list.push_back({{"library", linked.library}, {"licence", linked.licence}});
      if (!context.json) fmt::print("{:<34} {}\n", linked.library, linked.licence);
    }
    if (context.json) PrintJson({{"linked", list}});
    return;
  }
  Json checks = Json::array();
  for (const Need& need : kNeeds) checks.push_back(Check(need));
  for (const Json& check : HostChecks(context)) checks.push_back(check);
  bool ready = true;
  for (const Json& check : checks) {
    const bool found = check["found"];
    if (!found && check["required"]) ready = false;
    if (context.json) continue;
    fmt::print("{:<8} {:<28} {}\n", found ? "ok" : (check["required"] ? "MISSING" : "absent"),
               check["name"].get<std::string>(),
               found ? check["version"].get<std::string>()
                     : fmt::format("{}: {}", check["purpose"].get<std::string>(),
                                   check["help"].get<std::string>()));
  }
  if (context.json) PrintJson({{"ready", ready}, {"checks", checks}});
  if (!context.json) {
    fmt::print("{}\n", ready ? "This host can run campaigns."
                             : "This host cannot run campaigns yet: scripts/install-deps.sh "
                               "installs what is missing.");
  }
  if (!ready) context.exit_code = kExitInfrastructure;
}

}  // namespace

void AddDoctorCommand(CLI::App& app, CommandContext& context) {
  auto licenses = std::make_shared<bool>(false);
  CLI::App* command = AddCommand(app, context, "doctor",
                                 "Say what this host lacks, and how to get it", "percuss doctor");
  command->add_flag("--licenses", *licenses,
                    "List the libraries that are linked, and their licences");
  command->callback([licenses, &context] { Doctor(*licenses, context); });
}

}  // namespace percuss::cli
