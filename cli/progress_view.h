// SPDX-License-Identifier: Apache-2.0
//
// A campaign's progress for the person at the terminal, on stderr: one screen that is drawn over
// itself, or a plain line from time to time where stderr is no terminal.
#pragma once

#include <cstdint>
#include <string>

#include "campaign/campaign_run.h"

namespace percuss::cli {

class ProgressView {
 public:
  enum class Style { kScreen, kLines, kNone };
  // kScreen on a terminal, else kLines; kNone when quiet.
  [[nodiscard]] static Style StyleFor(bool quiet);

  explicit ProgressView(Style style) : style_(style) {}
  void Show(const campaign::CampaignProgress& progress);

 private:
  void DrawScreen(const campaign::CampaignProgress& progress);
  void PrintLine(const campaign::CampaignProgress& progress);

  Style style_;
  int drawn_lines_ = 0;
  int64_t line_at_s_ = -1;
  std::string line_phase_;
};

// "1,234,567"; "1h02m", "3m05s", "7s".
[[nodiscard]] std::string Grouped(int64_t number);
[[nodiscard]] std::string Span(int64_t seconds);

}  // namespace percuss::cli
