// SPDX-License-Identifier: Apache-2.0
//
// The journal of a campaign of ours (campaign/store/journal.h), or the campaign's whole folder:
// what one that was stopped left behind.
#include <fmt/format.h>

#include "campaign/intake/source.h"
#include "campaign/store/journal.h"

namespace percuss::campaign {
namespace {

using common::Status;

bool IsJournal(const SeenFolder& folder) {
  return folder.File("sightings.jsonl") != nullptr && folder.HasFolder("inputs");
}

bool KnowsFolder(const SeenFolder& folder) {
  return IsJournal(folder) || (folder.File("state.json") != nullptr && folder.HasFolder("journal"));
}

HandedIn Described(const JournalEntry& entry) {
  HandedIn item;
  item.source = "journal";
  item.sha256 = entry.input_sha256;
  item.engine = entry.engine;
  item.target = entry.target;
  item.kind = entry.kind.empty() ? "crash" : entry.kind;
  item.signal = entry.signal;
  item.first_seen_s = entry.first_seen_s;
  item.first_seen_executions = entry.first_seen_executions;
  item.note = fmt::format("sighting {}", entry.sequence);
  return item;
}

// The names in entries are digests, or of no file that was listed.
void TakeEntry(const JournalEntry& entry, const SeenFolder& inputs, const std::string& journal,
               Gathering& gathering) {
  const SeenFile* input = inputs.File(entry.input_sha256);
  if (input == nullptr) {
    return gathering.PassOver(fmt::format("{}, sighting {}", journal, entry.sequence),
                              "its input is not in the journal");
  }
  HandedIn item = Described(entry);
  for (const std::string& digest : entry.history_sha256) {
    if (const SeenFile* earlier = inputs.File(digest)) item.history.push_back(earlier->path);
  }
  // Half a history would be another one.
  if (item.history.size() < entry.history_sha256.size()) item.history.clear();
  if (const SeenFile* log = inputs.File(entry.log_sha256)) {
    item.log = gathering.ReadText(*log).value_or("");
  }
  gathering.AddInput(*input, std::move(item));
}

Status TakeJournal(const SeenFolder& folder, Gathering& gathering) {
  const auto inputs = gathering.OpenBelow(folder, "inputs");
  if (!inputs) return tl::make_unexpected(inputs.error());
  const auto contents = ReadJournal(folder.path);
  if (!contents) return tl::make_unexpected(contents.error());
  const std::string& shown = folder.File("sightings.jsonl")->shown;
  for (const JournalProblem& problem : contents->problems) {
    gathering.PassOver(fmt::format("{}:{}", shown, problem.line), problem.what);
  }
  if (contents->truncated_tail) gathering.PassOver(shown, "its last line is not whole");
  for (const JournalEntry& entry : contents->entries) TakeEntry(entry, *inputs, shown, gathering);
  return {};
}

Status TakeFolder(const SeenFolder& folder, Gathering& gathering) {
  if (IsJournal(folder)) return TakeJournal(folder, gathering);
  const auto journal = gathering.OpenBelow(folder, "journal");
  if (!journal) return tl::make_unexpected(journal.error());
  // What was handed in is not journalled: its findings are in the package.
  const bool sightings =
      journal->File("sightings.jsonl") != nullptr && journal->File("sightings.jsonl")->bytes > 0;
  if (!sightings && folder.HasFolder("package")) {
    const auto package = gathering.OpenBelow(folder, "package");
    if (!package) return tl::make_unexpected(package.error());
    return gathering.TakeFolder(*package);
  }
  if (!IsJournal(*journal)) {
    return common::Fail(common::ErrorCode::kBadInput, "holds no journal", journal->shown);
  }
  return TakeJournal(*journal, gathering);
}

bool TakeFile(const SeenFile& /*file*/, Gathering& /*gathering*/) { return false; }

}  // namespace

const Source kJournalSource = {"journal", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
