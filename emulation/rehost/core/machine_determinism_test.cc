// SPDX-License-Identifier: Apache-2.0
//
// That what a machine does is a matter of the image and the input alone: firmware made by chance,
// with interrupts, sleep, IT blocks, peripherals and code that changes itself, runs the same
// whatever is watched, traced or counted, in one go or in pieces, and whatever ran before.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "emulation/rehost/core/machine.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kRam = 0x20000000;
constexpr uint32_t kRamBytes = 0x8000;
constexpr uint32_t kData = kRam + 0x4000;
constexpr uint32_t kDevice = 0x40000000;
constexpr uint32_t kCode = kRam + 0x1000;
constexpr size_t kEdges = 1 << 12;
constexpr int kIrqs = 4;

// Registers with a purpose; the others are anybody's.
constexpr uint32_t kSlotRegister = 5;
constexpr uint32_t kDeviceRegister = 6;
constexpr uint32_t kDataRegister = 7;

class Firmware {
 public:
  explicit Firmware(uint32_t seed) : random_(seed) { Make(); }

  [[nodiscard]] const MachineImage& Image() const { return image_; }
  [[nodiscard]] uint32_t SomeAddress() { return places_[Below(places_.size())]; }
  [[nodiscard]] std::string SomeInput() {
    std::string input(Below(400), '\0');
    for (char& c : input) c = static_cast<char>(Below(256));
    if (image_.lines.empty()) return input;
    const size_t message = std::min<size_t>(Below(100), input.size());
    return WriteStreams({{{{kDevice}, input.substr(0, message)}}, input.substr(message)});
  }
  [[nodiscard]] uint32_t Below(size_t bound) {
    return static_cast<uint32_t>(random_() % std::max<size_t>(bound, 1));
  }

 private:
  [[nodiscard]] uint32_t Here() const { return kCode + static_cast<uint32_t>(2 * code_.size()); }
  void Put(uint32_t half) { code_.push_back(static_cast<uint16_t>(half)); }
  void Constant(uint32_t rd, uint32_t value) {
    for (const auto& [operation, part] :
         {std::pair{0xf240U, value & 0xffffU}, std::pair{0xf2c0U, value >> 16U}}) {
      Put(operation | (part >> 11U & 1U) << 10U | part >> 12U);
      Put((part >> 8U & 7U) << 12U | rd << 8U | (part & 0xffU));
    }
  }
  void Register(uint32_t address, uint32_t value) {
    Constant(0, value);
    Constant(1, address);
    Put(0x6008);  // str r0, [r1]
  }

  void Data() {
    const uint32_t rd = Below(5);
    const uint32_t rm = Below(5);
    const uint32_t rn = Below(5);
    const uint32_t choices[] = {0x2000 | rd << 8 | Below(256),  0x3000 | rd << 8 | Below(256),
                                0x3800 | rd << 8 | Below(256),  0x1800 | rm << 6 | rn << 3 | rd,
                                0x4040 | rm << 3 | rd,          Below(32) << 6 | rm << 3 | rd,
                                0x2800 | rd << 8 | Below(256),  0x4140 | rm << 3 | rd,
                                0x1a00 | rm << 6 | rn << 3 | rd};
    Put(choices[Below(std::size(choices))]);
  }
  void Access() {
    const uint32_t rt = Below(5);
    const uint32_t offset = Below(8) << 6;
    switch (Below(6)) {
      case 0:
        return Put(0x6800 | offset | kDeviceRegister << 3 | rt);
      case 1:
        return Put(0x7000 | kSlotRegister << 3 | rt);  // strb into an instruction
      case 2:
      case 3:
        return Put(0x6000 | offset | kDataRegister << 3 | rt);
      default:
        return Put(0x6800 | offset | kDataRegister << 3 | rt);
    }
  }
  void Condition() {
    const uint32_t condition = Below(14);
    if (Below(2) == 0) {
      Put(0xd000 | condition << 8 | Below(3));  // over up to three instructions
      for (int i = 0; i < 4; ++i) Data();
      return;
    }
    Put(0xbf00 | condition << 4 | (condition & 1) << 3 | 4);  // ITT
    Put(0x3000 | Below(5) << 8 | 1);
    Access();
  }
  void Special() {
    const uint32_t halves[] = {0xbf30, 0xb672, 0xb662, 0xdf00, 0xbf40, 0xbf20};
    Put(halves[Below(std::size(halves))]);
  }

