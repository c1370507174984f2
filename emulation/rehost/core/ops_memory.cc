// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores of one or two registers: DDI 0403E A5.2.4, A5.3.6 to A5.3.10, A7.7.
#include "emulation/rehost/core/access.h"
#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/ops.h"
#include "emulation/rehost/core/peripherals.h"
#include "emulation/rehost/core/register_result.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

bool LoadSlowly(Core& core, const Op* op, uint32_t address, uint32_t size, uint32_t& value) {
  if ((address & (size - 1) & core.alignment_traps) != 0) {
    core.fault = kUnaligned;
    core.fault_address = address;
    return false;
  }
  core.now = core.horizon - static_cast<uint64_t>(core.fuel) - op->remaining;
  core.spin.steady = false;
  // Of a device a load has an effect, but where it says that it has none.
  if (core.memory->IsDevice(address) && !core.system->MpuEnabled()) {
    const bool done = core.peripherals->Read(core, op->pc, address, size, value);
    if (!core.spin.steady) core.spin.effect = true;
    return done;
  }
  const bool plain = core.readable[address >> 12U] != nullptr;
  const bool done = core.memory->Read(core, op->pc, address, size, value);
  if (!plain && !core.spin.steady) core.spin.effect = true;
  return done;
}

namespace {

// Of plain memory a store has no effect that changes nothing.
void NoteStore(Core& core, uint32_t address, uint32_t size, uint32_t value) {
  const uint8_t* page = core.direct_writable[address >> 12U];
  const uint32_t offset = address & 0xfffU;
  core.spin.effect = page == nullptr || offset + size > kPageBytes ||
                     std::memcmp(page + offset, &value, size) != 0;
}

}  // namespace

bool StoreSlowly(Core& core, const Op* op, uint32_t address, uint32_t size, uint32_t value) {
  if ((address & (size - 1) & core.alignment_traps) != 0) {
    core.fault = kUnaligned;
    core.fault_address = address;
    return false;
  }
  core.now = core.horizon - static_cast<uint64_t>(core.fuel) - op->remaining;
  if (core.memory->IsDevice(address) && !core.system->MpuEnabled()) {
    core.spin.effect = true;
    core.peripherals->Write(core, address, size, value);
    return true;
  }
  if (core.spin.probing && !core.spin.effect) NoteStore(core, address, size, value);
  return core.memory->Write(core, op->pc, address, size, value);
}

const Op* LeaveAfter(Core& core, const Op* op) {
  core.at = op;
  core.r[kPc] = op->pc + op->bytes;
  return nullptr;
}

