// SPDX-License-Identifier: Apache-2.0
//
// Memory that a target writes and we read: a file that lives in memory alone (memfd_create(2)), as
// on a disk every input would dirty pages that the kernel then writes back. Its size is sealed: a
// target that shrank it would end us with SIGBUS. Bytes that nobody touched are zero and cost
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "common/result.h"

namespace percuss::campaign {

class SharedMemory {
 public:
  // name: what /proc calls it.
  [[nodiscard]] static common::Result<SharedMemory> Create(const char* name, size_t size);
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  [[nodiscard]] uint8_t* Bytes() const { return map_; }
  // Where our children find it, as long as this object lives.
  [[nodiscard]] std::filesystem::path Path() const;

 private:
  SharedMemory(int fd, uint8_t* map, size_t size) : fd_(fd), map_(map), size_(size) {}

  int fd_ = -1;
  uint8_t* map_ = nullptr;
  size_t size_ = 0;
};

}  // namespace percuss::campaign
