// SPDX-License-Identifier: Apache-2.0
#include "reports/sbom/cyclonedx_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/clock.h"
#include "common/hash.h"

namespace percuss::reports {
namespace {

using common::Json;

constexpr size_t kLongestVersion = 1024;  // of the schema
// Each level of components is two of JSON, of which a reader takes 64.
constexpr int kDeepestPart = 20;

constexpr std::array<const char*, 13> kTypes = {"application",
                                                "framework",
                                                "library",
                                                "container",
                                                "platform",
                                                "device",
                                                "device-driver",
                                                "firmware",
                                                "file",
                                                "machine-learning-model",
                                                "data",
                                                "operating-system",
                                                "cryptographic-asset"};

struct Algorithm {
  const char* name;
  size_t digits;
};
constexpr std::array<Algorithm, 12> kAlgorithms = {{{"MD5", 32},
                                                    {"SHA-1", 40},
                                                    {"SHA-256", 64},
                                                    {"SHA-384", 96},
                                                    {"SHA-512", 128},
                                                    {"SHA3-256", 64},
                                                    {"SHA3-384", 96},
                                                    {"SHA3-512", 128},
                                                    {"BLAKE2b-256", 64},
                                                    {"BLAKE2b-384", 96},
                                                    {"BLAKE2b-512", 128},
                                                    {"BLAKE3", 64}}};

bool IsWritableHash(const SbomHash& hash) {
  const auto* known = std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                                   [&](const Algorithm& a) { return hash.algorithm == a.name; });
  return known != kAlgorithms.end() && hash.value.size() == known->digits &&
         hash.value.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Words of an SPDX expression (SPDX 2.3, annex D): ids, operators and brackets, and no prose.
bool LooksLikeExpression(const std::string& text) {
  constexpr std::string_view kOther = "-.+:() ";
  const bool plain = std::all_of(text.begin(), text.end(), [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || kOther.find(c) != std::string_view::npos;
  });
  if (!plain || text.empty()) return false;
  bool operand = true;  // what must come next
  for (size_t at = 0; at < text.size();) {
    const size_t begin = text.find_first_not_of(" ()", at);
    if (begin == std::string::npos) break;
    at = std::min(text.find_first_of(" ()", begin), text.size());
    const std::string word = text.substr(begin, at - begin);
    const bool is_operator = word == "AND" || word == "OR" || word == "WITH";
    if (is_operator == operand) return false;
    operand = is_operator;
  }
  return !operand;
}

Json Licences(const std::vector<std::string>& licences) {
  if (licences.size() == 1 && LooksLikeExpression(licences.front())) {
    return Json::array({{{"expression", licences.front()}}});
  }
  Json list = Json::array();
  for (const std::string& licence : licences) list.push_back({{"license", {{"name", licence}}}});
  return list;
}

Json Properties(const SbomComponent& component) {
  Json list = Json::array();
  const auto add = [&](const std::string& name, const std::string& value) {
    list.push_back({{"name", name}, {"value", value}});
  };
  if (!component.support_level.empty()) add("percuss:level_of_support", component.support_level);
  if (!component.end_of_support.empty()) {
    add("cdx:lifecycle:milestone:endOfSupport", component.end_of_support);
  }
  if (!component.source_revision.empty()) {
    add("percuss:source_revision", component.source_revision);
  }
  for (const std::string& id : component.other_ids) add("percuss:other_id", id);
  for (const auto& [name, value] : component.properties) add(name, value);
  return list;
}

Json Patches(const std::vector<SbomPatch>& patches) {
  Json list = Json::array();
  for (const SbomPatch& patch : patches) {
    Json entry = {{"type", "backport"}};
    if (!patch.name.empty()) entry["diff"]["url"] = UriReference(patch.name);
    for (const std::string& id : patch.resolves) {
      entry["resolves"].push_back({{"type", "security"}, {"id", id}});
    }
    list.push_back(std::move(entry));
  }
  return list;
}

// "percuss 0.1.0" to name and version.
Json Tool(const std::string& tool) {
  const size_t space = tool.rfind(' ');
  Json entry = {{"type", "application"}, {"name", tool.substr(0, space)}};
  if (space != std::string::npos) entry["version"] = tool.substr(space + 1, kLongestVersion);
  return entry;
}

class DocumentWriter {
 public:
  explicit DocumentWriter(const Sbom& sbom) : sbom_(sbom) {
    for (const SbomComponent& component : sbom.components) by_id_.emplace(component.id, &component);
    for (const SbomComponent& component : sbom.components) {
      if (HasParent(component)) parts_[component.parent].push_back(&component);
    }
  }

  Json Write() {
    Json document = {{"$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json"},
                     {"bomFormat", "CycloneDX"},
                     {"specVersion", "1.6"},
                     {"version", std::max(1, sbom_.document_version)},
                     {"metadata", Metadata()}};
    Json components = Json::array();
    for (const SbomComponent& component : sbom_.components) {
      if (component.id == sbom_.subject || HasParent(component)) continue;
      components.push_back(WithParts(component, 0));
    }
    document["components"] = std::move(components);
    AddDependencies(document);
    return document;
  }

