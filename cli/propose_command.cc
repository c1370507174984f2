// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/device_arguments.h"
#include "cli/record_keeping.h"
#include "common/words.h"
#include "reports/records/sound_records.h"
#include "reports/validation/risk_proposals.h"

namespace percuss::cli {
namespace {

using common::ErrorCode;
using common::Result;

struct ProposeArguments {
  RecordArguments record;
  std::string folder;
};

struct DecideArguments {
  RecordArguments record;
  int64_t proposal = 0;
  std::string decision;
  std::string rationale;
};

// No records yet are none; broken ones are an error.
Result<reports::RecordChain> ChainOf(const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return reports::RecordChain();
  return reports::ReadSoundRecords({file}, {});
}

Result<std::vector<reports::RiskProposal>> NewProposals(const ProposeArguments& arguments) {
  DeviceArguments device;
  device.folder = arguments.folder;
  device.packages = {arguments.record.package};
  const auto chain = ChainOf(arguments.record.records);
  if (!chain) return tl::make_unexpected(chain.error());
  if (!chain->records.empty()) device.records.files = {arguments.record.records};
  const auto evidence = ReadDevice(device);
  if (!evidence) return tl::make_unexpected(evidence.error());
  auto proposals = reports::ProposeRiskChanges(evidence->files, evidence->trace);
  const auto known = reports::ProposalsOf(*chain);
  std::erase_if(proposals, [&](const reports::RiskProposal& proposal) {
    return reports::IsProposed(known, proposal);
  });
  return proposals;
}

void Propose(const ProposeArguments& arguments, CommandContext& context) {
  const auto package = OpenSealed(arguments.record.package);
  if (!package) return ReportError(package.error(), context);
  const auto proposals = NewProposals(arguments);
  if (!proposals) return ReportError(proposals.error(), context);
  common::Json records = common::Json::array();
  for (const auto& proposal : *proposals) {
    const auto record = Append(arguments.record, {"proposal", "", "", package->id, package->sha256,
                                                  reports::ProposalBody(proposal)});
    if (!record) return ReportError(record.error(), context);
    records.push_back({{"sequence", record->sequence},
                       {"sha256", record->sha256},
                       {"proposal", record->said.body}});
    if (context.json || context.quiet) continue;
    fmt::print("proposal {}: {} {}: {}\n", record->sequence, proposal.change,
               proposal.risk.empty()
                   ? "for " + proposal.finding
                   : fmt::format("of {} from {} to {}", proposal.risk, proposal.from, proposal.to),
               proposal.why);
  }
  if (context.json) return PrintJson({{"proposals", records}});
  if (!context.quiet)
    fmt::print("{}; percuss decide answers each\n",
               common::Counted(static_cast<int64_t>(records.size()), "proposal"));
}

void Decide(const DecideArguments& arguments, CommandContext& context) {
  const auto chain = ChainOf(arguments.record.records);
  if (!chain) return ReportError(chain.error(), context);
  const auto proposals = reports::ProposalsOf(*chain);
  const auto at = std::find_if(proposals.begin(), proposals.end(),
                               [&](const reports::RecordedProposal& proposal) {
                                 return proposal.sequence == arguments.proposal;
                               });
  if (at == proposals.end()) {
    return ReportError(
        {ErrorCode::kBadInput, fmt::format("record {} is no proposal", arguments.proposal),
         arguments.record.records},
        context);
  }
  if (arguments.rationale.empty()) {
    return ReportError({ErrorCode::kBadInput, "a decision needs a rationale", ""}, context);
  }
  const auto record = Append(arguments.record, {"proposal_decision",
                                                "",
                                                "",
                                                at->package_id,
                                                at->package_sha256,
                                                {{"proposal", at->sha256},
                                                 {"decision", arguments.decision},
                                                 {"rationale", arguments.rationale}}});
  if (!record) return ReportError(record.error(), context);
  ShowRecord(arguments.record, *record, context);
}

}  // namespace

void AddProposeCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<ProposeArguments>();
  CLI::App* command = AddCommand(
      app, context, "propose",
      "Propose what a package's findings mean for risks.json, as signed records to accept or\n"
      "refuse (percuss decide): a new hazard, or a higher exploitability. risks.json stays as it "
      "is",
      "percuss propose docs/example-device out/nightly.zip --name \"Ada Smith\" --role \"risk "
      "manager\" --records records.jsonl");
  command->add_option("DIR", arguments->folder, "Folder of validation files")
      ->required()
      ->check(MustExist());
  AddRecordArguments(*command, arguments->record);
  command->callback([arguments, &context] { Propose(*arguments, context); });
}

void AddDecideCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<DecideArguments>();
  CLI::App* command = AddCommand(
      app, context, "decide", "Accept or refuse a proposal, signed and for good",
      "percuss decide --records records.jsonl --proposal 3 --decision accepted --rationale "
      "\"S-05 is medium now\" --name \"Ada Smith\" --role \"risk manager\"");
  AddSignerArguments(*command, arguments->record);
  command->add_option("--proposal", arguments->proposal, "Number of its record")->required();
  command->add_option("--decision", arguments->decision, "accepted or refused")
      ->required()
      ->check(CLI::IsMember({"accepted", "refused"}));
  command->add_option("--rationale", arguments->rationale, "Why")->required();
  command->callback([arguments, &context] { Decide(*arguments, context); });
}

}  // namespace percuss::cli
