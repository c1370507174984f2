// SPDX-License-Identifier: Apache-2.0
#include "protocols/walks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "protocols/byte_havoc.h"
#include "protocols/dissector.h"
#include "protocols/model_fixture.h"
#include "protocols/mutator.h"

namespace percuss::protocols {
namespace {

constexpr char kUpload[] = R"(
endian little
root line
enum command
  1 open
  2 load
  3 read
struct line
  messages  message[]
struct message
  command  u8 in command
  size     u8 = size(content)
  content  switch command sized size
    case 1: open
    case 2: load
    case 3: read
    else: bytes
struct open
struct load
  count  u16
  width  u16
struct read
  entry  u16
session messages
  closed: open -> ready
  ready: load -> ready, read -> ready
)";

const Bytes kOpenLoadRead = {1, 0, 2, 4, 2, 0, 32, 0, 3, 2, 1, 0};

class WalksTest : public ::testing::Test {
 protected:
  // All that is left: kind, field, value.
  std::vector<std::tuple<SingleChange::Kind, std::string, uint64_t>> Rest() {
    std::vector<std::tuple<SingleChange::Kind, std::string, uint64_t>> rest;
    Tree tree(model_);
    while (const auto change = walks_.Next(tree, random_)) {
      const Field* const field = tree.At(change->node).field;
      rest.emplace_back(change->kind, model_.names[static_cast<size_t>(field->name)],
                        change->value);
    }
    return rest;
  }

