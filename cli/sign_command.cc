// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/record_keeping.h"
#include "reports/envelope/countersignature.h"
#include "reports/records/signature.h"

namespace percuss::cli {
namespace {

struct SignArguments {
  RecordArguments record;
  std::string meaning;
  bool beside = false;
};

// The digest that was signed is in the line itself.
void SignBeside(const SignArguments& arguments, const SealedPackageFile& package,
                CommandContext& context) {
  const auto key = SignerFor(arguments.record);
  if (!key) return ReportError(key.error(), context);
  const std::filesystem::path zip = arguments.record.package;
  const auto file = reports::CountersignatureFile(zip);
  reports::Countersignature what;
  what.package_name = zip.filename().string();
  what.package_sha256 = package.sha256;
  what.package_id = package.id;
  what.name = arguments.record.name;
  what.role = arguments.record.role;
  what.meaning = arguments.meaning;
  const auto added = reports::AddCountersignature(file, what, **key);
  if (!added) return ReportError(added.error(), context);
  if (context.json) {
    PrintJson({{"file", file.string()},
               {"key_id", added->key.Id()},
               {"name", added->name},
               {"role", added->role},
               {"meaning", added->meaning},
               {"time", added->time},
               {"package", {{"id", package.id}, {"sha256", package.sha256}}}});
  } else if (!context.quiet) {
    fmt::print("{}: signed by {} at {}\n", file.string(), added->key.Id(), added->time);
  }
}

}  // namespace

void AddSignCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<SignArguments>();
  CLI::App* command =
      AddCommand(app, context, "sign",
                 "Record a person's signature under a package, with what it means (21 CFR 11.50: "
                 "name, time, meaning)",
                 "percuss sign out/nightly.zip --meaning approval --name \"Ada Smith\" --role "
                 "\"quality assurance\" --records records.jsonl");
  CLI::Option* records = AddRecordArguments(*command, arguments->record)->required(false);
  CLI::Option* beside = command->add_flag(
      "--beside", arguments->beside,
      "Not into a file of records, but into PACKAGE.intoto.jsonl, where percuss verify finds it");
  beside->excludes(records);
  command
      ->add_option("--meaning", arguments->meaning,
                   "What is signed for: review, approval, responsibility, authorship")
      ->required()
      ->check(CLI::IsMember(reports::SignatureMeanings()));
  command->callback([arguments, &context] {
    if (arguments->record.records.empty() && !arguments->beside) {
      return ReportError({common::ErrorCode::kBadInput, "give --records FILE, or --beside", "", 0},
                         context);
    }
    const auto package = OpenSealed(arguments->record.package);
    if (!package) return ReportError(package.error(), context);
    if (arguments->beside) return SignBeside(*arguments, *package, context);
    Keep(arguments->record, *package, "signature",
         {{"meaning", arguments->meaning}, {"verdict", package->record.verdict}}, context);
  });
}

}  // namespace percuss::cli
