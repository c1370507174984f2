// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/stream_mutator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace percuss::rehost {

namespace {

constexpr std::array<uint32_t, 20> kInteresting = {
    0,    1,     2,     4,     8,      16,     32,     64,     0x7f,       0x80,
    0xff, 0x100, 0x3ff, 0x7ff, 0x0fff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0xffffffff};

uint32_t NumberAt(const std::string& bytes, size_t at, size_t width) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, std::min<size_t>(width, 4));
  return value;
}

void PutNumber(std::string& bytes, size_t at, size_t width, uint32_t value) {
  std::memcpy(bytes.data() + at, &value, std::min<size_t>(width, 4));
}

// Itself twice, sorted, and in turn.
size_t BytesToKeep(size_t input_bytes) { return 4 * input_bytes; }

}  // namespace

StreamMutator::StreamMutator(MachineImage image, uint64_t seed, StreamsBy by, ByteChange engine)
    : profiler_(std::move(image), by), random_(seed), engine_(std::move(engine)) {}

StreamMutator::Shared StreamMutator::ProfileOf(std::string_view input) {
  std::string key(input);
  const auto known = kept_.find(key);
  if (known != kept_.end()) return known->second;
  auto made = std::make_shared<Known>();
  made->profile = profiler_.Profile(input);
  ++profiled_;
  if (key.size() > kMostKeptBytes) return made;
  order_.push_back(key);
  kept_.emplace(key, made);
  Keep(*made, BytesToKeep(key.size()));
  return made;
}

// Room for what is known of an input, or for more of it; the oldest inputs are forgotten.
void StreamMutator::Keep(Known& known, size_t bytes) {
  known.bytes += bytes;
  kept_bytes_ += bytes;
  while (kept_bytes_ > kMostBytesOfAll && order_.size() > 1) {
    const auto oldest = kept_.find(order_.front());
    kept_bytes_ -= std::exchange(oldest->second->bytes, 0);
    kept_.erase(oldest);
    order_.pop_front();
  }
}

// Whether it is what was made last.
bool StreamMutator::Begin(std::string_view input) {
  // Engines change what was changed once more: that needs no run to be known.
  if (known_ != nullptr && input == written_) return true;
  StartFrom(ProfileOf(input));
  if (!known_->compared) {
    known_->compared = true;
    known_->substitutions = profiler_.Substitutions(input, known_->profile);
    known_->substitutions.shrink_to_fit();
    known_->untried = known_->substitutions.size();
    if (known_->bytes != 0) Keep(*known_, known_->substitutions.size() * sizeof(Substitution));
    pending_.push_back(known_);
    if (pending_.size() > kMostPending) pending_.pop_front();
  }
  return false;
}

void StreamMutator::StartFrom(const Shared& known) {
  known_ = known;
  set_ = known_->profile.streams;
  widths_ = known_->profile.widths;
}

const std::string& StreamMutator::Sort(std::string_view input, size_t most) {
  StartFrom(ProfileOf(input));
  return Finish(most);
}

const std::string& StreamMutator::Mutate(std::string_view input, size_t most) {
  const bool again = Begin(input);
  if (random_.OneIn(2) && TryPending()) return Finish(most);
  if (!again && random_.OneIn(2)) {
    ChangeFlat();
    return Finish(most);
  }
  for (size_t changes = size_t{1} << random_.Below(5); changes > 0; --changes) ChangeOnce();
  // Where it would only end at the same load again, often enough it shall go on.
  if (known_->profile.used_up && random_.OneIn(2)) Extend();
  return Finish(most);
}

const std::string& StreamMutator::Cross(std::string_view input, std::string_view other,
                                        size_t most) {
  const Shared giver = ProfileOf(other);
  (void)Begin(input);
  for (size_t splices = 1 + random_.Below(3); splices > 0; --splices) {
    Splice(giver->profile.streams);
  }
  if (random_.OneIn(2)) ChangeOnce();
  if (known_->profile.used_up && random_.OneIn(2)) Extend();
  return Finish(most);
}

void StreamMutator::ChangeOnce() {
  if (!known_->substitutions.empty() && random_.OneIn(4)) {
    Substitute();
  } else if (set_.streams.empty()) {
    Extend();
  } else {
    const size_t index = PickStream();
    ChangeBytes(set_.streams[index].bytes,
                std::max(index < widths_.size() ? widths_[index] : 1, 1U));
  }
}