  Model model_ = ModelOf(kUpload);
  Random random_{1};
  Walks walks_{model_};
  ByteHavoc havoc_{1, {}};
  Mutator mutator_{model_, 1, [this](uint8_t* bytes, size_t size, size_t most) {
                     return havoc_.Change(bytes, size, most);
                   }};
};

TEST_F(WalksTest, TriesWhatNumbersOftenSayWhereTheyAreWrong) {
  walks_.Add(kOpenLoadRead);
  const auto rest = Rest();
  const auto has = [&](SingleChange::Kind kind, const char* field, uint64_t value) {
    return std::find(rest.begin(), rest.end(), std::tuple(kind, std::string(field), value)) !=
           rest.end();
  };
  EXPECT_TRUE(has(SingleChange::Kind::kNumber, "entry", 2));       // one more
  EXPECT_TRUE(has(SingleChange::Kind::kNumber, "entry", 0xffff));  // the most
  EXPECT_TRUE(has(SingleChange::Kind::kNumber, "count", 2048));    // a power of two
  EXPECT_TRUE(has(SingleChange::Kind::kNumber, "count", 0x8001));
  EXPECT_TRUE(has(SingleChange::Kind::kNumber, "command", 3));  // what it has a name for
  EXPECT_TRUE(has(SingleChange::Kind::kLie, "size", 5));        // although the content has 4 bytes
  EXPECT_FALSE(has(SingleChange::Kind::kNumber, "entry", 1));   // as it is
}

TEST_F(WalksTest, EachChangeComesOnce) {
  walks_.Add(kOpenLoadRead);
  walks_.Add(kOpenLoadRead);
  const auto rest = Rest();
  std::multiset<std::tuple<SingleChange::Kind, std::string, uint64_t>> numbers;
  for (const auto& change : rest) {
    if (std::get<1>(change) == "entry" || std::get<1>(change) == "count") numbers.insert(change);
  }
  EXPECT_FALSE(numbers.empty());
  for (const auto& change : numbers) EXPECT_EQ(numbers.count(change), 1U) << std::get<2>(change);
}

TEST_F(WalksTest, WhatWasTriedBehindTheSameMessagesIsNotTriedForEver) {
  const auto with_entry = [](uint8_t entry) {
    Bytes input = kOpenLoadRead;
    input[10] = entry;
    return input;
  };
  walks_.Add(with_entry(1));
  const size_t first = Rest().size();
  for (const uint8_t entry : Bytes{20, 40, 60}) walks_.Add(with_entry(entry));
  Rest();
  walks_.Add(with_entry(80));
  const size_t fifth = Rest().size();
  EXPECT_LT(fifth, first / 4);
  // Behind messages of another kind it may do other things, and hardly behind more of the same.
  const auto with_inserted = [](size_t from, size_t to) {
    Bytes input = kOpenLoadRead;
    input.insert(input.begin() + 2, kOpenLoadRead.begin() + static_cast<ptrdiff_t>(from),
                 kOpenLoadRead.begin() + static_cast<ptrdiff_t>(to));
    return input;
  };
  walks_.Add(with_inserted(2, 8));  // another load
  const size_t behind_two_loads = Rest().size();
  walks_.Add(with_inserted(8, 12));  // a read before the load
  EXPECT_GT(Rest().size(), first / 2);
  EXPECT_LT(behind_two_loads, first);
}

// The device may take one kind for harmless, and not look at what else it says.
TEST(WalksOfElementsTest, WhatWasTriedInAnElementOfOneKindIsTriedInAnother) {
  const Model model = ModelOf(R"(
endian little
root line
enum mode
  1 genuine
  2 other_key
enum kind
  1 application
  2 resources
struct line
  parts  part[]
struct part
  mode   u8 in mode
  kind   u8 in kind
  value  u8
)");
  Random random(1);
  Walks walks(model);
  Tree tree(model);
  const auto with_other_key = [&] {
    int count = 0;
    while (const auto change = walks.Next(tree, random)) {
      const Field* const field = tree.At(change->node).field;
      count += change->kind == SingleChange::Kind::kNumber && change->value == 2 &&
                       model.names[static_cast<size_t>(field->name)] == "mode"
                   ? 1
                   : 0;
    }
    return count;
  };
  for (uint8_t value = 1; value <= 5; ++value) walks.Add(Bytes{1, 1, value});
  EXPECT_EQ(with_other_key(), 3);
  walks.Add(Bytes{1, 2, 9});
  EXPECT_EQ(with_other_key(), 1);
}

TEST_F(WalksTest, WhatIsWrongInAnInputStaysSo) {
  Bytes input = kOpenLoadRead;
  input[9] = 3;  // the size of what has two bytes
  walks_.Add(input);
  Tree tree(model_);
  ASSERT_TRUE(walks_.Next(tree, random_));
  std::vector<uint64_t> pinned;
  for (NodeId id = 0; id < tree.Count(); ++id) {
    if (tree.At(id).pinned) pinned.push_back(tree.At(id).value);
  }
  EXPECT_EQ(pinned, std::vector<uint64_t>{3});
}

// What the session allows, behind each message and before the first.
TEST_F(WalksTest, SaysOneMessageMoreWhereTheSessionAllowsIt) {
  walks_.Add(Bytes{1, 0, 2, 4, 2, 0, 32, 0});  // open, load
  Tree tree(model_);
  std::set<std::pair<Role, std::string>> said;  // behind what
  while (const auto change = walks_.Next(tree, random_)) {
    if (change->kind != SingleChange::Kind::kSay) continue;
    const Structure& message = model_.structures[change->value];
    said.emplace(tree.At(change->node).role, message.name);
  }
  const std::set<std::pair<Role, std::string>> expected = {
      {Role::kArray, "open"}, {Role::kStruct, "load"}, {Role::kStruct, "read"}};
  EXPECT_EQ(said, expected);
}

// How far a dialogue came before is not known: what goes on there is tried in more inputs.
TEST_F(WalksTest, GoesOnWithADialogueInMoreInputsThanItSaysAnythingElse) {
  std::map<SingleChange::Kind, int> in_the_last;
  Tree tree(model_);
  for (uint8_t count = 1; count <= 10; ++count) {
    Bytes input = kOpenLoadRead;
    input[4] = count;
    walks_.Add(input);
    in_the_last.clear();
    while (const auto change = walks_.Next(tree, random_)) ++in_the_last[change->kind];
  }
  EXPECT_GT(in_the_last[SingleChange::Kind::kGoOn], 5);
  EXPECT_EQ(in_the_last[SingleChange::Kind::kSay], 0);
}

TEST_F(WalksTest, NoValueIsTriedForEverHoweverManyDialoguesGoOn) {
  std::map<std::pair<std::string, uint64_t>, int> tries;
  Tree tree(model_);
  for (uint16_t entry = 0; entry < 8000; ++entry) {
    for (uint8_t count = 1; count <= 5; ++count) {
      Bytes input = kOpenLoadRead;
      input[4] = count;
      input[10] = static_cast<uint8_t>(entry);
      input[11] = static_cast<uint8_t>(entry >> 8);
      walks_.Add(input);
      while (const auto change = walks_.Next(tree, random_)) {
        const Field* const field = tree.At(change->node).field;
        if (change->kind == SingleChange::Kind::kNumber) {
          ++tries[{model_.names[static_cast<size_t>(field->name)], change->value}];
        }
      }
    }
  }
  for (const char* field : {"count", "width"}) {
    for (uint64_t value = 0; value <= 0xffff; ++value) EXPECT_LE((tries[{field, value}]), 3);
  }
}

// One of them alone often does nothing: each of some wrong answers is to be marked as sent again.
TEST_F(WalksTest, AMutatorChangesAllNumbersOfAFieldAtOnce) {
  Bytes reads = {1, 0};
  for (uint8_t i = 1; i <= 6; ++i) reads.insert(reads.end(), {3, 2, i, i});
  const auto all_are_the_most = [&](const Bytes& made) {
    if (made.size() != reads.size()) return false;
    for (size_t i = 2; i < made.size(); i += 4) {
      if (made[i] != 3 || made[i + 2] != 0xff || made[i + 3] != 0xff) return false;
    }
    return true;
  };
  int tries = 1;
  while (tries < 5000 && !all_are_the_most(mutator_.Mutate(reads, 4096))) ++tries;
  EXPECT_LT(tries, 5000);
}

TEST_F(WalksTest, AMutatorRepeatsAnElementUntilWhatCountsItIsFull) {
  Bytes often = kOpenLoadRead;
  for (int i = 0; i < 63; ++i) often.insert(often.end(), {3, 2, 1, 0});
  int tries = 1;
  while (tries < 1000 && mutator_.Mutate(kOpenLoadRead, 4096) != often) ++tries;
  EXPECT_LT(tries, 1000);
}

// Attempts that are marked as sent again, and are counted only if they are not.
TEST(WalksOfFlagsTest, AMutatorRepeatsNeighboursWithAFlagInThem) {
  const Model model = ModelOf(R"(
protocol attempts "Questions and answers"
root line
struct line
  messages  message[]
struct message
  again   bits 1
  kind    bits 7
  number  u16
)");
  ByteHavoc havoc(1, {});
  Mutator mutator(model, 1, [&havoc](uint8_t* bytes, size_t size, size_t most) {
    return havoc.Change(bytes, size, most);
  });
  const Bytes asked = {1, 0, 0, 2, 3, 4};
  Bytes asked_again;
  for (int i = 0; i < 5; ++i) asked_again.insert(asked_again.end(), {1, 0, 0, 0x82, 3, 4});
  int tries = 1;
  while (tries < 1000 && mutator.Mutate(asked, 4096) != asked_again) ++tries;
  EXPECT_LT(tries, 1000);
}

TEST_F(WalksTest, NothingIsLeftOfNothing) {
  Tree tree(model_);
  EXPECT_FALSE(walks_.Next(tree, random_));
  walks_.Add({});
  walks_.Add(Bytes(5000));
  EXPECT_FALSE(walks_.Next(tree, random_));
}

// What breaks readers most often is a small part of all, and comes soon.
TEST(WalksOfManyNamesTest, LimitsAndWhatAllSayDoNotWaitForTheOthers) {
  std::string description = R"(
protocol names "Many names and a number"
root line
enum key
)";
  for (int key = 0; key < 200; ++key) {
    description += "  " + std::to_string(key) + " key" + std::to_string(key) + "\n";
  }
  description += "struct line\n  value  u8\n  keys   key[]\nstruct key\n  key  u8 in key\n";
  const Model model = ModelOf(description);
  Random random(1);
  Walks walks(model);
  walks.Add(Bytes{9, 1, 2, 3, 4, 5, 6, 7, 8});
  Tree tree(model);
  size_t steps = 0;
  std::map<SingleChange::Sort, size_t> last;
  while (const auto change = walks.Next(tree, random)) last[change->sort] = ++steps;
  EXPECT_GT(steps, 1000U);
  for (const SingleChange::Sort sort : {SingleChange::Sort::kWide, SingleChange::Sort::kLimit}) {
    EXPECT_GT(last[sort], 0U);
    EXPECT_LT(last[sort], steps / 2);
  }
}

