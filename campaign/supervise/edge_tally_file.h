// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's side of harnesses/sdk/edge_tally.h. The target can write anything into it: what
// is read is checked against itself.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "campaign/supervise/shared_memory.h"
#include "common/result.h"
#include "harnesses/sdk/edge_tally.h"

namespace percuss::campaign {

// What an engine's inputs have reached, over all its lives.
struct EdgeTally {
  int64_t inputs = 0;
  int64_t edges_reached = 0;
  int64_t singletons = 0;  // edges that one input alone has reached
  // Inputs that reached an edge as the first; [k]: of those from number 2^k to 2^(k+1) - 1.
  std::array<int64_t, PERCUSS_EDGE_TALLY_SPANS> discoverers = {};
};

class EdgeTallyFile {
 public:
  [[nodiscard]] static common::Result<EdgeTallyFile> Create();

  // What a process must have in its environment to write here.
  [[nodiscard]] std::map<std::string, std::string> Environment() const;
  // kNotFound where no input was counted, kCorrupt where the numbers cannot be; the error says why
  // in words that follow a name.
  [[nodiscard]] common::Result<EdgeTally> Read() const;

 private:
  explicit EdgeTallyFile(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

}  // namespace percuss::campaign
