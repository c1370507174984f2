// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/firmware_functions.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace percuss::emulation {
namespace {

constexpr uint32_t kMostFunctionBytes = 0x1000;  // where nobody says how many

// Functions that a program enters where it has found something wrong: of C libraries, compilers,
// makers' libraries and kernels, and of the reference device.
constexpr const char* kFailing[] = {"abort",
                                    "__assert",
                                    "__assert_func",
                                    "__assert_fail",
                                    "__assert_no_args",
                                    "__aeabi_assert",
                                    "assert_failed",
                                    "vAssertCalled",
                                    "__stack_chk_fail",
                                    "k_sys_fatal_error_handler",
                                    "firmware_assert_failed",
                                    "firmware_property_broken"};

// Those of a division by zero are only where the firmware has one of its own: that of compilers'
// libraries returns at once, and the firmware goes on with the quotient 0.
constexpr const char* kFailingUnlessReturning[] = {"__aeabi_idiv0", "__aeabi_ldiv0"};

// BX LR and nothing else.
bool ReturnsAtOnce(const rehost::MachineImage& image, uint32_t function) {
  constexpr std::string_view kBxLr = "\x70\x47";
  return std::any_of(image.regions.begin(), image.regions.end(), [&](const rehost::Region& region) {
    const uint32_t at = function - region.begin;
    return function >= region.begin && at < region.bytes.size() &&
           region.bytes.compare(at, kBxLr.size(), kBxLr) == 0;
  });
}

}  // namespace

std::vector<rehost::Symbol> FunctionSymbols(const RehostTarget& target) {
  std::vector<rehost::Symbol> symbols;
  if (target.symbols) {
    for (const std::string& name : target.symbols->SymbolNames()) {
      const auto range = target.symbols->Function(name);
      // "$t" and the like only say what bytes are (ELF for the Arm Architecture, 5.5.5).
      if (!range || range->end > UINT32_MAX || name.starts_with('$')) continue;
      symbols.push_back({static_cast<uint32_t>(range->begin),
                         static_cast<uint32_t>(range->end - range->begin), name});
    }
    return symbols;
  }
  for (auto at = target.names.begin(); at != target.names.end(); ++at) {
    const auto next = std::next(at);
    const uint32_t room = next == target.names.end() ? kMostFunctionBytes : next->first - at->first;
    symbols.push_back({at->first & ~1U, std::min(room, kMostFunctionBytes), at->second});
  }
  return symbols;
}

void AddUsualFailures(RehostTarget& target) {
  if (!target.machine.assertions.empty()) return;
  std::string found;
  for (const rehost::Symbol& symbol : target.machine.symbols) {
    const auto is_of = [&](const auto& names) {
      return std::any_of(std::begin(names), std::end(names),
                         [&](const char* name) { return symbol.name == name; });
    };
    if (!is_of(kFailing) &&
        (!is_of(kFailingUnlessReturning) || ReturnsAtOnce(target.machine, symbol.begin))) {
      continue;
    }
    target.machine.assertions.push_back(symbol.begin);
    found += (found.empty() ? "" : ", ") + symbol.name;
  }
  if (!found.empty()) target.notes.push_back("to enter one of these is a failure: " + found);
}

}  // namespace percuss::emulation
