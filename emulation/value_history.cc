// SPDX-License-Identifier: Apache-2.0
#include "emulation/value_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/words.h"

namespace percuss::emulation {
namespace {

using Source = Instruction::Source;

constexpr uint32_t kWordBytes = 4;
constexpr int kMostSteps = 100'000;           // instructions that hand the value on
constexpr uint32_t kSameStackBytes = 65'536;  // a task's stack pointer is further away
constexpr uint32_t kBlockNearBytes = 4096;

// A moment of the run: before instruction `at` of the block whose record is `block`.
struct Moment {
  size_t block = 0;
  size_t at = 0;
};

class Follower {
 public:
  Follower(const ElfImage& image, const ExecutionHistory& history)
      : image_(image), history_(history), code_(image), roles_(code_.Roles()) {}

  // The value that a register has at this moment; of a sum of several, each of them once.
  void Follow(Moment from, int wanted, ValueHistory& told, bool of_a_sum = false) {
    Moment moment = from;
    int reg = wanted;
    for (int step = 0; step < kMostSteps; ++step) {
      const Instruction* writer = LastWriter(moment, reg, told);
      if (writer == nullptr) return;
      if (!writer->loads.empty() && !IsBaseOnly(*writer, reg)) {
        if (!FollowLoad(*writer, moment, reg, told, !of_a_sum)) return;
        continue;
      }
      if (writer->source != Source::kRegister || writer->source_register == roles_.pc ||
          writer->source_register == roles_.stack || writer->conditional) {
        told.origin = EndText(*writer);
        if (!of_a_sum && !writer->conditional) TellSources(*writer, moment, told);
        return;
      }
      reg = writer->source_register;
    }
    told.origin = fmt::format("not followed further than {} instructions", kMostSteps);
  }

  [[nodiscard]] InstructionReader& Code() { return code_; }

  // The instruction at pc in the last block that holds it, up to a record.
  std::optional<Moment> LastAt(uint32_t pc, size_t before) {
    const auto block = history_.LastBlockWith(pc, before);
    if (!block) return std::nullopt;
    const auto& instructions = BlockAt(*block);
    for (size_t i = 0; i < instructions.size(); ++i) {
      if (instructions[i].address == pc) return Moment{*block, i};
    }
    return std::nullopt;
  }

  const std::vector<Instruction>& BlockAt(size_t block) {
    const ExecutionRecord& record = history_.Records()[block];
    return code_.Block(record.pc, record.value);
  }

 private:
  [[nodiscard]] static bool IsBaseOnly(const Instruction& load, int reg) {
    return std::find(load.loads.begin(), load.loads.end(), reg) == load.loads.end();
  }

  // Where the registers are from that were put together.
  void TellSources(const Instruction& sum, const Moment& moment, ValueHistory& told) {
    const std::vector<int> sources = sum.sources;
    for (size_t i = 0; i < sources.size(); ++i) {
      ValueHistory part;
      Follow(moment, sources[i], part, true);
      told.origin += fmt::format("{} {}: {}", i == 0 ? ", from" : "; and from",
                                 code_.NameOf(sources[i]), part.origin);
    }
  }

  std::string PlaceText(uint32_t pc) const {
    const std::string name = image_.NameOf(pc);
    return name.empty() ? fmt::format("{:#010x}", pc) : fmt::format("{:#010x} in {}", pc, name);
  }

  std::string EndText(const Instruction& writer) const {
    const std::string at = fmt::format("`{}` at {}", writer.text, PlaceText(writer.address));
    if (writer.conditional)
      return "not known further: whether " + at + " was executed is not known";
    if (writer.source == Source::kConstant) return "a constant, by " + at;
    if (writer.source == Source::kRegister) return "an address of the stack or of code, by " + at;
    return "computed by " + at;
  }

  // Goes back to the instruction that gave the register its value; nullptr, and why, where that is
  // not known. moment: then before that instruction.
  const Instruction* LastWriter(Moment& moment, int reg, ValueHistory& told) {
    for (;;) {
      const auto& instructions = BlockAt(moment.block);
      for (size_t i = std::min(moment.at, instructions.size()); i-- > 0;) {
        const Instruction& instruction = instructions[i];
        if (!instruction.writes.contains(reg)) continue;
        if (instruction.conditional && !instruction.loads.empty() &&
            !AccessOf(moment.block, instruction, PERCUSS_EXECUTION_LOAD, 0)) {
          continue;  // its condition did not hold
        }
        moment.at = i;
        return &instruction;
      }
      if (!GoToBlockBefore(moment, reg, told)) return nullptr;
    }
  }

