// SPDX-License-Identifier: Apache-2.0
//
// For tests: runs the Python verifier, and small Python programs that make the zips that we refuse
// to make.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace percuss::reports {

struct ScriptRun {
  int exit_code = -1;
  std::string output;
};

inline ScriptRun RunCommand(std::vector<std::string> arguments) {
  ScriptRun run;
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return run;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  std::array<char, 4096> block{};
  for (ssize_t got = 0; (got = read(ends[0], block.data(), block.size())) > 0;) {
    run.output.append(block.data(), static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) == child && WIFEXITED(status)) {
    run.exit_code = WEXITSTATUS(status);
  }
  return run;
}

inline int RunPython(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"/usr/bin/python3", "-W", "ignore", "-c", program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunCommand(std::move(command)).exit_code;
}

inline ScriptRun RunVerifyScript(const std::filesystem::path& package,
                                 const std::optional<std::filesystem::path>& key) {
  std::vector<std::string> command = {"/usr/bin/python3", PERCUSS_VERIFY_SCRIPT, package, "--json"};
  if (key) command.insert(command.end(), {"--key", *key});
  return RunCommand(std::move(command));
}

}  // namespace percuss::reports