namespace {

enum class Kind : uint8_t { kWord, kByte, kHalf, kSignedByte, kSignedHalf };

constexpr uint32_t SizeOf(Kind kind) {
  return kind == Kind::kWord ? 4 : kind == Kind::kByte || kind == Kind::kSignedByte ? 1 : 2;
}

template <Kind kind>
uint32_t Extended(uint32_t value) {
  if constexpr (kind == Kind::kSignedByte) {
    return static_cast<uint32_t>(static_cast<int8_t>(value));
  } else if constexpr (kind == Kind::kSignedHalf) {
    return static_cast<uint32_t>(static_cast<int16_t>(value));
  } else {
    return value;
  }
}

// Where an access goes, and what becomes of its base. An immediate is signed in Op::imm.
struct Offset {
  static uint32_t Of(Core& core, const Op* op) { return core.r[op->rn] + op->imm; }
  static void Update(Core& /*core*/, const Op* /*op*/) {}
};
struct PreIndexed {
  static uint32_t Of(Core& core, const Op* op) { return core.r[op->rn] + op->imm; }
  static void Update(Core& core, const Op* op) { core.r[op->rn] += op->imm; }
};
struct PostIndexed {
  static uint32_t Of(Core& core, const Op* op) { return core.r[op->rn]; }
  static void Update(Core& core, const Op* op) { core.r[op->rn] += op->imm; }
};
// The stack pointer by an offset that is no multiple of 4: its lowest two bits stay 0.
template <typename Indexed>
struct OddlyIndexedSp : Indexed {
  static void Update(Core& core, const Op* op) { core.r[kSp] = (core.r[kSp] + op->imm) & ~3U; }
};
struct Literal {
  static uint32_t Of(Core& /*core*/, const Op* op) { return op->imm; }
  static void Update(Core& /*core*/, const Op* /*op*/) {}
};
struct Register {
  static uint32_t Of(Core& core, const Op* op) {
    return core.r[op->rn] + (core.r[op->rm] << op->amount);
  }
  static void Update(Core& /*core*/, const Op* /*op*/) {}
};

// LoadSlowly where a device answers at once; false: nothing has happened.
template <uint32_t size>
bool LoadAtOnce(Core& core, const Op* op, uint32_t address, uint32_t& value) {
  const bool traps = (address & (size - 1) & core.alignment_traps) != 0;
  if (traps || !core.memory->IsDevice(address) || core.system->MpuEnabled()) return false;
  core.now = core.horizon - static_cast<uint64_t>(core.fuel) - op->remaining;
  core.spin.steady = false;
  if (!core.peripherals->ReadAtOnce<size>(core, op->pc, address, value)) return false;
  core.spin.effect = true;
  return true;
}

// The slow way is a function of its own, so that the direct one needs no stack frame.
template <Kind kind, typename Address>
[[gnu::noinline]] const Op* LoadOneSlowly(Core& core, const Op* op) {
  const uint32_t address = Address::Of(core, op);
  uint32_t value = 0;
  if (!LoadAtOnce<SizeOf(kind)>(core, op, address, value) &&
      !LoadSlowly(core, op, address, SizeOf(kind), value)) {
    return Stopped(core, op);
  }
  Address::Update(core, op);
  core.r[op->rd] = Extended<kind>(value);
  PERCUSS_NEXT(core, op);
}

template <Kind kind, typename Address>
const Op* LoadOne(Core& core, const Op* op) {
  const uint8_t* from = DirectLoad<SizeOf(kind)>(core, Address::Of(core, op));
  if (PERCUSS_UNLIKELY(from == nullptr)) PERCUSS_TAIL LoadOneSlowly<kind, Address>(core, op);
  Address::Update(core, op);
  core.r[op->rd] = Extended<kind>(BytesAt<SizeOf(kind)>(from));
  PERCUSS_NEXT(core, op);
}

template <Kind kind, typename Address>
const Op* LoadSp(Core& core, const Op* op) {
  uint32_t value = 0;
  if (!Load<SizeOf(kind)>(core, op, Address::Of(core, op), value)) return Stopped(core, op);
  Address::Update(core, op);
  core.r[kSp] = Extended<kind>(value) & ~uint32_t{3};
  PERCUSS_NEXT(core, op);
}

template <Kind kind, typename Address>
const Op* LoadPc(Core& core, const Op* op) {
  uint32_t value = 0;
  if (!Load<SizeOf(kind)>(core, op, Address::Of(core, op), value)) return Stopped(core, op);
  Address::Update(core, op);
  return Exchange(core, op, value);
}

template <Kind kind, typename Address>
[[gnu::noinline]] const Op* StoreOneSlowly(Core& core, const Op* op) {
  if (!StoreSlowly(core, op, Address::Of(core, op), SizeOf(kind), core.r[op->rd])) {
    return Stopped(core, op);
  }
  Address::Update(core, op);
  PERCUSS_AFTER_STORE(core, op);
}

template <Kind kind, typename Address>
const Op* StoreOne(Core& core, const Op* op) {
  uint8_t* to = DirectStore<SizeOf(kind)>(core, Address::Of(core, op));
  if (PERCUSS_UNLIKELY(to == nullptr)) PERCUSS_TAIL StoreOneSlowly<kind, Address>(core, op);
  std::memcpy(to, &core.r[op->rd], SizeOf(kind));
  Address::Update(core, op);
  PERCUSS_NEXT(core, op);
}

template <Kind kind, typename Address>
Handler Loading(const Decoded& decoded) {
  if (kind == Kind::kWord && decoded.rd == kPc) return LoadPc<kind, Address>;
  if (decoded.rd == kSp) return LoadSp<kind, Address>;
  return LoadOne<kind, Address>;
}

bool MovesSpOddly(const Decoded& decoded) {
  return decoded.rn == kSp && (decoded.imm & 3U) != 0 && (!decoded.index || decoded.write_back);
}

template <Kind kind>
Handler LoadImmediate(const Decoded& decoded) {
  if (MovesSpOddly(decoded)) {
    return decoded.index ? Loading<kind, OddlyIndexedSp<PreIndexed>>(decoded)
                         : Loading<kind, OddlyIndexedSp<PostIndexed>>(decoded);
  }
  if (!decoded.index) return Loading<kind, PostIndexed>(decoded);
  if (decoded.write_back) return Loading<kind, PreIndexed>(decoded);
  return Loading<kind, Offset>(decoded);
}

template <Kind kind>
Handler StoreImmediate(const Decoded& decoded) {
  if (MovesSpOddly(decoded)) {
    return decoded.index ? StoreOne<kind, OddlyIndexedSp<PreIndexed>>
                         : StoreOne<kind, OddlyIndexedSp<PostIndexed>>;
  }
  if (!decoded.index) return StoreOne<kind, PostIndexed>;
  if (decoded.write_back) return StoreOne<kind, PreIndexed>;
  return StoreOne<kind, Offset>;
}

template <typename Address, Target target>
const Op* LoadPair(Core& core, const Op* op) {
  const uint32_t address = Address::Of(core, op);
  if ((address & 3U) != 0) return Unaligned(core, op, address);
  uint32_t first = 0;
  uint32_t second = 0;
  if (!Load<4>(core, op, address, first)) return Stopped(core, op);
  if (!Load<4>(core, op, address + 4, second)) {
    // As QEMU; but what the instruction needs to be run again stays as it was.
    if (core.fault != kNoFault && op->rd != op->rn) core.r[op->rd] = first;
    core.r[kSp] &= ~3U;
    return Stopped(core, op);
  }
  Address::Update(core, op);
  core.r[op->rd] = first;
  core.r[op->ra] = second;
  if constexpr (target == Target::kToPc) core.r[kSp] &= ~3U;
  PERCUSS_TAIL GoOnFrom<target>(core, op);
}

template <typename Address>
const Op* StorePair(Core& core, const Op* op) {
  const uint32_t address = Address::Of(core, op);
  if ((address & 3U) != 0) return Unaligned(core, op, address);
  if (!Store<4>(core, op, address, core.r[op->rd]) ||
      !Store<4>(core, op, address + 4, core.r[op->ra])) {
    return Stopped(core, op);
  }
  Address::Update(core, op);
  PERCUSS_AFTER_STORE(core, op);
}

// LDRT and the like: as a program without privileges would.
template <typename Run>
const Op* Unprivileged(Core& core, Run run) {
  const bool lowered = core.Privileged();
  core.unprivileged_access = true;
  if (lowered) core.memory->ForgetPermissions();
  const Op* next = run();
  core.unprivileged_access = false;
  if (lowered) core.memory->ForgetPermissions();
  return next;
}

template <Kind kind>
const Op* LoadUnprivileged(Core& core, const Op* op) {
  const Op* next = Unprivileged(core, [&core, op]() -> const Op* {
    uint32_t value = 0;
    if (!Load<SizeOf(kind)>(core, op, core.r[op->rn] + op->imm, value)) return Stopped(core, op);
    core.r[op->rd] = Extended<kind>(value);
    core.r[kSp] &= ~3U;
    return op;
  });
  if (next == nullptr) return nullptr;
  PERCUSS_NEXT(core, next);
}

template <Kind kind>
const Op* StoreUnprivileged(Core& core, const Op* op) {
  const Op* next = Unprivileged(core, [&core, op]() -> const Op* {
    const bool stored = Store<SizeOf(kind)>(core, op, core.r[op->rn] + op->imm, core.r[op->rd]);
    return stored ? op : Stopped(core, op);
  });
  if (next == nullptr) return nullptr;
  PERCUSS_AFTER_STORE(core, next);
}

template <uint32_t size>
const Op* LoadExclusive(Core& core, const Op* op) {
  const uint32_t address = core.r[op->rn] + op->imm;
  if ((address & (size - 1)) != 0) return Unaligned(core, op, address);
  uint32_t value = 0;
  if (!Load<size>(core, op, address, value)) return Stopped(core, op);
  core.exclusive = true;
  core.exclusive_address = address;
  core.exclusive_value = value;
  core.r[op->rd] = value;
  PERCUSS_NEXT(core, op);
}

// As QEMU's monitor: it holds while the memory has the value that was loaded. An address that is
// not aligned is never the monitor's, so that is no fault.
template <uint32_t size>
const Op* StoreExclusive(Core& core, const Op* op) {
  const uint32_t address = core.r[op->rn] + op->imm;
  uint32_t status = 1;
  if (core.exclusive && core.exclusive_address == address) {
    uint32_t value = 0;
    if (!Load<size>(core, op, address, value)) return Stopped(core, op);
    if (value == core.exclusive_value) {
      if (!Store<size>(core, op, address, core.r[op->rd])) return Stopped(core, op);
      status = 0;
    }
  }
  core.exclusive = false;
  core.r[op->ra] = status;
  PERCUSS_AFTER_STORE(core, op);
}

const Op* ClearExclusive(Core& core, const Op* op) {
  core.exclusive = false;
  PERCUSS_NEXT(core, op);
}

Handler LoadHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kLdrImmediate:
      return LoadImmediate<Kind::kWord>(decoded);
    case Operation::kLdrLiteral:
      return Loading<Kind::kWord, Literal>(decoded);
    case Operation::kLdrRegister:
      return Loading<Kind::kWord, Register>(decoded);
    case Operation::kLdrbImmediate:
      return LoadImmediate<Kind::kByte>(decoded);
    case Operation::kLdrbLiteral:
      return Loading<Kind::kByte, Literal>(decoded);
    case Operation::kLdrbRegister:
      return Loading<Kind::kByte, Register>(decoded);
    case Operation::kLdrhImmediate:
      return LoadImmediate<Kind::kHalf>(decoded);
    case Operation::kLdrhLiteral:
      return Loading<Kind::kHalf, Literal>(decoded);
    case Operation::kLdrhRegister:
      return Loading<Kind::kHalf, Register>(decoded);
    case Operation::kLdrsbImmediate:
      return LoadImmediate<Kind::kSignedByte>(decoded);
    case Operation::kLdrsbLiteral:
      return Loading<Kind::kSignedByte, Literal>(decoded);
    case Operation::kLdrsbRegister:
      return Loading<Kind::kSignedByte, Register>(decoded);
    case Operation::kLdrshImmediate:
      return LoadImmediate<Kind::kSignedHalf>(decoded);
    case Operation::kLdrshLiteral:
      return Loading<Kind::kSignedHalf, Literal>(decoded);
    case Operation::kLdrshRegister:
      return Loading<Kind::kSignedHalf, Register>(decoded);
    default:
      return nullptr;
  }
}

