// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/minimiser.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "campaign/mutate/length_fields.h"
#include "common/clock.h"

namespace percuss::campaign {

namespace {

// Bytes that a person reads most easily, the simplest first.
constexpr std::string_view kSimpleBytes("\0000", 2);
// Simplifying tries each byte: no use on inputs that are still large.
constexpr size_t kSimplifyLimitBytes = 1024;
constexpr size_t kMostInOneProcess = 256;
constexpr size_t kMostBytesInOneProcess = size_t{1} << 20;

constexpr size_t kMostRangesTold = 100;

struct Candidate {
  std::string bytes;
  size_t erased_at = 0;
  size_t erased = 0;
  // Further bytes, behind those.
  size_t also_at = 0;
  size_t also = 0;
};

// An input, and the numbers in it that seem to count other bytes of it.
class Subject {
 public:
  explicit Subject(const std::string& bytes) : bytes_(bytes) {}
  [[nodiscard]] const std::string& Bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<LengthField>& Lengths() const {
    constexpr size_t kMostLengths = 64;
    if (!lengths_) {
      lengths_ = FindLengthFields(
          std::span(reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()), kMostLengths);
    }
    return *lengths_;
  }

 private:
  const std::string& bytes_;
  mutable std::optional<std::vector<LengthField>> lengths_;  // looked for when asked for
};

// What may be tried with the bytes [begin, end), added to the candidates.
using Edit = void (*)(const Subject& subject, size_t begin, size_t end,
                      std::vector<Candidate>& candidates);

// Shorter beginnings of all of it, the shortest first: what is read last is mostly needless.
void CutOff(const Subject& subject, size_t begin, size_t end, std::vector<Candidate>& candidates) {
  const std::string& bytes = subject.Bytes();
  if (end - begin < bytes.size()) return;
  constexpr size_t kMostCuts = 128;
  const size_t step = std::max<size_t>(1, bytes.size() / kMostCuts);
  for (size_t length = step; length < bytes.size(); length += step) {
    candidates.push_back({bytes.substr(0, length), length, bytes.size() - length});
  }
}

// Makes the numbers less that count what was erased. Of several readings of the same bytes one
// counts: the likeliest, or another that is named.
void PutLengthsInLine(const Candidate& erased, const std::vector<const LengthField*>& lengths,
                      size_t first, std::vector<Candidate>& candidates) {
  Candidate candidate = erased;
  const std::span bytes(reinterpret_cast<uint8_t*>(candidate.bytes.data()), candidate.bytes.size());
  std::vector<bool> written(bytes.size());
  for (size_t i = 0; i < lengths.size(); ++i) {
    const LengthField& field = *lengths[i == 0 ? first : i <= first ? i - 1 : i];
    const auto at = written.begin() + static_cast<ptrdiff_t>(field.at);
    const auto behind = at + static_cast<ptrdiff_t>(field.width);
    if (std::find(at, behind, true) != behind) continue;
    std::fill(at, behind, true);
    const uint32_t length = ReadNumber(bytes, field.at, field.width, field.big_endian);
    WriteNumber(bytes, field, length - static_cast<uint32_t>(erased.erased));
  }
  if (candidate.bytes != candidates.back().bytes) candidates.push_back(std::move(candidate));
}

// Also with the numbers less that seem to count the bytes: what is out of line with them is mostly
// refused as it is.
void Delete(const Subject& subject, size_t begin, size_t end, std::vector<Candidate>& candidates) {
  constexpr size_t kMostReadings = 4;
  Candidate candidate{subject.Bytes(), begin, end - begin};
  candidate.bytes.erase(begin, end - begin);
  std::vector<const LengthField*> around;
  for (const LengthField& field : subject.Lengths()) {
    if (field.begin <= begin && end <= field.end) around.push_back(&field);
  }
  candidates.push_back(candidate);
  for (size_t i = 0; i < std::min(around.size(), kMostReadings); ++i) {
    PutLengthsInLine(candidate, around, i, candidates);
  }
}

// Bytes that are simpler already stay.
void Fill(const Subject& subject, size_t begin, size_t end, std::vector<Candidate>& candidates) {
  const std::string& bytes = subject.Bytes();
  if (bytes.size() > kSimplifyLimitBytes) return;
  for (size_t simple = 0; simple < kSimpleBytes.size(); ++simple) {
    Candidate candidate{bytes};
    for (size_t i = begin; i < end; ++i) {
      if (kSimpleBytes.find(bytes[i]) > simple) candidate.bytes[i] = kSimpleBytes[simple];
    }
    if (candidate.bytes != bytes) candidates.push_back(std::move(candidate));
  }
}

// In this order, on blocks down to a share of the input: simpler bytes are for whoever reads it,
// and need not be all.
struct Kind {
  Edit apply;
  size_t most_blocks;
};
constexpr Kind kEdits[] = {{CutOff, 1}, {Delete, std::numeric_limits<size_t>::max()}, {Fill, 32}};

class Minimisation {
 public:
  Minimisation(const MinimiseRuns& runs, const MinimiseBudget& budget,
               const std::stop_token& cancel)
      : runs_(runs),
        budget_(budget),
        cancel_(cancel),
        deadline_ns_(common::SystemClock().MonotonicNs() + budget.wall_s * 1'000'000'000) {}

  [[nodiscard]] Minimised Run(const std::string& input) {
    result_.bytes = input;
    known_.insert(Hash(input));
    origins_.resize(input.size());
    std::iota(origins_.begin(), origins_.end(), size_t{0});
    if (runs_.parts && runs_.many) DropParts();
    int64_t before = -1;
    while (before != result_.how.steps && !Stopped()) {
      before = result_.how.steps;
      Sweep();
    }
    if (result_.how.stop_reason.empty()) result_.how.stop_reason = "minimal";
    Confirm(input);
    Describe(input);
    return result_;
  }

 private:
  bool Stopped() {
    if (!result_.how.stop_reason.empty()) return true;
    if (cancel_.stop_requested()) {
      result_.how.stop_reason = "cancelled";
    } else if (result_.how.runs >= budget_.max_runs ||
               common::SystemClock().MonotonicNs() >= deadline_ns_) {
      result_.how.stop_reason = "budget";
    }
    return !result_.how.stop_reason.empty();
  }

  // Whole parts of messages, with what counts them: bytes that no block of bytes spans, or that
  // nothing guesses.
  void DropParts() {
    bool accepted = true;
    while (accepted && !Stopped()) {
      std::vector<Candidate> candidates;
      for (ReducedInput& reduced : runs_.parts(result_.bytes)) {
        candidates.push_back(
            {std::move(reduced.bytes), reduced.at, reduced.size, reduced.also_at, reduced.also});
      }
      accepted = AcceptFirst(candidates).has_value();
    }
  }

  // The next block to edit: from the end, as what comes first mostly decides how the rest is read;
  // then by blocks of half the size; then by the next edit.
  struct Place {
    size_t edit = 0;
    size_t block = 0;
    size_t end = 0;
  };

  // All edits on all blocks: as many as one process takes at a time, and on from what is accepted.
  void Sweep() {
    const size_t size = result_.bytes.size();
    Place place{runs_.many ? 0U : 1U, size, size};  // cuts are mostly too bold
    while (place.edit < std::size(kEdits) && !Stopped()) {
      const Subject subject(result_.bytes);
      std::vector<Candidate> candidates;
      std::vector<Place> next;
      size_t bytes = 0;
      while (place.edit < std::size(kEdits) && candidates.size() < kMostInOneProcess &&
             bytes < kMostBytesInOneProcess) {
        const size_t begin = place.end - std::min(place.end, place.block);
        kEdits[place.edit].apply(subject, begin, place.end, candidates);
        place.end = begin;
        next.resize(candidates.size(), place);
        bytes += result_.bytes.size();
        place = Passed(place);
      }
      const auto accepted = AcceptFirst(candidates);
      if (accepted) place = Passed(next[*accepted]);
    }
  }

  // Of a place at the beginning, the one to go on from.
  [[nodiscard]] Place Passed(Place place) const {
    if (place.end > 0) return place;
    place.end = result_.bytes.size();
    place.block /= 2;
    const size_t finest = place.end / kEdits[place.edit].most_blocks;
    if (place.block >= std::max<size_t>(1, finest)) return place;
    return {place.edit + 1, place.end, place.end};
  }

  // The first of the candidates that shows the bug becomes the input.
  std::optional<size_t> AcceptFirst(std::vector<Candidate>& candidates) {
    std::vector<size_t> left;
    std::vector<std::string> bytes;
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (!known_.insert(Hash(candidates[i].bytes)).second) continue;
      left.push_back(i);
      bytes.push_back(candidates[i].bytes);
    }
    size_t at = 0;
    while (at < left.size() && !Stopped()) {
      const std::optional<Attempt> attempt =
          Try(runs_.steps, {bytes.begin() + static_cast<ptrdiff_t>(at), bytes.end()});
      if (!attempt) return std::nullopt;
      at += attempt->tried;
      if (!attempt->same_bug) continue;
      for (size_t i = at; i < left.size(); ++i) known_.erase(Hash(bytes[i]));
      Accept(std::move(candidates[left[at - 1]]));
      return left[at - 1];
    }
    return std::nullopt;
  }

