// SPDX-License-Identifier: Apache-2.0
//
// The readers that campaigns/self.json fuzzes, over their seeds and over what once broke one of
// them. A crash ends the test; in the preset `asan` so does a memory error.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <string>

#include "common/fs.h"
#include "harnesses/own/readers.h"
#include "tests/support/cpu_seconds.h"

// The harnesses of the campaign.
#define PERCUSS_ENTRY(name) extern "C" int run_##name(const uint8_t* data, size_t size)
PERCUSS_ENTRY(own_campaign);
PERCUSS_ENTRY(own_journal);
PERCUSS_ENTRY(own_board);
PERCUSS_ENTRY(own_model);
PERCUSS_ENTRY(own_session);
PERCUSS_ENTRY(own_elf);
PERCUSS_ENTRY(own_firmware);
PERCUSS_ENTRY(own_fuzzware);
PERCUSS_ENTRY(own_rehost);
PERCUSS_ENTRY(own_machine);
PERCUSS_ENTRY(own_svd);
PERCUSS_ENTRY(own_blocks);
PERCUSS_ENTRY(own_streams);
PERCUSS_ENTRY(own_package);
PERCUSS_ENTRY(own_records);
PERCUSS_ENTRY(own_beside);
PERCUSS_ENTRY(own_validation);
PERCUSS_ENTRY(own_sbom);
PERCUSS_ENTRY(own_feed);
PERCUSS_ENTRY(own_reqif);
PERCUSS_ENTRY(own_import);
#undef PERCUSS_ENTRY

namespace percuss::own {
namespace {

struct OwnReader {
  const char* corpus;
  bool (*read)(std::string_view bytes);
  int (*harness)(const uint8_t* data, size_t size);
};

// For the names of the tests.
void PrintTo(const OwnReader& reader, std::ostream* out) { *out << reader.corpus; }

constexpr OwnReader kReaders[] = {{"own_campaign", CampaignFile, run_own_campaign},
                                  {"own_journal", JournalFile, run_own_journal},
                                  {"own_board", BoardFile, run_own_board},
                                  {"own_model", ModelFile, run_own_model},
                                  {"own_session", SessionFile, run_own_session},
                                  {"own_elf", ElfFile, run_own_elf},
                                  {"own_firmware", FirmwareImage, run_own_firmware},
                                  {"own_fuzzware", FuzzwareConfiguration, run_own_fuzzware},
                                  {"own_rehost", RehostDescription, run_own_rehost},
                                  {"own_machine", MachineFile, run_own_machine},
                                  {"own_svd", DeviceDescription, run_own_svd},
                                  {"own_blocks", BlocksOfCode, run_own_blocks},
                                  {"own_streams", InputAsStreams, run_own_streams},
                                  {"own_package", Package, run_own_package},
                                  {"own_records", Records, run_own_records},
                                  {"own_beside", BesidePackage, run_own_beside},
                                  {"own_validation", ValidationFiles, run_own_validation},
                                  {"own_sbom", BillOfMaterials, run_own_sbom},
                                  {"own_feed", AdvisoryFeed, run_own_feed},
                                  {"own_reqif", Reqif, run_own_reqif},
                                  {"own_import", ImportSource, run_own_import}};

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

TEST_P(OwnReadersTest, IsWhatTheHarnessRuns) {
  for (const auto& seed : common::ListFiles(Corpus(GetParam()) / "seed")) {
    if (!seed.filename().string().starts_with("sound")) continue;
    const auto bytes = common::ReadFile(seed);
    ASSERT_TRUE(bytes) << bytes.error().Text();
    EXPECT_EQ(GetParam().harness(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()),
              0);
  }
}

INSTANTIATE_TEST_SUITE_P(, OwnReadersTest, testing::ValuesIn(kReaders),
                         [](const testing::TestParamInfo<OwnReader>& reader) {
                           return reader.param.corpus;
                         });

}  // namespace
}  // namespace percuss::own
