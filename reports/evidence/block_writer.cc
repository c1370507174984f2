// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/block_writer.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace percuss::reports {
namespace {

int WriteAt(int fd, uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return 0;
}

}  // namespace

BlockWriter::BlockWriter(int fd) : fd_(fd), thread_([this] { WriteBlocks(); }) {}

BlockWriter::~BlockWriter() { static_cast<void>(Finish()); }

void BlockWriter::Write(uint64_t offset, std::string& block) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < kBlocksAhead; });
  waiting_.push_back({offset, std::move(block)});
  block = std::string();
  if (!spare_.empty()) {
    block = std::move(spare_.back());
    spare_.pop_back();
  }
  changed_.notify_all();
}

int BlockWriter::Finish() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  return error_;
}

void BlockWriter::WriteBlocks() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Block block = std::move(waiting_.front());
    waiting_.pop_front();
    const bool skip = error_ != 0;
    lock.unlock();
    const int error = skip ? 0 : WriteAt(fd_, block.offset, block.bytes);
    lock.lock();
    if (error != 0) error_ = error;
    spare_.push_back(std::move(block.bytes));
    changed_.notify_all();
  }
}

}  // namespace percuss::reports
