// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/value_trace_file.h"

#include <cstring>
#include <memory>

#include "harnesses/sdk/value_trace.h"

namespace percuss::campaign {

common::Result<ValueTraceFile> ValueTraceFile::Create() {
  auto memory = SharedMemory::Create("percuss-value-trace", sizeof(percuss_value_trace));
  if (!memory) return tl::make_unexpected(memory.error());
  return ValueTraceFile(std::move(*memory));
}

std::map<std::string, std::string> ValueTraceFile::Environment() const {
  return {{PERCUSS_VALUE_TRACE_ENV, memory_.Path().string()}};
}

void ValueTraceFile::Forget() { std::memset(memory_.Bytes(), 0, sizeof(uint64_t)); }

ComparedValues ValueTraceFile::Values() const {
  constexpr uint8_t kRelations = PERCUSS_BELOW | PERCUSS_EQUAL | PERCUSS_ABOVE;
  const auto trace = std::make_unique<percuss_value_trace>();
  std::memcpy(trace.get(), memory_.Bytes(), sizeof *trace);
  ComparedValues values;
  if (trace->magic != PERCUSS_VALUE_TRACE_MAGIC) return values;
  for (const percuss_comparison& one : trace->at) {
    values.places.push_back(one.place);
    values.relations.push_back(static_cast<uint8_t>(one.relations & kRelations));
  }
  return values;
}

}  // namespace percuss::campaign
