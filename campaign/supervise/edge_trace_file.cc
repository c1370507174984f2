// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/edge_trace_file.h"

#include <fmt/format.h>

#include <cstring>

#include "harnesses/sdk/edge_trace.h"

namespace percuss::campaign {

using common::ErrorCode;
using common::Fail;
using common::Result;

namespace {

// Pages that no edge needs take no memory.
constexpr uint64_t kBytes = uint64_t{1} << 24;

bool Fits(uint64_t at, uint64_t count, uint64_t size) {
  return at <= kBytes && count <= (kBytes - at) / size;
}

Result<percuss_edge_trace> ReadHead(const uint8_t* bytes) {
  percuss_edge_trace head{};
  std::memcpy(&head, bytes, sizeof head);
  if (head.magic == 0 && head.needed > kBytes) {
    return Fail(ErrorCode::kNotFound, fmt::format("has {} edges, too many to trace", head.edges));
  }
  if (head.magic == 0) {
    return Fail(ErrorCode::kNotFound, "does not tell which edges an input takes");
  }
  if (head.magic != PERCUSS_EDGE_TRACE_MAGIC || head.edges == 0 ||
      !Fits(head.places_at, head.edges, sizeof(uint64_t)) ||
      !Fits(head.counters_at, head.edges, 1)) {
    return Fail(ErrorCode::kCorrupt, "overwrote its trace of edges");
  }
  return head;
}

}  // namespace

Result<EdgeTraceFile> EdgeTraceFile::Create() {
  auto memory = SharedMemory::Create("percuss-edge-trace", kBytes);
  if (!memory) return tl::make_unexpected(memory.error());
  return EdgeTraceFile(std::move(*memory));
}

std::map<std::string, std::string> EdgeTraceFile::Environment() const {
  return {{PERCUSS_EDGE_TRACE_ENV, memory_.Path().string()}};
}

void EdgeTraceFile::Forget() { std::memset(memory_.Bytes(), 0, sizeof(percuss_edge_trace)); }

Result<std::vector<uint8_t>> EdgeTraceFile::Counts() const {
  const auto head = ReadHead(memory_.Bytes());
  if (!head) return tl::make_unexpected(head.error());
  const uint8_t* const counters = memory_.Bytes() + head->counters_at;
  return std::vector<uint8_t>(counters, counters + head->edges);
}

Result<EdgePlaces> EdgeTraceFile::Places() const {
  const auto head = ReadHead(memory_.Bytes());
  if (!head) return tl::make_unexpected(head.error());
  EdgePlaces places;
  for (uint64_t edge = 0; edge < head->edges; ++edge) {
    uint64_t place = 0;
    std::memcpy(&place, memory_.Bytes() + head->places_at + edge * sizeof place, sizeof place);
    places.offsets.push_back(place / 2);
    places.begins_a_function.push_back((place & 1) != 0);
  }
  return places;
}

}  // namespace percuss::campaign
