// SPDX-License-Identifier: Apache-2.0
//
// Histories that were written by hand, and by nobody who means well.
#include "emulation/value_history.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "common/fs.h"

namespace percuss::emulation {
namespace {

using testing::HasSubstr;

constexpr uint32_t kCode = 0x1000;
constexpr uint32_t kStore = kCode;     // str r2, [r1]; bx lr
constexpr uint32_t kLoad = kCode + 4;  // ldr r3, [r4]; movs r5, r3
constexpr uint32_t kUse = kCode + 8;   // ldr r0, [r5]
constexpr uint16_t kInstructions[] = {0x600A, 0x4770, 0x6823, 0x001D, 0x6828};
constexpr uint32_t kPlace = 0x20000010;
constexpr uint32_t kStack = 0x20001000;

template <typename T>
void Append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// An image of the instructions above.
std::string Image() {
  Elf32_Ehdr header{};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_ARM;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf32_Phdr);
  header.e_phnum = 1;
  header.e_shoff = sizeof header + sizeof(Elf32_Phdr) + sizeof kInstructions;
  header.e_shentsize = sizeof(Elf32_Shdr);
  header.e_shnum = 2;
  Elf32_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_vaddr = segment.p_paddr = kCode;
  segment.p_filesz = segment.p_memsz = sizeof kInstructions;
  std::string image;
  Append(image, header);
  Append(image, segment);
  Append(image, kInstructions);
  image.resize(header.e_shoff);
  Append(image, Elf32_Shdr{});
  Elf32_Shdr section{};
  section.sh_type = SHT_PROGBITS;
  section.sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  section.sh_addr = kCode;
  section.sh_offset = segment.p_offset;
  section.sh_size = sizeof kInstructions;
  Append(image, section);
  return image;
}

ExecutionRecord Block(uint32_t address, uint32_t bytes, uint8_t depth = 0) {
  return {PERCUSS_EXECUTION_BLOCK, depth, static_cast<uint16_t>(bytes / 2), address, kStack, bytes};
}
ExecutionRecord Access(percuss_execution_kind kind, uint32_t pc, uint32_t address) {
  return {static_cast<uint8_t>(kind), 0, 4, pc, address, 0};
}

constexpr size_t kWhole =
    sizeof(percuss_execution_file) + size_t{PERCUSS_EXECUTION_RECORDS} * sizeof(ExecutionRecord);

class ValueHistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("value-history");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
    ASSERT_TRUE(common::WriteFileAtomically(folder_->Path() / "image.elf", Image()));
    auto image = ElfImage::Open(folder_->Path() / "image.elf");
    ASSERT_TRUE(image) << image.error().Text();
    image_.emplace(std::move(*image));
  }

  common::Result<ExecutionHistory> Written(const std::string& bytes, size_t whole = kWhole) {
    const auto path = folder_->Path() / "executed";
    EXPECT_TRUE(common::WriteFileAtomically(path, bytes));
    if (!bytes.empty()) std::filesystem::resize_file(path, whole);
    return ExecutionHistory::Read(path);
  }

  static std::string File(const std::vector<ExecutionRecord>& records, uint64_t count) {
    std::string bytes;
    Append(bytes, percuss_execution_file{PERCUSS_EXECUTION_MAGIC, count});
    for (const ExecutionRecord& record : records) Append(bytes, record);
    return bytes;
  }

  ValueHistory Told(const std::vector<ExecutionRecord>& records) {
    const auto history = Written(File(records, records.size()));
    EXPECT_TRUE(history) << history.error().Text();
    BoardRun run;
    run.ended = "corruption";
    run.rule = "null-dereference: read of 4 bytes";
    run.pc = kUse;
    return history ? HistoryOfBadValue(run, *image_, *history) : ValueHistory();
  }

  std::optional<common::TemporaryFolder> folder_;
  std::optional<ElfImage> image_;
};

TEST_F(ValueHistoryTest, LeadsOverRegistersAndMemoryToTheStore) {
  const ValueHistory told = Told({Block(kStore, 4), Access(PERCUSS_EXECUTION_STORE, kStore, kPlace),
                                  Block(kLoad, 6), Access(PERCUSS_EXECUTION_LOAD, kLoad, kPlace)});
  EXPECT_EQ(told.value, "r5, base of `ldr r0, [r5]` at 0x00001008");
  ASSERT_EQ(told.stores.size(), 1U);
  EXPECT_EQ(told.stores[0].stack, std::vector<uint64_t>{kStore});
  EXPECT_EQ(told.origin, "as it was when the input began");
}

