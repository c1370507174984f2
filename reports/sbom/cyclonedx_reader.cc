// SPDX-License-Identifier: Apache-2.0
//
// CycloneDX 1.4 to 1.6 (ECMA-424): only what the data model has a place for.
#include <algorithm>
#include <limits>

#include "reports/sbom/document_reader.h"

namespace percuss::reports {
namespace {

using common::FieldReader;

constexpr std::string_view kBomLink = "urn:cdx:";

// Members of an entry of a list that is a string or, in later versions, something else.
std::vector<std::string> TextsOf(FieldReader& owner, const std::string& name,
                                 const std::string& member) {
  std::vector<std::string> texts;
  for (FieldReader& entry : owner.Objects(name)) {
    const std::string text = entry.Text(member);
    if (!text.empty()) texts.push_back(text);
  }
  return texts;
}

std::string NameOf(FieldReader& owner, const std::string& member) {
  return owner.Has(member) ? owner.Object(member).Text("name") : "";
}

std::string Maker(FieldReader& reader) {
  if (std::string name = NameOf(reader, "manufacturer"); !name.empty()) return name;
  for (const char* member : {"publisher", "author"}) {
    if (std::string name = reader.Text(member); !name.empty()) return name;
  }
  const auto authors = TextsOf(reader, "authors", "name");
  return authors.empty() ? "" : authors.front();
}

std::vector<std::string> Licences(FieldReader& owner) {
  std::vector<std::string> licences;
  for (FieldReader& choice : owner.Objects("licenses")) {
    std::string text = choice.Text("expression");
    if (text.empty() && choice.Has("license")) {
      FieldReader licence = choice.Object("license");
      text = licence.Text("id");
      if (text.empty()) text = licence.Text("name");
    }
    if (!text.empty()) licences.push_back(std::move(text));
  }
  return licences;
}

std::vector<SbomHash> Hashes(FieldReader& owner) {
  std::vector<SbomHash> hashes;
  for (FieldReader& hash : owner.Objects("hashes")) {
    hashes.push_back(MakeHash(hash.RequiredText("alg"), hash.RequiredText("content")));
  }
  return hashes;
}

void ReadPedigree(FieldReader& owner, SbomComponent& component) {
  if (!owner.Has("pedigree")) return;
  FieldReader pedigree = owner.Object("pedigree");
  for (FieldReader& patch : pedigree.Objects("patches")) {
    SbomPatch known;
    if (patch.Has("diff")) {
      FieldReader diff = patch.Object("diff");
      known.name = diff.Text("url");
    }
    known.resolves = TextsOf(patch, "resolves", "id");
    component.patches.push_back(std::move(known));
  }
  const auto commits = TextsOf(pedigree, "commits", "uid");
  if (!commits.empty()) component.source_revision = commits.front();
}

void ReadProperties(FieldReader& owner, SbomComponent& component) {
  for (FieldReader& property : owner.Objects("properties")) {
    const std::string name = property.Text("name");
    std::string value = property.Text("value");
    if (name.empty() || TakeSupport(name, value, component)) continue;
    if (name == "percuss:source_revision") {
      component.source_revision = std::move(value);
    } else if (name == "percuss:other_id") {
      component.other_ids.push_back(std::move(value));
    } else {
      component.properties[name] = std::move(value);
    }
  }
}

void ReadOtherIds(FieldReader& owner, SbomComponent& component) {
  if (owner.Has("swid")) {
    const std::string tag = owner.Object("swid").Text("tagId");
    if (!tag.empty()) component.other_ids.push_back("swid:" + tag);
  }
  for (const char* member : {"swhid", "omniborId"}) {
    for (std::string& id : owner.Texts(member)) component.other_ids.push_back(std::move(id));
  }
}

SbomComponent ReadComponent(FieldReader& reader) {
  SbomComponent component;
  component.id = reader.Text("bom-ref");
  if (component.id.empty()) component.id = "#" + reader.Pointer();
  component.type = reader.RequiredText("type");
  component.group = reader.Text("group");
  component.name = reader.RequiredText("name");
  component.version = reader.Text("version");
  component.supplier = NameOf(reader, "supplier");
  component.manufacturer = Maker(reader);
  component.description = reader.Text("description");
  component.purl = reader.Text("purl");
  component.cpe = reader.Text("cpe");
  component.hashes = Hashes(reader);
  component.licences = Licences(reader);
  ReadOtherIds(reader, component);
  ReadPedigree(reader, component);
  ReadProperties(reader, component);
  return component;
}

// Components within components; the depth of a document is bounded when it is parsed.
// NOLINTNEXTLINE(misc-no-recursion)
void AddComponent(FieldReader& reader, const std::string& parent, SbomBuilder& builder) {
  SbomComponent component = ReadComponent(reader);
  const std::string id = component.id;
  if (!builder.Add(std::move(component), reader.Pointer())) return;
  if (!parent.empty()) builder.IsPartOf({id, parent, reader.Pointer()});
  for (FieldReader& part : reader.Objects("components")) AddComponent(part, id, builder);
}

// A service may be named by relations, and is no software of the device.
// NOLINTNEXTLINE(misc-no-recursion): as above
void AddServices(FieldReader& owner, SbomBuilder& builder) {
  for (FieldReader& service : owner.Objects("services")) {
    const std::string id = service.Text("bom-ref");
    if (!id.empty()) builder.AddOther(id);
    AddServices(service, builder);
  }
}

// A list up to 1.4, an object of lists since.
void ReadTools(FieldReader& metadata, const common::Json& json, Sbom& sbom) {
  const auto described = json.find("tools");
  if (described == json.end()) return;
  const auto add = [&](FieldReader& tool) {
    const std::string name = tool.Text("name");
    const std::string version = tool.Text("version");
    if (!name.empty()) sbom.tools.push_back(version.empty() ? name : name + " " + version);
  };
  if (described->is_array()) {
    for (FieldReader& tool : metadata.Objects("tools")) add(tool);
    return;
  }
  FieldReader tools = metadata.Object("tools");
  for (const char* member : {"components", "services"}) {
    for (FieldReader& tool : tools.Objects(member)) add(tool);
  }
}

void ReadMetadata(FieldReader& root, const common::Json& json, SbomBuilder& builder, Sbom& sbom) {
  const auto member = json.find("metadata");
  if (member == json.end()) return;
  FieldReader metadata = root.Object("metadata");
  sbom.timestamp = metadata.Text("timestamp");
  sbom.authors = TextsOf(metadata, "authors", "name");
  // Since 1.6 this is who made the document.
  const std::string maker = NameOf(metadata, "manufacturer");
  if (!maker.empty()) sbom.authors.push_back(maker);
  if (member->is_object()) ReadTools(metadata, *member, sbom);
  if (!metadata.Has("component")) return;
  FieldReader subject = metadata.Object("component");
  AddComponent(subject, "", builder);
  if (!sbom.components.empty()) sbom.subject = sbom.components.front().id;
}

void ReadDependencies(FieldReader& root, SbomBuilder& builder) {
  for (FieldReader& dependency : root.Objects("dependencies")) {
    const std::string from = dependency.RequiredText("ref");
    if (from.starts_with(kBomLink) || !builder.IsId(from, dependency.Pointer())) continue;
    builder.DependenciesKnown(from);
    for (const std::string& to : dependency.Texts("dependsOn")) {
      if (to.starts_with(kBomLink)) continue;
      builder.Needs({from, to, dependency.Pointer()});
    }
  }
}

}  // namespace

Sbom ReadCycloneDx(common::Document& document) {
  Sbom sbom;
  sbom.format = "CycloneDX";
  FieldReader root(document, document.json, "");
  sbom.spec_version = root.Choice("specVersion", {"1.4", "1.5", "1.6"}, "");
  sbom.id = root.Text("serialNumber");
  sbom.document_version = static_cast<int>(
      std::min<int64_t>(root.Count("version", 0, 1), std::numeric_limits<int>::max()));
  SbomBuilder builder(document, sbom);
  ReadMetadata(root, document.json, builder, sbom);
  for (FieldReader& component : root.Objects("components")) AddComponent(component, "", builder);
  AddServices(root, builder);
  ReadDependencies(root, builder);
  builder.Join();
  return sbom;
}

}  // namespace percuss::reports
