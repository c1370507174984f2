// SPDX-License-Identifier: Apache-2.0
//
// Against capstone, which decodes by tables made from LLVM's description of Arm: what our fields
// mean, written in its syntax, is what it writes, or there is a reason why not.
#include <capstone/capstone.h>
#include <gtest/gtest.h>

#include <bit>
#include <cctype>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>

#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/decoder_table.h"
#include "emulation/rehost/core/decoder_text.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kAddress = 0x08001002;

std::string Single(unsigned number) { return "s" + std::to_string(number); }

std::string Pair(unsigned number) { return Single(number) + ", " + Single(number + 1); }

using Names = std::map<std::string, std::string>;

std::string NameIn(const Names& names, const std::string& name) {
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

std::string NumberOf(const std::string& token) {
  const bool minus = token[1] == '-';
  const auto value = std::stoull(token.substr(minus ? 2 : 1), nullptr, 0);
  if (minus) return "#-" + std::to_string(value);
  return "#" + std::to_string(static_cast<int32_t>(static_cast<uint32_t>(value)));
}

std::string TokenOf(const std::string& token) {
  static const Names kRegisters = {{"sb", "r9"}, {"sl", "r10"}, {"fp", "r11"}, {"ip", "r12"}};
  const bool is_float = token.find('.') != std::string::npos;
  if (token[0] == '#') return is_float ? token : NumberOf(token);
  if (token[0] != 'd' || token.size() < 2 || std::isdigit(token[1]) == 0) {
    return NameIn(kRegisters, token);
  }
  const auto number = static_cast<unsigned>(std::stoul(token.substr(1)));
  if (token.back() != ']') return Pair(number * 2);
  return Single(number * 2 + (token[token.size() - 2] == '1' ? 1 : 0));
}

bool Continues(char start, char next) {
  if (std::isalnum(static_cast<unsigned char>(next)) != 0 || next == '_') return true;
  return start == '#' && (next == '-' || next == '+' || next == '.');
}

std::string OperandsWithout(const std::string& operands) {
  std::string text;
  for (size_t begin = 0, end = 0; begin < operands.size(); begin = end) {
    end = begin + 1;
    const char start = operands[begin];
    if (start != '#' && std::isalpha(static_cast<unsigned char>(start)) == 0) {
      text += start;
      continue;
    }
    while (end < operands.size() && Continues(start, operands[end])) ++end;
    if (start == 'd' && operands.compare(end, 1, "[") == 0) end += 3;
    text += TokenOf(operands.substr(begin, end - begin));
  }
  return text;
}

// What capstone writes, of which the differences that are none are taken away: widths, names for
// operations on the stack, names of registers and doubles, and a register that is said once.
std::string Normal(std::string mnemonic, const std::string& operands) {
  static const Names kSame = {{"addw", "add"}, {"subw", "sub"}, {"movw", "mov"}};
  static const Names kStack = {
      {"push", "stmdb"}, {"pop", "ldm"}, {"vpush", "vstmdb"}, {"vpop", "vldmia"}};
  static const std::set<std::string> kTwice = {"adc", "add", "and", "asr", "bic", "eor",
                                               "lsl", "lsr", "orr", "ror", "sbc", "sub"};
  if (mnemonic.ends_with(".w")) mnemonic.resize(mnemonic.size() - 2);
  std::string text = OperandsWithout(operands);
  if (kStack.contains(mnemonic)) text = "sp!, " + text;
  mnemonic = NameIn(kStack, NameIn(kSame, mnemonic));
  const std::string base =
      mnemonic.ends_with("s") ? mnemonic.substr(0, mnemonic.size() - 1) : mnemonic;
  const size_t comma = text.find(',');
  if (kTwice.contains(base) && comma != std::string::npos && comma == text.rfind(',')) {
    text = text.substr(0, comma) + ", " + text;
  }
  return text.empty() ? mnemonic : mnemonic + " " + text;
}

class Capstone {
 public:
  Capstone() {
    cs_open(CS_ARCH_ARM, static_cast<cs_mode>(CS_MODE_THUMB | CS_MODE_MCLASS), &handle_);
  }
  ~Capstone() { cs_close(&handle_); }
  Capstone(const Capstone&) = delete;
  Capstone& operator=(const Capstone&) = delete;

  std::string Text(uint16_t first, uint16_t second) {
    const uint8_t bytes[] = {static_cast<uint8_t>(first), static_cast<uint8_t>(first >> 8),
                             static_cast<uint8_t>(second), static_cast<uint8_t>(second >> 8)};
    return Last(bytes, static_cast<size_t>(InstructionBytes(first)), 1);
  }

  // Of an instruction of 2 bytes behind IT EQ, without its condition.
  std::string TextInIt(uint16_t first) {
    const uint8_t bytes[] = {0x08, 0xbf, static_cast<uint8_t>(first),
                             static_cast<uint8_t>(first >> 8)};
    return Last(bytes, sizeof bytes, 2);
  }

 private:
  std::string Last(const uint8_t* bytes, size_t size, size_t number) {
    cs_insn* instructions = nullptr;
    const uint64_t address = number == 1 ? kAddress : kAddress - 2;
    const size_t found = cs_disasm(handle_, bytes, size, address, number, &instructions);
    std::string text = "undefined";
    if (found == number) {
      std::string mnemonic = instructions[number - 1].mnemonic;
      if (number == 2 && mnemonic.ends_with("eq")) mnemonic.resize(mnemonic.size() - 2);
      text = Normal(mnemonic, instructions[number - 1].op_str);
    }
    if (instructions != nullptr) cs_free(instructions, found);
    return text;
  }

  csh handle_ = 0;
};

struct Case {
  uint16_t first = 0;
  uint16_t second = 0;
  uint32_t bits = 0;  // both, or the first alone
  Decoded decoded;
  std::string ours;
  std::string theirs;
};

Case CaseOf(Capstone& capstone, uint16_t first, uint16_t second) {
  Case result;
  result.first = first;
  result.second = second;
  result.bits = InstructionBytes(first) == 4 ? uint32_t{first} << 16 | second : first;
  result.decoded = Decode(first, second, kAddress, false, DecoderOptions{});
  result.ours = TextOf(result.decoded, kAddress);
  result.theirs = capstone.Text(first, second);
  return result;
}

bool StartsWith(const std::string& text, const char* start) { return text.rfind(start, 0) == 0; }

std::string MnemonicOf(const std::string& text) { return text.substr(0, text.find(' ')); }

std::string OperandsOf(const std::string& text) {
  const size_t blank = text.find(' ');
  return blank == std::string::npos ? "" : text.substr(blank + 1);
}

// Of mnemonics with | between them.
bool Begins(const Case& one, const std::string& mnemonics) {
  return ("|" + mnemonics + "|").find("|" + MnemonicOf(one.theirs) + "|") != std::string::npos;
}

bool IsUndefined(const Case& one) { return one.ours == "undefined"; }

// That without these bits, which the manual has as (0), the instruction is what capstone says.
bool IsSameWithout(const Case& one, uint32_t bits) {
  if (!IsUndefined(one) || (one.bits & bits) == 0) return false;
  const uint32_t rest = one.bits & ~bits;
  const bool wide = InstructionBytes(one.first) == 4;
  const auto first = static_cast<uint16_t>(wide ? rest >> 16 : rest);
  const Decoded decoded =
      Decode(first, static_cast<uint16_t>(rest), kAddress, false, DecoderOptions{});
  return TextOf(decoded, kAddress) == one.theirs;
}

bool NamesSingleAbove31(const std::string& text) {
  for (unsigned number = 32; number < 64; ++number) {
    if ((text + ",").find(" " + Single(number) + ",") != std::string::npos) return true;
    if (text.find("{" + Single(number)) != std::string::npos) return true;
  }
  return false;
}

// Doubles' arithmetic, parts of vectors, and what Armv8 has.
bool IsOfOthers(const std::string& mnemonic) {
  static const std::set<std::string> kParts = {"vmov.8",  "vmov.16",  "vmov.s8",
                                               "vmov.u8", "vmov.s16", "vmov.u16"};
  return mnemonic.find(".f64") != std::string::npos || kParts.contains(mnemonic) ||
         StartsWith(mnemonic, "vdup") || StartsWith(mnemonic, "vrint");
}

// Why capstone may say something else: it is for all profiles, and lenient.
struct Exception {
  const char* reason;
  bool (*holds)(const Case& one);
};

constexpr Exception kExceptions[] = {
    {"UDF is undefined",
     [](const Case& one) { return IsUndefined(one) && Begins(one, "udf|trap"); }},
    {"CPS has no A here",
     [](const Case& one) {
       return IsUndefined(one) && Begins(one, "cpsie|cpsid") && (one.bits & 4) != 0;
     }},
    {"BX, BLX: should be zero, QEMU takes it as undefined",
     [](const Case& one) { return Begins(one, "bx|blx") && IsSameWithout(one, 7); }},
    {"ADD of sp is written the other way round",
     [](const Case& one) { return (one.bits & 0xff78) == 0x4468 && Begins(one, "add"); }},
    {"shifted register: bit 15 should be zero, QEMU takes it as undefined",
     [](const Case& one) {
       return (one.bits & 0xfe008000) == 0xea008000 && IsSameWithout(one, 0x8000);
     }},
    {"saturation, bit fields, extension: should be zero, QEMU takes it as undefined",
     [](const Case& one) {
       return IsSameWithout(one, (one.bits & 0xfb000000) == 0xf3000000 ? 0x04000020 : 0x40);
     }},
    {"ADR is written as an addition",
     [](const Case& one) {
       return one.decoded.operation == Operation::kAdr && Begins(one, "add|sub") &&
              OperandsOf(one.ours).substr(0, 2) == OperandsOf(one.theirs).substr(0, 2);
     }},
    {"REV and its like have rm twice, capstone shows the other one",
     [](const Case& one) {
       return Begins(one, "rev|rev16|revsh|rbit|clz") && (one.bits >> 16 & 15) != (one.bits & 15) &&
              one.ours.substr(0, one.ours.find(',')) == one.theirs.substr(0, one.theirs.find(','));
     }},
    {"SMMLS without accumulator is SMMUL for QEMU",
     [](const Case& one) {
       return StartsWith(one.ours, "smmul") && Begins(one, "smmls|smmlsr") &&
              (one.bits >> 12 & 15) == 15;
     }},
    {"saturation to more than 16 bits, which QEMU does",
     [](const Case& one) {
       return Begins(one, "undefined") &&
              (one.decoded.operation == Operation::kSsat16 ||
               one.decoded.operation == Operation::kUsat16) &&
              (one.bits & 16) != 0;
     }},
    {"lists with sp, or with both lr and pc, which QEMU does",
     [](const Case& one) {
       return Begins(one, "undefined") && std::popcount(one.decoded.registers) >= 2 &&
              ((one.bits & 0xa000) != 0);
     }},
    {"lists that QEMU takes as undefined: short, based on pc or on a register of them",
     [](const Case& one) {
       const unsigned base = one.bits >> 16 & 15;
       return IsUndefined(one) && Begins(one, "ldm|ldmdb|stm|stmdb") &&
              (std::popcount(one.second) < 2 || base == 15 ||
               ((one.bits & 0x200000) != 0 && (one.second >> base & 1) != 0));
     }},
    {"bit fields that end before they begin or beyond bit 31",
     [](const Case& one) { return IsUndefined(one) && Begins(one, "bfi|bfc|sbfx|ubfx"); }},
    {"MOVS to pc is a return from other profiles' exceptions",
     [](const Case& one) {
       return IsUndefined(one) && Begins(one, "movs|lsls|lsrs|asrs|rors|rrx|rrxs") &&
              (one.bits & 0xf00) == 0xf00;
     }},
    {"pairs at pc, stored or with write back",
     [](const Case& one) {
       return IsUndefined(one) && Begins(one, "ldrd|strd") && (one.first & 15) == 15;
     }},
    {"a sign for an offset of 0 from pc",
     [](const Case& one) {
       return one.decoded.rn == 0 && one.theirs.find("[pc, #-0]") != std::string::npos &&
              StartsWith(one.theirs, one.ours.substr(0, one.ours.find('#')).c_str());
     }},
    {"exclusive accesses that QEMU takes as undefined",
     [](const Case& one) {
       return IsUndefined(one) && Begins(one, "ldrex|ldrexb|ldrexh|strex|strexb|strexh");
     }},
    {"special registers' names are not compared, nor are there other profiles' here",
     [](const Case& one) {
       const bool is_special = (one.first & 0xffe0) == 0xf380 || (one.first & 0xffe0) == 0xf3e0;
       return is_special && Begins(one, "mrs|msr|mrseq|msreq|undefined");
     }},
    {"barriers' options are not compared",
     [](const Case& one) {
       return one.first == 0xf3bf && !IsUndefined(one) && StartsWith(one.theirs, one.ours.c_str());
     }},
    {"hints without meaning are NOP",
     [](const Case& one) { return one.ours == "nop" && Begins(one, "hint"); }},
    {"a sign for a literal's offset",
     [](const Case& one) {
       return one.decoded.operation == Operation::kLdrdLiteral && (one.second & 0xff) == 0;
     }},
    {"other profiles' HVC, SMC",
     [](const Case& one) { return IsUndefined(one) && Begins(one, "hvc|smc"); }},
    {"memory hints, of which there is one operation",
     [](const Case& one) {
       return one.decoded.operation == Operation::kPld &&
              (Begins(one, "pld|pldw|pli") || one.theirs == "undefined") &&
              (one.second >> 12) == 15;
     }},
    {"coprocessors that are not there",
     [](const Case& one) {
       const unsigned number = one.bits >> 8 & 15;
       return one.ours == "coprocessor" && number != 10 && number != 11 &&
              Begins(one,
                     "cdp|cdp2|ldc|ldcl|ldc2|ldc2l|stc|stcl|stc2|stc2l|mcr|mcr2|mcrr|mcrr2|mrc|"
                     "mrc2|mrrc|mrrc2|undefined");
     }},
    {"no second space of coprocessors 10 and 11",
     [](const Case& one) {
       return IsUndefined(one) && one.decoded.variant == 1 && one.first >> 12 == 15;
     }},
    {"no Advanced SIMD",
     [](const Case& one) {
       return IsUndefined(one) && StartsWith(one.theirs, "v") &&
              ((one.first & 0xef00) == 0xef00 || (one.first & 0xff10) == 0xf900);
     }},
    {"no arithmetic of doubles, vectors, nor of Armv8",
     [](const Case& one) {
       return IsUndefined(one) && one.decoded.variant == 1 && IsOfOthers(MnemonicOf(one.theirs));
     }},
    {"no registers above s31",
     [](const Case& one) {
       return IsUndefined(one) && one.decoded.variant == 1 && NamesSingleAbove31(one.theirs);
     }},
    {"no floating-point system registers but FPSCR, whose should-be-zero bits are",
     [](const Case& one) { return IsUndefined(one) && Begins(one, "vmrs|vmsr"); }},
    {"lists of singles that are empty, write to pc or go beyond the last one",
     [](const Case& one) {
       const uint32_t count = one.bits & 0xff;
       const uint32_t last = (one.bits >> 12 & 15) * 2 + (one.bits >> 22 & 1) + count;
       return IsUndefined(one) &&
              Begins(one, "vldmia|vldmdb|vstmia|vstmdb|fldmiax|fldmdbx|fstmiax|fstmdbx") &&
              (count < 2 || last > 32 || ((one.first & 15) == 15 && (one.first & 0x20) != 0));
     }},
    {"FLDMX is VLDM with an odd number",
     [](const Case& one) {
       return StartsWith(one.theirs, "f") && (one.bits & 0xf01) == 0xb01 &&
              OperandsOf(one.ours) == OperandsOf(one.theirs);
     }},
};

const char* ReasonOf(const Case& one) {
  for (const Exception& exception : kExceptions) {
    if (exception.holds(one)) return exception.reason;
  }
  return nullptr;
}

// Most of what is there is coprocessors and vectors; those are taken one time in sixteen.
Case RandomCase(Capstone& capstone, std::mt19937& random) {
  for (;;) {
    const auto bits = static_cast<uint32_t>(random());
    const auto first = static_cast<uint16_t>(0xe800 + (bits >> 16) % 0x1800);
    const auto second = static_cast<uint16_t>(bits);
    const unsigned group = first >> 8 & 15;
    const bool coprocessor = group >= 12 && group <= 14 && (second >> 9 & 7) != 5;
    const bool vector = group == 15 || (first & 0xff10) == 0xf900;
    if ((coprocessor || vector || first >> 10 == 0x3f) && random() % 16 != 0) continue;
    return CaseOf(capstone, first, second);
  }
}

// As a row has it, with chance for what it leaves open.
uint32_t BitsOf(const Row& row, std::mt19937& random) {
  uint32_t bits = 0;
  for (const char* bit = row.bits; *bit != '\0'; ++bit) {
    if (*bit == ' ') continue;
    const bool one = *bit == '0' || *bit == '1' ? *bit == '1' : random() % 2 != 0;
    bits = bits << 1 | (one ? 1U : 0U);
  }
  return bits;
}

class CapstoneTest : public testing::Test {
 protected:
  void Compare(const Case& one) {
    if (one.ours == one.theirs) return;
    const char* reason = ReasonOf(one);
    EXPECT_NE(reason, nullptr) << std::hex << one.bits << ": " << one.ours << " / " << one.theirs;
    if (reason != nullptr) reasons_.insert(reason);
  }

  void CompareBits(uint32_t bits) {
    Compare(CaseOf(capstone_, static_cast<uint16_t>(bits >> 16), static_cast<uint16_t>(bits)));
  }

  Capstone capstone_;
  std::set<std::string> reasons_;
};

TEST_F(CapstoneTest, SaysTheSameOrThereIsAReason) {
  for (uint32_t first = 0; first < 0xe800; ++first) {
    const bool is_it = first >> 8 == 0xbf && (first & 15) != 0;
    if (!is_it) Compare(CaseOf(capstone_, static_cast<uint16_t>(first), 0));
  }
  std::mt19937 random(20);
  for (int i = 0; i < 60000; ++i) Compare(RandomCase(capstone_, random));
  for (const auto table : {DataProcessing32(), LoadsAndBranches32(), Coprocessor32()}) {
    for (const Row& row : table) {
      for (int i = 0; i < 150; ++i) CompareBits(BitsOf(row, random));
    }
  }
  // What chance does not find.
  constexpr uint32_t kRare[] = {0xf83f4000, 0xe9dfce00, 0xf3af8014, 0xf3bf8f5f, 0xf3af8400,
                                0xeb1cefd6, 0xf7ee8f19, 0xeef66a10, 0xfb66f602, 0xf32e0812,
                                0xecb6db07, 0xea5f0f30, 0xf3ef80f5, 0xe9cf809c};
  for (const uint32_t bits : kRare) CompareBits(bits);
  for (const Exception& exception : kExceptions) {
    EXPECT_TRUE(reasons_.contains(exception.reason)) << exception.reason << ": never";
  }
}

TEST_F(CapstoneTest, InAnItBlockNoFlagsAreSetButByComparisons) {
  for (uint32_t bits = 0; bits < 0xe800; ++bits) {
    const auto first = static_cast<uint16_t>(bits);
    Case one = CaseOf(capstone_, first, 0);
    // MOV (register) T2 is unpredictable there, and without flags for QEMU.
    const bool stays = first < 0x40 || one.decoded.operation == Operation::kIt ||
                       IsUndefined(one) || one.decoded.operation == Operation::kB ||
                       one.decoded.operation == Operation::kCps || one.ours == "nop";
    if (stays) continue;
    one.decoded = Decode(first, 0, kAddress, true, DecoderOptions{});
    one.ours = TextOf(one.decoded, kAddress);
    one.theirs = capstone_.TextInIt(first);
    Compare(one);
  }
}

}  // namespace
}  // namespace percuss::rehost
