// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/rehost_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/fs.h"
#include "emulation/rehost/memory_guess.h"
#include "emulation/rehost/small_elf.h"

namespace percuss::emulation {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Word(uint32_t value) {
  std::string text;
  for (unsigned i = 0; i < 4; ++i) text += static_cast<char>(value >> (8 * i) & 0xffU);
  return text;
}

// A table at the beginning, all handlers at `code`, and an instruction that loads the address of a
// variable.
std::string Firmware(uint32_t base, uint32_t sp) {
  std::string bytes = Word(sp);
  for (int i = 1; i < 16; ++i) bytes += Word(base + 0x41);
  bytes += std::string("\x00\x48\xfe\xe7", 4);  // ldr r0, [pc, #0]; b .
  for (int i = 0; i < 6; ++i) bytes += Word(0x20008000);
  return bytes;
}

class RehostTargetTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("rehost");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
    Put("fw.bin", Firmware(0x08000000, 0x20005000));
  }
  [[nodiscard]] std::filesystem::path Path(const std::string& name) const {
    return folder_->Path() / name;
  }
  void Put(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }
  common::Result<RehostTarget> Open(const std::string& members) {
    Put("rehost.json", "{\n\"schema\": \"percuss.rehost.v1\"" + members + "}\n");
    return OpenRehost({}, Path("rehost.json"));
  }
  std::string ErrorOf(const std::string& members) {
    const auto target = Open(members);
    if (target) return "none";
    const std::string error = target.error().Text();
    return error.substr(error.rfind(".json") == std::string::npos ? 0 : error.find("rehost.json"));
  }
  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(RehostTargetTest, EverythingIsGuessedAndTold) {
  const auto target = OpenRehost(Path("fw.bin"));
  ASSERT_TRUE(target) << target.error().Text();
  const auto& machine = target->machine;
  EXPECT_EQ(machine.vector_table, 0x08000000U);
  EXPECT_EQ(machine.initial_sp, 0x20005000U);
  EXPECT_EQ(machine.entry, 0x08000041U);
  EXPECT_EQ(machine.architecture, rehost::Architecture::kV7EM);
  ASSERT_EQ(machine.regions.size(), 3U);
  EXPECT_EQ(machine.regions[0].begin, 0U);
  EXPECT_EQ(machine.regions[0].bytes, machine.regions[1].bytes);
  EXPECT_EQ(machine.regions[1].begin, 0x08000000U);
  EXPECT_EQ(machine.regions[1].size, 0x10000U);
  EXPECT_FALSE(machine.regions[1].permissions.write);
  EXPECT_EQ(machine.regions[2].begin, 0x20000000U);
  EXPECT_EQ(machine.regions[2].size, 0x10000U);
  EXPECT_EQ(machine.triggers.size(), 2U);
  EXPECT_THAT(target->notes, Contains(HasSubstr("taken to belong at 0x08000000")));
  EXPECT_THAT(target->notes, Contains(HasSubstr("for which processor")));
  EXPECT_THAT(target->notes, Contains(HasSubstr("vector table is taken to be at 0x08000000")));
  EXPECT_THAT(target->notes, Contains(HasSubstr("flash is taken to be")));
  EXPECT_THAT(target->notes, Contains(HasSubstr("RAM is taken to be")));
  EXPECT_THAT(target->notes, Contains(HasSubstr("peripherals are taken to be")));
  EXPECT_THAT(target->notes, Contains(HasSubstr("seen at 0x00000000 too")));
  EXPECT_THAT(target->notes, Contains(HasSubstr("interrupts that the firmware enables")));
}

TEST_F(RehostTargetTest, RawImagesElsewhere) {
  for (const uint32_t base : {0x00000000U, 0x00080000U, 0x08004000U, 0x00027000U}) {
    EXPECT_EQ(GuessRawAddress(Firmware(base, 0x20000400)), base);
  }
  EXPECT_EQ(GuessRawAddress(std::string(0x1000, '\xff')), std::nullopt);
  EXPECT_EQ(GuessRawAddress("short"), std::nullopt);
  Put("none.bin", std::string(256, 'x'));
  const auto none = OpenRehost(Path("none.bin"));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("give \"address\""));
}

