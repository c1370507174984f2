// SPDX-License-Identifier: Apache-2.0
//
// All that the core needs to run a firmware: memory, peripherals, what raises interrupts, limits.
// Plain data, made by emulation/rehost from an image and a configuration; this folder is compiled
// into fuzz targets, and depends on the C++ library alone. Addresses are the device's, sizes are
// bytes, time is counted in instructions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace percuss::rehost {

// What the processor is: Armv6-M (DDI 0419E), Armv7-M and Armv7E-M (DDI 0403E).
enum class Architecture : uint8_t { kV6M, kV7M, kV7EM };

struct Permissions {
  bool read = true;
  bool write = true;
  bool execute = true;
};

// Memory. Regions do not overlap; where one does not begin or end at a page's bounds, the rest of
// that page is not there.
struct Region {
  std::string name;
  uint32_t begin = 0;
  uint64_t size = 0;
  Permissions permissions;
  std::string bytes;  // what it begins with; zeros up to `size`
};

// Addresses that one model answers for at most, whatever its size.
constexpr uint32_t kWidestModel = 4096;

struct AddressSpan {
  uint32_t begin = 0;
  uint64_t size = 0;
};

// What a load from a peripheral is answered with, where it is not the next bytes of the input.
// Names and meaning are those of fuzzware's model files.
struct AccessModel {
  enum class Kind : uint8_t {
    kUnmodeled,    // as many bytes of the input as the load has
    kConstant,     // values[0]
    kPassthrough,  // as memory: what was stored last, values[0] before the first store
    kBitextract,   // input_bytes of the input, shifted left
    kSet,          // values[next byte of the input modulo their number]; of one, no byte is taken
    kLinear        // values[0] + n * step of the n-th load, n from 1 on
  };
  static constexpr uint32_t kEveryPlace = 0xffffffff;
  Kind kind = Kind::kUnmodeled;
  uint32_t address = 0;
  uint32_t size = 4;  // addresses from `address` on that it answers for: kWidestModel at most
  uint32_t pc = kEveryPlace;  // of the load
  std::vector<uint32_t> values;
  uint32_t input_bytes = 0;
  uint32_t left_shift = 0;
  uint32_t step = 0;
};

// What makes interrupts pending that no modelled device would raise.
struct InterruptTrigger {
  enum class When : uint8_t { kEvery, kEveryByInput, kAtAddress, kOnSleep };
  enum class Which : uint8_t { kFixed, kInTurn, kByInput };  // of those that are enabled
  When when = When::kEvery;
  Which which = Which::kInTurn;
  uint64_t period = 0;   // kEvery: instructions
  uint32_t address = 0;  // kAtAddress
  uint32_t irq = 0;      // kFixed: number of the external interrupt, from 0 on
  uint32_t pends = 1;    // how often, once it has come to that
  uint32_t skips = 0;    // how often not, before
};

// 0: without limit.
struct Limits {
  uint64_t instructions = 30'000'000;
  uint64_t instructions_without_input = 1'500'000;
  uint64_t interrupts = 0;
};

// Of a function, for reports; the lowest bit of `begin` is 0.
struct Symbol {
  uint32_t begin = 0;
  uint32_t size = 0;  // 0: not known
  std::string name;
};

struct MachineImage {
  Architecture architecture = Architecture::kV7EM;
  bool floating_point = true;  // FPv4-SP
  uint32_t vector_table = 0;
  uint32_t initial_sp = 0;
  uint32_t entry = 0;  // the lowest bit is Thumb's, as in a vector table
  std::vector<Region> regions;
  std::vector<AddressSpan> peripherals;  // besides them loads and stores elsewhere are faults
  std::vector<AccessModel> models;
  std::vector<InterruptTrigger> triggers;
  std::vector<uint32_t> disabled_irqs;  // that the firmware cannot enable
  std::vector<uint32_t> exits;          // addresses that end an input, as a success
  std::vector<uint32_t> assertions;     // addresses that end it as a failure
  std::vector<uint32_t> skipped;        // functions that return at once
  std::vector<Symbol> symbols;          // in any order; none where the firmware has none
  Limits limits;
};

}  // namespace percuss::rehost
