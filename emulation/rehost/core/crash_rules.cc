// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/crash_rules.h"

#include <algorithm>
#include <cstring>

#include "emulation/rehost/core/call_stack.h"
#include "emulation/rehost/core/fault_words.h"
#include "emulation/rehost/core/plain_text.h"

namespace percuss::rehost {
namespace {

// What lies so near behind a region, or below one, that whoever runs over its end meets it.
constexpr uint32_t kNear = 0x10000;
constexpr uint32_t kMember = 0x1000;  // of a structure, behind its address
constexpr uint32_t kOfLoadsAndStores = kDataAccess | kPreciseBus | kUnaligned;
constexpr uint32_t kOfFetches = kInstructionAccess | kInstructionBus | kInvalidState | kInvalidPc;
constexpr uint32_t kOfStacks =
    kUnstackAccess | kStackAccess | kLazyAccess | kUnstackBus | kStackBus | kLazyBus;

// The memory of DDI 0403E, table B3-1.
struct Area {
  uint32_t begin;
  uint32_t last;
  const char* what;
};
constexpr Area kAreas[] = {{0x22000000, 0x23ffffff, "the bit-band alias of RAM"},
                           {0x42000000, 0x43ffffff, "the bit-band alias of peripherals"},
                           {0x40000000, 0x5fffffff, "the area of peripherals"},
                           {0x60000000, 0x9fffffff, "the area of external memory"},
                           {0xa0000000, 0xdfffffff, "the area of external devices"},
                           {0xe0000000, 0xe00fffff, "the private peripheral bus"},
                           {0xe0100000, 0xffffffff, "the area of the maker"}};

const Area* AreaOf(uint32_t address) {
  for (const Area& area : kAreas) {
    if (address >= area.begin && address <= area.last) return &area;
  }
  return nullptr;
}

const Region* RegionAt(const MachineImage& image, uint32_t address) {
  for (const Region& region : image.regions) {
    if (address >= region.begin && address - region.begin < region.size) return &region;
  }
  return nullptr;
}

const Region* RegionNear(const MachineImage& image, uint32_t address) {
  for (const Region& region : image.regions) {
    const uint32_t behind = address - region.begin - static_cast<uint32_t>(region.size);
    const uint32_t below = region.begin - 1 - address;
    if (region.permissions.write && (behind < kNear || below < kMember)) return &region;
  }
  return nullptr;
}

// A word of the code that is the address, or that of a structure around it.
bool IsNamedByCode(const MachineImage& image, uint32_t address) {
  for (const Region& region : image.regions) {
    if (!region.permissions.execute) continue;
    for (size_t at = (0 - region.begin) % 4; at + 4 <= region.bytes.size(); at += 4) {
      uint32_t word = 0;
      std::memcpy(&word, region.bytes.data() + at, sizeof word);
      if (word >= kMember && address - word < kMember) return true;
    }
  }
  return false;
}

class Rules {
 public:
  Rules(const MachineImage& image, const CrashFacts& facts) : image_(image), facts_(facts) {
    for (const ProbedLoad& load : facts.loads) {
      if (strongest_ == nullptr || load.effect >= strongest_->effect) strongest_ = &load;
    }
    for (const ProbedInterrupt& interrupt : facts.interrupts) {
      if (interrupt.active) interrupt_ = &interrupt;
    }
  }

  CrashJudgement Judge() {
    const Outcome& outcome = facts_.outcome;
    JudgeInterrupt();
    if (outcome.end == End::kAssertion || outcome.end == End::kBreakpoint) {
      JudgeOwnCheck();
    } else if ((outcome.cause & kOfFetches) != 0) {
      JudgeJump();
    } else if ((outcome.cause & kOfLoadsAndStores) != 0) {
      JudgeAccess();
    } else if ((outcome.cause & kOfStacks) != 0) {
      Look("the processor could not stack or unstack registers: the stack pointer is no memory's");
      SayPart();
    } else {
      JudgeInstruction();
    }
    if (outcome.end == End::kLockup) Look("it failed where no fault can be taken any more");
    CrashJudgement judgement;
    if (bug_ != artefact_ && !look_) {
      judgement.nature = bug_ ? Nature::kBug : Nature::kArtefact;
    }
    if (reasons_.empty()) reasons_.emplace_back("no rule says anything of it");
    judgement.reasons = std::move(reasons_);
    return judgement;
  }

