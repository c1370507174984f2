// SPDX-License-Identifier: Apache-2.0
//
// The readers that campaigns/self.json fuzzes, over their seeds and over what once broke one of
// them. A crash ends the test; in the preset `asan` so does a memory error.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <ostream>
#include <string>

#include "common/fs.h"
#include "harnesses/own/readers.h"
#include "tests/support/cpu_seconds.h"

namespace percuss::own {
namespace {

struct OwnReader {
  const char* corpus;
  bool (*read)(std::string_view bytes);
};

// For the names of the tests.
void PrintTo(const OwnReader& reader, std::ostream* out) { *out << reader.corpus; }

constexpr OwnReader kReaders[] = {
    {"own_campaign", CampaignFile}, {"own_journal", JournalFile},
    {"own_board", BoardFile},       {"own_elf", ElfFile},
    {"own_package", Package},       {"own_records", Records},
    {"own_beside", BesidePackage},  {"own_validation", ValidationFiles},
    {"own_sbom", BillOfMaterials},  {"own_feed", AdvisoryFeed},
    {"own_reqif", Reqif},           {"own_import", ImportSource}};

constexpr double kMostCpuSeconds = 10;  // with a sanitizer; without it is below one

std::filesystem::path Corpus(const OwnReader& reader) {
  return std::filesystem::path(PERCUSS_SOURCE_DIR) / "corpora" / reader.corpus;
}

bool Took(const OwnReader& reader, const std::filesystem::path& input) {
  std::printf("%s\n", input.c_str());  // the last line before a crash
  std::fflush(stdout);
  const auto bytes = common::ReadFile(input);
  if (!bytes) {
    ADD_FAILURE() << bytes.error().Text();
    return false;
  }
  bool took = false;
  EXPECT_LT(CpuSecondsOf([&] { took = reader.read(*bytes); }), kMostCpuSeconds) << input;
  return took;
}

class OwnReadersTest : public testing::TestWithParam<OwnReader> {};

TEST_P(OwnReadersTest, TakesItsSoundSeedsAndSurvivesTheOthers) {
  size_t sound = 0;
  for (const auto& seed : common::ListFiles(Corpus(GetParam()) / "seed")) {
    const bool took = Took(GetParam(), seed);
    if (!seed.filename().string().starts_with("sound")) continue;
    EXPECT_TRUE(took) << seed << " is no longer a way into the reader";
    ++sound;
  }
  EXPECT_GT(sound, 0U);
}

TEST_P(OwnReadersTest, SurvivesWhatOnceBrokeIt) {
  for (const auto& input : common::ListFiles(Corpus(GetParam()) / "regression")) {
    Took(GetParam(), input);
  }
}

INSTANTIATE_TEST_SUITE_P(, OwnReadersTest, testing::ValuesIn(kReaders),
                         [](const testing::TestParamInfo<OwnReader>& reader) {
                           return reader.param.corpus;
                         });

}  // namespace
}  // namespace percuss::own
