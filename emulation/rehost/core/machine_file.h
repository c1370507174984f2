// SPDX-License-Identifier: Apache-2.0
//
// A MachineImage as one flat file, for a fuzz target to load and an evidence package to carry:
// "percuss.machine.1" and a NUL byte, then the fields in the order of machine_image.h, integers
// little-endian, texts and lists with their length in 32 bits before them, and at the end the
// CRC-32 (IEEE 802.3) of all before it. What most machines have not stands behind the fields, in
// sections of their own: each its name as four letters, then its fields. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

constexpr uint64_t kMostMappedBytes = uint64_t{64} << 20;
// Each address that models answer for takes memory, too.
constexpr uint64_t kMostModelledBytes = uint64_t{1} << 20;
constexpr uint32_t kMostExternalInterrupts = 240;  // DDI 0403E, B3.4.1

// Why a core cannot run it, as one sentence; empty where nothing is wrong: memory and peripherals
// within 4 GiB, apart from each other and from the private peripheral bus, kMostMappedBytes of
// memory at most, models of kMostModelledBytes together, and each model and trigger with the values
// that its kind needs.
[[nodiscard]] std::string MistakeIn(const MachineImage& image);

[[nodiscard]] std::string WriteMachine(const MachineImage& image);

// Bytes may be hostile: what they make takes no more memory than some times their number. False,
// and why, where they are no such file, cut off, changed, or MistakeIn objects.
[[nodiscard]] bool ReadMachine(std::string_view bytes, MachineImage& image, std::string& why);

}  // namespace percuss::rehost
