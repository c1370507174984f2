// SPDX-License-Identifier: Apache-2.0
//
// Whether another processor comes to the same: what the fast core did with an input is done again
// by libunicorn 2.0.1 (QEMU 5.1's translator), led by the record alone. Loads from peripherals and
// the private peripheral bus are answered as recorded, exceptions begin and end where and as they
// were recorded; all that instructions do is compared. Not thread-safe.
//
// Not compared, for Unicorn has nothing of it: the protection unit, what CCR makes trap, priorities
// and times of exceptions, what a store to a peripheral does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/result.h"
#include "emulation/rehost/recording.h"
#include "emulation/rehost/unicorn_cpu.h"

namespace percuss::emulation {

struct Confirmation {
  bool same = false;
  uint64_t blocks = 0;  // that were compared
  uint64_t instructions = 0;
  std::string difference;  // the first one: where, what, both values
  // Where the record ends with a fault: whether Unicorn cannot execute that instruction either, and
  // if not, why.
  bool faulted = false;
  std::string not_faulted;
};

class Confirmer {
 public:
  [[nodiscard]] static common::Result<std::unique_ptr<Confirmer>> Open(
      const rehost::MachineImage& image);

  // record: of the same image.
  [[nodiscard]] Confirmation Confirm(const Record& record);

 private:
  explicit Confirmer(const rehost::MachineImage& image) : image_(image) {}

  void Begin(const Record& record);
  [[nodiscard]] bool BeforeInstruction(uint32_t pc, uint32_t size);
  void FollowItBlock(uint32_t pc, uint32_t size);
  [[nodiscard]] bool CompareBlock(uint32_t pc);
  [[nodiscard]] uint32_t Load(uint32_t address, uint32_t size);
  [[nodiscard]] bool RunTo(uint32_t at, size_t blocks, uint32_t pc);
  [[nodiscard]] bool Arrived(uint32_t at, size_t blocks, uint32_t pc);
  [[nodiscard]] bool Change(const RecordedChange& change);
  [[nodiscard]] bool SkipLoads(size_t until, uint32_t pc);
  void StackWords(size_t until);
  [[nodiscard]] bool CompareRegisters(const RecordedRegisters& expected);
  [[nodiscard]] bool CompareMemory();
  void TryFault();
  void Differ(const std::string& what);
  [[nodiscard]] uint32_t HalfwordAt(uint32_t pc);

  rehost::MachineImage image_;
  std::unique_ptr<UnicornCpu> cpu_;
  const Record* record_ = nullptr;
  Confirmation confirmation_;
  uint32_t count_ = 0;    // instructions that were executed
  uint32_t stop_at_ = 0;  // where, and with how many blocks, the next change or the end is
  size_t stop_blocks_ = 0;
  uint32_t pc_ = 0;  // of the instruction that runs
  size_t next_block_ = 0;
  size_t next_sample_ = 0;
  size_t next_load_ = 0;
  size_t next_word_ = 0;
  uint32_t it_left_ = 0;  // instructions of an IT block, and where the next of them is
  uint32_t it_next_ = 0;
  UnicornCpu::Stop stop_;
};

// Whether an input that ends with a fault on the fast core does so on Unicorn too.
struct CrashConfirmation {
  bool confirmed = false;
  std::string reason;         // why it is confirmed or not, a sentence without its end
  bool ran = false;           // else nothing is known
  uint64_t instructions = 0;  // since the input began, up to the end or the first difference
};
// Which processor that is.
extern const char* const kOtherProcessor;
[[nodiscard]] CrashConfirmation ConfirmCrash(const rehost::MachineImage& image,
                                             const std::string& input);

}  // namespace percuss::emulation
