// SPDX-License-Identifier: Apache-2.0
//
// From a run's record and its staging folder to the sealed package and its page, and what is said
// of them: what the commands share that end with a package.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "cli/commands.h"
#include "common/model/run_record.h"
#include "common/model/sbom.h"
#include "common/result.h"
#include "reports/evidence/package.h"
#include "reports/sbom/package_sbom.h"
#include "reports/validation/named_documents.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::cli {

struct RunOutcome {
  common::RunRecord record;
  reports::SealedPackage package;
  std::string package_sha256;
  std::filesystem::path report;
};

struct SealArguments {
  std::filesystem::path out;
  std::shared_ptr<const reports::Signer> key;
  std::vector<common::BuildFacts> built;
  std::vector<reports::UsersSbom> sboms;
  reports::ValidationTexts validation;
  reports::CarriedDocuments documents;
};

// The bills of materials that the user names for the device and for targets. Read before anything
// runs: a mistake in one should not wait for the end.
[[nodiscard]] common::Result<std::vector<reports::UsersSbom>> ReadSboms(
    const campaign::CampaignSpec& spec);

// That the emulators know the machines of the targets' boards; before anything runs.
[[nodiscard]] common::Status CheckBoards(const campaign::CampaignSpec& spec);

// <out>/<name>.zip and <out>/<name>.html; the name is the campaign's.
[[nodiscard]] common::Result<RunOutcome> Seal(common::RunRecord record, SealArguments arguments);

// The document of --json, or the lines for a person; the exit code is the verdict's, or the
// error's.
void ShowOutcome(const common::Result<RunOutcome>& outcome, CommandContext& context);

}  // namespace percuss::cli
