// SPDX-License-Identifier: Apache-2.0
#include "protocols/dissector.h"

#include <gmock/gmock.h>

#include "protocols/checksums.h"
#include "protocols/codings.h"
#include "protocols/consistency.h"
#include "protocols/dump.h"
#include "protocols/model_fixture.h"
#include "protocols/random.h"

namespace percuss::protocols {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A bit of everything: length, count, bits, optional, switch, nested array, checksum.
constexpr const char* kPacket = R"(
root stream
enum kind
  1 data
  2 names
struct stream
  packets  packet[]
struct packet
  magic   "\xab"
  length  u16 = size(inner)
  inner   body sized length
struct body
  kind    bits 3 in kind
  urgent  bits 1
  rest    bits 4
  when    u32 if urgent
  content switch kind
    case 1: data
    case 2: names
    else: bytes
  crc     u16le = crc16_modbus(kind..content)
struct data
  count   u8 = size(values)
  values  bytes sized count
struct names
  count   u8 = count(list)
  list    name[count]
struct name
  size    u8 = size(text)
  text    text sized size
)";

std::string ShownOf(const Model& model, const Bytes& input) {
  Tree tree(model);
  Dissect(input, tree);
  EXPECT_EQ(tree.Print(), input);
  return Dump(tree);
}

Bytes Repaired(const Model& model, const Bytes& input) {
  Tree tree(model);
  Dissect(input, tree);
  Repair(tree);
  return tree.Print();
}

TEST(DissectorTest, NamesEveryPartAndSaysWhatIsWrong) {
  const Model model = ModelOf(R"(
root m
enum kind
  1 data
struct m
  kind    u8 in kind
  length  u16 = size(text)
  text    text sized length
  sum     u8 = sum8(kind..text)
  rest    bytes
)");
  const std::string dump = ShownOf(model, {1, 0, 3, 'a', 'b', 'c', 0x2a, 9});
  EXPECT_EQ(dump,
            " 0000   kind: 1 data\n"
            " 0001   length: 3\n"
            " 0003   text: \"abc\"\n"
            " 0006   sum: 42 (0x2a)\n"
            " 0007   rest: 09\n");
  EXPECT_THAT(ShownOf(model, {7, 0, 2, 'a', 'b', 1}), HasSubstr("kind: 7 (not of kind)"));
  EXPECT_THAT(ShownOf(model, {7, 0, 2, 'a', 'b', 1}),
              HasSubstr("sum: 1 (wrong: 204 (0xcc) by the other fields)"));
}

TEST(DissectorTest, EveryInputComesBackByteForByte) {
  const Model model = ModelOf(kPacket);
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    Bytes input(random.Below(60));
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random.Next() >> 40);
    if (!input.empty()) input[0] = 0xab;
    if (input.size() > 4) input[1] = 0, input[2] = static_cast<uint8_t>(random.Below(20));
    if (input.size() > 4 && random.OneIn(2))
      input[3] = static_cast<uint8_t>(0x20 * random.Below(8));
    ShownOf(model, input);
  }
}

TEST(DissectorTest, WhatFollowsFromOthersIsMadeRightFromTheInsideOut) {
  const Model model = ModelOf(kPacket);
  // Two names, with wrong counts, lengths and checksum.
  const Bytes wrong = {0xab, 0, 9, 0x40, 2, 1, 'a', 2, 'b', 'c', 0, 0};
  const Bytes right = Repaired(model, wrong);
  EXPECT_EQ(Repaired(model, right), right);
  Tree tree(model);
  Dissect(right, tree);
  EXPECT_THAT(WrongNumbers(tree), IsEmpty());
  EXPECT_EQ(right.size(), wrong.size());
  EXPECT_EQ(right[10] | right[11] << 8,
            static_cast<int>(Checksums()[10].compute(std::span(right).subspan(3, 7))));
}

TEST(DissectorTest, WhatIsCutOffKeepsItsBeginning) {
  const Model model = ModelOf("root m\nstruct m\n  a u8\n  b u32\n  c u8\n");
  EXPECT_EQ(ShownOf(model, {1, 2, 3}), " 0000   a: 1\n 0001   (not explained): 02 03\n");
}

TEST(DissectorTest, ArraysGoOnBehindWhatTheyDoNotKnow) {
  const Model model =
      ModelOf("root m\nstruct m\n  frames frame[]\nstruct frame\n  start \"<\"\n  v u8\n");
  const std::string dump = ShownOf(model, BytesOf("<a--<b"));
  EXPECT_THAT(dump, HasSubstr("(not explained): \"--\""));
  EXPECT_THAT(dump, HasSubstr(" 0004     [1] frame\n 0004       start: \"<\"\n 0005       v: 98"));
}

