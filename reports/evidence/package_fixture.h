// SPDX-License-Identifier: Apache-2.0
//
// For tests: a small but complete record and staging folder, sealed into a package.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/fs.h"
#include "common/json_file.h"
#include "reports/evidence/package.h"

namespace percuss::reports {

class FixedClock : public common::Clock {
 public:
  [[nodiscard]] int64_t MonotonicNs() const override { return 0; }
  [[nodiscard]] int64_t UnixS() const override { return 1769904000; }
};

inline common::Finding SampleFinding() {
  common::Finding finding;
  finding.id = "F-0123456789ab";
  finding.target = "pump";
  finding.kind = "crash";
  finding.bug_class = "heap-buffer-overflow";
  finding.access = "write";
  finding.cwe = "CWE-122";
  finding.function = "ParseFrame";
  finding.stack = {{"ParseFrame", "frame.c", 10, 3, "pump", 0x40, true}};
  finding.reproduction.reproduced = finding.reproduction.reruns = 10;
  finding.reproduction.signatures = {{"abc", 10}};
  finding.reproduction.mode = "alone";
  finding.engine = "libfuzzer";
  finding.folder = "findings/" + finding.id;
  finding.confidence = "judged";
  return finding;
}

inline common::RunRecord SampleRecord() {
  common::RunRecord record;
  record.tool_version = "0.1.0";
  record.verdict = common::Verdict::kFail;
  record.reasons = {"one finding"};
  record.device.name = "Pump";
  record.tester = {"t1", "tester", "Lab", "third_party", ""};
  record.interfaces = {{"uart", "service port", "framed serial", true, ""},
                       {"usb", "log download", "mass storage", false, "not in this campaign"}};
  record.tools = {{"clang", "14.0.6", "/usr/bin/clang-14", std::string(64, 'a')}};
  record.campaign.name = "pump-serial";
  record.campaign.started_at = record.campaign.ended_at = "2026-02-01T00:00:00Z";
  common::TargetRun target;
  target.id = "pump";
  target.interface_id = "uart";
  target.verdict = common::Verdict::kFail;
  target.binaries = {
      {"libfuzzer", "/b/pump", std::string(64, 'b'), "replay/pump/pump", "clang", ""}};
  common::EngineRun engine;
  engine.engine = "libfuzzer";
  engine.argv = {"pump", "-seed=1"};
  engine.environment = {{"ASAN_OPTIONS", "x=1"}};
  engine.curve = {{1, 1000, 10, 2}};
  target.engines = {engine};
  target.coverage.functions.resize(1);
  target.timing.slowest.resize(1);
  target.timing.samples = {1, 2, 3};
  record.targets = {target};
  record.acceptance = {{"A1", "no finding", std::string(64, 'c'), "", "1", "not_met"}};
  record.findings = {SampleFinding()};
  record.negative_results = {{"usb", false, 0, 0, 0, "not in this campaign"}};
  record.self_check = {{"crash", "crash", "crash", true, 1000, 12, 1, "libfuzzer"}};
  return record;
}

inline void WriteText(const std::filesystem::path& path, const std::string& text) {
  ASSERT_TRUE(common::MakeFolder(path.parent_path()));
  ASSERT_TRUE(common::WriteFileAtomically(path, text));
}

class PackageFixture : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("package_test");
    ASSERT_TRUE(folder) << folder.error().Text();
    folder_ = std::make_unique<common::TemporaryFolder>(std::move(*folder));
    const std::string finding = "staging/findings/F-0123456789ab/";
    WriteText(Path(finding + "input"), std::string("\x00\x01\xff input", 9));
    WriteText(Path(finding + "input.min"), std::string(64, 'A'));
    WriteText(Path(finding + "finding.json"), common::JsonText(SampleFinding()));
    WriteText(Path("staging/logs/libfuzzer.log"), "");
    WriteText(Path("staging/replay/pump/pump"), std::string("\x7f") + "ELF and so on");
    WriteText(Path("staging/report.html"), "<!doctype html>");
    options_.zip = Path("evidence.zip");
    options_.clock = &clock_;
  }

  [[nodiscard]] std::filesystem::path Path(const std::string& name) const {
    return folder_->Path() / name;
  }
  void UseKey(char fill) {
    const auto key = KeyPair::FromSeed(std::string("key-") + fill, std::string(kSeedBytes, fill));
    ASSERT_TRUE(key) << key.error().Text();
    options_.key = key_ = std::make_shared<KeyPair>(*key);
  }
  SealedPackage Seal() {
    auto sealed = SealPackage(SampleRecord(), Path("staging"), options_);
    EXPECT_TRUE(sealed) << sealed.error().Text();
    return sealed ? *sealed : SealedPackage();
  }

  FixedClock clock_;
  std::shared_ptr<const KeyPair> key_;
  SealOptions options_;

 private:
  std::unique_ptr<common::TemporaryFolder> folder_;
};

}  // namespace percuss::reports
