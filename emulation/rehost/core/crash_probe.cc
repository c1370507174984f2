// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/crash_probe.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "emulation/rehost/core/call_stack.h"
#include "emulation/rehost/core/failure_report.h"

namespace percuss::rehost {
namespace {

constexpr size_t kMostKeptLoads = 4096;
constexpr size_t kMostProbedLoads = 256;
constexpr size_t kLastLoads = 8;  // told whatever their part is
constexpr size_t kMostTold = 16;
// Of all runs together: about a second.
constexpr uint64_t kMostInstructions = 300'000'000;
// An input that no longer fails may go on for so long behind where it did.
constexpr uint64_t kSlack = 100'000;
constexpr uint32_t kSmallChange = 0x10;

uint32_t DeviceOf(uint32_t address) { return address & ~(kDeviceBytes - 1); }

// Listens to one run, from power-on.
class Witness {
 public:
  explicit Witness(const MachineImage& image) : machine_(image) {
    machine_.TraceBlocks([this](uint32_t pc) { Note({CrashEvent::Kind::kBlock, pc, 0, 0, 0, 0}); });
    machine_.OnException([this](uint16_t number) { NoteException(number); });
    machine_.peripherals().OnRead([this](const Peripherals::Answer& answer) { NoteLoad(answer); });
    machine_.peripherals().OnWrite([this](uint32_t address, uint32_t size, uint32_t value) {
      NoteStore(address, size, value);
    });
  }

  CrashFacts Run(const uint8_t* bytes, size_t size) {
    CrashFacts facts;
    booted_ = machine_.Boot();
    machine_.Begin(bytes, size);
    facts.outcome = machine_.Continue();
    std::copy_n(machine_.core().r, facts.registers.size(), facts.registers.begin());
    facts.registers[kPc] = facts.outcome.pc;
    facts.exception = machine_.core().exception;
    facts.trace.assign(trace_.begin(), trace_.end());
    facts.loads.assign(loads_.begin(), loads_.end());
    for (const auto& [irq, seen] : interrupts_) facts.interrupts.push_back(Told(irq, seen));
    facts.probed_all = !left_out_;
    return facts;
  }

  [[nodiscard]] uint64_t BootInstructions() const { return booted_.instructions; }

 private:
  struct SeenInterrupt {
    uint64_t taken = 0;
    std::set<uint32_t> set_up_before;  // devices
    std::set<uint32_t> touched;        // while it was active
  };

  void Note(const CrashEvent& event) {
    if (trace_.size() >= kMostTraceEvents) trace_.pop_front();
    trace_.push_back(event);
  }

  void NoteException(uint16_t number) {
    Note({CrashEvent::Kind::kException, machine_.core().r[kPc], number, 0, 0, 0});
    if (number < kFirstInterrupt) return;
    SeenInterrupt& seen = interrupts_[number - kFirstInterrupt];
    if (seen.taken++ == 0) seen.set_up_before = stored_devices_;
  }

  void Touch(uint32_t address) {
    const uint16_t exception = machine_.core().exception;
    if (exception < kFirstInterrupt) return;
    interrupts_[exception - kFirstInterrupt].touched.insert(DeviceOf(address));
  }

  void NoteLoad(const Peripherals::Answer& answer) {
    Note({CrashEvent::Kind::kLoad, answer.pc, 0, answer.address, answer.size, answer.value});
    Touch(answer.address);
    ProbedLoad probed;
    probed.load = answer;
    const size_t consumed = machine_.peripherals().Consumed();
    probed.input_at = std::min(cursor_, consumed);
    probed.input_bytes = static_cast<uint32_t>(std::min<size_t>(consumed - probed.input_at, 4));
    // Triggers take bytes between loads: what a load took is the last of what is gone.
    const uint32_t wanted = std::min(probed.input_bytes, answer.size);
    probed.input_at = consumed - wanted;
    probed.input_bytes = wanted;
    cursor_ = consumed;
    if (const auto stored = stores_.find(answer.address); stored != stores_.end()) {
      probed.was_stored = true;
      probed.stored = stored->second;
    }
    if (loads_.size() >= kMostKeptLoads) {
      loads_.pop_front();
      left_out_ = true;
    }
    loads_.push_back(probed);
  }

  void NoteStore(uint32_t address, uint32_t size, uint32_t value) {
    constexpr size_t kMostStores = 65536;
    Note({CrashEvent::Kind::kStore, 0, 0, address, size, value});
    Touch(address);
    if (stores_.size() < kMostStores || stores_.contains(address)) stores_[address] = value;
    if (machine_.core().exception < kFirstInterrupt) stored_devices_.insert(DeviceOf(address));
  }

  ProbedInterrupt Told(uint32_t irq, const SeenInterrupt& seen) {
    ProbedInterrupt told;
    told.irq = irq;
    told.taken = seen.taken;
    told.active = machine_.core().exception == kFirstInterrupt + irq;
    told.touched = !seen.touched.empty();
    if (told.touched) told.device = *seen.touched.begin();
    told.set_up = std::any_of(seen.touched.begin(), seen.touched.end(),
                              [&](uint32_t device) { return seen.set_up_before.contains(device); });
    return told;
  }

  Machine machine_;
  Outcome booted_;
  std::deque<CrashEvent> trace_;
  std::deque<ProbedLoad> loads_;
  bool left_out_ = false;
  size_t cursor_ = 0;
  std::map<uint32_t, uint32_t> stores_;  // the last value by address
  std::set<uint32_t> stored_devices_;    // by other code than handlers of interrupts
  std::map<uint32_t, SeenInterrupt> interrupts_;
};

// Gives other answers in the place of one, within a budget.
class Prober {
 public:
  Prober(const MachineImage& image, const uint8_t* bytes, size_t size, CrashFacts& facts,
         uint64_t booted)
      : image_(Shortened(image, facts.outcome.instructions - booted)),
        machine_(image_),
        input_(bytes, bytes + size),
        facts_(facts),
        booted_(booted) {}

