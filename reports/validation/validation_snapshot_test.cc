// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/validation_snapshot.h"

#include <gmock/gmock.h>

#include "reports/evidence/package_fixture.h"

namespace percuss::reports {
namespace {

using SnapshotTest = PackageFixture;

TEST_F(SnapshotTest, TravelsInThePackageUnderItsOwnNames) {
  WriteText(Path("device/our-interfaces.json"), "{ \"as\": \"it was\" }\n");
  WriteText(Path("device/plan.json"), std::string("not \xff json"));
  const auto texts = ReadValidationTexts(
      {{"interfaces", Path("device/our-interfaces.json")}, {"protocol", Path("device/plan.json")}});
  ASSERT_TRUE(texts) << texts.error().Text();
  WriteText(Path("staging/validation/risks.json"), "of an earlier run");
  ASSERT_TRUE(WriteSnapshot(*texts, {}, Path("staging")));
  Seal();
  const auto reader = PackageReader::Open(Path("evidence.zip"));
  ASSERT_TRUE(reader) << reader.error().Text();
  EXPECT_NE(reader->Find("validation/interfaces.json"), nullptr);
  const auto read = ReadSnapshot(*reader);
  ASSERT_TRUE(read) << read.error().Text();
  EXPECT_EQ(*read, *texts);
}

TEST_F(SnapshotTest, APackageMayHaveNone) {
  ASSERT_TRUE(WriteSnapshot({}, {}, Path("staging")));
  Seal();
  const auto reader = PackageReader::Open(Path("evidence.zip"));
  ASSERT_TRUE(reader) << reader.error().Text();
  EXPECT_EQ(ReadSnapshot(*reader).value(), ValidationTexts());
}

TEST_F(SnapshotTest, WhatCannotBeReadWasNamedByMistake) {
  const auto texts = ReadValidationTexts({{"risks", Path("staging")}});
  ASSERT_FALSE(texts);
  EXPECT_EQ(texts.error().code, common::ErrorCode::kBadInput);
}

}  // namespace
}  // namespace percuss::reports
