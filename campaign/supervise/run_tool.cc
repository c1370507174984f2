// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/run_tool.h"

#include <fmt/format.h>

#include "campaign/supervise/process.h"
#include "common/fs.h"

namespace percuss::campaign {

common::Result<std::string> RunTool(const std::vector<std::string>& argv,
                                    const std::map<std::string, std::string>& environment,
                                    int64_t timeout_ms, const ProcessLimits& limits) {
  constexpr size_t kTail = 500;
  const auto folder = common::TemporaryFolder::Make("percuss-tool");
  if (!folder) return tl::make_unexpected(folder.error());
  ProcessSpec spec;
  spec.argv = argv;
  spec.environment = environment;
  spec.limits = limits;
  spec.stdout_path = folder->Path() / "stdout";
  spec.stderr_path = folder->Path() / "stderr";
  auto process = Process::Spawn(spec);
  if (!process) return tl::make_unexpected(process.error());
  auto ended = process->WaitFor(timeout_ms);
  if (!ended) {
    process->KillTree();
    return common::Fail(common::ErrorCode::kUnavailable,
                        fmt::format("did not end within {} ms", timeout_ms), argv.front());
  }
  if (!ended->exited || ended->code != 0) {
    std::string words = common::ReadFile(spec.stderr_path).value_or("");
    if (words.size() > kTail) words.erase(0, words.size() - kTail);
    return common::Fail(common::ErrorCode::kUnavailable,
                        ended->exited ? fmt::format("exit code {}: {}", ended->code, words)
                                      : fmt::format("signal {}: {}", ended->signal, words),
                        argv.front());
  }
  return common::ReadFile(spec.stdout_path);
}

}  // namespace percuss::campaign
