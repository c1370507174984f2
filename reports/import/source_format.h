// SPDX-License-Identifier: Apache-2.0
//
// The formats that are imported, an explicit table: a reader of each, and the names that it has for
// what our entries have too.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "reports/import/import_map.h"
#include "reports/import/source_items.h"

namespace percuss::reports {

struct SourceFormat {
  std::string_view name;
  std::string_view description;
  // Whether a source of that name, or a folder, is of this format as a rule.
  bool (*claims)(const std::filesystem::path& source);
  // `delimiter` is of CSV alone.
  common::Result<SourceItems> (*read)(const std::filesystem::path& source, char delimiter);
  FormatNames (*names)(const ImportKind& kind);
};

[[nodiscard]] std::span<const SourceFormat> SourceFormats();
// By its name, or what claims the source when `name` is empty. kBadInput when there is none.
[[nodiscard]] common::Result<const SourceFormat*> FindSourceFormat(
    const std::string& name, const std::filesystem::path& source);

}  // namespace percuss::reports