TEST_F(RehostTargetTest, TableBehindAnother) {
  FirmwareFile firmware;
  firmware.segments = {{0x08000000, std::string(0x400, '\0') + Firmware(0x08000400, 0x20000800)}};
  auto table = FindVectorTable(firmware);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->address, 0x08000400U);
  firmware.segments[0].bytes += std::string(0x400 - 0x5c, '\0') + Firmware(0x08000800, 0x20000c00);
  firmware.entry = 0x08000840;
  table = FindVectorTable(firmware);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->address, 0x08000800U);
}

TEST_F(RehostTargetTest, ScatteredImagesDoNotFillMemory) {
  FirmwareFile firmware;
  firmware.segments = {{0, Firmware(0, 0x20001000)}};
  for (uint32_t i = 1; i < 4000; ++i) firmware.segments.push_back({i << 17U, "x"});
  rehost::MachineImage machine;
  std::vector<std::string> notes;
  const auto guessed = GuessMemory(firmware, machine, notes);
  ASSERT_FALSE(guessed);
  EXPECT_THAT(guessed.error().message, HasSubstr("flash would have more than 64 MiB"));
}

TEST_F(RehostTargetTest, ADescriptionSaysAll) {
  Put("d.svd",
      "<device><peripherals><peripheral><name>UART0</name><baseAddress>0x60000000</baseAddress>"
      "<addressBlock><offset>0</offset><size>0x1000</size></addressBlock><registers><register>"
      "<name>DR</name><addressOffset>0</addressOffset></register></registers></peripheral>"
      "</peripherals></device>");
  const auto target = Open(
      ", \"firmware\": \"fw.bin\", \"address\": \"0x08000000\", \"architecture\": \"armv7m\",\n"
      "\"bit_band\": \"memory\", \"systick\": false,\n"
      "\"vector_table\": \"0x08000000\", \"initial_sp\": \"0x20000100\", \"entry\": \"0x08000042\","
      "\"memory\": [{\"name\": \"f\", \"address\": \"0x08000000\", \"bytes\": 4096, \"access\": "
      "\"rx\"}, {\"name\": \"r\", \"address\": \"0x20000000\", \"bytes\": 256}],\n"
      "\"svd\": \"d.svd\", \"inputs\": [{\"kind\": \"uart\", \"data\": \"0x60000000\"}],\n"
      "\"models\": [{\"kind\": \"set\", \"address\": \"0x60000000\", \"pc\": \"0x08000040\", "
      "\"values\": [\"0x1\", \"2\"]}, {\"kind\": \"passthrough\", \"address\": \"0x60000004\"}],\n"
      "\"interrupts\": [{\"when\": \"at_address\", \"address\": \"0x08000043\", \"which\": "
      "\"fixed\", \"irq\": 5}], \"disabled_interrupts\": [\"12\"],\n"
      "\"exits\": [\"0x08000042\"], \"assertions\": [\"0x08000044\"], \"skipped\": "
      "[\"0x08000047\"],\n"
      "\"limits\": {\"instructions\": 1000, \"interrupts\": 3}");
  ASSERT_TRUE(target) << target.error().Text();
  const auto& machine = target->machine;
  EXPECT_EQ(machine.architecture, rehost::Architecture::kV7M);
  EXPECT_FALSE(machine.floating_point);
  EXPECT_EQ(machine.bit_band, rehost::BitBand::kMemory);
  EXPECT_FALSE(machine.systick);
  EXPECT_EQ(machine.entry, 0x08000043U);
  EXPECT_EQ(machine.initial_sp, 0x20000100U);
  ASSERT_EQ(machine.regions.size(), 2U);
  EXPECT_EQ(machine.regions[0].bytes.size(), 92U);
  EXPECT_FALSE(machine.regions[0].permissions.write);
  ASSERT_EQ(machine.peripherals.size(), 1U);  // what the SVD has touches the architecture's
  EXPECT_EQ(machine.peripherals[0].size, 0x20001000U);
  ASSERT_EQ(machine.models.size(), 2U);
  EXPECT_THAT(machine.models[0].values, ElementsAre(1U, 2U));
  EXPECT_EQ(machine.models[0].pc, 0x08000040U);
  EXPECT_EQ(machine.models[1].pc, rehost::AccessModel::kEveryPlace);
  ASSERT_EQ(machine.triggers.size(), 1U);
  EXPECT_EQ(machine.triggers[0].address, 0x08000042U);
  EXPECT_EQ(machine.triggers[0].irq, 5U);
  EXPECT_THAT(machine.disabled_irqs, ElementsAre(12U));
  EXPECT_THAT(machine.exits, ElementsAre(0x08000042U));
  EXPECT_THAT(machine.assertions, ElementsAre(0x08000044U));
  EXPECT_THAT(machine.skipped, ElementsAre(0x08000046U));
  EXPECT_EQ(machine.limits.instructions, 1000U);
  EXPECT_EQ(machine.limits.interrupts, 3U);
  EXPECT_EQ(target->NameOfRegister(0x60000000), "UART0.DR");
  ASSERT_EQ(machine.lines.size(), 1U);
  EXPECT_EQ(machine.lines[0].data, 0x60000000U);
  EXPECT_EQ(machine.lines[0].irq, rehost::InputLine::kNoInterrupt);
}

