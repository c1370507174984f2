// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/flag_use.h"

#include "emulation/rehost/core/instruction_kind.h"

namespace percuss::rehost {

namespace {

bool Between(Operation operation, Operation first, Operation last) {
  return operation >= first && operation <= last;
}

bool IsArithmetic(Operation operation) {
  switch (operation) {
    case Operation::kAdcImmediate:
    case Operation::kAdcRegister:
    case Operation::kAddImmediate:
    case Operation::kAddRegister:
    case Operation::kCmnImmediate:
    case Operation::kCmnRegister:
    case Operation::kCmpImmediate:
    case Operation::kCmpRegister:
    case Operation::kRsbImmediate:
    case Operation::kRsbRegister:
    case Operation::kSbcImmediate:
    case Operation::kSbcRegister:
    case Operation::kSubImmediate:
    case Operation::kSubRegister:
      return true;
    default:
      return false;
  }
}

bool TakesCarry(Operation operation) {
  return operation == Operation::kAdcImmediate || operation == Operation::kAdcRegister ||
         operation == Operation::kSbcImmediate || operation == Operation::kSbcRegister ||
         operation == Operation::kRrx;
}

bool ShiftsByRegister(Operation operation) {
  return operation == Operation::kAsrRegister || operation == Operation::kLslRegister ||
         operation == Operation::kLsrRegister || operation == Operation::kRorRegister;
}

// What goes through the shifter's carry: logical operations and shifts.
FlagUse LogicalUse(const Decoded& decoded) {
  FlagUse use{0, kFlagsNz | kFlagC, kFlagsNz};
  const bool shift = Between(decoded.operation, Operation::kAsrImmediate, Operation::kRrx);
  const bool shifts = decoded.amount != 0 || decoded.shift == Shift::kRrx;
  const bool carries = shift ? !ShiftsByRegister(decoded.operation) : shifts;
  if (carries || decoded.immediate_carry != 2) use.sets |= kFlagC;
  return use;
}

}  // namespace

uint8_t FlagsOfCondition(uint8_t condition) {
  switch (condition >> 1U) {
    case 0:
    case 2:
      return kFlagsNz;
    case 1:
      return kFlagC;
    case 3:
      return kFlagV;
    case 4:
      return kFlagsNz | kFlagC;
    case 5:
    case 6:
      return kFlagsNz | kFlagV;
    default:
      return 0;
  }
}

FlagUse FlagUseOf(const Decoded& decoded) {
  const Operation operation = decoded.operation;
  FlagUse use;
  if (Between(operation, Operation::kAdcImmediate, Operation::kRrx)) {
    use.reads = 0;
    if (decoded.set_flags || Compares(operation)) {
      use = IsArithmetic(operation) ? FlagUse{0, kEveryFlag, kEveryFlag} : LogicalUse(decoded);
    }
    if (TakesCarry(operation) || decoded.shift == Shift::kRrx) use.reads |= kFlagC;
    return use;
  }
  if (operation == Operation::kMul) {
    return decoded.set_flags ? FlagUse{0, kFlagsNz, kFlagsNz} : FlagUse{0, 0, 0};
  }
  if (operation == Operation::kSdiv || operation == Operation::kUdiv) return use;
  if (Between(operation, Operation::kBfc, Operation::kUsada8)) return {0, 0, 0};
  // Floating point may fault wherever it stands, for want of access: as of here, flags are seen.
  if (operation == Operation::kB) return {FlagsOfCondition(decoded.condition), 0, 0};
  return use;
}

}  // namespace percuss::rehost
