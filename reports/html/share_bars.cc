// SPDX-License-Identifier: Apache-2.0
#include "reports/html/share_bars.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr double kWidth = 460;
constexpr double kLeft = 1;
constexpr double kLongest = kWidth - 2;
constexpr double kRow = 34;
constexpr double kBarTop = 16;  // within a row, below its text
constexpr double kBarHeight = 10;
constexpr size_t kNameBytes = 44;

double Length(int64_t value, int64_t longest) {
  return kLongest * static_cast<double>(value) / static_cast<double>(longest);
}

std::string Bar(const char* css_class, double top, double length) {
  return fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
      css_class, kLeft, top, length, kBarHeight);
}

}  // namespace

std::string ShareBars(const PlotLabels& labels, const std::vector<Share>& shares) {
  int64_t longest = 0;
  for (const Share& share : shares) longest = std::max(longest, share.whole);
  if (longest <= 0) return {};
  const double height = kRow * static_cast<double>(shares.size());
  std::string svg = fmt::format(
      "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {0:g} {1:g}\" "
      "aria-labelledby=\"{2}-t {2}-d\"><title id=\"{2}-t\">{3}</title>"
      "<desc id=\"{2}-d\">{4}</desc>",
      kWidth, height, labels.id, EscapeMarkup(ClippedText(labels.title, 200)),
      EscapeMarkup(ClippedText(labels.description, 1000)));
  double top = 0;
  for (const Share& share : shares) {
    const int64_t whole = std::clamp<int64_t>(share.whole, 0, longest);
    const int64_t part = std::clamp<int64_t>(share.part, 0, whole);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", kLeft, top + kBarTop - 5,
                       EscapeMarkup(ClippedText(share.name, kNameBytes)));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
                       kLeft + kLongest, top + kBarTop - 5, EscapeMarkup(share.words));
    svg += Bar("whole", top + kBarTop, std::max(1.0, Length(whole, longest)));
    if (part > 0) svg += Bar("bar", top + kBarTop, Length(part, longest));
    top += kRow;
  }
  return svg + "</svg>";
}

}  // namespace percuss::reports