  // The block before, of the same exception or of none.
  bool GoToBlockBefore(Moment& moment, int reg, ValueHistory& told) {
    const auto& records = history_.Records();
    const ExecutionRecord later = records[moment.block];
    bool interrupted = false;
    if (reg == roles_.argument && moment.block + 1 < records.size() &&
        records[moment.block + 1].kind == PERCUSS_EXECUTION_ALLOCATED) {
      told.origin = "what the allocator gave at " + PlaceText(later.pc);
      return false;
    }
    for (size_t i = moment.block; i-- > 0;) {
      const ExecutionRecord& record = records[i];
      if (record.kind == PERCUSS_EXECUTION_HANDLER && !interrupted && i + 1 == moment.block) {
        told.origin = "older than the exception that is being handled";
        return false;
      }
      if (record.kind != PERCUSS_EXECUTION_BLOCK) continue;
      if (record.depth > later.depth) {
        interrupted = true;
        continue;
      }
      if (record.depth < later.depth) {
        told.origin = "older than the exception that is being handled";
        return false;
      }
      const uint32_t apart =
          std::max(record.address, later.address) - std::min(record.address, later.address);
      if (interrupted && apart > kSameStackBytes) {
        told.origin = "not known further: an exception in between may have switched tasks";
        return false;
      }
      const auto& instructions = BlockAt(i);
      if (instructions.empty()) {
        told.origin =
            fmt::format("not known further: no code of the image is at {:#010x}", record.pc);
        return false;
      }
      moment = {i, Executed(record, instructions, later)};
      return true;
    }
    told.origin = history_.BeginsLate() ? "older than what was recorded of the run"
                                        : "as it was when the input began";
    return false;
  }

  // How many of a block's instructions: an access to a device may end one half-way.
  static size_t Executed(const ExecutionRecord& block, const std::vector<Instruction>& instructions,
                         const ExecutionRecord& next) {
    const bool jumps_back = instructions.back().target == next.pc;
    if (jumps_back || next.pc <= block.pc || next.pc >= block.pc + block.value) {
      return instructions.size();
    }
    size_t count = 0;
    while (count < instructions.size() && instructions[count].address < next.pc) ++count;
    return count;
  }

  // Of an instruction in one block's run, its number-th access of a kind (loads or stores).
  std::optional<size_t> AccessOf(size_t block, const Instruction& instruction, int kind,
                                 size_t number) const {
    const int of_device = kind == PERCUSS_EXECUTION_LOAD ? PERCUSS_EXECUTION_DEVICE_LOAD
                                                         : PERCUSS_EXECUTION_DEVICE_STORE;
    const auto& records = history_.Records();
    for (size_t i = block + 1; i < records.size(); ++i) {
      const ExecutionRecord& record = records[i];
      if (record.kind == PERCUSS_EXECUTION_BLOCK || record.kind == PERCUSS_EXECUTION_HANDLER) break;
      if (record.pc != instruction.address || (record.kind != kind && record.kind != of_device)) {
        continue;
      }
      if (number-- == 0) return i;
    }
    return std::nullopt;
  }

