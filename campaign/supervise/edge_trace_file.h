// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's side of harnesses/sdk/edge_trace.h. The target can write anything into it: what
// is read is checked against itself, and places mean nothing until a symboliser knows them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "campaign/supervise/shared_memory.h"
#include "common/result.h"

namespace percuss::campaign {

// Of a program, edge by edge in the order of its code.
struct EdgePlaces {
  std::vector<uint64_t> offsets;        // in the program's file
  std::vector<bool> begins_a_function;  // as many
};

class EdgeTraceFile {
 public:
  [[nodiscard]] static common::Result<EdgeTraceFile> Create();

  // What a process must have in its environment to write here. One process at a time.
  [[nodiscard]] std::map<std::string, std::string> Environment() const;
  // To be called before each run, so that a run which traces nothing is not taken for the last one.
  void Forget();
  // How often the last input took each edge, up to 255 and then from 0 again. kNotFound where
  // nothing was traced, kCorrupt where the numbers cannot be; the error says why in words that
  // follow a name.
  [[nodiscard]] common::Result<std::vector<uint8_t>> Counts() const;
  [[nodiscard]] common::Result<EdgePlaces> Places() const;

 private:
  explicit EdgeTraceFile(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

}  // namespace percuss::campaign
