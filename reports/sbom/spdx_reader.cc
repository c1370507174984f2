// SPDX-License-Identifier: Apache-2.0
//
// SPDX 2.2 and 2.3: packages are the components; files and snippets are only what relations may
// name.
#include <algorithm>
#include <array>

#include "reports/sbom/document_reader.h"

namespace percuss::reports {
namespace {

using common::FieldReader;

bool IsSaid(const std::string& text) {
  return !text.empty() && text != "NOASSERTION" && text != "NONE";
}

// "Organization: ExampleCo (contact@example.com)" to "ExampleCo" (clause 6.8).
std::string Party(const std::string& text) {
  if (!IsSaid(text)) return {};
  size_t begin = 0;
  for (const std::string_view kind : {"Organization:", "Person:", "Tool:"}) {
    if (text.starts_with(kind)) begin = kind.size();
  }
  size_t end = text.size();
  if (text.ends_with(")")) end = std::min(end, text.rfind('('));
  const auto blank = [&](size_t at) { return text[at] == ' ' || text[at] == '\t'; };
  while (begin < end && blank(begin)) ++begin;
  while (end > begin && blank(end - 1)) --end;
  return text.substr(begin, end - begin);
}

void ReadReferences(FieldReader& package, SbomComponent& component) {
  for (FieldReader& reference : package.Objects("externalRefs")) {
    const std::string type = reference.RequiredText("referenceType");
    const std::string locator = reference.RequiredText("referenceLocator");
    if (type == "purl") {
      component.purl = locator;
    } else if (type == "cpe23Type" || (type == "cpe22Type" && component.cpe.empty())) {
      component.cpe = locator;
    } else if (type == "swid" || type == "swh" || type == "gitoid") {
      component.other_ids.push_back(locator);
    }
  }
}

// The revision in "git+https://example.com/x.git@2c4f" (clause 7.7, after VCS locators).
std::string RevisionIn(const std::string& location) {
  const size_t plus = location.find('+');
  const size_t scheme = location.find("://");
  if (plus == std::string::npos || scheme == std::string::npos || plus > scheme) return {};
  const size_t path = location.find('/', scheme + 3);
  if (path == std::string::npos) return {};
  const size_t at = location.find('@', path);
  if (at == std::string::npos) return {};
  return location.substr(at + 1, location.find('#', at) - at - 1);
}

std::string Purpose(std::string purpose) {
  std::transform(purpose.begin(), purpose.end(), purpose.begin(), [](char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c == '_' ? '-' : c;
  });
  static constexpr std::array<const char*, 7> kShared = {
      "application", "container", "device", "file", "firmware", "framework", "operating-system"};
  const bool shared = std::find(kShared.begin(), kShared.end(), purpose) != kShared.end();
  return shared ? purpose : "library";
}

// SPDX 2 has no member for the level of support: it stands in a comment, "LevelOfSupport: x".
void ReadAnnotations(FieldReader& package, SbomComponent& component) {
  const auto take = [&](const std::string& text) {
    const size_t colon = text.rfind(": ");
    if (colon != std::string::npos) {
      TakeSupport(std::string_view(text).substr(0, colon), text.substr(colon + 2), component);
    }
  };
  for (FieldReader& annotation : package.Objects("annotations")) take(annotation.Text("comment"));
  for (const std::string& text : package.Texts("attributionTexts")) take(text);
}

SbomComponent ReadPackage(FieldReader& package) {
  SbomComponent component;
  component.id = package.RequiredText("SPDXID");
  component.type = Purpose(package.Text("primaryPackagePurpose"));
  component.name = package.RequiredText("name");
  component.version = package.Text("versionInfo");
  component.supplier = Party(package.Text("supplier"));
  component.manufacturer = Party(package.Text("originator"));
  component.description = package.Text("description");
  component.end_of_support = package.Text("validUntilDate");
  component.source_revision = RevisionIn(package.Text("downloadLocation"));
  for (FieldReader& checksum : package.Objects("checksums")) {
    component.hashes.push_back(
        MakeHash(checksum.RequiredText("algorithm"), checksum.RequiredText("checksumValue")));
  }
  for (const char* member : {"licenseConcluded", "licenseDeclared"}) {
    const std::string licence = package.Text(member);
    if (IsSaid(licence) && component.licences.empty()) component.licences.push_back(licence);
  }
  ReadReferences(package, component);
  ReadAnnotations(package, component);
  return component;
}

// What a relation means for us (clause 11.1).
enum class Meaning {
  kOther,
  kNeeds,
  kIsNeededBy,
  kContains,
  kIsPartOf,
  kDescribes,
  kIsDescribedBy
};

Meaning MeaningOf(const std::string& type) {
  struct Row {
    const char* type;
    Meaning meaning;
  };
  static constexpr Row kRows[] = {{"DEPENDS_ON", Meaning::kNeeds},
                                  {"DYNAMIC_LINK", Meaning::kNeeds},
                                  {"STATIC_LINK", Meaning::kNeeds},
                                  {"HAS_PREREQUISITE", Meaning::kNeeds},
                                  {"PREREQUISITE_FOR", Meaning::kIsNeededBy},
                                  {"CONTAINS", Meaning::kContains},
                                  {"CONTAINED_BY", Meaning::kIsPartOf},
                                  {"DESCRIBES", Meaning::kDescribes},
                                  {"DESCRIBED_BY", Meaning::kIsDescribedBy}};
  for (const Row& row : kRows) {
    if (type == row.type) return row.meaning;
  }
  // RUNTIME_DEPENDENCY_OF, BUILD_DEPENDENCY_OF and so on.
  return type.ends_with("DEPENDENCY_OF") ? Meaning::kIsNeededBy : Meaning::kOther;
}

class RelationReader {
 public:
  RelationReader(SbomBuilder& builder, Sbom& sbom) : builder_(builder), sbom_(sbom) {}

