// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/fs.h"
#include "common/json_file.h"
#include "reports/sbom/cyclonedx_writer.h"
#include "reports/sbom/sbom.h"

namespace percuss::reports {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kCycloneDx = R"({
  "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 3,
  "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
  "metadata": {
    "timestamp": "2026-03-01T10:00:00Z",
    "authors": [{ "name": "Ada Smith", "email": "ada@example.com" }],
    "tools": { "components": [{ "type": "application", "name": "syft", "version": "1.2" }] },
    "component": { "type": "firmware", "bom-ref": "fw", "name": "pump-fw", "version": "4.2.1",
                   "supplier": { "name": "Example Medical" } }
  },
  "components": [
    { "type": "library", "bom-ref": "lwip", "name": "lwip", "version": "2.1.3",
      "supplier": { "name": "lwIP developers" }, "purl": "pkg:generic/lwip@2.1.3",
      "cpe": "cpe:2.3:a:lwip_project:lwip:2.1.3:*:*:*:*:*:*:*",
      "hashes": [{ "alg": "SHA-256", "content": "ABCDEF" }],
      "licenses": [{ "license": { "id": "BSD-3-Clause" } }],
      "pedigree": { "patches": [{ "type": "backport", "diff": { "url": "eap.patch" },
                                  "resolves": [{ "type": "security", "id": "CVE-2020-8597" }] }] },
      "properties": [{ "name": "cdx:lifecycle:milestone:endOfSupport", "value": "2027-06-30" },
                     { "name": "cdx:fda:level-of-support", "value": "actively-maintained" },
                     { "name": "vendor:note", "value": "x" }],
      "components": [{ "type": "file", "bom-ref": "eap", "name": "eap.c" }] },
    { "type": "library", "name": "nameless-ref" }
  ],
  "services": [{ "bom-ref": "cloud", "name": "cloud" }],
  "dependencies": [
    { "ref": "fw", "dependsOn": ["lwip", "cloud", "urn:cdx:other/1#x"] },
    { "ref": "lwip", "dependsOn": [] }
  ]
})";

constexpr const char* kSpdx = R"json({
  "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "pump",
  "documentNamespace": "https://example.com/spdx/pump",
  "creationInfo": { "created": "2026-03-01T10:00:00Z",
                    "creators": ["Tool: syft-1.2", "Organization: Example Medical (x@example.com)"]
}
,
  "packages": [
    { "SPDXID": "SPDXRef-fw", "name": "pump-fw", "versionInfo": "4.2.1", "supplier": "NOASSERTION",
      "primaryPackagePurpose": "FIRMWARE" },
    { "SPDXID": "SPDXRef-lwip", "name": "lwip", "versionInfo": "2.1.3",
      "supplier": "Organization: lwIP developers", "originator": "Person: Adam (a@example.com)",
      "downloadLocation": "git+https://git.example.com/lwip.git@2c4f#src",
      "checksums": [{ "algorithm": "SHA256", "checksumValue": "ABCDEF" }],
      "licenseConcluded": "NOASSERTION", "licenseDeclared": "BSD-3-Clause",
      "validUntilDate": "2027-06-30T00:00:00Z",
      "annotations": [{ "comment": "LevelOfSupport: actively maintained" }],
      "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                         "referenceLocator": "pkg:generic/lwip@2.1.3" }] }
  ],
  "files": [{ "SPDXID": "SPDXRef-file", "fileName": "./eap.c" }],
  "relationships": [
    { "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
      "relatedSpdxElement": "SPDXRef-fw" },
    { "spdxElementId": "SPDXRef-lwip", "relationshipType": "RUNTIME_DEPENDENCY_OF",
      "relatedSpdxElement": "SPDXRef-fw" },
    { "spdxElementId": "SPDXRef-lwip", "relationshipType": "DEPENDS_ON",
      "relatedSpdxElement": "NONE" },
    { "spdxElementId": "SPDXRef-lwip", "relationshipType": "CONTAINS",
      "relatedSpdxElement": "SPDXRef-file" },
    { "spdxElementId": "SPDXRef-fw", "relationshipType": "DEPENDS_ON",
      "relatedSpdxElement": "DocumentRef-os:SPDXRef-libc" }
  ]
})json";

