// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/validation_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "common/fs.h"
#include "reports/validation/acceptance.h"
#include "reports/validation/entry_reader.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Result;

const std::vector<std::string> kCategories = {
    "authentication", "authorisation", "encryption", "integrity", "updates",
    "robustness",     "availability",  "logging",    "privacy",   "other"};
const std::vector<std::string> kStride = {"spoofing",          "tampering",
                                          "repudiation",       "information_disclosure",
                                          "denial_of_service", "elevation_of_privilege"};
const std::vector<std::string> kSeverities = {"negligible", "minor", "serious", "critical",
                                              "catastrophic"};
const std::vector<std::string> kProbabilities = {"improbable", "remote", "occasional", "probable",
                                                 "frequent"};
const std::vector<std::string> kAnswers = {"yes", "no"};
const std::vector<std::string> kVerdicts = {"pass", "fail", "inconclusive", "infrastructure_error"};
const std::vector<std::string> kIntents = {"verify", "thwart", "regression"};
const std::vector<std::string> kTestKinds = {"requirement", "mitigation", "vulnerability",
                                             "penetration"};

void ReadInterfaces(EntryReader& root, ValidationFiles& files) {
  for (EntryReader& reader : root.Entries("interfaces", "interface")) {
    DeviceInterface& entry = files.interfaces.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.description = reader.RequiredText("description");
    entry.protocol = reader.RequiredText("protocol");
    entry.excluded = reader.Choice("scope", {"tested", "excluded"}) == "excluded";
    entry.rationale = reader.Text("rationale");
    reader.RefuseOthers();
  }
}

void ReadRequirements(EntryReader& root, ValidationFiles& files) {
  for (EntryReader& reader : root.Entries("requirements", "requirement")) {
    Requirement& entry = files.requirements.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.text = reader.RequiredText("text");
    entry.category = reader.Choice("category", kCategories);
    entry.interfaces = reader.Links("interfaces");
    entry.verified_elsewhere = reader.Text("verified_elsewhere");
    reader.RefuseOthers();
  }
  for (EntryReader& reader : root.Entries("controls", "control")) {
    Control& entry = files.controls.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.text = reader.RequiredText("text");
    entry.requirements = reader.Links("requirements");
    entry.implementation = reader.Text("implementation");
    entry.effectiveness = reader.Text("effectiveness");
    reader.RefuseOthers();
  }
}

void ReadThreats(EntryReader& root, ValidationFiles& files) {
  for (EntryReader& reader : root.Entries("threats", "threat")) {
    Threat& entry = files.threats.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.text = reader.RequiredText("text");
    entry.stride = reader.Choice("stride", kStride);
    entry.asset = reader.RequiredText("asset");
    entry.interface = reader.RequiredLink("interface");
    entry.controls = reader.Links("controls");
    reader.RefuseOthers();
  }
}

// The same for both kinds of risk but for the scale that takes the place of `likelihood`.
void ReadEstimates(EntryReader& reader, Risk& risk) {
  const char* likelihood = risk.security ? "exploitability" : "probability";
  const auto& scale = risk.security ? Exploitabilities() : kProbabilities;
  risk.severity = reader.Choice("severity", kSeverities);
  risk.likelihood = reader.Choice(likelihood, scale);
  EntryReader residual = reader.Entry("residual");
  risk.residual_severity = residual.Choice("severity", kSeverities);
  risk.residual_likelihood = residual.Choice(likelihood, scale);
  risk.residual_acceptable = residual.Choice("acceptable", kAnswers) == "yes";
  static_cast<void>(residual.RequiredText("rationale"));
  residual.RefuseOthers();
}

void ReadRisks(EntryReader& root, ValidationFiles& files) {
  for (EntryReader& reader : root.Entries("safety", "safety risk")) {
    Risk& risk = files.risks.emplace_back();
    risk.id = reader.Id();
    risk.line = reader.Line();
    for (const char* name : {"hazard", "sequence_of_events", "harm"}) {
      static_cast<void>(reader.RequiredText(name));
    }
    risk.text = reader.RequiredText("hazardous_situation");
    risk.controls = reader.Links("controls");
    ReadEstimates(reader, risk);
    reader.RefuseOthers();
  }
  for (EntryReader& reader : root.Entries("security", "security risk")) {
    Risk& risk = files.risks.emplace_back();
    risk.security = true;
    risk.id = reader.Id();
    risk.line = reader.Line();
    risk.text = reader.RequiredText("impact");
    static_cast<void>(reader.RequiredText("method"));
    risk.threats = reader.Links("threats");
    risk.leads_to = reader.Links("leads_to");
    risk.controls = reader.Links("controls");
    ReadEstimates(reader, risk);
    reader.RefuseOthers();
  }
}

