// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.h"
#include "cli/record_keeping.h"

namespace percuss::cli {
namespace {

struct SignArguments {
  RecordArguments record;
  std::string meaning;
};

}  // namespace

void AddSignCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<SignArguments>();
  CLI::App* command =
      AddCommand(app, context, "sign",
                 "Record a person's signature under a package, with what it means (21 CFR 11.50: "
                 "name, time, meaning)",
                 "percuss sign out/nightly.zip --meaning approval --name \"Ada Smith\" --role "
                 "\"quality assurance\" --records records.jsonl");
  AddRecordArguments(*command, arguments->record);
  command
      ->add_option("--meaning", arguments->meaning,
                   "What is signed for: review, approval, responsibility, authorship")
      ->required();
  command->callback([arguments, &context] {
    const auto package = OpenSealed(arguments->record.package);
    if (!package) return ReportError(package.error(), context);
    Keep(arguments->record, *package, "signature",
         {{"meaning", arguments->meaning}, {"verdict", package->record.verdict}}, context);
  });
}

}  // namespace percuss::cli
