// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/finding_decisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace percuss::reports {
namespace {

constexpr size_t kDateLength = 10;

bool Decides(const Disposition& said) {
  return said.decision != "open" && said.decision != "confirmed";
}

const TracedTarget* TargetOf(const TracedPackage& package, const std::string& target) {
  const auto at = std::find_if(package.targets.begin(), package.targets.end(),
                               [&](const TracedTarget& run) { return run.id == target; });
  return at == package.targets.end() ? nullptr : &*at;
}

// Times of percuss are all RFC 3339 in UTC: they compare as texts. Of a date alone nobody knows
// the hour, so that all of its day is after it.
bool EndedAfter(const TracedPackage& package, const std::string& time) {
  return (package.ended_at.empty() ? package.started_at : package.ended_at) > time;
}

bool IsNamed(const Disposition& said, const TracedPackage& package) {
  const std::string& digest = said.package_sha256;
  return said.package.id == package.id &&
         (digest.empty() || package.sha256.empty() || digest == package.sha256);
}

// A signed record has no word for a defect of somebody else's but that it is none of the device.
bool Agree(const Disposition& filed, const Disposition& by_record) {
  return filed.decision == by_record.decision ||
         (filed.decision == "third_party" && by_record.decision == "not_a_defect");
}

std::string PlaceOf(const Disposition& said) {
  return said.package.id.empty() ? fmt::format("on {}", said.date)
                                 : fmt::format("on {}, of package {}", said.date, said.package.id);
}

std::string WhyOpen(const Disposition* here, const Disposition* elsewhere) {
  if (here != nullptr && here->decision == "confirmed") {
    return "last said: confirmed; that decides nothing; use deferred, accepted, fixed, "
           "false_positive or duplicate";
  }
  if (here != nullptr) return "last said: open: " + here->rationale;
  if (elsewhere == nullptr) return "nobody has decided what becomes of it";
  if (elsewhere->decision == "fixed") {
    return fmt::format("called fixed {}, and this build has it", PlaceOf(*elsewhere));
  }
  return fmt::format("decided on another build ({} {}), and on this one by nobody",
                     elsewhere->decision, PlaceOf(*elsewhere));
}

}  // namespace

FindingDecisions::FindingDecisions(std::vector<const Disposition*> said,
                                   std::vector<const TracedPackage*> packages, std::string target)
    : packages_(std::move(packages)), target_(std::move(target)) {
  std::stable_sort(packages_.begin(), packages_.end(),
                   [](const TracedPackage* one, const TracedPackage* other) {
                     return one->started_at < other->started_at;
                   });
  said_.reserve(said.size());
  for (const Disposition* disposition : said) {
    said_.push_back({disposition, TakenOn(*disposition)});
  }
}

std::vector<const TracedPackage*> FindingDecisions::TakenOn(const Disposition& disposition) const {
  std::vector<const TracedPackage*> taken;
  const std::string day = disposition.date.substr(0, kDateLength);
  for (const TracedPackage* package : packages_) {
    if (!disposition.package.id.empty()) {
      if (IsNamed(disposition, *package)) taken.push_back(package);
      continue;
    }
    // Of what began on the very day, the first build: who decides after it has seen that.
    const std::string began = package->started_at.substr(0, kDateLength);
    const bool first = package == packages_.front() || IsSameBuild(*package, *packages_.front());
    if (began < day || (began == day && first)) taken.push_back(package);
  }
  return taken;
}

bool FindingDecisions::IsSameBuild(const TracedPackage& one, const TracedPackage& other) const {
  if (!one.id.empty() && one.id == other.id) return true;  // given twice, as a zip and a folder
  if (one.software_version != other.software_version) return false;
  const TracedTarget* here = TargetOf(one, target_);
  const TracedTarget* there = TargetOf(other, target_);
  if (here == nullptr || there == nullptr) return false;
  bool same = false;
  for (const auto& [role, digest] : here->builds) {
    const auto at = there->builds.find(role);
    if (at == there->builds.end() || digest.empty() || at->second.empty()) continue;
    if (at->second != digest) return false;
    same = true;
  }
  return same;
}

bool FindingDecisions::Counts(const Said& said, const TracedPackage& package) const {
  return said.disposition->every_build ||
         std::any_of(said.taken_on.begin(), said.taken_on.end(), [&](const TracedPackage* other) {
           return other == &package || IsSameBuild(*other, package);
         });
}

Standing FindingDecisions::In(const TracedPackage& package) const {
  const Disposition* here = nullptr;
  const Disposition* elsewhere = nullptr;
  Standing standing;
  for (const Said& said : said_) {
    const bool counts = Counts(said, package);
    const Disposition& disposition = *said.disposition;
    if (counts) {
      here = &disposition;
    } else if (Decides(disposition)) {
      elsewhere = &disposition;
      standing.came_back = standing.came_back || (disposition.decision == "fixed" &&
                                                  EndedAfter(package, disposition.date));
    }
  }
  if (here != nullptr && Decides(*here)) return {here, "", false, nullptr};
  standing.why_open = WhyOpen(here, elsewhere);
  standing.open_in = &package;
  return standing;
}

Standing FindingDecisions::Overall() const {
  if (packages_.empty()) {
    const Disposition* last = said_.empty() ? nullptr : said_.back().disposition;
    if (last != nullptr && Decides(*last)) return {last, "", false, nullptr};
    return {nullptr, WhyOpen(last, nullptr), false, nullptr};
  }
  Standing open;
  for (const TracedPackage* package : packages_) {
    Standing here = In(*package);
    if (here.decision == nullptr && (open.open_in == nullptr || here.came_back)) {
      open = std::move(here);
    }
  }
  return open.open_in != nullptr ? open : In(*packages_.back());
}

std::vector<Disagreement> FindingDecisions::Disagreements() const {
  std::vector<Disagreement> all;
  const auto compare = [&](const auto& counts) {
    Disagreement last{nullptr, nullptr};
    for (const Said& said : said_) {
      if (!counts(said)) continue;
      (said.disposition->is_signed ? last.by_record : last.filed) = said.disposition;
    }
    if (last.filed == nullptr || last.by_record == nullptr) return;
    if (Agree(*last.filed, *last.by_record)) return;
    const bool told = std::any_of(all.begin(), all.end(), [&](const Disagreement& one) {
      return one.filed == last.filed && one.by_record == last.by_record;
    });
    if (!told) all.push_back(last);
  };
  for (const TracedPackage* package : packages_) {
    compare([&](const Said& said) { return Counts(said, *package); });
  }
  return all;
}

}  // namespace percuss::reports
