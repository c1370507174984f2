// SPDX-License-Identifier: Apache-2.0
//
// What the sub-commands that add a record share: whose it is, where it goes, and the package that
// it is about.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/signer.h"
#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/evidence/package_reader.h"
#include "reports/records/record_chain.h"

namespace percuss::cli {

struct RecordArguments {
  std::string package;
  std::string records;
  std::string key;  // empty: the default key
  std::string name;
  std::string role;
};

// PACKAGE, --records, --key, --name and --role; the arguments outlive the app. The option
// --records, which is required.
CLI::Option* AddRecordArguments(CLI::App& command, RecordArguments& arguments);
// The same without PACKAGE.
CLI::Option* AddSignerArguments(CLI::App& command, RecordArguments& arguments);

// For a text that a person signs for: trims it, and refuses what is empty or cannot be seen. To be
// used as a transformation.
CLI::Validator SaidText();

struct SealedPackageFile {
  reports::PackageReader reader;
  common::RunRecord record;
  std::string id;
  std::string sha256;
};

// A zip with an intact seal; anything else is an error.
[[nodiscard]] common::Result<SealedPackageFile> OpenSealed(const std::filesystem::path& package);

// That of --key, else the default one; kBadInput when there is none.
[[nodiscard]] common::Result<std::shared_ptr<const reports::Signer>> SignerFor(
    const RecordArguments& arguments);

// What a file of records has said so far, whoever signed: whose word counts is asked by who reads
// it. None where there is no file yet.
[[nodiscard]] common::Result<reports::RecordChain> RecordsSoFar(const std::string& file);

// Signs the draft in the name and role of the arguments, and appends it.
[[nodiscard]] common::Result<reports::Record> Append(const RecordArguments& arguments,
                                                     reports::RecordDraft draft);
void ShowRecord(const RecordArguments& arguments, const reports::Record& record,
                CommandContext& context);

// Signs and appends; prints the record.
void KeepRecord(const RecordArguments& arguments, const reports::RecordDraft& draft,
                CommandContext& context);

// The same for a package, by whoever the arguments name.
void Keep(const RecordArguments& arguments, const SealedPackageFile& package,
          const std::string& kind, const common::Json& body, CommandContext& context);

}  // namespace percuss::cli
