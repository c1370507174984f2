// SPDX-License-Identifier: Apache-2.0
//
// A machine's file behind a program, so that one file is the whole fuzz target: the program, the
// machine's file, its size in 64 bits (little-endian), and "percuss.attached". Thread-safe.
#pragma once

#include <string>

#include "emulation/rehost/core/machine_file.h"

namespace percuss::rehost {

// What has to be written behind the program.
[[nodiscard]] std::string AttachedMachine(const MachineImage& image);

enum class Attached { kNone, kRead, kUnreadable };
// kNone: no machine is behind that file. kUnreadable: one is, or the file cannot be read; why.
[[nodiscard]] Attached ReadAttachedMachine(const std::string& path, MachineImage& image,
                                           std::string& why);

}  // namespace percuss::rehost
