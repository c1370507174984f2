// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/cwe_table.h"

#include <gtest/gtest.h>

namespace percuss::campaign {
namespace {

std::string CweOf(const std::string& bug_class, const std::string& access) {
  CrashReport report;
  report.kind = "crash";
  report.bug_class = bug_class;
  report.access = access;
  return ClassifyCwe(report).cwe;
}

TEST(CweTableTest, DirectionOfTheAccessCounts) {
  EXPECT_EQ(CweOf("heap-buffer-overflow", "write"), "CWE-122");
  EXPECT_EQ(CweOf("heap-buffer-overflow", "read"), "CWE-125");
  EXPECT_EQ(CweOf("stack-buffer-overflow", "write"), "CWE-121");
  EXPECT_EQ(CweOf("global-buffer-overflow", "write"), "CWE-787");
}

TEST(CweTableTest, WhatIsNotInTheTableSaysWhy) {
  CrashReport report;
  report.kind = "crash";
  report.bug_class = "abort";
  EXPECT_EQ(ClassifyCwe(report).cwe, "unclassified");
  EXPECT_NE(ClassifyCwe(report).reason.find("abort"), std::string::npos);
}

TEST(CweTableTest, SaysByWhichListAndTable) {
  CrashReport report;
  report.kind = "crash";
  for (const char* bug_class : {"heap-use-after-free", "hang", "abort"}) {
    report.bug_class = bug_class;
    const CweVerdict verdict = ClassifyCwe(report);
    EXPECT_EQ(verdict.list_version, "4.14") << bug_class;
    EXPECT_EQ(verdict.table_sha256, CweTableSha256()) << bug_class;
  }
  report.kind = "property";
  report.property_id = "CWE-287:login";
  EXPECT_EQ(ClassifyCwe(report).list_version, "") << "by whichever list its author had";
  EXPECT_EQ(ClassifyCwe(report).table_sha256, "");
}

TEST(CweTableTest, PropertyIdsAreHostileToo) {
  CrashReport report;
  report.kind = "property";
  for (const char* id : {"CWE-", "CWE-x", "CWE-12345678901", "cwe-79: x", ""}) {
    report.property_id = id;
    EXPECT_EQ(ClassifyCwe(report).cwe, "unclassified") << id;
  }
  report.property_id = "CWE-1188: default password";
  EXPECT_EQ(ClassifyCwe(report).cwe, "CWE-1188");
}

}  // namespace
}  // namespace percuss::campaign
