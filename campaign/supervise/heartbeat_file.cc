// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/heartbeat_file.h"

#include <algorithm>
#include <cstring>

#include "harnesses/sdk/heartbeat.h"

namespace percuss::campaign {

using common::ErrorCode;
using common::Fail;
using common::Result;

namespace {

constexpr size_t kRecordBytes = sizeof(percuss_ring_record);
constexpr size_t kAlignment = 8;

uint64_t Load(const uint64_t& shared) { return __atomic_load_n(&shared, __ATOMIC_ACQUIRE); }

// The record at `offset` of unrolled ring bytes with its input after it, if there can be one.
std::optional<percuss_ring_record> RecordAt(std::string_view bytes, size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < kRecordBytes) return std::nullopt;
  percuss_ring_record record{};
  std::memcpy(&record, bytes.data() + offset, kRecordBytes);
  if (record.check != PERCUSS_RECORD_CHECK || record.stored > record.size ||
      record.stored > bytes.size() - offset - kRecordBytes) {
    return std::nullopt;
  }
  return record;
}

size_t RecordEnd(size_t offset, const percuss_ring_record& record) {
  return offset + kRecordBytes + ((size_t{record.stored} + kAlignment - 1) & ~(kAlignment - 1));
}

// Offsets of the records whose chain ends exactly at the end of the bytes, oldest first.
std::vector<size_t> Chain(std::string_view bytes) {
  std::vector<bool> leads_to_end(bytes.size() / kAlignment + 1, false);
  leads_to_end[bytes.size() / kAlignment] = true;
  size_t oldest = bytes.size();
  for (size_t at = bytes.size(); at >= kAlignment;) {
    at -= kAlignment;
    const auto record = RecordAt(bytes, at);
    if (!record) continue;
    const size_t end = RecordEnd(at, *record);
    if (end > bytes.size() || !leads_to_end[end / kAlignment]) continue;
    leads_to_end[at / kAlignment] = true;
    oldest = at;
  }
  std::vector<size_t> offsets;
  for (size_t at = oldest; at < bytes.size();) {
    offsets.push_back(at);
    at = RecordEnd(at, *RecordAt(bytes, at));
  }
  return offsets;
}

}  // namespace

Result<HeartbeatFile> HeartbeatFile::Create(uint64_t ring_bytes) {
  constexpr uint64_t kLeast = 4096;
  constexpr uint64_t kMost = uint64_t{1} << 30;
  if (ring_bytes < kLeast || ring_bytes > kMost || (ring_bytes & (ring_bytes - 1)) != 0) {
    return Fail(ErrorCode::kBadInput, "the ring must be a power of two from 4 KiB to 1 GiB");
  }
  auto memory = SharedMemory::Create("percuss-heartbeat", sizeof(percuss_heartbeat) + ring_bytes);
  if (!memory) return tl::make_unexpected(memory.error());
  percuss_heartbeat start{};
  start.magic = PERCUSS_HEARTBEAT_MAGIC;
  start.ring_bytes = ring_bytes;
  std::memcpy(memory->Bytes(), &start, sizeof start);
  return HeartbeatFile(std::move(*memory), ring_bytes);
}

std::map<std::string, std::string> HeartbeatFile::Environment() const {
  return {{PERCUSS_HEARTBEAT_ENV, Path().string()}};
}

HeartbeatSnapshot HeartbeatFile::Read() const {
  const auto* shared = reinterpret_cast<const percuss_heartbeat*>(memory_.Bytes());
  HeartbeatSnapshot snapshot;
  snapshot.sequence = Load(shared->sequence);
  snapshot.pid = Load(shared->pid);
  snapshot.head = Load(shared->head);
  snapshot.running = (snapshot.sequence & 1) != 0;
  return snapshot;
}

std::string HeartbeatFile::CopyRing(uint64_t head) const {
  const size_t filled = static_cast<size_t>(std::min(head, ring_bytes_));
  const uint64_t from = (head - filled) & (ring_bytes_ - 1);
  const auto* ring = reinterpret_cast<const char*>(memory_.Bytes()) + sizeof(percuss_heartbeat);
  const size_t first = std::min(filled, static_cast<size_t>(ring_bytes_ - from));
  std::string bytes(ring + from, first);
  bytes.append(ring, filled - first);
  return bytes;
}

std::optional<std::string> HeartbeatFile::CurrentInput() const {
  const auto* shared = reinterpret_cast<const percuss_heartbeat*>(memory_.Bytes());
  const HeartbeatSnapshot before = Read();
  const uint64_t begin = Load(shared->last_record);
  if (begin >= before.head || before.head - begin > ring_bytes_ || before.head % kAlignment != 0) {
    return std::nullopt;
  }
  const std::string bytes = CopyRing(before.head);
  const size_t offset = bytes.size() - static_cast<size_t>(before.head - begin);
  const auto record = RecordAt(bytes, offset);
  const bool whole = record && record->stored == record->size &&
                     RecordEnd(offset, *record) == bytes.size() &&
                     (record->sequence | 1) + 1 >= before.sequence;
  if (!whole || Read().head != before.head) return std::nullopt;
  return bytes.substr(offset + kRecordBytes, record->stored);
}

Result<std::vector<std::string>> HeartbeatFile::HistoryOf(uint64_t pid, size_t max_inputs) const {
  return Inputs(max_inputs, [&](const percuss_ring_record& record, std::string_view) {
    return pid == 0 || record.pid == pid;
  });
}

Result<std::vector<std::string>> HeartbeatFile::HistoryBefore(const std::string& input,
                                                              size_t max_inputs) const {
  uint64_t pid = 0;  // of the process that ran the input, once it was met on the way back
  return Inputs(max_inputs, [&](const percuss_ring_record& record, std::string_view bytes) {
    if (pid != 0) return record.pid == pid;
    if (bytes == input) pid = record.pid;
    return false;
  });
}

Result<std::vector<std::string>> HeartbeatFile::Inputs(
    size_t max_inputs,
    const std::function<bool(const percuss_ring_record&, std::string_view)>& wanted) const {
  const uint64_t head = Read().head;
  if (head % kAlignment != 0) {
    return Fail(ErrorCode::kCorrupt, "the target overwrote its history of inputs");
  }
  const std::string bytes = CopyRing(head);
  const std::vector<size_t> offsets = Chain(bytes);
  if (offsets.empty() && head != 0) {
    return Fail(ErrorCode::kCorrupt, "the target overwrote its history of inputs");
  }
  std::vector<std::string> newest_first;
  for (auto at = offsets.rbegin(); at != offsets.rend() && newest_first.size() < max_inputs; ++at) {
    const auto record = RecordAt(bytes, *at);
    const auto stored = std::string_view(bytes).substr(*at + kRecordBytes, record->stored);
    if (!wanted(*record, stored)) continue;
    // An input that was cut off ends the history: what came before cannot be replayed in order.
    if (record->stored != record->size) break;
    newest_first.emplace_back(stored);
  }
  std::reverse(newest_first.begin(), newest_first.end());
  return newest_first;
}

}  // namespace percuss::campaign
