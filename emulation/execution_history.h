// SPDX-License-Identifier: Apache-2.0
//
// What a run made the processor do, read back from the file that the plugin filled
// (execution_record.h), with the calls that were open at each moment. The file is hostile: it was
// written in a process in which firmware runs. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "common/result.h"
#include "emulation/instruction.h"
#include "emulation/qemu/plugin/execution_record.h"

namespace percuss::emulation {

using ExecutionRecord = percuss_execution_record;

struct OpenCall {
  uint32_t return_to = 0;
  uint32_t stack = 0;  // pointer where the called function began
  uint8_t depth = 0;   // exceptions that had not returned
};

class ExecutionHistory {
 public:
  // Empty where nothing was recorded. kIo: it cannot be read; kBadInput: it is none of ours.
  [[nodiscard]] static common::Result<ExecutionHistory> Read(const std::filesystem::path& path);

  // In the order in which it happened.
  [[nodiscard]] const std::vector<ExecutionRecord>& Records() const { return records_; }
  // Earlier records were lost.
  [[nodiscard]] bool BeginsLate() const { return begins_late_; }

  // The block in which the record was made; nothing where that was lost.
  [[nodiscard]] std::optional<size_t> BlockOf(size_t record) const;

  // The last record up to `before` that is of a block which holds the address.
  [[nodiscard]] std::optional<size_t> LastBlockWith(uint32_t address, size_t before) const;

  // The calls that are open in the block at `block`, innermost first, of the exception that it runs
  // in alone. Those from before the input are not known.
  [[nodiscard]] std::vector<OpenCall> CallsAt(size_t block, InstructionReader& code) const;
  // The same as program counters: pc itself, then within each call's instruction.
  [[nodiscard]] std::vector<uint64_t> StackAt(size_t block, uint32_t pc,
                                              InstructionReader& code) const;

 private:
  std::vector<ExecutionRecord> records_;
  bool begins_late_ = false;
};

}  // namespace percuss::emulation
