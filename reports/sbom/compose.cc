// SPDX-License-Identifier: Apache-2.0
#include "reports/sbom/compose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace percuss::reports {
namespace {

using common::BuildFacts;
using common::Sbom;
using common::SbomComponent;
using common::SbomHash;

bool IsFirmware(const std::string& role) { return role == "firmware" || role == "image"; }

constexpr const char* kSubjectId = "device";
// No target's: theirs have no colon.
constexpr const char* kDeviceParts = "device:";

void AddOnce(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

// Without qualifiers, and with percent-encoding undone: not every tool encodes the same.
std::string PackageOf(const std::string& purl) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string package;
  const size_t end = std::min(purl.find_first_of("?#"), purl.size());
  for (size_t i = 0; i < end; ++i) {
    const bool encoded =
        purl[i] == '%' && i + 2 < end && digit(purl[i + 1]) >= 0 && digit(purl[i + 2]) >= 0;
    if (encoded) {
      package += static_cast<char>(digit(purl[i + 1]) * 16 + digit(purl[i + 2]));
      i += 2;
    } else {
      package += purl[i];
    }
  }
  return package;
}

std::string NameAndVersion(const SbomComponent& component) {
  if (component.version.empty()) return {};
  return component.group + '\n' + component.name + '\n' + component.version;
}

void Prefer(std::string& text, const std::string& other) {
  if (!other.empty()) text = other;
}

// What a person says of a component, over what a build shows of it.
void TakeGiven(const SbomComponent& given, SbomComponent& component) {
  Prefer(component.group, given.group);
  Prefer(component.name, given.name);
  Prefer(component.version, given.version);
  Prefer(component.supplier, given.supplier);
  Prefer(component.manufacturer, given.manufacturer);
  Prefer(component.description, given.description);
  Prefer(component.purl, given.purl);
  Prefer(component.cpe, given.cpe);
  Prefer(component.support_level, given.support_level);
  Prefer(component.end_of_support, given.end_of_support);
  Prefer(component.source_revision, given.source_revision);
  if (!given.licences.empty()) component.licences = given.licences;
  if (!given.patches.empty()) component.patches = given.patches;
  for (const std::string& id : given.other_ids) AddOnce(component.other_ids, id);
  for (const SbomHash& hash : given.hashes) {
    const auto same = [&](const SbomHash& h) {
      return h.algorithm == hash.algorithm && h.value == hash.value;
    };
    if (std::none_of(component.hashes.begin(), component.hashes.end(), same)) {
      component.hashes.push_back(hash);
    }
  }
  for (const auto& [name, value] : given.properties) component.properties[name] = value;
}

class Composer {
 public:
  Composer(const common::RunRecord& record, const std::vector<TargetParts>& parts,
           const Sbom* device)
      : record_(record), parts_(parts), device_(device) {}

  Sbom Compose() {
    sbom_.format = "CycloneDX";
    sbom_.spec_version = "1.6";
    sbom_.timestamp = record_.campaign.ended_at;
    const common::Tester& tester = record_.tester;
    const std::string& author = tester.organisation.empty() ? tester.id : tester.organisation;
    if (!author.empty()) sbom_.authors.push_back(author);
    sbom_.tools = {record_.tool_version.empty() ? "percuss" : "percuss " + record_.tool_version};
    AddSubject();
    for (const common::TargetRun& target : record_.targets) AddTarget(target);
    for (const TargetParts& parts : parts_) AddBuilt(parts.built);
    // After all that is built, so that the same part of two targets is found.
    if (device_ != nullptr) AddGiven(sbom_.subject, kDeviceParts, *device_);
    for (const TargetParts& parts : parts_) {
      if (parts.given)
        AddGiven(TargetComponentId(parts.built.target), parts.built.target, *parts.given);
    }
    for (SbomComponent& component : sbom_.components) TakeFromTarget(component);
    return std::move(sbom_);
  }

 private:
  SbomComponent& Add(SbomComponent component) {
    place_.emplace(component.id, sbom_.components.size());
    return sbom_.components.emplace_back(std::move(component));
  }
  SbomComponent* Find(const std::string& id) {
    const auto at = place_.find(id);
    return at == place_.end() ? nullptr : &sbom_.components[at->second];
  }

