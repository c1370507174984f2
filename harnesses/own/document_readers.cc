// SPDX-License-Identifier: Apache-2.0
#include "harnesses/own/input_files.h"
#include "harnesses/own/readers.h"
#include "reports/import/import_map.h"
#include "reports/import/source_items.h"
#include "reports/monitor/feed.h"
#include "reports/sbom/sbom.h"
#include "reports/validation/validation_files.h"

namespace percuss::own {
namespace {

bool Whole(const common::Result<reports::SourceItems>& source) {
  return source && source->problems.empty();
}

bool IsZip(std::string_view bytes) { return bytes.starts_with("PK"); }

}  // namespace

bool ValidationFiles(std::string_view bytes) {
  const auto parts = Parts(bytes);
  size_t number = 0;
  for (const char* kind : reports::kValidationKinds) {
    const std::string name = std::string(kind) + ".json";
    const std::string_view text = number < parts.size() ? parts[number] : "";
    ++number;
    if (text.empty()) {
      RemoveFile(name);
    } else {
      PutFile(name, text);
    }
  }
  const auto loaded = reports::LoadValidation(InputFolder());
  return loaded && loaded->problems.empty();
}

bool BillOfMaterials(std::string_view bytes) {
  const auto sbom = reports::ParseSbom(std::string(bytes), "sbom");
  if (!sbom) return false;
  static_cast<void>(reports::FindSbomGaps(*sbom));
  return true;
}

bool AdvisoryFeed(std::string_view bytes) {
  return reports::ReadFeed(PutFile(IsZip(bytes) ? "feed.zip" : "feed.json", bytes)).has_value();
}

bool Reqif(std::string_view bytes) {
  return Whole(
      reports::ReadReqifItems(PutFile(IsZip(bytes) ? "items.reqifz" : "items.reqif", bytes)));
}

bool ImportSource(std::string_view bytes) {
  if (bytes.empty()) return false;
  const char mode = bytes.front();
  bytes.remove_prefix(1);
  if (mode == 'C') return reports::ReadCsvItems(bytes, "items.csv", ',').problems.empty();
  if (mode == 'D') return Whole(reports::ReadDoorstopItems(PutFile("items.yml", bytes)));
  if (mode != 'M') return false;
  std::vector<reports::Problem> problems;
  for (const reports::ImportKind& kind : reports::ImportKinds()) {
    static_cast<void>(reports::ReadImportMap(bytes, "map.json", kind, problems));
  }
  return problems.empty();
}

}  // namespace percuss::own
