// SPDX-License-Identifier: Apache-2.0
//
// The state of one Cortex-M processor (Armv7-M Architecture Reference Manual, DDI 0403E, B1.4),
// as instructions see it. Not thread-safe; one thread runs one Machine.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/spin.h"

namespace percuss::rehost {

class BlockCache;
class Memory;
class SystemControl;
class Peripherals;
struct Op;

constexpr int kSp = 13;
constexpr int kLr = 14;
constexpr int kPc = 15;
constexpr uint32_t kNowhere = 1;  // no instruction has an odd address

// Exception numbers, DDI 0403E table B1-4.
enum ExceptionNumber : uint16_t {
  kNoException = 0,
  kReset = 1,
  kNmi = 2,
  kHardFault = 3,
  kMemManage = 4,
  kBusFault = 5,
  kUsageFault = 6,
  kSvCall = 11,
  kDebugMonitor = 12,
  kPendSv = 14,
  kSysTick = 15,
  kFirstInterrupt = 16
};

// Why an instruction did not complete. Bits of CFSR (B3.2.15): MMFSR, BFSR << 8, UFSR << 16.
enum FaultCause : uint32_t {
  kNoFault = 0,
  kInstructionAccess = 1U << 0,  // IACCVIOL
  kDataAccess = 1U << 1,         // DACCVIOL
  kUnstackAccess = 1U << 3,      // MUNSTKERR
  kStackAccess = 1U << 4,        // MSTKERR
  kLazyAccess = 1U << 5,         // MLSPERR
  kInstructionBus = 1U << 8,     // IBUSERR
  kPreciseBus = 1U << 9,         // PRECISERR
  kUnstackBus = 1U << 11,        // UNSTKERR
  kStackBus = 1U << 12,          // STKERR
  kLazyBus = 1U << 13,           // LSPERR
  kUndefined = 1U << 16,         // UNDEFINSTR
  kInvalidState = 1U << 17,      // INVSTATE
  kInvalidPc = 1U << 18,         // INVPC
  kNoCoprocessor = 1U << 19,     // NOCP
  kUnaligned = 1U << 24,         // UNALIGNED
  kDivideByZero = 1U << 25,      // DIVBYZERO
  // Not of CFSR: HardFaults that no other exception stands behind.
  kMaskedCall = 1U << 30,  // SVC or BKPT where it may not interrupt
  kVectorTable = 1U << 31  // HFSR.VECTTBL: a vector that cannot be read
};

struct alignas(64) Core {
  // What every block needs comes first, where compiled code reaches it by the shortest instructions
  // and two lines of the host's cache hold it.

  // r[kSp] is the stack pointer in use; the other one is in `other_sp`. r[kPc] holds the address of
  // the next instruction, and only between blocks.
  uint32_t r[16] = {};

  // APSR: N is bit 31 of `negative`, Z whether `zero` is 0, so that a result goes to both as it is.
  uint32_t negative = 0;
  uint32_t zero = 1;
  uint8_t carry = 0;  // 0 or 1, as overflow
  uint8_t overflow = 0;
  // Time is instructions since reset; fuel is what is left until `horizon` behind the block that
  // runs.
  int64_t fuel = 0;

  // Memory's direct ways (access.h).
  const uint8_t* const* readable = nullptr;
  uint8_t* const* writable = nullptr;

  // Edges as AFL counts them: a counter for each pair of blocks, by hash.
  uint8_t* edges = nullptr;
  uint32_t edge_mask = 0;
  uint32_t previous_block = 0;
  uint64_t blocks = 0;

  // The blocks that are known: by page, then by halfword.
  const Op* const* const* entries = nullptr;

  uint32_t other_sp = 0;
  uint8_t saturated = 0;      // Q
  uint8_t greater_equal = 0;  // GE[3:0]
  uint8_t it_state = 0;       // ITSTATE, only between blocks
  bool thumb = true;          // EPSR.T
  uint16_t exception = 0;     // IPSR
  uint8_t primask = 0;
  uint8_t basepri = 0;
  uint8_t faultmask = 0;
  uint8_t control = 0;  // nPRIV, SPSEL, FPCA
  uint32_t s[32] = {};
  uint32_t fpscr = 0;  // N Z C V in bits 31 to 28 too

  // Of the fault that an access or instruction has just met.
  uint32_t fault = kNoFault;
  uint32_t fault_address = 0;
  const Op* at = nullptr;  // the instruction that ended the run of ops

  // Why ops stopped running, where it is neither a fault nor a block that is not known.
  enum class Stop : uint8_t {
    kNone,
    kFuel,        // the next event is due before this block would end
    kInput,       // a load wants the first byte of input, or one behind its end
    kSvc,         // imm of the SVC at `at`
    kBreakpoint,  // BKPT at `at`
    kSleep,       // WFI or WFE at `at`
    kAttention,   // after `at`, something of the processor has changed: an interrupt may be due
    kCode,        // after `at`, which has changed decoded code
    kWatched,     // the block at r[kPc] is one to be told of
    kReset        // SYSRESETREQ
  } stop = Stop::kNone;
  uint64_t horizon = 0;  // of the next event, see fuel
  uint64_t now = 0;      // kept only where an access goes the slow way

  // What writable is.
  uint8_t* const* direct_writable = nullptr;
  uint8_t* const* none_writable = nullptr;
  uint32_t passing = kNowhere;  // the watched block that may be entered now
  uint32_t fired = kNowhere;    // the one whose triggers have fired, until it is passed
  // The ops ended without a branch: where blocks are cut is no matter of what happens, so that no
  // event is taken there, and no block counted.
  bool continued = false;
  bool bounded = false;  // leave as kFuel there too
  void (*on_block)(void* context, uint32_t pc) = nullptr;
  void* on_block_context = nullptr;
  BlockCache* code = nullptr;    // where blocks are from
  const Op* unlinked = nullptr;  // a direct branch that was left by, to be linked
  bool exchange = false;         // the last branch was one that may return from an exception

  Spin spin;

  // The exclusive monitor (A3.4): local, of the address that LDREX had.
  bool event = false;      // the event register of WFE
  bool for_event = false;  // kSleep is WFE's
  bool exclusive = false;
  uint32_t exclusive_address = 0;
  uint32_t exclusive_value = 0;
  bool unprivileged_access = false;  // LDRT and the like, while they run

  // What of CCR and the architecture matters to single instructions.
  bool divide_traps = false;
  bool float_ready = false;     // no more is to be done before a floating-point instruction
  uint8_t alignment_traps = 0;  // 3 where unaligned accesses fault

  Memory* memory = nullptr;
  SystemControl* system = nullptr;
  Peripherals* peripherals = nullptr;

  [[nodiscard]] bool Negative() const { return (negative >> 31U) != 0; }
  [[nodiscard]] bool Zero() const { return zero == 0; }
  [[nodiscard]] uint32_t Apsr() const {
    return (negative & 0x80000000U) | (Zero() ? 1U << 30U : 0) | uint32_t{carry} << 29U |
           uint32_t{overflow} << 28U | uint32_t{saturated} << 27U | uint32_t{greater_equal} << 16U;
  }
  void SetNzcv(uint32_t bits) {
    negative = bits;
    zero = (bits >> 30U & 1U) ^ 1U;
    carry = bits >> 29U & 1U;
    overflow = bits >> 28U & 1U;
  }
  [[nodiscard]] bool InHandlerMode() const { return exception != 0; }
  [[nodiscard]] bool Privileged() const {
    return !unprivileged_access && (InHandlerMode() || (control & 1U) == 0);
  }
};

}  // namespace percuss::rehost