  void AddSubject() {
    SbomComponent subject;
    subject.id = sbom_.subject = kSubjectId;
    subject.type = record_.device.name.empty() ? "application" : "device";
    subject.name = record_.device.name.empty() ? record_.campaign.name : record_.device.name;
    subject.version = record_.device.software_version;
    if (!record_.device.model.empty()) subject.properties["percuss:model"] = record_.device.model;
    if (!record_.device.udi_di.empty())
      subject.other_ids.push_back("udi-di:" + record_.device.udi_di);
    subject.dependencies_known = true;
    for (const common::TargetRun& target : record_.targets) {
      AddOnce(subject.depends_on, TargetComponentId(target.id));
    }
    Add(std::move(subject));
  }

  void AddTarget(const common::TargetRun& target) {
    SbomComponent component;
    component.id = TargetComponentId(target.id);
    if (Find(component.id) != nullptr) return;
    const auto is_firmware = [](const common::Binary& b) { return IsFirmware(b.role); };
    component.type = std::any_of(target.binaries.begin(), target.binaries.end(), is_firmware)
                         ? "firmware"
                         : "application";
    component.name = target.harness.empty() ? target.id : target.harness;
    component.description = target.description;
    if (!target.defines.empty()) {
      component.properties["percuss:defines"] = fmt::format("{}", fmt::join(target.defines, " "));
    }
    const std::string id = component.id;
    Add(std::move(component));
    for (const common::Binary& binary : target.binaries) AddBuild(target, binary, id);
  }

  void AddBuild(const common::TargetRun& target, const common::Binary& binary,
                const std::string& parent) {
    // Of an emulated board or a rehosted firmware, a description or the names of what is there.
    if (binary.role == "board" || binary.role == "rehost" || binary.role == "symbols") return;
    SbomComponent build;
    build.id = parent + "/" + binary.role;
    if (Find(build.id) != nullptr) return;
    build.type = IsFirmware(binary.role) ? "firmware" : "application";
    build.name =
        fmt::format("{} ({})", target.harness.empty() ? target.id : target.harness, binary.role);
    build.description = "the build under test in the role " + binary.role;
    if (!binary.sha256.empty()) build.hashes.push_back({"SHA-256", binary.sha256});
    if (!binary.compiler.empty()) build.properties["percuss:compiler"] = binary.compiler;
    if (!binary.packaged.empty()) build.properties["percuss:packaged"] = binary.packaged;
    build.parent = parent;
    Add(std::move(build));
  }

  void AddBuilt(const BuildFacts& built) {
    for (const SbomComponent& component : built.components) {
      if (Find(component.id) == nullptr) Add(component);
    }
    SbomComponent* target = Find(TargetComponentId(built.target));
    if (target == nullptr) return;
    for (const auto& [role, binary] : built.binaries) {
      for (const std::string& id : binary.needs) {
        if (Find(id) != nullptr) AddOnce(target->depends_on, id);
      }
      SbomComponent* build = Find(target->id + "/" + role);
      if (build == nullptr) continue;
      build->depends_on = binary.needs;
      build->dependencies_known = true;
      if (!binary.compilers.empty()) {
        build->properties["percuss:compiler"] =
            fmt::format("{}", fmt::join(binary.compilers, "; "));
      }
      if (!binary.build_id.empty()) build->properties["percuss:build_id"] = binary.build_id;
      if (!binary.machine.empty()) build->properties["percuss:machine"] = binary.machine;
    }
  }

  // What is there before a document of the user's is read, by whatever tells that two are one.
  struct Known {
    std::map<std::string, std::string> by_package;
    std::map<std::string, std::string> by_digest;
    std::map<std::string, std::string> by_name;
  };

  [[nodiscard]] Known Index() const {
    Known known;
    for (const SbomComponent& component : sbom_.components) {
      if (component.id == sbom_.subject) continue;
      if (!component.purl.empty())
        known.by_package.emplace(PackageOf(component.purl), component.id);
      for (const SbomHash& hash : component.hashes) {
        if (hash.algorithm == "SHA-256") known.by_digest.emplace(hash.value, component.id);
      }
      if (const std::string name = NameAndVersion(component); !name.empty()) {
        known.by_name.emplace(name, component.id);
      }
    }
    return known;
  }

