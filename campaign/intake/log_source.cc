// SPDX-License-Identifier: Apache-2.0
//
// A crash report by itself: a text that triage's parsers understand, as a sanitizer's log_path or a
// pipeline's console leaves it.
#include "campaign/intake/source.h"

namespace percuss::campaign {
namespace {

bool KnowsFolder(const SeenFolder& /*folder*/) { return false; }
common::Status TakeFolder(const SeenFolder& /*folder*/, Gathering& /*gathering*/) { return {}; }

bool TakeFile(const SeenFile& file, Gathering& gathering) {
  auto text = gathering.ReadText(file);
  if (!text || !TellsOfAFault(*text)) return false;
  HandedIn item;
  item.source = "log";
  item.path = file.shown;
  item.log = std::move(*text);
  gathering.AddLog(std::move(item));
  return true;
}

}  // namespace

const Source kLogSource = {"log", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