 private:
  void Say(const std::string& reason) { reasons_.push_back(reason); }
  void Bug(const std::string& reason) {
    bug_ = true;
    Say(reason);
  }
  void Artefact(const std::string& reason) {
    artefact_ = true;
    Say(reason);
  }
  // A person must, whatever other rules say.
  void Look(const std::string& reason) {
    look_ = true;
    Say(reason);
  }

  [[nodiscard]] bool Steered() const {
    return strongest_ != nullptr && strongest_->effect >= Effect::kSteers;
  }
  [[nodiscard]] bool Decided() const {
    return strongest_ != nullptr && strongest_->effect >= Effect::kDecides;
  }
  [[nodiscard]] std::string Where(const ProbedLoad& load) const {
    return Format("0x%x, which 0x%08x gave to %s", load.load.value, load.load.address,
                  PlaceText(image_, load.load.pc).c_str());
  }
  [[nodiscard]] std::string InterruptText() const {
    return Format("interrupt %u", interrupt_->irq);
  }

  // A pointer that had been good, or a return address: initialisation is no matter of it.
  [[nodiscard]] bool JudgeOverwritten() {
    const PointerOrigin& origin = facts_.origin;
    if (!origin.known || !origin.writer_known) return false;
    const std::string writer =
        Format("%s, at 0x%08x", PlaceText(image_, origin.written_at).c_str(), origin.written_at);
    if (origin.to_pc && origin.on_stack) {
      Bug(Format("the return address at 0x%08x on the stack was overwritten with 0x%x by %s",
                 origin.address, origin.value, writer.c_str()));
      return true;
    }
    const bool was_good = origin.had_other && RegionAt(image_, origin.other) != nullptr;
    if (!was_good || origin.on_stack) return false;
    Bug(
        Format("the pointer at 0x%08x had been set, to 0x%08x, before it became 0x%x by %s: it was "
               "overwritten, or cleared and used again",
               origin.address, origin.other, origin.value, writer.c_str()));
    return true;
  }

  // What the answers have to do with it, where no other rule has told.
  void SayPart() {
    if (Decided()) {
      Say("whether it fails is decided by " + Where(*strongest_) +
          ": nobody knows whether a device gives that");
    } else if (facts_.probed_all) {
      Say("no single answer of a peripheral has a part in it");
    } else {
      Say("not every answer of a peripheral could be tried");
    }
  }

  // An interrupt comes from a trigger of the machine; a device raises only those that it was told
  // to.
  void JudgeInterrupt() {
    if (interrupt_ == nullptr) return;
    const std::string needs = interrupt_->needed ? ", and without it the input does not" : "";
    if (interrupt_->touched && !interrupt_->set_up) {
      const std::string reason = Format(
          "it fails in %s%s; its device, at 0x%08x, had never been stored to when the interrupt "
          "first came: the firmware has enabled it in the NVIC alone, and no device would raise it",
          InterruptText().c_str(), needs.c_str(), interrupt_->device);
      if (interrupt_->needed) return Artefact(reason);
      return Look(reason);
    }
    Say("it fails in " + InterruptText() + needs);
    if (!interrupt_->touched) Say("which device that is, its handler has not shown");
  }

  void JudgeOwnCheck() {
    const Symbol* function = FunctionAt(image_, facts_.outcome.pc);
    if (function != nullptr && function->name == kBrokenProperty) {
      return Bug("a property that the firmware itself states is broken");
    }
    Look("a check of the firmware's own failed: it may be meant for what a device never gives");
    SayPart();
  }

