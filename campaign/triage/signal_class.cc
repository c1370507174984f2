// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/signal_class.h"

#include <csignal>

namespace percuss::campaign {

namespace {

struct Row {
  int signal;
  std::string_view name;
  std::string_view bug_class;
};

constexpr Row kRows[] = {
    {SIGSEGV, "SIGSEGV", "segv"},           {SIGABRT, "SIGABRT", "abort"},
    {SIGFPE, "SIGFPE", "division-by-zero"}, {SIGILL, "SIGILL", "illegal-instruction"},
    {SIGBUS, "SIGBUS", "bus-error"},        {SIGTRAP, "SIGTRAP", "trap"},
    {SIGSYS, "SIGSYS", "bad-system-call"},
};
constexpr std::string_view kOther = "killed";

}  // namespace

std::string_view ClassOfSignal(int signal) {
  for (const Row& row : kRows) {
    if (row.signal == signal) return row.bug_class;
  }
  return kOther;
}

std::string_view ClassOfSignal(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.bug_class;
  }
  return kOther;
}

}  // namespace percuss::campaign
