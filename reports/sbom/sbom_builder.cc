// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/sbom/document_reader.h"

namespace percuss::reports {
namespace {

// Lower-case letters and digits of what stands behind the last colon.
std::string PlainName(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(name.rfind(':') + 1)) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      plain += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return plain;
}

constexpr std::array<const char*, 12> kAlgorithms = {
    "MD5",      "SHA-1",    "SHA-256",     "SHA-384",     "SHA-512",     "SHA3-256",
    "SHA3-384", "SHA3-512", "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3"};

}  // namespace

bool TakeSupport(std::string_view name, const std::string& value, SbomComponent& component) {
  const std::string plain = PlainName(name);
  if (plain == "levelofsupport" || plain == "supportlevel") {
    component.support_level = value;
  } else if (plain == "endofsupport" || plain == "endofsupportdate") {
    component.end_of_support = value;
  } else {
    return false;
  }
  return true;
}

SbomHash MakeHash(std::string_view algorithm, std::string value) {
  const std::string plain = PlainName(algorithm);
  const auto* known = std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                                   [&](const char* a) { return PlainName(a) == plain; });
  for (char& c : value) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return {known == kAlgorithms.end() ? std::string(algorithm) : *known, std::move(value)};
}

bool SbomBuilder::IsId(const std::string& id, const std::string& pointer) {
  if (id.size() <= kMostSbomIdBytes) return true;
  document_.Mistake(pointer, fmt::format("an id of more than {} bytes", kMostSbomIdBytes));
  return false;
}

bool SbomBuilder::Add(SbomComponent component, const std::string& pointer) {
  if (!document_.status) return false;
  if (sbom_.components.size() == kMostSbomComponents) {
    document_.Mistake(pointer, fmt::format("more than {} components", kMostSbomComponents));
    return false;
  }
  if (!IsId(component.id, pointer)) return false;
  if (!index_.emplace(component.id, sbom_.components.size()).second) {
    document_.Mistake(pointer, fmt::format("another component has the id \"{}\" too",
                                           component.id.substr(0, 200)));
    return false;
  }
  sbom_.components.push_back(std::move(component));
  return true;
}

SbomBuilder::KeptRelation SbomBuilder::Keep(SbomRelation relation) {
  return {&*names_.insert(std::move(relation.from)).first,
          &*names_.insert(std::move(relation.to)).first, std::move(relation.pointer)};
}

SbomComponent* SbomBuilder::Find(const std::string& id, const KeptRelation& relation) {
  if (const auto at = index_.find(id); at != index_.end()) return &sbom_.components[at->second];
  if (!others_.contains(id)) {
    document_.Mistake(relation.pointer,
                      fmt::format("names \"{}\", which is not there", id.substr(0, 200)));
  }
  return nullptr;
}

void SbomBuilder::Join() {
  std::set<std::pair<const std::string*, const std::string*>> joined;
  for (const KeptRelation& relation : needs_) {
    SbomComponent* from = Find(*relation.from, relation);
    const SbomComponent* to = Find(*relation.to, relation);
    if (from == nullptr || to == nullptr) continue;
    from->dependencies_known = true;
    if (joined.emplace(relation.from, relation.to).second) from->depends_on.push_back(to->id);
  }
  for (const KeptRelation& relation : parts_) {
    SbomComponent* part = Find(*relation.from, relation);
    const SbomComponent* whole = Find(*relation.to, relation);
    if (part != nullptr && whole != nullptr && part != whole) part->parent = whole->id;
  }
  for (const std::string& id : known_) {
    if (const auto at = index_.find(id); at != index_.end()) {
      sbom_.components[at->second].dependencies_known = true;
    }
  }
}

}  // namespace percuss::reports
