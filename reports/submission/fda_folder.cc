// SPDX-License-Identifier: Apache-2.0
#include "reports/submission/fda_folder.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "common/hash.h"
#include "common/json_file.h"
#include "reports/evidence/package_reader.h"
#include "reports/export/markdown.h"
#include "reports/export/markdown_text.h"
#include "reports/export/text.h"
#include "reports/html/html_report.h"
#include "reports/html/trace_page.h"
#include "reports/import/entry_export.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/validation/trace.h"
#include "reports/validation/trace_text.h"
#include "reports/validation/traced_package.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {
namespace {

using common::Result;

constexpr size_t kTextBytes = 2'000;
constexpr const char* kNoFiles = "no validation files were given (--validation DIR)";
constexpr const char* kSbomFile = "sbom.cdx.json";

std::string Plain(std::string_view text) { return MarkdownText(ClippedText(text, kTextBytes)); }

// What a document is written from.
struct Material {
  common::RunRecord record;
  PackageFacts facts;
  std::map<std::string, std::vector<Item>> entries;  // by kind; none without validation files
  std::optional<Trace> trace;
  std::string sbom;                  // text of the package's; empty: none
  std::vector<SubmissionFile> more;  // files beside the document
};

struct Content {
  std::string text;     // below the heading; empty: nothing is provided
  std::string missing;  // what is not provided, in words; empty: all is
};

std::string EntriesText(const std::vector<Item>& items, const char* text_name) {
  std::string text;
  for (const Item& item : items) {
    text += fmt::format("\n### {}\n\n- {}: {}\n", Plain(item.id), text_name, Plain(item.text));
    for (const ItemField& field : item.fields) {
      std::string values;
      for (const std::string& value : field.values) values += (values.empty() ? "" : ", ") + value;
      text += fmt::format("- {}: {}\n", Plain(field.name), values.empty() ? "none" : Plain(values));
    }
  }
  return text;
}

// Entries of the kinds, each under a heading; nothing when there is none at all.
Content FromEntries(const Material& material, const std::vector<const char*>& kinds) {
  Content content;
  for (const char* name : kinds) {
    const auto entries = material.entries.find(name);
    if (entries == material.entries.end() || entries->second.empty()) {
      if (!content.missing.empty()) content.missing += "; ";
      content.missing += entries == material.entries.end()
                             ? kNoFiles
                             : fmt::format("the validation files list no {}", name);
      continue;
    }
    content.text += fmt::format("\n## {}\n", Plain(name)) +
                    EntriesText(entries->second, TextMember(*FindImportKind(name)));
  }
  return content;
}

Content ThreatModel(Material& material) {
  Content content = FromEntries(material, {"threats", "controls", "interfaces"});
  if (!content.text.empty() && content.missing.empty()) {
    content.missing = "assumptions about the environment of use and the supply chain";
  }
  return content;
}

Content RiskAssessment(Material& material) {
  return FromEntries(material, {"security-risks", "safety-risks"});
}

Content Interoperability(Material& material) {
  Content content = FromEntries(material, {"interfaces"});
  if (!content.text.empty()) {
    content.missing = "an assessment of the risks of each interoperable interface";
  }
  return content;
}

Content Sbom(Material& material) {
  if (material.sbom.empty()) {
    return {"", fmt::format("the package holds no {}; software support level and end of support of "
                            "each component are wanted too",
                            kSbomFile)};
  }
  material.more.push_back({fmt::format("01-risk-management/{}", kSbomFile), material.sbom});
  return {
      fmt::format("\nThe bill of materials of the package, CycloneDX: [{0}]({0}), SHA-256 `{1}`.\n",
                  kSbomFile, common::Sha256Hex(material.sbom)),
      "whether each component names its support level and end of support is not checked here"};
}

Content Vulnerabilities(Material& material) {
  std::string text;
  for (const common::Finding& finding : material.record.findings) {
    if (finding.known_defect.empty()) continue;
    text += fmt::format("- {}: {} in target {}\n", Plain(finding.id), Plain(finding.known_defect),
                        Plain(finding.target));
  }
  if (!text.empty()) text.insert(0, "\nPublished defects that the campaign met:\n\n");
  return {text,
          "a match of the bill of materials against published vulnerabilities and the catalogue of "
          "known exploited ones, with an assessment of each"};
}

const TraceItem* FindingOf(const Material& material, const std::string& id) {
  if (!material.trace) return nullptr;
  for (const TraceItem& item : material.trace->items) {
    if (item.kind == TraceKind::kFinding && item.id == id) return &item;
  }
  return nullptr;
}

Content Anomalies(Material& material) {
  std::string text =
      "\n| finding | target | class | CWE | decision | rationale |\n| --- | --- | --- | --- | --- "
      "| "
      "--- |\n";
  size_t undecided = 0;
  size_t rows = 0;
  for (const common::Finding* finding : FindingsInOrder(material.record)) {
    const TraceItem* item = FindingOf(material, finding->id);
    const std::string decision = item == nullptr ? "not known" : item->result;
    if (decision == "fixed" || decision == "not_a_defect") continue;
    ++rows;
    if (decision == "open" || decision == "not known") ++undecided;
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", Plain(finding->id),
                        Plain(finding->target), Plain(finding->bug_class), Plain(finding->cwe),
                        Plain(decision), item == nullptr ? "" : Plain(item->reference));
  }
  if (rows == 0) {
    text =
        "\nThe campaign left no unresolved finding. Anomalies of other origin are the maker's to "
        "list.\n";
  }
  std::string missing = "anomalies that were not found by this campaign";
  if (undecided > 0) missing = fmt::format("a decision on {} findings; ", undecided) + missing;
  if (!material.trace) missing += fmt::format("; decisions: {}", kNoFiles);
  return {text, missing};
}

