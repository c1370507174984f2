// SPDX-License-Identifier: Apache-2.0
#include "emulation/execution_history.h"

#include <algorithm>
#include <fstream>

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

constexpr size_t kMostOpenCalls = 256;

// Calls and returns, block by block.
class OpenCalls {
 public:
  explicit OpenCalls(InstructionReader& code) : code_(code) {}

  void Enter(const ExecutionRecord& block) {
    while (!open_.empty() && open_.back().depth > block.depth) open_.pop_back();
    const uint32_t behind_call = before_.pc + before_.value;
    if (calls_ && before_.depth == block.depth && block.pc != behind_call &&
        open_.size() < kMostOpenCalls) {
      open_.push_back({behind_call, block.address, block.depth});
    } else {
      Return(block);
    }
    const Instruction* last = code_.LastOf(block.pc, block.value);
    calls_ = last != nullptr && last->call;
    before_ = block;
  }

  [[nodiscard]] const std::vector<OpenCall>& Open() const { return open_; }

 private:
  void Return(const ExecutionRecord& block) {
    for (size_t i = open_.size(); i-- > 0 && open_[i].depth == block.depth;) {
      if (open_[i].return_to != block.pc || open_[i].stack != block.address) continue;
      open_.resize(i);
      return;
    }
    // What was left by other ways than a return is below the stack's pointer now.
    while (!open_.empty() && open_.back().depth == block.depth &&
           open_.back().stack < block.address) {
      open_.pop_back();
    }
  }

  InstructionReader& code_;
  std::vector<OpenCall> open_;
  ExecutionRecord before_{};  // the block before this one
  bool calls_ = false;        // it ends with a call
};

}  // namespace

common::Result<ExecutionHistory> ExecutionHistory::Read(const std::filesystem::path& path) {
  ExecutionHistory history;
  percuss_execution_file head{};
  constexpr size_t kWhole =
      sizeof head + size_t{PERCUSS_EXECUTION_RECORDS} * sizeof(ExecutionRecord);
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file) return Fail(ErrorCode::kIo, "cannot be read", path.string());
  if (size == 0) return history;
  if (size != kWhole) {
    return Fail(ErrorCode::kBadInput, "the record of the execution is cut off", path.string());
  }
  file.read(reinterpret_cast<char*>(&head), sizeof head);
  if (head.magic == 0) return history;
  if (head.magic != PERCUSS_EXECUTION_MAGIC) {
    return Fail(ErrorCode::kBadInput, "this is no record of an execution", path.string());
  }
  const uint64_t kept = std::min<uint64_t>(head.records, PERCUSS_EXECUTION_RECORDS);
  history.begins_late_ = head.records > kept;
  history.records_.resize(kept);
  file.read(reinterpret_cast<char*>(history.records_.data()),
            static_cast<std::streamsize>(kept * sizeof(ExecutionRecord)));
  if (!file) return Fail(ErrorCode::kIo, "cannot be read", path.string());
  if (history.begins_late_) {
    const auto oldest = static_cast<ptrdiff_t>(head.records % PERCUSS_EXECUTION_RECORDS);
    std::rotate(history.records_.begin(), history.records_.begin() + oldest,
                history.records_.end());
  }
  return history;
}

std::optional<size_t> ExecutionHistory::BlockOf(size_t record) const {
  for (size_t i = std::min(record + 1, records_.size()); i-- > 0;) {
    if (records_[i].kind == PERCUSS_EXECUTION_BLOCK) return i;
  }
  return std::nullopt;
}

std::optional<size_t> ExecutionHistory::LastBlockWith(uint32_t address, size_t before) const {
  for (size_t i = std::min(before, records_.size()); i-- > 0;) {
    const ExecutionRecord& record = records_[i];
    if (record.kind == PERCUSS_EXECUTION_BLOCK && address - record.pc < record.value) return i;
  }
  return std::nullopt;
}

std::vector<OpenCall> ExecutionHistory::CallsAt(size_t block, InstructionReader& code) const {
  OpenCalls calls(code);
  for (size_t i = 0; i <= block && i < records_.size(); ++i) {
    if (records_[i].kind == PERCUSS_EXECUTION_BLOCK) calls.Enter(records_[i]);
  }
  std::vector<OpenCall> innermost_first;
  const auto& open = calls.Open();
  for (size_t i = open.size(); i-- > 0 && open[i].depth == records_[block].depth;) {
    innermost_first.push_back(open[i]);
  }
  return innermost_first;
}

std::vector<uint64_t> ExecutionHistory::StackAt(size_t block, uint32_t pc,
                                                InstructionReader& code) const {
  std::vector<uint64_t> stack = {pc};
  for (const OpenCall& call : CallsAt(block, code)) stack.push_back(uint64_t{call.return_to} - 1);
  return stack;
}

}  // namespace percuss::emulation
