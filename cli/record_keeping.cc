// SPDX-License-Identifier: Apache-2.0
#include "cli/record_keeping.h"

#include <fmt/format.h>

#include "common/hash.h"
#include "reports/envelope/visible_text.h"
#include "reports/verify/verify.h"

namespace percuss::cli {

using common::Result;

CLI::Option* AddRecordArguments(CLI::App& command, RecordArguments& arguments) {
  command.add_option("PACKAGE", arguments.package, "A package, as a zip")
      ->required()
      ->check(MustExist());
  return AddSignerArguments(command, arguments);
}

CLI::Option* AddSignerArguments(CLI::App& command, RecordArguments& arguments) {
  CLI::Option* records = command
                             .add_option("--records", arguments.records,
                                         "The file of records to add to; made when there is none")
                             ->required();
  command.add_option("--name", arguments.name, "Who says so")->required()->transform(SaidText());
  command.add_option("--role", arguments.role, "In which role")->required()->transform(SaidText());
  command
      .add_option("--key", arguments.key,
                  std::string(kSigningKeyHelp) + " (default: that of percuss key new)")
      ->check(KeyMustExist());
  return records;
}

CLI::Validator SaidText() {
  return CLI::Validator(
      [](std::string& text) {
        text = reports::Trimmed(text);
        return reports::SaidTextObjection(text);
      },
      "");
}

Result<SealedPackageFile> OpenSealed(const std::filesystem::path& package) {
  const auto verified = reports::VerifyPackage(package, std::nullopt);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!verified->sealed) {
    const auto& problem = verified->problems.front();
    return common::Fail(common::ErrorCode::kCorrupt,
                        fmt::format("the seal is broken ({}: {}): nothing is recorded of it",
                                    problem.path, problem.what),
                        package);
  }
  auto reader = reports::PackageReader::Open(package);
  if (!reader) return tl::make_unexpected(reader.error());
  if (reader->IsFolder()) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "is a folder: a record names a package by the digest of its zip", package);
  }
  auto record = reports::ReadRunRecord(*reader);
  if (!record) return tl::make_unexpected(record.error());
  auto sha256 = common::Sha256FileHex(package);
  if (!sha256) return tl::make_unexpected(sha256.error());
  return SealedPackageFile{std::move(*reader), std::move(*record), verified->package_id,
                           std::move(*sha256)};
}

Result<std::shared_ptr<const reports::Signer>> SignerFor(const RecordArguments& arguments) {
  auto key = LoadSigner(arguments.key);
  if (key && *key == nullptr) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "a record must be signed, and there is no key: name one with --key FILE, "
                        "or make the default one with percuss key new");
  }
  return key;
}

Result<reports::RecordChain> RecordsSoFar(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return reports::RecordChain();
  return reports::ReadRecords(file, {});
}

Result<reports::Record> Append(const RecordArguments& arguments, reports::RecordDraft draft) {
  const auto key = SignerFor(arguments);
  if (!key) return tl::make_unexpected(key.error());
  draft.name = arguments.name;
  draft.role = arguments.role;
  return reports::AppendRecord(arguments.records, draft, **key);
}

void ShowRecord(const RecordArguments& arguments, const reports::Record& record,
                CommandContext& context) {
  if (context.json) {
    PrintJson(reports::RecordChainJson({{record}, {}, {}}).at("records").at(0));
  } else if (!context.quiet) {
    fmt::print("record {} of {}: {}\nSHA-256: {}\n", record.sequence, arguments.records,
               record.said.kind, record.sha256);
  }
}

void KeepRecord(const RecordArguments& arguments, const reports::RecordDraft& draft,
                CommandContext& context) {
  const auto record = Append(arguments, draft);
  if (!record) return ReportError(record.error(), context);
  ShowRecord(arguments, *record, context);
}

void Keep(const RecordArguments& arguments, const SealedPackageFile& package,
          const std::string& kind, const common::Json& body, CommandContext& context) {
  KeepRecord(arguments, {kind, "", "", package.id, package.sha256, body}, context);
}

}  // namespace percuss::cli
