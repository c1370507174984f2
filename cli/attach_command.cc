// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.h"
#include "cli/record_keeping.h"

namespace percuss::cli {
namespace {

struct AttachArguments {
  RecordArguments record;
  std::string to;
};

}  // namespace

void AddAttachCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<AttachArguments>();
  CLI::App* command =
      AddCommand(app, context, "attach",
                 "Record that a package belongs to a validation record, by id and digest",
                 "percuss attach out/nightly.zip --to VR-2026-014 --name \"Ada Smith\" --role "
                 "\"validation engineer\" --records records.jsonl");
  AddRecordArguments(*command, arguments->record);
  command->add_option("--to", arguments->to, "Id of the validation record")
      ->required()
      ->transform(SaidText());
  command->callback([arguments, &context] {
    const auto package = OpenSealed(arguments->record.package);
    if (!package) return ReportError(package.error(), context);
    Keep(arguments->record, *package, "attachment",
         {{"validation_record", arguments->to}, {"verdict", package->record.verdict}}, context);
  });
}

}  // namespace percuss::cli
