// SPDX-License-Identifier: Apache-2.0
//
// Images that nobody's linker made: small files that ask for much time or memory.
#include "emulation/elf_image.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "common/fs.h"
#include "tests/support/cpu_seconds.h"

namespace percuss::emulation {
namespace {

template <typename T>
void Append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

struct Names {
  std::string text;      // of the string table
  uint32_t symbols = 0;  // how many; symbol i is named by the text from byte i * step on
  uint32_t step = 0;
  uint32_t tables = 1;  // sections that hold the one symbol table
};

// An image for an Arm processor of nothing but functions and their names.
std::string Image(const Names& names) {
  std::string symbols(sizeof(Elf32_Sym), '\0');
  for (uint32_t i = 0; i < names.symbols; ++i) {
    Elf32_Sym symbol{};
    symbol.st_name = 1 + i * names.step;
    symbol.st_value = 0x100 + 2 * i;
    symbol.st_size = 2;
    symbol.st_info = ELF32_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = SHN_ABS;
    Append(symbols, symbol);
  }
  const std::string strings = '\0' + names.text + '\0';
  Elf32_Ehdr header{};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_ARM;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf32_Shdr);
  header.e_shnum = static_cast<uint16_t>(2 + names.tables);
  header.e_shoff = static_cast<uint32_t>(sizeof header + symbols.size() + strings.size());
  std::string image;
  Append(image, header);
  image += symbols + strings;
  Append(image, Elf32_Shdr{});
  Elf32_Shdr section{};
  section.sh_type = SHT_STRTAB;
  section.sh_offset = static_cast<uint32_t>(sizeof header + symbols.size());
  section.sh_size = static_cast<uint32_t>(strings.size());
  Append(image, section);
  section.sh_type = SHT_SYMTAB;
  section.sh_offset = sizeof header;
  section.sh_size = static_cast<uint32_t>(symbols.size());
  section.sh_entsize = sizeof(Elf32_Sym);
  section.sh_link = 1;
  for (uint32_t i = 0; i < names.tables; ++i) Append(image, section);
  return image;
}

class ElfImageTest : public testing::Test {
 protected:
  common::Result<ElfImage> Open(const Names& names) {
    const auto path = folder_.Path() / "image.elf";
    EXPECT_TRUE(common::WriteFileAtomically(path, Image(names)));
    return ElfImage::Open(path);
  }
  common::TemporaryFolder folder_ = common::TemporaryFolder::Make("elf").value();
};

TEST_F(ElfImageTest, FindsFunctionsByNameAndAddress) {
  const auto image = Open({"main", 1, 0});
  ASSERT_TRUE(image) << image.error().Text();
  EXPECT_EQ(image->Find("main"), 0x100U);
  EXPECT_EQ(image->NameOf(0x101), "main+0x1");
}

TEST_F(ElfImageTest, AFileThatIsCutOffIsNoImage) {
  const auto path = folder_.Path() / "cut.elf";
  std::string image = Image({"main", 1, 0});
  for (const size_t less : {size_t{1}, image.size() - sizeof(Elf32_Ehdr)}) {
    ASSERT_TRUE(common::WriteFileAtomically(path, image.substr(0, image.size() - less)));
    const auto opened = ElfImage::Open(path);
    ASSERT_FALSE(opened) << less;
    EXPECT_NE(opened.error().message.find("cut off"), std::string::npos);
  }
}

// Each name is the end of the one before: 2 MB that were 50 GB in memory.
TEST_F(ElfImageTest, NamesWithinNamesAreRefused) {
  const auto image = Open({std::string(1'000'000, 'n'), 50'000, 1});
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message.find("within each other"), std::string::npos);
  // Linkers share the ends of a few.
  EXPECT_TRUE(Open({"first_second_third", 3, 6}));
}

// Ten thousand tables were 400 million symbols in one megabyte.
TEST_F(ElfImageTest, ManyTablesOfTheSameSymbolsTakeTheTimeOfOne) {
  const auto open = [&](uint32_t tables) {
    const auto image = Open({"short", 40'000, 0, tables});
    ASSERT_TRUE(image) << image.error().Text();
  };
  const double one_s = CpuSecondsOf([&] { open(1); });
  EXPECT_LT(CpuSecondsOf([&] { open(100); }), 0.05 + 10 * one_s);
}

}  // namespace
}  // namespace percuss::emulation
