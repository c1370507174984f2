/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/guest_abi.h"

#include <string.h>

static int64_t sign_extend(uint32_t value, int bits) {
  const uint32_t sign = 1u << (bits - 1);
  return (int64_t)(value ^ sign) - (int64_t)sign;
}

static uint32_t bit(uint32_t word, int at) { return (word >> at) & 1u; }

/* BL and BLX of Thumb (DDI 0406C, A8.8.25): S:I1:I2:imm10:imm11:0, with I = not(J xor S). */
static uint64_t thumb_call_target(const struct guest_branch* branch, bool to_arm) {
  const uint32_t first = branch->word & 0xFFFFu;
  const uint32_t second = branch->word >> 16;
  const uint32_t sign = bit(first, 10);
  const uint32_t offset = sign << 24 | (~(bit(second, 13) ^ sign) & 1u) << 23 |
                          (~(bit(second, 11) ^ sign) & 1u) << 22 | (first & 0x3FFu) << 12 |
                          (second & 0x7FFu) << 1;
  const uint64_t base = branch->address + 4;
  return (to_arm ? base & ~(uint64_t)3 : base) + (uint64_t)sign_extend(offset, 25);
}

/* A word of four bytes can be either instruction set's: where it leads to decides. */
static bool arm_calls(const struct guest_branch* branch, uint64_t target) {
  const uint32_t word = branch->word;
  if (branch->short_form) return (word & 0xFF87u) == 0x4780u; /* BLX register */
  if ((word & 0x0FFFFFF0u) == 0x012FFF30u) return true;       /* the same in A32 */
  if ((word & 0x0F000000u) == 0x0B000000u || (word & 0xFE000000u) == 0xFA000000u) {
    const uint64_t half = (word & 0xF0000000u) == 0xF0000000u ? bit(word, 24) * 2 : 0;
    const uint64_t to =
        branch->address + 8 + (uint64_t)(sign_extend(word & 0xFFFFFFu, 24) * 4) + half;
    if ((uint32_t)to == (uint32_t)target) return true;
  }
  if ((word & 0xF800u) != 0xF000u || (word & 0xC0000000u) != 0xC0000000u) return false;
  const bool to_arm = bit(word, 28) == 0;
  return (uint32_t)thumb_call_target(branch, to_arm) == (uint32_t)target;
}

static bool aarch64_calls(const struct guest_branch* branch, uint64_t target) {
  (void)target;
  /* BL, BLR and BLR with a pointer authenticated (DDI 0487, C6.2) */
  return (branch->word & 0xFC000000u) == 0x94000000u || (branch->word & 0xFEFFF000u) == 0xD63F0000u;
}

static bool riscv_calls(const struct guest_branch* branch, uint64_t target) {
  (void)target;
  /* C.JALR, and JAL and JALR that leave the way back in ra */
  if (branch->short_form) {
    return (branch->word & 0xF07Fu) == 0x9002u && (branch->word & 0x0F80u) != 0;
  }
  return (branch->word & 0xFFFu) == 0x0EFu || (branch->word & 0xFFFu) == 0x0E7u;
}

static bool mips_calls(const struct guest_branch* branch, uint64_t target) {
  (void)target;
  const uint32_t word = branch->word;
  if (word >> 26 == 3) return true;                                            /* JAL */
  if (word >> 26 == 1 && (word >> 16 & 0x1Eu) == 0x10u) return true;           /* BLTZAL, BGEZAL */
  return word >> 26 == 0 && (word & 0x3Fu) == 9 && (word >> 11 & 0x1Fu) == 31; /* JALR */
}

/* CALL near, relative or of a register or memory, behind any of its prefixes: notrack, bnd and REX
 * (Intel SDM, volume 2A, CALL). */
static bool x86_calls(const struct guest_branch* branch, uint64_t target) {
  (void)target;
  uint32_t word = branch->word;
  while ((word & 0xFFu) == 0x3Eu || (word & 0xFFu) == 0xF2u || (word & 0xF0u) == 0x40u) word >>= 8;
  return (word & 0xFFu) == 0xE8u || ((word & 0xFFu) == 0xFFu && (word >> 11 & 7u) == 2);
}

static const struct guest_abi known[] = {
    {"arm", 248, 37, 238, 268, false, false, GUEST_CALLS_ARM, arm_calls},
    {"aarch64", 94, 129, 130, 131, false, false, GUEST_CALLS_GENERIC, aarch64_calls},
    {"riscv64", 94, 129, 130, 131, false, false, GUEST_CALLS_GENERIC, riscv_calls},
    {"mips", 4246, 4037, 4236, 4266, true, true, GUEST_CALLS_MIPS_O32, mips_calls},
    {"mipsel", 4246, 4037, 4236, 4266, true, false, GUEST_CALLS_MIPS_O32, mips_calls},
    {"x86_64", 231, 62, 200, 234, false, false, GUEST_CALLS_X86_64, x86_calls},
};

const struct guest_abi* guest_abi_of(const char* name) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(name, known[i].name) == 0) return &known[i];
  }
  return NULL;
}
