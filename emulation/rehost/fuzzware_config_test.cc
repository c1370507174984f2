// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/fuzzware_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "common/fs.h"

namespace percuss::emulation {
namespace {

using rehost::AccessModel;
using rehost::InterruptTrigger;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace stdfs = std::filesystem;

constexpr const char* kMap =
    "memory_map:\n"
    "  rom: {base_addr: 0x08000000, size: 0x1000, permissions: r-x, file: fw.bin}\n"
    "  ram: {base_addr: 0x20000000, size: 0x2000, permissions: rw-}\n"
    "  mmio: {base_addr: 0x40000000, size: 0x20000000, permissions: rw-}\n"
    "  nvic: {base_addr: 0xe0000000, size: 0x10000000, permissions: rw-}\n"
    "  irq_ret: {base_addr: 0xfffff000, size: 0x1000, permissions: --x}\n";

class FuzzwareConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("fuzzware");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
    std::string firmware("\x00\x20\x00\x20\x09\x00\x00\x08", 8);
    firmware += std::string(24, '\x2a');
    Put("fw.bin", firmware);
  }
  void Put(const std::string& name, const std::string& text) {
    stdfs::create_directories((folder_->Path() / name).parent_path());
    std::ofstream(folder_->Path() / name) << text;
  }
  common::Result<FuzzwareConfig> Load(const std::string& text) {
    Put("config.yml", text);
    return ReadFuzzwareConfig(folder_->Path() / "config.yml");
  }
  FuzzwareConfig Sound(const std::string& text) {
    auto config = Load(text);
    EXPECT_TRUE(config) << config.error().Text();
    return config ? *config : FuzzwareConfig{};
  }
  // Without the folder's name.
  std::string ErrorOf(const std::string& text) {
    const auto config = Load(text);
    if (config) return "none";
    std::string error = config.error().Text();
    const std::string prefix = folder_->Path().string() + "/";
    for (size_t at = 0; (at = error.find(prefix)) != std::string::npos;) {
      error.erase(at, prefix.size());
    }
    return error;
  }
  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(FuzzwareConfigTest, MapAndVectorTable) {
  const FuzzwareConfig config = Sound(kMap);
  const auto& machine = config.machine;
  EXPECT_EQ(machine.vector_table, 0x08000000U);
  EXPECT_EQ(machine.initial_sp, 0x20002000U);
  EXPECT_EQ(machine.entry, 0x08000009U);
  ASSERT_EQ(machine.regions.size(), 2U);
  EXPECT_EQ(machine.regions[0].name, "rom");
  EXPECT_EQ(machine.regions[0].bytes.size(), 32U);
  EXPECT_FALSE(machine.regions[0].permissions.write);
  EXPECT_TRUE(machine.regions[0].permissions.execute);
  EXPECT_TRUE(machine.regions[1].permissions.write);
  EXPECT_FALSE(machine.regions[1].permissions.execute);
  ASSERT_EQ(machine.peripherals.size(), 1U);
  EXPECT_EQ(machine.peripherals[0].size, 0x20000000U);
  EXPECT_THAT(config.notes, IsEmpty());
  // What is not said stays as the core has it.
  EXPECT_EQ(machine.limits.instructions, rehost::Limits{}.instructions);
}

TEST_F(FuzzwareConfigTest, OffsetsPagesAndOverlays) {
  Put("parts/two.bin", "0123456789abcdef");
  const FuzzwareConfig config = Sound(
      "entry_point: 0x1101\n"
      "initial_sp: 0x20000803\n"
      "memory_map:\n"
      "  rom: {base_addr: 0x1080, size: 0x100, file: 'parts/*.bin', file_offset: 4, is_entry: true,"
      " load_offset: 0x10}\n"
      "  ram: {base_addr: 0x20000000, size: 0x801, permissions: rw}\n"
      "  MMIO_a: {base_addr: 0x40000000, size: 0x1000}\n"
      "  mmio_b: {base_addr: 0x40001000, size: 0x10}\n"
      "  mmio_dma: {base_addr: 0x20000100, size: 0x20, overlay: true}\n"
      "  patch: {base_addr: 0x1094, size: 2, overlay: yes, file: fw.bin, file_offset: 8}\n"
      "use_nvic: false\n");
  const auto& machine = config.machine;
  ASSERT_EQ(machine.regions.size(), 3U);
  EXPECT_EQ(machine.regions[0].begin, 0x1000U);
  EXPECT_EQ(machine.regions[0].size, 0x1000U);
  EXPECT_EQ(machine.regions[0].bytes, std::string(0x90, '\0') + "4567**abcdef");
  EXPECT_EQ(machine.regions[1].size, 0x100U);
  EXPECT_EQ(machine.regions[2].begin, 0x20000120U);
  EXPECT_EQ(machine.regions[2].size, 0x1000U - 0x120);
  ASSERT_EQ(machine.peripherals.size(), 2U);
  EXPECT_EQ(machine.peripherals[0].begin, 0x20000100U);
  EXPECT_EQ(machine.peripherals[1].size, 0x2000U);
  EXPECT_EQ(machine.entry, 0x1101U);
  EXPECT_EQ(machine.initial_sp, 0x20000800U);
}

TEST_F(FuzzwareConfigTest, IncludedFilesGiveWayToTheIncluding) {
  Put("hw/map.yml",
      "memory_map:\n"
      "  rom: {base_addr: 0x0, size: 0x40000, permissions: r-x, file: './*.bin'}\n"
      "  mmio: {base_addr: 0x40000000, size: 0x1000}\n"
      "include: [../more.yml]\n");
  Put("hw/local.bin", std::string("\x00\x20\x00\x20\x09\x00\x00\x08", 8));
  Put("more.yml", "symbols: {0x101: first, 0x200: second}\nlimits: {interrupts: 7}\n");
  const FuzzwareConfig config = Sound(
      "include:\n"
      "  - ./hw/map.yml\n"
      "memory_map:\n"
      "  rom: {base_addr: 0x08000000}\n"
      "exit_at: {first: , other: second+0x10, third: no_such, raw: 0x08000021, hex: '1000'}\n");
  EXPECT_EQ(config.machine.vector_table, 0x08000000U);
  EXPECT_EQ(config.machine.regions[0].bytes.size(), 8U);
  EXPECT_THAT(config.machine.exits, ElementsAre(0x100U, 0x210U, 0x08000020U, 0x1000U));
  EXPECT_EQ(config.machine.limits.interrupts, 7U);
  EXPECT_EQ(config.symbols.at("first"), 0x100U);
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("no_such")));
}

