// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

#include "cli/commands.h"
#include "reports/envelope/key.h"
#include "reports/records/record_chain.h"
#include "reports/records/record_trust.h"

namespace percuss::cli {
namespace {

struct HistoryArguments {
  std::string records;
  std::vector<std::string> keys;
  std::string finding;
  std::string trust;
  std::string tsa_ca;
};

std::string InWords(const reports::RecordDraft& said) {
  const common::Json& body = said.body;
  if (said.kind == "disposition") {
    return fmt::format("{} is {}: {}", reports::BodyText(body, "finding"),
                       reports::BodyText(body, "status"), reports::BodyText(body, "rationale"));
  }
  if (said.kind == "attachment") {
    return fmt::format("package {} belongs to {}", said.package_id,
                       reports::BodyText(body, "validation_record"));
  }
  if (said.kind == "signature") {
    return fmt::format("package {} signed: {}", said.package_id,
                       reports::BodyText(body, "meaning"));
  }
  if (said.kind == "proposal") {
    return fmt::format("{} proposes {} {}: {}", reports::BodyText(body, "finding"),
                       reports::BodyText(body, "change"), reports::BodyText(body, "risk"),
                       reports::BodyText(body, "why"));
  }
  if (said.kind == "proposal_decision") {
    return fmt::format("proposal {} {}: {}", reports::BodyText(body, "proposal"),
                       reports::BodyText(body, "decision"), reports::BodyText(body, "rationale"));
  }
  return said.kind;
}

void Show(const HistoryArguments& arguments, CommandContext& context) {
  std::vector<reports::PublicKey> trusted;
  for (const std::string& file : arguments.keys) {
    const auto key = reports::LoadVerificationKey(file);
    if (!key) return ReportError(key.error(), context);
    trusted.push_back(*key);
  }
  std::optional<reports::TrustFile> trust;
  if (!arguments.trust.empty()) {
    auto loaded = reports::TrustFile::Load(arguments.trust);
    if (!loaded) return ReportError(loaded.error(), context);
    for (const auto& known : loaded->Keys()) trusted.push_back(known.key);
    trust = std::move(*loaded);
  }
  auto chain = reports::ReadRecords(arguments.records, trusted);
  if (!chain) return ReportError(chain.error(), context);
  std::optional<std::filesystem::path> tsa_ca;
  if (!arguments.tsa_ca.empty()) tsa_ca = arguments.tsa_ca;
  if (chain->problems.empty()) {
    const auto checked = reports::CheckRecordTrust(arguments.records, trust, tsa_ca, *chain);
    if (!checked) return ReportError(checked.error(), context);
  }
  context.exit_code = chain->problems.empty() ? kExitPass : kExitFail;
  const std::string head = chain->records.empty() ? "none" : chain->records.back().sha256;
  if (!arguments.finding.empty()) {
    std::erase_if(chain->records, [&](const reports::Record& record) {
      return reports::BodyText(record.said.body, "finding") != arguments.finding;
    });
  }
  if (context.json) {
    common::Json json = reports::RecordChainJson(*chain);
    json["head"] = head;
    return PrintJson(json);
  }
  for (const reports::Record& record : chain->records) {
    fmt::print("{} {} {} ({}), key {}\n  {}\n", record.sequence, record.at, record.said.name,
               record.said.role, record.key_id, InWords(record.said));
  }
  for (const auto& problem : chain->problems) {
    fmt::print(stderr, "percuss: {}{}: {}\n", arguments.records,
               problem.line == 0 ? ".head" : fmt::format(":{}", problem.line), problem.what);
  }
  for (const auto& stamp : chain->time_stamps) {
    if (!stamp.objection.empty()) continue;
    fmt::print("time stamp: {} by {} ({}){}\n", stamp.stamp.time, stamp.stamp.authority, stamp.file,
               stamp.verified ? "" : ", not verified");
  }
  for (const auto& note : chain->notes) fmt::print("note: {}\n", note);
  fmt::print("{}: {}; the last record's SHA-256: {}\n", arguments.records,
             chain->problems.empty() ? "whole" : "BROKEN", head);
}

}  // namespace

void AddHistoryCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<HistoryArguments>();
  CLI::App* command =
      AddCommand(app, context, "history",
                 "Check a file of records and show who said what, and when. Exit 0 whole, 2 broken",
                 "percuss history records.jsonl --key ada.pub --key ben.pub");
  command->add_option("RECORDS", arguments->records, "The file of records")
      ->required()
      ->check(MustExist());
  command
      ->add_option("--key", arguments->keys,
                   "Public key of somebody who may sign; may be repeated. Without one the records "
                   "prove that nothing changed, not who signed")
      ->allow_extra_args(false)
      ->check(MustExist());
  command
      ->add_option("--trust", arguments->trust,
                   "Trust file: every record must be signed by a key of it, in that key's time")
      ->check(MustExist());
  command
      ->add_option("--tsa-ca", arguments->tsa_ca,
                   "CA certificates (PEM) of the authority whose time stamp must be there")
      ->check(MustExist());
  command->add_option("--finding", arguments->finding, "Only what was said of this one");
  command->callback([arguments, &context] { Show(*arguments, context); });
}

}  // namespace percuss::cli
