// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_view.h"

#include <fmt/format.h>
#include <unistd.h>

namespace percuss::cli {
namespace {

constexpr int64_t kLineEveryS = 15;

std::string FindingsText(const campaign::CampaignProgress& progress) {
  return fmt::format("findings {} ({} flaky, {} sightings wait, {} to minimise)", progress.findings,
                     progress.flaky, progress.triage.waiting, progress.triage.minimising);
}

std::string LastFind(const campaign::EngineState& state) {
  if (!state.failure.empty()) return "FAILED";
  if (state.last_find_s < 0) return "no find yet";
  return "find at " + Span(static_cast<int64_t>(state.last_find_s));
}

// Of fuzzing; judging and measuring take what they take.
std::string Left(const campaign::CampaignProgress& progress) {
  return progress.left_s > 0 ? fmt::format(", {} left", Span(progress.left_s)) : "";
}

// What an engine has not told yet is not nothing.
std::string Known(int64_t number) { return number > 0 ? std::to_string(number) : "-"; }
std::string Rate(double per_s) { return per_s < 0 ? "-" : fmt::format("{:.0f}", per_s); }

}  // namespace

std::string Grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<size_t>(at), 1, ',');
  }
  return text;
}

std::string Span(int64_t seconds) {
  if (seconds >= 3600) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  if (seconds >= 60) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}s", seconds);
}

ProgressView::Style ProgressView::StyleFor(bool quiet) {
  if (quiet) return Style::kNone;
  return isatty(STDERR_FILENO) == 1 ? Style::kScreen : Style::kLines;
}

void ProgressView::Show(const campaign::CampaignProgress& progress) {
  if (style_ == Style::kScreen) DrawScreen(progress);
  if (style_ == Style::kLines) PrintLine(progress);
}

void ProgressView::DrawScreen(const campaign::CampaignProgress& progress) {
  std::string screen;
  int lines = 0;
  const auto add = [&](const std::string& line) {
    screen += "\x1b[2K" + line + "\n";
    ++lines;
  };
  add(fmt::format("percuss  {}  target {} of {}  {} gone{}", progress.phase,
                  std::min(progress.targets_done + 1, progress.targets_total),
                  progress.targets_total, Span(progress.elapsed_s), Left(progress)));
  for (const auto& engine : progress.engines) {
    add(fmt::format("  {:<22} {:<9} {:>14} exec {:>9}/s  {:>6} edges {:>6} inputs  {}",
                    engine.target, engine.engine, Grouped(engine.state.executions),
                    Rate(engine.executions_per_s), Known(engine.state.edges),
                    Known(engine.state.corpus), LastFind(engine.state)));
  }
  add("  " + FindingsText(progress));
  // Go back over what was drawn last time, and clear what is below if that was longer.
  const std::string back = drawn_lines_ > 0 ? fmt::format("\x1b[{}A", drawn_lines_) : "";
  fmt::print(stderr, "{}{}\x1b[J", back, screen);
  drawn_lines_ = lines;
}

void ProgressView::PrintLine(const campaign::CampaignProgress& progress) {
  if (progress.phase == line_phase_ && progress.elapsed_s < line_at_s_ + kLineEveryS) return;
  line_phase_ = progress.phase;
  line_at_s_ = progress.elapsed_s;
  std::string engines;
  for (const auto& engine : progress.engines) {
    engines += fmt::format("; {} {} {} exec {}/s {} edges {}", engine.target, engine.engine,
                           engine.state.executions, Rate(engine.executions_per_s),
                           Known(engine.state.edges), LastFind(engine.state));
  }
  fmt::print(stderr, "percuss: {} {}: target {} of {}{}; {}{}\n", Span(progress.elapsed_s),
             progress.phase, std::min(progress.targets_done + 1, progress.targets_total),
             progress.targets_total, Left(progress), FindingsText(progress), engines);
}

}  // namespace percuss::cli
