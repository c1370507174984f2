// SPDX-License-Identifier: Apache-2.0
//
// The findings: one table of all, then each with what it takes to judge and to replay it.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <set>

#include "common/words.h"
#include "reports/export/input_dump.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"
#include "reports/html/page_parts.h"
#include "reports/html/severity_parts.h"
#include "reports/html/templates.h"

namespace percuss::reports {
namespace {

constexpr size_t kOpenFindings = 25;  // further ones are folded on screen, and unfolded on paper
constexpr size_t kMaxFrames = 40;
constexpr size_t kNameBytes = 300;
constexpr size_t kBadValueBytes = 1000;
constexpr size_t kReasonBytes = 600;
constexpr size_t kWayLines = 24;

std::string ClassText(const common::Finding& finding) {
  std::string text = finding.bug_class.empty() ? finding.kind : finding.bug_class;
  if (text.empty()) text = "unclassified";
  return finding.access.empty() ? text : text + ", " + finding.access;
}

std::string FunctionText(const common::Finding& finding) {
  return finding.function.empty() ? "unknown function" : ClippedText(finding.function, kNameBytes);
}

std::string SourceText(const std::string& file, int line, const std::string& root) {
  if (file.empty()) return {};
  return RelativePath(file, root) + (line > 0 ? ":" + std::to_string(line) : "");
}

std::string SizeText(const common::Finding& finding) {
  if (finding.minimised_bytes < 0) return CountText(finding.input_bytes);
  return CountText(finding.input_bytes) + " → " + CountText(finding.minimised_bytes);
}

bool HasDetails(size_t index, const HtmlOptions& options) {
  return index < std::min(options.max_finding_details, options.max_finding_rows);
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::toupper(c) : c); });
  return text;
}

Table FindingsTable(const std::vector<const common::Finding*>& findings,
                    const HtmlOptions& options) {
  Table table{"Findings",
              {{"Finding", false},
               {"Kind", false},
               {"Class", false},
               {"Target", false},
               {"Place", false},
               {"Reproduced", true},
               {"Input bytes", true},
               {"First seen", true}},
              {},
              ""};
  for (size_t i = 0; i < findings.size() && i < options.max_finding_rows; ++i) {
    const common::Finding& finding = *findings[i];
    const common::Reproduction& reproduction = finding.reproduction;
    table.rows.push_back(
        {{finding.id, "mono id", HasDetails(i, options) ? AnchorId(finding.id) : ""},
         {Upper(finding.kind) + (finding.flaky ? ", FLAKY" : ""), finding.flaky ? "unsure" : "fail",
          ""},
         {ClassText(finding) + "\n" + finding.cwe, "class", ""},
         {finding.target, "", ""},
         {FunctionText(finding) + "\n" +
              SourceText(finding.file, finding.line, options.package.source_root),
          "mono place", ""},
         {fmt::format("{} of {}", reproduction.reproduced, reproduction.reruns), "num", ""},
         {SizeText(finding), "num", ""},
         {SecondsText(finding.first_seen_s), "num", ""}});
  }
  if (findings.size() > table.rows.size()) {
    table.note = fmt::format(
        "{} more findings are left out of this table. All {} are in manifest.json, section "
        "findings, and in the folders findings/<id>/ of the package.",
        CountText(static_cast<int64_t>(findings.size() - table.rows.size())),
        CountText(static_cast<int64_t>(findings.size())));
  }
  return table;
}

std::string ExploitabilityText(const common::Exploitability& exploitability) {
  std::string text = exploitability.level;
  std::replace(text.begin(), text.end(), '_', ' ');
  for (const std::string& reason : exploitability.reasons) text += " · " + reason;
  return text;
}

std::string FramesText(const std::vector<common::StackFrame>& stack, const std::string& root) {
  constexpr size_t kShown = 4;
  std::string text;
  size_t shown = 0;
  for (const common::StackFrame& frame : stack) {
    if (!frame.user_code || shown == kShown) continue;
    const std::string place = SourceText(frame.file, frame.line, root);
    text += shown++ == 0 ? "" : ", called by ";
    text += frame.function.empty() ? "unknown function" : ClippedText(frame.function, kNameBytes);
    if (!place.empty()) text += " at " + ClippedText(place, kNameBytes);
  }
  return text.empty() ? "no function of the target's" : text;
}

