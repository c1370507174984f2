// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer's artifacts: <prefix><kind>-<SHA-1 of the input>, as its option artifact_prefix leaves
// them, and logs beside them: each says "Test unit written to <artifact>" after what it reports.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "campaign/intake/source.h"

namespace percuss::campaign {
namespace {

using common::Status;

constexpr size_t kSha1Digits = 40;
constexpr std::string_view kWritten = "Test unit written to ";

struct ArtifactKind {
  std::string_view word;
  const char* kind;
};
constexpr ArtifactKind kKinds[] = {
    {"slow-unit-", "slow"}, {"crash-", "crash"}, {"timeout-", "hang"},
    {"oom-", "oom"},        {"leak-", "leak"},   {"mismatch-", "crash"},
};

const ArtifactKind* KindOf(std::string_view name) {
  if (name.size() <= kSha1Digits) return nullptr;
  const std::string_view digest = name.substr(name.size() - kSha1Digits);
  if (digest.find_first_not_of("0123456789abcdef") != std::string_view::npos) return nullptr;
  name.remove_suffix(kSha1Digits);
  for (const ArtifactKind& kind : kKinds) {
    if (name.ends_with(kind.word)) return &kind;
  }
  return nullptr;
}

bool KnowsFolder(const SeenFolder& folder) {
  return std::any_of(folder.files.begin(), folder.files.end(),
                     [](const SeenFile& file) { return KindOf(file.name) != nullptr; });
}

HandedIn Described(const std::string& name, const std::string& log) {
  HandedIn item;
  item.source = "libfuzzer";
  item.note = name;
  item.log = log;
  item.kind = KindOf(name)->kind;
  return item;
}

// One log may tell of several artifacts, each after its own report.
class Logs {
 public:
  // What is said of an artifact's name goes to it; the rest is a log without an input.
  void Read(const SeenFile& file, const std::string& text) {
    size_t begin = 0;
    bool any = false;
    for (size_t at = text.find(kWritten); at != std::string::npos; at = text.find(kWritten, at)) {
      size_t end = text.find('\n', at);
      if (end == std::string::npos) end = text.size();
      const std::string path = text.substr(at + kWritten.size(), end - at - kWritten.size());
      Keep(file, path.substr(path.rfind('/') + 1), text.substr(begin, end - begin));
      begin = at = end;
      any = true;
    }
    if (!any && TellsOfAFault(text)) Keep(file, "", text);
  }

  // Empty where no log tells of it.
  std::string TakeOf(const std::string& artifact) {
    const auto found = by_artifact_.find(artifact);
    if (found == by_artifact_.end()) return "";
    const std::string log = std::move(found->second.log);
    by_artifact_.erase(found);
    return log;
  }

  // Those of artifacts that are not there.
  void GiveRest(Gathering& gathering) {
    for (auto& [artifact, said] : by_artifact_) {
      if (TellsOfAFault(said.log)) AddAlone(said.shown, artifact, std::move(said.log), gathering);
    }
    for (auto& said : alone_) AddAlone(said.shown, "", std::move(said.log), gathering);
  }

 private:
  struct Said {
    std::string shown;
    std::string log;
  };

  void Keep(const SeenFile& file, const std::string& artifact, const std::string& log) {
    if (artifact.empty()) {
      alone_.push_back({file.shown, log});
    } else {
      by_artifact_.try_emplace(artifact, Said{file.shown, log});
    }
  }

  static void AddAlone(const std::string& shown, const std::string& artifact, std::string log,
                       Gathering& gathering) {
    HandedIn item;
    item.source = "libfuzzer";
    item.path = shown;
    item.note = artifact.empty() ? "" : "its input " + artifact + " is not there";
    item.log = std::move(log);
    gathering.AddLog(std::move(item));
  }

  std::map<std::string, Said> by_artifact_;
  std::vector<Said> alone_;
};

bool MayBeLog(const std::string& name) {
  return name.ends_with(".log") || name.ends_with(".txt") ||
         name.find(".log.") != std::string::npos;
}

Status TakeFolder(const SeenFolder& folder, Gathering& gathering) {
  Logs logs;
  int64_t others = 0;
  for (const SeenFile& file : folder.files) {
    if (KindOf(file.name) != nullptr) continue;
    const auto text = MayBeLog(file.name) ? gathering.ReadText(file) : std::nullopt;
    if (text) {
      logs.Read(file, *text);
    } else {
      ++others;
    }
  }
  for (const SeenFile& file : folder.files) {
    if (KindOf(file.name) == nullptr) continue;
    gathering.AddInput(file, Described(file.name, logs.TakeOf(file.name)));
  }
  logs.GiveRest(gathering);
  others += static_cast<int64_t>(folder.folders.size());
  if (others > 0) {
    gathering.PassOver(
        folder.shown,
        fmt::format("{} other {} left", others, others == 1 ? "entry is" : "entries are") +
            " beside libFuzzer's artifacts: what else is meant must be named");
  }
  return {};
}

bool TakeFile(const SeenFile& file, Gathering& gathering) {
  if (KindOf(file.name) == nullptr) return false;
  gathering.AddInput(file, Described(file.name, ""));
  return true;
}

}  // namespace

const Source kLibfuzzerSource = {"libfuzzer", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
