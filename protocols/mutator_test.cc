// SPDX-License-Identifier: Apache-2.0
#include "protocols/mutator.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "emulation/rehost/core/stream_table.h"
#include "protocols/byte_havoc.h"
#include "protocols/consistency.h"
#include "protocols/dissector.h"
#include "protocols/message_stream.h"
#include "protocols/model_fixture.h"

namespace percuss::protocols {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

constexpr const char* kDialogue = R"(
root stream
struct stream
  messages  message[]
struct message
  start   "\x02"
  length  u16 = size(body)
  body    body sized length
  sum     u16 = crc16_modbus(body)
struct body
  kind    u8
  content switch kind
    case 0x51: hello
    case 0x62: auth
    case 0x73: order
    else: bytes
struct hello
  version  u8 = 3
struct auth
  size     u8 = size(response)
  response bytes sized size
struct order
  items    item[]
struct item
  tag      u8
  amount   u16
session messages
  fresh: hello -> greeted
  greeted: auth -> known
  known: order -> known, hello -> greeted
)";

class MutatorTest : public ::testing::Test {
 protected:
  Mutator Make(uint64_t seed) { return {model_, seed, Engine()}; }
  ByteMutation Engine() {
    return [this](uint8_t* bytes, size_t size, size_t most) {
      return havoc_.Change(bytes, size, most);
    };
  }

  // hello, with everything right.
  Bytes Hello() {
    Tree tree(model_);
    Dissect(Bytes{2, 0, 2, 0x51, 3, 0, 0}, tree);
    Repair(tree);
    return tree.Print();
  }

  // The kinds of messages of an input whose length and checksum are right, in their order.
  std::string Said(const Bytes& input) {
    Tree tree(model_);
    Dissect(input, tree);
    std::string said;
    for (NodeId id = tree.At(tree.At(Tree::Root()).first).first; id != kNoNode;
         id = tree.At(id).next) {
      if (tree.At(id).role != Role::kStruct || tree.At(id).broken) return "?";
      const auto wrong = WrongNumbers(tree);
      if (!wrong.empty()) return "?";
      const auto name = std::find(model_.names.begin(), model_.names.end(), "body");
      const NodeId body = tree.Child(id, static_cast<int>(name - model_.names.begin()));
      if (body == kNoNode || tree.At(body).first == kNoNode) return "?";
      said += static_cast<char>(tree.At(tree.At(body).first).value);
    }
    return said;
  }

  Model model_ = ModelOf(kDialogue);
  ByteHavoc havoc_{1, {}};
};

TEST_F(MutatorTest, TheSameSeedGivesTheSameAgain) {
  std::vector<Bytes> first;
  for (int turn = 0; turn < 2; ++turn) {
    havoc_ = ByteHavoc(1, {});
    Mutator mutator = Make(9);
    Bytes input = Hello();
    for (size_t i = 0; i < 500; ++i) {
      input = mutator.Mutate(input, 400);
      ASSERT_LE(input.size(), 400U);
      if (turn == 0) first.push_back(input);
      ASSERT_EQ(input, first[i]);
    }
  }
}

// Bytes alone would have to guess a length and a checksum of 16 bits for each of these.
TEST_F(MutatorTest, ComesToLongerSessionsThatAreInOrder) {
  Mutator mutator = Make(1);
  std::set<std::string> said;
  std::vector<Bytes> pool = {Hello()};
  Random random(5);
  for (int i = 0; i < 20000; ++i) {
    const Bytes made = mutator.Mutate(random.Of(pool), 400);
    const std::string kinds = Said(made);
    if (kinds != "?" && said.insert(kinds).second && pool.size() < 40) pool.push_back(made);
  }
  EXPECT_THAT(said, Contains("Qbs"));
  EXPECT_THAT(said, Contains("Qbss"));
  EXPECT_THAT(said, Contains(StartsWith("QbsQ"))) << "a new greeting of one who is known";
}

TEST_F(MutatorTest, MostOfWhatItMakesIsConsistentAndSomeIsNot) {
  Mutator mutator = Make(2);
  int right = 0;
  constexpr int kRounds = 4000;
  Bytes input = Hello();
  for (int i = 0; i < 4; ++i) input.insert(input.end(), input.begin(), input.begin() + 7);
  for (int i = 0; i < kRounds; ++i) {
    Tree tree(model_);
    Dissect(mutator.Mutate(input, 4096), tree);
    right += WrongNumbers(tree).empty() ? 1 : 0;
  }
  EXPECT_GT(right, kRounds / 2);
  EXPECT_LT(right, kRounds * 99 / 100);
}