void AddBlockFacts(const common::MemoryBlock& block, const std::string& root, Facts& facts) {
  if (!block.what.empty()) facts.emplace_back("Memory", ClippedText(block.what, kNameBytes));
  if (!block.allocated.empty()) {
    facts.emplace_back("Allocated", FramesText(block.allocated, root));
  }
  if (!block.freed.empty()) facts.emplace_back("Freed", FramesText(block.freed, root));
  if (!block.bad_value.empty()) {
    facts.emplace_back("Bad value", ClippedText(block.bad_value, kBadValueBytes));
  }
  if (!block.written.empty()) facts.emplace_back("Written", FramesText(block.written, root));
}

std::string ConfirmationText(const common::Confirmation& confirmation) {
  if (confirmation.verdict == "confirmed") {
    return "by " + ClippedText(confirmation.by, kNameBytes) + ", another processor";
  }
  const char* how = confirmation.verdict == "not_run" ? "no: it could not be asked: " : "no: ";
  return how + ClippedText(confirmation.reason, kReasonBytes);
}

std::string AnswerText(const common::PeripheralAnswer& answer) {
  constexpr std::pair<const char*, const char*> kParts[] = {
      {"flows", "flows into the address"},
      {"steers", "steers the address"},
      {"decides", "decides whether it fails"}};
  std::string part;
  for (const auto& [word, words] : kParts) {
    if (answer.part == word) part = words;
  }
  if (part.empty()) return "";
  return fmt::format(
      "{} from {}, at {}{}: {}", answer.value, answer.address, answer.pc,
      answer.function.empty() ? "" : " in " + ClippedText(answer.function, kNameBytes), part);
}

// Of firmware whose peripherals the input answers.
void AddFirmwareFacts(const common::FirmwareCrash& crash, Facts& facts) {
  if (!crash.confirmation.verdict.empty()) {
    facts.emplace_back("Confirmed", ConfirmationText(crash.confirmation));
  }
  if (crash.judged.empty()) return;
  constexpr std::pair<const char*, const char*> kJudged[] = {
      {"bug", "a bug of the firmware"}, {"artefact", "an artefact of the machine that it ran on"}};
  std::string judged = "undecided: a person must tell";
  for (const auto& [word, words] : kJudged) {
    if (crash.judged == word) judged = words;
  }
  facts.emplace_back("Bug or artefact", judged + ", by rules");
  for (const std::string& reason : crash.reasons) {
    facts.emplace_back("Because", ClippedText(reason, kReasonBytes));
  }
  for (const common::PeripheralAnswer& answer : crash.answers) {
    const std::string text = AnswerText(answer);
    if (!text.empty()) facts.emplace_back("Answer", text);
  }
}

std::string ClusterText(const common::Finding& finding, const PackageFacts& package) {
  const auto decided = package.cluster_decisions.find(finding.id);
  if (decided == package.cluster_decisions.end()) return finding.cluster + ", a hypothesis";
  const SignedClusterDecision& by = decided->second;
  return fmt::format("{} · {} by {}, {}, {}: {}", finding.cluster, by.said.decision,
                     ClippedText(by.name, kNameBytes), ClippedText(by.role, kNameBytes), by.at,
                     ClippedText(by.said.rationale, kNameBytes));
}

// Where in the input the bytes of the minimised one are, and what finding that out took.
std::string LeftText(const common::Minimisation& minimisation) {
  constexpr size_t kMostRanges = 20;
  std::string text = "bytes";
  for (size_t i = 0; i < minimisation.kept.size() && i < kMostRanges; ++i) {
    const common::KeptBytes& kept = minimisation.kept[i];
    text += fmt::format("{} {}", i == 0 ? "" : ",", kept.at);
    if (kept.count > 1) text += fmt::format("–{}", kept.at + kept.count - 1);
  }
  if (minimisation.kept.empty()) text = "nothing";
  if (minimisation.kept_ranges > static_cast<int64_t>(kMostRanges)) {
    text += fmt::format(" and {} more ranges",
                        CountText(minimisation.kept_ranges - static_cast<int64_t>(kMostRanges)));
  }
  return fmt::format("{} · {} with a simpler value · {} of {} tries taken, {} processes · {}", text,
                     CountText(minimisation.replaced_bytes), CountText(minimisation.steps),
                     CountText(minimisation.tried), CountText(minimisation.runs),
                     minimisation.stop_reason == "minimal"
                         ? "nothing more can go"
                         : "ended by " + minimisation.stop_reason);
}

