// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/confirm.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "emulation/rehost/core/decoder.h"

namespace percuss::emulation {

namespace {

using rehost::kPc;
using Why = UnicornCpu::Stop::Why;

constexpr uint16_t kReturn = 0x4770;       // BX LR
constexpr uint32_t kItState = 0x0600fc00;  // of xPSR
// Faults that need what Unicorn has not: the protection unit, traps of CCR, CPACR.
constexpr uint32_t kUnseenFaults = rehost::kInstructionAccess | rehost::kDataAccess |
                                   rehost::kUnstackAccess | rehost::kStackAccess |
                                   rehost::kLazyAccess | rehost::kUnaligned |
                                   rehost::kDivideByZero | rehost::kNoCoprocessor;
// Faults of exceptions, which the record itself brings about.
constexpr uint32_t kFaultsOfExceptions = rehost::kUnstackBus | rehost::kStackBus |
                                         rehost::kLazyBus | rehost::kInvalidPc |
                                         rehost::kMaskedCall | rehost::kVectorTable;

std::string NameOf(int r) {
  switch (r) {
    case rehost::kSp:
      return "sp";
    case rehost::kLr:
      return "lr";
    case rehost::kPc:
      return "pc";
    default:
      return fmt::format("r{}", r);
  }
}

// How many are left of an IT block: as many as there are bits above the lowest one that is set.
uint32_t InstructionsOfIt(uint32_t it_state) {
  const uint32_t mask = it_state & 0xfU;
  return mask == 0 ? 0 : 4 - static_cast<uint32_t>(std::countr_zero(mask));
}

// Of skipped functions: as the fast core takes them.
void Patch(const rehost::MachineImage& image, std::vector<std::string>& regions) {
  for (const uint32_t function : image.skipped) {
    const uint32_t address = function & ~1U;
    for (size_t i = 0; i < image.regions.size() && i < regions.size(); ++i) {
      const uint32_t begin = image.regions[i].begin;
      if (address < begin || address - begin + sizeof(kReturn) > regions[i].size()) continue;
      std::memcpy(&regions[i][address - begin], &kReturn, sizeof(kReturn));
    }
  }
}

}  // namespace

const char* const kOtherProcessor = "Unicorn 2.0.1 (QEMU 5.1's translator)";

common::Result<std::unique_ptr<Confirmer>> Confirmer::Open(const rehost::MachineImage& image) {
  std::unique_ptr<Confirmer> confirmer(new Confirmer(image));
  Confirmer* self = confirmer.get();
  for (rehost::Region& region : self->image_.regions) region.bytes.clear();
  auto cpu = UnicornCpu::Open(
      image, {[self](uint32_t pc, uint32_t size) { return self->BeforeInstruction(pc, size); },
              [self](uint32_t address, uint32_t size) { return self->Load(address, size); }});
  if (!cpu) return tl::unexpected(cpu.error());
  self->cpu_ = std::move(*cpu);
  return confirmer;
}

void Confirmer::Begin(const Record& record) {
  record_ = &record;
  confirmation_ = {};
  count_ = stop_at_ = pc_ = it_left_ = 0;
  next_block_ = next_sample_ = next_load_ = next_word_ = 0;
  stop_ = {};
  std::vector<std::string> memory = record.begin;
  Patch(image_, memory);
  cpu_->SetMemory(memory);
  cpu_->Set(record.first);
}

Confirmation Confirmer::Confirm(const Record& record) {
  Begin(record);
  bool same = true;
  if (!record.whole) {
    Differ("the record was cut off");
    same = false;
  }
  uint32_t pc = record.first.r[kPc];
  for (size_t i = 0; i < record.changes.size() && same; ++i) {
    const RecordedChange& change = record.changes[i];
    same = RunTo(change.at, change.blocks, pc) && CompareRegisters(change.before) && Change(change);
    pc = change.after.r[kPc];
  }
  same = same && RunTo(record.instructions, record.blocks.size(), pc) &&
         CompareRegisters(record.last) && SkipLoads(record.loads.size(), record.outcome.pc);
  if (same) TryFault();
  same = same && confirmation_.difference.empty() && CompareMemory();
  confirmation_.same = same;
  confirmation_.blocks = next_block_;
  confirmation_.instructions = count_;
  record_ = nullptr;
  return std::move(confirmation_);
}

void Confirmer::Differ(const std::string& what) {
  if (!confirmation_.difference.empty()) return;
  confirmation_.difference =
      fmt::format("after {} instructions, at {:#010x}: {}", count_, pc_, what);
}

uint32_t Confirmer::HalfwordAt(uint32_t pc) {
  uint16_t halfword = 0;
  if (const uint8_t* bytes = cpu_->At(pc, 2)) std::memcpy(&halfword, bytes, 2);
  return halfword;
}

// Instructions that an IT block leaves out are counted by the fast core, and not told by Unicorn.
void Confirmer::FollowItBlock(uint32_t pc, uint32_t size) {
  while (it_left_ > 0 && it_next_ != pc) {
    ++count_;
    --it_left_;
    const auto first = static_cast<uint16_t>(HalfwordAt(it_next_));
    it_next_ += static_cast<uint32_t>(rehost::InstructionBytes(first));
  }
  if (it_left_ > 0) it_next_ = pc + size;
}

bool Confirmer::BeforeInstruction(uint32_t pc, uint32_t size) {
  FollowItBlock(pc, size);
  pc_ = pc;
  while (next_word_ < record_->words.size() && record_->words[next_word_].at <= count_) {
    StackWords(next_word_ + 1);
  }
  if (next_block_ < stop_blocks_ && record_->blocks[next_block_].at <= count_ &&
      !CompareBlock(pc)) {
    return false;
  }
  if (count_ >= stop_at_) return false;
  ++count_;
  if (it_left_ > 0) {
    --it_left_;
  } else if (size == 2) {
    const uint32_t halfword = HalfwordAt(pc);
    if ((halfword & 0xff00U) == 0xbf00) it_left_ = InstructionsOfIt(halfword);
    it_next_ = pc + 2;
  }
  return true;
}

bool Confirmer::CompareBlock(uint32_t pc) {
  const RecordedBlock& block = record_->blocks[next_block_];
  if (block.at != count_ || block.pc != pc) {
    Differ(fmt::format("block {} was at {:#010x} after {} instructions", next_block_, block.pc,
                       block.at));
    return false;
  }
  const bool sampled =
      next_sample_ < record_->samples.size() && record_->samples[next_sample_].block == next_block_;
  ++next_block_;
  if (!sampled) return true;
  const RecordedSample& expected = record_->samples[next_sample_++];
  RecordedSample now;
  cpu_->GetSample(now);
  for (int i = 0; i < kPc; ++i) {
    if (now.r[i] == expected.r[i]) continue;
    Differ(
        fmt::format("{} was {:#x}, and is {:#x} on Unicorn", NameOf(i), expected.r[i], now.r[i]));
    return false;
  }
  if (now.apsr == expected.apsr) return true;
  Differ(fmt::format("APSR was {:#010x}, and is {:#010x} on Unicorn", expected.apsr, now.apsr));
  return false;
}

uint32_t Confirmer::Load(uint32_t address, uint32_t size) {
  std::string recorded = "no load was recorded any more";
  if (next_load_ < record_->loads.size()) {
    const RecordedLoad& load = record_->loads[next_load_];
    if (load.pc == pc_ && load.address == address && load.size == size) {
      ++next_load_;
      return load.value;
    }
    recorded = fmt::format("the recorded one was of {} bytes from {:#010x} at {:#010x}", load.size,
                           load.address, load.pc);
  }
  // The last instruction, which is only tried, may well load what nothing is recorded for.
  if (count_ <= record_->instructions) {
    Differ(fmt::format("Unicorn loads {} bytes from {:#010x}, {}", size, address, recorded));
  }
  cpu_->Halt();
  return 0;
}

bool Confirmer::RunTo(uint32_t at, size_t blocks, uint32_t pc) {
  stop_at_ = at;
  stop_blocks_ = blocks;
  stop_ = {};
  stop_.pc = pc;
  pc_ = pc;
  if (count_ == at && next_block_ == blocks) return true;
  uint32_t before = count_;
  for (;;) {
    stop_ = cpu_->Run(stop_.pc);
    if (!confirmation_.difference.empty()) return false;
    if (stop_.why != Why::kPaused || count_ == at) break;
    if (count_ == before) {
      Differ("Unicorn does not go on");
      return false;
    }
    before = count_;
  }
  // A trap may have come before what an IT block leaves out was seen to be left out.
  return Arrived(at, blocks, pc);
}

bool Confirmer::Arrived(uint32_t at, size_t blocks, uint32_t /*pc*/) {
  if (count_ != at) {
    Differ(fmt::format("Unicorn came to stand{}{}, and {} instructions were recorded until then",
                       stop_.what.empty() ? "" : " for ", stop_.what, at));
    return false;
  }
  if (next_block_ == blocks) return true;
  Differ(
      fmt::format("{} blocks were recorded until then, and Unicorn had {}", blocks, next_block_));
  return false;
}

void Confirmer::StackWords(size_t until) {
  for (; next_word_ < until; ++next_word_) {
    const RecordedWord& word = record_->words[next_word_];
    if (uint8_t* bytes = cpu_->At(word.address, 4)) std::memcpy(bytes, &word.value, 4);
  }
}

bool Confirmer::SkipLoads(size_t until, uint32_t pc) {
  // Of an instruction that was not completed some loads may have been.
  for (; next_load_ < until; ++next_load_) {
    const RecordedLoad& load = record_->loads[next_load_];
    if (load.pc == pc) continue;
    Differ(fmt::format("the load of {} bytes from {:#010x} at {:#010x} was not done by Unicorn",
                       load.size, load.address, load.pc));
    return false;
  }
  return true;
}

bool Confirmer::Change(const RecordedChange& change) {
  if (!SkipLoads(change.loads, change.before.r[kPc])) return false;
  StackWords(change.words);
  cpu_->Set(change.after);
  it_left_ = InstructionsOfIt(change.after.it_state);
  it_next_ = change.after.r[kPc];
  return true;
}

bool Confirmer::CompareRegisters(const RecordedRegisters& expected) {
  const RecordedRegisters now = cpu_->Get();
  const auto same = [this](const std::string& name, uint32_t recorded, uint32_t own) {
    if (recorded == own) return true;
    Differ(fmt::format("{} was {:#x}, and is {:#x} on Unicorn", name, recorded, own));
    return false;
  };
  for (int i = 0; i < kPc; ++i) {
    if (!same(NameOf(i), expected.r[i], now.r[i])) return false;
  }
  if (stop_.why != Why::kAccess && !same("pc", expected.r[kPc] & ~1U, stop_.pc & ~1U)) {
    return false;
  }
  const bool main = image_.architecture != rehost::Architecture::kV6M;
  const bool has_float =
      image_.floating_point && image_.architecture == rehost::Architecture::kV7EM;
  if (!same("xPSR", expected.xpsr & ~kItState, now.xpsr) ||
      !same("MSP", expected.main_sp, now.main_sp) ||
      !same("PSP", expected.process_sp, now.process_sp) ||
      !same("CONTROL", expected.control, now.control) ||
      !same("PRIMASK", expected.primask, now.primask) ||
      (main && (!same("BASEPRI", expected.basepri, now.basepri) ||
                !same("FAULTMASK", expected.faultmask, now.faultmask)))) {
    return false;
  }
  if (!has_float) return true;
  for (int i = 0; i < 32; ++i) {
    if (!same(fmt::format("s{}", i), expected.s[i], now.s[i])) return false;
  }
  return same("FPSCR", expected.fpscr, now.fpscr);
}

bool Confirmer::CompareMemory() {
  std::vector<std::string> expected = record_->end;
  Patch(image_, expected);
  for (size_t i = 0; i < expected.size(); ++i) {
    const uint8_t* now = cpu_->Region(i);
    const std::string& recorded = expected[i];
    if (recorded.empty() || std::memcmp(recorded.data(), now, recorded.size()) == 0) continue;
    size_t at = 0;
    while (static_cast<uint8_t>(recorded[at]) == now[at]) ++at;
    Differ(fmt::format("the byte at {:#010x} was {:#04x}, and is {:#04x} on Unicorn",
                       image_.regions[i].begin + at, static_cast<uint8_t>(recorded[at]), now[at]));
    return false;
  }
  return true;
}

// The instruction that the record ends with could not be executed: nor may it be here.
void Confirmer::TryFault() {
  const rehost::Outcome& outcome = record_->outcome;
  if (outcome.end != rehost::End::kFault && outcome.end != rehost::End::kLockup) return;
  if ((outcome.cause & kFaultsOfExceptions) != 0) {
    confirmation_.not_faulted =
        "it is a fault of an exception's begin or end, not an instruction's";
    return;
  }
  if (stop_.why != Why::kTrap && stop_.why != Why::kAccess) {
    stop_at_ = count_ + 1;
    const uint32_t count = count_;
    stop_ = cpu_->Run(record_->last.r[kPc]);
    count_ = count;
  }
  const bool unseen = (outcome.cause & kUnseenFaults) != 0;
  if (stop_.why == Why::kAccess && (outcome.cause & rehost::kPreciseBus) != 0 &&
      stop_.address != outcome.address) {
    Differ(fmt::format("the access that failed was to {:#010x}, and is to {:#010x} on Unicorn",
                       outcome.address, stop_.address));
    return;
  }
  confirmation_.faulted = stop_.why == Why::kTrap || stop_.why == Why::kAccess;
  if (confirmation_.faulted) return;
  confirmation_.not_faulted =
      unseen ? "it comes from the protection unit, the floating-point unit's access or a trap of "
               "CCR, which Unicorn has not"
             : "Unicorn can execute the instruction";
}

CrashConfirmation ConfirmCrash(const rehost::MachineImage& image, const std::string& input) {
  const Record record = RecordRun(image, input);
  const rehost::End end = record.outcome.end;
  const bool of_its_own = end == rehost::End::kAssertion || end == rehost::End::kBreakpoint;
  if (!of_its_own && end != rehost::End::kFault && end != rehost::End::kLockup) {
    return {false, "the input does not end with a failure", true, record.instructions};
  }
  if (!record.whole) return {false, "the run is too long to be recorded"};
  auto confirmer = Confirmer::Open(image);
  if (!confirmer) return {false, confirmer.error().Text()};
  const Confirmation confirmation = (*confirmer)->Confirm(record);
  CrashConfirmation crash{false, "", true, confirmation.instructions};
  if (!confirmation.same) {
    crash.reason = fmt::format("{} differs {}", kOtherProcessor, confirmation.difference);
  } else if (of_its_own || confirmation.faulted) {
    crash.confirmed = true;
    crash.reason = fmt::format("confirmed on {}", kOtherProcessor);
  } else {
    crash.reason = fmt::format("{} comes to the same instruction with the same registers, but {}",
                               kOtherProcessor, confirmation.not_faulted);
  }
  return crash;
}

}  // namespace percuss::emulation