TEST_F(FuzzwareConfigTest, CirclesOfFilesAreRefused) {
  Put("a.yml", "include: [config.yml]\n");
  EXPECT_THAT(ErrorOf("include: [a.yml]\n"), HasSubstr("a.yml:1: include: \"config.yml\""));
  EXPECT_THAT(ErrorOf("include: [nowhere.yml]\n"), HasSubstr("config.yml:1: include:"));
}

TEST_F(FuzzwareConfigTest, SysTickCanBeLeftOut) {
  EXPECT_TRUE(Sound(kMap).machine.systick);
  const FuzzwareConfig config = Sound(std::string(kMap) + "use_systick: false\n");
  EXPECT_FALSE(config.machine.systick);
  EXPECT_THAT(config.notes, ElementsAre());
}

TEST_F(FuzzwareConfigTest, Triggers) {
  const FuzzwareConfig config = Sound(std::string(kMap) +
                                      "symbols: {0x08000010: idle}\n"
                                      "global_timer_scale: 2\n"
                                      "interrupt_triggers:\n"
                                      "  a: {every_nth_tick: 1000, fuzz_mode: round_robin}\n"
                                      "  b: {every_nth_tick: fuzzed, fuzz_mode: fuzzed}\n"
                                      "  c: {addr: idle, irq: 20, num_pends: 3}\n"
                                      "  d: {address: 0x08000013, fuzz_mode: fuzz, num_skips: 0}\n"
                                      "use_timers: true\n"
                                      "timers:\n"
                                      "  e: {reload_val: 0x100, irq: 17, start_at: 0x10}\n"
                                      "  f: {reload_val: 0x100, handler: my.hook}\n"
                                      "nvic: {disabled_irqs: [12, 0x13]}\n"
                                      "limits: {translation_blocks: 10,"
                                      " fuzz_consumption_timeout: 0}\n");
  const auto& triggers = config.machine.triggers;
  ASSERT_EQ(triggers.size(), 5U);
  EXPECT_EQ(triggers[0].when, InterruptTrigger::When::kEvery);
  EXPECT_EQ(triggers[0].which, InterruptTrigger::Which::kInTurn);
  EXPECT_EQ(triggers[0].period, 1000 * 2 * kInstructionsPerBlock);
  EXPECT_EQ(triggers[0].skips, 0U);
  EXPECT_EQ(triggers[1].when, InterruptTrigger::When::kEveryByInput);
  EXPECT_EQ(triggers[1].which, InterruptTrigger::Which::kByInput);
  EXPECT_EQ(triggers[2].when, InterruptTrigger::When::kAtAddress);
  EXPECT_EQ(triggers[2].which, InterruptTrigger::Which::kFixed);
  EXPECT_EQ(triggers[2].address, 0x08000010U);
  EXPECT_EQ(triggers[2].irq, 4U);
  EXPECT_EQ(triggers[2].pends, 3U);
  EXPECT_EQ(triggers[2].skips, 1U);
  EXPECT_EQ(triggers[3].address, 0x08000012U);
  EXPECT_EQ(triggers[3].skips, 0U);
  EXPECT_EQ(triggers[4].irq, 1U);
  EXPECT_EQ(config.machine.limits.instructions, 10 * kInstructionsPerBlock);
  EXPECT_EQ(config.machine.limits.instructions_without_input, 0U);
  EXPECT_THAT(config.machine.disabled_irqs, ElementsAre(12U, 19U));
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("start_at"), HasSubstr("timer f is left out")));
}

