// SPDX-License-Identifier: Apache-2.0
#include "campaign/campaign_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "campaign/deadline_source.h"
#include "campaign/engine/board_target.h"
#include "campaign/engine/program_target.h"
#include "common/field_reader.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/log.h"
#include "protocols/model_reader.h"
#include "protocols/shipped_models.h"

namespace percuss::campaign {
namespace {

using common::Document;
using common::ErrorCode;
using common::Fail;
using common::FieldReader;
using common::Result;

const std::vector<std::string>& Roles() {
  static const std::vector<std::string> roles = {"libfuzzer", "aflpp",    "aflpp_cmplog", "cost",
                                                 "msan",      "coverage", "benchmark"};
  return roles;
}

// An engine and the role of the file that it runs.
struct EngineRole {
  const char* engine;
  const char* role;
  bool by_default;  // where there is the file
};
constexpr EngineRole kEngineRoles[] = {{"libfuzzer", "libfuzzer", true},
                                       {"aflpp", "aflpp", true},
                                       {"cost", "cost", false},
                                       {"qemu-board", "firmware", true},
                                       {"qemu-user", "program", true}};

// Of firmware on the fast core, in the folder of built harnesses.
constexpr const char* kRehostHarness = "rehost";

Budget ReadBudget(FieldReader reader) {
  Budget budget;
  budget.wall_s = reader.Count("wall_s", 1, 0);
  budget.cpu_s = reader.Count("cpu_s", 1, 0);
  budget.executions = reader.Count("executions", 1, 0);
  budget.plateau_s = reader.Count("plateau_s", 1, 0);
  reader.RefuseOthers();
  return budget;
}

// The bill of materials is a path, and so no part of the record.
common::Device ReadDevice(FieldReader reader, std::filesystem::path& sbom) {
  common::Device device;
  device.name = reader.Text("name");
  device.model = reader.Text("model");
  device.udi_di = reader.Text("udi_di");
  device.software_version = reader.Text("software_version");
  device.iec62304_class = reader.Choice("iec62304_class", {"", "A", "B", "C"}, "");
  device.submission = reader.Text("submission");
  sbom = reader.ExistingPath("sbom");
  reader.RefuseOthers();
  return device;
}

common::Tester ReadTester(FieldReader reader) {
  common::Tester tester;
  tester.id = reader.Text("id");
  tester.role = reader.Text("role");
  tester.organisation = reader.Text("organisation");
  tester.independence = reader.Choice(
      "independence", {"unknown", "developer", "other_team", "third_party"}, "unknown");
  tester.qualification_ref = reader.Text("qualification_ref");
  reader.RefuseOthers();
  return tester;
}

common::Interface ReadInterface(FieldReader reader) {
  common::Interface interface;
  interface.id = reader.RequiredText("id");
  interface.description = reader.Text("description");
  interface.protocol = reader.Text("protocol");
  interface.exclusion_rationale = reader.Text("exclusion_rationale");
  reader.RefuseOthers();
  return interface;
}

std::vector<KnownDefect> ReadKnownDefects(FieldReader& owner) {
  std::vector<KnownDefect> defects;
  for (FieldReader& reader : owner.Objects("known_defects")) {
    defects.push_back(
        {reader.RequiredText("id"), reader.RequiredText("class"), reader.Texts("functions")});
    reader.RefuseOthers();
  }
  return defects;
}

// A name, a file, or "harness" for the one that the harness was built with.
void ReadModel(FieldReader& reader, TargetSpec& target) {
  const std::string said = reader.Text("model");
  if (said.empty()) return;
  target.along_model = true;
  if (said == "harness") return;
  target.model = protocols::ModelPath(said);
  if (target.model == said) target.model = reader.ExistingPath("model");
  if (target.model.empty()) return;
  if (const auto model = protocols::ReadModelFile(target.model); !model) {
    reader.Mistake("model", model.error().Text(target.model.string()));
  }
}

// Fills in what the build wrote down about a harness of ours.
void ApplyHarnessIndex(FieldReader& reader, const std::filesystem::path& harness_root,
                       TargetSpec& target) {
  const auto folder = harness_root / target.harness;
  auto index = Document::Read(folder / "harness.json");
  if (!index) {
    reader.Mistake("harness",
                   fmt::format("no harness \"{}\" is built in {}: build the default preset, or "
                               "name binaries instead",
                               target.harness, harness_root.string()));
    return;
  }
  FieldReader facts(*index, index->json, "");
  for (const std::string& role : Roles()) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / role, ignored)) target.binaries[role] = folder / role;
  }
  const std::filesystem::path corpus = facts.Text("corpus");
  std::error_code ignored;
  const auto fill = [&](std::filesystem::path& path, const char* name) {
    if (path.empty() && std::filesystem::is_directory(corpus / name, ignored)) path = corpus / name;
  };
  fill(target.seeds, "seed");
  fill(target.regression, "regression");
  if (target.dictionary.empty()) {
    const auto dictionaries = common::ListFiles(corpus / "dict");
    if (!dictionaries.empty()) target.dictionary = dictionaries.front();
  }
  if (target.model.empty()) target.model = facts.Text("model");
  if (target.description.empty()) target.description = facts.Text("description");
  if (target.interface_id.empty()) target.interface_id = facts.Text("interface");
  target.compiler = facts.Text("compiler");
  if (target.sources.empty()) target.sources = facts.Texts("sources");
  target.defines = facts.Texts("defines");
  if (target.fidelity_limits.empty()) target.fidelity_limits = facts.Texts("fidelity_limits");
  if (target.known_defects.empty()) target.known_defects = ReadKnownDefects(facts);
  if (facts.Has("soup")) {
    FieldReader soup = facts.Object("soup");
    target.recipe = soup.Text("recipe");
    target.recipe_tree = soup.Text("tree");
  }
}

