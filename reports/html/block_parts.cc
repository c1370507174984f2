// SPDX-License-Identifier: Apache-2.0
#include "reports/html/block_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/export/text.h"
#include "reports/html/share_bars.h"

namespace percuss::reports {
namespace {

using common::BlockCoverage;
using common::FunctionBlocks;

constexpr size_t kMostBars = 12;

int64_t Missed(const FunctionBlocks& function) {
  return std::max<int64_t>(function.bytes_found, 0) - std::max<int64_t>(function.bytes_ran, 0);
}

std::vector<const FunctionBlocks*> ByMissed(const BlockCoverage& coverage) {
  std::vector<const FunctionBlocks*> order;
  for (const FunctionBlocks& function : coverage.functions) order.push_back(&function);
  std::stable_sort(order.begin(), order.end(), [](const auto* one, const auto* other) {
    return Missed(*one) > Missed(*other);
  });
  return order;
}

std::string Summary(const BlockCoverage& coverage) {
  const auto entered =
      std::count_if(coverage.functions.begin(), coverage.functions.end(),
                    [](const FunctionBlocks& function) { return function.blocks_ran > 0; });
  std::string text = fmt::format(
      "{} of {} basic blocks ran ({}), {} of {} of code, in {} of {} functions, by {} inputs of "
      "the "
      "final corpus, which has none that fail. The blocks are found statically: indirect targets "
      "may be missing, and a block found may be none.",
      CountText(coverage.blocks_ran), CountText(coverage.blocks_found),
      PercentText(coverage.blocks_ran, coverage.blocks_found), BytesText(coverage.bytes_ran),
      BytesText(coverage.bytes_found), CountText(entered),
      CountText(static_cast<int64_t>(coverage.functions.size())), CountText(coverage.inputs));
  if (coverage.unresolved > 0) {
    text += fmt::format(" Of {} indirect branches and calls nobody knows where they go to.",
                        CountText(coverage.unresolved));
  }
  if (coverage.ran_not_found > 0) {
    text += fmt::format(" {} more places ran and were not found; they count in none of these.",
                        CountText(coverage.ran_not_found));
  }
  if (coverage.left_out > 0) {
    text += fmt::format(" {} inputs were left out, behind the limit of instructions.",
                        CountText(coverage.left_out));
  }
  if (!coverage.complete) text += " The image is larger than what is looked at.";
  return text;
}

std::string Figure(const common::TargetRun& target, size_t index,
                   const std::vector<const FunctionBlocks*>& order) {
  const BlockCoverage& coverage = target.block_coverage;
  std::vector<Share> shares;
  std::string spoken;
  for (const FunctionBlocks* function : order) {
    if (shares.size() == kMostBars || Missed(*function) <= 0) break;
    shares.push_back({function->function, function->bytes_ran, function->bytes_found,
                      fmt::format("{} of {}", BytesText(function->bytes_ran),
                                  BytesText(function->bytes_found))});
    spoken += fmt::format("{}: {} ran. ", function->function, shares.back().words);
  }
  return ShareBars({fmt::format("blocks-{}", index),
                    fmt::format("Code of {} that ran: {}", target.id,
                                PercentText(coverage.bytes_ran, coverage.bytes_found)),
                    spoken},
                   shares);
}

Table FunctionBlocksTable(const common::TargetRun& target,
                          const std::vector<const FunctionBlocks*>& order, size_t max_rows) {
  Table table{"Functions of " + target.id + " by code that did not run",
              {{"Function", false},
               {"Address", false},
               {"Found by", false},
               {"Did not run", true},
               {"Size", true},
               {"Blocks", true},
               {"Ran", true}},
              {},
              ""};
  for (size_t i = 0; i < order.size() && i < max_rows; ++i) {
    const FunctionBlocks& function = *order[i];
    table.rows.push_back(
        {{function.function, "mono", ""},
         {function.address, "mono", ""},
         {function.found_by, "", ""},
         {BytesText(std::max<int64_t>(Missed(function), 0)), "num", ""},
         {BytesText(function.bytes_found), "num", ""},
         {fmt::format("{} of {}", CountText(function.blocks_ran), CountText(function.blocks_found)),
          "num", ""},
         {PercentText(function.blocks_ran, function.blocks_found), "num", ""}});
  }
  table.note = "All blocks, and the places that ran and were not found, are in " +
               target.block_coverage.path + ".";
  if (order.size() > max_rows) {
    table.note =
        fmt::format(
            "{} more functions are left out; all are in manifest.json, section block_coverage. ",
            CountText(static_cast<int64_t>(order.size() - max_rows))) +
        table.note;
  }
  return table;
}

}  // namespace

void AddBlocks(Renderer& renderer, const common::TargetRun& target, size_t index, size_t max_rows,
               Data& data) {
  const BlockCoverage& coverage = target.block_coverage;
  if (!coverage.present) {
    if (!coverage.absent_reason.empty()) {
      data["blocks_summary"] = "Blocks of the firmware: not measured: " + coverage.absent_reason;
    }
    return;
  }
  data["blocks_summary"] = Summary(coverage);
  const auto order = ByMissed(coverage);
  const std::string svg = Figure(target, index, order);
  if (!svg.empty()) {
    data["blocks_svg"] = svg;
    data["blocks_caption"] = fmt::format(
        "Code that ran (filled) of the functions of {} with most code that did not run", target.id);
  }
  data["blocks_table"] = renderer.TableHtml(FunctionBlocksTable(target, order, max_rows));
}

}  // namespace percuss::reports