  // From a load to who stored there; moment and reg are then those of the store.
  bool FollowLoad(const Instruction& load, Moment& moment, int& reg, ValueHistory& told,
                  bool with_stack) {
    const auto number = static_cast<size_t>(std::find(load.loads.begin(), load.loads.end(), reg) -
                                            load.loads.begin());
    const auto access = AccessOf(moment.block, load, PERCUSS_EXECUTION_LOAD, number);
    if (load.base == roles_.pc) {
      told.origin =
          fmt::format("a constant of the code, by `{}` at {}", load.text, PlaceText(load.address));
      return false;
    }
    if (!access) {
      told.origin = "not known further: the access of " + PlaceText(load.address) + " is missing";
      return false;
    }
    const ExecutionRecord loaded = history_.Records()[*access];
    if (loaded.kind == PERCUSS_EXECUTION_DEVICE_LOAD) {
      told.origin = fmt::format("read from the device at {:#010x}, by {}", loaded.address,
                                PlaceText(load.address));
      return false;
    }
    const auto stored = LastStore(*access, loaded);
    if (!stored) {
      told.origin = fmt::format(
          "what no instruction stored in memory at {:#010x} since {}", loaded.address,
          history_.BeginsLate() ? "the recorded part of the run began" : "the input began");
      return false;
    }
    const ExecutionRecord store = history_.Records()[*stored];
    const auto at = LastAt(store.pc, *stored);
    const auto& block = BlockAt(at ? at->block : moment.block);
    if (!at || block[at->at].stores.empty()) {
      told.origin = "not known further: the store of " + PlaceText(store.pc) + " is not understood";
      return false;
    }
    const Instruction& writer = block[at->at];
    if (!KeepsRegister(writer, load)) Tell(store, *at, told, with_stack);
    if (told.stores.size() == kMostValueStores) {
      told.origin = fmt::format("not followed over more than {} stores", kMostValueStores);
      return false;
    }
    moment = *at;
    reg = writer.stores[NumberOf(*at, writer, *stored)];
    return true;
  }

  // Which of the stores of an instruction this is.
  size_t NumberOf(const Moment& at, const Instruction& writer, size_t stored) const {
    size_t number = 0;
    while (number + 1 < writer.stores.size() &&
           AccessOf(at.block, writer, PERCUSS_EXECUTION_STORE, number) != stored) {
      ++number;
    }
    return number;
  }

  [[nodiscard]] std::optional<size_t> LastStore(size_t before,
                                                const ExecutionRecord& loaded) const {
    const auto& records = history_.Records();
    for (size_t i = before; i-- > 0;) {
      const ExecutionRecord& record = records[i];
      if (record.kind != PERCUSS_EXECUTION_STORE) continue;
      if (record.address - loaded.address < loaded.size ||
          loaded.address - record.address < record.size) {
        return i;
      }
    }
    return std::nullopt;
  }

  // A function that puts a register aside on its stack, or a parameter, and takes it back.
  bool KeepsRegister(const Instruction& store, const Instruction& load) const {
    const auto one = image_.FunctionAt(store.address);
    const auto other = image_.FunctionAt(load.address);
    const bool on_stack =
        (store.base == roles_.stack || store.base == roles_.frame) && store.index == kNoRegister;
    return on_stack && one && other && one->begin == other->begin;
  }

  void Tell(const ExecutionRecord& store, const Moment& at, ValueHistory& told, bool with_stack) {
    told.stores.push_back(
        {fmt::format("{} to {:#010x}", common::Counted(store.size, "byte"), store.address), {}});
    if (with_stack) told.stores.back().stack = history_.StackAt(at.block, store.pc, code_);
  }

