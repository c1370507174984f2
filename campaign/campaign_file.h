// SPDX-License-Identifier: Apache-2.0
//
// The campaign file: what will be tested, with what, for how long. JSON, schema percuss.campaign.v1
// (reports/schema/campaign.v1.schema.json). Every mistake in it is a kBadInput that names file,
// line and field; members that nobody knows are mistakes too. Relative paths are relative to the
// campaign file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/engine/rehost_target.h"
#include "campaign/linux_program.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

// When fuzzing ends; 0 means no such bound. The first bound that is reached ends it.
struct Budget {
  int64_t wall_s = 0;
  int64_t cpu_s = 0;
  int64_t executions = 0;
  int64_t plateau_s = 0;  // no new coverage for so long
};

struct TargetLimits {
  int64_t input_ms = 1000;  // wall and cpu time of one input
  int64_t rss_mib = 2048;
};

// What an input may take of the processor on the host, on the plain optimised build.
struct TargetDeadline {
  bool asked = false;
  int64_t cpu_us = 0;  // above 0 where it was asked for
  std::string source;  // id of the requirement or criterion that sets it; may be empty
};

// What a process of the target holds after many inputs of the final corpus.
struct TargetRetention {
  bool asked = false;     // then what cannot be told is no pass
  int64_t cpu_ms = 2000;  // 0: not measured
  int64_t inputs = 500;   // of a round, at most
};

// A published defect of a target. A finding of this class, in one of these functions, is taken for
// it.
struct KnownDefect {
  std::string id;  // "CVE-2020-8597"
  std::string bug_class;
  std::vector<std::string> functions;
};

struct TargetSpec {
  std::string id;
  std::string harness;  // a name of ours; empty when the binaries are the user's own
  std::map<std::string, std::filesystem::path> binaries;  // role (common::Binary) to path
  LinuxProgram program;                                   // where there is a binary "program"
  RehostSource rehost;                                    // where there is a binary "image"
  std::vector<std::string> engines;                       // names of MakeEngine; in this order
  Budget budget;
  TargetLimits limits;
  TargetDeadline deadline;
  TargetRetention retention;
  std::filesystem::path seeds;
  std::filesystem::path regression;
  std::filesystem::path dictionary;
  std::filesystem::path model;  // of its protocol (docs/protocol-models.md); empty for none
  bool along_model = false;     // engines change inputs along it; else it serves minimisation alone
  std::string interface_id;
  std::string description;
  std::string compiler;
  std::vector<std::string> sources;
  std::vector<std::string> defines;
  std::vector<std::string> fidelity_limits;
  std::map<std::string, std::string> environment;  // for the target, in every run
  common::Disclosure disclosure;
  std::vector<KnownDefect> known_defects;
  std::filesystem::path recipe;  // of third-party software (targets/soup); empty for anything else
  std::string recipe_tree;       // upstream|patched|as_delivered
  std::filesystem::path sbom;    // the user's own bill of materials; empty when there is none
};

struct CampaignSpec {
  std::string name;
  std::filesystem::path file;
  std::string file_sha256;
  common::Device device;
  common::Tester tester;
  std::vector<common::Interface> interfaces;
  std::vector<TargetSpec> targets;
  Budget budget;               // of the whole campaign
  std::filesystem::path sbom;  // the user's bill of materials of the device; empty for none
  // By kind, such as "interfaces". They exist, and are not looked into here.
  std::map<std::string, std::filesystem::path> validation;
};

// harness_root is the folder of built harnesses, <build>/harnesses: names in the file are looked up
// there.
[[nodiscard]] common::Result<CampaignSpec> LoadCampaign(const std::filesystem::path& file,
                                                        const std::filesystem::path& harness_root);

// The id of the target's published defect that a finding is, empty when it is none of them.
[[nodiscard]] std::string KnownDefectOf(const TargetSpec& target, const common::Finding& finding);

// "90", "90s", "5m", "2h", "1d" to seconds.
[[nodiscard]] common::Result<int64_t> ParseDuration(const std::string& text);

}  // namespace percuss::campaign