  static std::string SameAs(const SbomComponent& given, const Known& known) {
    if (!given.purl.empty()) {
      const auto at = known.by_package.find(PackageOf(given.purl));
      return at == known.by_package.end() ? std::string() : at->second;
    }
    for (const SbomHash& hash : given.hashes) {
      const auto at = known.by_digest.find(hash.value);
      if (hash.algorithm == "SHA-256" && at != known.by_digest.end()) return at->second;
    }
    const auto at = known.by_name.find(NameAndVersion(given));
    return at == known.by_name.end() ? std::string() : at->second;
  }

  // `subject_id` is the component that the document is about; parts that are new are called by
  // `name`.
  void AddGiven(const std::string& subject_id, const std::string& name, const Sbom& given) {
    if (Find(subject_id) == nullptr) return;
    const Known known = Index();
    std::map<std::string, std::string> id_of;
    for (const SbomComponent& component : given.components) {
      std::string id = component.id == given.subject ? subject_id : SameAs(component, known);
      if (&given == device_ && Find(component.id) != nullptr) id = component.id;
      if (id.empty()) {
        SbomComponent added = component;
        id = added.id = fmt::format("sbom/{}/{}", name, component.id);
        added.depends_on.clear();
        added.parent.clear();
        Add(std::move(added));
      } else {
        TakeGiven(component, *Find(id));
      }
      id_of.emplace(component.id, std::move(id));
    }
    for (const SbomComponent& component : given.components) Relate(component, id_of);
    for (const std::string& id : TopOf(given)) {
      const std::string& top = id_of.at(id);
      if (top != subject_id) AddOnce(Find(subject_id)->depends_on, top);
    }
  }

  void Relate(const SbomComponent& given, const std::map<std::string, std::string>& id_of) {
    SbomComponent* component = Find(id_of.at(given.id));
    component->dependencies_known = component->dependencies_known || given.dependencies_known;
    for (const std::string& id : given.depends_on) {
      const auto at = id_of.find(id);
      if (at != id_of.end() && at->second != component->id) {
        AddOnce(component->depends_on, at->second);
      }
    }
    const auto parent = id_of.find(given.parent);
    if (component->parent.empty() && parent != id_of.end() && parent->second != component->id &&
        component->id.starts_with("sbom/")) {
      component->parent = parent->second;
    }
  }

  void TakeFromTarget(SbomComponent& build) {
    const SbomComponent* target =
        build.parent.starts_with("target/") ? Find(build.parent) : nullptr;
    if (target == nullptr) return;
    const auto take = [](std::string& text, const std::string& other) {
      if (text.empty()) text = other;
    };
    take(build.version, target->version);
    if (build.manufacturer.empty()) take(build.supplier, target->supplier);
    if (build.supplier.empty()) take(build.manufacturer, target->manufacturer);
    if (!build.support_level.empty() || !build.end_of_support.empty()) return;
    build.support_level = target->support_level;
    build.end_of_support = target->end_of_support;
  }

  // What no other component of the document needs or contains.
  static std::vector<std::string> TopOf(const Sbom& given) {
    std::map<std::string, int> included;
    for (const SbomComponent& component : given.components) {
      for (const std::string& id : component.depends_on) ++included[id];
    }
    std::vector<std::string> top;
    for (const SbomComponent& component : given.components) {
      if (component.parent.empty() && !included.contains(component.id)) top.push_back(component.id);
    }
    return top;
  }

  const common::RunRecord& record_;
  const std::vector<TargetParts>& parts_;
  const Sbom* device_;
  Sbom sbom_;
  std::map<std::string, size_t> place_;
};

}  // namespace

std::string TargetComponentId(const std::string& target) { return "target/" + target; }

Sbom ComposeSbom(const common::RunRecord& record, const std::vector<TargetParts>& parts,
                 const Sbom* device) {
  return Composer(record, parts, device).Compose();
}

}  // namespace percuss::reports
