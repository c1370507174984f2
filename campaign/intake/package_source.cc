// SPDX-License-Identifier: Apache-2.0
//
// An evidence package as a folder: its findings' inputs once more, with what it says of them, and
// the inputs that did not fail when it was made. Whether its seal is whole is for others to say: an
// input is what it does.
#include "campaign/intake/source.h"
#include "common/json_file.h"
#include "common/model/finding.h"

namespace percuss::campaign {
namespace {

using common::Json;
using common::Status;

constexpr const char* kFindings = "findings";
constexpr const char* kNotReproduced = "not_reproduced";
constexpr const char* kHistory = "history";

bool KnowsFolder(const SeenFolder& folder) {
  return folder.File("manifest.json") != nullptr &&
         (folder.HasFolder(kFindings) || folder.HasFolder(kNotReproduced));
}

// What a file of the package says; nothing where it is not JSON.
Json JsonOf(const SeenFolder& folder, const char* name, const Gathering& gathering) {
  const SeenFile* file = folder.File(name);
  const auto text = file == nullptr ? std::nullopt : gathering.ReadText(*file);
  if (!text) return {};
  const auto json = common::ParseJson(*text, file->shown);
  return json ? *json : Json();
}

HandedIn Described(const SeenFolder& folder, const Gathering& gathering) {
  HandedIn item;
  item.source = "package";
  item.note = folder.name;
  item.path = folder.shown;
  const auto finding =
      common::FromJson<common::Finding>(JsonOf(folder, "finding.json", gathering), folder.shown);
  if (finding) {
    item.target = finding->target;
    item.engine = finding->engine;
    item.kind = finding->kind;
    item.first_seen_s = finding->first_seen_s;
    item.first_seen_executions = finding->first_seen_executions;
  }
  if (const SeenFile* report = folder.File("report.txt")) {
    item.log = gathering.ReadText(*report).value_or("");
  }
  return item;
}

Status TakeFinding(const SeenFolder& folder, Gathering& gathering) {
  HandedIn item = Described(folder, gathering);
  const SeenFile* input = folder.File("input");
  if (input == nullptr) {
    if (TellsOfAFault(item.log)) {
      gathering.AddLog(std::move(item));
    } else {
      gathering.PassOver(folder.shown, "the finding has no input");
    }
    return {};
  }
  if (folder.HasFolder(kHistory)) {
    const auto history = gathering.OpenBelow(folder, kHistory);
    if (!history) return tl::make_unexpected(history.error());
    for (const SeenFile& earlier : history->files) item.history.push_back(earlier.path);
  }
  gathering.AddInput(*input, std::move(item));
  return {};
}

Status TakeFindings(const SeenFolder& folder, Gathering& gathering) {
  const auto findings = gathering.OpenBelow(folder, kFindings);
  if (!findings) return tl::make_unexpected(findings.error());
  for (const std::string& id : findings->folders) {
    const auto finding = gathering.OpenBelow(*findings, id);
    if (!finding) return tl::make_unexpected(finding.error());
    if (auto taken = TakeFinding(*finding, gathering); !taken) return taken;
  }
  return {};
}

Status TakeFolder(const SeenFolder& folder, Gathering& gathering) {
  if (folder.HasFolder(kFindings)) {
    if (auto taken = TakeFindings(folder, gathering); !taken) return taken;
  }
  if (!folder.HasFolder(kNotReproduced)) return {};
  const auto rest = gathering.OpenBelow(folder, kNotReproduced);
  if (!rest) return tl::make_unexpected(rest.error());
  for (const SeenFile& file : rest->files) {
    HandedIn item;
    item.source = "package";
    gathering.AddInput(file, std::move(item));
  }
  return {};
}

// A zip of ours is stored, so that its manifest can be seen in it. The command unpacks one that it
// is given by name.
bool TakeFile(const SeenFile& file, Gathering& gathering) {
  constexpr std::string_view kZip = "PK\x03\x04";
  if (Gathering::HeadOf(file, kZip.size()) != kZip) return false;
  const auto bytes = ReadRegularFile(file.path, IntakeLimits().input_bytes);
  if (!bytes || bytes->find("\"percuss.evidence.v1\"") == std::string::npos) return false;
  gathering.PassOver(file.shown, "an evidence package: name it by itself");
  return true;
}

}  // namespace

const Source kPackageSource = {"package", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
