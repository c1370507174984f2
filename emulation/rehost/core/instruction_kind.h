// SPDX-License-Identifier: Apache-2.0
//
// What an instruction does to the code around it. Pure.
#pragma once

#include "emulation/rehost/core/decoder.h"

namespace percuss::rehost {

[[nodiscard]] constexpr bool IsFloat(Operation operation) { return operation >= Operation::kVabs; }

[[nodiscard]] constexpr bool Compares(Operation operation) {
  return (operation >= Operation::kCmnImmediate && operation <= Operation::kCmpRegister) ||
         (operation >= Operation::kTeqImmediate && operation <= Operation::kTstRegister);
}

[[nodiscard]] inline bool WritesPc(const Decoded& decoded) {
  const Operation operation = decoded.operation;
  if (operation == Operation::kLdm || operation == Operation::kLdmdb) {
    return (decoded.registers & 0x8000U) != 0;
  }
  const bool load = operation == Operation::kLdrImmediate || operation == Operation::kLdrLiteral ||
                    operation == Operation::kLdrRegister;
  if (load || operation == Operation::kMrs) return decoded.rd == kPc;
  if (operation == Operation::kLdrdImmediate || operation == Operation::kLdrdLiteral) {
    return decoded.rd == kPc || decoded.ra == kPc;
  }
  if (operation == Operation::kVmovPairToCore) return decoded.ra == kPc || decoded.rn == kPc;
  // Of most that is unpredictable.
  const bool data = operation >= Operation::kAdcImmediate && operation <= Operation::kUsada8;
  return data && !Compares(operation) && (decoded.rd == kPc || decoded.ra == kPc);
}

// Whether a block ends behind it, unless it is in an IT block.
[[nodiscard]] inline bool EndsBlock(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kUndefined:
    case Operation::kCoprocessor:
    case Operation::kB:
    case Operation::kBl:
    case Operation::kBlxRegister:
    case Operation::kBx:
    case Operation::kCbz:
    case Operation::kCbnz:
    case Operation::kTbb:
    case Operation::kTbh:
    case Operation::kBkpt:
    case Operation::kSvc:
    case Operation::kWfe:
    case Operation::kWfi:
      return true;
    default:
      return WritesPc(decoded);
  }
}

// Whether nothing but the time shows that it was executed.
[[nodiscard]] constexpr bool DoesNothing(Operation operation) {
  switch (operation) {
    case Operation::kDbg:
    case Operation::kDmb:
    case Operation::kDsb:
    case Operation::kIsb:
    case Operation::kIt:
    case Operation::kNop:
    case Operation::kPld:
    case Operation::kYield:
      return true;
    default:
      return false;
  }
}

}  // namespace percuss::rehost
