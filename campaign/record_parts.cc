// SPDX-License-Identifier: Apache-2.0
#include "campaign/record_parts.h"

#include <sys/resource.h>

#include <algorithm>
#include <set>

#include "campaign/engine/board_target.h"
#include "campaign/engine/program_target.h"
#include "campaign/harness_facts.h"
#include "campaign/measure/host.h"
#include "campaign/supervise/self_check.h"
#include "campaign/triage/cluster.h"
#include "campaign/triage/finding_files.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr uint64_t kLargestPackagedBinary = uint64_t{64} << 20;

// Only flavours that the campaign uses must prove themselves.
stdfs::path SelfCheckBinary(const CampaignSpec& campaign, const stdfs::path& harness_root,
                            const std::string& engine) {
  const auto uses = [&](const std::string& name) {
    // afl-fuzz drives emulators as well, and the cost search is libFuzzer.
    return name == engine || (name.starts_with("qemu-") && engine == "aflpp") ||
           (name == "cost" && engine == "libfuzzer");
  };
  const bool used =
      std::any_of(campaign.targets.begin(), campaign.targets.end(), [&](const TargetSpec& target) {
        return std::any_of(target.engines.begin(), target.engines.end(), uses);
      });
  return used ? harness_root / "selfcheck" / engine : stdfs::path();
}

std::vector<common::Tool> EmulatorsOf(const TargetSpec& target) {
  if (const auto board = target.binaries.find("board"); board != target.binaries.end()) {
    return BoardTools(board->second);
  }
  if (const auto program = target.binaries.find("program"); program != target.binaries.end()) {
    return ProgramTools(program->second);
  }
  return {};
}

}  // namespace

void DescribeRun(const CampaignSpec& campaign, const RunSettings& settings,
                 common::RunRecord& record) {
  record.tool_version = settings.tool_version;
  record.device = campaign.device;
  record.tester = campaign.tester;
  record.interfaces = campaign.interfaces;
  record.tools = DescribeTools(settings.tool_version);
  std::set<std::string> described;
  for (const TargetSpec& target : campaign.targets) {
    for (const common::Tool& tool : EmulatorsOf(target)) {
      if (described.insert(tool.name).second) record.tools.push_back(tool);
    }
  }
  common::CampaignRun& run = record.campaign;
  run.name = campaign.name;
  run.file_sha256 = campaign.file_sha256;
  run.command = settings.command;
  run.started_at = common::Rfc3339(common::SystemClock().UnixS());
  run.seed = settings.seed;
  run.host = DescribeHost();
  run.jobs = settings.jobs > 0 ? settings.jobs : run.host.cores;
}

common::TargetRun DescribeTarget(const TargetSpec& target, std::vector<std::string>& failures) {
  common::TargetRun run;
  run.id = target.id;
  run.harness = target.harness;
  run.interface_id = target.interface_id;
  run.description = target.description;
  run.sources = target.sources;
  run.defines = target.defines;
  run.fidelity_limits = target.fidelity_limits;
  run.input_limit_ms = target.limits.input_ms;
  run.rss_limit_mib = target.limits.rss_mib;
  for (const auto& [role, path] : target.binaries) {
    const auto digest = common::Sha256FileHex(path);
    if (!digest) failures.push_back(digest.error().Text());
    run.binaries.push_back({role, path.string(), digest.value_or(""), "", target.compiler, ""});
    if (const auto facts = ReadHarnessFacts(path)) {
      run.input_format_version = facts->input_format_version;
    }
  }
  return run;
}

common::Result<std::vector<common::SelfCheckCase>> ProveOracle(
    const CampaignSpec& campaign, const stdfs::path& harness_root, const WorkDir& work,
    const std::atomic<bool>& interrupted) {
  SelfCheckOptions check;
  check.libfuzzer_binary = SelfCheckBinary(campaign, harness_root, "libfuzzer");
  check.aflpp_binary = SelfCheckBinary(campaign, harness_root, "aflpp");
  check.folder = work.Out() / "work" / "selfcheck";
  check.cancel = &interrupted;
  return RunSelfCheck(check);
}

bool IsProven(const std::vector<common::SelfCheckCase>& cases) {
  return !cases.empty() && std::all_of(cases.begin(), cases.end(),
                                       [](const auto& check_case) { return check_case.passed; });
}

std::map<std::string, std::string> PackBinaries(const TargetSpec& target, const WorkDir& work,
                                                std::vector<std::string>& problems) {
  std::map<std::string, std::string> packaged;
  for (const char* role : {"libfuzzer", "aflpp", "msan", "benchmark", "firmware", "board",
                           "program", "image", "rehost", "symbols"}) {
    const auto it = target.binaries.find(role);
    std::error_code error;
    if (it == target.binaries.end() || stdfs::file_size(it->second, error) > kLargestPackagedBinary)
      continue;
    const auto place = stdfs::path("replay") / WorkDir::SafeName(target.id) / role;
    const auto folder = (work.Package() / place).parent_path();
    if (!common::MakeFolder(folder) || !common::CopyFile(it->second, work.Package() / place))
      continue;
    stdfs::permissions(work.Package() / place, stdfs::perms::owner_all, error);
    packaged[role] = place.generic_string();
  }
  if (packaged.contains("program") && !target.program.sysroot.empty()) {
    const auto place = stdfs::path("replay") / WorkDir::SafeName(target.id) / "sysroot";
    const auto copied =
        CopySysroot(target.binaries.at("program"), target.program, work.Package() / place);
    if (!copied) problems.push_back(copied.error().Text());
    packaged["sysroot"] = place.generic_string();
  }
  return packaged;
}

void KeepFindings(const FindingBook& book, const WorkDir& work, common::RunRecord& record,
                  std::vector<std::string>& problems) {
  record.findings = book.All();
  SetClusters(record.findings);
  const common::Status written = RewriteFindingJson(work.Package(), record.findings);
  if (!written) problems.push_back(written.error().Text());
}

void KeepOnlyNeededBinaries(const WorkDir& work, common::RunRecord& record) {
  for (common::TargetRun& target : record.targets) {
    std::set<std::string> needed;
    for (const auto& finding : record.findings) {
      if (finding.target != target.id) continue;
      const auto replay = common::ReadJsonFile(work.Finding(finding.id) / "replay.json");
      if (replay && replay->contains("binary"))
        needed.insert((*replay)["binary"].value("role", ""));
    }
    if (needed.contains("firmware")) needed.insert("board");
    // What the program that shows it was made from.
    if (!needed.empty()) needed.insert({"image", "rehost", "symbols"});
    const auto place = stdfs::path("replay") / WorkDir::SafeName(target.id);
    std::error_code error;
    for (common::Binary& binary : target.binaries) {
      if (!stdfs::exists(work.Package() / place / binary.role, error)) continue;
      if (needed.contains(binary.role)) {
        binary.packaged = (place / binary.role).generic_string();
      } else {
        stdfs::remove(work.Package() / place / binary.role, error);
      }
    }
    if (!needed.contains("program")) {
      stdfs::remove_all(work.Package() / place / "sysroot", error);
    }
    if (needed.empty()) stdfs::remove_all(work.Package() / place, error);
  }
}

int64_t ChildCpuS() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
}

}  // namespace percuss::campaign