  [[nodiscard]] bool MayRun() const { return used_ < kMostInstructions; }

  Effect EffectOf(const ProbedLoad& load) {
    Effect effect = EffectOfChange(load, {static_cast<uint8_t>(kSmallChange), 0, 0, 0});
    if (effect != Effect::kNone && effect != Effect::kDecides) return effect;
    // What decides by a small change may steer by another, and the other way round.
    for (const std::array<uint8_t, 4>& change :
         {std::array<uint8_t, 4>{0xff, 0xff, 0xff, 0xff}, std::array<uint8_t, 4>{4, 0, 0, 0}}) {
      effect = std::max(effect, EffectOfChange(load, change));
    }
    return effect;
  }

  // Whether the input fails so if the interrupt cannot be enabled.
  [[nodiscard]] bool FailsWithout(uint32_t irq) {
    MachineImage without = image_;
    without.disabled_irqs.push_back(irq);
    Machine machine(std::move(without));
    const Outcome outcome = machine.Run(input_.data(), input_.size());
    Count(outcome);
    return Same(outcome);
  }

 private:
  static MachineImage Shortened(const MachineImage& image, uint64_t instructions) {
    MachineImage shortened = image;
    const uint64_t limit = instructions + kSlack;
    uint64_t& own = shortened.limits.instructions;
    own = own == 0 ? limit : std::min(own, limit);
    return shortened;
  }

  void Count(const Outcome& outcome) {
    ++facts_.runs;
    used_ += outcome.instructions - std::min(outcome.instructions, booted_) + kSlack / 10;
  }

  [[nodiscard]] bool InCode(uint32_t pc) const { return HoldsCode(image_, pc); }

  [[nodiscard]] bool Same(const Outcome& other) const {
    const Outcome& known = facts_.outcome;
    return other.end == known.end && other.cause == known.cause &&
           (other.pc == known.pc || (!InCode(other.pc) && !InCode(known.pc)));
  }

  Effect EffectOfChange(const ProbedLoad& load, const std::array<uint8_t, 4>& change) {
    std::vector<uint8_t> input = input_;
    uint32_t before = 0;
    uint32_t after = 0;
    for (uint32_t i = 0; i < load.input_bytes && load.input_at + i < input.size(); ++i) {
      uint8_t& byte = input[load.input_at + i];
      before |= uint32_t{byte} << (8 * i);
      byte ^= change.at(i);
      after |= uint32_t{byte} << (8 * i);
    }
    const Outcome outcome = machine_.Run(input.data(), input.size());
    Count(outcome);
    if (!Same(outcome)) return Effect::kDecides;
    const bool jumped = !InCode(facts_.outcome.pc);
    const uint32_t moved =
        jumped ? outcome.pc - facts_.outcome.pc : outcome.address - facts_.outcome.address;
    if (moved == 0) return Effect::kNone;
    for (unsigned shift = 0; shift < 32; ++shift) {
      const uint32_t scaled = (after - before) << shift;
      if (scaled != 0 && (moved == scaled || moved == 0 - scaled)) return Effect::kFlows;
    }
    return Effect::kSteers;
  }

  MachineImage image_;
  Machine machine_;
  std::vector<uint8_t> input_;
  CrashFacts& facts_;
  uint64_t booted_;
  uint64_t used_ = 0;
};

// What is left of all loads: at each place the latest with each part that matters, and the last.
void KeepWhatMatters(CrashFacts& facts) {
  std::vector<ProbedLoad> kept;
  std::set<std::pair<std::pair<uint32_t, uint32_t>, Effect>> seen;
  const auto matters = [](const ProbedLoad& load) { return load.effect >= Effect::kDecides; };
  size_t strong = 0;
  for (auto load = facts.loads.rbegin(); load != facts.loads.rend(); ++load) {
    const bool last = load - facts.loads.rbegin() < static_cast<std::ptrdiff_t>(kLastLoads);
    if (!matters(*load) && !last) continue;
    const bool is_new = seen.insert({{load->load.pc, load->load.address}, load->effect}).second;
    if (!is_new && load->effect < Effect::kSteers) continue;
    if (kept.size() >= kMostTold && (load->effect < Effect::kSteers || strong >= kMostTold)) {
      continue;
    }
    if (load->effect >= Effect::kSteers) ++strong;
    kept.push_back(*load);
  }
  std::reverse(kept.begin(), kept.end());
  facts.loads = std::move(kept);
}

void ProbeLoads(Prober& prober, CrashFacts& facts) {
  size_t probed = 0;
  for (auto load = facts.loads.rbegin(); load != facts.loads.rend(); ++load) {
    if (load->input_bytes == 0) continue;
    if (probed >= kMostProbedLoads || !prober.MayRun()) {
      facts.probed_all = false;
      return;
    }
    load->effect = prober.EffectOf(*load);
    ++probed;
  }
}

}  // namespace

CrashFacts ProbeCrash(const MachineImage& image, const uint8_t* bytes, size_t size) {
  Witness witness(image);
  CrashFacts facts = witness.Run(bytes, size);
  if (!IsFailure(facts.outcome.end)) return facts;
  facts.origin = OriginOf(image, bytes, size, facts.outcome);
  Prober prober(image, bytes, size, facts, witness.BootInstructions());
  for (ProbedInterrupt& interrupt : facts.interrupts) {
    interrupt.needed = interrupt.active && !prober.FailsWithout(interrupt.irq);
  }
  ProbeLoads(prober, facts);
  KeepWhatMatters(facts);
  return facts;
}

}  // namespace percuss::rehost
