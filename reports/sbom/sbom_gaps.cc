// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>

#include "common/clock.h"
#include "reports/sbom/sbom.h"

namespace percuss::reports {
namespace {

bool IsDateOrTime(const std::string& text) {
  return common::IsDate(text) || common::IsDateTime(text);
}

class GapFinder {
 public:
  explicit GapFinder(const Sbom& sbom) : sbom_(sbom) {
    for (const SbomComponent& component : sbom.components) {
      for (const std::string& id : component.depends_on) included_.insert(id);
      if (!component.parent.empty()) {
        included_.insert(component.id);
        including_.insert(component.parent);
      }
    }
  }

  std::vector<SbomGap> Find() {
    if (sbom_.authors.empty()) {
      Add("author", "nobody is named as author of the data: say who made it");
    }
    if (!common::IsDateTime(sbom_.timestamp)) {
      Add("timestamp", sbom_.timestamp.empty()
                           ? "no time says when it was put together"
                           : fmt::format("\"{}\" is no date and time", sbom_.timestamp));
    }
    if (sbom_.components.empty()) Add("components", "no component is listed");
    for (const SbomComponent& component : sbom_.components) Look(component);
    return std::move(gaps_);
  }

 private:
  void Add(const char* field, std::string what) { gaps_.push_back({"", field, std::move(what)}); }

  void Look(const SbomComponent& component) {
    const auto lacks = [&](const char* field, std::string_view what) {
      const std::string& shown = component.name.empty() ? component.id : component.name;
      gaps_.push_back({component.id, field, fmt::format("{}: {}", shown, what)});
    };
    if (component.name.empty()) lacks("name", "has no name");
    if (component.version.empty()) lacks("version", "has no version");
    if (component.supplier.empty() && component.manufacturer.empty()) {
      lacks("supplier", "has no supplier: say who made it or whom it was got from");
    }
    if (component.purl.empty() && component.cpe.empty() && component.other_ids.empty() &&
        component.hashes.empty()) {
      lacks("unique_id", "has no unique id: give a purl, a CPE name, a SWID tag or a hash");
    }
    if (!IsPlaced(component)) {
      lacks("dependencies", component.id == sbom_.subject
                                ? "what it includes is not said"
                                : "what includes it is not said: name it in a dependency");
    }
    if (component.support_level.empty()) {
      lacks("support_level",
            "has no level of support: actively maintained, no longer maintained, abandoned");
    }
    if (component.end_of_support.empty()) {
      lacks("end_of_support", "has no end-of-support date");
    } else if (!IsDateOrTime(component.end_of_support)) {
      lacks("end_of_support",
            fmt::format("its end of support, \"{}\", is no date; write for example 2027-06-30",
                        component.end_of_support));
    }
  }

  // The subject says what it includes, anything else is included in something.
  [[nodiscard]] bool IsPlaced(const SbomComponent& component) const {
    if (component.id != sbom_.subject) return included_.contains(component.id);
    return component.dependencies_known || !component.depends_on.empty() ||
           including_.contains(component.id);
  }

  const Sbom& sbom_;
  std::set<std::string> included_;
  std::set<std::string> including_;
  std::vector<SbomGap> gaps_;
};

}  // namespace

std::vector<SbomGap> FindSbomGaps(const Sbom& sbom) { return GapFinder(sbom).Find(); }

}  // namespace percuss::reports