  std::optional<Attempt> Try(const TryInOrder& run, const std::vector<std::string>& candidates) {
    result_.how.runs++;
    const common::Result<Attempt> attempt = run(candidates);
    if (!attempt) {
      result_.how.stop_reason = "error: " + attempt.error().message;
      return std::nullopt;
    }
    const size_t tried = std::clamp<size_t>(attempt->tried, 1, candidates.size());
    result_.how.tried += static_cast<int64_t>(tried);
    return Attempt{tried, attempt->same_bug};
  }

  void Accept(Candidate candidate) {
    if (runs_.kind_steps) Remember();
    Forget(candidate.also_at, candidate.also);
    Forget(candidate.erased_at, candidate.erased);
    result_.bytes = std::move(candidate.bytes);
    result_.how.steps++;
  }

  void Forget(size_t at, size_t size) {
    const auto erased = origins_.begin() + static_cast<ptrdiff_t>(at);
    origins_.erase(erased, erased + static_cast<ptrdiff_t>(size));
  }

  // The input before a step; of many the latest.
  void Remember() {
    constexpr size_t kMostRememberedBytes = size_t{32} << 20;
    remembered_bytes_ += result_.bytes.size() * (1 + sizeof(size_t));
    before_.emplace_back(result_.bytes, origins_);
    while (remembered_bytes_ > kMostRememberedBytes && before_.size() > 1) {
      remembered_bytes_ -= before_.front().first.size() * (1 + sizeof(size_t));
      before_.pop_front();
    }
  }

