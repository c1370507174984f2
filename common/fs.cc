// SPDX-License-Identifier: Apache-2.0
#include "common/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace percuss::common {
namespace {

namespace stdfs = std::filesystem;

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

Status WriteAll(int fd, std::string_view bytes, const stdfs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FailErrno(errno, "cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

void SyncFolder(const stdfs::path& folder) {
  const FileDescriptor fd(
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.Get() >= 0) fsync(fd.Get());
}

}  // namespace

Result<std::string> ReadFile(const stdfs::path& path, uint64_t limit_bytes) {
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.Get() < 0) {
    if (errno == ENOENT) return Fail(ErrorCode::kNotFound, "no such file", path);
    return FailErrno(errno, "cannot open", path);
  }
  struct stat info {};
  if (fstat(fd.Get(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return Fail(ErrorCode::kBadInput, "is a folder, not a file", path);
  }
  std::string bytes;
  std::vector<char> chunk(size_t{1} << 16);
  while (true) {
    const ssize_t got = read(fd.Get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "cannot read", path);
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<size_t>(got));
    if (bytes.size() > limit_bytes) {
      return Fail(ErrorCode::kBadInput,
                  "is larger than the " + std::to_string(limit_bytes) + " bytes allowed here",
                  path);
    }
  }
}

Status WriteFileAtomically(const stdfs::path& path, std::string_view bytes) {
  static std::atomic<uint64_t> serial{0};
  stdfs::path temporary = path;
  temporary += ".tmp" + std::to_string(getpid()) + "-" + std::to_string(serial++);
  {
    const FileDescriptor fd(
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.Get() < 0) return FailErrno(errno, "cannot create", path);
    if (auto written = WriteAll(fd.Get(), bytes, path); !written) {
      unlink(temporary.c_str());
      return written;
    }
    if (fsync(fd.Get()) != 0) {
      const int reason = errno;
      unlink(temporary.c_str());
      return FailErrno(reason, "cannot sync", path);
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    return FailErrno(reason, "cannot rename into place", path);
  }
  SyncFolder(path.parent_path());
  return {};
}

Status MakeFolder(const stdfs::path& path) {
  std::error_code error;
  stdfs::create_directories(path, error);
  if (error) return FailErrno(error.value(), "cannot create the folder", path);
  return {};
}

std::vector<stdfs::path> ListFiles(const stdfs::path& folder) {
  std::vector<stdfs::path> files;
  std::error_code error;
  for (stdfs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<std::string>> ListTree(const stdfs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  stdfs::recursive_directory_iterator it(folder, error);
  for (const stdfs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->symlink_status(error).type() == stdfs::file_type::regular) {
      files.push_back(it->path().lexically_relative(folder).generic_string());
    }
  }
  if (error) return FailErrno(error.value(), "cannot list", folder);
  std::sort(files.begin(), files.end());
  return files;
}

Status CopyFile(const stdfs::path& from, const stdfs::path& to) {
  auto bytes = ReadFile(from);
  if (!bytes) return tl::make_unexpected(bytes.error());
  return WriteFileAtomically(to, *bytes);
}

Result<TemporaryFolder> TemporaryFolder::Make(const std::string& prefix) {
  std::error_code error;
  const stdfs::path base = stdfs::temp_directory_path(error);
  if (error) return FailErrno(error.value(), "no temporary folder");
  std::string pattern = (base / (prefix + "-XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) return FailErrno(errno, "cannot create", pattern);
  return TemporaryFolder(pattern);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
  other.path_.clear();
}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) stdfs::remove_all(path_, ignored);
}

}  // namespace percuss::common
