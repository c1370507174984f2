// SPDX-License-Identifier: Apache-2.0
//
// percuss's own description of what a firmware runs on, for the fast core: schema
// percuss.rehost.v1. What it does not say is guessed from the image (memory_guess.h). Not
// thread-safe.
//
//   { "schema": "percuss.rehost.v1",
//     "firmware": "pump.bin", "address": "0x08000000", "symbols": "pump.elf",
//     "architecture": "armv7em", "floating_point": true,
//     "bit_band": "all", "systick": true,
//     "vector_table": "0x08000000", "entry": "0x08000101", "initial_sp": "0x20005000",
//     "memory": [{"name": "flash", "address": "0x08000000", "bytes": 65536, "access": "rx"}],
//     "peripherals": [{"address": "0x40000000", "bytes": 536870912}],
//     "svd": "pump.svd",
//     "inputs": [{"kind": "uart", "data": "0x4000C000",
//                 "status": [{"address": "0x4000C018", "ready": "0x0", "empty": "0x10",
//                             "always": "0x80"}],
//                 "irq": 5, "enable": {"address": "0x4000C038", "bits": "0x10"}}],
//     "models": [{"kind": "set", "address": "0x4000C018", "bytes": 4, "pc": "0x08000200",
//                 "values": ["0x0", "0x10"]}],
//     "interrupts": [{"when": "every", "period": 4000, "which": "in_turn"},
//                    {"when": "at_address", "address": "idle", "which": "fixed", "irq": 5}],
//     "disabled_interrupts": ["12"],
//     "exits": ["shutdown"], "assertions": ["assert_failed"], "skipped": ["printf"],
//     "limits": {"instructions": 30000000, "instructions_without_input": 1500000,
//                "interrupts": 0} }
//
// A place is an address as text or a symbol of the image: of itself where it is an ELF file, of the
// ELF file that "symbols" names, or of one beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/rehost/core/machine_file.h"

namespace percuss::emulation {

// A place as it is written, with where: symbols are known once the image is read.
struct WrittenPlace {
  std::string text;
  std::string pointer;  // RFC 6901, in the description
};

struct WrittenTrigger {
  rehost::InterruptTrigger trigger;
  WrittenPlace address;
};

struct WrittenModel {
  rehost::AccessModel model;
  WrittenPlace pc;
};

struct RehostFile {
  std::filesystem::path file;
  std::filesystem::path firmware;  // empty: not named
  std::filesystem::path symbols;   // the same
  std::optional<uint32_t> address;
  std::optional<rehost::Architecture> architecture;
  std::optional<bool> floating_point;
  std::optional<rehost::BitBand> bit_band;
  bool systick = true;
  std::optional<uint32_t> vector_table;
  std::optional<uint32_t> initial_sp;
  WrittenPlace entry;
  std::vector<rehost::Region> memory;
  std::vector<rehost::AddressSpan> peripherals;
  std::filesystem::path svd;
  std::vector<rehost::InputLine> inputs;
  std::vector<WrittenModel> models;
  std::optional<std::vector<WrittenTrigger>> triggers;
  std::vector<uint32_t> disabled_irqs;
  std::vector<WrittenPlace> exits;
  std::vector<WrittenPlace> assertions;
  std::vector<WrittenPlace> skipped;
  rehost::Limits limits;
};

// kBadInput, with file and line.
[[nodiscard]] common::Result<RehostFile> ReadRehostFile(const std::filesystem::path& path);

// A number as text: "0x..." or decimal digits, of 32 bits.
[[nodiscard]] std::optional<uint32_t> WrittenNumber(const std::string& text);

}  // namespace percuss::emulation
