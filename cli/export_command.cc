// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "cli/commands.h"
#include "common/fs.h"
#include "reports/import/entry_export.h"
#include "reports/import/entry_import.h"

namespace percuss::cli {
namespace {

struct ExportArguments {
  std::string kind;
  std::string folder;
  std::string format = "csv";
  std::string out;
};

common::Result<size_t> WriteFiles(const ExportArguments& arguments) {
  const reports::ImportKind* kind = reports::FindImportKind(arguments.kind);
  if (kind == nullptr) {
    std::vector<std::string> names;
    for (const reports::ImportKind& other : reports::ImportKinds()) names.emplace_back(other.name);
    return common::Fail(common::ErrorCode::kBadInput,
                        fmt::format("there is no \"{}\" to export; there are: {}", arguments.kind,
                                    fmt::join(names, ", ")));
  }
  const auto files = reports::ExportEntries(*kind, arguments.folder, arguments.format);
  if (!files) return tl::make_unexpected(files.error());
  for (const reports::ExportedFile& file : *files) {
    std::filesystem::path path = arguments.out;
    if (!file.path.empty()) {
      if (auto made = common::MakeFolder(path); !made) return tl::make_unexpected(made.error());
      path /= file.path;
    }
    if (auto written = common::WriteFileAtomically(path, file.text); !written) {
      return tl::make_unexpected(written.error());
    }
  }
  return files->size();
}

void Export(const ExportArguments& arguments, CommandContext& context) {
  const auto written = WriteFiles(arguments);
  if (!written) return ReportError(written.error(), context);
  if (context.json) {
    PrintJson({{"kind", arguments.kind},
               {"format", arguments.format},
               {"file", arguments.out},
               {"files", *written}});
  }
}

}  // namespace

void AddExportCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = AddCommand(
      app, context, "export",
      "Write entries of the validation files for another tool; percuss import reads them back",
      "percuss export requirements validation --format csv -o requirements.csv\n"
      "  percuss export controls validation --format doorstop -o controls/");
  command->add_option("KIND", arguments->kind, "As of percuss import: requirements, threats, ...")
      ->required();
  command->add_option("DIR", arguments->folder, "Folder of validation files")
      ->required()
      ->check(MustExist());
  command
      ->add_option("--format", arguments->format,
                   fmt::format("One of: {}", fmt::join(reports::ImportFormats(), ", ")))
      ->check(CLI::IsMember(reports::ImportFormats()))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->out, "The file to write; of doorstop, the folder")
      ->required();
  command->callback([arguments, &context] { Export(*arguments, context); });
}

}  // namespace percuss::cli