constexpr const char* kTags = R"(SPDXVersion: SPDX-2.3
# a comment
SPDXID: SPDXRef-DOCUMENT
DocumentName: pump
Creator: Organization: Example Medical (x@example.com)
Creator: Tool: syft-1.2
Created: 2026-03-01T10:00:00Z

PackageName: pump-fw
SPDXID: SPDXRef-fw
PackageVersion: 4.2.1
PrimaryPackagePurpose: FIRMWARE

PackageName: lwip
SPDXID: SPDXRef-lwip
PackageVersion: 2.1.3
PackageSupplier: Organization: lwIP developers
PackageChecksum: SHA256: ABCDEF
PackageDescription: <text>two
lines</text>
ValidUntilDate: 2027-06-30T00:00:00Z
PackageAttributionText: LevelOfSupport: actively maintained
ExternalRef: PACKAGE-MANAGER purl pkg:generic/lwip@2.1.3
FileName: ./eap.c
SPDXID: SPDXRef-file
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-fw
Relationship: SPDXRef-fw DEPENDS_ON SPDXRef-lwip
Relationship: SPDXRef-lwip CONTAINS SPDXRef-file
)";

Sbom Parse(const std::string& text) {
  const auto sbom = ParseSbom(text, "bom.json");
  EXPECT_TRUE(sbom) << sbom.error().Text();
  return sbom.value_or(Sbom());
}

std::string ErrorOf(const std::string& text) {
  const auto sbom = ParseSbom(text, "bom.json");
  return sbom ? "read" : sbom.error().Text();
}

// kCycloneDx with one thing changed.
std::string Changed(const std::string& pointer, const common::Json& value) {
  common::Json json = common::Json::parse(kCycloneDx);
  json[common::Json::json_pointer(pointer)] = value;
  return common::JsonText(json);
}

TEST(SbomReader, CycloneDxSaysWhatTheMinimumElementsAskFor) {
  const Sbom sbom = Parse(kCycloneDx);
  EXPECT_EQ(sbom.format + " " + sbom.spec_version, "CycloneDX 1.5");
  EXPECT_EQ(sbom.id, "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79");
  EXPECT_EQ(sbom.document_version, 3);
  EXPECT_EQ(sbom.timestamp, "2026-03-01T10:00:00Z");
  EXPECT_THAT(sbom.authors, ElementsAre("Ada Smith"));
  EXPECT_THAT(sbom.tools, ElementsAre("syft 1.2"));
  EXPECT_EQ(sbom.subject, "fw");
  ASSERT_THAT(sbom.components, SizeIs(4));
  EXPECT_THAT(sbom.components[0].depends_on, ElementsAre("lwip"));
  const SbomComponent& lwip = sbom.components[1];
  EXPECT_EQ(lwip.supplier, "lwIP developers");
  EXPECT_EQ(lwip.purl, "pkg:generic/lwip@2.1.3");
  EXPECT_EQ(lwip.hashes.at(0).value, "abcdef");
  EXPECT_THAT(lwip.licences, ElementsAre("BSD-3-Clause"));
  EXPECT_THAT(lwip.patches.at(0).resolves, ElementsAre("CVE-2020-8597"));
  EXPECT_EQ(lwip.end_of_support, "2027-06-30");
  EXPECT_EQ(lwip.support_level, "actively-maintained");
  EXPECT_EQ(lwip.properties.at("vendor:note"), "x");
  EXPECT_TRUE(lwip.dependencies_known);
  EXPECT_TRUE(lwip.depends_on.empty());
  EXPECT_EQ(sbom.components[2].parent, "lwip");
  EXPECT_FALSE(sbom.components[3].dependencies_known);
  EXPECT_FALSE(sbom.components[3].id.empty());
}

