// SPDX-License-Identifier: Apache-2.0
#include "campaign/model_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ModelDumpTest : public ::testing::Test {
 protected:
  common::InputDump DumpOf(const std::string& input) {
    TargetSpec target;
    target.model = PERCUSS_MODELS "/hl7_mllp.model";
    const auto dump = DumpByModel(target);
    return dump == nullptr ? common::InputDump() : dump(input);
  }
};

TEST_F(ModelDumpTest, NamesThePartsOfAnInput) {
  const auto dump = DumpOf("\x0bMSH|^~\\&|PUMP|WARD\r\x1c\r");
  EXPECT_EQ(dump.model, "hl7_mllp");
  EXPECT_THAT(dump.text, HasSubstr("\"PUMP\""));
}

TEST_F(ModelDumpTest, IsBoundedWhateverTheInput) {
  std::string input = "\x0bMSH|^~\\&";
  for (int i = 0; i < 20000; ++i) input += "|<script>\x01";
  const auto dump = DumpOf(input + "\r\x1c\r");
  EXPECT_LE(std::count(dump.text.begin(), dump.text.end(), '\n'), 80);
  EXPECT_LT(dump.text.size(), 20000U);
  EXPECT_THAT(dump.text, HasSubstr(" more parts\n"));
  EXPECT_THAT(dump.text, Not(HasSubstr("\x01")));
  EXPECT_EQ(DumpOf(std::string(size_t{2} << 20U, 'x')).text, "");
}

TEST_F(ModelDumpTest, ThereIsNoneWithoutAModel) {
  EXPECT_EQ(DumpByModel(TargetSpec()), nullptr);
  TargetSpec target;
  target.model = "/nonexistent.model";
  EXPECT_EQ(DumpByModel(target), nullptr);
}

}  // namespace
}  // namespace percuss::campaign
