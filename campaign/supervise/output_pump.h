// SPDX-License-Identifier: Apache-2.0
//
// Drains a child's output, whatever the amount, into bounded memory or a bounded file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

// The first head_bytes and the last tail_bytes of a stream. Not thread-safe.
class HeadAndTail {
 public:
  HeadAndTail(size_t head_bytes, size_t tail_bytes)
      : head_bytes_(head_bytes), tail_bytes_(tail_bytes) {}
  void Append(std::string_view bytes);
  // Head, a line that says what was left out if anything was, tail; then starts anew.
  [[nodiscard]] std::string Take();

 private:
  size_t head_bytes_;
  size_t tail_bytes_;
  std::string head_;
  std::string tail_;
  uint64_t dropped_ = 0;
};

// One thread for all streams of one process. Add streams, then Start; Finish when the writers are
// gone.
class OutputPump {
 public:
  OutputPump();
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;
  ~OutputPump();

  // Returns the descriptor for the child to write to, owned by the pump until Start. `path` empty:
  // into memory.
  [[nodiscard]] common::Result<int> AddStream(const std::filesystem::path& path);
  void Start();
  // Reads what is still in the pipes, completes the files and joins. Does not wait for writers that
  // live on.
  void Finish();
  // Of the stream with this index, in the order of AddStream.
  [[nodiscard]] std::string Take(size_t index);

 private:
  struct Stream;
  void Run();
  void DrainOnce(Stream& stream);
  void Store(Stream& stream, std::string_view bytes);

  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<int> writer_fds_;
  int stop_fd_ = -1;
  std::mutex mutex_;  // the kept bytes
  std::thread thread_;
};

}  // namespace percuss::campaign
