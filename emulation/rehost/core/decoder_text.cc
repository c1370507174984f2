// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder_text.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <iterator>

namespace percuss::rehost {
namespace {

using enum Operation;

// An operation's mnemonic and operands. In operands d, n, m, a are core registers, A one that may
// be APSR, D, N, M singles, P two of them, F one or two; # is imm, @ too, o is imm less Align(PC,
// 4), c `amount`, f imm as a float, z 0, i flags; s a shift, t of one, r a rotation; & an address,
// w its write back, { and L lists, q pc, C FPSCR. In mnemonics % is t or b, of N before M, 'x an x
// if the variant says so, & a parallel one's prefix, ~ r for rounding, ^ u or s, * 16 or 32, ` t or
// b, > id or ie, ? a condition. Everything else stands for itself.
struct Syntax {
  Operation operation;
  const char* mnemonic;
  const char* operands;
};

constexpr Syntax kSyntaxes[] = {
    {kAdcImmediate, "adc", "d, n, #"},
    {kAdcRegister, "adc", "d, n, ms"},
    {kAddImmediate, "add", "d, n, #"},
    {kAddRegister, "add", "d, n, ms"},
    {kAdr, "adr", "d, o"},
    {kAndImmediate, "and", "d, n, #"},
    {kAndRegister, "and", "d, n, ms"},
    {kBicImmediate, "bic", "d, n, #"},
    {kBicRegister, "bic", "d, n, ms"},
    {kCmnImmediate, "cmn", "n, #"},
    {kCmnRegister, "cmn", "n, ms"},
    {kCmpImmediate, "cmp", "n, #"},
    {kCmpRegister, "cmp", "n, ms"},
    {kEorImmediate, "eor", "d, n, #"},
    {kEorRegister, "eor", "d, n, ms"},
    {kMovImmediate, "mov", "d, #"},
    {kMovRegister, "mov", "d, m"},
    {kMovt, "movt", "d, #"},
    {kMvnImmediate, "mvn", "d, #"},
    {kMvnRegister, "mvn", "d, ms"},
    {kOrnImmediate, "orn", "d, n, #"},
    {kOrnRegister, "orn", "d, n, ms"},
    {kOrrImmediate, "orr", "d, n, #"},
    {kOrrRegister, "orr", "d, n, ms"},
    {kRsbImmediate, "rsb", "d, n, #"},
    {kRsbRegister, "rsb", "d, n, ms"},
    {kSbcImmediate, "sbc", "d, n, #"},
    {kSbcRegister, "sbc", "d, n, ms"},
    {kSubImmediate, "sub", "d, n, #"},
    {kSubRegister, "sub", "d, n, ms"},
    {kTeqImmediate, "teq", "n, #"},
    {kTeqRegister, "teq", "n, ms"},
    {kTstImmediate, "tst", "n, #"},
    {kTstRegister, "tst", "n, ms"},
    {kAsrImmediate, "asr", "d, m, c"},
    {kAsrRegister, "asr", "d, n, m"},
    {kLslImmediate, "lsl", "d, m, c"},
    {kLslRegister, "lsl", "d, n, m"},
    {kLsrImmediate, "lsr", "d, m, c"},
    {kLsrRegister, "lsr", "d, n, m"},
    {kRorImmediate, "ror", "d, m, c"},
    {kRorRegister, "ror", "d, n, m"},
    {kRrx, "rrx", "d, m"},
    {kBfc, "bfc", "d, c, #"},
    {kBfi, "bfi", "d, n, c, #"},
    {kClz, "clz", "d, m"},
    {kRbit, "rbit", "d, m"},
    {kRev, "rev", "d, m"},
    {kRev16, "rev16", "d, m"},
    {kRevsh, "revsh", "d, m"},
    {kSbfx, "sbfx", "d, n, c, #"},
    {kUbfx, "ubfx", "d, n, c, #"},
    {kSxtab, "sxtab", "d, n, mr"},
    {kSxtab16, "sxtab16", "d, n, mr"},
    {kSxtah, "sxtah", "d, n, mr"},
    {kSxtb, "sxtb", "d, mr"},
    {kSxtb16, "sxtb16", "d, mr"},
    {kSxth, "sxth", "d, mr"},
    {kUxtab, "uxtab", "d, n, mr"},
    {kUxtab16, "uxtab16", "d, n, mr"},
    {kUxtah, "uxtah", "d, n, mr"},
    {kUxtb, "uxtb", "d, mr"},
    {kUxtb16, "uxtb16", "d, mr"},
    {kUxth, "uxth", "d, mr"},
    {kMul, "mul", "d, n, m"},
    {kMla, "mla", "d, n, m, a"},
    {kMls, "mls", "d, n, m, a"},
    {kSdiv, "sdiv", "d, n, m"},
    {kUdiv, "udiv", "d, n, m"},
    {kSmull, "smull", "a, d, n, m"},
    {kUmull, "umull", "a, d, n, m"},
    {kSmlal, "smlal", "a, d, n, m"},
    {kUmlal, "umlal", "a, d, n, m"},
    {kUmaal, "umaal", "a, d, n, m"},
    {kSmlabb, "smla%%", "d, n, m, a"},
    {kSmlad, "smlad'x", "d, n, m, a"},
    {kSmlalbb, "smlal%%", "a, d, n, m"},
    {kSmlald, "smlald'x", "a, d, n, m"},
    {kSmlawb, "smlaw%", "d, n, m, a"},
    {kSmlsd, "smlsd'x", "d, n, m, a"},
    {kSmlsld, "smlsld'x", "a, d, n, m"},
    {kSmmla, "smmla'r", "d, n, m, a"},
    {kSmmls, "smmls'r", "d, n, m, a"},
    {kSmmul, "smmul'r", "d, n, m"},
    {kSmuad, "smuad'x", "d, n, m"},
    {kSmulbb, "smul%%", "d, n, m"},
    {kSmulwb, "smulw%", "d, n, m"},
    {kSmusd, "smusd'x", "d, n, m"},
    {kQadd, "qadd", "d, m, n"},
    {kQdadd, "qdadd", "d, m, n"},
    {kQdsub, "qdsub", "d, m, n"},
    {kQsub, "qsub", "d, m, n"},
    {kSsat, "ssat", "d, #, ns"},
    {kSsat16, "ssat16", "d, #, n"},
    {kUsat, "usat", "d, #, ns"},
    {kUsat16, "usat16", "d, #, n"},
    {kParallelAdd16, "&add16", "d, n, m"},
    {kParallelAsx, "&asx", "d, n, m"},
    {kParallelSax, "&sax", "d, n, m"},
    {kParallelSub16, "&sub16", "d, n, m"},
    {kParallelAdd8, "&add8", "d, n, m"},
    {kParallelSub8, "&sub8", "d, n, m"},
    {kPkhbt, "pkhbt", "d, n, ms"},
    {kPkhtb, "pkhtb", "d, n, ms"},
    {kSel, "sel", "d, n, m"},
    {kUsad8, "usad8", "d, n, m"},
    {kUsada8, "usada8", "d, n, m, a"},
    {kLdrImmediate, "ldr", "d, &"},
    {kLdrLiteral, "ldr", "d, [q, o]"},
    {kLdrRegister, "ldr", "d, [n, ms]"},
    {kLdrbImmediate, "ldrb", "d, &"},
    {kLdrbLiteral, "ldrb", "d, [q, o]"},
    {kLdrbRegister, "ldrb", "d, [n, ms]"},
    {kLdrhImmediate, "ldrh", "d, &"},
    {kLdrhLiteral, "ldrh", "d, [q, o]"},
    {kLdrhRegister, "ldrh", "d, [n, ms]"},
    {kLdrsbImmediate, "ldrsb", "d, &"},
    {kLdrsbLiteral, "ldrsb", "d, [q, o]"},
    {kLdrsbRegister, "ldrsb", "d, [n, ms]"},
    {kLdrshImmediate, "ldrsh", "d, &"},
    {kLdrshLiteral, "ldrsh", "d, [q, o]"},
    {kLdrshRegister, "ldrsh", "d, [n, ms]"},
    {kLdrdImmediate, "ldrd", "d, a, &"},
    {kLdrdLiteral, "ldrd", "d, a, [q, o]"},
    {kStrImmediate, "str", "d, &"},
    {kStrRegister, "str", "d, [n, ms]"},
    {kStrbImmediate, "strb", "d, &"},
    {kStrbRegister, "strb", "d, [n, ms]"},
    {kStrhImmediate, "strh", "d, &"},
    {kStrhRegister, "strh", "d, [n, ms]"},
    {kStrdImmediate, "strd", "d, a, &"},
    {kLdrt, "ldrt", "d, &"},
    {kLdrbt, "ldrbt", "d, &"},
    {kLdrht, "ldrht", "d, &"},
    {kLdrsbt, "ldrsbt", "d, &"},
    {kLdrsht, "ldrsht", "d, &"},
    {kStrt, "strt", "d, &"},
    {kStrbt, "strbt", "d, &"},
    {kStrht, "strht", "d, &"},
    {kLdm, "ldm", "nw, {"},
    {kLdmdb, "ldmdb", "nw, {"},
    {kStm, "stm", "nw, {"},
    {kStmdb, "stmdb", "nw, {"},
    {kLdrex, "ldrex", "d, &"},
    {kLdrexb, "ldrexb", "d, &"},
    {kLdrexh, "ldrexh", "d, &"},
    {kStrex, "strex", "a, d, &"},
    {kStrexb, "strexb", "a, d, &"},
    {kStrexh, "strexh", "a, d, &"},
    {kClrex, "clrex", ""},
    {kB, "b?", "@"},
    {kBl, "bl", "@"},
    {kBlxRegister, "blx", "m"},
    {kBx, "bx", "m"},
    {kCbz, "cbz", "n, @"},
    {kCbnz, "cbnz", "n, @"},
    {kTbb, "tbb", "[n, m]"},
    {kTbh, "tbh", "[n, mt]"},
    {kBkpt, "bkpt", "#"},
    {kCps, "cps>", "i"},
    {kDbg, "dbg", "#"},
    {kDmb, "dmb", ""},
    {kDsb, "dsb", ""},
    {kIsb, "isb", ""},
    {kIt, "it", ""},
    {kNop, "nop", ""},
    {kSev, "sev", ""},
    {kSvc, "svc", "#"},
    {kWfe, "wfe", ""},
    {kWfi, "wfi", ""},
    {kYield, "yield", ""},
    {kMrs, "mrs", "d"},
    {kMsr, "msr", "n"},
    {kPld, "pld", ""},
    {kVabs, "vabs.f32", "D, M"},
    {kVadd, "vadd.f32", "D, N, M"},
    {kVcmp, "vcmp.f32", "D, M"},
    {kVcmpe, "vcmpe.f32", "D, M"},
    {kVcmpZero, "vcmp.f32", "D, z"},
    {kVcmpeZero, "vcmpe.f32", "D, z"},
    {kVdiv, "vdiv.f32", "D, N, M"},
    {kVfma, "vfma.f32", "D, N, M"},
    {kVfms, "vfms.f32", "D, N, M"},
    {kVfnma, "vfnma.f32", "D, N, M"},
    {kVfnms, "vfnms.f32", "D, N, M"},
    {kVmla, "vmla.f32", "D, N, M"},
    {kVmls, "vmls.f32", "D, N, M"},
    {kVmovImmediate, "vmov.f32", "D, f"},
    {kVmovRegister, "vmov.f32", "D, M"},
    {kVmul, "vmul.f32", "D, N, M"},
    {kVneg, "vneg.f32", "D, M"},
    {kVnmla, "vnmla.f32", "D, N, M"},
    {kVnmls, "vnmls.f32", "D, N, M"},
    {kVnmul, "vnmul.f32", "D, N, M"},
    {kVsqrt, "vsqrt.f32", "D, M"},
    {kVsub, "vsub.f32", "D, N, M"},
    {kVcvtToInteger, "vcvt~.^32.f32", "D, M"},
    {kVcvtFromInteger, "vcvt.f32.^32", "D, M"},
    {kVcvtToFixed, "vcvt.^*.f32", "D, D, #"},
    {kVcvtFromFixed, "vcvt.f32.^*", "D, D, #"},
    {kVcvtToHalf, "vcvt`.f16.f32", "D, M"},
    {kVcvtFromHalf, "vcvt`.f32.f16", "D, M"},
    {kVmovCoreToSingle, "vmov", "D, a"},
    {kVmovSingleToCore, "vmov", "a, D"},
    {kVmovCoreToPair, "vmov", "P, a, n"},
    {kVmovPairToCore, "vmov", "a, n, P"},
    {kVmovCoreToScalar, "vmov.32", "D, a"},
    {kVmovScalarToCore, "vmov.32", "a, D"},
    {kVmrs, "vmrs", "A, C"},
    {kVmsr, "vmsr", "C, a"},
    {kVldr, "vldr", "F, &"},
    {kVstr, "vstr", "F, &"},
    {kVldm, "vldmia", "nw, L"},
    {kVstm, "vstmia", "nw, L"},
    {kVldmdb, "vldmdb", "nw, L"},
    {kVstmdb, "vstmdb", "nw, L"},
};

std::string Number(uint32_t value) { return "#" + std::to_string(static_cast<int32_t>(value)); }

std::string Core(unsigned number) {
  if (number == 13) return "sp";
  if (number == 14) return "lr";
  if (number == 15) return "pc";
  return "r" + std::to_string(number);
}

std::string Single(unsigned number) { return "s" + std::to_string(number); }

std::string Pair(unsigned number) { return Single(number) + ", " + Single(number + 1); }

const char* Condition(const Decoded& decoded) {
  static const char* const kNames[] = {"eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc",
                                       "hi", "ls", "ge", "lt", "gt", "le", "",   ""};
  return kNames[decoded.condition & 15];
}

std::string ShiftText(const Decoded& decoded) {
  static const char* const kNames[] = {"lsl", "lsr", "asr", "ror", "rrx"};
  if (decoded.shift == Shift::kRrx) return ", rrx";
  if (decoded.amount == 0) return "";
  return std::string(", ") + kNames[static_cast<int>(decoded.shift)] + " " + Number(decoded.amount);
}

std::string Offset(const Decoded& decoded) {
  return "#" + std::string(decoded.add ? "" : "-") + std::to_string(decoded.imm);
}

std::string MemoryText(const Decoded& decoded) {
  const std::string base = "[" + Core(decoded.rn);
  if (!decoded.index) return base + "], " + Offset(decoded);
  const bool none = decoded.imm == 0 && decoded.add && !decoded.write_back;
  return base + (none ? "" : ", " + Offset(decoded)) + "]" + (decoded.write_back ? "!" : "");
}

std::string ListText(const Decoded& decoded) {
  std::string text;
  for (unsigned i = 0; i < 16; ++i) {
    if ((decoded.registers >> i & 1) != 0) text += (text.empty() ? "" : ", ") + Core(i);
  }
  return "{" + text + "}";
}

std::string SinglesText(const Decoded& decoded) {
  std::string text;
  const uint32_t words = decoded.imm & ~uint32_t{decoded.variant};
  for (uint32_t i = 0; i < words; ++i) {
    text += (text.empty() ? "" : ", ") + Single(decoded.rd + i);
  }
  return "{" + text + "}";
}

std::string FlagsText(uint32_t flags) {
  static const char* const kNames[] = {"none", "f", "i", "if"};
  return kNames[flags & 3];
}

std::string FloatText(uint32_t bits) {
  char text[32];
  std::snprintf(text, sizeof(text), "#%e", double{std::bit_cast<float>(bits)});
  return text;
}

std::string MnemonicText(const Decoded& decoded, const char* form) {
  static const char* const kPrefixes[] = {"s", "q", "sh", "?", "u", "uq", "uh"};
  const unsigned variant = decoded.variant;
  const std::string view = form;
  std::string text;
  for (size_t i = 0; i < view.size(); ++i) {
    const bool first_half = i + 1 < view.size() && view[i + 1] == '%';
    switch (view[i]) {
      case '%':
        text += (variant >> (first_half ? 1 : 0) & 1) != 0 ? "t" : "b";
        break;
      case '\'':
        ++i;
        if ((variant & 1) != 0) text += view[i];
        break;
      case '&':
        text += kPrefixes[variant];
        break;
      case '~':
        text += (variant & 2) != 0 ? "" : "r";
        break;
      case '^':
        text += (variant & 1) != 0 ? "u" : "s";
        break;
      case '*':
        text += (variant & 4) != 0 ? "16" : "32";
        break;
      case '`':
        text += (variant & 1) != 0 ? "t" : "b";
        break;
      case '>':
        text += (variant & 1) != 0 ? "id" : "ie";
        break;
      case '?':
        text += Condition(decoded);
        break;
      default:
        text += view[i];
    }
  }
  return text;
}

std::string OperandText(const Decoded& decoded, char form, uint32_t address) {
  switch (form) {
    case 'd':
      return Core(decoded.rd);
    case 'n':
      return Core(decoded.rn);
    case 'm':
      return Core(decoded.rm);
    case 'a':
      return Core(decoded.ra);
    case 'A':
      return decoded.ra == 15 ? "apsr_nzcv" : Core(decoded.ra);
    case 'D':
      return Single(decoded.rd);
    case 'N':
      return Single(decoded.rn);
    case 'M':
      return Single(decoded.rm);
    case 'P':
      return Pair(decoded.rd);
    case 'F':
      return decoded.variant != 0 ? Pair(decoded.rd) : Single(decoded.rd);
    case '#':
    case '@':
      return Number(decoded.imm);
    case 'c':
      return Number(decoded.amount);
    case 'f':
      return FloatText(decoded.imm);
    case 'o':
      return Number(decoded.imm - ((address + 4) & ~3U));
    case 's':
      return ShiftText(decoded);
    case 'r':
      return decoded.amount == 0 ? "" : ", ror " + Number(decoded.amount);
    case 't':
      return ", lsl #1";
    case 'z':
      return "#0";
    case 'q':
      return "pc";
    case 'C':
      return "fpscr";
    case 'i':
      return FlagsText(decoded.imm);
    case 'w':
      return decoded.write_back ? "!" : "";
    case '&':
      return MemoryText(decoded);
    case '{':
      return ListText(decoded);
    case 'L':
      return SinglesText(decoded);
    default:
      return std::string(1, form);
  }
}

bool IsCompare(Operation operation) {
  return operation == kCmnImmediate || operation == kCmnRegister || operation == kCmpImmediate ||
         operation == kCmpRegister || operation == kTeqImmediate || operation == kTeqRegister ||
         operation == kTstImmediate || operation == kTstRegister;
}

}  // namespace

std::string TextOf(const Decoded& decoded, uint32_t address) {
  if (decoded.operation == kUndefined) return "undefined";
  if (decoded.operation == kCoprocessor) return "coprocessor";
  const auto* found = std::find_if(
      std::begin(kSyntaxes), std::end(kSyntaxes),
      [&decoded](const Syntax& syntax) { return syntax.operation == decoded.operation; });
  if (found == std::end(kSyntaxes)) return "?";
  std::string text = MnemonicText(decoded, found->mnemonic);
  if (decoded.set_flags && !IsCompare(decoded.operation)) text += "s";
  if (*found->operands != '\0') text += " ";
  for (const char* form = found->operands; *form != '\0'; ++form) {
    text += OperandText(decoded, *form, address);
  }
  return text;
}

}  // namespace percuss::rehost
