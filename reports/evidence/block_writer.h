// SPDX-License-Identifier: Apache-2.0
//
// Writes blocks to places in a file on a thread of its own, so that whoever digests them needs not
// wait for the disk. At most kBlocksAhead of them are in memory.
//
// All members but the destructor are for one thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/result.h"

namespace percuss::reports {

class BlockWriter {
 public:
  // The file must stay open until Finish, or the destructor, has returned.
  explicit BlockWriter(int fd);
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;
  ~BlockWriter();

  // Takes the block's bytes and leaves another block, of any content. Waits while too many are
  // ahead. After an error nothing more is written; Finish tells it.
  void Write(uint64_t offset, std::string& block);
  // When all is with the system: 0, or the errno of what went wrong.
  [[nodiscard]] int Finish();

 private:
  struct Block {
    uint64_t offset = 0;
    std::string bytes;
  };
  void WriteBlocks();

  static constexpr size_t kBlocksAhead = 16;
  int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Block> waiting_;
  std::vector<std::string> spare_;
  int error_ = 0;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace percuss::reports
