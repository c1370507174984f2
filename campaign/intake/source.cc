// SPDX-License-Identifier: Apache-2.0
#include "campaign/intake/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "campaign/triage/crash_report.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;

// The registry: what is told by its own names goes before what anything may be.
constexpr const Source* kSources[] = {&kJournalSource,   &kPackageSource,   &kAflppSource,
                                      &kHonggfuzzSource, &kLibfuzzerSource, &kCoreSource,
                                      &kLogSource,       &kInputsSource};

constexpr size_t kTextProbeBytes = size_t{64} << 10;

bool IsText(std::string_view bytes) {
  bytes = bytes.substr(0, kTextProbeBytes);
  return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](unsigned char c) {
    return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == 0x1b;
  });
}

std::string WhatItIs(stdfs::file_type type) {
  if (type == stdfs::file_type::symlink) return "a symbolic link, which is not followed";
  if (type == stdfs::file_type::fifo) return "a pipe";
  if (type == stdfs::file_type::socket) return "a socket";
  return "a device";
}

// An open file that closes itself.
class OpenFile {
 public:
  explicit OpenFile(const stdfs::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int Descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

template <typename Named>
bool ByName(const Named& one, const Named& other) {
  return one.name < other.name;
}

}  // namespace

Result<std::string> ReadRegularFile(const stdfs::path& file, uint64_t limit_bytes) {
  const OpenFile open(file);
  if (open.Descriptor() < 0) {
    if (errno == ELOOP) return Fail(ErrorCode::kBadInput, "is a symbolic link", file.string());
    return common::FailErrno(errno, "cannot be read", file.string());
  }
  struct stat status {};
  if (::fstat(open.Descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Fail(ErrorCode::kBadInput, "is no regular file", file.string());
  }
  const auto too_large = [&] {
    return Fail(ErrorCode::kBadInput, fmt::format("has more than {} bytes", limit_bytes),
                file.string());
  };
  if (static_cast<uint64_t>(status.st_size) > limit_bytes) return too_large();
  std::string bytes;
  constexpr size_t kChunk = size_t{1} << 16;
  for (size_t size = 0;;) {
    bytes.resize(size + kChunk);
    const ssize_t count = ::read(open.Descriptor(), bytes.data() + size, kChunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return common::FailErrno(errno, "cannot be read", file.string());
    size += static_cast<size_t>(count);
    if (size > limit_bytes) return too_large();
    bytes.resize(size);
    if (count == 0) return bytes;
  }
}

const SeenFile* SeenFolder::File(std::string_view name_of_file) const {
  const auto found = std::lower_bound(
      files.begin(), files.end(), name_of_file,
      [](const SeenFile& file, std::string_view wanted) { return file.name < wanted; });
  return found != files.end() && found->name == name_of_file ? &*found : nullptr;
}

bool SeenFolder::HasFolder(std::string_view name_of_folder) const {
  return std::binary_search(folders.begin(), folders.end(), name_of_folder);
}

Result<SeenFolder> Gathering::Open(const stdfs::path& path, const std::string& shown, int depth) {
  SeenFolder folder{path, shown, path.filename().string(), depth, {}, {}};
  std::error_code error;
  for (stdfs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (++entries_ > limits_.entries) {
      return Fail(ErrorCode::kBadInput,
                  fmt::format("there are more than {} files to look at: hand them in in parts",
                              limits_.entries),
                  shown);
    }
    std::error_code unknown;
    const auto type = it->symlink_status(unknown).type();
    const std::string name = it->path().filename().string();
    if (unknown) {
      PassOver(shown + "/" + name, unknown.message());
    } else if (type == stdfs::file_type::directory) {
      folder.folders.push_back(name);
    } else if (type == stdfs::file_type::regular) {
      const auto bytes = it->file_size(unknown);
      folder.files.push_back({it->path(), shown + "/" + name, name, unknown ? 0 : bytes});
    } else {
      PassOver(shown + "/" + name, WhatItIs(type));
    }
  }
  if (error) return Fail(ErrorCode::kBadInput, "cannot be read: " + error.message(), shown);
  std::sort(folder.files.begin(), folder.files.end(), ByName<SeenFile>);
  std::sort(folder.folders.begin(), folder.folders.end());
  return folder;
}

Result<SeenFolder> Gathering::OpenBelow(const SeenFolder& folder, const std::string& name) {
  if (folder.depth >= limits_.depth) {
    return Fail(
        ErrorCode::kBadInput,
        fmt::format("has folders more than {} deep: hand in the one that you mean", limits_.depth),
        folder.shown);
  }
  return Open(folder.path / name, folder.shown + "/" + name, folder.depth + 1);
}

Status Gathering::TakeFolder(const SeenFolder& folder) {
  for (const Source* source : kSources) {
    if (source->knows_folder(folder)) return source->take_folder(folder, *this);
  }
  return {};
}

void Gathering::TakeFile(const SeenFile& file) {
  for (const Source* source : kSources) {
    if (source->take_file(file, *this)) return;
  }
}

void Gathering::AddInput(const SeenFile& file, HandedIn item) {
  if (file.bytes > limits_.input_bytes) {
    return PassOver(file.shown, fmt::format("it has {} bytes, and inputs of up to {} are judged",
                                            file.bytes, limits_.input_bytes));
  }
  item.file = file.path;
  item.path = file.shown;
  if (item.engine.empty()) item.engine = item.source;
  intake_.items.push_back(std::move(item));
}

void Gathering::AddLog(HandedIn item) {
  item.file.clear();
  if (item.engine.empty()) item.engine = item.source;
  intake_.items.push_back(std::move(item));
}

void Gathering::AddCore(const SeenFile& file) { intake_.cores.push_back({file.shown, file.path}); }

void Gathering::PassOver(const std::string& shown, const std::string& why) {
  intake_.passed_over.push_back({shown, why});
}

std::optional<std::string> Gathering::ReadText(const SeenFile& file) const {
  auto bytes = ReadRegularFile(file.path, limits_.log_bytes);
  if (!bytes || !IsText(*bytes)) return std::nullopt;
  return std::move(*bytes);
}

std::string Gathering::HeadOf(const SeenFile& file, size_t bytes) {
  const OpenFile open(file.path);
  std::string head(bytes, '\0');
  const ssize_t count =
      open.Descriptor() < 0 ? 0 : ::read(open.Descriptor(), head.data(), head.size());
  head.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return head;
}

bool TellsOfAFault(std::string_view text) { return ParseCrashReport(text, {}).has_value(); }

Result<Intake> TakeIn(const std::vector<stdfs::path>& paths, const IntakeLimits& limits) {
  Gathering gathering(limits);
  for (const stdfs::path& named : paths) {
    std::error_code error;
    // What the user names may be a link of the user's own; from there on none is followed.
    const stdfs::path path = stdfs::canonical(named, error);
    if (error) return Fail(ErrorCode::kBadInput, error.message(), named.string());
    const auto type = stdfs::status(path, error).type();
    std::string shown = named.string();
    while (shown.size() > 1 && shown.back() == '/') shown.pop_back();
    if (type == stdfs::file_type::directory) {
      const auto folder = gathering.Open(path, shown, 0);
      if (!folder) return tl::make_unexpected(folder.error());
      if (auto taken = gathering.TakeFolder(*folder); !taken) {
        return tl::make_unexpected(taken.error());
      }
    } else if (type == stdfs::file_type::regular) {
      const auto bytes = stdfs::file_size(path, error);
      gathering.TakeFile({path, shown, path.filename().string(), error ? 0 : bytes});
    } else {
      return Fail(ErrorCode::kBadInput, "is " + WhatItIs(type) + ": name files and folders", shown);
    }
  }
  return gathering.Take();
}

}  // namespace percuss::campaign
