// SPDX-License-Identifier: Apache-2.0
//
// The readers of the formats, one function each, and what they share. Every function reads a
// document that is not believed: a wrong type becomes the document's first mistake, and reading
// ends in a value that means nothing.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/field_reader.h"
#include "reports/sbom/sbom.h"

namespace percuss::reports {

constexpr size_t kMostSbomComponents = 100'000;
constexpr size_t kMostSbomIdBytes = 2048;  // ids of wholes stand in all their parts

// CycloneDX 1.4, 1.5 and 1.6 as JSON.
[[nodiscard]] Sbom ReadCycloneDx(common::Document& document);
// SPDX 2.2 and 2.3 as JSON.
[[nodiscard]] Sbom ReadSpdx(common::Document& document);
// SPDX 2.2 and 2.3 as tags and values (clause 4.4 and annex H), turned into the same document as
// JSON. Mistakes in the result name no line, so this one reports what it can itself.
[[nodiscard]] common::Result<common::Json> SpdxFromTags(std::string_view text,
                                                        const std::string& name);

// A relation that is read before everything that it may name.
struct SbomRelation {
  std::string from;
  std::string to;
  std::string pointer;  // where it stands
};

// Collects components and relations, and joins them at the end.
class SbomBuilder {
 public:
  SbomBuilder(common::Document& document, Sbom& sbom) : document_(document), sbom_(sbom) {}

  // False, and a mistake at `pointer`, for an id that is too long.
  bool IsId(const std::string& id, const std::string& pointer);
  // False when there are too many, the id is there already or too long: mistakes at `pointer`.
  bool Add(SbomComponent component, const std::string& pointer);
  // Something that relations may name and that is no component.
  void AddOther(const std::string& id) { others_.insert(id); }
  void Needs(SbomRelation relation) { needs_.push_back(Keep(std::move(relation))); }
  void IsPartOf(SbomRelation relation) { parts_.push_back(Keep(std::move(relation))); }
  // Whatever it needs was said, even when that is nothing.
  void DependenciesKnown(const std::string& id) { known_.insert(id); }
  // Call last.
  void Join();

 private:
  // A relation, with its ids in `names_`: one that a million relations begin with is kept once.
  struct KeptRelation {
    const std::string* from;
    const std::string* to;
    std::string pointer;
  };
  KeptRelation Keep(SbomRelation relation);
  // nullptr when it is no component; a mistake when it is nothing at all.
  SbomComponent* Find(const std::string& id, const KeptRelation& relation);

  common::Document& document_;
  Sbom& sbom_;
  std::map<std::string, size_t> index_;
  std::set<std::string> others_;
  std::set<std::string> known_;
  std::set<std::string> names_;
  std::vector<KeptRelation> needs_;
  std::vector<KeptRelation> parts_;
};

// Takes support level and end of support out of a named value, whoever's namespace it stands in
// ("cdx:lifecycle:milestone:endOfSupport", "cdx:fda:level-of-support", "percuss:level_of_support",
// "LevelOfSupport"); false when it is neither.
bool TakeSupport(std::string_view name, const std::string& value, SbomComponent& component);

// "sha256" and "SHA256" become "SHA-256", unknown algorithms stay as they are; hex in lower case.
[[nodiscard]] SbomHash MakeHash(std::string_view algorithm, std::string value);

}  // namespace percuss::reports