// All around it right, and the innermost length past the end of what it lies in: what readers of
// lengths fail at.
TEST_F(MutatorTest, LengthsGoPastTheEndOfWhatTheyLieIn) {
  Tree tree(model_);
  Dissect(Bytes{2, 0, 5, 0x62, 3, 'a', 'b', 'c', 0, 0}, tree);
  Repair(tree);
  const Bytes input = tree.Print();
  int past = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Mutator mutator = Make(seed);
    for (int i = 0; i < 100; ++i) {
      const Bytes made = mutator.Mutate(input, 400);
      if (made.size() < 10) continue;
      const size_t length = size_t{made[1]} << 8U | made[2];
      past += made[0] == 2 && length + 5 == made.size() && made[3] == 0x62 &&
              made[4] + 2U > length && made[4] < 64;
    }
  }
  EXPECT_GT(past, 100);  // of 10,000
}

TEST_F(MutatorTest, MakesPartsLongerThanTheyShouldBe) {
  Mutator mutator = Make(4);
  int longer = 0;
  for (int i = 0; i < 4000; ++i) {
    Tree tree(model_);
    Dissect(mutator.Mutate(Hello(), 4096), tree);
    const NodeId message = tree.At(tree.At(Tree::Root()).first).first;
    if (message == kNoNode || tree.At(message).role != Role::kStruct) continue;
    if (tree.At(message).broken || !WrongNumbers(tree).empty()) continue;
    const NodeId last = tree.At(tree.At(tree.At(message).last).previous).last;
    longer += last != kNoNode && tree.At(last).role == Role::kRaw ? 1 : 0;
  }
  EXPECT_GT(longer, 5);
}

TEST_F(MutatorTest, TakesPartsOfTheOther) {
  Mutator mutator = Make(3);
  Tree tree(model_);
  Dissect(Bytes{2, 0, 7, 0x73, 0xaa, 0x13, 0x37, 0xbb, 0x42, 0x99, 0, 0}, tree);
  Repair(tree);
  const Bytes other = tree.Print();
  int taken = 0;
  for (int i = 0; i < 300; ++i) {
    const Bytes made = mutator.Cross(Hello(), other, 400);
    const Bytes amount = {0x13, 0x37};
    taken +=
        std::search(made.begin(), made.end(), amount.begin(), amount.end()) != made.end() ? 1 : 0;
  }
  EXPECT_GT(taken, 30);
}

// Descriptions are a user's: structs in structs without end, all of 64 bits, numbers of 32 digits.
TEST_F(MutatorTest, TakesAnyDescription) {
  model_ = ModelOf(R"(
root m
struct m
  list  item[]
struct item
  key   u64
  wide  dec 32
  body  switch key
    case 0..0xffffffffffffffff: twice
struct twice
  one   item
  other item
session list
  only: twice -> only
)");
  Mutator mutator = Make(1);
  const Bytes input(200, '1');
  for (int i = 0; i < 200; ++i) EXPECT_LE(mutator.Mutate(input, 4096).size(), 4096U);
  EXPECT_LE(mutator.Mutate({}, 4096).size(), 4096U);
}

TEST_F(MutatorTest, KeepsToTheMostAndTakesAnything) {
  Mutator mutator = Make(4);
  Random random(8);
  for (int i = 0; i < 3000; ++i) {
    Bytes input(random.Below(50));
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random.Next() >> 33);
    const size_t most = 1 + random.Below(40);
    EXPECT_LE(mutator.Mutate(input, most).size(), most);
    EXPECT_LE(mutator.Cross(input, Hello(), most).size(), most);
  }
  const Bytes big(100000, 2);
  EXPECT_LE(mutator.Mutate(big, 200000).size(), 200000U);
}

TEST_F(MutatorTest, MadeUpInputsAreExplainedWhole) {
  Random random(6);
  Generator generator(model_, random);
  Tree made(model_);
  int explained = 0;
  for (int i = 0; i < 200; ++i) {
    generator.Whole(made);
    Repair(made);
    const Bytes input = made.Print();
    Tree tree(model_);
    Dissect(input, tree);
    EXPECT_TRUE(WrongNumbers(tree).empty());
    bool raw = false;
    for (NodeId id = 0; id < tree.Count(); ++id) raw |= tree.At(id).role == Role::kRaw;
    explained += raw ? 0 : 1;
  }
  EXPECT_GT(explained, 180);
}

// One stream at 0x40004000, one elsewhere, and what others answer.
Bytes Streamed(const Bytes& message) {
  return BytesOf(rehost::WriteStreams(
      {{{{0x40004000}, std::string(message.begin(), message.end())}, {{0x40004010}, "on"}}, "r"}));
}

TEST(MessagePlaceTest, IsTheStreamOfTheAddressOrAll) {
  const Bytes input = Streamed(BytesOf("hello"));
  const MessagePlace place = FindMessage(input, 0x40004000);
  EXPECT_TRUE(place.found);
  EXPECT_EQ(place.begin, 34U);
  EXPECT_EQ(place.size, 5U);
  EXPECT_EQ(place.others, input.size() - 1);
  EXPECT_EQ(WithMessage(input, place, BytesOf("hi")), Streamed(BytesOf("hi")));
  EXPECT_FALSE(FindMessage(input, 0x40004004).found);
  EXPECT_EQ(FindMessage(BytesOf("hello"), 0x40004000).size, 5U);
  EXPECT_EQ(WithMessage(BytesOf("hello"), FindMessage(BytesOf("hello"), 1), BytesOf("hi")),
            BytesOf("hi"));
  for (size_t size = 0; size < input.size(); ++size) {
    const MessagePlace cut = FindMessage({input.data(), size}, 0x40004000);
    EXPECT_LE(cut.begin + cut.size, size);
    EXPECT_LE(cut.others, size);
  }
}

