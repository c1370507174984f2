// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "common/words.h"
#include "reports/export/text.h"
#include "reports/index/store.h"

namespace percuss::cli {
namespace {

void Index(const std::string& folder, CommandContext& context) {
  const auto store = reports::RebuildIndex(folder);
  if (!store) return ReportError(store.error(), context);
  if (!store->index_made) context.exit_code = kExitInfrastructure;  // its cause was logged
  if (context.json) {
    common::Json entries = common::Json::array();
    for (const auto& entry : store->entries) {
      entries.push_back({{"path", reports::VisibleText(entry.path)},
                         {"kind", reports::StoreKindName(entry.kind)},
                         {"sha256", entry.sha256},
                         {"package_id", reports::VisibleText(entry.package_id)},
                         {"started_at", reports::VisibleText(entry.started_at)},
                         {"verdict", entry.verdict},
                         {"software_version", reports::VisibleText(entry.software_version)}});
    }
    return PrintJson({{"index", reports::kIndexName}, {"entries", entries}});
  }
  if (context.quiet) return;
  for (const auto& entry : store->entries) {
    fmt::print("{}: {}{}{}\n", reports::VisibleText(entry.path), reports::StoreKindName(entry.kind),
               entry.package_id.empty() ? "" : " " + reports::VisibleText(entry.package_id),
               entry.verdict.empty() ? "" : ", " + entry.verdict);
  }
  fmt::print("{}, {} of records\n",
             common::Counted(static_cast<int64_t>(store->Packages().size()), "package"),
             common::Counted(static_cast<int64_t>(store->Records().size()), "file"));
}

}  // namespace

void AddIndexCommand(CLI::App& app, CommandContext& context) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = AddCommand(
      app, context, "index",
      "Make the index of a folder of packages and records anew: an SQLite file for your\n"
      "own queries, which can be deleted and is never believed",
      "percuss index evidence\n"
      "  sqlite3 evidence/percuss-index.sqlite \"SELECT path, verdict FROM entries\"");
  command->add_option("DIR", *folder, "The folder")->required()->check(MustExist());
  command->callback([folder, &context] { Index(*folder, context); });
}

}  // namespace percuss::cli