// By which list and table, where a table gave it.
std::string WeaknessText(const common::Finding& finding) {
  std::string text = finding.cwe;
  if (!finding.cwe_reason.empty()) text += " · " + finding.cwe_reason;
  if (finding.cwe_list_version.empty()) return text;
  return text + fmt::format(" · CWE list {}, table {}",
                            ClippedText(finding.cwe_list_version, kNameBytes),
                            ClippedText(finding.cwe_table_sha256.substr(0, 12), kNameBytes));
}

// Which property, what it stands against, and the threat of the validation files that it names.
std::string PropertyText(const common::Finding& finding) {
  std::string text = finding.property_id;
  if (!finding.stride.empty()) text += " · " + finding.stride;
  if (!finding.threat.empty()) text += " · threat " + finding.threat;
  return text;
}

Facts FindingFacts(const common::Finding& finding, const HtmlOptions& options) {
  const std::string source = SourceText(finding.file, finding.line, options.package.source_root);
  Facts facts = {
      {"Place",
       FunctionText(finding) + (source.empty() ? ", no source line known" : ", " + source)},
      {"Target", finding.target},
      {"Weakness", WeaknessText(finding)},
      {"Reproduced", ReproductionText(finding.reproduction)},
      {"Replay mode", finding.reproduction.mode == "with_history"
                          ? fmt::format("with the {} inputs before it in the same process",
                                        CountText(finding.history_inputs))
                          : finding.reproduction.mode},
      {"First seen",
       fmt::format("{} after the start, {} executions, by {}", SecondsText(finding.first_seen_s),
                   CountText(finding.first_seen_executions), finding.engine)},
      {"Sightings", CountText(finding.occurrences)},
      {"Input",
       fmt::format("{} · SHA-256 {}", BytesText(finding.input_bytes), finding.input_sha256)}};
  if (!finding.property_id.empty()) {
    facts.insert(facts.begin() + 3, {"Broken property", PropertyText(finding)});
  }
  if (const std::string varied = VariedText(finding.reproduction); !varied.empty()) {
    facts.insert(facts.end() - 4, {"Varied in reruns", ClippedText(varied, kNameBytes)});
  }
  if (finding.minimised_bytes >= 0) {
    facts.emplace_back("Minimised input",
                       fmt::format("{} · {} · SHA-256 {}", BytesText(finding.minimised_bytes),
                                   finding.minimised_same_bug ? "seen to be the same bug"
                                                              : "NOT shown to be the same bug",
                                   finding.minimised_sha256));
    if (finding.minimisation.runs > 0) {
      facts.emplace_back("Left of the input", LeftText(finding.minimisation));
    }
  } else {
    facts.emplace_back("Minimised input", "none");
  }
  facts.emplace_back("At most", ExploitabilityText(finding.exploitability));
  AddSeverityFacts(SeverityOf(options.package, finding.id), facts);
  AddBlockFacts(finding.root_cause.block, options.package.source_root, facts);
  AddFirmwareFacts(finding.firmware, facts);
  facts.emplace_back("Strict key", finding.strict_key);
  facts.emplace_back("Loose key", finding.loose_key);
  facts.emplace_back("Cluster", ClusterText(finding, options.package));
  for (const common::Neighbour& neighbour : finding.neighbours) {
    facts.emplace_back(neighbour.same_cluster ? "Near, same cluster" : "Near, another cluster",
                       fmt::format("{} at a distance of {:.2f} · {}", neighbour.finding,
                                   neighbour.distance, ClippedText(neighbour.what, kNameBytes)));
  }
  facts.emplace_back("Files", finding.folder.empty() ? "findings/" + finding.id : finding.folder);
  return facts;
}

Data DumpText(const common::InputDump& dump) {
  std::string text;
  for (const std::string& line : DumpLines(dump)) text += line + "\n";
  return text.empty() ? Data(false) : Data(text);
}

// The last of it; false where there is none.
Data WayText(const common::FirmwareCrash& crash) {
  if (crash.way.empty()) return Data(false);
  std::string text;
  for (size_t i = crash.way.size() - std::min(crash.way.size(), kWayLines); i < crash.way.size();
       ++i) {
    text += ClippedText(crash.way[i], kNameBytes) + "\n";
  }
  text += "\n";
  for (const auto& [name, value] : crash.registers) text += fmt::format("{}={} ", name, value);
  return Data(text);
}

