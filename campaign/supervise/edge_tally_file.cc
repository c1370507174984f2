// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/edge_tally_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace percuss::campaign {

using common::ErrorCode;
using common::Fail;
using common::Result;

namespace {

// A third of all of Chromium; pages that no edge needs take no memory.
constexpr uint64_t kCapacity = uint64_t{1} << 20;
constexpr size_t kBytes = sizeof(percuss_edge_tally) + kCapacity * (1 + sizeof(uint32_t));

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
  if (start.inputs == 0)
    return Fail(ErrorCode::kNotFound, "does not count the edges of its inputs");
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
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int32_t>::max()) << 20;
  uint64_t discoverers = 0;
  for (size_t span = 0; span < tally.discoverers.size(); ++span) {
    const uint64_t count = std::min(start.discoverers[span], kMost);
    tally.discoverers[span] = static_cast<int64_t>(count);
    discoverers = std::min(kMost, discoverers + count);
  }
  tally.inputs = static_cast<int64_t>(std::min(start.inputs, kMost));
  const auto reached = static_cast<uint64_t>(tally.edges_reached);
  if (discoverers > start.inputs || discoverers > reached || (reached != 0) != (discoverers != 0)) {
    return Fail(ErrorCode::kCorrupt, "overwrote its counts of edges");
  }
  return tally;
}

}  // namespace percuss::campaign
