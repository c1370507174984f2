// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/gdb_registers.h"

#include "emulation/rehost/gdb_packets.h"

namespace percuss::emulation {
namespace {

using rehost::Core;
using rehost::kPc;
using rehost::kSp;

constexpr const char* kCoreNames[] = {"r0", "r1",  "r2",  "r3",  "r4", "r5", "r6", "r7",  "r8",
                                      "r9", "r10", "r11", "r12", "sp", "lr", "pc", "xpsr"};
constexpr const char* kSystemNames[] = {"msp", "psp", "primask", "basepri", "faultmask", "control"};
constexpr uint32_t kXpsr = 16;
constexpr uint32_t kFirstDouble = 17;
constexpr uint32_t kDoubles = 16;
constexpr uint32_t kFpscr = kFirstDouble + kDoubles;
constexpr uint32_t kSystemRegisters = 6;
constexpr uint8_t kProcessStack = 2;  // CONTROL.SPSEL

uint32_t FirstSystem(bool floating_point) { return floating_point ? kFpscr + 1 : kFirstDouble; }

// DDI 0403E, B1.4.2.
uint32_t Xpsr(const Core& core) {
  const uint32_t it = core.it_state;
  return core.Apsr() | (it & 3U) << 25U | (it >> 2U) << 10U | (core.thumb ? 1U << 24U : 0) |
         core.exception;
}

std::string OnePlain(const char* name, const char* type, int bits) {
  return std::string("<reg name=\"") + name + "\" bitsize=\"" + std::to_string(bits) +
         "\" type=\"" + type + "\"/>\n";
}

uint32_t SystemRegister(const Core& core, uint32_t index) {
  const bool on_process = (core.control & kProcessStack) != 0 && !core.InHandlerMode();
  const uint32_t values[kSystemRegisters] = {on_process ? core.other_sp : core.r[kSp],
                                             on_process ? core.r[kSp] : core.other_sp,
                                             core.primask,
                                             core.basepri,
                                             core.faultmask,
                                             core.control};
  return values[index];
}

bool SetDouble(Core& core, uint32_t index, const std::string& digits) {
  if (digits.size() != 16) return false;
  const auto low = WordOfHex(std::string_view(digits).substr(0, 8));
  const auto high = WordOfHex(std::string_view(digits).substr(8));
  if (!low || !high) return false;
  core.s[2 * index] = *low;
  core.s[2 * index + 1] = *high;
  return true;
}

}  // namespace

std::string TargetDescription(bool floating_point) {
  std::string xml =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n"
      "<architecture>arm</architecture>\n<feature name=\"org.gnu.gdb.arm.m-profile\">\n";
  for (uint32_t i = 0; i <= kXpsr; ++i) {
    const char* type = i == kSp ? "data_ptr" : i == kPc ? "code_ptr" : "uint32";
    xml += OnePlain(kCoreNames[i], type, 32);
  }
  xml += "</feature>\n";
  if (floating_point) {
    xml += "<feature name=\"org.gnu.gdb.arm.vfp\">\n";
    for (uint32_t i = 0; i < kDoubles; ++i) {
      xml += OnePlain(("d" + std::to_string(i)).c_str(), "ieee_double", 64);
    }
    xml += OnePlain("fpscr", "int", 32) + "</feature>\n";
  }
  xml += "<feature name=\"org.gnu.gdb.arm.m-system\">\n";
  for (const char* name : kSystemNames) xml += OnePlain(name, "uint32", 32);
  return xml + "</feature>\n</target>\n";
}

uint32_t RegisterCount(bool floating_point) {
  return FirstSystem(floating_point) + kSystemRegisters;
}

std::optional<std::string> RegisterHex(rehost::Machine& machine, uint32_t number) {
  const Core& core = machine.core();
  const bool floating_point = machine.image().floating_point;
  if (number <= kPc) return HexOfWord(core.r[number]);
  if (number == kXpsr) return HexOfWord(Xpsr(core));
  if (number >= RegisterCount(floating_point)) return std::nullopt;
  if (number >= FirstSystem(floating_point)) {
    return HexOfWord(SystemRegister(core, number - FirstSystem(floating_point)));
  }
  if (number == kFpscr) return HexOfWord(core.fpscr);
  const uint32_t index = number - kFirstDouble;
  return HexOfWord(core.s[2 * index]) + HexOfWord(core.s[2 * index + 1]);
}

bool SetRegisterHex(rehost::Machine& machine, uint32_t number, const std::string& digits) {
  Core& core = machine.core();
  const bool floating_point = machine.image().floating_point;
  if (floating_point && number >= kFirstDouble && number < kFpscr) {
    return SetDouble(core, number - kFirstDouble, digits);
  }
  const auto value = WordOfHex(digits);
  if (!value) return false;
  if (number == kPc) {
    // It goes on there as behind a branch.
    core.r[kPc] = *value & ~1U;
    core.it_state = 0;
    core.continued = false;
    core.passing = rehost::kNowhere;
    return true;
  }
  if (number == kSp) {
    core.r[kSp] = *value & ~3U;
    return true;
  }
  if (number < kSp || number == rehost::kLr) {
    core.r[number] = *value;
    return true;
  }
  if (number == kXpsr) {
    core.SetNzcv(*value);
    return true;
  }
  if (floating_point && number == kFpscr) {
    core.fpscr = *value;
    return true;
  }
  // As it is may be written: GDB writes all of them together.
  return RegisterHex(machine, number) == digits;
}

}  // namespace percuss::emulation
