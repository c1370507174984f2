/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Edge coverage in AFL++'s map: the block and the one before it, hashed (M. Zalewski, "Technical
 * whitepaper for afl-fuzz", section 1).
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_COVERAGE_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_COVERAGE_H_

#include <stdint.h>

#define COVERAGE_MAP_BYTES 65536u

/* Takes the map from __AFL_SHM_ID; without it counts into memory of its own. */
void coverage_open(void);
uint32_t coverage_place(uint64_t address);

extern uint8_t* coverage_map;
extern uint32_t coverage_before;

static inline void coverage_visit(uint32_t place) {
  coverage_map[coverage_before ^ place]++;
  coverage_before = place >> 1;
}

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_COVERAGE_H_ */
