// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>

#include "emulation/rehost/core/line_input.h"
#include "emulation/rehost/core/machine_file.h"

namespace percuss::rehost {
namespace {

constexpr uint64_t kAddresses = uint64_t{1} << 32U;
constexpr AddressSpan kSystem = {0xe0000000, 0x100000};  // DDI 0403E, B3.1.1
constexpr uint32_t kMostInputBytes = 4;
constexpr uint32_t kWordBits = 32;
constexpr uint32_t kWordBytes = 4;
constexpr uint32_t kFrameBytes = 8;  // of data
constexpr size_t kMostStatuses = 16;

std::string Hex(uint64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

struct NamedSpan {
  AddressSpan span;
  std::string name;
};

std::string MistakeInSpan(const NamedSpan& named) {
  if (named.span.size == 0) return named.name + " has no bytes";
  if (named.span.size > kAddresses - named.span.begin) {
    return named.name + " ends beyond the 4 GiB that a Cortex-M can address";
  }
  return "";
}

std::string MistakeInMap(const MachineImage& image) {
  std::vector<NamedSpan> spans = {{kSystem, "the private peripheral bus at 0xe0000000"}};
  uint64_t mapped = 0;
  for (const Region& region : image.regions) {
    spans.push_back({{region.begin, region.size},
                     "the memory \"" + region.name + "\" at " + Hex(region.begin)});
    if (region.bytes.size() > region.size) {
      return spans.back().name + " is given more bytes than it has";
    }
    mapped += std::min(region.size, kAddresses);
    if (mapped > kMostMappedBytes) {
      return "the memory regions have more than " + std::to_string(kMostMappedBytes >> 20U) +
             " MiB together";
    }
  }
  for (const AddressSpan& span : image.peripherals) {
    spans.push_back({span, "the peripherals at " + Hex(span.begin)});
  }
  for (const NamedSpan& named : spans) {
    std::string mistake = MistakeInSpan(named);
    if (!mistake.empty()) return mistake;
  }
  std::stable_sort(spans.begin(), spans.end(), [](const NamedSpan& one, const NamedSpan& other) {
    return one.span.begin < other.span.begin;
  });
  for (size_t i = 1; i < spans.size(); ++i) {
    if (spans[i - 1].span.begin + spans[i - 1].span.size > spans[i].span.begin) {
      return spans[i - 1].name + " and " + spans[i].name + " overlap";
    }
  }
  return "";
}

std::string MistakeInModel(const AccessModel& model) {
  using Kind = AccessModel::Kind;
  const std::string name = "the model at " + Hex(model.address);
  if (model.kind > Kind::kLinear) return name + " is of no known kind";
  std::string mistake = MistakeInSpan({{model.address, model.size}, name});
  if (!mistake.empty()) return mistake;
  const bool one_value = model.kind == Kind::kConstant || model.kind == Kind::kPassthrough ||
                         model.kind == Kind::kLinear;
  if (one_value && model.values.size() != 1) return name + " needs one value";
  if (model.kind == Kind::kSet && model.values.empty()) return name + " has no values";
  if (model.kind == Kind::kBitextract &&
      (model.input_bytes > kMostInputBytes || model.left_shift >= kWordBits)) {
    return name + " takes more than 4 bytes, or shifts them by more than 31 bits";
  }
  return "";
}

std::string MistakeInTrigger(const InterruptTrigger& trigger) {
  using When = InterruptTrigger::When;
  using Which = InterruptTrigger::Which;
  if (trigger.when > When::kOnSleep || trigger.which > Which::kByInput) {
    return "an interrupt trigger is of no known kind";
  }
  if ((trigger.when == When::kEvery || trigger.when == When::kEveryByInput) &&
      trigger.period == 0) {
    return "an interrupt trigger has a period of 0 instructions";
  }
  if (trigger.which == Which::kFixed && trigger.irq >= kMostExternalInterrupts) {
    return "an interrupt trigger names interrupt " + std::to_string(trigger.irq) +
           "; the last one is 239";
  }
  if (trigger.pends == 0) return "an interrupt trigger never makes an interrupt pending";
  return "";
}

bool IsPeripheral(const MachineImage& image, uint32_t address, uint32_t bytes) {
  return std::any_of(image.peripherals.begin(), image.peripherals.end(),
                     [&](const AddressSpan& span) {
                       return address >= span.begin && address - span.begin < span.size &&
                              span.size - (address - span.begin) >= bytes;
                     });
}

// What a line has, with the bytes of it, but for what stores alone are seen of.
std::vector<AddressSpan> RegistersOf(const InputLine& line) {
  const bool can = line.kind == InputLine::Kind::kCan;
  std::vector<AddressSpan> registers = {{line.data, can ? kFrameBytes : 1}};
  if (can) registers.insert(registers.end(), {{line.id, kWordBytes}, {line.length, kWordBytes}});
  for (const LineStatus& status : line.statuses) {
    registers.push_back({status.address, kWordBytes});
  }
  return registers;
}

std::string MistakeInLine(const MachineImage& image, const InputLine& line) {
  const std::string name = "the input at " + Hex(line.data);
  if (line.kind > InputLine::Kind::kCan) return name + " is of no known kind";
  if (line.bytes == 0 || line.bytes > kMostInputBytes) return name + " takes no 1 to 4 bytes";
  if (line.id_shift >= kWordBits) return name + " shifts identifiers by more than 31 bits";
  if (line.irq != InputLine::kNoInterrupt && line.irq >= kMostExternalInterrupts) {
    return name + " names interrupt " + std::to_string(line.irq) + "; the last one is 239";
  }
  if (line.statuses.size() > kMostStatuses) {
    return name + " has more than " + std::to_string(kMostStatuses) + " status registers";
  }
  if (line.kind == InputLine::Kind::kCan && line.release_bits == 0) {
    return name + " never releases a frame";
  }
  for (const AddressSpan& one : RegistersOf(line)) {
    if (!IsPeripheral(image, one.begin, static_cast<uint32_t>(one.size))) {
      return name + " has a register at " + Hex(one.begin) + ", where no peripheral is";
    }
  }
  return "";
}

std::string MistakeInLines(const MachineImage& image) {
  if (image.lines.size() > kMostLines) {
    return "there are more than " + std::to_string(kMostLines) + " inputs";
  }
  std::vector<AddressSpan> registers;
  for (const InputLine& line : image.lines) {
    std::string mistake = MistakeInLine(image, line);
    if (!mistake.empty()) return mistake;
    for (const AddressSpan& one : RegistersOf(line)) registers.push_back(one);
  }
  std::sort(registers.begin(), registers.end(),
            [](const AddressSpan& one, const AddressSpan& two) { return one.begin < two.begin; });
  for (size_t i = 1; i < registers.size(); ++i) {
    if (registers[i - 1].begin + registers[i - 1].size > registers[i].begin) {
      return "two registers of inputs are at " + Hex(registers[i].begin);
    }
  }
  return "";
}

}  // namespace

std::string MistakeIn(const MachineImage& image) {
  if (image.architecture > Architecture::kV7EM) return "the architecture is none that is known";
  if (image.bit_band > BitBand::kAll) return "the bit-band aliases are none that are known";
  std::string mistake = MistakeInMap(image);
  if (!mistake.empty()) return mistake;
  uint64_t modelled = 0;
  for (const AccessModel& model : image.models) {
    mistake = MistakeInModel(model);
    if (!mistake.empty()) return mistake;
    modelled += std::min(model.size, kWidestModel);
    if (modelled > kMostModelledBytes) {
      return "the models answer for more than " + std::to_string(kMostModelledBytes) +
             " addresses together";
    }
  }
  mistake = MistakeInLines(image);
  if (!mistake.empty()) return mistake;
  for (const InterruptTrigger& trigger : image.triggers) {
    mistake = MistakeInTrigger(trigger);
    if (!mistake.empty()) return mistake;
  }
  for (const uint32_t irq : image.disabled_irqs) {
    if (irq >= kMostExternalInterrupts) {
      return "interrupt " + std::to_string(irq) + " cannot be disabled; the last one is 239";
    }
  }
  return "";
}

}  // namespace percuss::rehost