TEST_F(RehostTargetTest, InputsAreLinesWithTheirRegisters) {
  const auto target = Open(
      ", \"firmware\": \"fw.bin\", \"address\": \"0x08000000\", \"inputs\": [\n"
      "{\"kind\": \"uart\", \"data\": \"0x40004000\", \"status\": [{\"address\": \"0x40004018\", "
      "\"ready\": \"0\", \"empty\": \"0x10\", \"always\": \"0x80\"}], \"irq\": 5,\n"
      "\"enable\": {\"address\": \"0x40004038\", \"bits\": \"0x10\"}},\n"
      "{\"kind\": \"spi\", \"data\": \"0x40005000\", \"bytes\": 2, \"gap\": 7, \"silence\": 9},\n"
      "{\"kind\": \"can\", \"data\": \"0x40006400\", \"id\": \"0x40006408\", \"id_shift\": 21, "
      "\"length\": \"0x4000640c\", \"release\": {\"address\": \"0x40006410\", \"bits\": "
      "\"0x20\"}}]");
  ASSERT_TRUE(target) << target.error().Text();
  const auto& lines = target->machine.lines;
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].irq, 5U);
  EXPECT_EQ(lines[0].gap, 1000U);
  EXPECT_EQ(lines[0].enable, 0x40004038U);
  EXPECT_EQ(lines[0].statuses.at(0).empty, 0x10U);
  EXPECT_EQ(lines[0].statuses.at(0).always, 0x80U);
  EXPECT_EQ(lines[1].kind, rehost::InputLine::Kind::kSpi);
  EXPECT_EQ(lines[1].bytes, 2U);
  EXPECT_EQ(lines[1].gap, 7U);
  EXPECT_EQ(lines[1].silence, 9U);
  EXPECT_EQ(lines[2].id_shift, 21U);
  EXPECT_EQ(lines[2].release_bits, 0x20U);
}

TEST_F(RehostTargetTest, MistakesInInputsAreTold) {
  const std::string begin = ", \"firmware\": \"fw.bin\",\n\"inputs\": [{\"data\": \"0x40004000\"";
  EXPECT_THAT(ErrorOf(begin + ", \"status\": [{\"address\": \"0x40004004\"}]}]"),
              HasSubstr("rehost.json:3: /inputs/0/status/0/ready: tells nothing"));
  EXPECT_THAT(ErrorOf(begin + ", \"kind\": \"can\", \"id\": \"0\", \"length\": \"0\"}]"),
              HasSubstr("release: is required"));
  EXPECT_THAT(ErrorOf(begin + ", \"enable\": {\"address\": \"0x40004004\", \"bits\": \"0\"}}]"),
              HasSubstr("must have one"));
  EXPECT_THAT(ErrorOf(begin + ", \"release\": {}}]"), HasSubstr("release"));
  EXPECT_THAT(ErrorOf(begin + "}, {\"data\": \"0x40004000\"}]"),
              HasSubstr("two registers of inputs are at 0x40004000"));
  EXPECT_THAT(ErrorOf(begin + "}, {\"data\": \"0x70000000\"}]"),
              HasSubstr("where no peripheral is"));
}