  [[nodiscard]] bool HoldsAlone(const std::string& bytes) {
    const std::optional<Attempt> attempt = Try(runs_.alone, {bytes});
    return attempt && attempt->same_bug;
  }

  // The latest of the inputs before a step that holds; false where only the first does, or none.
  bool GoBack() {
    size_t good = 0;
    size_t bad = before_.size();
    while (good + 1 < bad) {
      const size_t middle = good + (bad - good) / 2;
      (HoldsAlone(before_[middle].first) ? good : bad) = middle;
    }
    if (good == 0) return false;
    std::tie(result_.bytes, origins_) = before_[good];
    return true;
  }

  // Beyond the budget, because an unconfirmed result is worth nothing.
  void Confirm(const std::string& original) {
    std::string stop_reason = std::move(result_.how.stop_reason);
    bool holds = HoldsAlone(result_.bytes) || (runs_.kind_steps && GoBack());
    for (int i = 1; i < budget_.confirmations && holds; i++) holds = HoldsAlone(result_.bytes);
    result_.same_bug = holds;
    result_.how.stop_reason = holds ? std::move(stop_reason) : "not_confirmed";
    if (!holds) result_.bytes = original;
  }

  void Describe(const std::string& original) {
    if (!result_.same_bug) {
      origins_.resize(original.size());
      std::iota(origins_.begin(), origins_.end(), size_t{0});
    }
    common::Minimisation& how = result_.how;
    for (size_t i = 0; i < origins_.size(); ++i) {
      if (i == 0 || origins_[i] != origins_[i - 1] + 1) {
        how.kept_ranges++;
        how.kept.push_back({static_cast<int64_t>(origins_[i]), 0});
      }
      how.kept.back().count++;
      if (result_.bytes[i] != original[origins_[i]]) how.replaced_bytes++;
    }
    if (how.kept.size() > kMostRangesTold) how.kept.resize(kMostRangesTold);
  }

  static size_t Hash(const std::string& bytes) { return std::hash<std::string>()(bytes); }

  const MinimiseRuns& runs_;
  const MinimiseBudget& budget_;
  const std::stop_token& cancel_;
  int64_t deadline_ns_;
  std::vector<size_t> origins_;  // of each byte, its place in the original
  std::deque<std::pair<std::string, std::vector<size_t>>> before_;  // bytes and origins
  size_t remembered_bytes_ = 0;
  std::unordered_set<size_t> known_;  // hashes of what was tried: none is tried twice
  Minimised result_;
};

}  // namespace

Minimised Minimise(const MinimiseRuns& runs, const std::string& input, const MinimiseBudget& budget,
                   const std::stop_token& cancel) {
  return Minimisation(runs, budget, cancel).Run(input);
}

}  // namespace percuss::campaign
