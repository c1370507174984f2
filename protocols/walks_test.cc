// SPDX-License-Identifier: Apache-2.0
#include "protocols/walks.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  // Behind other messages it may do other things.
  Bytes two_loads = kOpenLoadRead;
  two_loads.insert(two_loads.begin() + 2, kOpenLoadRead.begin() + 2, kOpenLoadRead.begin() + 8);
  walks_.Add(two_loads);
  EXPECT_GT(Rest().size(), first / 2);
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

TEST_F(WalksTest, NothingIsLeftOfNothing) {
  Tree tree(model_);
  EXPECT_FALSE(walks_.Next(tree, random_));
  walks_.Add({});
  walks_.Add(Bytes(5000));
  EXPECT_FALSE(walks_.Next(tree, random_));
}

// The engine asks about a short input, and a step of a long one has its own length.
TEST_F(WalksTest, AStepDoesNotCutItsInput) {
  ByteHavoc havoc(1, {});
  Mutator mutator(model_, 1, [&](uint8_t* bytes, size_t size, size_t most) {
    return havoc.Change(bytes, size, most);
  });
  Bytes long_input;
  while (long_input.size() < 1200) {
    long_input.insert(long_input.end(), kOpenLoadRead.begin(), kOpenLoadRead.end());
  }
  static_cast<void>(mutator.Mutate(long_input, 4096));
  int whole = 0;
  for (int i = 0; i < 300; ++i) whole += mutator.Mutate({}, 4096).size() > 1100 ? 1 : 0;
  EXPECT_GT(whole, 100);
}

// A mutator that draws at random needs tens of thousands of tries.
TEST_F(WalksTest, AMutatorFindsABugOfOneNumberSoon) {
  ByteHavoc havoc(1, {});
  Mutator mutator(model_, 1, [&](uint8_t* bytes, size_t size, size_t most) {
    return havoc.Change(bytes, size, most);
  });
  const auto is_bug = [](const Bytes& made) {
    return made.size() == kOpenLoadRead.size() &&
           std::equal(made.begin(), made.begin() + 10, kOpenLoadRead.begin()) && made[10] == 2 &&
           made[11] == 0;
  };
  int tries = 1;
  while (tries < 2000 && !is_bug(mutator.Mutate(kOpenLoadRead, 4096))) ++tries;
  EXPECT_LT(tries, 2000);
}

}  // namespace
}  // namespace percuss::protocols
