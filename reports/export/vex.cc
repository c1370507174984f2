// SPDX-License-Identifier: Apache-2.0
#include "reports/export/vex.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reports/export/identifiers.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kTextBytes = 2'000;
constexpr const char* kNoTime = "1970-01-01T00:00:00Z";

std::string Text(std::string_view text, std::string_view otherwise = "not recorded") {
  std::string visible = ClippedText(text, kTextBytes);
  return visible.empty() ? std::string(otherwise) : visible;
}

std::string TimeOr(const std::string& time, const std::string& otherwise) {
  return IsUtcTime(time) ? time : otherwise;
}

// Builds the document of one record; the device is product 0, each target a component of it.
class RecordVex {
 public:
  RecordVex(const common::RunRecord& record, const PackageFacts& package)
      : record_(record), package_(package), sealed_at_(TimeOr(package.created_at, kNoTime)) {}

  VexDocument Build() {
    document_.id = "urn:percuss:vex:" + UriPart(package_.package_id);
    document_.author = Text(package_.publisher, Text(record_.tester.organisation, "not named"));
    document_.role = Text(package_.publisher.empty() ? record_.tester.role : "publisher");
    document_.author_namespace = package_.publisher_namespace.empty()
                                     ? "urn:percuss:publisher:not-named"
                                     : UriPathWithScheme(package_.publisher_namespace);
    document_.tooling = "percuss " + Text(record_.tool_version, "of unknown version");
    AddDevice();
    AddRevisions();
    for (const common::Finding* finding : FindingsInOrder(record_)) AddFinding(*finding);
    AddNotJudged();
    DropRepeated();
    return std::move(document_);
  }

 private:
  // The scheme's colon stays; everything else is a path.
  static std::string UriPathWithScheme(const std::string& uri) {
    const size_t colon = uri.find(':');
    if (colon == std::string::npos) return "urn:percuss:publisher:" + UriPart(uri);
    return UriPart(uri.substr(0, colon)) + ":" + UriPath(uri.substr(colon + 1));
  }

  void AddDevice() {
    const common::Device& device = record_.device;
    const std::string name =
        Text(device.name, Text(record_.campaign.name, "device that is not named"));
    VexProduct product;
    product.iri = GenericPurl(name, device.software_version);
    product.name = name + (device.software_version.empty() ? std::string(", version not recorded")
                                                           : " " + Text(device.software_version));
    if (!device.model.empty()) product.model = Text(device.model);
    if (!device.udi_di.empty()) product.udi_di = UriPart(device.udi_di);
    document_.title = "Findings of fuzz tests in " + product.name;
    document_.products.push_back(std::move(product));
  }

  void AddRevisions() {
    document_.revisions.push_back({sealed_at_, "the evidence package was sealed"});
    for (const SignedDisposition& said : package_.dispositions) {
      document_.revisions.push_back(
          {TimeOr(said.at, sealed_at_), Text(said.said.finding) + ": " + Text(said.said.status)});
    }
    std::stable_sort(document_.revisions.begin(), document_.revisions.end(),
                     [](const VexRevision& a, const VexRevision& b) { return a.at < b.at; });
  }

  int Component(const std::string& target, const std::string& sha256, const std::string& what) {
    const auto [it, is_new] = components_.emplace(std::make_pair(target, sha256),
                                                  static_cast<int>(document_.products.size()));
    if (is_new) {
      VexProduct product;
      product.iri = GenericPurl(target, "", sha256);
      product.name = what + " of " + document_.products.front().name;
      product.sha256 = sha256;
      product.part_of = 0;
      document_.products.push_back(std::move(product));
    }
    return it->second;
  }

  int TargetComponent(const std::string& id) {
    std::string sha256;
    for (const common::TargetRun& target : record_.targets) {
      if (target.id == id && !target.binaries.empty()) sha256 = target.binaries.front().sha256;
    }
    if (!IsSha256(sha256)) sha256.clear();
    return Component(id, sha256, "target " + Text(id) + " as tested");
  }

  const SignedDisposition* Said(const std::string& finding) {
    if (by_finding_.empty()) {
      for (const auto& said : package_.dispositions) by_finding_[said.said.finding] = &said;
    }
    const auto it = by_finding_.find(finding);
    return it == by_finding_.end() ? nullptr : it->second;
  }

  void AddFinding(const common::Finding& finding) {
    VexStatement statement;
    statement.id = VulnerabilityId(finding);
    statement.title = Text(finding.summary, Text(finding.bug_class, Text(finding.kind)));
    statement.description = FindingDescription(finding, package_);
    statement.product = TargetComponent(finding.target);
    statement.at = sealed_at_;
    const SignedDisposition* said = Said(finding.id);
    if (said == nullptr) {
      statement.notes = "Nobody has signed a disposition of it yet.";
    } else {
      statement.at = TimeOr(said->at, sealed_at_);
      statement.notes =
          fmt::format("\"{}\": {} (signed by {}, {}; record {})", Text(said->said.status),
                      Text(said->said.rationale), Text(said->name), Text(said->role), said->sha256);
      Judge(said->said, statement);
    }
    // Said of another name only where it makes nothing look better: the published defect is known
    // by its class and function alone.
    const bool worse = statement.status == VexStatus::kAffected ||
                       statement.status == VexStatus::kUnderInvestigation;
    if (worse && IsCveId(finding.known_defect)) statement.aliases.push_back(finding.known_defect);
    const SignedSeverity* severity = SeverityOf(package_, finding.id);
    if (worse && severity != nullptr) statement.severity = *severity;
    document_.statements.push_back(statement);
    if (said != nullptr && said->said.retest && IsSha256(said->said.retest->binary_sha256)) {
      AddFixed(finding, *said, std::move(statement));
    }
  }

