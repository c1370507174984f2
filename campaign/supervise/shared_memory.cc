// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/shared_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace percuss::campaign {

using common::FailErrno;
using common::Result;

Result<SharedMemory> SharedMemory::Create(const char* name, size_t size) {
  const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return FailErrno(errno, fmt::format("cannot create the file {}", name));
  if (ftruncate(fd, static_cast<off_t>(size)) != 0 ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    const int reason = errno;
    close(fd);
    return FailErrno(reason, fmt::format("cannot size the file {}", name));
  }
  void* map = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    const int reason = errno;
    close(fd);
    return FailErrno(reason, fmt::format("cannot map the file {}", name));
  }
  return SharedMemory(fd, static_cast<uint8_t*>(map), size);
}

std::filesystem::path SharedMemory::Path() const {
  return fmt::format("/proc/{}/fd/{}", getpid(), fd_);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      map_(std::exchange(other.map_, nullptr)),
      size_(other.size_) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(map_, other.map_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (map_ != nullptr) munmap(map_, size_);
  if (fd_ >= 0) close(fd_);
}

}  // namespace percuss::campaign
