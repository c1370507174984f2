// SPDX-License-Identifier: Apache-2.0
#include "harnesses/sdk/oracles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNull;
using testing::SizeIs;

constexpr percuss_property kSame = {"CWE-436:same", "not the same", PERCUSS_TAMPERING, nullptr};

void Say(percuss_account& account, const char* kind, std::string_view text) {
  percuss_account_step(&account, kind, text.data(), text.size());
}

std::string SaidOf(const percuss_account& one, const percuss_account& other) {
  testing::internal::CaptureStderr();
  const bool agree = percuss_agree(&kSame, &one, &other) == nullptr;
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(agree, said.empty());
  return said;
}

TEST(Account, AgreesWithTheSameStepsOnly) {
  percuss_account one{}, other{};
  EXPECT_THAT(percuss_agree(&kSame, &one, &other), IsNull());
  Say(one, "reply", "ab");
  percuss_account_number(&one, "rate", 258);
  EXPECT_EQ(percuss_agree(&kSame, &one, &other), &kSame);
  Say(other, "reply", "ab");
  EXPECT_EQ(percuss_agree(&kSame, &one, &other), &kSame);
  percuss_account_number(&other, "rate", 258);
  EXPECT_THAT(percuss_agree(&kSame, &one, &other), IsNull());
}

TEST(Account, TellsKindOrderAndBoundsApart) {
  percuss_account kind{}, cut{}, order{}, plain{};
  for (percuss_account* account : {&plain, &kind}) Say(*account, "a", "xy");
  Say(plain, "a", "z");
  Say(kind, "b", "z");
  Say(cut, "a", "x");
  Say(cut, "a", "yz");
  Say(order, "a", "z");
  Say(order, "a", "xy");
  for (const percuss_account* other : {&kind, &cut, &order}) {
    EXPECT_EQ(percuss_agree(&kSame, &plain, other), &kSame);
  }
}

TEST(Account, SaysWhereTheTwoPart) {
  percuss_account one{}, other{};
  for (percuss_account* account : {&one, &other}) Say(*account, "reply", "same");
  percuss_account_number(&one, "rate", 0x1234);
  EXPECT_THAT(SaidOf(one, other),
              HasSubstr("at step 2: rate, 8 bytes 0000000000001234 | nothing more\n"));
  Say(other, "reply", std::string(40, 'A'));
  EXPECT_THAT(SaidOf(one, other), HasSubstr(" | reply, 40 bytes 4141"));
  EXPECT_THAT(SaidOf(one, other), HasSubstr("41...\n"));
}

TEST(Account, ComparesWhatItNoLongerKeeps) {
  percuss_account one{}, other{};
  for (unsigned i = 0; i < 3 * PERCUSS_ACCOUNT_SHOWN; ++i) {
    for (percuss_account* account : {&one, &other}) percuss_account_number(account, "n", i);
  }
  EXPECT_THAT(percuss_agree(&kSame, &one, &other), IsNull());
  percuss_account_number(&one, "n", 1);
  percuss_account_number(&other, "n", 2);
  EXPECT_THAT(SaidOf(one, other), HasSubstr("behind step 64, of 193 and 193 steps"));
}

using Pieces = std::vector<std::string>;

void Take(void* context, const uint8_t* piece, size_t size) {
  static_cast<Pieces*>(context)->emplace_back(piece, piece + size);
}

Pieces Delivered(const std::string& bytes, percuss_delivery how) {
  Pieces pieces;
  percuss_deliver(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), how, Take, &pieces);
  return pieces;
}

TEST(Deliver, GivesAllBytesInOrder) {
  const std::string bytes = "in pieces of any size";
  EXPECT_THAT(Delivered("abc", PERCUSS_WHOLE), ElementsAre("abc"));
  EXPECT_THAT(Delivered("abc", PERCUSS_BYTES), ElementsAre("a", "b", "c"));
  for (unsigned i = 0; i < 300; ++i) {
    const std::string longer = std::to_string(i) + std::string(i * 7, static_cast<char>(i));
    const Pieces pieces = Delivered(longer, PERCUSS_PIECES);
    EXPECT_EQ(std::accumulate(pieces.begin(), pieces.end(), std::string()), longer);
    EXPECT_EQ(pieces, Delivered(longer, PERCUSS_PIECES)) << "an input replays";
  }
  for (const auto how : {PERCUSS_WHOLE, PERCUSS_BYTES, PERCUSS_PIECES}) {
    EXPECT_THAT(Delivered("", how), SizeIs(0));
  }
}

TEST(Deliver, CutsInputsAtEveryPlaceSoonerOrLater) {
  std::set<size_t> cuts;
  for (unsigned i = 0; i < 400; ++i) {
    const std::string bytes = std::to_string(1000 + i) + "0123456789";
    size_t at = 0;
    for (const std::string& piece : Delivered(bytes, PERCUSS_PIECES))
      cuts.insert(at += piece.size());
  }
  EXPECT_THAT(cuts, SizeIs(14));
}

// Numbers without leading zeroes, of digits only.
bool ReprintNumber(void* context, const uint8_t* bytes, size_t size, percuss_text* text) {
  const bool faulty = *static_cast<bool*>(context);
  size_t at = 0;
  while (at + 1 < size && bytes[at] == '0') ++at;
  for (size_t i = at; i < size; ++i) {
    if (bytes[i] < '0' || bytes[i] > '9') return false;
  }
  if (faulty && size - at > 3) percuss_print(text, "+", 1);
  percuss_print(text, bytes + at, size - at);
  return true;
}

const percuss_property* Stable(std::string_view text, bool faulty) {
  return percuss_stable(&kSame, ReprintNumber, &faulty,
                        reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

const percuss_property* ReadsBack(std::string_view text, bool faulty) {
  return percuss_reads_back(&kSame, ReprintNumber, &faulty,
                            reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

TEST(Stable, HoldsForWhatReadsBackOrIsRefused) {
  EXPECT_THAT(Stable("007", false), IsNull()) << "printed as 7, which is printed as 7";
  EXPECT_THAT(Stable("x", false), IsNull());
  EXPECT_THAT(Stable("", false), IsNull());
  EXPECT_THAT(Stable(std::string(100000, '1'), false), IsNull());
  EXPECT_THAT(Stable("0123", true), IsNull());
  testing::internal::CaptureStderr();
  EXPECT_EQ(Stable("1234", true), &kSame) << "its own text is refused";
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "percuss: printed 5 bytes 2b31323334, which is refused\n");
}

TEST(ReadsBack, WantsTheVeryBytes) {
  EXPECT_THAT(ReadsBack("7", false), IsNull());
  testing::internal::CaptureStderr();
  EXPECT_EQ(ReadsBack("x", false), &kSame);
  EXPECT_EQ(ReadsBack("007", false), &kSame);
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      HasSubstr("3 bytes 303037, which is printed again as 1 bytes 37, other from byte 0 on"));
}

}  // namespace