Handler StoreHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kStrImmediate:
      return StoreImmediate<Kind::kWord>(decoded);
    case Operation::kStrRegister:
      return StoreOne<Kind::kWord, Register>;
    case Operation::kStrbImmediate:
      return StoreImmediate<Kind::kByte>(decoded);
    case Operation::kStrbRegister:
      return StoreOne<Kind::kByte, Register>;
    case Operation::kStrhImmediate:
      return StoreImmediate<Kind::kHalf>(decoded);
    case Operation::kStrhRegister:
      return StoreOne<Kind::kHalf, Register>;
    default:
      return nullptr;
  }
}

template <typename Address>
Handler LoadingPair(const Decoded& decoded) {
  return ByTarget(TargetOf(decoded.rd, decoded.ra), [](auto target) -> Handler {
    return LoadPair<Address, decltype(target)::value>;
  });
}

Handler PairHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kLdrdLiteral:
      return LoadingPair<Literal>(decoded);
    case Operation::kLdrdImmediate:
      return !decoded.index       ? LoadingPair<PostIndexed>(decoded)
             : decoded.write_back ? LoadingPair<PreIndexed>(decoded)
                                  : LoadingPair<Offset>(decoded);
    case Operation::kStrdImmediate:
      return !decoded.index       ? StorePair<PostIndexed>
             : decoded.write_back ? StorePair<PreIndexed>
                                  : StorePair<Offset>;
    default:
      return nullptr;
  }
}