  const ElfImage& image_;
  const ExecutionHistory& history_;
  InstructionReader code_;
  RegisterRoles roles_;
};

// The registers and the moment at which to begin.
struct Beginning {
  Moment moment;
  int reg = kNoRegister;
  std::string text;
};

uint32_t RegisterOf(const BoardRun& run, int number) {
  const auto found = run.registers.find(number);
  return found == run.registers.end() ? 0 : static_cast<uint32_t>(found->second);
}

bool IsJumpToNowhere(const BoardRun& run, const ElfImage& image, uint32_t pc) {
  return (run.ended == "corruption" && run.pc == run.address) || !image.HoldsCode(pc);
}

// Of an access by base and index, that which leads astray.
int BadRegister(const Instruction& access, const BoardRun& run, const ElfImage& image) {
  if (access.index == kNoRegister) return access.base;
  if (run.rule.starts_with("heap-buffer-overflow")) return access.index;
  const uint32_t base = RegisterOf(run, access.base);
  const bool base_is_good = run.ended == "fault" && WordOf(run, base & ~3U).has_value();
  return base_is_good || image.HoldsCode(base) ? access.index : access.base;
}

// Who jumped: the last instruction before the exception, or before nowhere. The fault's handler may
// have run for some blocks: the jump is in what it interrupted.
std::optional<Beginning> BeginAtJump(const ExecutionHistory& history, Follower& follower,
                                     uint32_t nowhere) {
  const auto& records = history.Records();
  const RegisterRoles roles = follower.Code().Roles();
  bool left = false;
  for (size_t i = records.size(); i-- > 0;) {
    const ExecutionRecord& record = records[i];
    const bool is_block = record.kind == PERCUSS_EXECUTION_BLOCK;
    left = left || record.kind == PERCUSS_EXECUTION_HANDLER ||
           (is_block && record.pc == (nowhere & ~1U));
    if (!left || !is_block) continue;
    const auto& instructions = follower.BlockAt(i);
    if (instructions.empty()) continue;
    const Instruction& last = instructions.back();
    const bool pops = last.writes.contains(roles.pc);
    if (!pops && last.branch_register == kNoRegister) continue;
    Beginning begin;
    begin.moment = {i, pops ? instructions.size() : instructions.size() - 1};
    begin.reg = pops ? roles.pc : last.branch_register;
    begin.text = fmt::format("{}, where `{}` at {:#010x} goes to",
                             follower.Code().NameOf(begin.reg), last.text, last.address);
    return begin;
  }
  return std::nullopt;
}

std::optional<Beginning> BeginAtAccess(const BoardRun& run, const ElfImage& image,
                                       const ExecutionHistory& history, Follower& follower,
                                       uint32_t pc) {
  const auto at = follower.LastAt(pc, history.Records().size());
  if (!at) return std::nullopt;
  const Instruction& access = follower.BlockAt(at->block)[at->at];
  if (access.base == kNoRegister) return std::nullopt;
  const int bad = BadRegister(access, run, image);
  return Beginning{*at, bad,
                   fmt::format("{}, {} of `{}` at {:#010x}", follower.Code().NameOf(bad),
                               bad == access.base ? "base" : "index", access.text, pc)};
}

// What a function of the allocator was called with.
std::optional<Beginning> BeginAtAllocator(const BoardRun& run, const ElfImage& image,
                                          const ExecutionHistory& history, Follower& follower) {
  const auto at = follower.LastAt(static_cast<uint32_t>(run.pc), history.Records().size());
  if (!at) return std::nullopt;
  // newlib's functions that end so take their context first.
  const std::string name = image.NameOf(run.pc);
  const bool resizes = name.find("realloc") != std::string::npos && !run.rule.ends_with("realloc");
  const int argument =
      follower.Code().Roles().argument + (name.ends_with("_r") ? 1 : 0) + (resizes ? 1 : 0);
  return Beginning{
      *at, argument,
      fmt::format("{}, what {} was called with", follower.Code().NameOf(argument), name)};
}

// The word that a function with a stack protector found overwritten: the last that it loaded from
// its stack.
std::optional<Beginning> BeginAtCanary(const BoardRun& run, const ElfImage& image,
                                       const ExecutionHistory& history, Follower& follower) {
  const std::vector<uint64_t> stack = StackOf(run, image);
  const auto check = std::find_if(stack.begin(), stack.end(), [&](uint64_t pc) {
    return image.NameOf(pc).starts_with("__stack_chk_fail");
  });
  if (check == stack.end() || check + 1 == stack.end()) return std::nullopt;
  const auto function = image.FunctionAt(check[1]);
  const auto& records = history.Records();
  const auto call = history.LastBlockWith(static_cast<uint32_t>(check[1]), records.size());
  if (!function || !call) return std::nullopt;
  const auto open = history.CallsAt(*call, follower.Code());
  const uint32_t frame_bytes =
      open.empty() ? kSameStackBytes : open.front().stack - records[*call].address;
  size_t end = *call + 1;
  while (end < records.size() && records[end].kind != PERCUSS_EXECUTION_BLOCK) ++end;
  for (size_t i = end; i-- > 0;) {
    const ExecutionRecord& record = records[i];
    if (record.kind == PERCUSS_EXECUTION_BLOCK &&
        (record.pc < function->begin || record.pc >= function->end)) {
      break;
    }
    if (record.kind != PERCUSS_EXECUTION_LOAD || record.size != kWordBytes ||
        record.address - records[*call].address >= frame_bytes) {
      continue;
    }
    auto at = follower.LastAt(record.pc, i);
    if (!at) return std::nullopt;
    const Instruction& load = follower.BlockAt(at->block)[at->at];
    if (load.loads.empty()) return std::nullopt;
    ++at->at;
    return Beginning{*at, load.loads.front(),
                     fmt::format("the stack protector's word at {:#010x}", record.address)};
  }
  return std::nullopt;
}

std::optional<Beginning> BeginningOf(const BoardRun& run, const ElfImage& image,
                                     const ExecutionHistory& history, Follower& follower) {
  const bool fault = run.ended == "fault" && run.in_exception;
  const auto pc =
      static_cast<uint32_t>(fault ? RegisterOf(run, follower.Code().Roles().pc) : run.pc);
  if (run.ended == "assert") return BeginAtCanary(run, image, history, follower);
  for (const char* kind : {"double-free", "bad-free", "allocation-size-too-big"}) {
    if (run.rule.starts_with(kind)) return BeginAtAllocator(run, image, history, follower);
  }
  if (run.rule.starts_with("stack-overflow") || run.rule.starts_with("memory-leak")) {
    return std::nullopt;
  }
  if (IsJumpToNowhere(run, image, pc)) return BeginAtJump(history, follower, pc);
  return BeginAtAccess(run, image, history, follower, pc);
}

// Of the heap's block that the address is in, was in, or is next to.
void FindBlock(const BoardRun& run, const ExecutionHistory& history, InstructionReader& code,
               ValueHistory& told) {
  const auto& records = history.Records();
  const auto address = static_cast<uint32_t>(run.address);
  std::optional<size_t> given;
  uint32_t nearest = kBlockNearBytes;
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].kind != PERCUSS_EXECUTION_ALLOCATED) continue;
    const uint32_t behind = address - records[i].address;
    const uint32_t apart = behind < records[i].value  ? 0
                           : behind < kBlockNearBytes ? behind - records[i].value + 1
                                                      : records[i].address - address;
    if (apart > nearest) continue;
    nearest = apart;
    given = i;
  }
  if (!given) return;
  if (const auto block = history.BlockOf(*given)) {
    told.allocated = history.StackAt(*block, records[*block].pc - 1, code);
  }
  const auto released = std::find_if(records.begin() + static_cast<ptrdiff_t>(*given),
                                     records.end(), [&](const ExecutionRecord& record) {
                                       return record.kind == PERCUSS_EXECUTION_RELEASED &&
                                              record.address == records[*given].address;
                                     });
  if (released == records.end()) return;
  if (const auto block = history.BlockOf(static_cast<size_t>(released - records.begin()))) {
    told.released = history.StackAt(*block, records[*block].pc, code);
    told.released.erase(told.released.begin());  // the allocator itself
  }
}

}  // namespace

