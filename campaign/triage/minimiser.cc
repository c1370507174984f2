// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/minimiser.h"

#include <algorithm>

#include "common/clock.h"

namespace percuss::campaign {

namespace {

// Bytes that a person reads most easily, tried in this order in the place of others.
constexpr char kSimpleBytes[] = {'\0', '0', 'A'};
// Simplifying is one run per byte: no use on inputs that are still large.
constexpr size_t kSimplifyLimitBytes = 1024;

class Minimisation {
 public:
  Minimisation(const ShowsSameBug& shows_same_bug, const MinimiseBudget& budget,
               const std::stop_token& cancel)
      : shows_same_bug_(shows_same_bug),
        budget_(budget),
        cancel_(cancel),
        deadline_ns_(common::SystemClock().MonotonicNs() + budget.wall_s * 1'000'000'000) {}

  [[nodiscard]] Minimised Run(const std::string& input) {
    result_.bytes = input;
    DeleteBlocks();
    Simplify();
    if (result_.steps > 0) DeleteBlocks();  // simpler bytes may have made others needless
    if (result_.stop_reason.empty()) result_.stop_reason = "minimal";
    Confirm(input);
    return result_;
  }

 private:
  bool Stopped() {
    if (!result_.stop_reason.empty()) return true;
    if (cancel_.stop_requested()) {
      result_.stop_reason = "cancelled";
    } else if (result_.runs >= budget_.max_runs ||
               common::SystemClock().MonotonicNs() >= deadline_ns_) {
      result_.stop_reason = "budget";
    }
    return !result_.stop_reason.empty();
  }

  bool Accept(std::string candidate) {
    result_.runs++;
    const common::Result<bool> same = shows_same_bug_(candidate);
    if (!same) {
      result_.stop_reason = "error: " + same.error().message;
      return false;
    }
    if (!*same) return false;
    result_.bytes = std::move(candidate);
    result_.steps++;
    return true;
  }

  void DeleteBlocks() {
    for (size_t block = std::max<size_t>(result_.bytes.size() / 2, 1); block > 0; block /= 2) {
      // From the end: what comes first mostly decides how the rest is read.
      size_t end = result_.bytes.size();
      while (end > 0 && !Stopped()) {
        const size_t begin = end - std::min(end, block);
        std::string candidate = result_.bytes;
        candidate.erase(begin, end - begin);
        (void)Accept(std::move(candidate));
        end = begin;
      }
      if (Stopped()) return;
    }
  }

  void Simplify() {
    if (result_.bytes.size() > kSimplifyLimitBytes) return;
    for (size_t i = 0; i < result_.bytes.size(); i++) {
      for (const char simple : kSimpleBytes) {
        if (result_.bytes[i] == simple) break;
        if (Stopped()) return;
        std::string candidate = result_.bytes;
        candidate[i] = simple;
        if (Accept(std::move(candidate))) break;
      }
    }
  }

  // Beyond the budget, because an unconfirmed result is worth nothing.
  void Confirm(const std::string& original) {
    result_.same_bug = true;
    for (int i = 0; i < budget_.confirmations && result_.same_bug; i++) {
      result_.runs++;
      const common::Result<bool> same = shows_same_bug_(result_.bytes);
      result_.same_bug = same && *same;
    }
    if (!result_.same_bug) {
      result_.bytes = original;
      result_.stop_reason = "not_confirmed";
    }
  }

  const ShowsSameBug& shows_same_bug_;
  const MinimiseBudget& budget_;
  const std::stop_token& cancel_;
  int64_t deadline_ns_;
  Minimised result_;
};

}  // namespace

Minimised Minimise(const ShowsSameBug& shows_same_bug, const std::string& input,
                   const MinimiseBudget& budget, const std::stop_token& cancel) {
  return Minimisation(shows_same_bug, budget, cancel).Run(input);
}

}  // namespace percuss::campaign
