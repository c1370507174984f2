// SPDX-License-Identifier: Apache-2.0
#include "common/model/run_record.h"

#include <gtest/gtest.h>

#include "common/json_file.h"

namespace percuss::common {
namespace {

TEST(RunRecordTest, JsonRoundTripKeepsEveryValue) {
  RunRecord record;
  record.verdict = Verdict::kFail;
  record.targets.resize(1);
  record.targets[0].id = "pump";
  record.targets[0].interface_id = "uart";
  record.targets[0].engines.resize(1);
  record.targets[0].engines[0].curve = {{1, 2, 3, 4}};
  record.findings.resize(1);
  record.findings[0].bug_class = "heap-buffer-overflow";
  record.findings[0].stack = {{"parse", "parse.c", 3, 4, "pump", 0x10, true}};
  record.findings[0].reproduction.signatures = {{"abc", 9}, {"none", 1}};
  const Json json = record;
  EXPECT_EQ(json["targets"][0]["interface"], "uart");
  EXPECT_EQ(json["findings"][0]["class"], "heap-buffer-overflow");
  const auto back = FromJson<RunRecord>(json, "test");
  ASSERT_TRUE(back) << back.error().Text();
  EXPECT_EQ(Json(*back), json);
}

TEST(RunRecordTest, UnknownVerdictIsNeverPass) {
  const auto record = FromJson<RunRecord>(Json{{"verdict", "excellent"}}, "test");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->verdict, Verdict::kInfrastructureError);
}

TEST(RunRecordTest, WrongShapeIsAnErrorNotAnException) {
  EXPECT_FALSE(FromJson<RunRecord>(Json{{"findings", 3}}, "test"));
  EXPECT_FALSE(FromJson<RunRecord>(Json{{"campaign", {{"jobs", "many"}}}}, "test"));
}

TEST(RunRecordTest, ExitCodesAreTheContract) {
  EXPECT_EQ(VerdictExitCode(Verdict::kPass), 0);
  EXPECT_EQ(VerdictExitCode(Verdict::kInfrastructureError), 1);
  EXPECT_EQ(VerdictExitCode(Verdict::kFail), 2);
  EXPECT_EQ(VerdictExitCode(Verdict::kInconclusive), 3);
}

}  // namespace
}  // namespace percuss::common