// A limit of rows is one thing beside few columns and another beside many.
TEST(WalksOfNeighboursTest, ALimitIsTriedAnewBesideANumberOfAnotherSize) {
  const Model model = ModelOf(R"(
protocol image "A few sides"
endian little
root image
struct image
  sides  side[]
struct side
  length  u16
)");
  Random random(1);
  Walks walks(model);
  Tree tree(model);
  const auto with_a_large_first = [&](uint8_t first, uint8_t second) {
    walks.Add(Bytes{first, 0, second, 0});
    int count = 0;
    while (const auto change = walks.Next(tree, random)) {
      const bool is_first = tree.At(tree.At(change->node).parent).next != kNoNode;
      count += change->kind == SingleChange::Kind::kNumber && is_first && change->value == 128;
    }
    return count;
  };
  for (uint8_t first = 1; first <= 9; ++first) static_cast<void>(with_a_large_first(first, 7));
  EXPECT_EQ(with_a_large_first(10, 7), 0);
  EXPECT_EQ(with_a_large_first(11, 100), 1);
}

// Else lengths that differ by a little are lied about for ever, in the same way.
TEST_F(WalksTest, ALieIsTheSameAsFarFromTheTruth) {
  const auto lies_about = [&](uint8_t size) {
    Bytes input = {1, 0, 9, size};
    input.resize(4U + size);
    walks_.Add(input);
    int count = 0;
    Tree tree(model_);
    while (const auto change = walks_.Next(tree, random_)) {
      const uint64_t truth = tree.At(change->node).value;
      count +=
          change->kind == SingleChange::Kind::kLie && truth == size && change->value == truth + 1;
    }
    return count;
  };
  EXPECT_EQ(lies_about(16), 1);
  EXPECT_EQ(lies_about(17), 1);
  EXPECT_EQ(lies_about(18), 1);
  EXPECT_EQ(lies_about(19), 0);
  EXPECT_EQ(lies_about(40), 1);  // of another size
}

