// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/mpu.h"

#include <algorithm>

namespace percuss::rehost {

namespace {

constexpr uint32_t kBaseBits = ~0x1fU;
constexpr uint32_t kAttributeBits = 0x173fff3f;
constexpr uint32_t kNeverExecute = 1U << 28U;

bool DefaultAllows(uint32_t address, Access access) {
  if (access != Access::kExecute) return true;
  const uint32_t half_gigabyte = address >> 29U;
  return half_gigabyte != 2 && half_gigabyte < 5;
}

bool IsPrivatePeripheralBus(uint32_t address) { return address >> 20U == 0xe00; }

// AP, table B3-15. What may be read may be executed, but for XN.
bool PermissionAllows(uint32_t permission, Access access, bool privileged) {
  const bool writes = access == Access::kWrite;
  switch (permission) {
    case 1:
      return privileged;
    case 2:
      return privileged || !writes;
    case 3:
      return true;
    case 5:
      return privileged && !writes;
    case 6:
    case 7:
      return !writes;
    default:
      return false;
  }
}

}  // namespace

uint32_t Mpu::Region::LastOffset() const {
  const uint32_t exponent = (attributes >> 1U & 31U) + 1;
  return exponent >= 32 ? ~0U : (1U << exponent) - 1;
}

// Sizes below 32 bytes do not exist; as QEMU, those of at least 4 are taken as they are.
bool Mpu::Region::IsValid() const {
  return IsEnabled() && LastOffset() > 1 && (base & LastOffset()) == 0;
}

bool Mpu::Region::Covers(uint32_t address) const {
  if (!IsValid() || address < base || address - base > LastOffset()) return false;
  const uint32_t last = LastOffset();
  if (last < 255) return true;
  const uint32_t subregion = (address - base) / (last / 8 + 1);
  return (attributes >> (8 + subregion) & 1U) == 0;
}

bool Mpu::Region::Permits(uint32_t address, Access access, bool privileged) const {
  if (access == Access::kExecute && ((attributes & kNeverExecute) != 0 || address >> 29U == 7)) {
    return false;
  }
  return PermissionAllows(attributes >> 24U & 7U, access, privileged);
}

bool Mpu::IsOff(Who who) const {
  return !IsEnabled() || (who.negative_priority && (control_ & kInFaultHandlers) == 0);
}

bool Mpu::Allows(uint32_t address, Access access, Who who) const {
  if (IsOff(who) || IsPrivatePeripheralBus(address)) return DefaultAllows(address, access);
  for (uint32_t i = kRegions; i-- > 0;) {
    if (region_[i].Covers(address)) return region_[i].Permits(address, access, who.privileged);
  }
  const bool has_default = who.privileged && (control_ & kDefaultForPrivileged) != 0;
  return has_default && DefaultAllows(address, access);
}

Mpu::Answer Mpu::AllowsAll(uint32_t address, uint32_t size, Access access, Who who) const {
  Answer answer{true, Allows(address, access, who)};
  if (IsOff(who) || IsPrivatePeripheralBus(address)) return answer;
  uint32_t step = size;
  const uint64_t last_address = uint64_t{address} + size - 1;
  for (const Region& region : region_) {
    const uint32_t last = region.LastOffset();
    const bool overlaps = region.base <= last_address && address <= uint64_t{region.base} + last;
    if (region.IsValid() && overlaps) step = std::min(step, last < 255 ? last + 1 : last / 8 + 1);
  }
  for (uint32_t offset = step; offset < size; offset += step) {
    if (Allows(address + offset, access, who) != answer.allowed) return {false, false};
  }
  return answer;
}

uint32_t Mpu::Read(uint32_t offset) const {
  switch (offset) {
    case 0xd90:
      return regions_ << 8U;
    case 0xd94:
      return control_;
    case 0xd98:
      return number_;
    case 0xd9c:
    case 0xda4:
    case 0xdac:
    case 0xdb4:
      return regions_ == 0 ? 0 : region_[number_].base | number_;
    case 0xda0:
    case 0xda8:
    case 0xdb0:
    case 0xdb8:
      return region_[number_].attributes;
    default:
      return 0;
  }
}

void Mpu::Write(uint32_t offset, uint32_t value) {
  if (regions_ == 0) return;
  switch (offset) {
    case 0xd94:
      control_ = value & (kEnable | kInFaultHandlers | kDefaultForPrivileged);
      break;
    case 0xd98:
      if (value < regions_) number_ = value;
      break;
    case 0xd9c:
    case 0xda4:
    case 0xdac:
    case 0xdb4:
      if ((value & 0x10U) != 0) {  // VALID: the region is named here
        if ((value & 0xfU) >= regions_) return;
        number_ = value & 0xfU;
      }
      region_[number_].base = value & kBaseBits;
      break;
    case 0xda0:
    case 0xda8:
    case 0xdb0:
    case 0xdb8:
      region_[number_].attributes = value & kAttributeBits;
      break;
    default:
      break;
  }
}

}  // namespace percuss::rehost