TEST(SbomReader, SpdxSaysTheSame) {
  const Sbom sbom = Parse(kSpdx);
  EXPECT_EQ(sbom.format + " " + sbom.spec_version, "SPDX 2.3");
  EXPECT_THAT(sbom.authors, ElementsAre("Example Medical"));
  EXPECT_THAT(sbom.tools, ElementsAre("syft-1.2"));
  EXPECT_EQ(sbom.subject, "SPDXRef-fw");
  ASSERT_THAT(sbom.components, SizeIs(2));
  EXPECT_EQ(sbom.components[0].supplier, "");
  EXPECT_EQ(sbom.components[0].type, "firmware");
  EXPECT_THAT(sbom.components[0].depends_on, ElementsAre("SPDXRef-lwip"));
  const SbomComponent& lwip = sbom.components[1];
  EXPECT_EQ(lwip.supplier, "lwIP developers");
  EXPECT_EQ(lwip.manufacturer, "Adam");
  EXPECT_EQ(lwip.purl, "pkg:generic/lwip@2.1.3");
  EXPECT_EQ(lwip.source_revision, "2c4f");
  EXPECT_EQ(lwip.hashes.at(0).algorithm + lwip.hashes.at(0).value, "SHA-256abcdef");
  EXPECT_THAT(lwip.licences, ElementsAre("BSD-3-Clause"));
  EXPECT_EQ(lwip.end_of_support, "2027-06-30T00:00:00Z");
  EXPECT_EQ(lwip.support_level, "actively maintained");
  EXPECT_TRUE(lwip.dependencies_known);
}

TEST(SbomReader, SpdxTagsSayTheSame) {
  const Sbom sbom = Parse(kTags);
  EXPECT_THAT(sbom.authors, ElementsAre("Example Medical"));
  EXPECT_EQ(sbom.subject, "SPDXRef-fw");
  ASSERT_THAT(sbom.components, SizeIs(2));
  EXPECT_THAT(sbom.components[0].depends_on, ElementsAre("SPDXRef-lwip"));
  const SbomComponent& lwip = sbom.components[1];
  EXPECT_EQ(lwip.description, "two\nlines");
  EXPECT_EQ(lwip.hashes.at(0).value, "abcdef");
  EXPECT_EQ(lwip.purl, "pkg:generic/lwip@2.1.3");
  EXPECT_EQ(lwip.support_level, "actively maintained");
}

TEST(SbomReader, WhatIsWrittenIsReadAgain) {
  for (const char* text : {kCycloneDx, kSpdx}) {
    const Sbom first = Parse(text);
    const Sbom again = Parse(CycloneDxText(CycloneDxJson(first)));
    EXPECT_EQ(CycloneDxText(CycloneDxJson(again)), CycloneDxText(CycloneDxJson(first)));
    EXPECT_EQ(again.components.size(), first.components.size());
    EXPECT_EQ(again.components[1].end_of_support, first.components[1].end_of_support);
    EXPECT_EQ(again.components[1].support_level, first.components[1].support_level);
  }
}

