// SPDX-License-Identifier: Apache-2.0
//
// Sightings, on disk before anything else happens to them: kill -9 at any moment loses none that
// Append returned.
//
//   <folder>/sightings.jsonl   one JSON object per line; "previous" is the SHA-256 of the line
//   before (64 zeros at
//                              first), so that a changed, added or removed line shows
//   <folder>/inputs/<sha256>   bytes of inputs, histories and logs, saved and synced before the
//   line that names them
//
// One writer per folder (an advisory lock on the file); Append is thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

struct JournalEntry {
  int64_t sequence = -1;  // from 0; set by Append
  std::string target;
  std::string engine;
  std::string kind;
  int signal = 0;
  double first_seen_s = -1;
  int64_t first_seen_executions = -1;
  std::string recorded_at;                  // RFC 3339, set by Append
  std::string input_sha256;                 // set by Append, as the next two
  std::vector<std::string> history_sha256;  // oldest first
  std::string log_sha256;                   // empty: no log
};

struct JournalBlobs {
  std::string input;
  std::vector<std::string> history;
  std::string log;
};

struct JournalProblem {
  int line = 0;
  std::string what;
};

struct JournalContents {
  std::vector<JournalEntry> entries;
  bool truncated_tail =
      false;  // the last line is not whole: a writer was killed before its Append returned
  std::vector<JournalProblem>
      problems;  // lines that are damaged or break the chain; the others are in entries
};

class Journal {
 public:
  // Creates the folder, or goes on from what is there. A last line that is not whole is cut off:
  // its Append never returned. kCorrupt when another process holds the journal open.
  [[nodiscard]] static common::Result<std::unique_ptr<Journal>> Open(
      const std::filesystem::path& folder);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Returns when entry and bytes are on disk. The entry as it was written.
  [[nodiscard]] common::Result<JournalEntry> AppendSighting(JournalEntry entry,
                                                            const JournalBlobs& blobs);

 private:
  Journal(std::filesystem::path folder, int file, int64_t sequence, std::string previous);
  [[nodiscard]] common::Result<std::string> SaveBlob(const std::string& bytes) const;

  std::filesystem::path folder_;
  int file_;
  std::mutex mutex_;
  int64_t next_sequence_;
  std::string previous_;
};

// Reads what is there; no journal at all is empty contents. Error: the file cannot be read.
[[nodiscard]] common::Result<JournalContents> ReadJournal(const std::filesystem::path& folder);

// The bytes that an entry names, checked against their digest (kCorrupt).
[[nodiscard]] common::Result<JournalBlobs> ReadJournalBlobs(const std::filesystem::path& folder,
                                                            const JournalEntry& entry);

}  // namespace percuss::campaign
