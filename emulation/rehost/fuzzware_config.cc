// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/fuzzware_config.h"

#include <fmt/format.h>

#include <charconv>

#include "emulation/rehost/fuzzware_parts.h"
#include "emulation/rehost/memory_map.h"

namespace percuss::emulation {
namespace {

constexpr uint64_t kMostBlocks = uint64_t{1} << 50U;
constexpr size_t kLongestPatch = 4096;
constexpr uint32_t kThumb = 1;

void ReadSymbols(ConfigTree& tree) {
  const ConfigNode* symbols = tree.root.Find("symbols");
  if (symbols == nullptr || symbols->IsNull()) return;
  if (symbols->kind != ConfigNode::Kind::kMapping) {
    tree.Mistake(*symbols, "symbols: must be a mapping of addresses to names");
  }
  for (size_t i = 0; i < symbols->names.size(); ++i) {
    const ConfigNode& name = symbols->items[i];
    const auto address = YamlInteger(symbols->names[i]);
    if (!address || *address < 0 || *address > UINT32_MAX || name.kind != ConfigNode::Kind::kText) {
      tree.Mistake(name, fmt::format("symbols: \"{}\" must be an address of 32 bits, and its value "
                                     "a name",
                                     symbols->names[i]));
      return;
    }
    tree.symbols[name.text] = static_cast<uint32_t>(*address) & ~kThumb;
  }
}

void ReadEntry(ConfigTree& tree, ConfigFields& fields, rehost::MachineImage& machine) {
  const auto entry = fields.Address("entry_point");
  const auto sp = fields.Address("initial_sp");
  const auto table_sp = WordAt(machine.regions, machine.vector_table);
  const auto table_entry = WordAt(machine.regions, machine.vector_table + 4);
  if ((!entry && !table_entry) || (!sp && !table_sp)) {
    tree.Mistake(tree.root,
                 fmt::format("there is no vector table at 0x{:x}: give \"entry_point\" "
                             "and \"initial_sp\", or the region that has it \"is_entry\"",
                             machine.vector_table));
    return;
  }
  machine.initial_sp = sp.value_or(table_sp.value_or(0)) & ~3U;
  machine.entry = entry ? *entry | kThumb : table_entry.value_or(0);
  if (!IsExecutable(machine.regions, machine.entry & ~kThumb)) {
    tree.notes.push_back(
        fmt::format("the entry point 0x{:x} lies in no memory that may be "
                    "executed: the firmware will fault at once",
                    machine.entry & ~kThumb));
  } else if ((machine.entry & kThumb) == 0) {
    tree.notes.push_back(
        fmt::format("the reset vector 0x{:x} is even, of code that a Cortex-M "
                    "cannot run: the firmware will fault at once",
                    machine.entry));
  }
}

void ReadExits(ConfigTree& tree, ConfigFields& fields, rehost::MachineImage& machine) {
  const bool used = fields.Flag("use_exit_at").value_or(true);
  const ConfigNode* exits = fields.Find("exit_at");
  if (exits == nullptr || !used) return;
  if (exits->kind != ConfigNode::Kind::kMapping) {
    tree.Mistake(*exits, "exit_at: must be a mapping of names to addresses");
  }
  for (size_t i = 0; i < exits->names.size(); ++i) {
    ConfigNode place = exits->items[i];
    if (place.IsNull()) place.text = exits->names[i];
    if (const auto address = AddressIn(tree, place)) {
      machine.exits.push_back(*address & ~kThumb);
    } else {
      tree.notes.push_back(
          fmt::format("exit_at: \"{}\" is no symbol of the configuration, and is "
                      "left out",
                      place.text));
    }
  }
}

void ReadLimits(ConfigTree& tree, ConfigFields& root, rehost::MachineImage& machine) {
  const ConfigNode* node = root.Find("limits");
  if (node == nullptr) return;
  ConfigFields fields(
      tree, *node,
      {"translation_blocks", "fuzz_consumption_timeout", "interrupts", "trace_events"});
  if (const auto blocks = fields.Count("translation_blocks", kMostBlocks)) {
    machine.limits.instructions = *blocks * kInstructionsPerBlock;
  }
  if (const auto blocks = fields.Count("fuzz_consumption_timeout", kMostBlocks)) {
    machine.limits.instructions_without_input = *blocks * kInstructionsPerBlock;
  }
  if (const auto count = fields.Count("interrupts", kMostBlocks)) {
    machine.limits.interrupts = *count;
  }
}

std::string Bytes(std::initializer_list<uint32_t> halfwords) {
  std::string bytes;
  for (const uint32_t halfword : halfwords) {
    bytes += static_cast<char>(halfword & 0xffU);
    bytes += static_cast<char>(halfword >> 8U & 0xffU);
  }
  return bytes;
}

// Code of a function that returns this value.
std::string ReturnOf(uint32_t value) {
  return Bytes({0xf240U | (value >> 12U & 0xfU) | (value >> 1U & 0x400U),  // movw r0 (A7.7.76, T3)
                (value << 4U & 0x7000U) | (value & 0xffU),
                0xf2c0U | (value >> 28U & 0xfU) | (value >> 17U & 0x400U),     // movt r0 (A7.7.79)
                (value >> 12U & 0x7000U) | (value >> 16U & 0xffU), 0x4770U});  // bx lr
}

// As fuzzware's native.return_VALUE and native.inline_asm_BYTES; empty where it is neither.
std::string PatchOf(const std::string& handler) {
  constexpr std::string_view kPrefix = "native.";
  constexpr std::string_view kCode = "inline_asm_";
  if (!handler.starts_with(kPrefix)) return "";
  std::string_view name = std::string_view(handler).substr(kPrefix.size());
  if (name.starts_with(kCode)) {
    name.remove_prefix(kCode.size());
    std::string bytes;
    for (; name.size() >= 2 && bytes.size() < kLongestPatch; name.remove_prefix(2)) {
      unsigned value = 0;
      const auto [stop, error] = std::from_chars(name.data(), name.data() + 2, value, 16);
      if (error != std::errc() || stop != name.data() + 2) return "";
      bytes += static_cast<char>(value);
    }
    return name.empty() ? bytes : "";
  }
  const size_t underline = name.find('_');
  const std::string_view verb = name.substr(0, underline);
  if (underline == std::string_view::npos || (verb != "return" && verb != "ret")) return "";
  name.remove_prefix(underline + 1);
  if (name.starts_with("0x")) name.remove_prefix(2);
  uint32_t value = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), value, 16);
  if (error != std::errc() || stop != name.data() + name.size()) return "";
  // Small values in 4 bytes: movs r0 (A7.7.76, T1), which an Armv6-M has too.
  return value <= 0xff ? Bytes({0x2000U | value, 0x4770U}) : ReturnOf(value);
}