// As one row of bytes, where what is inserted or gone moves all that comes behind to other
// registers: of little use late, and the fastest way to see much of a firmware early.
void StreamMutator::ChangeFlat() {
  set_.streams.clear();
  widths_.clear();
  set_.rest = known_->profile.flat;
  const size_t width = size_t{1} << random_.Below(3);
  for (size_t changes = size_t{1} << random_.Below(6); changes > 0; --changes) {
    ChangeBytes(set_.rest, width);
  }
  if (random_.OneIn(4)) set_.rest += Made(size_t{4} << random_.Below(8), set_.rest);
}

// By turns each with the same chance, and by size: short streams decide as much as long ones.
size_t StreamMutator::PickStream() {
  if (random_.OneIn(2)) return random_.Below(set_.streams.size());
  size_t bytes = 0;
  for (const Stream& stream : set_.streams) bytes += stream.bytes.size();
  if (bytes == 0) return random_.Below(set_.streams.size());
  size_t at = random_.Below(bytes);
  size_t index = 0;
  while (at >= set_.streams[index].bytes.size()) at -= set_.streams[index++].bytes.size();
  return index;
}

void StreamMutator::ChangeNumber(std::string& bytes, size_t width) {
  const size_t size = std::min<size_t>({width, 4, bytes.size()});
  const size_t at = random_.Below(bytes.size() / size) * size;
  const uint32_t value = NumberAt(bytes, at, size);
  const auto small = static_cast<uint32_t>(1 + random_.Below(16));
  switch (random_.Below(5)) {
    case 0:
      return PutNumber(bytes, at, size, value ^ 1U << random_.Below(8 * size));
    case 1:
      return PutNumber(bytes, at, size, random_.OneIn(2) ? value + small : value - small);
    case 2:
      return PutNumber(bytes, at, size, kInteresting[random_.Below(kInteresting.size())]);
    case 3:  // one bit alone, as status registers have it
      return PutNumber(bytes, at, size, 1U << random_.Below(8 * size));
    default:
      return PutNumber(bytes, at, size, static_cast<uint32_t>(random_.Next() >> 32U));
  }
}

// like: what the register said before.
std::string StreamMutator::Made(size_t bytes, std::string_view like) {
  std::string made(bytes, '\0');
  const size_t kind = random_.Below(like.empty() ? 4 : 6);
  if (kind <= 1) {
    for (char& byte : made) byte = static_cast<char>(random_.Next() >> 56U);
  } else if (kind == 2) {
    made.assign(bytes, random_.OneIn(2) ? '\xff' : '\0');
  } else if (kind == 3) {  // text
    for (char& byte : made) byte = static_cast<char>(0x20 + random_.Below(0x5f));
  } else {  // again and again the same, as polling sees it
    const size_t period = std::min(like.size(), size_t{1} << random_.Below(5));
    const size_t from = kind == 4 ? like.size() - period : random_.Below(like.size() - period + 1);
    for (size_t i = 0; i < bytes; ++i) made[i] = like[from + i % period];
  }
  return made;
}

void StreamMutator::ChangeBytes(std::string& bytes, size_t width) {
  if (bytes.empty()) {
    bytes = Made(width * (size_t{1} << random_.Below(6)), "");
    return;
  }
  const size_t count = (bytes.size() + width - 1) / width;
  const size_t at = random_.Below(count) * width;
  const size_t most = std::min<size_t>(bytes.size() - at, width << random_.Below(7));
  const size_t length = std::max<size_t>(1 + random_.Below(most), std::min(width, most));
  const size_t whole = std::max(length / width * width, std::min(width, bytes.size() - at));
  switch (random_.Below(10)) {
    case 0:
    case 1:
    case 2:
      return ChangeNumber(bytes, random_.OneIn(4) ? size_t{1} << random_.Below(3) : width);
    case 3:
      bytes.replace(at, whole, Made(whole, bytes));
      return;
    case 4:
      bytes.erase(at, whole);
      return;
    case 5:
      bytes.insert(at, Made(whole, bytes));
      return;
    case 6:
      bytes.insert(at, bytes.substr(random_.Below(count) * width, whole));
      return;
    case 7: {
      const std::string from = bytes.substr(random_.Below(count) * width, whole);
      bytes.replace(at, from.size(), from);
      return;
    }
    case 8:
      if (random_.OneIn(4)) bytes.resize(at + width);
      return ChangeNumber(bytes, width);
    default: {
      if (!engine_) return ChangeNumber(bytes, width);
      const size_t before = bytes.size();
      bytes.resize(before + 64);
      bytes.resize(std::min(engine_(reinterpret_cast<uint8_t*>(bytes.data()), before, bytes.size()),
                            before + 64));
      return;
    }
  }
}

