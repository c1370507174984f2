// SPDX-License-Identifier: Apache-2.0
//
// honggfuzz's workspace: SIGSEGV.PC.<pc>.STACK.<hash>.CODE.<code>.ADDR.<address>.INSTR.<text>.fuzz
// and HONGGFUZZ.REPORT.TXT, which has a section for each, ended by a line of equals signs.
#include <algorithm>
#include <csignal>
#include <map>

#include "campaign/intake/source.h"

namespace percuss::campaign {
namespace {

using common::Status;

constexpr const char* kReport = "HONGGFUZZ.REPORT.TXT";
constexpr std::string_view kInputName = "FUZZ_FNAME: ";
constexpr std::string_view kRule = "\n=====";

struct SignalName {
  std::string_view name;
  int signal;
};
constexpr SignalName kSignals[] = {
    {"SIGSEGV", SIGSEGV}, {"SIGABRT", SIGABRT}, {"SIGBUS", SIGBUS}, {"SIGFPE", SIGFPE},
    {"SIGILL", SIGILL},   {"SIGTRAP", SIGTRAP}, {"SIGSYS", SIGSYS},
};
constexpr std::string_view kTimeSignal = "SIGVTALRM";  // with its option tmout_sigvtalrm

bool IsInput(const std::string& name) { return name.starts_with("SIG") && name.ends_with(".fuzz"); }

bool KnowsFolder(const SeenFolder& folder) {
  return folder.File(kReport) != nullptr ||
         std::any_of(folder.files.begin(), folder.files.end(),
                     [](const SeenFile& file) { return IsInput(file.name); });
}

HandedIn Described(const std::string& name) {
  HandedIn item;
  item.source = "honggfuzz";
  item.note = name;
  const std::string_view signal = std::string_view(name).substr(0, name.find('.'));
  if (signal == kTimeSignal) item.kind = "hang";
  for (const SignalName& known : kSignals) {
    if (known.name == signal) item.signal = known.signal;
  }
  return item;
}

// Sections by the name of their input; the last one of a name, as the file was written last.
std::map<std::string, std::string> SectionsOf(const std::string& text) {
  std::map<std::string, std::string> sections;
  for (size_t at = text.find(kInputName); at != std::string::npos;
       at = text.find(kInputName, at + 1)) {
    if (at > 0 && text[at - 1] != '\n') continue;
    const size_t line_end = std::min(text.find('\n', at), text.size());
    const std::string path = text.substr(at + kInputName.size(), line_end - at - kInputName.size());
    const size_t rule = at == 0 ? std::string::npos : text.rfind(kRule, at - 1);
    const size_t begin = rule == std::string::npos ? 0 : rule + 1;
    sections[path.substr(path.rfind('/') + 1)] =
        text.substr(begin, std::min(text.find(kRule, at), text.size()) - begin);
  }
  return sections;
}

Status TakeFolder(const SeenFolder& folder, Gathering& gathering) {
  std::map<std::string, std::string> sections;
  if (const SeenFile* report = folder.File(kReport)) {
    const auto text = gathering.ReadText(*report);
    if (text) sections = SectionsOf(*text);
    if (!text) gathering.PassOver(report->shown, "it is no text, or too large to be read");
  }
  for (const SeenFile& file : folder.files) {
    if (file.name == kReport) continue;
    if (!IsInput(file.name)) {
      gathering.PassOver(file.shown,
                         "it is none of honggfuzz's crashes: name it to have it judged");
      continue;
    }
    HandedIn item = Described(file.name);
    if (auto section = sections.extract(file.name)) item.log = std::move(section.mapped());
    gathering.AddInput(file, std::move(item));
  }
  for (auto& [name, section] : sections) {
    HandedIn item = Described(name);
    item.path = folder.shown + "/" + kReport;
    item.note = "its input " + name + " is not there";
    item.log = std::move(section);
    gathering.AddLog(std::move(item));
  }
  return {};
}

bool TakeFile(const SeenFile& file, Gathering& gathering) {
  if (!IsInput(file.name)) return false;
  gathering.AddInput(file, Described(file.name));
  return true;
}

}  // namespace

const Source kHonggfuzzSource = {"honggfuzz", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