Data Badges(const common::Finding& finding, const PackageFacts& package) {
  Data badges{Data::type::list};
  const auto add = [&badges](const std::string& style, const std::string& text) {
    Data badge;
    badge["badge_style"] = style;
    badge["badge_text"] = text;
    badges.push_back(badge);
  };
  add("fail", Upper(finding.kind));
  add("plain", finding.cwe.empty() ? "unclassified" : finding.cwe);
  const common::Reproduction& reproduction = finding.reproduction;
  add(reproduction.reproduced == reproduction.reruns && reproduction.reruns > 0 ? "plain"
                                                                                : "unsure",
      fmt::format("{} OF {}", reproduction.reproduced, reproduction.reruns));
  if (finding.flaky) add("unsure", "FLAKY");
  if (finding.confidence == "first_sighting_only") add("unsure", "FIRST SIGHTING ONLY");
  const SignedSeverity* severity = SeverityOf(package, finding.id);
  if (severity != nullptr) add("plain", "CVSS " + SeverityText(*severity));
  if (!finding.known_defect.empty()) add("plain", finding.known_defect);
  if (!finding.firmware.judged.empty()) {
    add(finding.firmware.judged == "bug" ? "plain" : "unsure", Upper(finding.firmware.judged));
  }
  const std::string& confirmed = finding.firmware.confirmation.verdict;
  if (!confirmed.empty() && confirmed != "confirmed") add("unsure", "NOT CONFIRMED");
  if (finding.disclosure.needed) add("infra", "COORDINATED DISCLOSURE");
  return badges;
}

Data Frames(const common::Finding& finding, const std::string& root) {
  Data frames{Data::type::list};
  for (size_t i = 0; i < finding.stack.size() && i < kMaxFrames; ++i) {
    const common::StackFrame& frame = finding.stack[i];
    Data data;
    data["frame_function"] =
        frame.function.empty() ? std::string("??") : ClippedText(frame.function, kNameBytes);
    std::string place = SourceText(frame.file, frame.line, root);
    if (place.empty() && !frame.module.empty()) {
      place = fmt::format("{}+0x{:x}", frame.module, frame.offset);
    }
    data["frame_place"] = ClippedText(place, kNameBytes);
    data["frame_style"] = std::string(frame.user_code ? "user" : "runtime");
    data["frame_note"] = frame.user_code ? Data(false) : Data(std::string("runtime"));
    frames.push_back(data);
  }
  return frames;
}

// Which bug each rerun showed: only worth a table when not all of them showed the same.
std::string SignatureTable(Renderer& renderer, const common::Finding& finding) {
  if (finding.reproduction.signatures.size() < 2) return {};
  Table table{"What the reruns showed", {{"Strict key", false}, {"Reruns", true}}, {}, ""};
  for (const auto& [key, count] : finding.reproduction.signatures) {
    if (table.rows.size() == 20) {
      table.note = "More signatures are in finding.json.";
      break;
    }
    const std::string name = key == "none"               ? "no failure"
                             : key == finding.strict_key ? key + " (this bug)"
                                                         : key + " (another signature)";
    table.rows.push_back({{name, "mono", ""}, {std::to_string(count), "num", ""}});
  }
  return renderer.TableHtml(table);
}

Table SuspectTable(const std::string& caption, const std::vector<common::Suspect>& suspects,
                   const std::string& root) {
  Table table{
      caption, {{"Function", false}, {"Place", false}, {"Score", true}, {"Why", false}}, {}, ""};
  for (const common::Suspect& suspect : suspects) {
    table.rows.push_back(
        {{ClippedText(suspect.function, kNameBytes), "mono", ""},
         {ClippedText(SourceText(suspect.file, suspect.line, root), kNameBytes), "mono place", ""},
         {fmt::format("{:.2f}", suspect.score), "num", ""},
         {ClippedText(suspect.reason, 2 * kNameBytes), "", ""}});
  }
  return table;
}