Content Metrics(Material&) {
  return {"",
          "the share of vulnerabilities that were patched, and the time from a vulnerability's "
          "being known to its patch and to the patch in the field: they need records over "
          "releases"};
}

Content Traceability(Material& material) {
  if (!material.trace) return {"", kNoFiles};
  material.more.push_back({"01-risk-management/traceability.csv", TraceCsv(*material.trace)});
  if (auto page = RenderTraceHtml(*material.trace)) {
    material.more.push_back({"01-risk-management/traceability.html", std::move(*page)});
  }
  Content content;
  content.text = fmt::format(
      "\n{}. The whole trace: [traceability.html](traceability.html), "
      "[traceability.csv](traceability.csv).\n",
      Plain(TraceSummary(*material.trace)));
  if (!material.trace->gaps.empty()) {
    content.text += "\n| gap | of | what |\n| --- | --- | --- |\n";
    for (const TraceGap& gap : material.trace->gaps) {
      content.text +=
          fmt::format("| {} | {} | {} |\n", Plain(gap.gap), Plain(gap.id), Plain(gap.what));
    }
    content.missing =
        fmt::format("{} links or results, listed as gaps", material.trace->gaps.size());
  }
  return content;
}

Content Controls(Material& material) { return FromEntries(material, {"controls", "requirements"}); }

Content Views(Material& material) {
  Content content = FromEntries(material, {"interfaces"});
  content.missing =
      "the global system view, the multi-patient harm view, the updateability and patchability "
      "view "
      "and the security use case views: diagrams with their explanation, which only the maker can "
      "give";
  return content;
}

// Items of one kind with what the tests say of each.
Content Results(const Material& material, TraceKind kind) {
  if (!material.trace) return {"", kNoFiles};
  Content content;
  size_t unknown = 0;
  for (const TraceItem& item : material.trace->items) {
    if (item.kind != kind) continue;
    if (content.text.empty()) {
      content.text = "\n| id | text | result | reference |\n| --- | --- | --- | --- |\n";
    }
    if (item.result != "pass" && item.result != "fail" && item.result != "elsewhere") ++unknown;
    content.text += fmt::format("| {} | {} | {} | {} |\n", Plain(item.id), Plain(item.text),
                                Plain(item.result), Plain(item.reference));
  }
  if (content.text.empty()) {
    content.missing = fmt::format("the validation files list no {}", TraceKindPlural(kind));
  } else if (unknown > 0) {
    content.missing = fmt::format("a result of {} {}", unknown, TraceKindPlural(kind));
  }
  return content;
}

