// SPDX-License-Identifier: Apache-2.0
#include "reports/index/index_file.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <array>

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;

constexpr int kApplicationId = 0x70637373;  // "pcss"
constexpr int kVersion = 1;

int Pragma(SQLite::Database& database, const std::string& name) {
  return database.execAndGet("PRAGMA " + name).getInt();
}

std::vector<StoreEntry> Entries(SQLite::Database& database) {
  std::vector<StoreEntry> entries;
  SQLite::Statement rows(database,
                         "SELECT path, kind, sha256, package_id, started_at, verdict, "
                         "software_version FROM entries ORDER BY path");
  while (rows.executeStep()) {
    StoreEntry& entry = entries.emplace_back();
    const auto text = [&](int column) { return rows.getColumn(column).getString(); };
    entry.path = text(0);
    for (const auto kind : {StoreEntry::Kind::kPackage, StoreEntry::Kind::kRecords}) {
      if (text(1) == StoreKindName(kind)) entry.kind = kind;
    }
    entry.sha256 = text(2);
    entry.package_id = text(3);
    entry.started_at = text(4);
    entry.verdict = text(5);
    entry.software_version = text(6);
  }
  return entries;
}

void Fill(SQLite::Database& database, const std::vector<StoreEntry>& entries) {
  SQLite::Transaction transaction(database);
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  database.exec("PRAGMA user_version = " + std::to_string(kVersion));
  database.exec(
      "CREATE TABLE entries (path TEXT PRIMARY KEY, kind TEXT NOT NULL, sha256 TEXT NOT NULL, "
      "package_id TEXT NOT NULL, started_at TEXT NOT NULL, verdict TEXT NOT NULL, "
      "software_version TEXT NOT NULL) STRICT");
  database.exec("CREATE INDEX by_package ON entries (package_id)");
  SQLite::Statement row(database, "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const StoreEntry& entry : entries) {
    const std::array<std::string, 7> texts = {
        entry.path,    StoreKindName(entry.kind), entry.sha256, entry.package_id, entry.started_at,
        entry.verdict, entry.software_version};
    for (size_t i = 0; i < texts.size(); ++i) row.bind(static_cast<int>(i) + 1, texts[i]);
    row.exec();
    row.reset();
  }
  transaction.commit();
}

}  // namespace

common::Result<std::vector<StoreEntry>> ReadIndex(const stdfs::path& file) {
  std::error_code ignored;
  const auto type = stdfs::symlink_status(file, ignored).type();
  if (type == stdfs::file_type::not_found) {
    return Fail(ErrorCode::kNotFound, "there is no index", file);
  }
  if (type != stdfs::file_type::regular) {
    return Fail(ErrorCode::kCorrupt, "is no regular file", file);
  }
  try {
    SQLite::Database database(file.string(), SQLite::OPEN_READONLY);
    if (Pragma(database, "application_id") != kApplicationId ||
        Pragma(database, "user_version") != kVersion) {
      return Fail(ErrorCode::kCorrupt, "is no index of this version", file);
    }
    if (database.execAndGet("PRAGMA integrity_check").getString() != "ok") {
      return Fail(ErrorCode::kCorrupt, "is damaged", file);
    }
    return Entries(database);
  } catch (const SQLite::Exception& error) {
    return Fail(ErrorCode::kCorrupt, std::string("cannot be read: ") + error.what(), file);
  }
}

common::Status WriteIndex(const stdfs::path& file, const std::vector<StoreEntry>& entries) {
  // A name of this process' own: two that rebuild at once each put a whole index in place.
  const stdfs::path draft = file.string() + "." + std::to_string(getpid());
  std::error_code failed;
  stdfs::remove(draft, failed);
  try {
    SQLite::Database database(draft.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    Fill(database, entries);
  } catch (const SQLite::Exception& error) {
    stdfs::remove(draft, failed);
    return Fail(ErrorCode::kIo, std::string("cannot be written: ") + error.what(), file);
  }
  stdfs::rename(draft, file, failed);
  if (failed) return Fail(ErrorCode::kIo, "cannot be put in place: " + failed.message(), file);
  return {};
}

}  // namespace percuss::reports