  // Of what a device keeps, the firmware may trust that it comes back.
  [[nodiscard]] bool JudgeKept(const char* use) {
    const ProbedLoad& load = *strongest_;
    const bool names_memory = load.was_stored && RegionAt(image_, load.stored) != nullptr;
    if (!names_memory || load.effect != Effect::kFlows || load.load.size != 4) return false;
    Artefact(
        Format("%s is %s; the firmware had stored 0x%08x there, an address of memory, and a "
               "register that keeps what is stored would have given that",
               use, Where(load).c_str(), load.stored));
    return true;
  }

  void JudgeSteered(const char* use) {
    if (JudgeKept(use)) return;
    Bug(strongest_->effect == Effect::kFlows
            ? Format("%s comes from %s, unchanged or scaled, and nothing checks it on the way", use,
                     Where(*strongest_).c_str())
            : Format("%s depends on %s: with another answer the same instruction fails elsewhere",
                     use, Where(*strongest_).c_str()));
  }

  void JudgeJump() {
    if (Steered()) return JudgeSteered("where it jumps to");
    if (JudgeOverwritten()) return;
    const uint32_t to = facts_.outcome.pc;
    if (to < kNullPageBytes) {
      if (interrupt_ != nullptr) {
        return Look(
            Format("%s calls through a pointer that is 0x%x: an interrupt before "
                   "initialisation, or a callback that nobody has set",
                   InterruptText().c_str(), to));
      }
      return JudgeNull("a pointer to a function that is null is called");
    }
    JudgePlace(to, "code is fetched from");
  }

  void JudgeNull(const char* what) {
    const PointerOrigin& origin = facts_.origin;
    std::string reason = what;
    if (origin.known && !origin.on_stack) {
      reason +=
          Format("; the pointer at 0x%08x has not been set since the input began", origin.address);
    }
    Look(reason);
    SayPart();
  }

  void JudgeAccess() {
    if (Steered()) return JudgeSteered("the address");
    if (JudgeOverwritten()) return;
    const uint32_t address = facts_.outcome.address;
    if (address < kNullPageBytes) {
      if (interrupt_ != nullptr) {
        return Look(
            Format("%s goes through a pointer that is null: an interrupt before "
                   "initialisation, or a structure that nobody has set",
                   InterruptText().c_str()));
      }
      return JudgeNull("a null pointer is gone through");
    }
    if (const Region* region = RegionAt(image_, address)) {
      const bool misaligned = (facts_.outcome.cause & kUnaligned) != 0;
      Look(Format("%s of %s", misaligned ? "an unaligned access" : "an access that is not allowed",
                  PlainName(region->name).c_str()));
      return SayPart();
    }
    JudgePlace(address, "the access is to");
  }

  // Nobody's value leads to a place that is not there.
  void JudgePlace(uint32_t address, const char* what) {
    const Area* area = AreaOf(address);
    const bool named = IsNamedByCode(image_, address);
    if (area != nullptr && named) {
      return Artefact(
          Format("%s 0x%08x, in %s, an address that stands in the code: the "
                 "configuration knows nothing there, and the board has something",
                 what, address, area->what));
    }
    if (named) {
      return Artefact(
          Format("%s 0x%08x, an address that stands in the code: the memory map lacks "
                 "something that the board has",
                 what, address));
    }
    if (const Region* region = RegionNear(image_, address)) {
      Look(Format("%s 0x%08x, next to %s: an overrun, a stack that is too small, or a map that is",
                  what, address, PlainName(region->name).c_str()));
    } else if (area != nullptr) {
      Look(
          Format("%s 0x%08x, in %s, where the configuration knows nothing and a board may have "
                 "something",
                 what, address, area->what));
    } else {
      Look(Format("%s 0x%08x, where the configuration knows nothing", what, address));
    }
    SayPart();
  }

  void JudgeInstruction() {
    const uint32_t cause = facts_.outcome.cause;
    if ((cause & kNoCoprocessor) != 0) {
      if (!image_.floating_point) {
        return Artefact(
            "a floating-point instruction, and the configuration says that the "
            "processor has none");
      }
      Look("the floating-point unit is used and has not been enabled");
    } else if ((cause & kUndefined) != 0) {
      Look(
          "an instruction that the processor of the configuration does not have: data run as code, "
          "or another processor");
    } else if ((cause & kDivideByZero) != 0) {
      Look("a division by zero, which the firmware has asked to be a fault");
    } else {
      Look("a fault of the processor's own");
    }
    SayPart();
  }

