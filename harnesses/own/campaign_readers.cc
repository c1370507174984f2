// SPDX-License-Identifier: Apache-2.0
#include "campaign/campaign_file.h"
#include "campaign/elf_reader.h"
#include "campaign/harness_facts.h"
#include "campaign/store/journal.h"
#include "emulation/board.h"
#include "emulation/elf_image.h"
#include "harnesses/own/input_files.h"
#include "harnesses/own/readers.h"

namespace percuss::own {

bool CampaignFile(std::string_view bytes) {
  static const bool surroundings = [] {
    std::filesystem::permissions(PutFile("mylib_fuzzer", "#!/bin/true\n"),
                                 std::filesystem::perms::owner_all);
    PutFile("words.dict", "\"word\"\n");
    return std::filesystem::create_directory(InputFolder() / "seeds");
  }();
  static_cast<void>(surroundings);
  const auto file = PutFile("campaign.json", bytes);
  return campaign::LoadCampaign(file, InputFolder() / "harnesses").has_value();
}

bool JournalFile(std::string_view bytes) {
  PutFile("sightings.jsonl", bytes);
  const auto contents = campaign::ReadJournal(InputFolder());
  if (!contents) return false;
  // Names of other files stand in the entries.
  for (const auto& entry : contents->entries) {
    static_cast<void>(campaign::ReadJournalBlobs(InputFolder(), entry));
  }
  return contents->problems.empty() && !contents->truncated_tail;
}

bool BoardFile(std::string_view bytes) {
  return emulation::LoadBoard(PutFile("board.json", bytes), InputFolder()).has_value();
}

bool ElfFile(std::string_view bytes) {
  const auto file = PutFile("image.elf", bytes);
  static_cast<void>(campaign::ReadElfFacts(file));
  static_cast<void>(campaign::ReadHarnessFacts(file));
  static_cast<void>(emulation::NeededLibraries(file));
  auto image = emulation::ElfImage::Open(file);
  if (!image) image = emulation::ElfImage::OpenAny(file);
  if (!image) return false;
  const uint64_t entry = image->Facts().entry;
  static_cast<void>(image->NameOf(entry));
  static_cast<void>(image->Function("main"));
  emulation::Registers registers;
  for (int number = 0; number <= emulation::kProgramCounterOfRiscv; ++number) {
    registers[number] = entry;
  }
  static_cast<void>(image->Unwind(registers, [](uint64_t address) -> std::optional<uint32_t> {
    return static_cast<uint32_t>(address * 2654435761U);
  }));
  return true;
}

}  // namespace percuss::own
