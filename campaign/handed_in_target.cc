// SPDX-License-Identifier: Apache-2.0
#include "campaign/handed_in_target.h"

#include <unistd.h>

#include <algorithm>

#include "campaign/build_likeness.h"
#include "campaign/elf_reader.h"
#include "campaign/engine/program_target.h"
#include "campaign/harness_facts.h"
#include "campaign/target_command.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;

// Ids name folders. A build of ours is called after its engine: its folder says whose it is.
std::string IdOf(const stdfs::path& binary) {
  std::string name = binary.filename().string();
  const bool role = name == "libfuzzer" || name == "aflpp" || name == "msan";
  if (role && binary.has_parent_path()) name = binary.parent_path().filename().string();
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '-' && c != '.'; },
      '_');
  if (name.empty() || name.front() == '.') name.insert(0, "target");
  return name;
}

Result<TargetSpec> TargetOf(const stdfs::path& binary) {
  std::error_code error;
  const stdfs::path file = stdfs::canonical(binary, error);
  if (error) {
    return Fail(ErrorCode::kBadInput,
                error.message() +
                    ": --target is the path of a binary, or with --campaign the id "
                    "of one of its targets",
                binary.string());
  }
  const auto facts = ReadElfFacts(file);
  const auto host = ReadElfFacts("/proc/self/exe");
  if (!stdfs::is_regular_file(file, error) || !facts) {
    return Fail(ErrorCode::kBadInput, "is no program (ELF)", binary.string());
  }
  TargetSpec target;
  target.id = IdOf(file);
  if (host && facts->machine != host->machine) {
    if (const auto checked = CheckProgram(file, target.program); !checked) {
      return Fail(ErrorCode::kBadInput,
                  checked.error().message +
                      "; firmware, and programs with arguments or a sysroot, are described in a "
                      "campaign file: pass it with --campaign",
                  binary.string());
    }
    target.binaries["program"] = file;
    target.engines = {"qemu-user"};
    return target;
  }
  if (::access(file.c_str(), X_OK) != 0) {
    return Fail(ErrorCode::kBadInput, "is not executable", binary.string());
  }
  const char* role = HasLibFuzzer(file) ? "libfuzzer" : "aflpp";
  target.binaries[role] = file;
  target.engines = {role};
  return target;
}

}  // namespace

Result<CampaignSpec> ChooseTarget(const std::string& target, const stdfs::path& campaign_file,
                                  const stdfs::path& harness_root) {
  CampaignSpec campaign;
  if (campaign_file.empty()) {
    auto ready = TargetOf(target);
    if (!ready) return tl::make_unexpected(ready.error());
    campaign.targets.push_back(std::move(*ready));
  } else {
    auto loaded = LoadCampaign(campaign_file, harness_root);
    if (!loaded) return loaded;
    campaign = std::move(*loaded);
    std::string known;
    for (const TargetSpec& one : campaign.targets) known += (known.empty() ? "" : ", ") + one.id;
    std::erase_if(campaign.targets, [&](const TargetSpec& one) { return one.id != target; });
    if (campaign.targets.empty()) {
      return Fail(ErrorCode::kBadInput,
                  "has no target \"" + target + "\"; its targets are: " + known,
                  campaign_file.string());
    }
  }
  campaign.name = "triage-" + campaign.targets.front().id;
  for (common::Interface& interface : campaign.interfaces) {
    interface.tested = false;
    interface.exclusion_rationale = "crashes that were handed in were judged: nothing was fuzzed";
  }
  return campaign;
}

bool TellsThatItRan(const TargetSpec& target) {
  const std::string role = MainRole(target);
  if (role == "firmware" || role == "program") return true;
  const stdfs::path& binary = target.binaries.at(role);
  return ReadHarnessFacts(binary).has_value() || HasLibFuzzer(binary);
}

}  // namespace percuss::campaign
