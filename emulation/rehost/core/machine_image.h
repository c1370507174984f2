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

// What of the bit-band aliases is there: 0x22000000 to 0x23ffffff, whose words stand for the bits
// of the first MiB of memory, and 0x42000000 to 0x43ffffff, for those of peripherals. Memory that a
// machine has there, and models for addresses there, go first.
enum class BitBand : uint8_t { kNone, kMemory, kAll };

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
  uint32_t pends = 1;    // how often in a row
  uint32_t skips = 0;    // how often not, after that
};

// What a load of a line's status is answered with: `always` and, while a byte is there, `ready`;
// while none is there, `empty`.
struct LineStatus {
  uint32_t address = 0;  // of 32 bits
  uint32_t always = 0;
  uint32_t ready = 0;
  uint32_t empty = 0;
};

// A line of the device whose messages are part of the input (line_input.h): what its registers are
// answered with, and when it interrupts. docs/firmware-as-shipped.md tells the whole.
struct InputLine {
  enum class Kind : uint8_t { kUart, kSpi, kI2c, kCan };
  static constexpr uint32_t kNoInterrupt = 0xffffffff;
  Kind kind = Kind::kUart;
  uint32_t data = 0;   // a load takes the next `bytes`, little-endian; of kCan, a frame's 8 bytes
  uint32_t bytes = 1;  // 1 to 4
  std::vector<LineStatus> statuses;
  uint32_t irq = kNoInterrupt;  // pending while a byte is there, the firmware enables it, and
  uint32_t enable = 0;          // was last stored here with all of
  uint32_t enable_bits = 0;     // these; of 0 no more is asked
  uint32_t gap = 0;             // instructions from one byte or frame to the next
  uint32_t silence = 250'000;   // instructions behind the last one, after which waiting is an end
  // Of kCan alone: the frame's identifier and length, and the store that frees the next frame.
  uint32_t id = 0;
  uint32_t id_shift = 0;
  uint32_t length = 0;
  uint32_t release = 0;
  uint32_t release_bits = 0;
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
  BitBand bit_band = BitBand::kNone;
  bool systick = true;  // else its registers keep what is stored, and nothing counts
  uint32_t vector_table = 0;
  uint32_t initial_sp = 0;
  uint32_t entry = 0;  // the lowest bit is Thumb's, as in a vector table
  std::vector<Region> regions;
  std::vector<AddressSpan> peripherals;  // besides them loads and stores elsewhere are faults
  std::vector<AccessModel> models;
  std::vector<InputLine> lines;  // they go before models
  std::vector<InterruptTrigger> triggers;
  std::vector<uint32_t> disabled_irqs;  // that the firmware cannot enable
  std::vector<uint32_t> exits;          // addresses that end an input, as a success
  std::vector<uint32_t> assertions;     // addresses that end it as a failure
  std::vector<uint32_t> skipped;        // functions that return at once
  std::vector<Symbol> symbols;          // in any order; none where the firmware has none
  Limits limits;
};

}  // namespace percuss::rehost
