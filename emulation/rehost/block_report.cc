// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/block_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace percuss::emulation {
namespace {

common::Json AddressesJson(const std::vector<uint32_t>& addresses) {
  common::Json json = common::Json::array();
  for (const uint32_t address : addresses) json.push_back(fmt::format("{:#010x}", address));
  return json;
}

common::Json FunctionJson(const CoveredFunction& function) {
  return {{"name", function.name},
          {"address", fmt::format("{:#010x}", function.begin)},
          {"found_by", NameOf(function.found_by)},
          {"blocks", function.blocks},
          {"blocks_ran", function.ran},
          {"bytes", function.bytes},
          {"bytes_ran", function.bytes_ran}};
}

double Percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string HeadText(const BlockCoverage& coverage) {
  std::string text = fmt::format(
      "{} of {} blocks ran ({:.1f} %), {} of {} bytes of code; the blocks are found statically: "
      "indirect targets may be missing\n",
      coverage.blocks_ran, coverage.blocks.size(),
      Percent(coverage.blocks_ran, coverage.blocks.size()), coverage.bytes_ran, coverage.bytes);
  if (!coverage.whole) text += "the image has more code than is looked at: blocks are missing\n";
  if (!coverage.ran_not_found.empty()) {
    text += fmt::format("{} more places ran and were not found\n", coverage.ran_not_found.size());
  }
  return text;
}

}  // namespace

common::Json BlocksJson(const BlockCoverage& coverage) {
  common::Json functions = common::Json::array();
  for (const CoveredFunction& function : coverage.functions) {
    functions.push_back(FunctionJson(function));
  }
  common::Json blocks = common::Json::array();
  for (const CoveredBlock& block : coverage.blocks) {
    const uint32_t function = coverage.functions[block.function].begin;
    blocks.push_back({{"address", fmt::format("{:#010x}", block.begin)},
                      {"bytes", block.size},
                      {"function", fmt::format("{:#010x}", function)},
                      {"ran", block.ran}});
  }
  return {{"schema", "percuss.blocks.v1"},
          {"inputs", coverage.inputs},
          {"inputs_left_out", coverage.left_out},
          {"complete", coverage.whole},
          {"blocks_found", coverage.blocks.size()},
          {"blocks_ran", coverage.blocks_ran},
          {"bytes_found", coverage.bytes},
          {"bytes_ran", coverage.bytes_ran},
          {"functions", functions},
          {"blocks", blocks},
          {"ran_not_found", AddressesJson(coverage.ran_not_found)},
          {"unresolved", AddressesJson(coverage.unresolved)}};
}

std::string BlocksText(const BlockCoverage& coverage, size_t most_functions) {
  std::string text = HeadText(coverage);
  std::vector<const CoveredFunction*> order;
  for (const CoveredFunction& function : coverage.functions) order.push_back(&function);
  std::stable_sort(order.begin(), order.end(), [](const auto* one, const auto* other) {
    return one->bytes - one->bytes_ran > other->bytes - other->bytes_ran;
  });
  for (size_t i = 0; i < order.size() && i < most_functions; ++i) {
    const CoveredFunction& function = *order[i];
    text += fmt::format("{:#010x} {:>5} of {:>5} blocks {:>6} of {:>6} bytes  {}\n", function.begin,
                        function.ran, function.blocks, function.bytes_ran, function.bytes,
                        function.name);
  }
  if (order.size() > most_functions) {
    text += fmt::format("{} more functions are left out\n", order.size() - most_functions);
  }
  return text;
}

}  // namespace percuss::emulation
