// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "common/fs.h"
#include "common/hash.h"
#include "common/words.h"
#include "reports/comply/check_words.h"
#include "reports/comply/checks.h"
#include "reports/validation/risk_proposals.h"

namespace percuss::reports {
namespace {

// What shows that the activity of a topic was performed: an analysis with a result, or a reference
// to where it was. Empty when nothing does.
std::string ShownForTopic(const DeviceEvidence& evidence, const std::string& topic) {
  for (const auto& entry : EntriesOf(evidence.files.compliance, "analyses")) {
    if (entry.Text("topic") == topic && entry.Has("result") && entry.Has("date")) {
      return PlaceOf(evidence, "compliance", entry.line);
    }
  }
  const std::string elsewhere = ReferenceElsewhere(evidence, topic.c_str());
  return elsewhere.empty() ? "" : "not performed here: " + elsewhere;
}

void RequireTopic(const DeviceEvidence& evidence, const char* topic, RowOutcome& outcome) {
  const std::string shown = ShownForTopic(evidence, topic);
  if (!shown.empty()) return outcome.Shown(topic, shown);
  outcome.Missing(fmt::format("there is no {}", topic),
                  fmt::format("{}: \"analyses\" with topic, date and result, or "
                              "\"not_performed_here\" with a reference",
                              FileOf(evidence, "compliance")));
}

const std::vector<ListedEntry>& PenetrationTests(const DeviceEvidence& evidence) {
  return EntriesOf(evidence.files.compliance, "penetration_tests");
}

// True when there are tests to look at; otherwise shows the reference or says that there is none.
bool HasPenetrationTest(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!PenetrationTests(evidence).empty()) return true;
  const std::string elsewhere = ReferenceElsewhere(evidence, "penetration_test");
  if (!elsewhere.empty()) {
    outcome.Shown("not performed here: " + elsewhere);
  } else {
    outcome.Missing("there is no penetration test",
                    FileOf(evidence, "compliance") +
                        ": \"penetration_tests\", or \"not_performed_here\" with a reference");
  }
  return false;
}

}  // namespace

void CheckVulnerabilityTests(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const char* topic : {"attack_surface", "vulnerability_chaining", "known_vulnerabilities",
                            "binary_composition", "static_analysis", "hard_coded_credentials"}) {
    RequireTopic(evidence, topic, outcome);
  }
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    outcome.Shown("dynamic analysis: the campaign itself", package.traced.file);
  }
}

void CheckPenetrationTestTold(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPenetrationTest(evidence, outcome)) return;
  for (const ListedEntry& test : PenetrationTests(evidence)) {
    RequireMembers(evidence, "compliance", test,
                   {"independence", "expertise", "scope", "duration", "methods", "results",
                    "findings", "observations"},
                   outcome);
  }
}

void CheckPenetrationIndependent(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPenetrationTest(evidence, outcome)) return;
  for (const ListedEntry& test : PenetrationTests(evidence)) {
    const std::string place = PlaceOf(evidence, "compliance", test.line);
    if (test.Text("independence") == "developer") {
      outcome.Missing(test.id + ": who developed the device tested it", place);
    } else if (test.Has("independence")) {
      outcome.Shown(fmt::format("{}: {}", test.id, test.Text("independence")), place);
    }
  }
}

