// SPDX-License-Identifier: Apache-2.0
#include "campaign/store/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "common/json_numbers.h"
#include "common/log.h"

namespace percuss::campaign {

using common::ErrorCode;
using common::Fail;
using common::FailErrno;
using common::Result;
using common::Status;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(JournalEntry, sequence, target, engine, kind, signal,
                                   first_seen_s, first_seen_executions, recorded_at, input_sha256,
                                   history_sha256, log_sha256)

namespace {

constexpr uint64_t kBlobLimitBytes = uint64_t{256} << 20;

std::string FirstPrevious() { return std::string(64, '0'); }

std::filesystem::path JournalFile(const std::filesystem::path& folder) {
  return folder / "sightings.jsonl";
}

// One line, its chain not yet looked at. The line's own "previous" goes to `previous`.
Result<JournalEntry> ParseLine(const std::string& line, std::string& previous) {
  const Result<common::Json> json = common::ParseJson(line, "journal");
  if (!json) return tl::unexpected(json.error());
  if (!json->is_object() || !json->contains("previous") || !(*json)["previous"].is_string() ||
      !common::NumbersFit(*json)) {
    return Fail(ErrorCode::kCorrupt, "not an entry of the journal");
  }
  previous = (*json)["previous"].get<std::string>();
  return common::FromJson<JournalEntry>(*json, "journal");
}

struct Tail {
  int64_t next_sequence = 0;
  std::string previous = FirstPrevious();
  uint64_t whole_bytes = 0;  // up to and with the last newline
};

Tail TailOf(const std::string& text) {
  Tail tail;
  const size_t newline = text.rfind('\n');
  if (newline == std::string::npos) return tail;
  tail.whole_bytes = newline + 1;
  const size_t before = newline == 0 ? std::string::npos : text.rfind('\n', newline - 1);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::string line = text.substr(begin, newline - begin);
  tail.previous = common::Sha256Hex(line);
  std::string ignored;
  const Result<JournalEntry> entry = ParseLine(line, ignored);
  for (const char c : text) tail.next_sequence += c == '\n' ? 1 : 0;
  if (entry && entry->sequence < INT64_MAX) tail.next_sequence = entry->sequence + 1;
  return tail;
}

Status WriteAll(int file, const std::string& bytes, const std::string& name) {
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(file, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno(errno, "the journal cannot be written", name);
    written += static_cast<size_t>(count);
  }
  return {};
}

}  // namespace

Journal::Journal(std::filesystem::path folder, int file, int64_t sequence, std::string previous)
    : folder_(std::move(folder)),
      file_(file),
      next_sequence_(sequence),
      previous_(std::move(previous)) {}

Journal::~Journal() { ::close(file_); }

Result<std::unique_ptr<Journal>> Journal::Open(const std::filesystem::path& folder) {
  if (Status made = common::MakeFolder(folder / "inputs"); !made) {
    return tl::unexpected(made.error());
  }
  const std::filesystem::path path = JournalFile(folder);
  const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return FailErrno(errno, "the journal cannot be opened", path.string());
  // Owns the file from here on.
  std::unique_ptr<Journal> journal(new Journal(folder, file, 0, FirstPrevious()));
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return Fail(ErrorCode::kCorrupt,
                "another campaign writes to this journal; wait for it or use another --out folder",
                path.string());
  }
  const Result<std::string> text = common::ReadFile(path);
  if (!text) return tl::unexpected(text.error());
  Tail tail = TailOf(*text);
  if (tail.whole_bytes < text->size()) {
    common::LogWarning("{}: the last entry is not whole (its writer was killed); it is cut off",
                       path.string());
    if (::ftruncate(file, static_cast<off_t>(tail.whole_bytes)) != 0) {
      return FailErrno(errno, "the journal cannot be repaired", path.string());
    }
  }
  journal->next_sequence_ = tail.next_sequence;
  journal->previous_ = std::move(tail.previous);
  return journal;
}

Result<std::string> Journal::SaveBlob(const std::string& bytes) const {
  std::string digest = common::Sha256Hex(bytes);
  const std::filesystem::path path = folder_ / "inputs" / digest;
  std::error_code error;
  // WriteFileAtomically leaves whole files only.
  if (std::filesystem::is_regular_file(path, error)) return digest;
  if (Status written = common::WriteFileAtomically(path, bytes); !written) {
    return tl::unexpected(written.error());
  }
  return digest;
}