// Where the defect may be, beyond where it shows.
std::string SuspectTables(Renderer& renderer, const common::Finding& finding,
                          const std::string& root) {
  const common::RootCause& cause = finding.root_cause;
  if (cause.functions.empty() && cause.lines.empty()) return {};
  Table functions = SuspectTable("Functions that may hold the defect", cause.functions, root);
  Table lines = SuspectTable("Lines that may be the defect", cause.lines, root);
  functions.note =
      cause.measured
          ? fmt::format(
                "A hypothesis; confidence {}. Compared: {} failing and {} surviving runs of "
                "nearly the same input. The score is for the order alone.",
                cause.confidence, CountText(cause.failing), CountText(cause.surviving))
          : fmt::format("A hypothesis; confidence {}. Not measured: {}.", cause.confidence,
                        ClippedText(cause.reason, kNameBytes));
  return renderer.TableHtml(functions) + renderer.TableHtml(lines);
}

std::string DisclosureText(const common::Disclosure& disclosure) {
  const auto stated = [](const std::string& text) {
    return text.empty() ? std::string("not stated") : text;
  };
  return fmt::format(
      "Somebody else's software is at fault and its owner must hear of it first. Contact: {}. "
      "Reported: {}. Not to be published before: {}.",
      stated(disclosure.contact), stated(disclosure.date), stated(disclosure.embargo_until));
}

// How many bugs these are, by what tells the least and the most of them apart.
std::string CountsText(const std::vector<const common::Finding*>& findings) {
  std::set<std::string> clusters;
  for (const common::Finding* finding : findings) clusters.insert(finding->cluster);
  return fmt::format(
      "By strict keys {}, by clusters {}: which of them are one bug is a hypothesis.",
      common::Counted(static_cast<int64_t>(findings.size()), "finding"),
      CountText(static_cast<int64_t>(clusters.size())));
}

std::string FindingDetails(Renderer& renderer, const common::Finding& finding, bool open,
                           const HtmlOptions& options) {
  Data data;
  data["anchor"] = AnchorId(finding.id);
  data["open"] = open;
  data["id"] = ClippedText(finding.id, kNameBytes);
  data["what"] = ClippedText(ClassText(finding), kNameBytes);
  data["function"] = FunctionText(finding);
  data["badges"] = Badges(finding, options.package);
  if (finding.disclosure.needed) data["disclosure"] = DisclosureText(finding.disclosure);
  if (!finding.summary.empty()) data["summary"] = ClippedText(finding.summary, 1'000);
  data["finding_facts"] = FactsData(FindingFacts(finding, options));
  data["signatures"] = SignatureTable(renderer, finding);
  data["severity"] = SeverityTable(renderer, SeverityOf(options.package, finding.id));
  data["suspects"] = SuspectTables(renderer, finding, options.package.source_root);
  data["has_stack"] = !finding.stack.empty();
  data["frames"] = Frames(finding, options.package.source_root);
  if (finding.stack.size() > kMaxFrames) {
    data["frames_left_out"] = fmt::format("{} outer frames are left out; all are in finding.json.",
                                          finding.stack.size() - kMaxFrames);
  }
  data["way"] = WayText(finding.firmware);
  data["dump"] = DumpText(finding.input_dump);
  data["dump_model"] = ClippedText(finding.input_dump.model, kNameBytes);
  data["file_name"] =
      options.package.file_name.empty() ? std::string("PACKAGE") : options.package.file_name;
  return renderer.Fill(kFindingTemplate, data);
}

}  // namespace

std::string FindingsChapter(Renderer& renderer, const common::RunRecord& record,
                            const HtmlOptions& options) {
  const std::vector<const common::Finding*> findings = FindingsInOrder(record);
  Data data;
  data["has_findings"] = !findings.empty();
  data["intro"] =
      "Ordered by what was seen: memory written, a property broken, memory read, other crashes, "
      "assertions, memory exhausted, hangs, missed deadlines, slow inputs, leaks. The order is no "
      "estimate of risk; that belongs to the risk file. " +
      CountsText(findings);
  data["table"] = renderer.TableHtml(FindingsTable(findings, options));
  std::string details;
  size_t shown = 0;
  for (; shown < findings.size() && HasDetails(shown, options); ++shown) {
    details += FindingDetails(renderer, *findings[shown], shown < kOpenFindings, options);
  }
  data["has_details"] = shown > 0;
  data["details"] = details;
  if (shown < findings.size()) {
    data["left_out"] = fmt::format(
        "The details of {} more findings are left out here. They are in findings/<id>/finding.json "
        "of the package.",
        CountText(static_cast<int64_t>(findings.size() - shown)));
  }
  return renderer.Fill(kFindingsTemplate, data);
}

}  // namespace percuss::reports
