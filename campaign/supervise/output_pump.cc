// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/output_pump.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "campaign/supervise/process.h"

namespace percuss::campaign {

using common::FailErrno;
using common::Result;

void HeadAndTail::Append(std::string_view bytes) {
  const size_t to_head = std::min(bytes.size(), head_bytes_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);
  if (bytes.empty()) return;
  tail_.append(bytes);
  if (tail_.size() <= 2 * tail_bytes_) return;
  const size_t excess = tail_.size() - tail_bytes_;
  tail_.erase(0, excess);
  dropped_ += excess;
}

std::string HeadAndTail::Take() {
  if (tail_.size() > tail_bytes_) {
    dropped_ += tail_.size() - tail_bytes_;
    tail_.erase(0, tail_.size() - tail_bytes_);
  }
  std::string text = std::move(head_);
  if (dropped_ != 0) {
    text += "\n[percuss: " + std::to_string(dropped_) + " bytes of output left out]\n";
  }
  text += tail_;
  head_.clear();
  tail_.clear();
  dropped_ = 0;
  return text;
}

struct OutputPump::Stream {
  int pipe_fd = -1;
  int file_fd = -1;  // -1: into memory
  size_t file_bytes = 0;
  HeadAndTail kept{kOutputHeadBytes, kOutputTailBytes};
  HeadAndTail file_rest{0, kOutputTailBytes};
};

OutputPump::OutputPump() = default;

OutputPump::~OutputPump() {
  Finish();
  for (const int fd : writer_fds_) close(fd);
  for (const auto& stream : streams_) {
    if (stream->pipe_fd >= 0) close(stream->pipe_fd);
    if (stream->file_fd >= 0) close(stream->file_fd);
  }
  if (stop_fd_ >= 0) close(stop_fd_);
}

Result<int> OutputPump::AddStream(const std::filesystem::path& path) {
  auto stream = std::make_unique<Stream>();
  if (!path.empty()) {
    stream->file_fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (stream->file_fd < 0) return FailErrno(errno, "cannot create the output file", path);
  }
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    const int reason = errno;
    if (stream->file_fd >= 0) close(stream->file_fd);
    return FailErrno(reason, "cannot make a pipe");
  }
  // Only our end: the child's must block as its programs expect.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  stream->pipe_fd = ends[0];
  streams_.push_back(std::move(stream));
  writer_fds_.push_back(ends[1]);
  return ends[1];
}

void OutputPump::Start() {
  for (const int fd : writer_fds_) close(fd);
  writer_fds_.clear();
  if (streams_.empty()) return;
  stop_fd_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

void OutputPump::Finish() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  while (write(stop_fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
  for (const auto& stream : streams_) {
    if (stream->file_fd < 0) continue;
    const std::string rest = stream->file_rest.Take();
    // A full disk costs the tail of a log, never the campaign.
    if (!rest.empty() && write(stream->file_fd, rest.data(), rest.size()) < 0)
      stream->file_bytes = 0;
    close(stream->file_fd);
    stream->file_fd = -1;
  }
}

std::string OutputPump::Take(size_t index) {
  const std::lock_guard lock(mutex_);
  return index < streams_.size() ? streams_[index]->kept.Take() : std::string();
}

void OutputPump::Store(Stream& stream, std::string_view bytes) {
  if (stream.file_fd < 0) {
    const std::lock_guard lock(mutex_);
    stream.kept.Append(bytes);
    return;
  }
  while (!bytes.empty() && stream.file_bytes < kOutputFileBytes) {
    const size_t room = std::min(bytes.size(), kOutputFileBytes - stream.file_bytes);
    const ssize_t written = write(stream.file_fd, bytes.data(), room);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      stream.file_bytes = kOutputFileBytes;
      break;
    }
    stream.file_bytes += static_cast<size_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  stream.file_rest.Append(bytes);
}

void OutputPump::DrainOnce(Stream& stream) {
  std::array<char, 65536> chunk;
  const ssize_t got = read(stream.pipe_fd, chunk.data(), chunk.size());
  if (got > 0) {
    Store(stream, {chunk.data(), static_cast<size_t>(got)});
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    close(stream.pipe_fd);
    stream.pipe_fd = -1;
  }
}

void OutputPump::Run() {
  std::vector<pollfd> waiting(streams_.size() + 1);
  while (true) {
    for (size_t i = 0; i < streams_.size(); ++i) waiting[i] = {streams_[i]->pipe_fd, POLLIN, 0};
    waiting.back() = {stop_fd_, POLLIN, 0};
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (waiting[i].revents != 0) DrainOnce(*streams_[i]);
    }
    if (waiting.back().revents != 0) break;
  }
  // A pipe holds 64 KiB, at most 1 MiB: more than this comes from a writer that escaped and still
  // writes.
  constexpr int kLastReads = 64;
  for (const auto& stream : streams_) {
    for (int i = 0; i < kLastReads && stream->pipe_fd >= 0; ++i) DrainOnce(*stream);
  }
}

}  // namespace percuss::campaign
