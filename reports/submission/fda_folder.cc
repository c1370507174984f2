// SPDX-License-Identifier: Apache-2.0
#include "reports/submission/fda_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/hash.h"
#include "common/json_file.h"
#include "common/words.h"
#include "reports/comply/comply_text.h"
#include "reports/comply/matrix.h"
#include "reports/comply/metrics.h"
#include "reports/export/markdown.h"
#include "reports/export/markdown_text.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"
#include "reports/html/html_report.h"
#include "reports/html/section_page.h"
#include "reports/import/entry_export.h"
#include "reports/sbom/sbom.h"
#include "reports/validation/trace.h"
#include "reports/validation/trace_text.h"

namespace percuss::reports {
namespace {

using common::Result;

constexpr size_t kTextBytes = 2'000;
constexpr const char* kSbomFile = "sbom.cdx.json";

std::string Plain(std::string_view text) { return MarkdownText(ClippedText(text, kTextBytes)); }

// What a document is written from.
struct Material {
  const SubmissionRequest& request;
  const common::RunRecord& record = request.record;
  const PackageFacts& facts = request.facts;
  const DeviceEvidence* evidence = request.evidence ? &*request.evidence : nullptr;
  const Trace* trace = evidence == nullptr ? nullptr : &evidence->trace;
  std::map<std::string, std::vector<Item>> entries = {};  // by kind; none without validation files
  std::vector<SubmissionFile> more = {};                  // files beside the document
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
                             ? material.request.why_not
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
  if (material.request.sbom.empty()) {
    return {"", fmt::format("the package holds no {}; software support level and end of support of "
                            "each component are wanted too",
                            kSbomFile)};
  }
  material.more.push_back({fmt::format("01-risk-management/{}", kSbomFile), material.request.sbom});
  Content content;
  content.text =
      fmt::format("\nThe bill of materials of the package, CycloneDX: [{0}]({0}), SHA-256 `{1}`.\n",
                  kSbomFile, common::Sha256Hex(material.request.sbom));
  const std::vector<SbomGap> gaps = FindSbomGaps(material.facts.sbom);
  if (gaps.empty()) return content;
  content.missing = fmt::format("{} fields of its components", gaps.size());
  content.text += "\n| field | what is missing |\n| --- | --- |\n";
  for (size_t i = 0; i < std::min(gaps.size(), kMaxPageRows); ++i) {
    content.text += fmt::format("| {} | {} |\n", Plain(gaps[i].field), Plain(gaps[i].what));
  }
  return content;
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
  if (material.trace == nullptr) return nullptr;
  for (const TraceItem& item : material.trace->items) {
    if (item.kind == TraceKind::kFinding && item.id == id) return &item;
  }
  return nullptr;
}

Content Anomalies(Material& material) {
  std::string text =
      "\n| finding | target | class | CWE | CVSS 3.1 | decision | rationale |\n| --- | --- | --- | "
      "--- | --- | --- | --- |\n";
  int64_t undecided = 0;
  size_t rows = 0;
  for (const common::Finding* finding : FindingsInOrder(material.record)) {
    const TraceItem* item = FindingOf(material, finding->id);
    const std::string decision = item == nullptr ? "not known" : item->result;
    if (decision == "fixed" || decision == "not_a_defect") continue;
    ++rows;
    if (decision == "open" || decision == "not known") ++undecided;
    const SignedSeverity* severity = SeverityOf(material.facts, finding->id);
    text +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", Plain(finding->id),
                    Plain(finding->target), Plain(finding->bug_class), Plain(finding->cwe),
                    Plain(severity == nullptr ? "not scored"
                                              : SeverityText(*severity) + ", " + severity->vector),
                    Plain(decision), item == nullptr ? "" : Plain(item->reference));
  }
  if (rows == 0) {
    text =
        "\nThe campaign left no unresolved finding. Anomalies of other origin are the maker's to "
        "list.\n";
  }
  std::string missing = "anomalies that were not found by this campaign";
  if (undecided > 0)
    missing = "a decision on " + common::Counted(undecided, "finding") + "; " + missing;
  if (material.trace == nullptr) {
    missing += fmt::format("; decisions: {}", material.request.why_not);
  }
  return {text, missing};
}

std::string SectionTable(const TraceSection& section) {
  std::string text = fmt::format("\n## {}\n\n|", Plain(section.title));
  for (const std::string& column : section.columns) text += fmt::format(" {} |", Plain(column));
  text += "\n|";
  for (size_t i = 0; i < section.columns.size(); ++i) text += " --- |";
  for (const auto& row : section.rows) {
    text += "\n|";
    for (const std::string& cell : row) text += fmt::format(" {} |", Plain(cell));
  }
  return text + '\n';
}

// A page of tables as the document's text; the page itself as a file beside it.
Content FromPage(Material& material, const SectionPage& page, const std::string& stem,
                 const std::string& other) {
  const std::string name = stem.substr(stem.find_last_of('/') + 1);
  Content content;
  content.text = fmt::format("\n{}. As a page: [{}.html]({}.html); as data: [{}]({}).\n",
                             Plain(page.summary), name, name, other, other);
  for (const TraceSection& section : page.sections) {
    if (!section.rows.empty()) content.text += SectionTable(section);
  }
  if (auto html = RenderSectionsHtml(page)) material.more.push_back({stem + ".html", *html});
  return content;
}

Content Measures(Material& material) {
  if (material.evidence == nullptr) {
    return {"", material.request.why_not +
                    ": the share of vulnerabilities that were patched, and the time from a "
                    "vulnerability's being known to its patch and to the patch in the field, need "
                    "them and records over releases"};
  }
  const Metrics metrics = ComputeMetrics(*material.evidence);
  Content content =
      FromPage(material, MetricsPage(metrics), "01-risk-management/metrics", "metrics.json");
  material.more.push_back(
      {"01-risk-management/metrics.json", common::JsonText(MetricsJson(metrics))});
  const auto unknown =
      std::count_if(metrics.values.begin(), metrics.values.end(),
                    [](const Metric& metric) { return !metric.value.has_value(); });
  if (unknown > 0) {
    content.missing =
        fmt::format("{} of {} metrics, each with the reason why it cannot be computed", unknown,
                    metrics.values.size());
  }
  return content;
}

Content Matrix(Material& material) {
  if (material.evidence == nullptr) return {"", material.request.why_not};
  const Compliance compliance = EvaluateMatrix(*material.evidence);
  Content content =
      FromPage(material, CompliancePage(compliance), "compliance-matrix", "compliance-matrix.csv");
  material.more.push_back({"compliance-matrix.csv", ComplyCsv(compliance)});
  if (const size_t missing = compliance.Count(RowState::kMissing); missing > 0) {
    content.missing = fmt::format("evidence for {} of {} rows, each with what would help", missing,
                                  compliance.rows.size());
  }
  return content;
}

Content Traceability(Material& material) {
  if (material.trace == nullptr) return {"", material.request.why_not};
  material.more.push_back({"01-risk-management/traceability.csv", TraceCsv(*material.trace)});
  if (auto page = RenderSectionsHtml(TracePage(*material.trace))) {
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
  if (material.trace == nullptr) return {"", material.request.why_not};
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
  options.sections = material.request.chapters;
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

constexpr std::array<DocumentKind, 17> kDocuments = {{
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
    {"01-risk-management/07-measures-and-metrics.md", "Measures and metrics", "V.A.6", &Measures},
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
    {"06-compliance-matrix.md", "Evidence by clause", "", &Matrix},
}};

common::Status ReadEntriesOf(Material& material) {
  if (material.evidence == nullptr) return {};
  for (const ImportKind& kind : ImportKinds()) {
    const auto text = material.request.texts.find(kind.file);
    if (text == material.request.texts.end()) continue;
    auto entries = ParseEntries(kind, text->second, FileOf(*material.evidence, kind.file));
    if (!entries) return tl::make_unexpected(entries.error());
    material.entries[kind.name] = std::move(*entries);
  }
  return {};
}

std::string ClauseText(const std::string& clause) {
  return clause.empty()
             ? "Not an element of the guidance: clauses of it and of standards, row by row."
             : fmt::format("Section {} of the guidance.", clause);
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
                        document.clause.empty() ? "none" : document.clause, document.status,
                        Plain(document.why));
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
  Material material{request};
  if (auto read = ReadEntriesOf(material); !read) return tl::make_unexpected(read.error());
  Submission submission;
  for (const DocumentKind& kind : kDocuments) {
    const Content content = kind.write(material);
    SubmissionDocument document{kind.path, kind.title, kind.clause, "provided", content.missing};
    std::string text = fmt::format("# {}\n\n{}\n", kind.title, ClauseText(kind.clause));
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
  for (SubmissionFile& file : material.more) submission.files.push_back(std::move(file));
  const std::string index = IndexText(material, submission.documents, submission.files);
  submission.files.push_back({"README.md", ReadmeText(material, submission.documents)});
  submission.files.push_back({"index.json", index});
  return submission;
}

}  // namespace percuss::reports