Result<JournalEntry> Journal::AppendSighting(JournalEntry entry, const JournalBlobs& blobs) {
  const std::lock_guard<std::mutex> lock(mutex_);
  entry.history_sha256.clear();
  entry.log_sha256.clear();
  Result<std::string> input = SaveBlob(blobs.input);
  if (!input) return tl::unexpected(input.error());
  entry.input_sha256 = std::move(*input);
  for (const std::string& bytes : blobs.history) {
    Result<std::string> digest = SaveBlob(bytes);
    if (!digest) return tl::unexpected(digest.error());
    entry.history_sha256.push_back(std::move(*digest));
  }
  if (!blobs.log.empty()) {
    Result<std::string> log = SaveBlob(blobs.log);
    if (!log) return tl::unexpected(log.error());
    entry.log_sha256 = std::move(*log);
  }
  entry.sequence = next_sequence_;
  entry.recorded_at = common::Rfc3339(common::SystemClock().UnixS());
  common::Json json = entry;
  json["previous"] = previous_;
  const std::string line = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string name = JournalFile(folder_).string();
  const off_t size_before = ::lseek(file_, 0, SEEK_END);
  Status done = WriteAll(file_, line + "\n", name);
  if (done && ::fdatasync(file_) != 0) {
    done = FailErrno(errno, "the journal cannot be synced", name);
  }
  if (!done) {
    // Half a line must not become the middle of the next one.
    if (size_before >= 0 && ::ftruncate(file_, size_before) != 0) {
      common::LogError("{}: a half-written entry could not be taken back", name);
    }
    return tl::unexpected(done.error());
  }
  previous_ = common::Sha256Hex(line);
  next_sequence_++;
  return entry;
}

Result<JournalContents> ReadJournal(const std::filesystem::path& folder) {
  JournalContents contents;
  const Result<std::string> text = common::ReadFile(JournalFile(folder));
  if (!text && text.error().code == ErrorCode::kNotFound) return contents;
  if (!text) return tl::unexpected(text.error());
  std::string expected = FirstPrevious();
  size_t begin = 0;
  for (int number = 1; begin < text->size(); number++) {
    const size_t newline = text->find('\n', begin);
    if (newline == std::string::npos) {
      contents.truncated_tail = true;
      break;
    }
    const std::string line = text->substr(begin, newline - begin);
    begin = newline + 1;
    std::string previous;
    Result<JournalEntry> entry = ParseLine(line, previous);
    if (!entry) {
      contents.problems.push_back({number, "damaged: " + entry.error().message});
    } else {
      if (previous != expected) {
        contents.problems.push_back(
            {number,
             "does not follow from the line before it: that one was changed, or lines were "
             "added or removed"});
      }
      contents.entries.push_back(std::move(*entry));
    }
    expected = common::Sha256Hex(line);
  }
  return contents;
}

Result<JournalBlobs> ReadJournalBlobs(const std::filesystem::path& folder,
                                      const JournalEntry& entry) {
  const auto read = [&folder](const std::string& digest) -> Result<std::string> {
    const bool is_digest =
        digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_digest) return Fail(ErrorCode::kCorrupt, "'" + digest + "' is not a SHA-256");
    const std::filesystem::path path = folder / "inputs" / digest;
    Result<std::string> bytes = common::ReadFile(path, kBlobLimitBytes);
    if (bytes && common::Sha256Hex(*bytes) != digest) {
      return Fail(ErrorCode::kCorrupt, "its bytes are not those that were journaled",
                  path.string());
    }
    return bytes;
  };
  JournalBlobs blobs;
  Result<std::string> input = read(entry.input_sha256);
  if (!input) return tl::unexpected(input.error());
  blobs.input = std::move(*input);
  for (const std::string& digest : entry.history_sha256) {
    Result<std::string> bytes = read(digest);
    if (!bytes) return tl::unexpected(bytes.error());
    blobs.history.push_back(std::move(*bytes));
  }
  if (entry.log_sha256.empty()) return blobs;
  Result<std::string> log = read(entry.log_sha256);
  if (!log) return tl::unexpected(log.error());
  blobs.log = std::move(*log);
  return blobs;
}

}  // namespace percuss::campaign
