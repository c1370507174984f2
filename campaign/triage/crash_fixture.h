// SPDX-License-Identifier: Apache-2.0
//
// For unit tests: a real program's last words from fixtures/, read.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "campaign/triage/crash_report.h"
#include "common/fs.h"

namespace percuss::campaign {

// An empty report, and a failed test, where there is no such fixture or nothing in it is
// understood.
inline CrashReport Fixture(const std::string& name) {
  const auto text = common::ReadFile(std::string(PERCUSS_TRIAGE_FIXTURES) + "/" + name + ".log");
  EXPECT_TRUE(text) << name;
  const auto report = ParseCrashReport(text.value_or(""), {});
  EXPECT_TRUE(report) << name;
  return report.value_or(CrashReport());
}

}  // namespace percuss::campaign
