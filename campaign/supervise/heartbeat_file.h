// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's side of harnesses/sdk/heartbeat.h. The target can write anything into it, at any
// time: every value is checked, and nothing read from it is trusted beyond what a checked record
// says.
//
// Reading is thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "campaign/supervise/shared_memory.h"
#include "common/result.h"
#include "harnesses/sdk/heartbeat.h"

namespace percuss::campaign {

constexpr uint64_t kDefaultRingBytes = uint64_t{1} << 22;

struct HeartbeatSnapshot {
  uint64_t sequence = 0;
  uint64_t pid = 0;  // as the target says; see DescendsFrom
  uint64_t head = 0;
  bool running = false;  // an input runs
};

class HeartbeatFile {
 public:
  // ring_bytes: a power of two, at least 4096.
  [[nodiscard]] static common::Result<HeartbeatFile> Create(
      uint64_t ring_bytes = kDefaultRingBytes);

  // Where our children find it, as long as this object lives.
  [[nodiscard]] std::filesystem::path Path() const { return memory_.Path(); }
  // What a process must have in its environment to write here.
  [[nodiscard]] std::map<std::string, std::string> Environment() const;
  [[nodiscard]] HeartbeatSnapshot Read() const;
  // The input that runs now, or ran last; nothing when there was none, it did not fit or it changed
  // meanwhile.
  [[nodiscard]] std::optional<std::string> CurrentInput() const;
  // The last inputs that process pid ran, oldest first, at most max_inputs, the current one
  // included; pid 0: of every process. kCorrupt when the ring makes no sense.
  [[nodiscard]] common::Result<std::vector<std::string>> HistoryOf(uint64_t pid,
                                                                   size_t max_inputs) const;

  // What the process that last ran `input` had run before it, as HistoryOf; empty when the ring no
  // longer holds it.
  [[nodiscard]] common::Result<std::vector<std::string>> HistoryBefore(const std::string& input,
                                                                       size_t max_inputs) const;

 private:
  HeartbeatFile(SharedMemory memory, uint64_t ring_bytes)
      : memory_(std::move(memory)), ring_bytes_(ring_bytes) {}
  // A copy of the ring, unrolled so that the oldest byte comes first; head: where it was taken.
  [[nodiscard]] std::string CopyRing(uint64_t head) const;
  // Those of the ring's inputs that are wanted, oldest first; asked for newest first.
  [[nodiscard]] common::Result<std::vector<std::string>> Inputs(
      size_t max_inputs,
      const std::function<bool(const percuss_ring_record&, std::string_view)>& wanted) const;

  SharedMemory memory_;
  uint64_t ring_bytes_ = 0;
};

}  // namespace percuss::campaign