TEST_F(RehostTargetTest, MistakesNameLineAndField) {
  const std::string image = ", \"firmware\": \"fw.bin\"";
  EXPECT_EQ(ErrorOf(", \"firmware\": \"none.bin\"").find("rehost.json:2: /firmware:"), 0U);
  EXPECT_THAT(ErrorOf(""), HasSubstr("no firmware image is named"));
  EXPECT_THAT(ErrorOf(image + ",\n\"exits\": [\"shutdown\"]"),
              HasSubstr("rehost.json:3: \"shutdown\" is neither an address nor a symbol"));
  EXPECT_THAT(ErrorOf(image + ",\n\"memroy\": []"), HasSubstr("rehost.json:3: /memroy: is not"));
  EXPECT_THAT(ErrorOf(image + ",\n\"models\": [{\"kind\": \"constant\", \"address\": \"1\"}]"),
              HasSubstr("/models/0/kind: the model at 0x1 needs one value"));
  EXPECT_THAT(ErrorOf(image + ",\n\"models\": [{\"address\": \"1\", \"bytes\": 4294967300}]"),
              HasSubstr("/models/0/bytes: is too large"));
  EXPECT_THAT(ErrorOf(image + ",\n\"interrupts\": [{\"which\": \"fixed\"}]"),
              HasSubstr("/interrupts/0/irq: is required"));
  EXPECT_THAT(ErrorOf(image + ",\n\"memory\": [{\"name\": \"a\", \"address\": \"0x0\", \"bytes\": "
                              "1099511627776}]"),
              HasSubstr("/memory/0/bytes: ends beyond 4 GiB"));
  EXPECT_THAT(ErrorOf(image + ",\n\"memory\": [{\"name\": \"a\", \"address\": \"0x0\", \"bytes\": "
                              "4294967296}]"),
              HasSubstr("rehost.json:3: the memory regions have more than 64 MiB"));
  EXPECT_THAT(ErrorOf(image + ",\n\"memory\": [{\"name\": \"a\", \"address\": \"0x0\", \"bytes\": "
                              "4096}]"),
              HasSubstr("the image has 92 bytes at 0x08000000, which lie in none"));
  EXPECT_THAT(ErrorOf(image + ",\n\"peripherals\": [{\"address\": \"0x08000000\", \"bytes\": 4}]"),
              HasSubstr("overlap"));
  EXPECT_FALSE(OpenRehost(Path("fw.bin"), Path("other.txt")));
}

// An ELF file whose only segment has these bytes at 0x08000000.
std::string ElfOf(const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  return Elf({{0x08000000, 0x08000000, bytes, size, 5}});
}

TEST_F(RehostTargetTest, AnElfFileGivesSymbolsOnlyOfTheSameCode) {
  const std::string named = ", \"firmware\": \"fw.bin\",\n\"symbols\": \"debug.elf\"";
  const std::string bytes = Firmware(0x08000000, 0x20005000);
  EXPECT_THAT(ErrorOf(named), HasSubstr("rehost.json:3: /symbols:"));
  Put("debug.elf", "no ELF file");
  EXPECT_THAT(ErrorOf(named), HasSubstr("rehost.json:3: \"symbols\" is no ELF image"));
  Put("debug.elf", ElfOf(bytes));
  const auto same = Open(named);
  ASSERT_TRUE(same) << same.error().Text();
  ASSERT_TRUE(same->symbols);
  EXPECT_EQ(same->symbols->Path(), Path("debug.elf"));
  std::string other = bytes;
  other.replace(other.size() - 8, 8, "8 differ");
  Put("debug.elf", ElfOf(other));
  EXPECT_THAT(ErrorOf(named),
              HasSubstr("debug.elf: it is of another build: of 92 bytes that both have 8 differ"));
  Put("debug.elf", Elf({{0x09000000, 0x09000000, bytes, 92, 5}}));
  EXPECT_THAT(ErrorOf(named), HasSubstr("none of its bytes are where the image has some"));
  Put("debug.elf", Elf({}));
  const auto unknown = Open(named);
  ASSERT_TRUE(unknown) << unknown.error().Text();
  EXPECT_THAT(unknown->notes, Contains(HasSubstr("nobody can tell whether its symbols are those")));
}

TEST_F(RehostTargetTest, AnElfFileBesideTheImageIsLeftOutWhereItIsOfAnotherBuild) {
  const std::string bytes = Firmware(0x08000000, 0x20005000);
  Put("fw.elf", ElfOf(bytes));
  const auto same = OpenRehost(Path("fw.bin"));
  ASSERT_TRUE(same) << same.error().Text();
  EXPECT_TRUE(same->symbols);
  Put("fw.elf", ElfOf(Firmware(0x08000000, 0x20001000)));
  const auto near = OpenRehost(Path("fw.bin"));
  ASSERT_TRUE(near);
  EXPECT_FALSE(near->symbols);
  EXPECT_THAT(near->notes, Contains(HasSubstr("fw.elf beside the image gives no symbols: ")));
}

