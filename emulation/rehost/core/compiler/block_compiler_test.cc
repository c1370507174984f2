// SPDX-License-Identifier: Apache-2.0
//
// That a compiled block does what its handlers do: every instruction that is compiled, with
// operands by chance, alone and in IT blocks, in memory that is reached directly and in such that
// is not. All of Core and of memory is compared.
#include "emulation/rehost/core/compiler/block_compiler.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "emulation/rehost/core/block_cache.h"
#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/peripherals.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kCode = 0x1000;
constexpr uint32_t kRam = 0x20000000;
constexpr uint32_t kRamBytes = 0x4000;
constexpr size_t kEncodings = 60;  // of each operation
constexpr int kBlocks = 1500;

MachineImage ImageForTest() {
  MachineImage image;
  image.architecture = Architecture::kV7EM;
  image.regions.push_back({"code", 0, 0x4000, {}, {}});
  image.regions.push_back({"ram", kRam, kRamBytes, {}, {}});
  return image;
}

struct Encoding {
  uint16_t first = 0;
  uint16_t second = 0;
  bool wide = false;
};

bool IsOfInterest(Operation operation) {
  return (operation >= Operation::kAdcImmediate && operation <= Operation::kUmlal) ||
         (operation >= Operation::kLdrImmediate && operation <= Operation::kStrdImmediate) ||
         (operation >= Operation::kLdm && operation <= Operation::kStmdb);
}

constexpr size_t kOperations =
    3 + static_cast<size_t>(Operation::kUmlal) - static_cast<size_t>(Operation::kAdcImmediate) +
    static_cast<size_t>(Operation::kStrdImmediate) - static_cast<size_t>(Operation::kLdrImmediate) +
    static_cast<size_t>(Operation::kStmdb) - static_cast<size_t>(Operation::kLdm);

bool EndsIt(Operation operation) {
  return operation >= Operation::kB && operation <= Operation::kTbh;
}

class BlockCompilerTest : public testing::TestWithParam<uint32_t> {
 protected:
  BlockCompilerTest()
      : image_(ImageForTest()),
        memory_(image_),
        peripherals_(image_),
        system_(image_),
        cache_(memory_, image_, 255),
        random_(GetParam()) {
    core_.memory = &memory_;
    core_.peripherals = &peripherals_;
    core_.system = &system_;
    core_.code = &cache_;
    core_.readable = memory_.Readable();
    core_.writable = memory_.Writable();
    core_.direct_writable = memory_.Writable();
    core_.none_writable = none_.Data();
    core_.entries = cache_.Entries();
    core_.edges = edges_.data();
    core_.edge_mask = static_cast<uint32_t>(edges_.size() - 1);
    system_.Reset(core_);
  }

  uint32_t Below(size_t bound) { return static_cast<uint32_t>(random_() % bound); }

  void Collect() {
    size_t missing = 1;
    for (int tries = 0; missing != 0 && tries < 40'000'000; ++tries) {
      Encoding encoding;
      const auto bits = static_cast<uint32_t>(random_());
      encoding.wide = (tries & 3) != 0;
      const uint32_t high = bits >> 16U;
      encoding.first =
          static_cast<uint16_t>(encoding.wide ? 0xe800 + high % 0x1800 : high % 0xe800);
      encoding.second = static_cast<uint16_t>(bits);
      const Decoded decoded = Decode(encoding.first, encoding.second, kCode, false, {});
      if (IsOfInterest(decoded.operation)) Keep(straight_[decoded.operation], encoding);
      if (EndsIt(decoded.operation)) Keep(branches_[decoded.operation], encoding);
      if ((tries & 0xffff) == 0xffff) missing = Missing();
    }
    ASSERT_EQ(Missing(), 0U);
  }
  static void Keep(std::vector<Encoding>& encodings, const Encoding& encoding) {
    if (encodings.size() < kEncodings) encodings.push_back(encoding);
  }
  size_t Missing() const {
    size_t missing = straight_.size() < kOperations ? 1U : 0U;
    for (const auto& [operation, encodings] : straight_) missing += encodings.size() < 20 ? 1U : 0U;
    return missing;
  }
  template <typename Map>
  const Encoding& OneOf(const Map& map) {
    auto found = map.begin();
    std::advance(found, Below(map.size()));
    return found->second[Below(found->second.size())];
  }