 private:
  // Parts of the subject stand beside it, where every consumer looks. Wholes that go round in a
  // circle, or are too deep, are no wholes.
  [[nodiscard]] bool HasParent(const SbomComponent& component) const {
    const SbomComponent* at = &component;
    for (int depth = 0; depth <= kDeepestPart; ++depth) {
      if (at->parent.empty() || at->parent == sbom_.subject) return depth > 0;
      const auto parent = by_id_.find(at->parent);
      if (parent == by_id_.end()) return depth > 0;
      at = parent->second;
    }
    return false;
  }

  Json Metadata() const {
    Json metadata = Json::object();
    if (common::IsDateTime(sbom_.timestamp)) metadata["timestamp"] = sbom_.timestamp;
    for (const std::string& author : sbom_.authors) {
      metadata["authors"].push_back({{"name", author}});
    }
    for (const std::string& tool : sbom_.tools) {
      metadata["tools"]["components"].push_back(Tool(tool));
    }
    if (const auto subject = by_id_.find(sbom_.subject); subject != by_id_.end()) {
      metadata["component"] = CycloneDxComponent(*subject->second);
    }
    return metadata;
  }

  // NOLINTNEXTLINE(misc-no-recursion): HasParent bounds the depth
  [[nodiscard]] Json WithParts(const SbomComponent& component, int depth) const {
    Json entry = CycloneDxComponent(component);
    const auto parts = parts_.find(component.id);
    if (parts == parts_.end() || depth > kDeepestPart) return entry;
    for (const SbomComponent* part : parts->second) {
      entry["components"].push_back(WithParts(*part, depth + 1));
    }
    return entry;
  }

  void AddDependencies(Json& document) const {
    Json dependencies = Json::array();
    Json unknown = Json::array();
    for (const SbomComponent& component : sbom_.components) {
      std::vector<std::string> needs = component.depends_on;
      if (component.id == sbom_.subject) AddPartsOfSubject(needs);
      if (needs.empty() && !component.dependencies_known) {
        unknown.push_back(component.id);
        continue;
      }
      Json entry = {{"ref", component.id}};
      if (!needs.empty()) entry["dependsOn"] = needs;
      dependencies.push_back(std::move(entry));
    }
    if (!dependencies.empty()) document["dependencies"] = std::move(dependencies);
    if (!unknown.empty()) {
      document["compositions"] =
          Json::array({{{"aggregate", "unknown"}, {"dependencies", std::move(unknown)}}});
    }
  }

  void AddPartsOfSubject(std::vector<std::string>& needs) const {
    for (const SbomComponent& component : sbom_.components) {
      if (component.parent == sbom_.subject &&
          std::find(needs.begin(), needs.end(), component.id) == needs.end()) {
        needs.push_back(component.id);
      }
    }
  }

  const Sbom& sbom_;
  std::map<std::string, const SbomComponent*> by_id_;
  std::map<std::string, std::vector<const SbomComponent*>> parts_;
};

// RFC 4122, section 4.3, in the namespace of URNs' makers (appendix C, DNS): SHA-1 of namespace and
// name.
std::string NameBasedUuid(const std::string& name) {
  constexpr std::string_view kNamespace(
      "\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16);
  std::string hex = common::Sha1Hex(std::string(kNamespace) + name).substr(0, 32);
  hex[12] = '5';
  constexpr std::string_view kVariant = "89ab";
  const char digit = hex[16];
  const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
  hex[16] = kVariant[static_cast<size_t>(value & 3)];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

}  // namespace

std::string UriReference(std::string_view text) {
  std::string uri;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    // A colon would make a scheme of what stands before it.
    if (letter || std::string_view("-._~/").find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", byte);
    }
  }
  return uri;
}

Json CycloneDxComponent(const SbomComponent& component) {
  const bool known = std::find(kTypes.begin(), kTypes.end(), component.type) != kTypes.end();
  Json entry = {{"type", known ? component.type : "library"}, {"name", component.name}};
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) entry[name] = value;
  };
  text("bom-ref", component.id);
  text("group", component.group);
  text("version", component.version.substr(0, kLongestVersion));
  text("description", component.description);
  text("purl", component.purl);
  text("cpe", component.cpe);
  if (!component.supplier.empty()) entry["supplier"]["name"] = component.supplier;
  if (!component.manufacturer.empty()) entry["manufacturer"]["name"] = component.manufacturer;
  for (const SbomHash& hash : component.hashes) {
    if (!IsWritableHash(hash)) continue;
    entry["hashes"].push_back({{"alg", hash.algorithm}, {"content", hash.value}});
  }
  if (!component.licences.empty()) entry["licenses"] = Licences(component.licences);
  if (!component.patches.empty()) entry["pedigree"]["patches"] = Patches(component.patches);
  if (Json properties = Properties(component); !properties.empty()) {
    entry["properties"] = std::move(properties);
  }
  return entry;
}

Json CycloneDxJson(const Sbom& sbom) { return DocumentWriter(sbom).Write(); }

std::string CycloneDxText(Json document) {
  document.erase("serialNumber");
  const std::string digest = common::Sha256Hex(common::JsonText(document));
  document["serialNumber"] = "urn:uuid:" + NameBasedUuid(digest);
  return common::JsonText(document);
}

}  // namespace percuss::reports