ValueHistory HistoryOfBadValue(const BoardRun& run, const ElfImage& image,
                               const ExecutionHistory& history) {
  ValueHistory told;
  if (run.ended != "fault" && run.ended != "corruption" && run.ended != "assert") {
    told.why_none = "no access or jump failed";
  }
  if (told.why_none.empty() && history.Records().empty()) {
    told.why_none = "the run left no record of what was executed (none is made of a Cortex-A)";
  }
  if (!told.why_none.empty()) return told;
  Follower follower(image, history);
  if (run.rule.starts_with("heap-") || run.rule.starts_with("double-free")) {
    FindBlock(run, history, follower.Code(), told);
  }
  const auto begin = BeginningOf(run, image, history, follower);
  if (!begin) {
    told.why_none = "what failed was no use of a pointer, or is not known";
    return told;
  }
  told.value = begin->text;
  follower.Follow(begin->moment, begin->reg, told);
  return told;
}

std::string Describe(const ValueHistory& history, const ElfImage& image) {
  std::string text;
  const auto add_stack = [&](const std::string& head, const std::vector<uint64_t>& stack) {
    if (stack.empty()) return;
    text += head + "\n" + StackText(stack, image);
    text += "\n";
  };
  text += history.why_none.empty()
              ? fmt::format("bad value: {}; it is {}\n\n", history.value, history.origin)
              : fmt::format("bad value: not known: {}\n\n", history.why_none);
  bool first = true;
  for (const ValueHistory::Store& store : history.stores) {
    add_stack(fmt::format("{} by: ({})", first ? "written" : "written before that", store.what),
              store.stack);
    first = false;
  }
  add_stack("allocated by:", history.allocated);
  add_stack("freed by:", history.released);
  return text;
}

}  // namespace percuss::emulation
