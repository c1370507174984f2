// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/archive_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "reports/evidence/package_meter.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;

tl::unexpected<common::Error> Corrupt(const std::string& what, const stdfs::path& package) {
  return Fail(ErrorCode::kCorrupt, what, package);
}

struct CloseArchive {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ArchiveHandle = std::unique_ptr<archive, CloseArchive>;

std::string ArchiveMessage(archive* handle) {
  const char* text = archive_error_string(handle);
  return text == nullptr ? "unknown error" : text;
}

// A name as bytes; libarchive gives none when it cannot be said in the locale.
std::string EntryName(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) name = archive_entry_pathname_utf8(entry);
  return name == nullptr ? std::string("\xff") : std::string(name);
}

const char* WhatIsWrongWithKind(archive_entry* entry) {
  if (archive_entry_is_encrypted(entry) != 0) return "is encrypted";
  if (archive_entry_symlink(entry) != nullptr || archive_entry_hardlink(entry) != nullptr) {
    return "is a link";
  }
  const auto kind = archive_entry_filetype(entry);
  return kind == AE_IFREG || kind == AE_IFDIR ? nullptr : "is neither a file nor a folder";
}

// By way of block, which holds nothing between calls.
Status ReadEntry(archive* handle, const std::string& path, PackageMeter& meter,
                 const PackageVisitor& visitor, std::vector<char>& block) {
  while (true) {
    const la_ssize_t got = archive_read_data(handle, block.data(), block.size());
    if (got == 0) return visitor.end(path, meter.FileBytes(), "");
    if (got == ARCHIVE_FATAL) {
      return Corrupt("cannot read on at " + PrintablePath(path) + ": " + ArchiveMessage(handle),
                     "");
    }
    if (got < 0) return visitor.end(path, meter.FileBytes(), ArchiveMessage(handle));
    if (const char* wrong = meter.AddBytes(static_cast<uint64_t>(got))) {
      return Corrupt("the entry " + PrintablePath(path) + " " + wrong, "");
    }
    if (auto seen = visitor.piece({block.data(), static_cast<size_t>(got)}); !seen) return seen;
  }
}

// An empty name stands for a folder, which a package needs not name.
Result<std::string> CheckedName(archive_entry* entry, PathGuard& guard, const stdfs::path& zip) {
  std::string name = EntryName(entry);
  if (const char* wrong = WhatIsWrongWithKind(entry)) {
    return Corrupt("the entry " + PrintablePath(name) + " " + wrong, zip);
  }
  if (archive_entry_filetype(entry) == AE_IFDIR) return std::string();
  if (auto added = guard.AddFile(name); !added) return Corrupt(added.error().message, zip);
  return name;
}

Status WalkEntries(archive* handle, const PackageVisitor& visitor, PackageMeter& meter,
                   const stdfs::path& zip) {
  PathGuard guard;
  std::vector<char> block(kPackageBlockBytes);
  while (true) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(handle, &entry);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
      return Corrupt("is not a zip, or it is damaged or cut short: " + ArchiveMessage(handle), zip);
    }
    if (const char* wrong = meter.AddEntry()) return Corrupt(wrong, zip);
    const auto name = CheckedName(entry, guard, zip);
    if (!name) return tl::make_unexpected(name.error());
    if (status == ARCHIVE_WARN) return Corrupt("is damaged: " + ArchiveMessage(handle), zip);
    if (name->empty() || !visitor.wants(*name)) continue;
    if (auto read = ReadEntry(handle, *name, meter, visitor, block); !read) {
      common::Error error = read.error();
      if (error.file.empty()) error.file = zip;
      return tl::make_unexpected(std::move(error));
    }
  }
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int Get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<std::vector<std::string>> ListPackageFolder(const stdfs::path& folder,
                                                   const PackageLimits& limits) {
  PackageMeter meter(limits, limits.total_bytes);
  std::vector<std::string> paths;
  PathGuard guard;
  std::error_code error;
  stdfs::recursive_directory_iterator it(folder, error);
  for (const stdfs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (const char* wrong = meter.AddEntry()) return Corrupt(wrong, folder);
    const auto kind = it->symlink_status(error).type();
    if (error) break;
    if (kind == stdfs::file_type::directory) continue;
    const std::string path = it->path().lexically_relative(folder).generic_string();
    if (kind != stdfs::file_type::regular) {
      return Corrupt("holds " + PrintablePath(path) + ", which is neither a file nor a folder",
                     folder);
    }
    if (auto added = guard.AddFile(path); !added) return Corrupt(added.error().message, folder);
    paths.push_back(path);
  }
  if (error) return common::FailErrno(error.value(), "cannot list the folder", folder);
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<uint64_t> ReadBlocks(const stdfs::path& file, uint64_t limit_bytes, const BlockSink& sink) {
  const FileDescriptor fd(open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (fd.Get() < 0) return common::FailErrno(errno, "cannot open", file);
  struct stat info {};
  if (fstat(fd.Get(), &info) != 0) return common::FailErrno(errno, "cannot look at", file);
  if (!S_ISREG(info.st_mode)) return Corrupt("is not a regular file", file);
  std::string block;
  for (uint64_t bytes = 0;;) {
    block.resize(kPackageBlockBytes);
    const ssize_t got = read(fd.Get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return common::FailErrno(errno, "cannot read", file);
    if (got == 0) return bytes;
    bytes += static_cast<uint64_t>(got);
    if (bytes > limit_bytes) return Corrupt("is larger than a file of a package may be", file);
    block.resize(static_cast<size_t>(got));
    if (auto seen = sink(block); !seen) return tl::make_unexpected(seen.error());
  }
}

Status WalkZip(const stdfs::path& zip, const PackageLimits& limits, const PackageVisitor& visitor) {
  std::error_code error;
  const uint64_t zip_bytes = stdfs::file_size(zip, error);
  if (error) return common::FailErrno(error.value(), "cannot look at", zip);
  const ArchiveHandle handle(archive_read_new());
  if (!handle) return Fail(ErrorCode::kInternal, "libarchive gave no reader", zip);
  // Seekable only: without the directory at its end a zip is cut short, and must not be read by
  // guess.
  archive_read_support_format_zip_seekable(handle.get());
  if (archive_read_open_filename(handle.get(), zip.c_str(), kPackageBlockBytes) != ARCHIVE_OK) {
    return Corrupt("is not a zip, or its end is cut off", zip);
  }
  const uint64_t inflated = std::max(limits.free_bytes, zip_bytes * limits.inflate_ratio);
  PackageMeter meter(limits, inflated);
  return WalkEntries(handle.get(), visitor, meter, zip);
}

Status WalkFolder(const stdfs::path& folder, const PackageLimits& limits,
                  const PackageVisitor& visitor) {
  const auto paths = ListPackageFolder(folder, limits);
  if (!paths) return tl::make_unexpected(paths.error());
  uint64_t left = limits.total_bytes;
  for (const auto& path : *paths) {
    if (!visitor.wants(path)) continue;
    const auto bytes = ReadBlocks(folder / path, std::min(left, limits.file_bytes),
                                  [&](std::string& block) { return visitor.piece(block); });
    if (!bytes) return tl::make_unexpected(bytes.error());
    left -= *bytes;
    if (auto ended = visitor.end(path, *bytes, ""); !ended) return ended;
  }
  return {};
}

}  // namespace percuss::reports