TEST(MessagePlaceTest, ATableOutOfOrderIsNone) {
  // As the core has it (stream_table.h): such an input is the message as a whole.
  Bytes input = Streamed(BytesOf("hello"));
  std::swap_ranges(input.begin() + 10, input.begin() + 22, input.begin() + 22);
  EXPECT_EQ(FindMessage(input, 0x40004000).size, input.size());
}

TEST_F(MutatorTest, OfStreamsTheMessageAloneIsChangedAlongTheModel) {
  Mutator mutator(model_, 1, Engine());
  MessageMutator streams(mutator, 0x40004000, 1, Engine());
  const Bytes input = Streamed(Hello());
  int right = 0;
  int others = 0;
  for (int i = 0; i < 500; ++i) {
    const Bytes made =
        i % 4 == 0 ? streams.Cross(input, Streamed(Hello()), 4096) : streams.Mutate(input, 4096);
    const MessagePlace place = FindMessage(made, 0x40004000);
    ASSERT_TRUE(place.found);
    ASSERT_EQ(place.begin, 34U);
    others += made.size() - place.others != 1 || made.back() != 'r' ? 1 : 0;
    Tree tree(model_);
    Dissect({made.data() + place.begin, place.size}, tree);
    right += place.size != Hello().size() && WrongNumbers(tree).empty() ? 1 : 0;
  }
  EXPECT_GT(right, 100);
  EXPECT_GT(others, 5);
  EXPECT_LT(others, 60);
}

TEST_F(MutatorTest, StreamsKeepWithinTheirBounds) {
  Mutator mutator(model_, 1, Engine());
  MessageMutator streams(mutator, 0x40004000, 1, Engine());
  int made_anew = 0;
  for (int i = 0; i < 2000; ++i) {
    Bytes input = i % 2 == 0 ? Streamed(Hello()) : Hello();
    if (i % 3 == 0) input.resize(static_cast<size_t>(i) % input.size());
    const size_t most = static_cast<size_t>(i) % 90 + 1;
    const Bytes made = streams.Mutate(input, most);
    EXPECT_LE(made.size(), most);
    EXPECT_LE(streams.Cross(input, Hello(), most).size(), most);
    made_anew += i % 2 == 1 && FindMessage(made, 0x40004000).size_at != 0 ? 1 : 0;
  }
  EXPECT_GT(made_anew, 5);
}

TEST(SessionTest, ADialogueWithoutStatesIsChangedAsAnyArray) {
  const Model model = ModelOf("root m\nstruct m\n  parts  u8[]\nsession parts\n");
  Mutator mutator(model, 1, [](uint8_t*, size_t size, size_t) { return size; });
  std::set<size_t> sizes;
  for (int i = 0; i < 300; ++i) sizes.insert(mutator.Mutate(Bytes{1, 2, 3}, 512).size());
  EXPECT_GT(sizes.size(), 3U);
}

// What comes along with a message may keep it from having its effect.
TEST(GeneratorTest, HalfOfTheMessagesHaveNothingWithThem) {
  const Model model = ModelOf(R"(
root line
struct line
  frames  frame[]
struct frame
  record  record
  more    record[]
struct record
  kind  u8
  said  switch kind
    case 7: finished
    else: other
struct finished
struct other
session frames
  start: finished -> start
)");
  Random random(1);
  Generator generator(model, random);
  int plain = 0;
  for (int i = 0; i < 400; ++i) {
    Tree tree(model);
    generator.Whole(tree);
    const NodeId frames = tree.At(Tree::Root()).first;
    while (tree.At(frames).first != kNoNode) tree.Remove(tree.At(frames).first);
    const int finished = model.session.states[0].transitions[0].message;
    generator.MakeMessage(tree, frames, finished, kNoNode);
    plain += tree.Print() == Bytes{7} ? 1 : 0;
  }
  EXPECT_GT(plain, 200);
  EXPECT_LT(plain, 330);
}

TEST(WordsTest, AreLiteralsTextsAndNamedValues) {
  const Model model = ModelOf(
      "root m\nenum e\n  0x1234 x\nstruct m\n  a u16 in e\n  b \"lit\"\n  c text one_of \"one\" "
      "\"two\" until \"|\"\n");
  const auto words = WordsOf(model);
  for (const char* word : {"lit", "one", "two", "\x12\x34"})
    EXPECT_THAT(words, Contains(BytesOf(word)));
}

}  // namespace
}  // namespace percuss::protocols
