// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/folder_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

// File systems stamp a change with the time of the last tick: what changed just now may change
// again under the same stamp.
constexpr auto kSettled = std::chrono::seconds(1);

bool IsSettled(stdfs::file_time_type changed) {
  return stdfs::file_time_type::clock::now() - changed > kSettled;
}

enum class Writer { kNone, kPresent, kUnknown };

// A read lease is granted only while nobody has the file open for writing (fcntl(2), F_SETLEASE).
Writer WriterOf(const stdfs::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return Writer::kUnknown;
  // Who opens it for writing meanwhile breaks the lease; the default signal of that would end us.
  const bool quiet = fcntl(descriptor, F_SETSIG, SIGURG) == 0;
  const bool granted = quiet && fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0;
  const bool refused = quiet && !granted && errno == EAGAIN;
  close(descriptor);
  if (granted) return Writer::kNone;
  return refused ? Writer::kPresent : Writer::kUnknown;
}

bool IsWhole(const stdfs::path& file, bool writer_ended) {
  const Writer writer = WriterOf(file);
  if (writer_ended || writer == Writer::kPresent) return writer != Writer::kPresent;
  std::error_code error;
  const bool empty = stdfs::file_size(file, error) == 0 && !error;
  if (writer == Writer::kNone && !empty) return true;
  const auto changed = stdfs::last_write_time(file, error);
  return !error && IsSettled(changed);
}

}  // namespace

std::vector<stdfs::path> FolderWatch::TakeNew() { return List(false); }

std::vector<stdfs::path> FolderWatch::TakeRest() { return List(true); }

std::vector<stdfs::path> FolderWatch::List(bool writer_ended) {
  std::error_code error;
  const auto changed = stdfs::last_write_time(folder_, error);
  std::vector<stdfs::path> fresh;
  if (!error && changed == listed_as_of_) return fresh;
  bool complete = !error && IsSettled(changed);
  for (const auto& file : common::ListFiles(folder_)) {
    const std::string name = file.filename().string();
    if (seen_.contains(name)) continue;
    if (!IsWhole(file, writer_ended)) {
      complete = false;
      continue;
    }
    seen_.insert(name);
    fresh.push_back(file);
  }
  listed_as_of_ = complete ? changed : stdfs::file_time_type::min();
  return fresh;
}

}  // namespace percuss::campaign
