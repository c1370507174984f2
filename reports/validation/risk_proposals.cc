// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/risk_proposals.h"

#include <fmt/format.h>

#include <algorithm>

namespace percuss::reports {
namespace {

// The scale of exploitability one step up; empty at its end.
std::string StepUp(const std::string& exploitability) {
  const auto& scale = Exploitabilities();
  const auto at = std::find(scale.begin(), scale.end(), exploitability);
  return at == scale.end() || at + 1 == scale.end() ? "" : *(at + 1);
}

bool MatterForRisks(const TraceItem& finding) {
  return finding.kind == TraceKind::kFinding && finding.result != "not_a_defect" &&
         finding.result != "third_party";
}

const Risk* SecurityRisk(const ValidationFiles& files, const std::string& id) {
  const auto at = std::find_if(files.risks.begin(), files.risks.end(),
                               [&](const Risk& risk) { return risk.security && risk.id == id; });
  return at == files.risks.end() ? nullptr : &*at;
}

void ProposeForTarget(const ValidationFiles& files, const Trace& trace, const TraceItem& finding,
                      const TraceItem& target, std::vector<RiskProposal>& proposals) {
  bool known = false;
  for (const uint32_t number : target.To(TraceKind::kRisk)) {
    const Risk* risk = SecurityRisk(files, trace.items[number].id);
    if (risk == nullptr) continue;
    known = true;
    const std::string to = StepUp(risk->likelihood);
    if (to.empty()) continue;
    std::string leads_to;
    for (const Link& link : risk->leads_to) leads_to += (leads_to.empty() ? "" : ", ") + link.id;
    proposals.push_back({finding.id, "exploitability", risk->id, risk->likelihood, to,
                         fmt::format("{} reaches {} with {}{}{}", target.id, risk->id, finding.text,
                                     leads_to.empty() ? "" : "; may lead to ", leads_to)});
  }
  if (!known) {
    proposals.push_back(
        {finding.id, "new_hazard", "", "", "",
         fmt::format("{} in {}, which no security risk is linked to", finding.text, target.id)});
  }
}

}  // namespace

std::vector<RiskProposal> ProposeRiskChanges(const ValidationFiles& files, const Trace& trace) {
  std::vector<RiskProposal> proposals;
  for (const TraceItem& item : trace.items) {
    if (!MatterForRisks(item)) continue;
    for (const uint32_t number : item.To(TraceKind::kTarget)) {
      ProposeForTarget(files, trace, item, trace.items[number], proposals);
    }
  }
  return proposals;
}

common::Json ProposalBody(const RiskProposal& proposal) {
  return {{"finding", proposal.finding}, {"change", proposal.change}, {"risk", proposal.risk},
          {"from", proposal.from},       {"to", proposal.to},         {"why", proposal.why}};
}

std::vector<RecordedProposal> ProposalsOf(const RecordChain& chain) {
  std::vector<RecordedProposal> proposals;
  for (const Record& record : chain.records) {
    const common::Json& body = record.said.body;
    if (record.said.kind == "proposal") {
      proposals.push_back(
          {record.sequence,
           record.sha256,
           {BodyText(body, "finding"), BodyText(body, "change"), BodyText(body, "risk"),
            BodyText(body, "from"), BodyText(body, "to"), BodyText(body, "why")},
           record.said.package_id,
           record.said.package_sha256,
           "",
           0,
           ""});
    } else if (record.said.kind == "proposal_decision") {
      for (RecordedProposal& proposal : proposals) {
        // The first is for good.
        if (proposal.sha256 == BodyText(body, "proposal") && proposal.decision.empty()) {
          proposal.decision = BodyText(body, "decision");
          proposal.decided_by = record.sequence;
          proposal.decided_name = record.said.name;
        }
      }
    }
  }
  return proposals;
}

bool IsProposed(const std::vector<RecordedProposal>& proposals, const RiskProposal& proposal) {
  return std::any_of(proposals.begin(), proposals.end(), [&](const RecordedProposal& other) {
    const RiskProposal& old = other.proposal;
    return old.finding == proposal.finding && old.change == proposal.change &&
           old.risk == proposal.risk;
  });
}

}  // namespace percuss::reports