  void Handler(uint32_t number) {
    vectors_.resize(std::max<size_t>(vectors_.size(), number + 1));
    vectors_[number] = Here() | 1U;
    Constant(1, kData + 0x100 + 4 * number);
    Put(0x6808);  // ldr r0, [r1]
    Put(0x3001);
    Put(0x6008);
    if (Below(2) == 0) {
      Put(0xbf00 | 0 << 4 | 8);  // IT EQ
      Put(0x6848);
    }
    Put(0x4770);
  }

  void Body() {
    const uint32_t loop = Here();
    const size_t straight = Below(3) == 0 ? 150 : 3;
    while (code_.size() < (loop - kCode) / 2 + 300) {
      places_.push_back(Here());
      for (size_t i = Below(straight); i > 0; --i) Data();
      const uint32_t what = Below(12);
      if (what == 0) {
        Special();
      } else if (what < 5) {
        Condition();
      } else {
        Access();
      }
      if (Below(8) == 0) Put(0x2000 | Below(5) << 8);
    }
    places_.push_back(Here());
    Put(0xb662);
    Put(0xe000 | (((loop - Here() - 4) / 2) & 0x7ffU));
  }

  void Make() {
    for (uint32_t number : {11U, 14U, 15U}) Handler(number);
    for (uint32_t irq = 0; irq < kIrqs; ++irq) Handler(16 + irq);
    const uint32_t entry = Here() | 1U;
    Register(0xe000e014, 40 + Below(200));  // SysTick's reload value
    Register(0xe000e010, 7);
    Register(0xe000e100, (1U << kIrqs) - 1);
    Register(0xe000e400, 0x40802000);  // priorities, so that some nest
    Constant(kDeviceRegister, kDevice);
    Constant(kDataRegister, kData);
    Constant(kSlotRegister, Here() + 8 + 2 * Below(100));
    Body();
    Vectors(entry);
    Triggers();
    Lines();
  }

  // Of every second firmware: data, status and the next word of the device.
  void Lines() {
    if (Below(2) == 0) return;
    InputLine line;
    line.data = kDevice;
    line.statuses = {{kDevice + 4, Below(256), 1, Below(2) << 4U}};
    if (Below(3) != 0) line.irq = Below(kIrqs);
    line.bytes = 1 + Below(4);
    line.gap = Below(3) * Below(300);
    line.silence = 1 + Below(2'000);
    image_.lines = {line};
  }

  void Vectors(uint32_t entry) {
    vectors_[0] = kRam + kRamBytes;
    vectors_[1] = entry;
    image_.entry = entry;
    image_.initial_sp = vectors_[0];
    std::string table(vectors_.size() * 4, '\0');
    std::memcpy(table.data(), vectors_.data(), table.size());
    image_.regions.push_back({"rom", 0, 0x1000, {true, false, true}, table});
    std::string code(kCode - kRam + 2 * code_.size(), '\0');
    std::memcpy(&code[kCode - kRam], code_.data(), 2 * code_.size());
    image_.regions.push_back({"ram", kRam, kRamBytes, {}, code});
    image_.peripherals.push_back({kDevice, 0x1000});
    image_.limits.instructions = 20'000;
    image_.limits.instructions_without_input = 3'000;
  }

  void Triggers() {
    InterruptTrigger trigger;
    trigger.when = InterruptTrigger::When::kEvery;
    trigger.period = 30 + Below(100);
    image_.triggers.push_back(trigger);
    trigger.when = InterruptTrigger::When::kEveryByInput;
    trigger.which = InterruptTrigger::Which::kByInput;
    image_.triggers.push_back(trigger);
    trigger.when = InterruptTrigger::When::kAtAddress;
    trigger.which = InterruptTrigger::Which::kFixed;
    trigger.address = SomeAddress();
    trigger.irq = Below(kIrqs);
    image_.triggers.push_back(trigger);
  }

  std::mt19937 random_;
  MachineImage image_;
  std::vector<uint16_t> code_;
  std::vector<uint32_t> vectors_;
  std::vector<uint32_t> places_;
};

// All of it that a firmware, or who looks at its end, could tell apart.
struct Seen {
  Outcome outcome;
  std::vector<uint32_t> registers;
  std::string memory;
  std::vector<uint8_t> edges;
  std::vector<uint32_t> blocks;

