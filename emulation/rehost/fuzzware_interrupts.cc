// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "emulation/rehost/fuzzware_config.h"
#include "emulation/rehost/fuzzware_parts.h"

namespace percuss::emulation {
namespace {

using rehost::InterruptTrigger;
using When = InterruptTrigger::When;
using Which = InterruptTrigger::Which;

constexpr size_t kMostTriggers = 256;
constexpr uint64_t kDefaultPeriodBlocks = 1000;
constexpr uint64_t kDefaultTimerBlocks = 0x1000;
constexpr uint64_t kMostPeriodBlocks = uint64_t{1} << 40U;
constexpr uint64_t kMostTimes = 1'000'000;
constexpr uint64_t kFirstExternal = 16;  // exception number of the first external interrupt
constexpr uint64_t kLastException = kFirstExternal + rehost::kMostExternalInterrupts - 1;

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class TriggerReader {
 public:
  TriggerReader(ConfigTree& tree, rehost::MachineImage& machine) : tree_(tree), machine_(machine) {
    const ConfigNode* scale = tree.root.Find("global_timer_scale");
    if (scale == nullptr || scale->IsNull()) return;
    const auto given = YamlInteger(scale->text);
    if (!given || *given < 1 || *given > 1'000'000) {
      tree.Mistake(*scale, "global_timer_scale: must be a whole number from 1 to 1000000");
      return;
    }
    scale_ = static_cast<uint64_t>(*given);
  }

  void ReadTriggers(const ConfigNode& list) {
    for (size_t i = 0; i < list.items.size() && tree_.status && HasRoom(list); ++i) {
      ReadTrigger(list.items[i]);
    }
  }

  void ReadTimers(const ConfigNode& list) {
    for (size_t i = 0; i < list.items.size() && tree_.status && HasRoom(list); ++i) {
      ReadTimer(i < list.names.size() ? list.names[i] : "", list.items[i]);
    }
  }

 private:
  bool HasRoom(const ConfigNode& list) {
    if (machine_.triggers.size() < kMostTriggers) return true;
    tree_.Mistake(list, fmt::format("more than {} interrupt triggers and timers", kMostTriggers));
    return false;
  }

  // Numbers there are of exceptions, as in the vector table.
  bool Fix(InterruptTrigger& trigger, uint64_t exception, const ConfigNode& node) {
    if (exception < kFirstExternal) {
      tree_.Mistake(node, fmt::format("irq: {} is an exception of the processor itself; external "
                                      "interrupts are {} to {} (in fuzzware's counting, which "
                                      "begins with the vector table)",
                                      exception, kFirstExternal, kLastException));
      return false;
    }
    trigger.which = Which::kFixed;
    trigger.irq = static_cast<uint32_t>(exception - kFirstExternal);
    return true;
  }

  void ReadTrigger(const ConfigNode& node) {
    ConfigFields fields(tree_, node,
                        {"addr", "address", "every_nth_tick", "irq", "fuzz_mode", "num_pends",
                         "num_skips", "fuzzed"});
    InterruptTrigger trigger;
    ReadWhen(fields, trigger);
    const uint64_t irq = fields.Count("irq", kLastException).value_or(0);
    const std::string mode = fields.Text("fuzz_mode");
    const auto fuzzed = fields.Flag("fuzzed");  // of the syntax before fuzz_mode
    if (fuzzed.value_or(false) || (irq == 0 && (mode == "fuzzed" || mode == "fuzz"))) {
      trigger.which = Which::kByInput;
    } else if (irq != 0 || mode == "fixed" || (fuzzed && !*fuzzed)) {
      if (!Fix(trigger, irq, node)) return;
    } else if (!mode.empty() && !Contains(mode, "round") && !Contains(mode, "robin")) {
      tree_.Mistake(node,
                    fmt::format("fuzz_mode: \"{}\" is none of fuzzed, round_robin, fixed", mode));
    }
    const uint64_t skips = trigger.when == When::kAtAddress ? 1 : 0;
    trigger.pends = static_cast<uint32_t>(fields.Count("num_pends", kMostTimes).value_or(1));
    trigger.skips = static_cast<uint32_t>(fields.Count("num_skips", kMostTimes).value_or(skips));
    if (trigger.pends == 0) tree_.Mistake(node, "num_pends: must be at least 1");
    machine_.triggers.push_back(trigger);
  }

  void ReadWhen(ConfigFields& fields, InterruptTrigger& trigger) {
    auto address = fields.Address("address");
    if (!address) address = fields.Address("addr");
    const ConfigNode* every = fields.Find("every_nth_tick");
    uint64_t blocks = kDefaultPeriodBlocks;
    if (address) {
      trigger.when = When::kAtAddress;
      trigger.address = *address & ~1U;
      return;
    }
    if (every != nullptr && (every->text == "fuzzed" || every->text == "fuzz")) {
      trigger.when = When::kEveryByInput;
    } else if (every != nullptr) {
      blocks = fields.Count("every_nth_tick", kMostPeriodBlocks).value_or(0);
      if (blocks == 0) blocks = kDefaultPeriodBlocks;
    } else {
      tree_.Mistake(fields.Node(), "a trigger needs \"addr\" or \"every_nth_tick\"");
    }
    trigger.period = blocks * scale_ * kInstructionsPerBlock;
  }

  void ReadTimer(const std::string& name, const ConfigNode& node) {
    ConfigFields fields(tree_, node, {"reload_val", "irq", "handler", "start_at"});
    if (fields.Find("handler") != nullptr) {
      tree_.notes.push_back(
          fmt::format("the timer {} is left out: handlers in Python are not supported", name));
      return;
    }
    InterruptTrigger trigger;
    trigger.when = When::kEvery;
    trigger.period = fields.Count("reload_val", kMostPeriodBlocks).value_or(kDefaultTimerBlocks);
    if (trigger.period == 0) tree_.Mistake(node, "reload_val: must be at least 1");
    trigger.period *= scale_ * kInstructionsPerBlock;
    if (!Fix(trigger, fields.Count("irq", kLastException).value_or(0), node)) return;
    if (fields.Find("start_at") != nullptr) {
      tree_.notes.push_back(
          fmt::format("the timer {} runs from the beginning: \"start_at\" is not supported", name));
    }
    machine_.triggers.push_back(trigger);
  }

  ConfigTree& tree_;
  rehost::MachineImage& machine_;
  uint64_t scale_ = 1;
};

void ReadNvic(ConfigTree& tree, rehost::MachineImage& machine) {
  const ConfigNode* nvic = tree.root.Find("nvic");
  if (nvic == nullptr || nvic->IsNull()) return;
  ConfigFields fields(tree, *nvic, {"vtor", "addr", "num_vecs", "disabled_irqs"});
  auto table = fields.Address("vtor");
  if (!table) table = fields.Address("addr");
  if (table) machine.vector_table = *table;
  const ConfigNode* disabled = fields.Find("disabled_irqs");
  if (disabled == nullptr) return;
  if (disabled->kind != ConfigNode::Kind::kList ||
      disabled->items.size() > rehost::kMostExternalInterrupts) {
    tree.Mistake(*disabled, "disabled_irqs: must be a list of at most 240 interrupts");
    return;
  }
  for (const ConfigNode& item : disabled->items) {
    const auto irq = AddressIn(tree, item);
    if (!irq || *irq >= rehost::kMostExternalInterrupts) {
      tree.Mistake(
          item, fmt::format("disabled_irqs: \"{}\" is no external interrupt: 0 to 239", item.text));
      return;
    }
    machine.disabled_irqs.push_back(*irq);
  }
}

bool IsOn(ConfigTree& tree, const char* name, bool otherwise) {
  const ConfigNode* node = tree.root.Find(name);
  if (node == nullptr || node->IsNull()) return otherwise;
  ConfigNode holder;
  holder.kind = ConfigNode::Kind::kMapping;
  holder.names = {name};
  holder.items = {*node};
  return ConfigFields(tree, holder, {name}).Flag(name).value_or(otherwise);
}

}  // namespace

void ReadFuzzwareInterrupts(ConfigTree& tree, rehost::MachineImage& machine) {
  TriggerReader reader(tree, machine);
  const bool systick = IsOn(tree, "use_systick", true);
  const bool nvic = IsOn(tree, "use_nvic", false) || systick;
  const ConfigNode* triggers = tree.root.Find("interrupt_triggers");
  if (triggers != nullptr && nvic) reader.ReadTriggers(*triggers);
  machine.systick = systick;
  if (triggers != nullptr && !triggers->items.empty() && !nvic) {
    tree.notes.emplace_back("interrupt_triggers are left out: use_nvic and use_systick are off");
  }
  const ConfigNode* timers = tree.root.Find("timers");
  if (timers != nullptr && IsOn(tree, "use_timers", false)) reader.ReadTimers(*timers);
  ReadNvic(tree, machine);
}

}  // namespace percuss::emulation