TEST_F(ValueHistoryTest, AStoreToTheNextWordIsNone) {
  const ValueHistory told =
      Told({Block(kStore, 4), Access(PERCUSS_EXECUTION_STORE, kStore, kPlace + 4), Block(kLoad, 6),
            Access(PERCUSS_EXECUTION_LOAD, kLoad, kPlace)});
  EXPECT_TRUE(told.stores.empty());
  EXPECT_THAT(told.origin, HasSubstr("what no instruction stored in memory at 0x20000010"));
}

TEST_F(ValueHistoryTest, EndsAtADevice) {
  const ValueHistory told =
      Told({Block(kLoad, 6), Access(PERCUSS_EXECUTION_DEVICE_LOAD, kLoad, 0x40004000)});
  EXPECT_THAT(told.origin, HasSubstr("read from the device at 0x40004000"));
}

// What an interrupt's handler does with the same registers is its own affair.
TEST_F(ValueHistoryTest, PassesOverAnExceptionThatReturned) {
  ExecutionRecord handler{};
  handler.kind = PERCUSS_EXECUTION_HANDLER;
  const ValueHistory told = Told(
      {Block(kLoad, 4), Access(PERCUSS_EXECUTION_LOAD, kLoad, kPlace), handler, Block(kLoad, 4, 1),
       Access(PERCUSS_EXECUTION_DEVICE_LOAD, kLoad, 0x40004000), Block(kUse, 2)});
  EXPECT_THAT(told.origin, HasSubstr("what no instruction stored in memory"));
}

TEST_F(ValueHistoryTest, SaysThatTheBeginningWasLost) {
  std::vector<ExecutionRecord> records(PERCUSS_EXECUTION_RECORDS, Block(kUse, 2));
  const auto history = Written(File(records, uint64_t{PERCUSS_EXECUTION_RECORDS} + 5));
  ASSERT_TRUE(history);
  BoardRun run;
  run.ended = "corruption";
  run.pc = kUse;
  EXPECT_THAT(HistoryOfBadValue(run, *image_, *history).origin,
              HasSubstr("older than what was recorded"));
}

// Each block ends with a jump, and nothing tells which of them led away: looked through once.
TEST_F(ValueHistoryTest, AJumpThatWasNotRecordedIsNotKnown) {
  const std::vector<ExecutionRecord> records(PERCUSS_EXECUTION_RECORDS, Block(kStore, 4));
  const auto history = Written(File(records, records.size()));
  ASSERT_TRUE(history);
  BoardRun run;
  run.ended = "corruption";
  run.pc = run.address = 0x60000000;
  EXPECT_THAT(HistoryOfBadValue(run, *image_, *history).why_none, HasSubstr("not known"));
}

TEST_F(ValueHistoryTest, RefusesWhatIsNoRecord) {
  std::string bytes = File({Block(kUse, 2)}, 1);
  EXPECT_THAT(Written(bytes, kWhole - 1).error().Text(), HasSubstr("cut off"));
  bytes[0] = 'x';
  EXPECT_THAT(Written(bytes).error().Text(), HasSubstr("no record of an execution"));
  const auto empty = Written("");  // the emulator never came to the input
  ASSERT_TRUE(empty);
  BoardRun run;
  run.ended = "corruption";
  EXPECT_THAT(HistoryOfBadValue(run, *image_, *empty).why_none, HasSubstr("no record"));
}

// Any bytes end in some answer.
TEST_F(ValueHistoryTest, WithstandsAnyRecords) {
  std::mt19937 random(1);
  const auto any = [&random](uint32_t below) {
    return std::uniform_int_distribution<uint32_t>(0, below - 1)(random);
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<ExecutionRecord> records(any(400));
    for (ExecutionRecord& record : records) {
      record = {static_cast<uint8_t>(any(12)),
                static_cast<uint8_t>(any(3)),
                static_cast<uint16_t>(any(8)),
                any(8) == 0 ? any(UINT32_MAX) : kCode + any(12),
                any(8) == 0 ? any(UINT32_MAX) : kPlace + any(12),
                any(8) == 0 ? any(UINT32_MAX) : 2 * any(6)};
    }
    EXPECT_LE(Told(records).stores.size(), kMostValueStores);
  }
}

}  // namespace
}  // namespace percuss::emulation
