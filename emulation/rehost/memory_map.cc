// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/memory_map.h"

#include <algorithm>

namespace percuss::emulation {

using rehost::AddressSpan;
using rehost::Region;

void MergeSpans(std::vector<AddressSpan>& spans) {
  std::sort(spans.begin(), spans.end(), [](const AddressSpan& one, const AddressSpan& other) {
    return one.begin < other.begin;
  });
  std::vector<AddressSpan> merged;
  for (const AddressSpan& span : spans) {
    if (!merged.empty() && merged.back().begin + merged.back().size >= span.begin) {
      const uint64_t end =
          std::max(merged.back().begin + merged.back().size, span.begin + span.size);
      merged.back().size = end - merged.back().begin;
    } else {
      merged.push_back(span);
    }
  }
  spans = std::move(merged);
}

bool Overlap(const AddressSpan& one, const AddressSpan& other) {
  return one.begin < other.begin + other.size && other.begin < one.begin + one.size;
}

AddressSpan SpanOf(const Region& region) { return {region.begin, region.size}; }

void CutHole(std::vector<Region>& regions, const AddressSpan& hole) {
  std::vector<Region> left;
  const uint64_t hole_end = hole.begin + hole.size;
  for (Region& region : regions) {
    if (!Overlap(SpanOf(region), hole)) {
      left.push_back(std::move(region));
      continue;
    }
    const uint64_t end = region.begin + region.size;
    if (end > hole_end) {
      const auto cut = static_cast<size_t>(hole_end - region.begin);
      Region behind{region.name, static_cast<uint32_t>(hole_end), end - hole_end,
                    region.permissions, ""};
      if (region.bytes.size() > cut) behind.bytes = region.bytes.substr(cut);
      left.push_back(std::move(behind));
    }
    if (region.begin < hole.begin) {
      region.size = hole.begin - region.begin;
      if (region.bytes.size() > region.size) region.bytes.resize(region.size);
      left.push_back(std::move(region));
    }
  }
  std::sort(left.begin(), left.end(),
            [](const Region& one, const Region& other) { return one.begin < other.begin; });
  regions = std::move(left);
}

bool PatchBytes(std::vector<Region>& regions, uint32_t address, const std::string& bytes) {
  for (Region& region : regions) {
    if (address < region.begin || address - region.begin >= region.size) continue;
    const size_t at = address - region.begin;
    if (bytes.size() > region.size - at) return false;
    if (region.bytes.size() < at + bytes.size()) region.bytes.resize(at + bytes.size());
    region.bytes.replace(at, bytes.size(), bytes);
    return true;
  }
  return false;
}

std::optional<uint32_t> WordAt(const std::vector<Region>& regions, uint32_t address) {
  for (const Region& region : regions) {
    if (address < region.begin || address - region.begin >= region.size) continue;
    const size_t at = address - region.begin;
    if (region.bytes.size() < sizeof(uint32_t) || at > region.bytes.size() - sizeof(uint32_t)) {
      return std::nullopt;
    }
    uint32_t word = 0;
    for (size_t i = 0; i < sizeof word; ++i) {
      word |= uint32_t{static_cast<unsigned char>(region.bytes[at + i])} << (8 * i);
    }
    return word;
  }
  return std::nullopt;
}

bool IsExecutable(const std::vector<Region>& regions, uint32_t address) {
  return std::any_of(regions.begin(), regions.end(), [address](const Region& region) {
    return region.permissions.execute && address >= region.begin &&
           address - region.begin < region.size;
  });
}

}  // namespace percuss::emulation