struct Handler {
  std::string name;
  std::string function;  // empty: none
  bool returns = true;   // whether the firmware's own function is skipped
  ConfigNode place;
};

Handler HandlerOf(ConfigTree& tree, const std::string& name, const ConfigNode& node) {
  Handler handler;
  handler.name = name;
  handler.place = node;
  handler.place.kind = ConfigNode::Kind::kText;
  handler.place.text = name;
  handler.place.plain = true;
  if (node.kind == ConfigNode::Kind::kText) {
    handler.function = node.text;
    return handler;
  }
  ConfigFields fields(tree, node, {"addr", "handler", "do_return"});
  if (const ConfigNode* place = fields.Find("addr")) handler.place = *place;
  handler.function = fields.Text("handler");
  handler.returns = fields.Flag("do_return").value_or(true);
  return handler;
}

void CheckKeys(ConfigTree& tree) {
  const ConfigFields known(
      tree, tree.root,
      {"include", "memory_map", "entry_point", "initial_sp", "symbols", "exit_at", "use_exit_at",
       "handlers", "interrupt_triggers", "boot", "limits", "mmio_models", "use_nvic", "use_systick",
       "use_timers", "nvic", "systick", "timers", "global_timer_scale"});
  for (const char* unused : {"boot", "systick"}) {
    if (known.Find(unused) == nullptr) continue;
    tree.notes.push_back(fmt::format("\"{}\" of the configuration is not used here", unused));
  }
}

}  // namespace

void ReadFuzzwareHandlers(ConfigTree& tree, rehost::MachineImage& machine) {
  const ConfigNode* handlers = tree.root.Find("handlers");
  if (handlers == nullptr || handlers->IsNull()) return;
  if (handlers->kind != ConfigNode::Kind::kMapping) {
    tree.Mistake(*handlers, "handlers: must be a mapping of names to handlers");
  }
  for (size_t i = 0; i < handlers->names.size() && tree.status; ++i) {
    const Handler handler = HandlerOf(tree, handlers->names[i], handlers->items[i]);
    const auto place = AddressIn(tree, handler.place);
    if (!place) {
      tree.notes.push_back(
          fmt::format("the handler {} is left out: \"{}\" is no symbol of the "
                      "configuration",
                      handler.name, handler.place.text));
      continue;
    }
    const uint32_t address = *place & ~kThumb;
    if (handler.function.starts_with("native.")) {
      const std::string patch = PatchOf(handler.function);
      if (patch.empty()) {
        tree.Mistake(handlers->items[i],
                     fmt::format("\"{}\" is no handler that is known: native.return_0x0 with any "
                                 "value, or native.inline_asm_7047 with any bytes",
                                 handler.function));
      } else if (!PatchBytes(machine.regions, address, patch)) {
        tree.Mistake(handlers->items[i], fmt::format("{}: there is no memory for its {} bytes at "
                                                     "0x{:x}",
                                                     handler.name, patch.size(), address));
      }
      continue;
    }
    if (!handler.function.empty()) {
      tree.notes.push_back(fmt::format(
          "the handler {} of {} is not run, handlers in Python are not supported: the function {}",
          handler.function, handler.name,
          handler.returns ? "returns at once" : "runs as the firmware has it"));
    }
    if (handler.returns) machine.skipped.push_back(address);
  }
}

common::Result<FuzzwareConfig> ReadFuzzwareConfig(const std::filesystem::path& path) {
  auto tree = ReadConfigTree(path);
  if (!tree) return tl::make_unexpected(tree.error());
  FuzzwareConfig config;
  rehost::MachineImage& machine = config.machine;
  CheckKeys(*tree);
  if (!tree->status) return tl::make_unexpected(tree->status.error());
  ReadSymbols(*tree);
  ReadFuzzwareMemory(*tree, machine);
  if (!tree->status) return tl::make_unexpected(tree->status.error());
  ConfigFields fields(*tree, tree->root, tree->root.names);
  ReadFuzzwareInterrupts(*tree, machine);
  ReadEntry(*tree, fields, machine);
  ReadFuzzwareModels(*tree, machine);
  ReadFuzzwareHandlers(*tree, machine);
  ReadExits(*tree, fields, machine);
  ReadLimits(*tree, fields, machine);
  const std::string mistake = rehost::MistakeIn(machine);
  if (!mistake.empty()) tree->Mistake(tree->root, mistake);
  if (!tree->status) return tl::make_unexpected(tree->status.error());
  config.symbols = std::move(tree->symbols);
  config.notes = std::move(tree->notes);
  return config;
}

}  // namespace percuss::emulation