void ReadBinaries(FieldReader& reader, TargetSpec& target) {
  if (!reader.Has("binaries")) return;
  FieldReader binaries = reader.Object("binaries");
  for (const std::string& role : Roles()) {
    const auto path = binaries.ExistingPath(role);
    if (!path.empty()) target.binaries[role] = path;
  }
  binaries.RefuseOthers();
}

// An image whose peripherals nobody models, and what is known of them: a file, or "auto".
void ReadRehost(FieldReader& reader, const std::filesystem::path& image, TargetSpec& target) {
  if (reader.Has("board")) {
    return reader.Mistake("rehost", "a target has a \"board\" or is a \"rehost\", not both");
  }
  const bool is_auto = reader.Text("rehost") == "auto";
  target.rehost.configuration = is_auto ? std::filesystem::path() : reader.ExistingPath("rehost");
  if (image.empty() || (!is_auto && target.rehost.configuration.empty())) {
    return reader.Mistake("rehost", "needs \"firmware\", and is a configuration or \"auto\"");
  }
  target.rehost.firmware = image;
  const auto inputs = reader.Choice("rehost_inputs", {"mixed", "streams", "flat"}, "mixed");
  target.rehost.streams = inputs != "flat";
  target.rehost.aflpp_streams = inputs == "streams";
  auto notes = CheckRehost(target.rehost);
  if (!notes) return reader.Mistake("rehost", notes.error().Text());
  if (target.rehost.message_stream) {
    // The input is a line's message, which goes by a model or as bytes.
    if (inputs == "streams") {
      reader.Mistake("rehost_inputs", "is \"streams\", but inputs are the messages of a line");
    }
    target.rehost.streams = false;
    target.rehost.aflpp_streams = false;
  }
  for (std::string& note : *notes) {
    common::LogInfo("{}: {}", target.id, note);
    target.fidelity_limits.push_back(std::move(note));
  }
  target.harness = kRehostHarness;
  target.binaries["image"] = image;
  if (!is_auto) target.binaries["rehost"] = target.rehost.configuration;
  if (!target.rehost.symbols.empty()) target.binaries["symbols"] = target.rehost.symbols;
  target.retention.cpu_ms = 0;
}