void CheckOriginalReport(const DeviceEvidence& evidence, RowOutcome& outcome) {
  bool third_party = false;
  for (const ListedEntry& test : PenetrationTests(evidence)) {
    if (test.Text("independence") != "third_party") continue;
    third_party = true;
    const std::string place = PlaceOf(evidence, "compliance", test.line);
    if (!test.Has("report") || !test.Has("report_sha256")) {
      outcome.Missing(test.id + " has no \"report\" with its \"report_sha256\"", place);
      continue;
    }
    const std::string path = (evidence.files.folder / test.Text("report")).string();
    const auto document = evidence.documents.find(test.Text("report"));
    const bool is_read = document != evidence.documents.end() && document->second.why_not.empty();
    if (!is_read) {
      outcome.Missing(
          fmt::format("{}: its report cannot be read: {}", test.id,
                      document == evidence.documents.end() ? "" : document->second.why_not),
          path);
    } else if (document->second.sha256 != test.Text("report_sha256")) {
      outcome.MissingThough(
          fmt::format("{}: the report is not the one of \"report_sha256\"", test.id),
          "sha256sum " + path);
    } else {
      outcome.Shown(test.id, path);
    }
  }
  for (const PackageRecord& package : evidence.packages) {
    if (package.record.tester.independence != "third_party") continue;
    third_party = true;
    outcome.Shown("the package as the third party sealed it", package.traced.file);
  }
  const std::string elsewhere = ReferenceElsewhere(evidence, "penetration_test");
  if (!third_party) {
    outcome.NotApplicable(elsewhere.empty() ? "no third party tested"
                                            : "a penetration test is kept elsewhere: " + elsewhere);
  }
}

void CheckVulnerabilitySourceDated(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const TraceItem& item : evidence.trace.items) {
    if (item.kind != TraceKind::kInterface) continue;
    if (CannotBeTold(item)) {
      outcome.Missing(fmt::format("the run for the interface {} is {}", item.id, item.result),
                      "percuss run CAMPAIGN.json again, to its end");
    } else if (item.result == "not run") {
      outcome.Missing("nothing was run for the interface " + item.id,
                      "percuss run CAMPAIGN.json with a target for it");
    } else {
      outcome.Shown(fmt::format("{}: {}", item.id, item.result));
    }
  }
  bool dated = false;
  for (const auto& entry : EntriesOf(evidence.files.compliance, "analyses")) {
    if (entry.Text("topic") != "known_vulnerabilities" || !entry.Has("source_date")) continue;
    dated = true;
    outcome.Shown(fmt::format("{} as of {}", entry.Text("source"), entry.Text("source_date")),
                  PlaceOf(evidence, "compliance", entry.line));
  }
  if (!dated) {
    outcome.Missing(
        "nobody says of which day the source of known vulnerabilities was",
        FileOf(evidence, "compliance") + ": \"analyses\", known_vulnerabilities, \"source_date\"");
  }
}

void CheckSbomComplete(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (evidence.sboms.empty()) {
    outcome.Missing("no package holds a bill of materials, and none is named",
                    FileOf(evidence, "compliance") +
                        ": \"sboms\": { \"id\": \"device\", \"file\": \"sbom.cdx.json\" }");
  }
  for (const DeviceSbom& sbom : evidence.sboms) {
    if (sbom.gaps.empty()) {
      outcome.Shown(common::Counted(static_cast<int64_t>(sbom.components), "component"), sbom.file);
    }
    constexpr size_t kMostTold = 5;
    for (size_t i = 0; i < sbom.gaps.size() && i < kMostTold; ++i) {
      outcome.Missing(sbom.gaps[i], sbom.file);
    }
    if (sbom.gaps.size() > kMostTold) {
      outcome.Missing(fmt::format("and {} more", sbom.gaps.size() - kMostTold), sbom.file);
    }
  }
}

void CheckKnownVulnerabilities(const DeviceEvidence& evidence, RowOutcome& outcome) {
  RequireTopic(evidence, "known_vulnerabilities", outcome);
  for (const auto& entry : EntriesOf(evidence.files.postmarket, "vulnerabilities")) {
    const std::string place = PlaceOf(evidence, "postmarket", entry.line);
    const bool by_finding = DecisionOn(evidence, entry.Text("finding")) != nullptr;
    if (!entry.Has("source")) {
      outcome.Missing(entry.id + ": nobody says how it was found", place + ": \"source\"");
    } else if (!by_finding && (!entry.Has("decision") || !entry.Has("rationale"))) {
      outcome.MissingThough(entry.id + " has no decision with its rationale", place);
    } else {
      outcome.Shown(entry.id, place);
    }
  }
}