Handler UnprivilegedHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kLdrt:
      return LoadUnprivileged<Kind::kWord>;
    case Operation::kLdrbt:
      return LoadUnprivileged<Kind::kByte>;
    case Operation::kLdrht:
      return LoadUnprivileged<Kind::kHalf>;
    case Operation::kLdrsbt:
      return LoadUnprivileged<Kind::kSignedByte>;
    case Operation::kLdrsht:
      return LoadUnprivileged<Kind::kSignedHalf>;
    case Operation::kStrt:
      return StoreUnprivileged<Kind::kWord>;
    case Operation::kStrbt:
      return StoreUnprivileged<Kind::kByte>;
    case Operation::kStrht:
      return StoreUnprivileged<Kind::kHalf>;
    default:
      return nullptr;
  }
}

Handler ExclusiveHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kLdrex:
      return LoadExclusive<4>;
    case Operation::kLdrexb:
      return LoadExclusive<1>;
    case Operation::kLdrexh:
      return LoadExclusive<2>;
    case Operation::kStrex:
      return StoreExclusive<4>;
    case Operation::kStrexb:
      return StoreExclusive<1>;
    case Operation::kStrexh:
      return StoreExclusive<2>;
    case Operation::kClrex:
      return ClearExclusive;
    default:
      return nullptr;
  }
}

}  // namespace

Handler MemoryHandler(const Decoded& decoded) {
  for (const auto group :
       {LoadHandler, StoreHandler, PairHandler, UnprivilegedHandler, ExclusiveHandler}) {
    if (const Handler handler = group(decoded)) return handler;
  }
  return nullptr;
}

}  // namespace percuss::rehost