TEST(DissectorTest, TextWithDelimitersAndCases) {
  const Model model = ModelOf(R"(
root m
struct m
  lines  line terminated "\r"
struct line
  name   text until "|"
  fields rest if size(name) == 3
struct rest
  bar    "|"
  parts  part separated "|"
struct part
  words  text separated "^"
)");
  const std::string dump = ShownOf(model, BytesOf("PID|a^b||c\rOBX|\r"));
  EXPECT_THAT(dump, HasSubstr("[0] part\n 0004             words\n 0004               [0]: \"a\""));
  EXPECT_THAT(dump, HasSubstr("[1]: \"b\""));
  EXPECT_THAT(dump, Not(HasSubstr("not explained")));
}

TEST(DissectorTest, DelimitersHaveAlternativesAndAStructMayEndBeforeOne) {
  const Model model = ModelOf(R"(
root m
struct m
  lines  line terminated "\r" "\r\n" "\n"
struct line
  name   text then "|" "/"
  value  text then "|"
  rest   field separated "|"
struct field
  parts  text separated "^"
)");
  const std::string dump = ShownOf(model, BytesOf("PID|a|b||\r\nOBX/c\nMSH\r"));
  EXPECT_EQ(dump,
            " 0000   lines\n"
            " 0000     [0] line\n"
            " 0000       name: \"PID\"\n"
            " 0004       value: \"a\"\n"
            " 0006       rest\n"
            " 0006         [0] field\n"
            " 0006           parts\n"
            " 0006             [0]: \"b\"\n"
            " 0008         [1] field\n"
            " 0008           parts\n"
            " 0009         [2] field\n"
            " 0009           parts\n"
            " 000b     [1] line\n"
            " 000b       name: \"OBX\"\n"
            " 000f       value: \"c\"\n"
            " 0011     [2] line\n"
            " 0011       name: \"MSH\"\n");
}

TEST(DissectorTest, APartEndsSoManyBytesBeforeTheEnd) {
  const Model model = ModelOf(
      "root m\nstruct m\n  n u8\n  data bytes leaving n\n  sum u8 = sum8(data)\n  rest bytes\n");
  EXPECT_EQ(ShownOf(model, {2, 3, 4, 5, 7, 9}),
            " 0000   n: 2\n 0001   data: 03 04 05\n"
            " 0004   sum: 7 (wrong: 12 (0xc) by the other fields)\n 0005   rest: 09\n");
  EXPECT_EQ(ShownOf(model, {9, 3}),
            " 0000   n: 9\n 0001   data: \"\"\n"
            " 0001   sum: 3 (wrong: 0 by the other fields)\n 0002   rest: \"\"\n");
}

TEST(DissectorTest, EitherTakesWhatExplainsMost) {
  const Model model = ModelOf(R"(
root m
struct m
  is  either
    or: marked
    or: short
    or: long
struct marked
  mark  "A" "BB"
  v     u8
struct short
  parts  short_part[]
struct short_part
  size  u8 = size(text)
  text  text sized size
struct long
  parts  long_part[]
struct long_part
  size  u16le = size(text)
  text  text sized size
)");
  EXPECT_THAT(ShownOf(model, BytesOf("BBx")), HasSubstr("is marked\n 0000     mark: \"BB\""));
  EXPECT_THAT(ShownOf(model, {2, 'a', 'b', 1, 'c'}), HasSubstr("is short"));
  EXPECT_THAT(ShownOf(model, {2, 0, 'a', 'b', 1, 0, 'c'}), HasSubstr("is long"));
  EXPECT_THAT(ShownOf(model, {2, 0, 'a', 'b', 2, 0, 'c'}), HasSubstr("is long"))
      << "one byte is missing, of short parts there would be many";
}

TEST(DissectorTest, DecodedPartsAreSeenAndCodedAgain) {
  const Model model = ModelOf(R"(
root m
struct m
  start  ":"
  record record until "\r\n" coded hex
  end    "\r\n"
struct record
  count  u8 = size(data)
  at     u16
  type   u8
  data   bytes sized count
  sum    u8 = negated_sum8(count..data)
)");
  const Bytes line = BytesOf(":0300300002337A1E\r\n");
  EXPECT_THAT(ShownOf(model, line), HasSubstr("(0007)      sum: 30 (0x1e)\n"));
  EXPECT_EQ(Repaired(model, BytesOf(":0300300002337A00\r\n")), line);
  // Lower case would come back as upper case, so it is left as it is.
  EXPECT_THAT(ShownOf(model, BytesOf(":0300300002337a1e\r\n")),
              HasSubstr("(not explained): \"0300300002337a1e\""));
}

