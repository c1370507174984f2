// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/finding_decisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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
    : target_(std::move(target)) {
  std::stable_sort(packages.begin(), packages.end(),
                   [](const TracedPackage* one, const TracedPackage* other) {
                     return one->started_at < other->started_at;
                   });
  packages_.reserve(packages.size());
  for (const TracedPackage* package : packages) {
    packages_.push_back({package, TargetOf(*package, target_)});
  }
  said_.reserve(said.size());
  for (const Disposition* disposition : said) {
    said_.push_back({disposition, TakenOn(*disposition)});
  }
}

std::vector<FindingDecisions::Ran> FindingDecisions::TakenOn(const Disposition& disposition) const {
  std::vector<Ran> taken;
  const std::string day = disposition.date.substr(0, kDateLength);
  for (const Ran& ran : packages_) {
    if (!disposition.package.id.empty()) {
      if (IsNamed(disposition, *ran.package)) taken.push_back(ran);
      continue;
    }
    // Of what began on the very day, the first build: who decides after it has seen that.
    const std::string began = ran.package->started_at.substr(0, kDateLength);
    const bool first =
        ran.package == packages_.front().package || IsSameBuild(ran, packages_.front());
    if (began < day || (began == day && first)) taken.push_back(ran);
  }
  return taken;
}

bool FindingDecisions::IsSameBuild(const Ran& one, const Ran& other) {
  const std::string& id = one.package->id;
  if (!id.empty() && id == other.package->id) return true;  // given twice, as a zip and a folder
  if (one.package->software_version != other.package->software_version) return false;
  if (one.target == nullptr || other.target == nullptr) return false;
  bool same = false;
  for (const auto& [role, digest] : one.target->builds) {
    const auto at = other.target->builds.find(role);
    if (at == other.target->builds.end() || digest.empty() || at->second.empty()) continue;
    if (at->second != digest) return false;
    same = true;
  }
  return same;
}

bool FindingDecisions::Counts(const Said& said, const Ran& ran) {
  return said.disposition->every_build ||
         std::any_of(said.taken_on.begin(), said.taken_on.end(), [&](const Ran& other) {
           return other.package == ran.package || IsSameBuild(other, ran);
         });
}

Standing FindingDecisions::In(const TracedPackage& package) const {
  return StandingOf({&package, TargetOf(package, target_)});
}

Standing FindingDecisions::StandingOf(const Ran& ran) const {
  const Disposition* here = nullptr;
  const Disposition* elsewhere = nullptr;
  Standing standing;
  for (const Said& said : said_) {
    const bool counts = Counts(said, ran);
    const Disposition& disposition = *said.disposition;
    if (counts) {
      here = &disposition;
    } else if (Decides(disposition)) {
      elsewhere = &disposition;
      standing.came_back = standing.came_back || (disposition.decision == "fixed" &&
                                                  EndedAfter(*ran.package, disposition.date));
    }
  }
  if (here != nullptr && Decides(*here)) return {here, "", false, nullptr};
  standing.why_open = WhyOpen(here, elsewhere);
  standing.open_in = ran.package;
  return standing;
}

Standing FindingDecisions::Overall() const {
  if (packages_.empty()) {
    const Disposition* last = said_.empty() ? nullptr : said_.back().disposition;
    if (last != nullptr && Decides(*last)) return {last, "", false, nullptr};
    return {nullptr, WhyOpen(last, nullptr), false, nullptr};
  }
  Standing open;
  for (const Ran& ran : packages_) {
    Standing here = StandingOf(ran);
    if (here.decision == nullptr && (open.open_in == nullptr || here.came_back)) {
      open = std::move(here);
    }
  }
  return open.open_in != nullptr ? open : StandingOf(packages_.back());
}

std::vector<Disagreement> FindingDecisions::Disagreements() const {
  std::vector<Disagreement> all;
  const auto is_signed = [](const Said& said) { return said.disposition->is_signed; };
  const auto by_records = std::count_if(said_.begin(), said_.end(), is_signed);
  if (by_records == 0 || by_records == std::ssize(said_)) return all;
  for (const Ran& ran : packages_) {
    Disagreement last{nullptr, nullptr};
    for (const Said& said : said_) {
      if (!Counts(said, ran)) continue;
      (is_signed(said) ? last.by_record : last.filed) = said.disposition;
    }
    if (last.filed == nullptr || last.by_record == nullptr) continue;
    if (Agree(*last.filed, *last.by_record)) continue;
    const bool told = std::any_of(all.begin(), all.end(), [&](const Disagreement& one) {
      return one.filed == last.filed && one.by_record == last.by_record;
    });
    if (!told) all.push_back(last);
  }
  return all;
}

}  // namespace percuss::reports
