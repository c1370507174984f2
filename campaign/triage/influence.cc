// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/influence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "campaign/triage/stack_text.h"
#include "common/clock.h"

namespace percuss::campaign {

namespace {

using common::Influence;

constexpr size_t kTextLimitBytes = 4096;
constexpr size_t kMarkerBytes = 64;
constexpr size_t kBaselineRuns = 3;

// A little more, as of a length; and far away.
constexpr std::array<char (*)(char), 2> kChanges = {
    [](char byte) { return static_cast<char>(static_cast<uint8_t>(byte) + 1); },
    [](char byte) { return static_cast<char>(static_cast<uint8_t>(byte) ^ 0x80u); }};

enum class Effect { kFree, kSteers, kDecides, kUnknown };

std::string NameOf(Effect effect) {
  switch (effect) {
    case Effect::kFree:
      return "free";
    case Effect::kSteers:
      return "steers";
    case Effect::kDecides:
      return "decides";
    default:
      return "unknown";
  }
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  const auto in_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

class Measurement {
 public:
  Measurement(const TryBytes& try_bytes, const std::string& input, const InfluenceBudget& budget,
              const std::stop_token& cancel)
      : try_bytes_(try_bytes),
        input_(input),
        budget_(budget),
        cancel_(cancel),
        deadline_ns_(common::SystemClock().MonotonicNs() + budget.wall_s * 1'000'000'000),
        effects_(input.size(), Effect::kUnknown) {}

  Influence Run() {
    if (LearnBaseline()) Classify(0, input_.size());
    result_.measured = result_.reason.empty();
    for (size_t at = 0; at < effects_.size();) {
      size_t end = at;
      while (end < effects_.size() && effects_[end] == effects_[at]) ++end;
      result_.bytes.push_back(
          {static_cast<int64_t>(at), static_cast<int64_t>(end - at), NameOf(effects_[at])});
      at = end;
    }
    return result_;
  }

 private:
  bool Stopped() {
    if (!result_.reason.empty()) return true;
    if (cancel_.stop_requested()) {
      result_.reason = "cancelled";
    } else if (result_.runs >= budget_.max_runs) {
      result_.reason = fmt::format("it takes more than {} runs", budget_.max_runs);
    } else if (common::SystemClock().MonotonicNs() >= deadline_ns_) {
      result_.reason =
          fmt::format("the {} s for it were over after {} runs", budget_.wall_s, result_.runs);
    }
    return !result_.reason.empty();
  }

  std::optional<std::string> Try(const std::string& bytes) {
    ++result_.runs;
    common::Result<std::optional<std::string>> said = try_bytes_(bytes);
    if (said) return *said;
    result_.reason = said.error().message;
    return std::nullopt;
  }

  // What is said of the bug with the bytes as they are, and which words of it are chance.
  bool LearnBaseline() {
    for (size_t run = 0; run < kBaselineRuns && !Stopped(); ++run) {
      const auto said = Try(input_);
      if (!said) {
        if (result_.reason.empty()) result_.reason = "the bug did not show in each run";
        return false;
      }
      const auto words = Words(*said);
      if (run == 0) {
        words_ = words;
        compared_.assign(words.size(), true);
      } else if (words.size() != words_.size()) {
        compared_.assign(words_.size(), false);
      } else {
        for (size_t i = 0; i < words.size(); ++i) {
          if (words[i] != words_[i]) compared_[i] = false;
        }
      }
    }
    says_nothing_certain_ = std::find(compared_.begin(), compared_.end(), true) == compared_.end();
    return result_.reason.empty();
  }

  bool SaysOtherThings(const std::string& said) const {
    if (says_nothing_certain_) return false;
    const auto words = Words(said);
    if (words.size() != words_.size()) return true;
    for (size_t i = 0; i < words.size(); ++i) {
      if (compared_[i] && words[i] != words_[i]) return true;
    }
    return false;
  }

  void Classify(size_t begin, size_t end) {
    if (begin == end || Stopped()) return;
    bool lost = false;
    bool steered = false;
    for (const auto change : kChanges) {
      if (Stopped()) return;
      std::string bytes = input_;
      std::transform(bytes.begin() + static_cast<ptrdiff_t>(begin),
                     bytes.begin() + static_cast<ptrdiff_t>(end),
                     bytes.begin() + static_cast<ptrdiff_t>(begin), change);
      const auto said = Try(bytes);
      if (!result_.reason.empty()) return;
      lost = lost || !said;
      steered = steered || (said && SaysOtherThings(*said));
      if (end - begin > 1 && (lost || steered)) break;
    }
    if (lost || steered) {
      if (end - begin > 1) {
        const size_t middle = begin + (end - begin) / 2;
        Classify(begin, middle);
        Classify(middle, end);
        return;
      }
      effects_[begin] = steered ? Effect::kSteers : Effect::kDecides;
      return;
    }
    std::fill(effects_.begin() + static_cast<ptrdiff_t>(begin),
              effects_.begin() + static_cast<ptrdiff_t>(end), Effect::kFree);
  }

  const TryBytes& try_bytes_;
  const std::string& input_;
  const InfluenceBudget& budget_;
  const std::stop_token& cancel_;
  int64_t deadline_ns_;
  std::vector<Effect> effects_;
  std::vector<std::string> words_;
  std::vector<bool> compared_;
  bool says_nothing_certain_ = false;
  Influence result_;
};

}  // namespace

Influence MeasureInfluence(const TryBytes& try_bytes, const std::string& input,
                           const InfluenceBudget& budget, const std::stop_token& cancel) {
  return Measurement(try_bytes, input, budget, cancel).Run();
}

std::string FaultText(std::string_view log, const CrashReport& report) {
  const std::string_view marker = std::string_view(report.message).substr(0, kMarkerBytes);
  const size_t at = marker.empty() ? std::string_view::npos : log.find(marker);
  if (at == std::string_view::npos) return report.message;
  log = log.substr(at);
  log = log.substr(0, log.find("\nSUMMARY: "));
  std::string text;
  while (!log.empty() && text.size() < kTextLimitBytes) {
    const std::string_view line = TakeLine(log);
    const size_t word = line.find_first_not_of(' ');
    if (word != std::string_view::npos && line[word] == '#') continue;
    text.append(line.substr(0, kTextLimitBytes - text.size()));
    text.push_back('\n');
  }
  return text;
}

}  // namespace percuss::campaign
