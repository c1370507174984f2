// SPDX-License-Identifier: Apache-2.0
//
// What was tested is made of this: the components of the package's bill of materials, and what is
// missing from it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/export/text.h"
#include "reports/html/page_parts.h"
#include "reports/html/templates.h"
#include "reports/sbom/sbom.h"

namespace percuss::reports {
namespace {

// "supplier 3, version 1": how many components lack what.
std::string GapsText(const std::vector<SbomGap>& gaps) {
  std::map<std::string, int64_t> count;
  for (const SbomGap& gap : gaps) ++count[gap.field];
  std::string text;
  for (const auto& [field, number] : count) {
    std::string words = field;
    std::replace(words.begin(), words.end(), '_', ' ');
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", words, CountText(number));
  }
  return text.empty() ? "nothing" : text;
}

std::string Support(const SbomComponent& component) {
  if (component.end_of_support.empty()) {
    return component.support_level.empty() ? "not stated" : component.support_level;
  }
  const char* separator = component.support_level.empty() ? "until " : ", until ";
  return component.support_level + separator + component.end_of_support;
}

std::string Digest(const SbomComponent& component) {
  for (const SbomHash& hash : component.hashes) {
    if (hash.algorithm == "SHA-256") return hash.value;
  }
  if (!component.hashes.empty()) {
    return component.hashes.front().algorithm + " " + component.hashes.front().value;
  }
  const auto files = std::count_if(
      component.properties.begin(), component.properties.end(),
      [](const auto& property) { return property.first.starts_with("percuss:linked_file:"); });
  return files == 0 ? "" : fmt::format("of {} files: see sbom.cdx.json", files);
}

Table ComponentTable(const Sbom& sbom, size_t most) {
  Table table{"Components",
              {{"Component", false},
               {"Version", false},
               {"Supplier", false},
               {"Support", false},
               {"SHA-256", false}},
              {},
              ""};
  for (const SbomComponent& component : sbom.components) {
    if (table.rows.size() == most) {
      table.note =
          fmt::format("{} more components are left out of this table. All {} are in sbom.cdx.json.",
                      CountText(static_cast<int64_t>(sbom.components.size() - most)),
                      CountText(static_cast<int64_t>(sbom.components.size())));
      break;
    }
    const std::string& supplier =
        component.supplier.empty() ? component.manufacturer : component.supplier;
    table.rows.push_back({{component.name, "", ""},
                          {component.version.empty() ? "not stated" : component.version, "", ""},
                          {supplier.empty() ? "not stated" : supplier, "", ""},
                          {Support(component), "", ""},
                          {Digest(component), "mono digest", ""}});
  }
  return table;
}

Table GivenTable(const common::SbomSection& section) {
  Table table{"Bills of materials that the campaign's author gave",
              {{"Of", false}, {"Format", false}, {"File", false}, {"SHA-256", false}},
              {},
              ""};
  for (const common::GivenSbom& given : section.given) {
    table.rows.push_back({{given.target.empty() ? "the device" : given.target, "", ""},
                          {given.format + " " + given.spec_version, "", ""},
                          {given.path, "mono", ""},
                          {given.sha256, "mono digest", ""}});
  }
  return table;
}

}  // namespace

std::string SbomChapter(Renderer& renderer, const common::RunRecord& record,
                        const HtmlOptions& options) {
  const common::SbomSection& section = record.sbom;
  Data data;
  data["present"] = section.present;
  data["absent"] = section.absent_reason.empty()
                       ? std::string("The package holds no bill of materials.")
                       : section.absent_reason;
  const Sbom& sbom = options.package.sbom;
  data["facts"] =
      FactsData({{"File", section.path},
                 {"SHA-256", section.sha256},
                 {"Format", section.format + " " + section.spec_version},
                 {"Components", CountText(section.components)},
                 {"Missing fields",
                  sbom.format.empty() ? CountText(section.gaps) : GapsText(FindSbomGaps(sbom))}});
  data["given"] = renderer.TableHtml(GivenTable(section));
  data["components"] = renderer.TableHtml(ComponentTable(sbom, options.max_component_rows));
  return renderer.Fill(kSbomTemplate, data);
}

}  // namespace percuss::reports
