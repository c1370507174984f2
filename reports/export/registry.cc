// SPDX-License-Identifier: Apache-2.0
#include "reports/export/registry.h"

#include <array>

#include "reports/export/csaf.h"
#include "reports/export/cyclonedx.h"
#include "reports/export/junit.h"
#include "reports/export/markdown.h"
#include "reports/export/openvex.h"
#include "reports/export/osv.h"
#include "reports/export/sarif.h"

namespace percuss::reports {
namespace {

constexpr std::array<ExportFormat, 7> kFormats = {{
    {"md", ".md", "summary in Markdown", &WriteMarkdown},
    {"junit", ".junit.xml", "JUnit XML, a suite per target", &WriteJunit},
    {"sarif", ".sarif", "SARIF 2.1.0, a result per finding", &WriteSarif},
    {"cyclonedx", ".cdx.json", "CycloneDX 1.6: components, vulnerabilities, claims",
     &WriteCyclonedx},
    {"openvex", ".openvex.json", "OpenVEX 0.2.0, a statement per finding", &WriteOpenVex},
    {"csaf", ".csaf.json", "CSAF 2.0, VEX profile", &WriteCsaf},
    {"osv", ".osv.json", "OSV, a list of a record per finding", &WriteOsv},
}};

}  // namespace

std::span<const ExportFormat> ExportFormats() { return kFormats; }

const ExportFormat* FindExportFormat(std::string_view name) {
  for (const ExportFormat& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace percuss::reports