void ReadSignatures(EntryReader& root, std::string_view name, std::vector<Signature>& signatures) {
  for (EntryReader& reader : root.Entries(name, "signature")) {
    Signature& signature = signatures.emplace_back();
    signature.name = reader.RequiredText("name");
    signature.role = reader.RequiredText("role");
    signature.date = reader.PastDate("date");
    signature.meaning = reader.RequiredText("meaning");
    reader.RefuseOthers();
  }
}

void ReadCheck(EntryReader reader, Criterion& criterion) {
  criterion.measure = reader.Choice("measure", MeasureNames());
  if (const Measure* measure = FindMeasure(criterion.measure)) {
    criterion.limit = reader.Amount(measure->at_least ? "at_least" : "at_most");
  }
  reader.RefuseOthers();
}

void ReadProtocol(EntryReader& root, ValidationFiles& files) {
  static_cast<void>(root.RequiredText("title"));
  for (EntryReader& reader : root.Entries("criteria", "criterion")) {
    Criterion& entry = files.criteria.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.text = reader.RequiredText("text");
    entry.dated = reader.Date("dated");
    if (reader.Has("check")) ReadCheck(reader.Entry("check"), entry);
    reader.RefuseOthers();
  }
  for (EntryReader& reader : root.Entries("entries", "protocol entry")) {
    ProtocolEntry& entry = files.entries.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.title = reader.RequiredText("title");
    entry.interfaces = reader.Links("interfaces");
    entry.requirements = reader.Links("requirements");
    entry.targets = reader.Links("targets");
    entry.criteria = reader.Links("criteria");
    if (reader.Has("intent")) entry.intent = reader.Choice("intent", kIntents);
    if (reader.Has("tests")) entry.tests = reader.Choices("tests", kTestKinds);
    reader.RefuseOthers();
  }
  ReadSignatures(root, "approvals", files.approvals);
}

void ReadPackages(EntryReader& root, ValidationFiles& files) {
  for (EntryReader& reader : root.Entries("packages", "package")) {
    RecordedPackage& entry = files.packages.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.sha256 = reader.Sha256("sha256");
    entry.result = reader.Choice("result", kVerdicts);
    entry.conclusion = reader.RequiredText("conclusion");
    entry.actions = reader.Texts("actions");
    static_cast<void>(reader.Texts("deviations"));
    entry.sample_rationale = reader.Text("sample_rationale");
    entry.nonconformity = reader.Text("nonconformity");
    reader.RefuseOthers();
  }
}

void ReadDispositions(EntryReader& root, ValidationFiles& files) {
  for (EntryReader& reader : root.Entries("dispositions", "disposition")) {
    Disposition& entry = files.dispositions.emplace_back();
    entry.id = reader.Id();
    entry.line = reader.Line();
    entry.finding = reader.RequiredLink("finding").id;
    entry.decision = reader.Choice("decision", Decisions());
    entry.rationale = reader.RequiredText("rationale");
    entry.date = reader.PastDate("date");
    entry.by = reader.RequiredText("by");
    if (reader.Has("package")) entry.package = reader.RequiredLink("package");
    if (reader.Has("every_build")) {
      // Nobody can have repaired what is not built yet.
      entry.every_build =
          reader.Choice("every_build", entry.decision == "fixed" ? std::vector<std::string>{"no"}
                                                                 : kAnswers) == "yes";
    }
    entry.references = reader.Texts("references");
    if (reader.Has("supersedes")) entry.supersedes = reader.RequiredLink("supersedes");
    if (reader.Has("retest") || entry.decision == "fixed") {
      static_cast<void>(reader.RequiredText("retest"));
    }
    if (reader.Has("deferral") || entry.decision == "deferred") {
      EntryReader deferral = reader.Entry("deferral");
      entry.deferral.risk = deferral.RequiredText("risk");
      entry.deferral.timeline = deferral.RequiredText("timeline");
      entry.deferral.interim_measure = deferral.RequiredText("interim_measure");
      entry.deferral.time_to_field = deferral.RequiredText("time_to_field");
      deferral.RefuseOthers();
    }
    reader.RefuseOthers();
  }
}

void ReadRecords(EntryReader& root, ValidationFiles& files) {
  ReadPackages(root, files);
  ReadDispositions(root, files);
  ReadSignatures(root, "signatures", files.signatures);
}

void ReadCompliance(EntryReader& root, ValidationFiles& files) {
  if (root.Has("policies")) files.policies = ReadPolicies(root.Entry("policies"));
  files.compliance = ReadLists(root, ComplianceLists());
}

