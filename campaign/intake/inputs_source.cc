// SPDX-License-Identifier: Apache-2.0
//
// Anything else: a file is an input of which nobody says that it failed, a folder holds such files,
// and below it what any source knows.
#include "campaign/intake/source.h"

namespace percuss::campaign {
namespace {

bool KnowsFolder(const SeenFolder& /*folder*/) { return true; }

common::Status TakeFolder(const SeenFolder& folder, Gathering& gathering) {
  for (const SeenFile& file : folder.files) gathering.TakeFile(file);
  for (const std::string& name : folder.folders) {
    const auto below = gathering.OpenBelow(folder, name);
    if (!below) return tl::make_unexpected(below.error());
    if (auto taken = gathering.TakeFolder(*below); !taken) return taken;
  }
  return {};
}

bool TakeFile(const SeenFile& file, Gathering& gathering) {
  HandedIn item;
  item.source = "inputs";
  item.failed_before = false;
  item.kind.clear();
  gathering.AddInput(file, std::move(item));
  return true;
}

}  // namespace

const Source kInputsSource = {"inputs", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
