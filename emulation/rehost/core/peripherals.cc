// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/peripherals.h"

#include <algorithm>
#include <cstring>

namespace percuss::rehost {

namespace {

uint32_t ValueOr0(const AccessModel& model) { return model.values.empty() ? 0 : model.values[0]; }

}  // namespace

Peripherals::Peripherals(const MachineImage& image)
    : lines_(image), spans_(image.peripherals), models_(image.models), sites_(kSites) {
  for (size_t i = 0; i < models_.size(); ++i) {
    const uint32_t size = std::min(models_[i].size, kWidestModel);
    const bool kept = models_[i].kind == AccessModel::Kind::kPassthrough;
    for (uint32_t offset = 0; offset < size; ++offset) {
      by_address_.emplace(models_[i].address + offset, static_cast<int32_t>(i));
      if (kept) kept_.set(HashOf(0, models_[i].address + offset));
    }
  }
  heeds_stores_ = !lines_.Empty() || kept_.any();
  PowerOn();
}

void Peripherals::PowerOn() {
  states_.clear();
  for (const AccessModel& model : models_) {
    const bool kept = model.kind == AccessModel::Kind::kPassthrough;
    states_.push_back(kept ? ValueOr0(model) : 0);
  }
  snapshot_ = states_;
}

void Peripherals::SetInput(const uint8_t* bytes, size_t size) {
  const InputLines::Others others = lines_.SetInput({bytes, size});
  input_.Set(others.data(), others.size());
  input_bytes_ = others.empty() ? size : input_.Bytes();
  last_taken_ = 0;
  load_count_ = 0;
}

bool Peripherals::Take(Core& core, const StreamKey& context, uint32_t bytes, uint32_t& value) {
  value = 0;
  if (bytes == 0) return true;
  const uint8_t* from = input_.Take(context, bytes);
  if (from == nullptr) {
    core.stop = Core::Stop::kInput;
    return false;
  }
  if (input_.HasWord(from)) {
    std::memcpy(&value, from, sizeof(value));
    value &= MaskOf(bytes);
  } else {
    std::memcpy(&value, from, std::min<size_t>(bytes, sizeof(value)));
  }
  last_taken_ = core.now;
  return true;
}

bool Peripherals::Covers(uint32_t address) const {
  return std::any_of(spans_.begin(), spans_.end(), [address](const AddressSpan& span) {
    return address >= span.begin && address - span.begin < span.size;
  });
}

bool Peripherals::CoversAll(uint32_t address, uint32_t size) const {
  return std::any_of(spans_.begin(), spans_.end(), [address, size](const AddressSpan& span) {
    return address >= span.begin && uint64_t{address - span.begin} + size <= span.size;
  });
}

int32_t Peripherals::Search(uint32_t pc, uint32_t address) const {
  // Lines are numbered on behind models.
  const int32_t line = lines_.RegisterAt(address);
  if (line != InputLines::kNone) return static_cast<int32_t>(models_.size()) + line;
  int32_t everywhere = kFromInput;
  const auto [first, last] = by_address_.equal_range(address);
  for (auto at = first; at != last; ++at) {
    const AccessModel& model = models_[static_cast<size_t>(at->second)];
    if (model.pc == pc) return at->second;
    if (model.pc == AccessModel::kEveryPlace) everywhere = at->second;
  }
  return everywhere;
}

Peripherals::Site Peripherals::SiteOf(uint32_t pc, uint32_t address) const {
  Site site{pc, address, Search(pc, address)};
  if (site.model == kFromInput || static_cast<size_t>(site.model) >= models_.size()) return site;
  const AccessModel& model = models_[static_cast<size_t>(site.model)];
  const bool extracts = model.kind == AccessModel::Kind::kBitextract && model.input_bytes > 0 &&
                        model.input_bytes <= 4 && model.left_shift < 32;
  if (extracts) {
    site.input_bytes = static_cast<uint8_t>(model.input_bytes);
    site.left_shift = static_cast<uint8_t>(model.left_shift);
  }
  if (extracts || model.kind == AccessModel::Kind::kUnmodeled) site.model = kFromInput;
  return site;
}

bool Peripherals::Read(Core& core, uint32_t pc, uint32_t address, uint32_t size, uint32_t& value) {
  const StreamKey context{address, pc};
  uint32_t read = 0;
  Site& site = sites_[HashOf(pc, address)];
  if (site.pc != pc || site.address != address || site.model == kUnknown) {
    site = SiteOf(pc, address);
  }
  if (site.model == kFromInput) {
    const uint32_t bytes = site.input_bytes != 0 ? site.input_bytes : size;
    if (!Take(core, context, bytes, read)) return false;
    read <<= site.left_shift;
  } else if (!ReadByModel(core, static_cast<size_t>(site.model), context, read)) {
    return false;
  }
  value = read & MaskOf(size);
  NoteRead(core, {core.now, pc, address, size, value});
  return true;
}

std::vector<Peripherals::Answer> Peripherals::LastLoads() const {
  std::vector<Answer> loads;
  const size_t kept = std::min(load_count_, kMostLoads);
  for (size_t i = load_count_ - kept; i < load_count_; ++i) loads.push_back(loads_[i % kMostLoads]);
  return loads;
}

bool Peripherals::ReadByModel(Core& core, size_t index, const StreamKey& context, uint32_t& value) {
  if (index >= models_.size()) {
    const auto number = static_cast<int32_t>(index - models_.size());
    return lines_.Read(core, number, context.address, value);
  }
  const AccessModel& model = models_[index];
  uint32_t& state = states_[index];
  switch (model.kind) {
    case AccessModel::Kind::kUnmodeled:  // is a site's kFromInput
      break;
    case AccessModel::Kind::kConstant:
      value = ValueOr0(model);
      break;
    case AccessModel::Kind::kPassthrough:
      value = state >> (context.address - model.address) % 4 * 8;
      break;
    case AccessModel::Kind::kBitextract:
      if (!Take(core, context, model.input_bytes, value)) return false;
      value = model.left_shift < 32 ? value << model.left_shift : 0;
      break;
    case AccessModel::Kind::kSet: {
      uint32_t choice = 0;
      if (model.values.size() > 1 && !Take(core, context, 1, choice)) return false;
      value = model.values.empty() ? 0 : model.values[choice % model.values.size()];
      break;
    }
    case AccessModel::Kind::kLinear:
      ++state;
      value = ValueOr0(model) + state * model.step;
      break;
  }
  return true;
}

void Peripherals::HeedStore(Core& core, uint32_t address, uint32_t size, uint32_t value,
                            uint32_t changes) {
  if (on_write_) on_write_(address, size, value);
  if (!lines_.Empty()) lines_.Write(core, address, size, value, changes);
  if (!kept_.test(HashOf(0, address))) return;
  // Whatever place a model names: a store is from another one than the loads that shall see it.
  const auto [first, last] = by_address_.equal_range(address);
  for (auto at = first; at != last; ++at) {
    const AccessModel& model = models_[static_cast<size_t>(at->second)];
    if (model.kind != AccessModel::Kind::kPassthrough) continue;
    const uint32_t shift = (address - model.address) % 4 * 8;
    const uint32_t mask = (MaskOf(size) & changes) << shift;
    uint32_t& state = states_[static_cast<size_t>(at->second)];
    state = (state & ~mask) | (value << shift & mask);
  }
}

}  // namespace percuss::rehost