  [[nodiscard]] std::string Words() const {
    std::string text = "end " + std::to_string(static_cast<int>(outcome.end));
    for (const uint64_t number :
         {uint64_t{outcome.pc}, uint64_t{outcome.cause}, outcome.instructions, outcome.blocks,
          outcome.interrupts, uint64_t{outcome.input_used}}) {
      text += " " + std::to_string(number);
    }
    for (const uint32_t value : registers) text += " " + std::to_string(value);
    return text;
  }
};

class Bench {
 public:
  explicit Bench(Firmware& firmware, bool edges = true, uint8_t compile_after = 1)
      : firmware_(firmware),
        edges_(edges ? kEdges : 0),
        machine_(firmware.Image(),
                 {true, edges ? edges_.data() : nullptr, edges_.size(), true, compile_after}) {
    (void)machine_.Boot();
  }
  Machine& Its() { return machine_; }
  void Trace() {
    machine_.TraceBlocks([this](uint32_t pc) { blocks_.push_back(pc); });
  }
  void Begin(const std::string& input) {
    std::fill(edges_.begin(), edges_.end(), 0);
    blocks_.clear();
    machine_.Begin(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  Seen Run(const std::string& input) {
    Begin(input);
    return End(machine_.Continue());
  }
  Seen End(const Outcome& outcome) {
    Seen seen;
    seen.outcome = outcome;
    const Core& core = machine_.core();
    seen.registers.assign(core.r, core.r + 16);
    seen.registers.insert(seen.registers.end(), {core.other_sp, core.Apsr(), core.exception,
                                                 core.primask, core.it_state});
    for (const Region& region : firmware_.Image().regions) {
      std::string bytes(region.size, '\0');
      EXPECT_TRUE(machine_.memory().Peek(region.begin, bytes.data(), bytes.size()));
      seen.memory += bytes;
    }
    seen.edges = edges_;
    seen.blocks = blocks_;
    return seen;
  }

 private:
  Firmware& firmware_;
  std::vector<uint8_t> edges_;
  std::vector<uint32_t> blocks_;
  Machine machine_;
};

// Where loops that only wait are not skipped, they count more (spin.h).
std::vector<bool> Reached(const std::vector<uint8_t>& edges) {
  std::vector<bool> reached(edges.size());
  for (size_t i = 0; i < edges.size(); ++i) reached[i] = edges[i] != 0;
  return reached;
}

void ExpectSame(const Seen& one, const Seen& other) {
  EXPECT_EQ(one.Words(), other.Words());
  EXPECT_TRUE(one.memory == other.memory);
  EXPECT_TRUE(other.edges.empty() || Reached(one.edges) == Reached(other.edges));
  EXPECT_TRUE(other.blocks.empty() || one.blocks == other.blocks);
}

class MachineDeterminismTest : public testing::TestWithParam<uint32_t> {
 protected:
  MachineDeterminismTest() : firmware_(GetParam()) {
    for (int i = 0; i < 4; ++i) inputs_.push_back(firmware_.SomeInput());
    Bench plain(firmware_, true, 0);
    plain.Trace();
    for (const std::string& input : inputs_) expected_.push_back(plain.Run(input));
  }
  void ExpectAll(const std::function<Seen(const std::string&)>& run) {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      SCOPED_TRACE(i);
      ExpectSame(expected_[i], run(inputs_[i]));
    }
  }

  Firmware firmware_;
  std::vector<std::string> inputs_;
  std::vector<Seen> expected_;
};

TEST_P(MachineDeterminismTest, NeitherTracedNorCounted) {
  Bench counted(firmware_);
  ExpectAll([&](const std::string& input) { return counted.Run(input); });
  Bench bare(firmware_, false);
  ExpectAll([&](const std::string& input) { return bare.Run(input); });
}

TEST_P(MachineDeterminismTest, CompiledOrNot) {
  for (const int after : {0, 1, 2, 5}) {
    SCOPED_TRACE(after);
    Bench bench(firmware_, true, static_cast<uint8_t>(after));
    for (int i = 0; i < 3; ++i) {
      ExpectAll([&](const std::string& input) { return bench.Run(input); });
    }
    const bool compiled = bench.Its().blocks().Compiled() != 0;
    if (after < 2) {
      EXPECT_EQ(compiled, after == 1 && BlockCompiler::Available());
    }
  }
}

TEST_P(MachineDeterminismTest, CompiledInPieces) {
  Bench bench(firmware_);
  for (int i = 0; i < 2; ++i) {
    ExpectAll([&](const std::string& input) {
      bench.Begin(input);
      Machine& machine = bench.Its();
      Outcome outcome;
      while (!machine.Ended()) {
        outcome = firmware_.Below(8) == 0
                      ? machine.Step()
                      : machine.ContinueUntil(machine.Now() + firmware_.Below(3000));
      }
      return bench.End(outcome);
    });
  }
}

TEST_P(MachineDeterminismTest, StepByStep) {
  Bench bench(firmware_);
  bench.Trace();
  ExpectAll([&](const std::string& input) {
    bench.Begin(input);
    Outcome outcome;
    while (!bench.Its().Ended()) outcome = bench.Its().Step();
    return bench.End(outcome);
  });
}

TEST_P(MachineDeterminismTest, WithWatchedAddresses) {
  Bench bench(firmware_);
  bench.Trace();
  for (int i = 0; i < 3; ++i) bench.Its().Watch(firmware_.SomeAddress() | 1U);
  const auto longest = std::max_element(
      expected_.begin(), expected_.end(),
      [](const Seen& one, const Seen& other) { return one.blocks.size() < other.blocks.size(); });
  const std::vector<uint32_t>& ran = longest->blocks;
  ASSERT_FALSE(ran.empty());
  bench.Its().Watch(ran[firmware_.Below(ran.size())]);
  size_t stops = 0;
  ExpectAll([&](const std::string& input) {
    bench.Begin(input);
    Outcome outcome = bench.Its().Continue();
    for (; outcome.end == End::kStopped; ++stops) outcome = bench.Its().Continue();
    return bench.End(outcome);
  });
  EXPECT_GT(stops, 0U);
}

TEST_P(MachineDeterminismTest, InPieces) {
  Bench bench(firmware_);
  bench.Trace();
  for (int i = 0; i < 2; ++i) bench.Its().Watch(firmware_.SomeAddress());
  ExpectAll([&](const std::string& input) {
    bench.Begin(input);
    Machine& machine = bench.Its();
    Outcome outcome;
    while (!machine.Ended()) {
      if (firmware_.Below(4) == 0) {
        outcome = machine.Step();
        continue;
      }
      const uint64_t until = machine.Now() + firmware_.Below(1000);
      outcome = machine.ContinueUntil(until);
      EXPECT_TRUE(machine.Ended() || machine.AtWatched() || machine.Now() >= until);
    }
    return bench.End(outcome);
  });
}

TEST_P(MachineDeterminismTest, AfterOtherInputs) {
  Bench bench(firmware_);
  for (int i = 0; i < 100; ++i) (void)bench.Run(firmware_.SomeInput());
  ExpectAll([&](const std::string& input) { return bench.Run(input); });
}

INSTANTIATE_TEST_SUITE_P(Seeds, MachineDeterminismTest, testing::Range(1U, 21U));

// What came to an exact time is what steps come to.
TEST(MachineContinueUntilTest, StopsAtTheSamePlaceAsSteps) {
  Firmware firmware(7);
  const std::string input = firmware.SomeInput() + std::string(200, '\x5a');
  Bench stepped(firmware);
  Bench run(firmware);
  stepped.Begin(input);
  while (!stepped.Its().Ended()) {
    const uint64_t before = stepped.Its().Now();
    const Outcome outcome = stepped.Its().Step();
    const uint64_t now = stepped.Its().Now();
    if (now == before || stepped.Its().Ended() || now % 37 != 0) continue;
    run.Begin(input);
    const Outcome other = run.Its().ContinueUntil(now);
    ExpectSame(stepped.End(outcome), run.End(other));
    ASSERT_EQ(run.Its().Now(), now);
  }
}

}  // namespace
}  // namespace percuss::rehost