  void MakeCode() {
    std::vector<uint16_t> code;
    const auto put = [&code](const Encoding& encoding) {
      code.push_back(encoding.first);
      if (encoding.wide) code.push_back(encoding.second);
    };
    for (uint32_t left = 1 + Below(6); left != 0; --left) {
      if (Below(3) == 0) code.push_back(static_cast<uint16_t>(0xbf00U | Below(14) << 4U | 8U));
      put(OneOf(straight_));
    }
    if (Below(2) == 0) put(OneOf(branches_));
    code.push_back(0xdf00);  // svc
    cache_.Flush();
    ASSERT_TRUE(memory_.Poke(kCode, code.data(), 2 * code.size()));
  }

  uint32_t SomeValue() {
    const uint32_t place =
        kRam + Below(4) * 0x1000 + (Below(2) == 0 ? Below(0x1000) : 0xff0 + Below(16));
    const uint32_t values[] = {place,     place & ~3U,   place & ~3U,
                               Below(70), 0U - Below(3), static_cast<uint32_t>(random_())};
    return values[Below(std::size(values))];
  }

  void MakeState() {
    for (uint32_t& value : core_.r) value = SomeValue();
    core_.r[kSp] &= ~3U;
    core_.r[kLr] |= Below(2);
    core_.SetNzcv(static_cast<uint32_t>(random_()));
    core_.it_state = 0;
    core_.stop = Core::Stop::kNone;
    core_.fault = kNoFault;
    core_.at = nullptr;
    core_.unlinked = nullptr;
    core_.thumb = true;
    core_.exchange = false;
    core_.continued = false;
    core_.exception = Below(4) == 0 ? 16 : 0;
    core_.divide_traps = Below(2) == 0;
    core_.alignment_traps = Below(2) == 0 ? 3 : 0;
    core_.horizon = 1000;
    core_.fuel = Below(8) == 0 ? 0 : 100;
    core_.previous_block = Below(0x10000);
    core_.spin.countdown = static_cast<int32_t>(1 + Below(3));
    for (uint32_t& byte : ram_) byte = static_cast<uint32_t>(random_());
  }

  // Pages are reached directly or not yet, the same before both runs.
  void PutBack(uint32_t direct) {
    memory_.ForgetPermissions();
    ASSERT_TRUE(memory_.Poke(kRam, ram_.data(), kRamBytes));
    Core core = core_;
    for (uint32_t page = 0; page < 4; ++page) {
      uint32_t value = 0;
      const uint32_t address = kRam + page * 0x1000;
      if ((direct >> page & 1U) != 0) {
        ASSERT_TRUE(memory_.Read(core, kCode, address, 4, value));
      }
      if ((direct >> (4 + page) & 1U) != 0) {
        ASSERT_TRUE(memory_.Write(core, kCode, address, 4, ram_[page * 0x400]));
      }
    }
    edges_.fill(0);
  }

  struct After {
    Core core;
    std::vector<uint8_t> memory;
    std::array<uint8_t, 256> edges = {};
  };
  After Run(const Op* block) {
    After after;
    std::memcpy(static_cast<void*>(&after.core), &core_, sizeof(Core));
    for (const Op* op = block; op != nullptr;) op = op->run(after.core, op);
    after.memory.resize(kRamBytes);
    EXPECT_TRUE(memory_.Peek(kRam, after.memory.data(), kRamBytes));
    after.edges = edges_;
    return after;
  }