TEST(DissectorTest, NumbersThatSayHowLongTheyAre) {
  const Model model = ModelOf("root m\nstruct m\n  n mqtt_length = size(b)\n  b bytes sized n\n");
  Bytes input = {0x80, 0x02};
  input.resize(2 + 256, 7);
  EXPECT_THAT(ShownOf(model, input), HasSubstr("n: 256 (0x100)\n"));
  input.resize(2 + 100);
  const Bytes repaired = Repaired(model, input);
  EXPECT_EQ(repaired.size(), 101U) << "the length of a shorter part is shorter itself";
  EXPECT_EQ(repaired[0], 100);
}

TEST(DissectorTest, HostileInputsEndSoon) {
  const Model nested = ModelOf("root m\nstruct m\n  t u8\n  below m if t != 0\n");
  ShownOf(nested, Bytes(100000, 1));
  const Model many = ModelOf(
      "root m\nstruct m\n  n u64\n  list u8[n]\n  empty nothing[n]\nstruct nothing\n  x u8 if n == "
      "0\n");
  ShownOf(many, Bytes(100000, 0xff));
}

TEST(DissectorTest, ChoicesWithinChoicesEndSoon) {
  const Model model = ModelOf(
      "root m\nstruct m\n  a u8\n  b either\n    or: m\n    or: n\nstruct n\n  a u8\n  b m\n");
  ShownOf(model, Bytes(20000, 1));
}

TEST(DissectorTest, ConditionsPaddingAndOffsets) {
  const Model model = ModelOf(R"(
root m
endian little
struct m
  flags  u16
  at     u16 = offset(end)
  extra  u32 if flags & 0x0100
  fill   pad 8 with "\xff"
  end    u8
)");
  EXPECT_THAT(ShownOf(model, {0, 0, 8, 0, 0xff, 0xff, 0xff, 0xff, 5}),
              HasSubstr(" 0008   end: 5\n"));
  EXPECT_THAT(ShownOf(model, {0, 1, 8, 0, 1, 2, 3, 4, 5}), HasSubstr(" 0004   extra: 67305985"));
  EXPECT_THAT(ShownOf(model, {0, 1, 9, 0, 1, 2, 3, 4, 5}),
              HasSubstr("at: 9 (wrong: 8 by the other fields)"));
}

TEST(DissectorTest, AnExpressionMayChoose) {
  const Model model = ModelOf(R"(
root m
struct m
  short  bits 8 = size(value) < 13 ? size(value) : size(value) < 269 ? 13 : 14
  more   u8 = size(value) - 13 if short == 13
  value  bytes sized short < 13 ? short : short == 13 ? more + 13 : 300
)");
  EXPECT_THAT(ShownOf(model, {2, 7, 7}), Not(HasSubstr("wrong")));
  Bytes longer(2 + 20, 7);
  longer[0] = 13;
  EXPECT_THAT(ShownOf(model, longer), HasSubstr("more: 7\n"));
  longer[1] = 8;
  EXPECT_THAT(ShownOf(model, longer), HasSubstr("more: 8 (wrong: 7 by the other fields)"));
}

TEST(DissectorTest, AnElementIsNamedByItsPlaceOrByAField) {
  const Model model = ModelOf(R"(
root m
struct m
  count     u8
  names     name[count]
  sizes     u8[count]
  parts     part[count]
struct name
  text  text sized 1
struct part
  content  switch names@here.text sized sizes@here
    case "L": entries
    else: bytes
struct entries
  entries  entry[]
struct entry
  id      u8
  length  u8 = sizes@id
)");
  const std::string dump = ShownOf(model, BytesOf("\2AL\1\2xy\1"));
  EXPECT_THAT(dump, HasSubstr("[0] part\n 0005       content: \"x\"\n"));
  EXPECT_THAT(dump, HasSubstr("content entries\n"));
  const Model keyed = ModelOf(R"(
root m
struct m
  entries  entry[2]
  parts    part[]
struct entry
  id      u8
  length  u8 = size(parts@id)
  at      u8 = offset(parts@id)
struct part
  id    u8
  text  text until "."
  end   "."
)");
  const std::string right = ShownOf(keyed, BytesOf("A\x3\x9"
                                                   "B\x3\x6"
                                                   "Bb.Aa."));
  EXPECT_THAT(right, Not(HasSubstr("wrong")));
  EXPECT_EQ(Repaired(keyed, BytesOf("A\1\1B\1\1Bbb.Aa.")), BytesOf("A\x3\xa"
                                                                   "B\x4\x6"
                                                                   "Bbb.Aa."));
  EXPECT_EQ(Repaired(keyed, BytesOf("C\1\1B\1\1Bb.")), BytesOf("C\1\1B\3\6Bb."))
      << "what points to nothing stays as it is";
}

