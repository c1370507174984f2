// SPDX-License-Identifier: Apache-2.0
//
// One input on a machine, written down so that another processor can be led along the same way:
// what it began with, the blocks, what loads were answered with, what came between instructions.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "emulation/rehost/core/machine.h"

namespace percuss::emulation {

// What an instruction can see of the processor, as after it and before the next.
struct RecordedRegisters {
  uint32_t r[16] = {};
  uint32_t xpsr = 0;  // flags and the exception's number, without EPSR
  uint32_t main_sp = 0;
  uint32_t process_sp = 0;
  uint32_t control = 0;
  uint32_t primask = 0;
  uint32_t basepri = 0;
  uint32_t faultmask = 0;
  uint32_t fpscr = 0;
  uint32_t s[32] = {};
  uint8_t it_state = 0;
};

// `at` is always the number of instructions that were executed before, from the record's begin.
struct RecordedBlock {
  uint32_t at = 0;
  uint32_t pc = 0;
};

struct RecordedLoad {
  uint32_t pc = 0;
  uint32_t address = 0;
  uint32_t size = 0;
  uint32_t value = 0;
};

struct RecordedWord {
  uint32_t at = 0;
  uint32_t address = 0;
  uint32_t value = 0;
};

// An exception's begin or end, or sleep: from one instruction to the next that is to be executed.
struct RecordedChange {
  uint32_t at = 0;
  size_t blocks = 0;  // how many there are of each before
  size_t loads = 0;
  size_t words = 0;  // behind: with those that it stacked itself
  RecordedRegisters before;
  RecordedRegisters after;
};

// The registers that all instructions have, at a block.
struct RecordedSample {
  size_t block = 0;
  uint32_t r[15] = {};
  uint32_t apsr = 0;
};

struct Record {
  std::vector<std::string> begin;  // memory, a string for each region of the image
  std::vector<std::string> end;
  RecordedRegisters first;
  RecordedRegisters last;
  std::vector<RecordedBlock> blocks;
  std::vector<RecordedSample> samples;
  std::vector<RecordedLoad> loads;
  std::vector<RecordedWord> words;  // that the processor has stacked
  std::vector<RecordedChange> changes;
  uint32_t instructions = 0;
  rehost::Outcome outcome;
  bool whole = true;  // false: it became longer than can be kept
};

struct RecordOptions {
  bool faults_end = true;
  uint32_t sample_every = 16;  // blocks; at least 1
};

// Runs one input from the snapshot, without leaving waiting loops out. The record is of up to
// 2^25 blocks.
[[nodiscard]] Record RecordRun(const rehost::MachineImage& image, const std::string& input,
                               const RecordOptions& options = {});

// The same on a machine that is kept for many inputs.
class Recorder {
 public:
  Recorder(const rehost::MachineImage& image, const RecordOptions& options);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  [[nodiscard]] Record Run(const std::string& input);
  [[nodiscard]] const rehost::Outcome& Boot() { return machine_.Boot(); }

 private:
  [[nodiscard]] uint32_t At() const {
    return static_cast<uint32_t>(machine_.Now() - begin_ - passed_);
  }
  void NoteBlock(uint32_t pc);
  void NoteAccess(const rehost::Memory::Happened& happened);
  void NoteChange(bool done);
  [[nodiscard]] std::vector<std::string> MemoryNow();

  RecordOptions options_;
  rehost::Machine machine_;
  Record record_;
  bool recording_ = false;
  bool changing_ = false;
  uint64_t change_began_ = 0;
  uint64_t begin_ = 0;
  uint64_t passed_ = 0;  // time that was no instruction's
};

}  // namespace percuss::emulation