// An image for a board, which is a name of ours or the file of its description.
void ReadFirmware(FieldReader& reader, TargetSpec& target) {
  const auto image = reader.ExistingPath("firmware");
  if (reader.Has("rehost")) return ReadRehost(reader, image, target);
  const std::string name = reader.Text("board");
  if (image.empty() && name.empty()) return;
  if (image.empty() || name.empty()) {
    return reader.Mistake(image.empty() ? "firmware" : "board",
                          "\"firmware\" needs a \"board\" or \"rehost\", and a board needs it");
  }
  const auto board = FindBoard(name, reader.Folder());
  if (!board) return reader.Mistake("board", board.error().Text());
  auto unwatched = CheckFirmware(image, board->file);
  if (!unwatched) return reader.Mistake("firmware", unwatched.error().Text());
  for (const std::string& note : *unwatched) {
    common::LogWarning("{}: {}", target.id, note);
    target.fidelity_limits.push_back(note);
  }
  target.binaries["firmware"] = image;
  target.binaries["board"] = board->file;
  target.fidelity_limits.insert(target.fidelity_limits.end(), board->fidelity_limits.begin(),
                                board->fidelity_limits.end());
}

// A Linux program for another processor.
void ReadProgram(FieldReader& reader, TargetSpec& target) {
  const auto file = reader.ExistingPath("program");
  target.program.sysroot = reader.ExistingPath("sysroot");
  target.program.arguments = reader.Texts("arguments");
  target.program.checkpoint = reader.Text("checkpoint", target.program.checkpoint);
  target.program.socket = reader.Text("socket");
  if (file.empty()) {
    for (const char* name : {"sysroot", "arguments", "checkpoint", "socket"}) {
      if (reader.Has(name)) reader.Mistake(name, "is for a target with a \"program\"");
    }
    return;
  }
  if (const auto checked = CheckProgram(file, target.program); !checked) {
    return reader.Mistake("program", checked.error().Text());
  }
  target.binaries["program"] = file;
}

void ChooseEngines(FieldReader& reader, TargetSpec& target) {
  const std::vector<std::string> asked = reader.Texts("engines");
  for (const std::string& engine : asked) {
    const auto* known = std::find_if(std::begin(kEngineRoles), std::end(kEngineRoles),
                                     [&](const EngineRole& e) { return engine == e.engine; });
    if (known == std::end(kEngineRoles)) {
      reader.Mistake(
          "engines",
          fmt::format("\"{}\" is not one of: libfuzzer, aflpp, cost, qemu-board, qemu-user",
                      engine));
    } else if (!target.binaries.contains(known->role)) {
      reader.Mistake("engines", engine == known->role
                                    ? fmt::format("\"{}\" needs a binary of that name", engine)
                                    : fmt::format("\"{}\" needs a \"{}\"", engine, known->role));
    }
  }
  target.engines = asked;
  const bool judged = target.binaries.contains("libfuzzer") || target.binaries.contains("aflpp");
  if (std::find(asked.begin(), asked.end(), "cost") != asked.end() && !judged) {
    reader.Mistake("engines",
                   "\"cost\" needs a libfuzzer or an aflpp binary as well: what it finds is judged "
                   "there");
  }
  if (!asked.empty()) return;
  for (const EngineRole& known : kEngineRoles) {
    if (known.by_default && target.binaries.contains(known.role)) {
      target.engines.emplace_back(known.engine);
    }
  }
  if (target.engines.empty()) {
    reader.Mistake("binaries", "at least a libfuzzer or an aflpp binary is needed");
  }
}

void ReadDeadline(FieldReader& reader, TargetSpec& target) {
  if (!reader.Has("deadline")) return;
  if (target.binaries.contains("firmware") || target.binaries.contains("program") ||
      target.binaries.contains("image")) {
    return reader.Mistake("deadline",
                          "is for targets on this host: a board has deadline_us, and a program "
                          "none");
  }
  FieldReader deadline = reader.Object("deadline");
  target.deadline.asked = true;
  target.deadline.cpu_us = deadline.Count("cpu_us", 1, 0);
  target.deadline.source = deadline.Text("source");
  deadline.RefuseOthers();
}

