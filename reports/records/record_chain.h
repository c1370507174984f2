// SPDX-License-Identifier: Apache-2.0
//
// What was said of packages after they were sealed: an append-only file of signed records, one a
// line, each naming the one before it by SHA-256. A line is a DSSE envelope, its payload of schema
// percuss.record.v1. Beside FILE lies FILE.head, a signed envelope with the number of records and
// the digest of the last: it is what a cut-off end contradicts. Nobody finds out from the two
// files alone that both were put back to an older state: note the head's digest elsewhere, or have
// it time-stamped.
//
// Records are never changed. Who was wrong says so in a new one; the old stays readable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/json_file.h"
#include "common/result.h"
#include "reports/envelope/key.h"
#include "reports/envelope/time_stamp.h"

namespace percuss::reports {

constexpr const char* kRecordPayloadType = "application/vnd.percuss.record+json";
constexpr const char* kHeadPayloadType = "application/vnd.percuss.records-head+json";

// What somebody says; `body` is the kind's own, as the schema has it.
// A JSON value checks itself when it moves, which throws nothing.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct RecordDraft {
  std::string kind;  // one of those in record.v1.schema.json
  std::string name;  // of the person, who is identified by the key alone
  std::string role;
  std::string package_id;
  std::string package_sha256;  // of the zip; of an assessment, the bill of materials
  common::Json body;
};

// NOLINTNEXTLINE(bugprone-exception-escape): as above
struct Record {
  int64_t sequence = 0;  // from 1
  std::string sha256;    // of its line, without the newline
  std::string at;        // RFC 3339
  std::string key_id;    // of the key that signed it
  RecordDraft said;
  PublicKey key = {};  // that signed it
  bool counts = true;  // false: a problem tells why
};

struct RecordProblem {
  int line = 0;  // 0: the head
  std::string what;
  // Nothing was changed, and the record does not count: who signed is not one of those who may, or
  // what it says contradicts itself.
  bool of_signer = false;
};

struct RecordChain {
  std::vector<Record> records;  // up to the first that is not what was written
  std::vector<RecordProblem> problems;
  std::vector<std::string> notes;           // what a reader must know that is no problem
  std::vector<StampFile> time_stamps = {};  // beside the file; see record_trust.h
  std::vector<Record> uncounted = {};       // taken out of `records`; see counted_records.h
};

// Checks every byte of both files. With `trusted` keys each record must be signed by one of them,
// and where one is not, those behind it are read all the same; without, by the key that it names
// itself, which proves that nothing changed, not who signed. An Error only when the files cannot be
// read at all.
[[nodiscard]] common::Result<RecordChain> ReadRecords(const std::filesystem::path& file,
                                                      const std::vector<PublicKey>& trusted);

// The first problem that is not one of a signer: up to it, and no further, every record is what was
// written and where it was written. nullptr where there is none: the chain is whole.
[[nodiscard]] const RecordProblem* FirstBreak(const RecordChain& chain);
[[nodiscard]] bool IsWhole(const RecordChain& chain);

// Adds a record at the end, or none: kCorrupt when what is there is broken, kBadInput for a draft
// without name or role, and for text with a character that is not to be seen (visible_text.h).
// Makes the file when there is none. Safe against other processes that append.
[[nodiscard]] common::Result<Record> AppendRecord(
    const std::filesystem::path& file, const RecordDraft& draft, const Signer& key,
    const common::Clock& clock = common::SystemClock());

// A member of a record's body; empty when it is not there or no text: bodies are whatever their
// signers wrote.
[[nodiscard]] std::string BodyText(const common::Json& body, const char* name);

// { "records": [...], "problems": [{ "line", "what" }], "notes": [], "time_stamps": [], "head" };
// the head is empty where the end is not known.
[[nodiscard]] common::Json RecordChainJson(const RecordChain& chain);

}  // namespace percuss::reports