  static void Judge(const DispositionDraft& said, VexStatement& statement) {
    if (said.status == "false_positive") {
      statement.status = VexStatus::kNotAffected;
      statement.justification = said.justification;
      statement.impact = Text(said.rationale);
      return;
    }
    if (said.status != "confirmed" && said.status != "accepted" && said.status != "deferred" &&
        said.status != "fixed") {
      return;
    }
    statement.status = VexStatus::kAffected;
    if (said.status == "accepted") {
      statement.remedy = VexRemedy::kNoFixPlanned;
      statement.action = "No fix is planned: " + Text(said.rationale);
    } else if (said.status == "deferred" && said.deferral) {
      statement.remedy = VexRemedy::kMitigation;
      statement.action = fmt::format("Until then ({}): {}", Text(said.deferral->timeline),
                                     Text(said.deferral->interim_measure));
    } else if (said.status == "fixed" && said.retest) {
      statement.remedy = VexRemedy::kFix;
      statement.action = "Use the build with SHA-256 " + Text(said.retest->binary_sha256) + ": " +
                         Text(said.rationale);
    } else {
      statement.action = "Confirmed; what is done about it is not decided yet.";
    }
  }

  // The tested product stays affected; what survived the inputs is another build.
  void AddFixed(const common::Finding& finding, const SignedDisposition& said,
                VexStatement statement) {
    const Retest& retest = *said.said.retest;
    statement.status = VexStatus::kFixed;
    statement.product = Component(finding.target, retest.binary_sha256,
                                  fmt::format("target {}, build {},", Text(finding.target),
                                              retest.binary_sha256.substr(0, 12)));
    statement.action.clear();
    statement.aliases.clear();
    statement.severity.reset();
    statement.remedy = VexRemedy::kNone;
    statement.notes +=
        fmt::format(". {} inputs, {} runs of each, without a fault", retest.inputs, retest.runs);
    document_.statements.push_back(std::move(statement));
  }

  void AddNotJudged() {
    const auto judged = [](common::Verdict verdict) {
      return verdict == common::Verdict::kPass || verdict == common::Verdict::kFail;
    };
    for (const common::TargetRun& target : record_.targets) {
      if (judged(target.verdict)) continue;
      AddUnknown("target-" + UriPart(target.id), TargetComponent(target.id),
                 "target " + Text(target.id), target.reasons);
    }
    if (!judged(record_.verdict)) AddUnknown("campaign", 0, "the campaign", record_.reasons);
  }

  void AddUnknown(const std::string& id, int product, const std::string& what,
                  const std::vector<std::string>& reasons) {
    VexStatement statement;
    statement.id = "x_percuss_not-judged-" + id;
    statement.title = "not judged: " + what;
    statement.description = what + " could not be judged; the absence of findings means nothing";
    for (const std::string& reason : reasons) statement.description += ". " + Text(reason);
    statement.product = product;
    statement.at = sealed_at_;
    statement.notes = "Run the campaign again.";
    document_.statements.push_back(std::move(statement));
  }

  // A record may name a finding twice; a format may not say one thing of one product twice.
  void DropRepeated() {
    std::set<std::tuple<std::string, int, VexStatus>> seen;
    auto& all = document_.statements;
    all.erase(std::remove_if(all.begin(), all.end(),
                             [&](const VexStatement& said) {
                               return !seen.insert({said.id, said.product, said.status}).second;
                             }),
              all.end());
  }

  const common::RunRecord& record_;
  const PackageFacts& package_;
  std::string sealed_at_;
  VexDocument document_;
  std::map<std::pair<std::string, std::string>, int> components_;
  std::map<std::string, const SignedDisposition*> by_finding_;
};

}  // namespace

std::string VulnerabilityId(const common::Finding& finding) {
  return "x_percuss_" + UriPart(finding.id);
}

std::string FindingDescription(const common::Finding& finding, const PackageFacts& package) {
  std::string text = fmt::format(
      "{} ({}), {}, in {}. Reproduced {}.", Text(finding.bug_class, Text(finding.kind)),
      Text(finding.cwe, "weakness unclassified"), Text(finding.kind),
      Text(PlaceText(finding, package.source_root)), ReproductionText(finding.reproduction));
  if (!finding.known_defect.empty()) {
    text += " Class and function are those of " + Text(finding.known_defect) + ".";
  }
  return text + fmt::format(" Evidence: {}, finding {}.", Text(package.file_name, "PACKAGE"),
                            Text(finding.id));
}

VexDocument VexOfRecord(const common::RunRecord& record, const PackageFacts& package) {
  return RecordVex(record, package).Build();
}

}  // namespace percuss::reports