TEST_F(WalksTest, PastTheEndOfALargerPartIsAnotherLie) {
  const auto lies_past_all = [&](uint8_t last, size_t loads) {
    Bytes input = {1, 0};
    for (size_t i = 0; i < loads; ++i) input.insert(input.end(), {2, 4, 1, 0, 1, 0});
    input.insert(input.end(), {3, 2, last, 0});
    walks_.Add(input);
    int count = 0;
    Tree tree(model_);
    while (const auto change = walks_.Next(tree, random_)) {
      const bool is_last = tree.At(tree.At(change->node).parent).next == kNoNode;
      count += change->kind == SingleChange::Kind::kLie && is_last && change->value == input.size();
    }
    return count;
  };
  for (uint8_t last = 1; last <= 4; ++last) static_cast<void>(lies_past_all(last, 1));
  EXPECT_EQ(lies_past_all(5, 1), 0);
  EXPECT_EQ(lies_past_all(6, 12), 1);
}

// The engine asks again about what it kept.
TEST_F(WalksTest, AnInputThatCameWhileTooManyWaitedMayComeAgain) {
  for (uint16_t i = 0; i < 1024; ++i) {
    walks_.Add(Bytes{1, 0, 9, 2, static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)});
  }
  const auto is_of_a_read = [](const auto& change) { return std::get<1>(change) == "entry"; };
  walks_.Add(kOpenLoadRead);
  const auto without = Rest();
  EXPECT_TRUE(std::none_of(without.begin(), without.end(), is_of_a_read));
  walks_.Add(kOpenLoadRead);
  const auto with = Rest();
  EXPECT_TRUE(std::any_of(with.begin(), with.end(), is_of_a_read));
}

// Whether all say it matters with what is said and about how often, not in which order.
TEST_F(WalksTest, WhatAllSayIsToldByTheKindsOfMessagesAndHowManyThereAre) {
  const auto tries = [&](size_t reads, uint8_t entry) {
    Bytes input = {1, 0};
    for (size_t i = 0; i < reads; ++i) input.insert(input.end(), {3, 2, entry, 0});
    walks_.Add(input);
    const auto rest = Rest();
    const std::tuple most(SingleChange::Kind::kAlike, std::string("entry"), uint64_t{0xffff});
    return std::count(rest.begin(), rest.end(), most);
  };
  EXPECT_EQ(tries(4, 1), 1);
  EXPECT_EQ(tries(5, 2), 1);
  EXPECT_EQ(tries(6, 3), 1);
  EXPECT_EQ(tries(7, 4), 0);
  EXPECT_EQ(tries(8, 5), 1);
}

// The engine asks about a short input, and a step of a long one has its own length.
TEST_F(WalksTest, AStepDoesNotCutItsInput) {
  Bytes long_input;
  while (long_input.size() < 1200) {
    long_input.insert(long_input.end(), kOpenLoadRead.begin(), kOpenLoadRead.end());
  }
  static_cast<void>(mutator_.Mutate(long_input, 4096));
  int whole = 0;
  for (int i = 0; i < 300; ++i) whole += mutator_.Mutate({}, 4096).size() > 1100 ? 1 : 0;
  EXPECT_GT(whole, 100);
}

// A mutator that draws at random needs tens of thousands of tries.
TEST_F(WalksTest, AMutatorFindsABugOfOneNumberSoon) {
  const auto is_bug = [](const Bytes& made) {
    return made.size() == kOpenLoadRead.size() &&
           std::equal(made.begin(), made.begin() + 10, kOpenLoadRead.begin()) && made[10] == 2 &&
           made[11] == 0;
  };
  int tries = 1;
  while (tries < 2000 && !is_bug(mutator_.Mutate(kOpenLoadRead, 4096))) ++tries;
  EXPECT_LT(tries, 2000);
}

}  // namespace
}  // namespace percuss::protocols