  const MachineImage& image_;
  const CrashFacts& facts_;
  const ProbedLoad* strongest_ = nullptr;       // the latest of those with the greatest part
  const ProbedInterrupt* interrupt_ = nullptr;  // that was active
  bool bug_ = false;
  bool artefact_ = false;
  bool look_ = false;
  std::vector<std::string> reasons_;
};

std::string_view EffectText(const ProbedLoad& load) {
  switch (load.effect) {
    case Effect::kUnknown:
      return load.input_bytes == 0 ? "answered by the configuration" : "not tried";
    case Effect::kNone:
      return "no part in it";
    case Effect::kDecides:
      return "decides whether it fails";
    case Effect::kSteers:
      return "steers the address";
    case Effect::kFlows:
      return "flows into the address";
  }
  return "";
}

std::string EventText(const MachineImage& image, const CrashEvent& event) {
  switch (event.kind) {
    case CrashEvent::Kind::kBlock:
      return Format("    0x%08x %s\n", event.pc, PlaceText(image, event.pc).c_str());
    case CrashEvent::Kind::kException:
      return event.exception >= kFirstInterrupt
                 ? Format("    interrupt %u is taken\n", event.exception - kFirstInterrupt)
                 : Format("    exception %u is taken\n", unsigned{event.exception});
    case CrashEvent::Kind::kLoad:
      return Format("    0x%08x reads 0x%08x, %u bytes: 0x%x\n", event.pc, event.address,
                    event.size, event.value);
    case CrashEvent::Kind::kStore:
      return Format("    stores 0x%x to 0x%08x, %u bytes\n", event.value, event.address,
                    event.size);
  }
  return "";
}

}  // namespace

std::string_view NameOf(Nature nature) {
  switch (nature) {
    case Nature::kBug:
      return "bug";
    case Nature::kArtefact:
      return "artefact";
    case Nature::kUndecided:
      break;
  }
  return "undecided";
}

CrashJudgement JudgeCrash(const MachineImage& image, const CrashFacts& facts) {
  return Rules(image, facts).Judge();
}

std::string DescribeCrash(const MachineImage& image, const CrashFacts& facts) {
  const CrashJudgement judgement = JudgeCrash(image, facts);
  std::string text = "percuss: judged " + std::string(NameOf(judgement.nature)) + "\n";
  for (const std::string& reason : judgement.reasons) text += "  because " + reason + "\n";
  for (const ProbedLoad& load : facts.loads) {
    text += Format("  answer 0x%x of 0x%08x, %u bytes, at 0x%08x in %s: ", load.load.value,
                   load.load.address, load.load.size, load.load.pc,
                   PlaceText(image, load.load.pc).c_str());
    text += std::string(EffectText(load)) + "\n";
  }
  if (const PointerOrigin& origin = facts.origin; origin.known) {
    text += Format("  pointer 0x%x of 0x%08x, loaded at 0x%08x in %s", origin.value, origin.address,
                   origin.loaded_at, PlaceText(image, origin.loaded_at).c_str());
    if (origin.had_other) text += Format(", before 0x%x", origin.other);
    if (origin.writer_known) {
      text += Format(", written at 0x%08x in %s", origin.written_at,
                     PlaceText(image, origin.written_at).c_str());
    }
    text += "\n";
  }
  for (const ProbedInterrupt& interrupt : facts.interrupts) {
    text += Format("  interrupt %u was taken, %llu times\n", interrupt.irq,
                   static_cast<unsigned long long>(interrupt.taken));
  }
  text += "percuss: the way there\n";
  for (const CrashEvent& event : facts.trace) text += EventText(image, event);
  return text + "percuss: end of the way\n";
}

}  // namespace percuss::rehost
