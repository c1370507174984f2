// SPDX-License-Identifier: Apache-2.0
#include "reports/export/registry.h"

#include <array>

#include "reports/export/csaf.h"
#include "reports/export/csv.h"
#include "reports/export/cyclonedx.h"
#include "reports/export/doorstop.h"
#include "reports/export/intoto.h"
#include "reports/export/junit.h"
#include "reports/export/markdown.h"
#include "reports/export/openvex.h"
#include "reports/export/oscal.h"
#include "reports/export/osv.h"
#include "reports/export/reqif.h"
#include "reports/export/sarif.h"

namespace percuss::reports {
namespace {

constexpr std::array<ExportFormat, 12> kFormats = {{
    {"md", ".md", "summary in Markdown", &WriteMarkdown},
    {"junit", ".junit.xml", "JUnit XML, a suite per target", &WriteJunit},
    {"sarif", ".sarif", "SARIF 2.1.0, a result per finding", &WriteSarif},
    {"csv", ".csv", "CSV, a row per target, finding, negative result and criterion", &WriteCsv},
    {"doorstop", ".yml", "Doorstop YAML, an item per row of csv", &WriteDoorstop},
    {"reqif", ".reqif", "ReqIF 1.2, an object per row of csv, with their relations", &WriteReqif},
    {"oscal", ".oscal.json", "OSCAL assessment results 1.0.6", &WriteOscal},
    {"intoto", ".intoto.jsonl", "in-toto test-result v0.1 and SVR v0.1, a statement a line",
     &WriteIntoto},
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