  void Read(FieldReader& relation) {
    std::string from = relation.RequiredText("spdxElementId");
    std::string to = relation.RequiredText("relatedSpdxElement");
    const Meaning meaning = MeaningOf(relation.RequiredText("relationshipType"));
    // Of another document (clause 11.1 with 6.6): nobody here can look it up.
    if (from.starts_with("DocumentRef-") || to.starts_with("DocumentRef-")) return;
    if (!IsSaid(to)) {
      if (to == "NONE" && meaning == Meaning::kNeeds) builder_.DependenciesKnown(from);
      return;
    }
    switch (meaning) {
      case Meaning::kNeeds:
        return builder_.Needs({from, to, relation.Pointer()});
      case Meaning::kIsNeededBy:
        return builder_.Needs({to, from, relation.Pointer()});
      case Meaning::kContains:
        return builder_.IsPartOf({to, from, relation.Pointer()});
      case Meaning::kIsPartOf:
        return builder_.IsPartOf({from, to, relation.Pointer()});
      case Meaning::kDescribes:
        return Describes(to);
      case Meaning::kIsDescribedBy:
        return Describes(from);
      case Meaning::kOther:
        return;
    }
  }

  void Describes(const std::string& id) {
    if (sbom_.subject.empty()) sbom_.subject = id;
  }

 private:
  SbomBuilder& builder_;
  Sbom& sbom_;
};

void ReadCreation(FieldReader& root, Sbom& sbom) {
  FieldReader creation = root.Object("creationInfo");
  sbom.timestamp = creation.Text("created");
  for (const std::string& creator : creation.Texts("creators")) {
    auto& list = creator.starts_with("Tool:") ? sbom.tools : sbom.authors;
    if (std::string name = Party(creator); !name.empty()) list.push_back(std::move(name));
  }
}

}  // namespace

Sbom ReadSpdx(common::Document& document) {
  Sbom sbom;
  sbom.format = "SPDX";
  FieldReader root(document, document.json, "");
  const std::string version = root.Choice("spdxVersion", {"SPDX-2.2", "SPDX-2.3"}, "SPDX-2.3");
  sbom.spec_version = version.substr(5);
  sbom.id = root.Text("documentNamespace");
  sbom.name = root.Text("name");
  ReadCreation(root, sbom);
  SbomBuilder builder(document, sbom);
  builder.AddOther(root.Text("SPDXID", "SPDXRef-DOCUMENT"));
  for (FieldReader& package : root.Objects("packages")) {
    builder.Add(ReadPackage(package), package.Pointer());
  }
  for (const char* member : {"files", "snippets"}) {
    for (FieldReader& element : root.Objects(member)) builder.AddOther(element.Text("SPDXID"));
  }
  RelationReader relations(builder, sbom);
  for (const std::string& id : root.Texts("documentDescribes")) relations.Describes(id);
  for (FieldReader& relation : root.Objects("relationships")) relations.Read(relation);
  builder.Join();
  // A document may describe a file, which is no component.
  const auto is_subject = [&](const SbomComponent& c) { return c.id == sbom.subject; };
  if (std::none_of(sbom.components.begin(), sbom.components.end(), is_subject)) {
    sbom.subject.clear();
  }
  return sbom;
}

}  // namespace percuss::reports
