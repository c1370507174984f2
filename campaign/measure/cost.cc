// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/cost.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <tuple>

#include "campaign/supervise/run_tool.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr size_t kInputsPerRun = 100;
constexpr size_t kKept = 10;
constexpr int64_t kTimeoutMs = 120'000;
constexpr uint64_t kLargestList = uint64_t{1} << 20;

// One number a line, in the order of the inputs; of those that ran to their end.
std::vector<int64_t> ReadCosts(std::string_view list) {
  std::vector<int64_t> costs;
  while (!list.empty()) {
    const size_t end = list.find('\n');
    if (end == std::string_view::npos) break;
    int64_t cost = -1;
    std::from_chars(list.data(), list.data() + end, cost);
    if (cost < 0) break;
    costs.push_back(cost);
    list.remove_prefix(end + 1);
  }
  return costs;
}

common::SlowInput Describe(const stdfs::path& path, int64_t cost) {
  std::error_code ignored;
  return {path.string(), "", static_cast<int64_t>(stdfs::file_size(path, ignored)), cost};
}

}  // namespace

common::Result<std::vector<common::SlowInput>> CostliestInputs(
    const TargetSpec& target, const std::vector<stdfs::path>& inputs, const stdfs::path& scratch,
    const std::atomic<bool>& cancel) {
  const auto list = scratch / "costs";
  std::vector<common::SlowInput> found;
  std::string why = "the corpus is empty";
  for (size_t at = 0; at < inputs.size() && !cancel;) {
    const size_t count = std::min(kInputsPerRun, inputs.size() - at);
    std::vector<std::string> argv = {target.binaries.at("cost").string(), "-detect_leaks=0"};
    for (size_t i = 0; i < count; ++i) argv.push_back(inputs[at + i].string());
    auto environment = target.environment;
    environment["PERCUSS_COST_LIST"] = list.string();
    std::error_code ignored;
    stdfs::remove(list, ignored);
    const auto ran = RunTool(argv, environment, kTimeoutMs);
    if (!ran) why = ran.error().Text();
    const auto costs = ReadCosts(common::ReadFile(list, kLargestList).value_or(""));
    const size_t told = std::min(costs.size(), count);
    for (size_t i = 0; i < told; ++i) found.push_back(Describe(inputs[at + i], costs[i]));
    at += std::min(count, told + 1);
  }
  if (found.empty()) return common::Fail(common::ErrorCode::kNotFound, why);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(b.cost, a.bytes, a.path) < std::tie(a.cost, b.bytes, b.path);
  });
  found.resize(std::min(found.size(), kKept));
  for (common::SlowInput& input : found) {
    input.sha256 = common::Sha256FileHex(input.path).value_or("");
  }
  return found;
}

}  // namespace percuss::campaign