  MachineImage image_;
  Memory memory_;
  Peripherals peripherals_;
  SystemControl system_;
  BlockCache cache_;
  Core core_;
  PageTable<uint8_t*> none_;
  std::array<uint8_t, 256> edges_ = {};
  std::array<uint32_t, kRamBytes / 4> ram_ = {};
  std::mt19937 random_;
  std::map<Operation, std::vector<Encoding>> straight_;
  std::map<Operation, std::vector<Encoding>> branches_;
};

std::string WordsOf(const Core& core) {
  std::string text;
  for (const uint32_t value : core.r) text += std::to_string(value) + " ";
  text += "apsr " + std::to_string(core.Apsr()) + " stop " +
          std::to_string(static_cast<int>(core.stop)) + " fault " + std::to_string(core.fault) +
          " at " + std::to_string(core.fault_address) + " fuel " + std::to_string(core.fuel);
  return text;
}

TEST_P(BlockCompilerTest, DoesWhatHandlersDo) {
  Collect();
  for (int i = 0; i < kBlocks; ++i) {
    MakeCode();
    MakeState();
    const Op* block = cache_.At(core_, kCode);
    ASSERT_NE(block, nullptr);
    const uint32_t direct = Below(4) == 0 ? Below(256) : 0xff;
    PutBack(direct);
    const After one = Run(block);
    cache_.Compile(core_, block);
    PutBack(direct);
    const After other = Run(block);
    uint16_t code[16];
    ASSERT_TRUE(memory_.Peek(kCode, code, sizeof(code)));
    std::string halves;
    for (const uint16_t half : code) halves += std::to_string(half) + " ";
    SCOPED_TRACE(halves);
    ASSERT_EQ(WordsOf(one.core), WordsOf(other.core));
    ASSERT_EQ(std::memcmp(&one.core, &other.core, sizeof(Core)), 0);
    ASSERT_EQ(one.memory, other.memory);
    ASSERT_EQ(one.edges, other.edges);
  }
  const uint64_t most = BlockCompiler::Available() ? kBlocks : 0;
  EXPECT_GE(cache_.Compiled(), most * 9 / 10);
  EXPECT_LE(cache_.Compiled(), most);
}

// Two blocks that go to one another, whichever is compiled and linked first.
TEST_P(BlockCompilerTest, GoesAlongLinks) {
  constexpr uint32_t kOther = kCode + 0x100;
  constexpr uint16_t kFirst[] = {0x3001, 0xe07d};          // adds r0, #1; b kOther
  constexpr uint16_t kSecond[] = {0x3901, 0xf47f, 0xaf7d,  // subs r1, #1; bne.w kCode
                                  0xdf00};                 // svc
  ASSERT_TRUE(memory_.Poke(kCode, kFirst, sizeof(kFirst)));
  ASSERT_TRUE(memory_.Poke(kOther, kSecond, sizeof(kSecond)));
  MakeState();
  core_.r[0] = 0;
  core_.r[1] = 5;
  core_.fuel = 100;
  core_.spin.countdown = 1000;
  std::vector<After> runs;
  for (const uint32_t order : {0U, GetParam(), GetParam() + 4}) {
    cache_.Flush();
    const Op* first = cache_.At(core_, kCode);
    const Op* second = cache_.At(core_, kOther);
    const auto link = [&] {
      cache_.Link(first + 2, second);
      cache_.Link(second + 2, first);
    };
    const bool late = (order & 1U) != 0;
    if (!late) link();
    if (order != 0) cache_.Compile(core_, (order & 2U) != 0 ? first : second);
    if (late && (order & 4U) != 0) link();
    if (order != 0) cache_.Compile(core_, (order & 2U) != 0 ? second : first);
    if (late && (order & 4U) == 0) link();
    PutBack(0xff);
    runs.push_back(Run(first));
    EXPECT_EQ(runs.back().core.r[0], 5U);
    EXPECT_EQ(runs.back().core.r[kPc], kOther + 6);
    EXPECT_EQ(runs.back().core.blocks - core_.blocks, 10U);
    EXPECT_EQ(runs.back().edges, runs.front().edges);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BlockCompilerTest, testing::Range(1U, 5U));

}  // namespace
}  // namespace percuss::rehost
