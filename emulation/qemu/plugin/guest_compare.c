/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/guest_compare.h"

#include "emulation/qemu/plugin/guest_core.h"
#include "emulation/qemu/plugin/guest_instruction.h"

#define BITS(word, low, count) ((word) >> (low) & ((1u << (count)) - 1))

static bool registers(struct guest_compare* compare, uint32_t left, uint32_t right,
                      uint32_t shift) {
  *compare = (struct guest_compare){
      .left = (uint8_t)left, .right = (uint8_t)right, .shift = (uint8_t)shift};
  return left < 15 && right < 15; /* not with pc, which may be stale */
}

static bool constant(struct guest_compare* compare, uint32_t left, uint32_t value) {
  *compare =
      (struct guest_compare){.left = (uint8_t)left, .with_constant = true, .constant = value};
  return left < 15;
}

/* DDI 0403E, A5.2 and A7.7: CMP, and CBZ and CBNZ. */
static bool read_thumb_16(uint32_t word, struct guest_compare* compare) {
  if ((word & 0xF800) == 0x2800) return constant(compare, BITS(word, 8, 3), BITS(word, 0, 8));
  if ((word & 0xFFC0) == 0x4280) {
    return registers(compare, BITS(word, 0, 3), BITS(word, 3, 3), 0);
  }
  if ((word & 0xFF00) == 0x4500) {
    return registers(compare, BITS(word, 0, 3) | BITS(word, 7, 1) << 3, BITS(word, 3, 4), 0);
  }
  if ((word & 0xF500) == 0xB100) return constant(compare, BITS(word, 0, 3), 0);
  return false;
}

/* ThumbExpandImm, A5.3.2. */
static uint32_t thumb_constant(uint32_t bits) {
  const uint32_t byte = BITS(bits, 0, 8);
  switch (BITS(bits, 8, 4)) {
    case 0:
      return byte;
    case 1:
      return byte << 16 | byte;
    case 2:
      return byte << 24 | byte << 8;
    case 3:
      return byte << 24 | byte << 16 | byte << 8 | byte;
    default: {
      const uint32_t value = 0x80 | BITS(bits, 0, 7);
      const uint32_t by = BITS(bits, 7, 5); /* at least 8 */
      return value >> by | value << (32 - by);
    }
  }
}

/* CMP and CMN (constant), and CMP of a register that is shifted left: A7.7.27 to A7.7.28. */
static bool read_thumb_32(uint32_t first, uint32_t second, struct guest_compare* compare) {
  const uint32_t bits = BITS(first, 10, 1) << 11 | BITS(second, 12, 3) << 8 | BITS(second, 0, 8);
  const uint32_t left = BITS(first, 0, 4);
  if ((second & 0x8F00) != 0x0F00) return false;
  if ((first & 0xFBF0) == 0xF1B0) return constant(compare, left, thumb_constant(bits));
  if ((first & 0xFBF0) == 0xF110) return constant(compare, left, 0 - thumb_constant(bits));
  if ((first & 0xFFF0) != 0xEBB0 || BITS(second, 4, 2) != 0) return false;
  return registers(compare, left, BITS(second, 0, 4),
                   BITS(second, 12, 3) << 2 | BITS(second, 6, 2));
}

/* CMP of A32, unconditional, with a constant or a register that is shifted left: DDI 0406C,
 * A8.8.37 and A8.8.38. */
static bool read_arm(uint32_t word, struct guest_compare* compare) {
  const uint32_t left = BITS(word, 16, 4);
  if ((word & 0xFFF0F000) == 0xE3500000) {
    const uint32_t value = BITS(word, 0, 8);
    const uint32_t by = 2 * BITS(word, 8, 4);
    return constant(compare, left, by == 0 ? value : value >> by | value << (32 - by));
  }
  if ((word & 0xFFF0F070) != 0xE1500000) return false;
  return registers(compare, left, BITS(word, 0, 4), BITS(word, 7, 5));
}

/* Branches, and SLT with its kin: The RISC-V Instruction Set Manual, volume I, 20191213, 2.4 and
 * 2.5; C.BEQZ and C.BNEZ: 16.4. */
static bool read_riscv(uint32_t word, uint64_t size, struct guest_compare* compare) {
  if (size == 2) {
    *compare =
        (struct guest_compare){.left = (uint8_t)(8 + BITS(word, 7, 3)), .with_constant = true};
    return (word & 0xC003) == 0xC001;
  }
  const uint32_t left = BITS(word, 15, 5);
  const uint32_t right = BITS(word, 20, 5);
  const uint32_t function = BITS(word, 12, 3);
  const uint32_t opcode = BITS(word, 0, 7);
  const bool sets = function == 2 || function == 3;
  const bool branches = opcode == 0x63 && !sets;
  const bool compares = opcode == 0x33 && sets && BITS(word, 25, 7) == 0;
  *compare = (struct guest_compare){.left = (uint8_t)left, .right = (uint8_t)right};
  if (branches || compares) return true;
  compare->with_constant = true;
  compare->constant = BITS(word, 20, 12) | (0 - BITS(word, 31, 1)) << 12;
  return opcode == 0x13 && sets;
}

/* A word of A32 that always runs begins with 1110. The second half of a Thumb instruction that
 * compares does not. */
bool guest_compare_read(const struct qemu_plugin_insn* insn, struct guest_compare* compare) {
  const uint32_t word = guest_instruction_word(insn);
  const uint64_t size = qemu_plugin_insn_size(insn);
  if (guest_core->tells_cause) return read_riscv(word, size, compare);
  if (size == 2) return read_thumb_16(word, compare);
  return read_thumb_32(word & 0xFFFF, word >> 16, compare) || read_arm(word, compare);
}