TEST_F(RehostTargetTest, FuzzwaresConfiguration) {
  Put("config.yml",
      "memory_map:\n"
      "  rom: {base_addr: 0x08000000, size: 0x1000, permissions: r-x, file: fw.bin}\n"
      "  mmio: {base_addr: 0x40000000, size: 0x20000000}\n"
      "symbols: {0x08000040: main}\n");
  const auto target = OpenRehost({}, Path("config.yml"));
  ASSERT_TRUE(target) << target.error().Text();
  EXPECT_EQ(target->machine.entry, 0x08000041U);
  EXPECT_EQ(target->NameOfCode(0x08000040), "main");
  EXPECT_EQ(target->NameOfCode(0x08000044), "main+0x4");
  EXPECT_EQ(target->NameOfCode(0x0800003e), "");
  const auto with = OpenRehost(Path("fw.bin"), Path("config.yml"));
  ASSERT_TRUE(with);
  EXPECT_THAT(with->notes, Contains(HasSubstr("the symbols and the processor are used")));
}

TEST_F(RehostTargetTest, FuzzwaresConfigurationRunsTheImageThatIsNamedOrNone) {
  Put("config.yml",
      "memory_map:\n"
      "  rom: {base_addr: 0x08000000, size: 0x1000, permissions: r-x, file: fw.bin}\n"
      "  mmio: {base_addr: 0x40000000, size: 0x20000000}\n");
  const std::string bytes = Firmware(0x08000000, 0x20005000);
  const std::string other = Firmware(0x08001000, 0x20001000);
  Put("other.bin", other);
  const auto refused = OpenRehost(Path("other.bin"), Path("config.yml"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().Text(), HasSubstr("other.bin: this is not the image that "));
  EXPECT_THAT(refused.error().Text(), HasSubstr("it is of another build: of 92 bytes"));
  Put("elsewhere.elf", Elf({{0x09000000, 0x09000000, bytes, 92, 5}}));
  EXPECT_FALSE(OpenRehost(Path("elsewhere.elf"), Path("config.yml")));
  Put("same.elf", ElfOf(bytes));
  const auto same = OpenRehost(Path("same.elf"), Path("config.yml"));
  ASSERT_TRUE(same) << same.error().Text();
  EXPECT_TRUE(same->symbols);
  // Beside the image, of another build.
  Put("fw.elf", ElfOf(other));
  const auto beside = OpenRehost(Path("fw.bin"), Path("config.yml"));
  ASSERT_TRUE(beside) << beside.error().Text();
  EXPECT_FALSE(beside->symbols);
  EXPECT_THAT(beside->notes, Contains(HasSubstr("fw.elf beside the image gives no symbols: ")));
}

// A division by zero is a failure where the firmware deals with it itself, and not where a
// library's function only returns.
TEST_F(RehostTargetTest, TheUsualFailuresAreFoundByName) {
  std::string firmware = Firmware(0x08000000, 0x20005000);
  firmware += std::string("\xfe\xe7\x00\xbf", 4) + std::string("\x70\x47\x00\xbf", 4);
  Put("fw.bin", firmware);
  const auto opened = [&](const std::string& names) {
    Put("config.yml",
        "memory_map:\n"
        "  rom: {base_addr: 0x08000000, size: 0x1000, permissions: r-x, file: fw.bin}\n"
        "  mmio: {base_addr: 0x40000000, size: 0x20000000}\n"
        "symbols: {" +
            names + "}\n");
    return OpenRehost({}, Path("config.yml"));
  };
  const auto found = opened("0x08000040: main, 0x0800005c: abort, 0x08000060: __aeabi_idiv0");
  ASSERT_TRUE(found) << found.error().Text();
  EXPECT_EQ(found->machine.assertions, std::vector<uint32_t>{0x0800005c});
  EXPECT_THAT(found->notes, Contains("to enter one of these is a failure: abort"));
  EXPECT_EQ(found->machine.symbols.size(), 3U);
  const auto own = opened("0x0800005c: __aeabi_idiv0");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->machine.assertions, std::vector<uint32_t>{0x0800005c});
}

}  // namespace
}  // namespace percuss::emulation