Content RequirementTests(Material& material) { return Results(material, TraceKind::kRequirement); }

Content ThreatTests(Material& material) { return Results(material, TraceKind::kThreat); }

Content VulnerabilityTests(Material& material) {
  HtmlOptions options;
  options.package = material.facts;
  if (auto page = RenderHtml(material.record, options)) {
    material.more.push_back({"03-testing/report.html", std::move(*page)});
  }
  auto summary = WriteMarkdown(material.record, material.facts);
  if (!summary) return {"", summary.error().message};
  material.more.push_back({"03-testing/summary.md", std::move(*summary)});
  return {
      fmt::format("\nRobustness and fuzz testing: verdict {}. The report: "
                  "[report.html](report.html); in short: [summary.md](summary.md). The evidence "
                  "is the package that [the index](../README.md) names.\n",
                  VerdictWord(material.record.verdict)),
      "attack surface analysis, vulnerability chaining, static analysis and a search for "
      "hard-coded credentials, which this bench does not do"};
}

Content PenetrationTests(Material&) {
  return {"",
          "a report with independence and expertise of the testers, scope, duration, methods and "
          "results; this bench does no penetration test"};
}

Content Labeling(Material&) {
  return {"", "security information for users, which only the maker can give"};
}

Content ManagementPlan(Material&) {
  return {"",
          "the plan to monitor, disclose and patch after the device is on the market, which only "
          "the maker can give"};
}

struct DocumentKind {
  const char* path;
  const char* title;
  const char* clause;
  Content (*write)(Material& material);
};

constexpr std::array<DocumentKind, 16> kDocuments = {{
    {"01-risk-management/01-threat-model.md", "Threat model", "V.A.1", &ThreatModel},
    {"01-risk-management/02-cybersecurity-risk-assessment.md", "Cybersecurity risk assessment",
     "V.A.2", &RiskAssessment},
    {"01-risk-management/03-interoperability.md", "Interoperability considerations", "V.A.3",
     &Interoperability},
    {"01-risk-management/04-sbom.md", "Software bill of materials", "V.A.4", &Sbom},
    {"01-risk-management/05-vulnerability-assessment.md",
     "Vulnerability assessment and software support", "V.A.4", &Vulnerabilities},
    {"01-risk-management/06-unresolved-anomalies.md", "Security assessment of unresolved anomalies",
     "V.A.5", &Anomalies},
    {"01-risk-management/07-measures-and-metrics.md", "Measures and metrics", "V.A.6", &Metrics},
    {"01-risk-management/08-traceability.md", "Traceability", "V.A", &Traceability},
    {"02-architecture/01-security-controls.md", "Security controls", "V.B.1", &Controls},
    {"02-architecture/02-architecture-views.md", "Security architecture views", "V.B.2", &Views},
    {"03-testing/01-security-requirements.md", "Testing of security requirements", "V.C",
     &RequirementTests},
    {"03-testing/02-threat-mitigation.md", "Testing of threat mitigation", "V.C", &ThreatTests},
    {"03-testing/03-vulnerability-testing.md", "Vulnerability testing", "V.C", &VulnerabilityTests},
    {"03-testing/04-penetration-testing.md", "Penetration testing", "V.C", &PenetrationTests},
    {"04-labeling.md", "Labeling", "VI.A", &Labeling},
    {"05-cybersecurity-management-plan.md", "Cybersecurity management plan", "VI.B",
     &ManagementPlan},
}};

Result<Material> ReadMaterial(const SubmissionRequest& request) {
  Material material;
  material.facts = request.facts;
  const auto reader = PackageReader::Open(request.package);
  if (!reader) return tl::make_unexpected(reader.error());
  auto record = ReadRunRecord(*reader);
  if (!record) return tl::make_unexpected(record.error());
  material.record = std::move(*record);
  if (reader->Find(kSbomFile) != nullptr) {
    auto sbom = reader->Read(kSbomFile);
    if (!sbom) return tl::make_unexpected(sbom.error());
    material.sbom = std::move(*sbom);
  }
  if (!request.validation) return material;
  for (const ImportKind& kind : ImportKinds()) {
    auto entries = ReadEntries(kind, *request.validation);
    if (!entries) return tl::make_unexpected(entries.error());
    material.entries[kind.name] = std::move(*entries);
  }
  auto loaded = LoadValidation(*request.validation);
  if (!loaded) return tl::make_unexpected(loaded.error());
  if (auto taken = TakeRecordFiles(request.records, loaded->files); !taken) {
    return tl::make_unexpected(taken.error());
  }
  auto package = ReadTracedPackage(request.package, std::nullopt);
  if (!package) return tl::make_unexpected(package.error());
  auto trace = BuildTrace(loaded->files, {std::move(*package)});
  if (!trace) return tl::make_unexpected(trace.error());
  material.trace = std::move(*trace);
  return material;
}