TEST_F(FuzzwareConfigTest, Models) {
  const FuzzwareConfig config =
      Sound(std::string(kMap) +
            "mmio_models:\n"
            "  constant: {m: {access_size: 4, addr: 0x4000c014, pc: 0xe98, val: 0xffffffff}}\n"
            "  bitextract: {m: {addr: 0x40000000, pc: 0x1e2, size: 1, left_shift: 0x10, mask: 1}}\n"
            "  passthrough: {m: {addr: 0x4002c000, init_val: 0x7}, n: {addr: 0xe000e010}}\n"
            "  set: {m: {addr: 0x4000c004, pc: 0xb32, vals: [0x0, 2]}}\n"
            "  linear: {m: {addr: 0x4000c008, pc: 0x12, init_val: 5, step: -1}}\n"
            "  unmodeled: {m: {addr: 0x4000c000}, n: {addr: 0x60000123}, o: {addr: 0x20000000}}\n"
            "  custom: {m: {start: 1, end: 2, handler: a.b}}\n");
  const auto& models = config.machine.models;
  ASSERT_EQ(models.size(), 7U);
  EXPECT_EQ(models[0].kind, AccessModel::Kind::kConstant);
  EXPECT_THAT(models[0].values, ElementsAre(0xffffffffU));
  EXPECT_EQ(models[0].pc, 0xe98U);
  EXPECT_EQ(models[0].size, 1U);
  EXPECT_EQ(models[1].kind, AccessModel::Kind::kPassthrough);
  EXPECT_EQ(models[1].pc, AccessModel::kEveryPlace);
  EXPECT_THAT(models[1].values, ElementsAre(7U));
  EXPECT_EQ(models[2].input_bytes, 1U);
  EXPECT_EQ(models[2].left_shift, 16U);
  EXPECT_THAT(models[3].values, ElementsAre(0U, 2U));
  EXPECT_EQ(models[4].step, 0xffffffffU);
  EXPECT_EQ(models[4].pc, AccessModel::kEveryPlace);
  EXPECT_EQ(models[6].address, 0x60000123U);
  ASSERT_EQ(config.machine.peripherals.size(), 1U);  // what was added touches what was there
  EXPECT_EQ(config.machine.peripherals[0].size, 0x20001000U);
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("custom"),
                                        HasSubstr("1 of mmio_models are left out: they are "
                                                  "for registers of the processor"),
                                        HasSubstr("has memory")));
}

TEST_F(FuzzwareConfigTest, HandlersSkipAndPatch) {
  const FuzzwareConfig config =
      Sound(std::string(kMap) +
            "symbols: {0x08000041: puts, 0x08000050: printf}\n"
            "handlers:\n"
            "  by_address: {addr: 0x08000031}\n"
            "  puts:\n"
            "  gone:\n"
            "  hooked: {addr: printf, handler: a.b.c, do_return: False}\n"
            "  zero: {addr: 0x08000061, handler: native.return_0x0}\n"
            "  big: {addr: 0x08000070, handler: native.return_0x89abcdef}\n"
            "  raw: {addr: 0x08000080, handler: native.inline_asm_7047}\n");
  EXPECT_THAT(config.machine.skipped, ElementsAre(0x08000030U, 0x08000040U));
  const std::string& bytes = config.machine.regions[0].bytes;
  EXPECT_EQ(bytes.substr(0x60, 4), std::string("\x00\x20\x70\x47", 4));
  // movw r0, #0xcdef; movt r0, #0x89ab; bx lr, as an assembler has them.
  EXPECT_EQ(bytes.substr(0x70, 10), "\x4c\xf6\xef\x50\xc8\xf6\xab\x10\x70\x47");
  EXPECT_EQ(bytes.substr(0x80), "\x70\x47");
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("gone"), HasSubstr("handlers in Python")));
}

