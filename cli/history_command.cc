// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

#include "cli/commands.h"
#include "reports/envelope/key.h"
#include "reports/envelope/visible_text.h"
#include "reports/records/record_chain.h"
#include "reports/records/record_trust.h"
#include "reports/records/severity.h"

namespace percuss::cli {
namespace {

struct HistoryArguments {
  std::string records;
  std::vector<std::string> keys;
  std::string finding;
  std::string trust;
  std::string tsa_ca;
};

using common::Json;
using reports::BodyText;
using reports::VisibleLine;

std::string Text(const Json& body, const char* name) { return VisibleLine(BodyText(body, name)); }

// A number of a body; 0 when it is none.
int64_t Number(const Json& body, const char* name) {
  const auto it = body.is_object() ? body.find(name) : body.end();
  return it != body.end() && it->is_number_integer() ? it->get<int64_t>() : 0;
}

// The texts of a list, with a comma between.
std::string Listed(const Json& body, const char* name) {
  std::string list;
  const auto it = body.is_object() ? body.find(name) : body.end();
  if (it == body.end() || !it->is_array()) return list;
  for (const Json& text : *it) {
    if (!text.is_string()) continue;
    list += (list.empty() ? "" : ", ") + VisibleLine(text.get<std::string>());
  }
  return list;
}

std::string References(const Json& body) {
  const std::string list = Listed(body, "references");
  return list.empty() ? list : "; references " + list;
}

// What the finding's inputs did on another build.
std::string Retest(const Json& body) {
  const auto it = body.is_object() ? body.find("retest") : body.end();
  if (it == body.end()) return "";
  return fmt::format("; retested: {} inputs, {} runs each, no fault on the build with SHA-256 {}",
                     Number(*it, "inputs"), Number(*it, "runs"), Text(*it, "binary_sha256"));
}

// The number of the proposal that has the digest.
std::string ProposalNumber(const std::vector<reports::Record>& records, const std::string& sha256) {
  for (const reports::Record& record : records) {
    if (record.sha256 == sha256) return std::to_string(record.sequence);
  }
  return VisibleLine(sha256);
}

std::string InWords(const reports::RecordDraft& said, const std::vector<reports::Record>& records) {
  const Json& body = said.body;
  const std::string package = VisibleLine(said.package_id);
  if (said.kind == "disposition") {
    return fmt::format("{} of package {} is {}: {}{}{}", Text(body, "finding"), package,
                       Text(body, "status"), Text(body, "rationale"), References(body),
                       Retest(body));
  }
  if (said.kind == "cluster") {
    return fmt::format("{} of {} in package {}: {}", Text(body, "decision"),
                       Listed(body, "findings"), package, Text(body, "rationale"));
  }
  if (said.kind == "severity") {
    const auto read = reports::ReadSeverity(body);
    if (!read) return fmt::format("severity of package {} that cannot be read", package);
    const auto scores = reports::ScoreCvss(reports::CvssValuesOf(*read));
    return fmt::format("severity of {} in package {} is {}, {}: {}", VisibleLine(read->finding),
                       package, scores ? reports::ScoresText(*scores) : "not known",
                       reports::CvssVector(reports::CvssValuesOf(*read)).value_or(""),
                       VisibleLine(read->rationale));
  }
  if (said.kind == "attachment") {
    return fmt::format("package {} belongs to {}", package, Text(body, "validation_record"));
  }
  if (said.kind == "signature") {
    return fmt::format("package {} signed: {}", package, Text(body, "meaning"));
  }
  if (said.kind == "proposal") {
    return fmt::format("{} of package {} proposes {} {}: {}", Text(body, "finding"), package,
                       Text(body, "change"), Text(body, "risk"), Text(body, "why"));
  }
  if (said.kind == "proposal_decision") {
    return fmt::format("proposal {} {}: {}", ProposalNumber(records, BodyText(body, "proposal")),
                       Text(body, "decision"), Text(body, "rationale"));
  }
  if (said.kind == "assessment") {
    return fmt::format("{} in {} is {}: {}", Text(body, "vulnerability"), Text(body, "component"),
                       Text(body, "status"), Text(body, "rationale"));
  }
  return VisibleLine(said.kind);
}

common::Result<reports::RecordChain> ReadChecked(const HistoryArguments& arguments) {
  std::vector<reports::PublicKey> trusted;
  for (const std::string& file : arguments.keys) {
    const auto key = reports::LoadVerificationKey(file);
    if (!key) return tl::make_unexpected(key.error());
    trusted.push_back(*key);
  }
  std::optional<reports::TrustFile> trust;
  if (!arguments.trust.empty()) {
    auto loaded = reports::TrustFile::Load(arguments.trust);
    if (!loaded) return tl::make_unexpected(loaded.error());
    for (const auto& known : loaded->Keys()) trusted.push_back(known.key);
    trust = std::move(*loaded);
  }
  auto chain = reports::ReadRecords(arguments.records, trusted);
  if (!chain || !reports::IsWhole(*chain)) return chain;
  std::optional<std::filesystem::path> tsa_ca;
  if (!arguments.tsa_ca.empty()) tsa_ca = arguments.tsa_ca;
  const auto checked = reports::CheckRecordTrust(arguments.records, trust, tsa_ca, *chain);
  if (!checked) return tl::make_unexpected(checked.error());
  return chain;
}

// Of the whole file, whatever is shown of it.
std::string LastLine(const HistoryArguments& arguments, const reports::RecordChain& chain,
                     const std::string& head) {
  if (!reports::IsWhole(chain)) {
    return arguments.records + ": BROKEN; which record is the last cannot be told";
  }
  return fmt::format(
      "{}: {}; the last record's SHA-256: {}", arguments.records,
      chain.problems.empty() ? "whole" : "BROKEN: nothing is missing, but not all of it counts",
      head.empty() ? "none" : head);
}

void Print(const HistoryArguments& arguments, const reports::RecordChain& chain,
           const std::vector<reports::Record>& shown, const std::string& head) {
  for (const reports::Record& record : shown) {
    fmt::print("{} {} {} ({}), key {}{}\n  {}\n", record.sequence, VisibleLine(record.at),
               VisibleLine(record.said.name), VisibleLine(record.said.role), record.key_id,
               record.counts ? "" : ", WHICH DOES NOT COUNT", InWords(record.said, chain.records));
  }
  if (shown.empty() && !arguments.finding.empty()) {
    fmt::print("no record is of {}\n", VisibleLine(arguments.finding));
  }
  for (const auto& problem : chain.problems) {
    fmt::print("problem: {}{}: {}\n", arguments.records,
               problem.line == 0 ? ".head" : fmt::format(":{}", problem.line),
               VisibleLine(problem.what));
  }
  for (const auto& stamp : chain.time_stamps) {
    if (!stamp.objection.empty()) continue;
    fmt::print("time stamp: {} by {} ({}){}\n", stamp.stamp.time,
               VisibleLine(stamp.stamp.authority), stamp.file,
               stamp.verified ? "" : ", not verified");
  }
  for (const auto& note : chain.notes) fmt::print("note: {}\n", VisibleLine(note));
  fmt::print("{}\n", LastLine(arguments, chain, head));
}

void Show(const HistoryArguments& arguments, CommandContext& context) {
  auto chain = ReadChecked(arguments);
  if (!chain) return ReportError(chain.error(), context);
  context.exit_code = chain->problems.empty() ? kExitPass : kExitFail;
  const std::string head = reports::RecordChainJson(*chain).at("head").get<std::string>();
  std::vector<reports::Record> shown = chain->records;
  if (!arguments.finding.empty()) {
    std::erase_if(shown, [&](const reports::Record& record) {
      return BodyText(record.said.body, "finding") != arguments.finding;
    });
  }
  if (!context.json) return Print(arguments, *chain, shown, head);
  chain->records = std::move(shown);
  Json json = reports::RecordChainJson(*chain);
  json["head"] = head;
  PrintJson(json);
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