std::string ReadmeText(const Material& material, const std::vector<SubmissionDocument>& documents) {
  const PackageFacts& facts = material.facts;
  std::string text = fmt::format(
      "# Cybersecurity documentation of {}\n\n"
      "By the documentation elements of FDA's guidance *Cybersecurity in Medical Devices*, "
      "appendix 4 "
      "(edition of 2026-02-03). What is provided was taken from the maker's validation files and "
      "the "
      "evidence package; whether it suffices is for people to say.\n\n"
      "- device: {}, model {}, software {}\n- evidence package: {}, id {}\n- SHA-256 of the "
      "package: "
      "{}\n- seal: {}\n- verdict of its campaign: {}\n\n"
      "| document | section | status | missing |\n| --- | --- | --- | --- |\n",
      Plain(material.record.device.name), Plain(material.record.device.name),
      Plain(material.record.device.model), Plain(material.record.device.software_version),
      Plain(facts.file_name), Plain(facts.package_id),
      facts.package_sha256.empty() ? "not known: the package is a folder" : facts.package_sha256,
      facts.seal == SealState::kSigned ? "signed by key " + Plain(facts.signer) : "not signed",
      VerdictWord(material.record.verdict));
  for (const SubmissionDocument& document : documents) {
    text += fmt::format("| [{}]({}) | {} | {} | {} |\n", document.title, document.path,
                        document.clause, document.status, Plain(document.why));
  }
  return text;
}

std::string IndexText(const Material& material, const std::vector<SubmissionDocument>& documents,
                      const std::vector<SubmissionFile>& files) {
  common::Json list = common::Json::array();
  for (const SubmissionDocument& document : documents) {
    list.push_back({{"path", document.path},
                    {"title", document.title},
                    {"section", document.clause},
                    {"status", document.status},
                    {"missing", VisibleText(document.why)}});
  }
  common::Json digests = common::Json::object();
  for (const SubmissionFile& file : files) digests[file.path] = common::Sha256Hex(file.text);
  return common::JsonText({{"schema", "percuss.fda_appendix4.v1"},
                           {"package_id", VisibleText(material.facts.package_id)},
                           {"package_sha256", material.facts.package_sha256},
                           {"documents", std::move(list)},
                           {"files", std::move(digests)}});
}

}  // namespace

Result<Submission> LayOutSubmission(const SubmissionRequest& request) {
  auto material = ReadMaterial(request);
  if (!material) return tl::make_unexpected(material.error());
  Submission submission;
  for (const DocumentKind& kind : kDocuments) {
    const Content content = kind.write(*material);
    SubmissionDocument document{kind.path, kind.title, kind.clause, "provided", content.missing};
    std::string text =
        fmt::format("# {}\n\nSection {} of the guidance.\n", kind.title, kind.clause);
    if (content.text.empty()) {
      document.status = "not provided";
      text += "\nNot provided: " + Plain(content.missing) + ".\n";
    } else {
      if (!content.missing.empty()) {
        document.status = "partly provided";
        text += "\nNot provided: " + Plain(content.missing) + ".\n";
      }
      text += content.text;
    }
    submission.files.push_back({kind.path, std::move(text)});
    submission.documents.push_back(std::move(document));
  }
  for (SubmissionFile& file : material->more) submission.files.push_back(std::move(file));
  const std::string index = IndexText(*material, submission.documents, submission.files);
  submission.files.push_back({"README.md", ReadmeText(*material, submission.documents)});
  submission.files.push_back({"index.json", index});
  return submission;
}

}  // namespace percuss::reports
