// SPDX-License-Identifier: Apache-2.0
//
// AFL++'s output: <sync folder>/<instance>/{crashes,hangs}, and what an instance that was started
// again keeps of its earlier lives (crashes.<date>). Names tell of each input, as
// "id:000003,sig:06,src:000001,time:4711,execs:815,op:havoc,rep:2" (docs/fuzzing_in_depth.md of
// AFL++); with SIMPLE_FILES "id_000003_06".
#include <algorithm>
#include <charconv>

#include "campaign/intake/source.h"

namespace percuss::campaign {
namespace {

using common::Status;

bool IsCalled(const std::string& name, std::string_view what) {
  return name == what || name.starts_with(std::string(what) + ".");
}

bool HoldsCrashes(const std::string& name) { return IsCalled(name, "crashes"); }
bool HoldsHangs(const std::string& name) { return IsCalled(name, "hangs"); }

bool IsAflName(const std::string& name) {
  return name.starts_with("id:") || name.starts_with("id_0");
}

bool IsInstance(const SeenFolder& folder) {
  const bool kept = std::any_of(folder.folders.begin(), folder.folders.end(), [](const auto& name) {
    return HoldsCrashes(name) || HoldsHangs(name);
  });
  return kept && (folder.HasFolder("queue") || folder.File("fuzzer_stats") != nullptr);
}

bool IsCrashFolder(const SeenFolder& folder) {
  return std::any_of(folder.files.begin(), folder.files.end(),
                     [](const SeenFile& file) { return IsAflName(file.name); });
}

bool KnowsFolder(const SeenFolder& folder) { return IsInstance(folder) || IsCrashFolder(folder); }

// The number after `field` in a name; -1 where it has none.
int64_t NumberOf(const std::string& name, std::string_view field) {
  size_t at = name.find(field);
  while (at != std::string::npos && at > 0 && name[at - 1] != ',') at = name.find(field, at + 1);
  if (at == std::string::npos) return -1;
  const char* const begin = name.data() + at + field.size();
  int64_t number = -1;
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), number);
  return error == std::errc() && number >= 0 ? number : -1;
}

HandedIn Described(const std::string& name, bool hang) {
  constexpr double kMsPerS = 1000;
  constexpr int64_t kMostSignal = 64;
  HandedIn item;
  item.source = "aflpp";
  item.kind = hang ? "hang" : "crash";
  if (!IsAflName(name)) return item;
  item.note = name;
  const int64_t signal = NumberOf(name, "sig:");
  if (signal <= kMostSignal) item.signal = static_cast<int>(std::max<int64_t>(signal, 0));
  const int64_t time_ms = NumberOf(name, "time:");
  if (time_ms >= 0) item.first_seen_s = static_cast<double>(time_ms) / kMsPerS;
  item.first_seen_executions = NumberOf(name, "execs:");
  return item;
}

void TakeAll(const SeenFolder& folder, Gathering& gathering) {
  for (const SeenFile& file : folder.files) {
    if (file.name == "README.txt") continue;
    gathering.AddInput(file, Described(file.name, HoldsHangs(folder.name)));
  }
}

Status TakeFolder(const SeenFolder& folder, Gathering& gathering) {
  if (!IsInstance(folder)) {
    TakeAll(folder, gathering);
    return {};
  }
  for (const std::string& name : folder.folders) {
    if (!HoldsCrashes(name) && !HoldsHangs(name)) continue;
    const auto kept = gathering.OpenBelow(folder, name);
    if (!kept) return tl::make_unexpected(kept.error());
    TakeAll(*kept, gathering);
  }
  return {};
}

bool TakeFile(const SeenFile& file, Gathering& gathering) {
  if (!IsAflName(file.name)) return false;
  gathering.AddInput(file, Described(file.name, HoldsHangs(file.path.parent_path().filename())));
  return true;
}

}  // namespace

const Source kAflppSource = {"aflpp", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
