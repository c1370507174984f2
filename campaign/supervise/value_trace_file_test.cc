// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/value_trace_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "harnesses/sdk/value_trace.h"

namespace percuss::campaign {
namespace {

// As a target does.
void Write(const ValueTraceFile& file, const percuss_value_trace& trace) {
  FILE* out = std::fopen(file.Environment().begin()->second.c_str(), "r+b");
  ASSERT_NE(out, nullptr);
  std::fwrite(&trace, 1, sizeof trace, out);
  std::fclose(out);
}

TEST(ValueTraceFileTest, TellsPlacesAndRelations) {
  ValueTraceFile file = ValueTraceFile::Create().value();
  EXPECT_TRUE(file.Values().places.empty());  // nothing was traced
  const auto trace = std::make_unique<percuss_value_trace>();
  trace->magic = PERCUSS_VALUE_TRACE_MAGIC;
  trace->at[7] = {0x1234, PERCUSS_BELOW | PERCUSS_EQUAL};
  trace->at[9] = {0x4321, UINT64_MAX};  // by a target that writes what it likes
  Write(file, *trace);
  const ComparedValues values = file.Values();
  ASSERT_EQ(values.places.size(), PERCUSS_COMPARISONS);
  EXPECT_EQ(values.places[7], 0x1234U);
  EXPECT_EQ(values.relations[7], PERCUSS_BELOW | PERCUSS_EQUAL);
  EXPECT_EQ(values.relations[9], PERCUSS_BELOW | PERCUSS_EQUAL | PERCUSS_ABOVE);
  EXPECT_EQ(values.relations[8], 0);
  file.Forget();
  EXPECT_TRUE(file.Values().places.empty());
  trace->magic = 1;
  Write(file, *trace);
  EXPECT_TRUE(file.Values().places.empty());
}

}  // namespace
}  // namespace percuss::campaign