void ReadPostmarket(EntryReader& root, ValidationFiles& files) {
  files.postmarket = ReadLists(root, PostmarketLists());
}

struct FileKind {
  const char* name;
  void (*read)(EntryReader& root, ValidationFiles& files);
};
// In the order of kValidationKinds.
constexpr FileKind kFileKinds[] = {
    {kValidationKinds[0], &ReadInterfaces}, {kValidationKinds[1], &ReadRequirements},
    {kValidationKinds[2], &ReadThreats},    {kValidationKinds[3], &ReadRisks},
    {kValidationKinds[4], &ReadProtocol},   {kValidationKinds[5], &ReadRecords},
    {kValidationKinds[6], &ReadCompliance}, {kValidationKinds[7], &ReadPostmarket}};

// Takes the text of a file that is there. False when something else has its name, or it is too
// large, which is a problem.
Result<bool> TakeText(const std::string& path, std::string& text, std::vector<Problem>& problems) {
  std::error_code ignored;
  if (stdfs::status(path, ignored).type() != stdfs::file_type::regular) {
    problems.push_back({path, 0, "is not a regular file"});
    return false;
  }
  auto read = common::ReadFile(path, kLargestValidationFile);
  if (read) {
    text = std::move(*read);
    return true;
  }
  if (read.error().code != ErrorCode::kBadInput) return tl::make_unexpected(read.error());
  problems.push_back({path, 0, read.error().message});
  return false;
}

// Whether all entries of the file could be read, as far as its syntax goes.
bool ReadOne(const FileKind& kind, const std::string* text, LoadedValidation& loaded) {
  const std::string path = ValidationPath(loaded.files.folder, kind.name);
  if (text == nullptr) {
    if (&kind - std::begin(kFileKinds) >= static_cast<ptrdiff_t>(kRequiredKinds)) return true;
    loaded.problems.push_back({path, 0, "is missing; docs/validation-files.md tells its content"});
    return false;
  }
  const size_t before = loaded.problems.size();
  const LocatedValue tree = ParseLocated(*text, path, loaded.problems);
  // Half of a tree would only bring problems that are none.
  if (loaded.problems.size() > before) return false;
  EntryReader root(tree, path, kind.name, loaded.problems);
  static_cast<void>(root.Choice("schema", {fmt::format("percuss.{}.v1", kind.name)}));
  kind.read(root, loaded.files);
  root.RefuseOthers();
  return true;
}

// Reads those of which there is a text; `unread` are there, and their problems are told already.
void ReadAll(const std::set<std::string>& unread, LoadedValidation& loaded) {
  bool whole = unread.empty();
  for (const FileKind& kind : kFileKinds) {
    if (unread.contains(kind.name)) continue;
    const auto text = loaded.texts.find(kind.name);
    whole = ReadOne(kind, text == loaded.texts.end() ? nullptr : &text->second, loaded) && whole;
  }
  // Without all entries a link that dangles may not be one.
  if (whole) CheckLinks(loaded.files, loaded.problems);
  std::stable_sort(loaded.problems.begin(), loaded.problems.end(),
                   [](const Problem& left, const Problem& right) {
                     return std::tie(left.file, left.line) < std::tie(right.file, right.line);
                   });
}

}  // namespace

const std::vector<std::string>& Exploitabilities() {
  static const std::vector<std::string> kScale = {"very_low", "low", "medium", "high", "very_high"};
  return kScale;
}

std::string ValidationPath(const stdfs::path& folder, const char* kind) {
  return (folder / kind).string() + ".json";
}

LoadedValidation ParseValidation(ValidationTexts texts, const stdfs::path& folder) {
  LoadedValidation loaded;
  loaded.files.folder = folder;
  loaded.texts = std::move(texts);
  ReadAll({}, loaded);
  return loaded;
}

Result<LoadedValidation> LoadValidation(const stdfs::path& folder) {
  LoadedValidation loaded;
  loaded.files.folder = folder;
  std::set<std::string> unread;
  for (const FileKind& kind : kFileKinds) {
    const std::string path = ValidationPath(folder, kind.name);
    std::error_code ignored;
    if (stdfs::status(path, ignored).type() == stdfs::file_type::not_found) continue;
    const auto taken = TakeText(path, loaded.texts[kind.name], loaded.problems);
    if (!taken) return tl::make_unexpected(taken.error());
    if (*taken) continue;
    unread.insert(kind.name);
    loaded.texts.erase(kind.name);
  }
  ReadAll(unread, loaded);
  return loaded;
}

}  // namespace percuss::reports