void ReadRetention(FieldReader& reader, TargetSpec& target) {
  if (!reader.Has("retention")) return;
  FieldReader retention = reader.Object("retention");
  TargetRetention& setting = target.retention;
  setting.cpu_ms = retention.Count("cpu_ms", 0, setting.cpu_ms);
  setting.inputs = retention.Count("inputs", 1, setting.inputs);
  constexpr int64_t kMostCpuMs = 3'600'000;
  constexpr int64_t kMostInputs = 10'000;
  if (setting.cpu_ms > kMostCpuMs) retention.Mistake("cpu_ms", "is more than an hour");
  if (setting.inputs > kMostInputs) {
    retention.Mistake("inputs", fmt::format("is more than {}", kMostInputs));
  }
  setting.asked = setting.cpu_ms > 0;
  const bool on_host =
      (target.binaries.contains("libfuzzer") || target.binaries.contains("aflpp")) &&
      !target.binaries.contains("image");
  if (setting.asked && !on_host) {
    reader.Mistake("retention",
                   "is for targets on this host: elsewhere each input is run from a checkpoint");
  }
  retention.RefuseOthers();
}

void ReadInputPaths(FieldReader& reader, TargetSpec& target) {
  target.seeds = reader.ExistingPath("seeds");
  target.regression = reader.ExistingPath("regression");
  target.dictionary = reader.ExistingPath("dictionary");
  std::error_code ignored;
  for (const auto& [name, folder] :
       {std::pair("seeds", target.seeds), std::pair("regression", target.regression)}) {
    if (std::filesystem::is_regular_file(folder, ignored)) {
      reader.Mistake(name, "is a file: name the folder that it is in");
    }
  }
  if (std::filesystem::is_directory(target.dictionary, ignored)) {
    reader.Mistake("dictionary", "is a folder: name a file in it");
  }
}

TargetSpec ReadTarget(FieldReader& reader, const std::filesystem::path& harness_root) {
  TargetSpec target;
  target.id = reader.RequiredText("id");
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  };
  if (!std::all_of(target.id.begin(), target.id.end(), plain) || target.id.starts_with('.')) {
    reader.Mistake("id", "may hold letters, digits, '-', '_' and '.' only: it names folders");
  }
  target.harness = reader.Text("harness");
  ReadInputPaths(reader, target);
  ReadModel(reader, target);
  target.sbom = reader.ExistingPath("sbom");
  target.interface_id = reader.Text("interface");
  target.description = reader.Text("description");
  target.fidelity_limits = reader.Texts("fidelity_limits");
  target.sources = reader.Texts("sources");
  target.environment = reader.TextMap("environment");
  target.known_defects = ReadKnownDefects(reader);
  ReadBinaries(reader, target);
  ReadFirmware(reader, target);
  ReadProgram(reader, target);
  if (!target.harness.empty()) ApplyHarnessIndex(reader, harness_root, target);
  if (!target.rehost.firmware.empty()) {
    // They are the generic harness', which is not what is tested.
    target.harness.clear();
    target.compiler.clear();
    target.sources = reader.Texts("sources");
  }
  if (target.along_model && target.model.empty()) {
    reader.Mistake("model", "the target has no harness that was built with one: name it");
  }
  if (target.along_model && !target.rehost.firmware.empty() && !target.rehost.message_stream) {
    reader.Mistake("model",
                   "needs \"inputs\" in the configuration that \"rehost\" names: "
                   "nothing says where the firmware takes messages from");
  }
  if (target.harness.empty() && target.binaries.empty()) {
    reader.Mistake("binaries",
                   "a target needs \"binaries\", the name of a \"harness\", \"firmware\" or a "
                   "\"program\"");
  }
  ChooseEngines(reader, target);
  target.budget = ReadBudget(reader.Object("budget"));
  FieldReader limits = reader.Object("limits");
  target.limits.input_ms = limits.Count("input_ms", 10, target.limits.input_ms);
  target.limits.rss_mib = limits.Count("rss_mib", 64, target.limits.rss_mib);
  limits.RefuseOthers();
  ReadDeadline(reader, target);
  ReadRetention(reader, target);
  if (reader.Has("disclosure")) {
    FieldReader disclosure = reader.Object("disclosure");
    target.disclosure.needed = true;
    target.disclosure.contact = disclosure.RequiredText("contact");
    target.disclosure.date = disclosure.Text("date");
    target.disclosure.embargo_until = disclosure.Text("embargo_until");
    disclosure.RefuseOthers();
  }
  reader.RefuseOthers();
  return target;
}

