// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/recording.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace percuss::emulation {

namespace {

constexpr size_t kMostBlocks = size_t{1} << 25U;
constexpr size_t kMostChanges = size_t{1} << 20U;
constexpr uint8_t kProcessStack = 2;

RecordedRegisters RegistersOf(const rehost::Core& core) {
  RecordedRegisters registers;
  std::copy_n(core.r, 16, registers.r);
  registers.xpsr = core.Apsr() | core.exception;
  const bool on_process_stack = core.exception == 0 && (core.control & kProcessStack) != 0;
  registers.main_sp = on_process_stack ? core.other_sp : core.r[rehost::kSp];
  registers.process_sp = on_process_stack ? core.r[rehost::kSp] : core.other_sp;
  registers.control = core.control;
  registers.primask = core.primask;
  registers.basepri = core.basepri;
  registers.faultmask = core.faultmask;
  registers.fpscr = core.fpscr;
  std::copy_n(core.s, 32, registers.s);
  registers.it_state = core.it_state;
  return registers;
}

}  // namespace

Recorder::Recorder(const rehost::MachineImage& image, const RecordOptions& options)
    : options_(options), machine_(image, {options.faults_end, nullptr, 0, false}) {
  options_.sample_every = std::max(options_.sample_every, 1U);
  machine_.TraceBlocks([this](uint32_t pc) { NoteBlock(pc); });
  machine_.OnChange([this](bool done) { NoteChange(done); });
  machine_.memory().OnAccess(
      [this](const rehost::Memory::Happened& happened) { NoteAccess(happened); });
}

void Recorder::NoteBlock(uint32_t pc) {
  if (!recording_) return;
  const uint64_t at = machine_.Now() - begin_ - passed_;
  if (record_.blocks.size() >= kMostBlocks || record_.loads.size() >= kMostBlocks ||
      record_.words.size() >= kMostBlocks || record_.changes.size() >= kMostChanges ||
      at >= std::numeric_limits<uint32_t>::max()) {
    record_.whole = false;
    recording_ = false;
    return;
  }
  if (record_.blocks.size() % options_.sample_every == 0) {
    const rehost::Core& core = machine_.core();
    RecordedSample& sample = record_.samples.emplace_back();
    sample.block = record_.blocks.size();
    std::copy_n(core.r, 15, sample.r);
    sample.apsr = core.Apsr();
  }
  record_.blocks.push_back({static_cast<uint32_t>(at), pc});
}

void Recorder::NoteAccess(const rehost::Memory::Happened& happened) {
  if (!recording_) return;
  if (happened.loads) {
    // Of stacks that are no memory nothing is known outside of the processor.
    if (changing_ || happened.pc == 0) return;
    record_.loads.push_back({happened.pc, happened.address, happened.size, happened.value});
    return;
  }
  // Outside of exceptions it stacks lazily, before an instruction that began at core.now.
  const uint64_t at = changing_ ? change_began_ : machine_.core().now;
  record_.words.push_back(
      {static_cast<uint32_t>(at - begin_ - passed_), happened.address, happened.value});
}

void Recorder::NoteChange(bool done) {
  if (!recording_) return;
  changing_ = !done;
  if (!done) {
    RecordedChange& change = record_.changes.emplace_back();
    change.at = At();
    change.blocks = record_.blocks.size();
    change.loads = record_.loads.size();
    change.before = RegistersOf(machine_.core());
    change_began_ = machine_.Now();
    return;
  }
  passed_ += machine_.Now() - change_began_;
  record_.changes.back().words = record_.words.size();
  record_.changes.back().after = RegistersOf(machine_.core());
}

std::vector<std::string> Recorder::MemoryNow() {
  std::vector<std::string> memory;
  for (const rehost::Region& region : machine_.image().regions) {
    std::string& bytes = memory.emplace_back(region.size, '\0');
    (void)machine_.memory().Peek(region.begin, bytes.data(), bytes.size());
  }
  return memory;
}

Record Recorder::Run(const std::string& input) {
  record_ = {};
  machine_.Begin(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  begin_ = machine_.Now();
  passed_ = 0;
  changing_ = false;
  record_.begin = MemoryNow();
  record_.first = RegistersOf(machine_.core());
  recording_ = true;
  record_.outcome = machine_.Continue();
  recording_ = false;
  record_.end = MemoryNow();
  record_.last = RegistersOf(machine_.core());
  record_.instructions = At();
  return std::move(record_);
}

Record RecordRun(const rehost::MachineImage& image, const std::string& input,
                 const RecordOptions& options) {
  Recorder recorder(image, options);
  return recorder.Run(input);
}

}  // namespace percuss::emulation