TEST(SbomReader, AMistakeIsNamedWithLineAndPlace) {
  EXPECT_THAT(ErrorOf(Changed("/components/0/hashes", 7)),
              AllOf(HasSubstr("bom.json:"), HasSubstr("/components/0/hashes: must be a list")));
  EXPECT_EQ(ErrorOf("{\"bomFormat\": \"CycloneDX\",\n \"specVersion\": \"1.6\",\n"
                    " \"components\": [\n  {\"type\": \"file\", \"name\": 5}]}"),
            "bom.json:4: /components/0/name: must be a string");
  EXPECT_THAT(ErrorOf(Changed("/specVersion", "9.9")), HasSubstr("is not one of: 1.4, 1.5, 1.6"));
  EXPECT_THAT(ErrorOf(Changed("/components/1/bom-ref", "lwip")),
              HasSubstr("/components/1: another component has the id \"lwip\" too"));
  EXPECT_THAT(ErrorOf(Changed("/dependencies/1/dependsOn", {"gone"})),
              HasSubstr("/dependencies/1: names \"gone\", which is not there"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("is no bill of materials that percuss reads"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("not valid JSON"));
  EXPECT_EQ(ErrorOf("SPDXVersion: SPDX-2.3\nno tag\n"),
            "bom.json:2: \"no tag\" is no \"Tag: value\"");
  EXPECT_EQ(ErrorOf("SPDXVersion: SPDX-2.3\nDocumentName: <text>x\n\n"),
            "bom.json:2: a <text> that begins here has no </text>");
  EXPECT_EQ(ErrorOf("SPDXVersion: SPDX-2.3\nPackageName: x\n"),
            "bom.json: /packages/0/SPDXID: is required and must not be empty");
  EXPECT_EQ(ReadSbom("/nowhere/bom.json").error().code, common::ErrorCode::kNotFound);
}

// Every value of the document in turn becomes one of another type.
void Mutate(const common::Json& original, const common::Json& at, const std::string& pointer) {
  const common::Json wrong[] = {nullptr, 7, "text", common::Json::array({1}), {{"a", 1}}};
  for (const common::Json& value : wrong) {
    common::Json json = original;
    json[common::Json::json_pointer(pointer)] = value;
    const auto sbom = ParseSbom(common::JsonText(json), "bom.json");
    if (!sbom) {
      EXPECT_EQ(sbom.error().code, common::ErrorCode::kBadInput) << pointer;
      EXPECT_FALSE(sbom.error().message.empty());
    } else {
      // Whatever was read can be written, and read again.
      EXPECT_TRUE(ParseSbom(CycloneDxText(CycloneDxJson(*sbom)), "again")) << pointer;
      static_cast<void>(FindSbomGaps(*sbom));
    }
  }
  if (!at.is_structured()) return;
  for (const auto& [name, value] : at.items()) Mutate(original, value, pointer + "/" + name);
}

TEST(SbomReader, WrongTypesAreMistakesOrPassedOver) {
  for (const char* text : {kCycloneDx, kSpdx}) {
    const common::Json json = common::Json::parse(text);
    for (const auto& [name, value] : json.items()) Mutate(json, value, "/" + name);
  }
}

TEST(SbomReader, EveryTruncationIsRefusedOrRead) {
  for (const std::string text : {kCycloneDx, kSpdx, kTags}) {
    for (size_t size = 0; size < text.size(); ++size) {
      const auto sbom = ParseSbom(text.substr(0, size), "bom");
      if (text[0] == '{') {
        ASSERT_FALSE(sbom) << size;
      }
    }
  }
}

TEST(SbomReader, BombsAreRefused) {
  const std::string deep = R"({"bomFormat":"CycloneDX","specVersion":"1.6","components":)";
  EXPECT_THAT(ErrorOf(deep + std::string(100'000, '[')), HasSubstr("nested deeper than 64"));
  std::string nested;
  for (int i = 0; i < 40; ++i) nested += R"([{"type":"file","name":"x","components":)";
  EXPECT_THAT(ErrorOf(deep + nested), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(ErrorOf(std::string((size_t{64} << 20U) + 1, ' ')), HasSubstr("more than 64 MiB"));
  std::string many = deep + "[";
  for (int i = 0; i < 100'001; ++i) {
    many += i == 0 ? "" : ",";
    many += R"({"type":"file","name":"x"})";
  }
  EXPECT_THAT(ErrorOf(many + "]}"), HasSubstr("more than 100000 components"));
}

// Each part keeps the id of its whole, each relation its beginning: three megabytes took hundreds
// of gigabytes.
TEST(SbomReader, ALongIdThatIsMeantOftenIsRefused) {
  const std::string head = R"({"bomFormat":"CycloneDX","specVersion":"1.6",)";
  const std::string id(1'000'000, 'i');
  std::string parts;
  std::string names;
  for (int i = 0; i < 60'000; ++i) {
    parts += i == 0 ? "" : ",";
    parts += R"({"type":"file","name":"x"})";
    names += i == 0 ? "\"a\"" : ",\"a\"";
  }
  EXPECT_THAT(ErrorOf(head + R"("components":[{"type":"file","name":"x","bom-ref":")" + id +
                      R"(","components":[)" + parts + "]}]}"),
              HasSubstr("an id of more than 2048 bytes"));
  EXPECT_THAT(
      ErrorOf(head + R"("dependencies":[{"ref":")" + id + R"(","dependsOn":[)" + names + "]}]}"),
      HasSubstr("an id of more than 2048 bytes"));
}

TEST(SbomReader, PartsThatGoRoundInACircleAreWritten) {
  Sbom sbom = Parse(kCycloneDx);
  sbom.components[1].parent = "eap";
  const Sbom again = Parse(CycloneDxText(CycloneDxJson(sbom)));
  EXPECT_EQ(again.components.size(), sbom.components.size());
}

}  // namespace
}  // namespace percuss::reports
