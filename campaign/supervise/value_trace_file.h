// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's side of harnesses/sdk/value_trace.h. The target can write anything into it:
// places mean nothing until a symboliser knows them, and relations are three bits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "campaign/supervise/shared_memory.h"
#include "common/result.h"

namespace percuss::campaign {

// By number of the comparison, the same for each: where it is in the program's file (0: there is
// none), and how it came out for the last input, as bits of percuss_relation.
struct ComparedValues {
  std::vector<uint64_t> places;
  std::vector<uint8_t> relations;
};

class ValueTraceFile {
 public:
  [[nodiscard]] static common::Result<ValueTraceFile> Create();

  // What a process must have in its environment to write here. One process at a time.
  [[nodiscard]] std::map<std::string, std::string> Environment() const;
  // To be called before each run, so that a run which traces nothing is not taken for the last one.
  void Forget();
  // Empty where nothing was traced.
  [[nodiscard]] ComparedValues Values() const;

 private:
  explicit ValueTraceFile(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

}  // namespace percuss::campaign
