// SPDX-License-Identifier: Apache-2.0
//
// The machine that a program of the generic harness is for. Ends the process with a message where
// there is none, or it cannot be read. Not thread-safe.
#ifndef PERCUSS_HARNESSES_REHOST_MACHINE_SOURCE_H_
#define PERCUSS_HARNESSES_REHOST_MACHINE_SOURCE_H_

#include <string>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

// program: whose file has the machine behind it; else it is the file that PERCUSS_MACHINE names.
[[nodiscard]] MachineImage FindMachine(const std::string& program);

// Whether inputs are to be changed as streams: unless PERCUSS_REHOST_INPUTS is "flat".
[[nodiscard]] bool ChangesStreams();

[[noreturn]] void GiveUp(const std::string& file, const std::string& why);

}  // namespace percuss::rehost

#endif  // PERCUSS_HARNESSES_REHOST_MACHINE_SOURCE_H_