TEST(DissectorTest, AnArrayGoesOnWhileItsElementsBeginAsSaid) {
  const Model model = ModelOf(R"(
root m
struct m
  signs  number[] while "+" "--"
  rest   bytes
struct number
  sign   text sized 1
  value  dec 1
)");
  EXPECT_THAT(ShownOf(model, BytesOf("+1+2-3")), HasSubstr("rest: \"-3\"\n"));
  EXPECT_THAT(ShownOf(model, BytesOf("")), HasSubstr("rest: \"\"\n"));
  EXPECT_THAT(ShownOf(model, BytesOf("-")), HasSubstr("rest: \"-\"\n"));
}

TEST(DissectorTest, NumbersBeforeBlanks) {
  const Model model = ModelOf("root m\nstruct m\n  n dec 4 blanks = size(rest)\n  rest bytes\n");
  EXPECT_THAT(ShownOf(model, BytesOf("3   abc")), Not(HasSubstr("wrong")));
  EXPECT_EQ(Repaired(model, BytesOf("0000" + std::string(12, 'a'))),
            BytesOf("12  " + std::string(12, 'a')));
  const Bytes cut = Repaired(model, BytesOf("0   " + std::string(12345, 'a')));
  EXPECT_EQ(Bytes(cut.begin(), cut.begin() + 4), BytesOf("2345"));
}

TEST(DissectorTest, HeadsOfCborAreShownAsWhatTheyAre) {
  const Model model = ModelOf("root m\nstruct m\n  head cbor_argument\n  rest bytes\n");
  EXPECT_THAT(ShownOf(model, {0x82}), HasSubstr("head: array 2\n"));
  EXPECT_THAT(ShownOf(model, {0x1b, 255, 255, 255, 255, 255, 255, 255, 255, 1}),
              HasSubstr("unsigned 2305843009213693951\n 0009   rest: 01\n"));
}

TEST(ChecksumsTest, AreThoseOfTheCatalogue) {
  // The check values of the CRC RevEng catalogue, over "123456789".
  const Bytes digits = BytesOf("123456789");
  std::vector<std::pair<std::string_view, uint64_t>> found;
  for (const Checksum& checksum : Checksums()) {
    if (checksum.name.starts_with("crc"))
      found.emplace_back(checksum.name, checksum.compute(digits));
  }
  using P = std::pair<std::string_view, uint64_t>;
  EXPECT_THAT(found, ElementsAre(P{"crc8_smbus", 0xf4}, P{"crc16_ibm_3740", 0x29b1},
                                 P{"crc16_xmodem", 0x31c3}, P{"crc16_kermit", 0x2189},
                                 P{"crc16_ibm_sdlc", 0x906e}, P{"crc16_mcrf4xx", 0x6f91},
                                 P{"crc16_modbus", 0x4b37}, P{"crc16_arc", 0xbb3d},
                                 P{"crc32_iso_hdlc", 0xcbf43926}, P{"crc32_iscsi", 0xe3069283},
                                 P{"crc32_mpeg_2", 0x0376e6e7}));
}

TEST(CodingsTest, EveryCodingComesBack) {
  Random random(3);
  for (const VariableNumber& number : VariableNumbers()) {
    for (int bits = 0; bits < 60; ++bits) {
      const uint64_t value =
          number.name == "mqtt_length" ? (1ULL << bits % 28) - 1 : (1ULL << bits) - 1;
      Bytes bytes;
      number.encode(value, bytes);
      uint64_t again = 0;
      EXPECT_EQ(number.decode(bytes, again), bytes.size()) << number.name;
      EXPECT_EQ(again, value) << number.name;
      bytes.pop_back();
      EXPECT_EQ(number.decode(bytes, again), 0U) << number.name << " cut off";
    }
  }
  for (const Transform& transform : Transforms()) {
    for (size_t size = 0; size < 40; ++size) {
      Bytes bytes(size);
      for (uint8_t& byte : bytes)
        byte = static_cast<uint8_t>(random.OneIn(3) ? 0x7d + random.Below(2) : random.Next());
      Bytes coded;
      transform.encode(bytes, coded);
      Bytes again;
      EXPECT_TRUE(transform.decode(coded, again)) << transform.name;
      EXPECT_EQ(again, bytes) << transform.name;
    }
  }
}

}  // namespace
}  // namespace percuss::protocols
