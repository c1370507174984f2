// SPDX-License-Identifier: Apache-2.0
#include "campaign/bisect/ledger.h"

#include "common/fs.h"

namespace percuss::campaign {

using common::Json;
using common::Result;

void to_json(Json& json, const RevisionEvidence& evidence) {
  json = {{"revision", evidence.revision}, {"question", evidence.question},
          {"verdict", evidence.verdict},   {"why", evidence.why},
          {"key", evidence.key},           {"input", evidence.minimised ? "minimised" : "original"},
          {"shown", evidence.shown},       {"runs", evidence.runs},
          {"build", evidence.build},       {"build_s", evidence.build_s},
          {"log", evidence.log},           {"binary_sha256", evidence.binary_sha256},
          {"faults", evidence.faults}};
}

void from_json(const Json& json, RevisionEvidence& evidence) {
  json.at("revision").get_to(evidence.revision);
  json.at("question").get_to(evidence.question);
  json.at("verdict").get_to(evidence.verdict);
  json.at("why").get_to(evidence.why);
  json.at("key").get_to(evidence.key);
  evidence.minimised = json.at("input").get<std::string>() == "minimised";
  json.at("shown").get_to(evidence.shown);
  json.at("runs").get_to(evidence.runs);
  json.at("build").get_to(evidence.build);
  json.at("build_s").get_to(evidence.build_s);
  json.at("log").get_to(evidence.log);
  json.at("binary_sha256").get_to(evidence.binary_sha256);
  json.at("faults").get_to(evidence.faults);
}

Result<Ledger> Ledger::Open(const std::filesystem::path& folder) {
  Ledger ledger;
  ledger.file_ = folder / "bisect.json";
  std::error_code ignored;
  if (!std::filesystem::exists(ledger.file_, ignored)) return ledger;
  const auto json = common::ReadJsonFile(ledger.file_);
  if (!json) return tl::make_unexpected(json.error());
  const auto revisions = common::FromJson<std::map<std::string, std::vector<RevisionEvidence>>>(
      *json, ledger.file_.string());
  if (!revisions) {
    return tl::make_unexpected(
        revisions.error().While("the results of an earlier search cannot be read; delete them or "
                                "name another folder with --out"));
  }
  for (const auto& [name, list] : *revisions) {
    for (const RevisionEvidence& evidence : list) {
      ledger.known_[{evidence.revision, evidence.question}] = evidence;
    }
  }
  return ledger;
}

const RevisionEvidence* Ledger::Find(const std::string& revision,
                                     const std::string& question) const {
  const auto found = known_.find({revision, question});
  return found == known_.end() ? nullptr : &found->second;
}

common::Status Ledger::Keep(const RevisionEvidence& evidence) {
  known_[{evidence.revision, evidence.question}] = evidence;
  Json revisions = Json::array();
  for (const auto& [key, known] : known_) revisions.push_back(known);
  return common::WriteFileAtomically(file_, common::JsonText({{"revisions", revisions}}));
}

}  // namespace percuss::campaign
