// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/block_coverage.h"

#include <fmt/format.h>

#include "common/fs.h"
#include "common/hash.h"
#include "emulation/rehost/block_report.h"
#include "emulation/rehost/core/attached_machine.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

common::BlockCoverage Absent(const std::string& reason) {
  common::BlockCoverage coverage;
  coverage.absent_reason = reason;
  return coverage;
}

common::BlockCoverage RecordOf(const emulation::BlockCoverage& measured) {
  common::BlockCoverage coverage;
  coverage.present = true;
  coverage.inputs = static_cast<int64_t>(measured.inputs);
  coverage.left_out = static_cast<int64_t>(measured.left_out);
  coverage.complete = measured.whole;
  coverage.blocks_ran = static_cast<int64_t>(measured.blocks_ran);
  coverage.blocks_found = static_cast<int64_t>(measured.blocks.size());
  coverage.bytes_ran = static_cast<int64_t>(measured.bytes_ran);
  coverage.bytes_found = static_cast<int64_t>(measured.bytes);
  coverage.ran_not_found = static_cast<int64_t>(measured.ran_not_found.size());
  coverage.unresolved = static_cast<int64_t>(measured.unresolved.size());
  for (const emulation::CoveredFunction& function : measured.functions) {
    coverage.functions.push_back({function.name, fmt::format("{:#010x}", function.begin),
                                  emulation::NameOf(function.found_by), function.ran,
                                  function.blocks, static_cast<int64_t>(function.bytes_ran),
                                  static_cast<int64_t>(function.bytes)});
  }
  return coverage;
}

}  // namespace

common::BlockCoverage MeasureBlocks(const TargetSpec& target,
                                    const std::vector<stdfs::path>& inputs,
                                    const stdfs::path& package, const stdfs::path& place,
                                    const std::atomic<bool>& cancel) {
  if (target.rehost.firmware.empty()) return {};
  const auto program = target.binaries.find("libfuzzer");
  const auto other = target.binaries.find("aflpp");
  const auto& has_machine = program != target.binaries.end() ? program : other;
  if (has_machine == target.binaries.end()) return Absent("there is no program with the machine");
  rehost::MachineImage image;
  std::string why;
  if (rehost::ReadAttachedMachine(has_machine->second, image, why) != rehost::Attached::kRead) {
    return Absent(why.empty() ? "the program has no machine" : why);
  }
  emulation::BlockTracer tracer(image);
  for (const stdfs::path& input : inputs) {
    if (cancel) return Absent("interrupted");
    const auto bytes = common::ReadFile(input);
    if (!bytes) return Absent(bytes.error().Text());
    tracer.Run(*bytes);
  }
  const emulation::BlockCoverage measured = tracer.Coverage();
  const std::string text = emulation::BlocksJson(measured).dump(1) + "\n";
  auto written = common::MakeFolder((package / place).parent_path());
  if (written) written = common::WriteFileAtomically(package / place, text);
  if (!written) return Absent(written.error().Text());
  common::BlockCoverage coverage = RecordOf(measured);
  coverage.path = place.generic_string();
  coverage.sha256 = common::Sha256Hex(text);
  return coverage;
}

}  // namespace percuss::campaign