// An interface named by a target is in scope; one that nobody tests needs a reason, for an auditor
// will ask.
void MatchInterfaces(FieldReader& root, CampaignSpec& campaign) {
  std::set<std::string> known;
  for (common::Interface& interface : campaign.interfaces) {
    if (!known.insert(interface.id).second) {
      root.Mistake("interfaces", fmt::format("the id \"{}\" is there twice", interface.id));
    }
  }
  for (const TargetSpec& target : campaign.targets) {
    if (target.interface_id.empty()) continue;
    const auto match = [&](const common::Interface& i) { return i.id == target.interface_id; };
    const auto it = std::find_if(campaign.interfaces.begin(), campaign.interfaces.end(), match);
    if (it != campaign.interfaces.end()) {
      it->tested = true;
    } else {
      campaign.interfaces.push_back({target.interface_id, target.description, "", true, ""});
    }
  }
  for (const common::Interface& interface : campaign.interfaces) {
    if (!interface.tested && interface.exclusion_rationale.empty()) {
      root.Mistake("interfaces", fmt::format("\"{}\" is tested by no target: give it an "
                                             "\"exclusion_rationale\"",
                                             interface.id));
    }
  }
}

}  // namespace

std::string KnownDefectOf(const TargetSpec& target, const common::Finding& finding) {
  for (const KnownDefect& known : target.known_defects) {
    const auto& functions = known.functions;
    if (known.bug_class == finding.bug_class &&
        std::find(functions.begin(), functions.end(), finding.function) != functions.end()) {
      return known.id;
    }
  }
  return {};
}

Result<CampaignSpec> LoadCampaign(const std::filesystem::path& file,
                                  const std::filesystem::path& harness_root) {
  auto document = Document::Read(file);
  if (!document) {
    common::Error error = document.error();
    error.code = ErrorCode::kBadInput;
    return tl::make_unexpected(error);
  }
  CampaignSpec campaign;
  campaign.file = std::filesystem::absolute(file);
  campaign.file_sha256 = common::Sha256Hex(document->text);
  FieldReader root(*document, document->json, "");
  root.Choice("schema", {"percuss.campaign.v1"}, "");
  campaign.name = root.Text("name", file.stem().string());
  campaign.device = ReadDevice(root.Object("device"), campaign.sbom);
  campaign.tester = ReadTester(root.Object("tester"));
  campaign.budget = ReadBudget(root.Object("budget"));
  for (FieldReader& reader : root.Objects("interfaces")) {
    campaign.interfaces.push_back(ReadInterface(reader));
  }
  std::set<std::string> ids;
  for (FieldReader& reader : root.Objects("targets")) {
    campaign.targets.push_back(ReadTarget(reader, harness_root));
    if (!ids.insert(campaign.targets.back().id).second) {
      reader.Mistake("id", "another target has the same id");
    }
  }
  FieldReader validation = root.Object("validation");
  for (const char* name : {"interfaces", "requirements", "threats", "risks", "protocol", "records",
                           "compliance", "postmarket"}) {
    const auto path = validation.ExistingPath(name);
    if (!path.empty()) campaign.validation[name] = path;
  }
  validation.RefuseOthers();
  root.RefuseOthers();
  if (campaign.targets.empty()) root.Mistake("targets", "at least one target is needed");
  MatchInterfaces(root, campaign);
  if (auto resolved = ResolveDeadlines(campaign); !resolved) {
    root.Mistake("targets", resolved.error().Text());
  }
  if (!document->status) return tl::make_unexpected(document->status.error());
  return campaign;
}

Result<int64_t> ParseDuration(const std::string& text) {
  int64_t value = 0;
  size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    if (value > 1'000'000'000) break;
    value = value * 10 + (text[at] - '0');
  }
  const std::string unit = text.substr(at);
  int64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "m") factor = 60;
  if (unit == "h") factor = 3600;
  if (unit == "d") factor = 86400;
  if (at == 0 || factor == 0 || value == 0) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("\"{}\" is not a duration: write for example 90s, 5m, 2h or 1d", text));
  }
  return value * factor;
}

}  // namespace percuss::campaign
