// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/code_view.h"

#include <algorithm>

namespace percuss::emulation {

using rehost::Region;

CodeView::CodeView(const rehost::MachineImage& image) {
  for (const Region& region : image.regions) regions_.push_back(&region);
  std::sort(regions_.begin(), regions_.end(),
            [](const Region* one, const Region* other) { return one->begin < other->begin; });
  // What begins there and is seen elsewhere too, as an STM32's flash is at 0, is code once.
  const Region* begun = RegionOf(image.entry & ~1U);
  for (const Region* region : regions_) {
    if (!region->permissions.execute || region->bytes.size() < 2) continue;
    if (begun != nullptr && region != begun && region->bytes == begun->bytes) continue;
    areas_.push_back(
        {region->begin, &region->bytes, std::vector<uint8_t>(region->bytes.size() / 2)});
  }
}

const Region* CodeView::RegionOf(uint32_t address) const {
  const auto behind =
      std::upper_bound(regions_.begin(), regions_.end(), address,
                       [](uint32_t value, const Region* region) { return value < region->begin; });
  if (behind == regions_.begin()) return nullptr;
  const Region* region = *std::prev(behind);
  return address - region->begin < region->bytes.size() ? region : nullptr;
}

const CodeView::Area* CodeView::AreaOf(uint32_t address) const {
  const auto behind =
      std::upper_bound(areas_.begin(), areas_.end(), address,
                       [](uint32_t value, const Area& area) { return value < area.begin; });
  if (behind == areas_.begin()) return nullptr;
  const Area& area = *std::prev(behind);
  return (address - area.begin) / 2 < area.marks.size() ? &area : nullptr;
}

std::optional<uint8_t> CodeView::Byte(uint32_t address) const {
  const Region* region = RegionOf(address);
  if (region == nullptr) return std::nullopt;
  return static_cast<uint8_t>(region->bytes[address - region->begin]);
}

std::optional<uint16_t> CodeView::Half(uint32_t address) const {
  const auto low = Byte(address);
  const auto high = Byte(address + 1);
  if (!low || !high) return std::nullopt;
  return static_cast<uint16_t>(*low | *high << 8U);
}

std::optional<uint32_t> CodeView::Word(uint32_t address) const {
  const auto low = Half(address);
  const auto high = Half(address + 2);
  if (!low || !high) return std::nullopt;
  return *low | uint32_t{*high} << 16U;
}

uint8_t CodeView::MarksOf(uint32_t address) const {
  const Area* area = AreaOf(address);
  return area == nullptr ? 0 : area->marks[(address - area->begin) / 2];
}

void CodeView::Put(uint32_t address, uint8_t marks) {
  const Area* area = AreaOf(address);
  if (area == nullptr) return;
  uint8_t& known =
      areas_[static_cast<size_t>(area - areas_.data())].marks[(address - area->begin) / 2];
  known = static_cast<uint8_t>(known | marks);
}

void CodeView::PutData(uint32_t address, uint64_t bytes) {
  for (uint64_t at = 0; at < bytes; at += 2) {
    const uint32_t here = address + static_cast<uint32_t>(at);
    if (!Is(here, kBegins | kInside)) Put(here, kData);
  }
}

}  // namespace percuss::emulation