void CheckRiskReport(const DeviceEvidence& evidence, RowOutcome& outcome) {
  RequirePlan(evidence, "residual_risk_conclusion", outcome);
  if (evidence.files.risks.empty()) {
    outcome.Missing("there is no risk assessment", FileOf(evidence, "risks"));
  }
  for (const Risk& risk : evidence.files.risks) {
    const std::string place = PlaceOf(evidence, "risks", risk.line);
    if (risk.security && risk.threats.empty()) {
      outcome.Missing(risk.id + " is linked to no threat", place + ": \"threats\"");
    } else if (risk.controls.empty()) {
      outcome.Missing(risk.id + " is linked to no control", place + ": \"controls\"");
    } else {
      outcome.Shown(risk.id, place);
    }
  }
}

namespace {

// What findings mean for the risk file, and nobody has proposed.
void RequireProposals(const DeviceEvidence& evidence, RowOutcome& outcome) {
  std::vector<RecordedProposal> recorded;
  for (const RecordFile& file : evidence.records) {
    for (RecordedProposal& proposal : ProposalsOf(file.chain)) {
      recorded.push_back(std::move(proposal));
    }
  }
  for (const RiskProposal& proposal : ProposeRiskChanges(evidence.files, evidence.trace)) {
    if (IsProposed(recorded, proposal)) continue;
    outcome.MissingThough(
        fmt::format("{}: nobody has proposed or decided what it means for the risk file",
                    proposal.why),
        fmt::format("percuss propose {} {} --name NAME --role ROLE --records {}, then percuss "
                    "decide",
                    evidence.files.folder.string(), PackageWith(evidence, proposal.finding),
                    evidence.records.empty() ? "records.jsonl" : evidence.records.front().file));
  }
}

// Proposals of findings that nobody answered, or that were accepted and not taken into the file.
void RequireAnsweredProposals(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const RecordFile& file : evidence.records) {
    for (const RecordedProposal& recorded : ProposalsOf(file.chain)) {
      const RiskProposal& proposal = recorded.proposal;
      const auto& risks = evidence.files.risks;
      const bool as_before = std::any_of(risks.begin(), risks.end(), [&](const Risk& risk) {
        return risk.security && risk.id == proposal.risk && risk.likelihood == proposal.from;
      });
      if (recorded.decision.empty()) {
        outcome.MissingThough(
            fmt::format("{} proposes {} {}, and nobody has answered", proposal.finding,
                        proposal.change, proposal.risk),
            fmt::format("percuss decide --records {} --proposal {} --decision accepted|refused "
                        "--rationale WHY --name NAME --role ROLE",
                        file.file, recorded.sequence));
      } else if (recorded.decision == "accepted" && as_before) {
        outcome.MissingThough(fmt::format("{} is \"{}\" still, though \"{}\" was accepted",
                                          proposal.risk, proposal.from, proposal.to),
                              FileOf(evidence, "risks"));
      }
    }
  }
}

}  // namespace

void CheckControlsVerified(const DeviceEvidence& evidence, RowOutcome& outcome) {
  RequireProposals(evidence, outcome);
  RequireAnsweredProposals(evidence, outcome);
  for (const Risk& risk : evidence.files.risks) {
    if (!risk.residual_acceptable) {
      outcome.MissingThough(risk.id + ": its residual risk is not acceptable",
                            PlaceOf(evidence, "risks", risk.line));
    }
  }
  for (const Control& control : evidence.files.controls) {
    const std::string place = PlaceOf(evidence, "requirements", control.line);
    if (control.implementation.empty() || control.effectiveness.empty()) {
      outcome.Missing(
          fmt::format("{}: nothing is named that verifies its {}", control.id,
                      control.implementation.empty() ? "implementation" : "effectiveness"),
          place);
    } else {
      outcome.Shown(
          fmt::format("{}: {}; {}", control.id, control.implementation, control.effectiveness),
          place);
    }
  }
}

}  // namespace percuss::reports
