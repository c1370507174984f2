// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/stream_profile.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

namespace percuss::rehost {

namespace {

uint64_t NumberOf(const StreamKey& key) { return uint64_t{key.address} << 32U | key.pc; }

uint32_t MaskOf(uint32_t bytes) { return bytes >= 4 ? 0xffffffffU : (1U << (bytes * 8)) - 1; }

uint32_t Reversed(uint32_t value, uint32_t bytes) {
  uint32_t reversed = 0;
  for (uint32_t i = 0; i < bytes; ++i) reversed = reversed << 8U | (value >> (8 * i) & 0xffU);
  return reversed;
}

DecoderOptions OptionsOf(const MachineImage& image) {
  return {image.architecture, image.floating_point};
}

}  // namespace

StreamProfiler::Traced::Traced(MachineImage image)
    : machine(std::move(image)), compares(machine.memory(), OptionsOf(machine.image())) {
  (void)machine.Boot();
  machine.peripherals().Input().Note(true);
}

StreamProfiler::StreamProfiler(MachineImage image, StreamsBy by)
    : by_(by), machine_(std::move(image)) {
  (void)machine_.Boot();
  machine_.peripherals().Input().Note(true);
}

StreamProfile StreamProfiler::Profile(std::string_view input) {
  StreamProfile profile;
  const auto outcome = machine_.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  const InputStreams& streams = machine_.peripherals().Input();
  profile.used_up = outcome.end == End::kInputUsed;
  profile.starved = KeyOf(streams.Starved());
  profile.starved_bytes = streams.StarvedBytes();
  profile.last_taken = machine_.peripherals().LastTaken();
  Sort(input, profile);
  return profile;
}

std::vector<Substitution> StreamProfiler::Substitutions(std::string_view input,
                                                        const StreamProfile& profile) {
  if (!traced_) {
    traced_ = std::make_unique<Traced>(machine_.image());
    traced_->machine.peripherals().OnRead([this](const auto& answer) { NoteRead(answer); });
    traced_->machine.TraceBlocks([this](uint32_t pc) { NoteBlock(pc); });
  }
  input_ = input;
  noted_ = 0;
  sizes_.clear();
  load_count_ = 0;
  for (Alike& alike : alike_) alike.seen.clear();
  pushed_.clear();
  sites_.clear();
  sums_.clear();
  recent_.clear();
  compare_count_ = 0;
  blocks_since_ = 0;
  block_ = 0;
  found_.clear();
  found_count_ = 0;
  traced_->machine.Begin(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  (void)traced_->machine.ContinueUntil(profile.last_taken + kMostTime);
  if (found_count_ > kMostSubstitutions) {
    const auto oldest = static_cast<std::ptrdiff_t>(found_count_ % kMostSubstitutions);
    std::rotate(found_.begin(), found_.begin() + oldest, found_.end());
  }
  return found_;
}

// A stream for each register, of what it took in turn.
void StreamProfiler::Sort(std::string_view input, StreamProfile& profile) {
  struct Sorted {
    std::string bytes;
    uint32_t width = 1;
  };
  std::map<StreamKey, Sorted> sorted;
  for (const InputStreams::Taken& taken : machine_.peripherals().Input().Noted()) {
    const auto key = KeyOf(taken.context);
    auto known = sorted.find(key);
    if (known == sorted.end() && sorted.size() < kMostStreams) {
      known = sorted.emplace(key, Sorted()).first;
    }
    const std::string_view bytes = input.substr(taken.at, taken.bytes);
    profile.flat += bytes;
    if (known == sorted.end()) {
      profile.streams.rest += bytes;
    } else {
      known->second.bytes += bytes;
      known->second.width = std::max(known->second.width, taken.bytes);
    }
  }
  for (auto& [key, stream] : sorted) {
    profile.streams.streams.push_back({key, std::move(stream.bytes)});
    profile.widths.push_back(stream.width);
  }
}

void StreamProfiler::NoteRead(const Peripherals::Answer& answer) {
  const auto& noted = traced_->machine.peripherals().Input().Noted();
  for (; noted_ < noted.size(); ++noted_) {
    const auto& taken = noted[noted_];
    const StreamKey key = KeyOf(taken.context);
    size_t& size = sizes_[NumberOf(key)];
    const size_t at = std::exchange(size, size + taken.bytes);
    // What chooses interrupts is no load.
    if (taken.context.address != answer.address) continue;
    uint32_t raw = 0;
    std::memcpy(&raw, input_.data() + taken.at, std::min(taken.bytes, 4U));
    uint32_t shift = 0;
    while (shift < 32 && raw << shift != answer.value) ++shift;
    blocks_since_ = 0;
    if (shift >= 32) continue;
    const Seen seen = {key, at, taken.bytes, answer.value, shift};
    loads_[load_count_++ % kLoads] = seen;
    alike_[answer.value & 0xffU].Add(seen);
    NoteRecent(seen);
  }
}

void StreamProfiler::NoteBlock(uint32_t pc) {
  const uint32_t before = std::exchange(block_, pc);
  if (load_count_ == 0 || ++blocks_since_ > kMostBlocks) return;
  if (before == 0 || compare_count_ >= kMostCompares) return;
  const auto& compares = traced_->compares.Of(before);
  if (compares.empty() || ++sites_[before] > kMostOfSite) return;
  site_ = before;
  for (const BlockCompare& compare : compares) Compare(compare);
}

void StreamProfiler::Compare(const BlockCompare& compare) {
  ++compare_count_;
  const Core& core = traced_->machine.core();
  const uint32_t one = core.r[compare.rn & 15U];
  const uint32_t other = compare.immediate ? compare.imm : core.r[compare.rm & 15U];
  if (compare.kind == BlockCompare::Kind::kBits) {
    Match(one, (one & other) != 0 ? one & ~other : one | other);
    return;
  }
  Match(one, other);
  if (!compare.immediate) Match(other, one);
}

void StreamProfiler::Alike::Add(const Seen& added) {
  const auto same = [&added](const Seen& one) { return one.key == added.key; };
  const auto count = std::count_if(seen.begin(), seen.end(), same);
  if (count >= static_cast<std::ptrdiff_t>(kMostOfOne)) {
    seen.erase(std::find_if(seen.begin(), seen.end(), same));
  } else if (seen.size() >= kMost) {
    seen.erase(seen.begin());
  }
  seen.push_back(added);
}

// Where a value that was compared is from: each load that may have had it.
void StreamProfiler::Match(uint32_t had, uint32_t wanted) {
  bool matched = false;
  const std::vector<Seen>& alike = alike_[had & 0xffU].seen;
  for (auto seen = alike.rbegin(); seen != alike.rend(); ++seen) {
    uint32_t mask = 0xffffffff;
    while (mask != 0 && (seen->value & mask) != had) {
      mask = mask == 0xffffffff ? 0xffffU : mask >> 8U;
    }
    if (mask == 0) continue;
    matched = true;
    for (const uint32_t near : {wanted, wanted + 1, wanted - 1}) {
      Propose(*seen, (seen->value & ~mask) | (near & mask));
    }
  }
  MatchLatest(had, wanted);
  if (had > 0xffU) MatchJoined(had, wanted);
  if (!matched && ++sums_[site_] <= kMostSums) MatchSums(had, wanted);
}

void StreamProfiler::NoteRecent(const Seen& seen) {
  auto known = std::find_if(recent_.begin(), recent_.end(),
                            [&seen](const Recent& one) { return one.key == seen.key; });
  if (known == recent_.end()) {
    if (recent_.size() >= Recent::kRegisters) recent_.pop_back();
    known = recent_.insert(recent_.end(), Recent{seen.key});
  }
  std::rotate(recent_.begin(), known, known + 1);
  Recent& latest = recent_.front();
  latest.seen[latest.count++ % latest.seen.size()] = seen;
}

// What no load has said may be a sum of bytes, or of some of their bits: a length behind an
// address, say. Any of them can then make up for what is too much.
void StreamProfiler::MatchSums(uint32_t had, uint32_t wanted) {
  const uint32_t missing = wanted - had;
  for (const Recent& recent : recent_) {
    for (size_t i = 1; i <= std::min(recent.count, recent.seen.size()); ++i) {
      const Seen& seen = recent.seen[(recent.count - i) % recent.seen.size()];
      for (const uint32_t more : {missing, missing << 4U, (missing & 0xffU) >> 4U}) {
        Propose(seen, (seen.value & ~0xffU) | ((seen.value + more) & 0xffU));
      }
    }
  }
}

// A sum of the latest value, such as c - '0', or a field.
void StreamProfiler::MatchLatest(uint32_t had, uint32_t wanted) {
  if (load_count_ == 0) return;
  const Seen& seen = loads_[(load_count_ - 1) % kLoads];
  const uint32_t value = seen.value;
  if (value == 0 || value == had || (value & 0xffffU) == had || (value & 0xffU) == had) return;
  Propose(seen, value + (wanted - had));
  for (uint32_t shift = 1; shift < 32 && value >> shift >= had && had != 0; ++shift) {
    if (value >> shift == had) Propose(seen, wanted << shift);
  }
}

// A value that was put together from loads of one byte each.
void StreamProfiler::MatchJoined(uint32_t had, uint32_t wanted) {
  const size_t kept = std::min(load_count_, kLoads);
  if (kept == 0) return;
  const StreamKey key = loads_[(load_count_ - 1) % kLoads].key;
  uint32_t little = 0;
  uint32_t count = 0;
  for (size_t i = 1; i <= kept && count < 4; ++i) {
    const Seen& seen = loads_[(load_count_ - i) % kLoads];
    if (seen.key != key || seen.bytes != 1) continue;
    little = little << 8U | (seen.value & 0xffU);
    ++count;
    if (count != 2 && count != 4) continue;
    const uint32_t mask = MaskOf(count);
    if (little == (had & mask)) Push({key, seen.at, count, wanted & mask});
    if (Reversed(little, count) == (had & mask)) {
      Push({key, seen.at, count, Reversed(wanted, count)});
    }
  }
}

// value: what the load should have been; a model may have shifted what it took.
void StreamProfiler::Propose(const Seen& seen, uint32_t value) {
  Push({seen.key, seen.at, std::min(seen.bytes, 4U), value >> seen.shift & MaskOf(seen.bytes)});
}

void StreamProfiler::Push(Substitution substitution) {
  // Loops ask the same again and again.
  const uint64_t place = NumberOf(substitution.key) * 0x9e3779b97f4a7c15ULL + substitution.at;
  const uint64_t what = uint64_t{substitution.value} << 3U | substitution.bytes;
  if (!pushed_.insert((place ^ place >> 29U) * 0xbf58476d1ce4e5b9ULL ^ what).second) return;
  substitution.site = site_;
  if (found_.size() < kMostSubstitutions) {
    found_.push_back(substitution);
  } else {
    found_[found_count_ % kMostSubstitutions] = substitution;
  }
  ++found_count_;
}

}  // namespace percuss::rehost