Stream& StreamMutator::StreamAt(const StreamKey& key) {
  auto at = std::lower_bound(
      set_.streams.begin(), set_.streams.end(), key,
      [](const Stream& stream, const StreamKey& wanted) { return stream.key < wanted; });
  if (at == set_.streams.end() || at->key != key) {
    widths_.insert(widths_.begin() + (at - set_.streams.begin()), 1);
    at = set_.streams.insert(at, {key, ""});
  }
  return *at;
}

// The stream that ended the run, most often by a little, and the rest, from which all that runs dry
// takes: what goes on for long is slow.
void StreamMutator::Extend() {
  const size_t width = std::max<uint32_t>(known_->profile.starved_bytes, 1);
  if (known_->profile.starved_bytes != 0 && set_.streams.size() < kMostStreams) {
    Stream& stream = StreamAt(known_->profile.starved);
    stream.bytes += Made(width << random_.Below(random_.OneIn(4) ? 9 : 4), stream.bytes);
  }
  if (random_.OneIn(2)) set_.rest += Made(size_t{4} << random_.Below(random_.OneIn(8) ? 9 : 5), "");
}

void StreamMutator::Substitute() {
  const auto& all = known_->substitutions;
  // The last of all is the one that sent the run where it ended; and any.
  const size_t back = random_.OneIn(2) ? random_.Below(std::min<size_t>(all.size(), 16))
                                       : random_.Below(all.size());
  Put(all[all.size() - 1 - back]);
}

void StreamMutator::Put(const Substitution& one) {
  for (Stream& stream : set_.streams) {
    if (stream.key != one.key || stream.bytes.size() < one.at + one.bytes) continue;
    PutNumber(stream.bytes, one.at, one.bytes, one.value);
  }
}

// Of whatever input has come by something new to compare, not only of the one that the engine has
// chosen: its turn may be far off.
bool StreamMutator::TryPending() {
  while (!pending_.empty()) {
    const Shared before = known_;
    StartFrom(pending_.back());
    if (TryNext()) return true;
    pending_.pop_back();
    StartFrom(before);
  }
  return false;
}

// Each substitution alone, the latest first, but what a comparison wants of a register no more
// often than that, whichever inputs come by: the first that come by a comparison are soon through
// it.
bool StreamMutator::TryNext() {
  constexpr uint32_t kMostTries = 256;
  constexpr size_t kMostKinds = 1 << 16;
  while (known_->untried > 0) {
    const Substitution& one = known_->substitutions[--known_->untried];
    if (tried_.size() >= kMostKinds) tried_.clear();
    if (tried_[uint64_t{one.site} << 32U | one.key.address]++ >= kMostTries) continue;
    Put(one);
    return true;
  }
  return false;
}

void StreamMutator::Splice(const StreamSet& other) {
  if (other.streams.empty()) return;
  const Stream& from = other.streams[random_.Below(other.streams.size())];
  if (set_.streams.size() >= kMostStreams) return;
  std::string& to = StreamAt(from.key).bytes;
  if (to.empty() || from.bytes.empty() || random_.OneIn(3)) {
    to = from.bytes;
    return;
  }
  const size_t at = random_.Below(to.size() + 1);
  const size_t begin =
      random_.OneIn(2) ? std::min(at, from.bytes.size()) : random_.Below(from.bytes.size());
  if (random_.OneIn(2)) {
    to.resize(at);
    to += from.bytes.substr(begin);
  } else {
    to.insert(at, from.bytes.substr(begin, size_t{1} << random_.Below(8)));
  }
}

// What is too much is taken from the rest first, then from the longest stream.
const std::string& StreamMutator::Finish(size_t most) {
  size_t bytes = WrittenBytes(set_);
  const auto shorten = [&bytes, most](std::string& of) {
    const size_t over = std::min(bytes - most, of.size());
    of.resize(of.size() - over);
    bytes -= over;
  };
  if (bytes > most) shorten(set_.rest);
  while (bytes > most && !set_.streams.empty()) {
    const auto longest = std::max_element(
        set_.streams.begin(), set_.streams.end(),
        [](const Stream& a, const Stream& b) { return a.bytes.size() < b.bytes.size(); });
    if (longest->bytes.empty()) {
      set_.streams.pop_back();
    } else {
      shorten(longest->bytes);
    }
    bytes = WrittenBytes(set_);
  }
  written_ = WriteStreams(set_);
  // Less than the head of streams: no engine asks for so little but to see what comes.
  if (written_.size() > most) written_.clear();
  return written_;
}

}  // namespace percuss::rehost
