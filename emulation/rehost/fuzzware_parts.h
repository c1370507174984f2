// SPDX-License-Identifier: Apache-2.0
//
// The parts of fuzzware_config.h's reader. Each reads one member of the configuration into the
// machine, and tells mistakes and notes to the tree.
#pragma once

#include "emulation/rehost/config_tree.h"
#include "emulation/rehost/core/machine_file.h"

namespace percuss::emulation {

// `memory_map`: regions with what their files say, peripherals, and where the vector table is.
void ReadFuzzwareMemory(ConfigTree& tree, rehost::MachineImage& machine);
// `mmio_models`, after the memory.
void ReadFuzzwareModels(ConfigTree& tree, rehost::MachineImage& machine);
// `handlers`: functions that are skipped, and patches of the image.
void ReadFuzzwareHandlers(ConfigTree& tree, rehost::MachineImage& machine);
// `interrupt_triggers`, `timers` and `nvic`.
void ReadFuzzwareInterrupts(ConfigTree& tree, rehost::MachineImage& machine);

}  // namespace percuss::emulation