TEST_F(FuzzwareConfigTest, MistakesNameLineAndMeaning) {
  const std::string map = kMap;
  EXPECT_EQ(ErrorOf(map + "interupt_triggers:\n  a: {}\n"),
            "config.yml:8: \"interupt_triggers\" is not known here: did you mean "
            "\"interrupt_triggers\"?");
  EXPECT_EQ(ErrorOf("memory_map:\n  rom:\n    base_adr: 1\n"),
            "config.yml:3: \"base_adr\" is not known here: did you mean \"base_addr\"?");
  EXPECT_EQ(ErrorOf("limits: {}\n"),
            "config.yml:1: \"memory_map\" is missing: where memory and peripherals are");
  EXPECT_EQ(ErrorOf(map + "limits:\n  interrupts: -1\n"),
            "config.yml:8: interrupts: must be a whole number from 0 to 1125899906842624");
  EXPECT_EQ(ErrorOf(map + "mmio_models:\n  set:\n    m:\n      addr: 0x40000000\n"),
            "config.yml:10: vals: must be a list of 1 to 256 values");
  EXPECT_THAT(ErrorOf(map + "mmio_models:\n  linaer: {}\n"), HasSubstr("did you mean \"linear\"?"));
  EXPECT_THAT(ErrorOf(map + "entry_point: nowhere\n"),
              HasSubstr("config.yml:7: entry_point: \"nowhere\" is neither an address"));
  EXPECT_THAT(ErrorOf(map + "interrupt_triggers: {a: {fuzz_mode: fuzzed}}\n"),
              HasSubstr("config.yml:7: a trigger needs"));
  EXPECT_THAT(ErrorOf(map + "interrupt_triggers: {a: {every_nth_tick: 5, irq: 15}}\n"),
              HasSubstr("15 is an exception of the processor itself"));
  EXPECT_THAT(ErrorOf(map + "handlers: {a: {addr: 0x30000000, handler: native.return_1}}\n"),
              HasSubstr("there is no memory for its 4 bytes at 0x30000000"));
  EXPECT_THAT(ErrorOf(map + "handlers: {a: {addr: 0x08000000, handler: native.jump}}\n"),
              HasSubstr("\"native.jump\" is no handler"));
  EXPECT_THAT(ErrorOf("a: [1\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(ErrorOf("- a\n"), HasSubstr("must be a mapping"));
}

TEST_F(FuzzwareConfigTest, AbsurdMaps) {
  const std::string mmio = "  mmio: {base_addr: 0x40000000, size: 0x1000}\n";
  const std::string rom = "memory_map:\n  rom: {base_addr: 0, size: 0x1000, file: fw.bin}\n";
  EXPECT_THAT(ErrorOf(rom + mmio + "  ram: {base_addr: 0x20000000, size: 0x10000000}\n"),
              HasSubstr("config.yml:4: memory_map: the regions that are memory have more than 64 "
                        "MiB together"));
  EXPECT_THAT(ErrorOf(rom + mmio + "  ram: {base_addr: 0x20000000, size: 0x100000000}\n"),
              HasSubstr("ends beyond 4 GiB"));
  EXPECT_THAT(ErrorOf(rom + mmio + "  ram: {base_addr: 0x800, size: 0x1000}\n"),
              HasSubstr("the regions rom and ram overlap"));
  EXPECT_THAT(ErrorOf(rom + mmio + "  ram: {base_addr: 0x2000, size: 0}\n"),
              HasSubstr("the region ram has no size"));
  EXPECT_THAT(ErrorOf(rom), HasSubstr("no region's name begins with \"mmio\""));
  EXPECT_THAT(ErrorOf("memory_map:\n  rom: {base_addr: 0, file: none.bin}\n" + mmio),
              HasSubstr("config.yml:2: file: no such file: none.bin"));
  EXPECT_THAT(ErrorOf("memory_map:\n  rom: {base_addr: 0, file: '*.none'}\n" + mmio),
              HasSubstr("must match one file, but matches 0"));
  EXPECT_THAT(ErrorOf("memory_map:\n  rom: {base_addr: 0, size: 0x1000}\n" + mmio),
              HasSubstr("there is no vector table at 0x0"));
}

TEST_F(FuzzwareConfigTest, CutOffConfigurationsNeitherCrashNorPassUnseen) {
  const std::string whole = std::string(kMap) +
                            "mmio_models:\n"
                            "  set: {m: {addr: 0x4000c004, pc: 0xb32, vals: [0x0, 2]}}\n"
                            "interrupt_triggers:\n"
                            "  a: {every_nth_tick: 1000, fuzz_mode: round_robin}\n";
  ASSERT_TRUE(Load(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto config = Load(whole.substr(0, size));
    if (config) {
      EXPECT_EQ(rehost::MistakeIn(config->machine), "");
    } else {
      EXPECT_EQ(config.error().code, common::ErrorCode::kBadInput);
    }
  }
}

}  // namespace
}  // namespace percuss::emulation
