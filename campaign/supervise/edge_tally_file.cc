// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/edge_tally_file.h"

#include <fmt/format.h>

#include <cstring>

namespace percuss::campaign {

using common::ErrorCode;
using common::Fail;
using common::Result;

namespace {

// Pages that no edge needs take no memory.
constexpr uint64_t kCapacity = uint64_t{1} << 20;
constexpr size_t kBytes = sizeof(percuss_edge_tally) + kCapacity * (1 + sizeof(uint32_t));
constexpr uint64_t kMostInputs = uint64_t{1} << 52;  // that a record can tell of
constexpr const char* kOverwritten = "overwrote its counts of edges";

}  // namespace

Result<EdgeTallyFile> EdgeTallyFile::Create() {
  auto memory = SharedMemory::Create("percuss-edge-tally", kBytes);
  if (!memory) return tl::make_unexpected(memory.error());
  percuss_edge_tally start{};
  start.magic = PERCUSS_EDGE_TALLY_MAGIC;
  start.capacity = kCapacity;
  std::memcpy(memory->Bytes(), &start, sizeof start);
  return EdgeTallyFile(std::move(*memory));
}

std::map<std::string, std::string> EdgeTallyFile::Environment() const {
  return {{PERCUSS_EDGE_TALLY_ENV, memory_.Path().string()}};
}

Result<EdgeTally> EdgeTallyFile::Read() const {
  percuss_edge_tally start{};
  std::memcpy(&start, memory_.Bytes(), sizeof start);
  if (start.edges > kCapacity) {
    return Fail(ErrorCode::kCorrupt,
                fmt::format("has {} edges, and {} can be counted", start.edges, kCapacity));
  }
  if (start.inputs == 0) {
    return Fail(ErrorCode::kNotFound, "does not count the edges of its inputs");
  }
  EdgeTally tally;
  const uint8_t* const of_several = memory_.Bytes() + sizeof start;
  const uint8_t* const of_one = of_several + kCapacity;
  for (size_t edge = 0; edge < start.edges; ++edge) {
    uint32_t digest = 0;
    std::memcpy(&digest, of_one + edge * sizeof digest, sizeof digest);
    if (digest == 0) continue;
    ++tally.edges_reached;
    if (of_several[edge] == 0) ++tally.singletons;
  }
  const auto reached = static_cast<uint64_t>(tally.edges_reached);
  uint64_t discoverers = 0;
  for (size_t span = 0; span < tally.discoverers.size(); ++span) {
    const uint64_t count = start.discoverers[span];
    if (count > reached - discoverers) return Fail(ErrorCode::kCorrupt, kOverwritten);
    discoverers += count;
    tally.discoverers[span] = static_cast<int64_t>(count);
  }
  if (start.inputs > kMostInputs || discoverers > start.inputs ||
      (reached != 0) != (discoverers != 0)) {
    return Fail(ErrorCode::kCorrupt, kOverwritten);
  }
  tally.inputs = static_cast<int64_t>(start.inputs);
  return tally;
}

}  // namespace percuss::campaign
