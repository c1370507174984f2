// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/peripherals.h"

#include <algorithm>
#include <cstring>

namespace percuss::rehost {

namespace {

uint32_t MaskOf(uint32_t size) { return size >= 4 ? 0xffffffffU : (1U << (size * 8)) - 1; }

uint32_t ValueOr0(const AccessModel& model) { return model.values.empty() ? 0 : model.values[0]; }

}  // namespace

Peripherals::Peripherals(const MachineImage& image)
    : spans_(image.peripherals), models_(image.models), sites_(kSites) {
  for (size_t i = 0; i < models_.size(); ++i) {
    const uint32_t size = std::min(models_[i].size, kWidestModel);
    for (uint32_t offset = 0; offset < size; ++offset) {
      by_address_.emplace(models_[i].address + offset, static_cast<int32_t>(i));
    }
    const bool kept = models_[i].kind == AccessModel::Kind::kPassthrough;
    states_.push_back(kept ? ValueOr0(models_[i]) : 0);
  }
  snapshot_ = states_;
}

void Peripherals::SetInput(const uint8_t* bytes, size_t size) {
  input_ = bytes;
  size_ = size;
  cursor_ = 0;
  last_taken_ = 0;
  load_count_ = 0;
}

bool Peripherals::Take(Core& core, uint32_t bytes, uint32_t& value) {
  if (bytes > size_ - cursor_) {
    core.stop = Core::Stop::kInput;
    return false;
  }
  value = 0;
  if (bytes > 0) {
    std::memcpy(&value, input_ + cursor_, std::min(bytes, 4U));
    cursor_ += bytes;
    last_taken_ = core.now;
  }
  return true;
}

bool Peripherals::Covers(uint32_t address) const {
  return std::any_of(spans_.begin(), spans_.end(), [address](const AddressSpan& span) {
    return address >= span.begin && address - span.begin < span.size;
  });
}

int32_t Peripherals::Search(uint32_t pc, uint32_t address) const {
  int32_t everywhere = kNoModel;
  const auto [first, last] = by_address_.equal_range(address);
  for (auto at = first; at != last; ++at) {
    const AccessModel& model = models_[static_cast<size_t>(at->second)];
    if (model.pc == pc) return at->second;
    if (model.pc == AccessModel::kEveryPlace) everywhere = at->second;
  }
  return everywhere;
}

int32_t Peripherals::ModelOf(uint32_t pc, uint32_t address) {
  if (models_.empty()) return kNoModel;
  Site& site = sites_[(pc * 0x9e3779b1U ^ address * 0x85ebca6bU) >> 22U];
  if (site.model == kUnknown || site.pc != pc || site.address != address) {
    site = {pc, address, Search(pc, address)};
  }
  return site.model;
}

bool Peripherals::Read(Core& core, uint32_t pc, uint32_t address, uint32_t size, uint32_t& value) {
  if (!ReadByModel(core, pc, address, size, value)) return false;
  loads_[load_count_++ % kMostLoads] = {pc, address, value, size};
  if (on_read_) on_read_({core.now, pc, address, size, value});
  return true;
}

std::vector<Peripherals::Load> Peripherals::LastLoads() const {
  std::vector<Load> loads;
  const size_t kept = std::min(load_count_, kMostLoads);
  for (size_t i = load_count_ - kept; i < load_count_; ++i) loads.push_back(loads_[i % kMostLoads]);
  return loads;
}

bool Peripherals::ReadByModel(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                              uint32_t& value) {
  const int32_t index = ModelOf(pc, address);
  if (index == kNoModel) return Take(core, size, value);
  const AccessModel& model = models_[static_cast<size_t>(index)];
  uint32_t& state = states_[static_cast<size_t>(index)];
  switch (model.kind) {
    case AccessModel::Kind::kUnmodeled:
      return Take(core, size, value);
    case AccessModel::Kind::kConstant:
      value = ValueOr0(model);
      break;
    case AccessModel::Kind::kPassthrough:
      value = state >> (address - model.address) % 4 * 8;
      break;
    case AccessModel::Kind::kBitextract:
      if (!Take(core, model.input_bytes, value)) return false;
      value = model.left_shift < 32 ? value << model.left_shift : 0;
      break;
    case AccessModel::Kind::kSet: {
      uint32_t choice = 0;
      if (model.values.size() > 1 && !Take(core, 1, choice)) return false;
      value = model.values.empty() ? 0 : model.values[choice % model.values.size()];
      break;
    }
    case AccessModel::Kind::kLinear:
      ++state;
      value = ValueOr0(model) + state * model.step;
      break;
  }
  value &= MaskOf(size);
  return true;
}

void Peripherals::Write(uint32_t address, uint32_t size, uint32_t value) {
  // Whatever place a model names: a store is from another one than the loads that shall see it.
  const auto [first, last] = by_address_.equal_range(address);
  for (auto at = first; at != last; ++at) {
    const AccessModel& model = models_[static_cast<size_t>(at->second)];
    if (model.kind != AccessModel::Kind::kPassthrough) continue;
    const uint32_t shift = (address - model.address) % 4 * 8;
    const uint32_t mask = MaskOf(size) << shift;
    uint32_t& state = states_[static_cast<size_t>(at->second)];
    state = (state & ~mask) | (value << shift & mask);
  }
}

}  // namespace percuss::rehost
