// SPDX-License-Identifier: Apache-2.0
//
// Texts of unknown origin made safe to show, and numbers as a person reads them. All pure and
// thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/run_record.h"
#include "reports/envelope/visible_text.h"

namespace percuss::reports {

// VisibleText, cut after at most max_bytes of the original at a character's end, with a note of the
// whole size.
[[nodiscard]] std::string ClippedText(std::string_view text, size_t max_bytes);

// For XML and HTML, element content and quoted attributes: & < > " ' become references. Expects
// visible text.
[[nodiscard]] std::string EscapeMarkup(std::string_view text);

[[nodiscard]] std::string CountText(int64_t count);       // 1,234,567; "not known" when negative
[[nodiscard]] std::string DurationText(int64_t seconds);  // 45 s, 12 min 05 s, 3 h 20 min
[[nodiscard]] std::string SecondsText(double seconds);    // 0.42 s, then as DurationText
[[nodiscard]] std::string NanosecondsText(int64_t ns);    // 850 ns, 12.3 µs, 4.56 ms, 1.20 s
// In the timing's unit: as NanosecondsText, or "12,345 instructions".
[[nodiscard]] std::string CostText(const common::Timing& timing, int64_t cost);
[[nodiscard]] std::string BytesText(int64_t bytes);  // 1 byte, 48 bytes, 1,024 bytes
[[nodiscard]] std::string PercentText(int64_t part,
                                      int64_t whole);  // 83.2 %; "no data" when whole is 0

// "FAIL" and so on: the word that every report shows for a verdict.
[[nodiscard]] std::string VerdictWord(common::Verdict verdict);

// "10 of 10 (95 % interval 72 % to 100 %)".
[[nodiscard]] std::string ReproductionText(const common::Reproduction& reproduction);
// "address-space layout and heap contents · fails in 18 of 18 runs with a filled heap, in 0 of 12
// without": what was varied between reruns, and what matters. Empty where that is not known.
[[nodiscard]] std::string VariedText(const common::Reproduction& reproduction);

// The deepest folder that holds the user's own code, as far as a record names it by absolute paths:
// the sources of its targets and the frames of its stacks, without the system's headers. Empty when
// there is none but "/".
[[nodiscard]] std::string SourceRootOf(const common::RunRecord& record);

// "function at file:line", as far as known, with the file relative to source_root.
[[nodiscard]] std::string PlaceText(const common::Finding& finding, const std::string& source_root);

// "CWE-122" to "122"; empty when it is not of that form.
[[nodiscard]] std::string CweNumber(std::string_view cwe);

// 36 characters of RFC 4122's text form, in either case.
[[nodiscard]] bool IsUuid(std::string_view text);

// `path` relative to `root` when it lies below it, else as it was.
[[nodiscard]] std::string RelativePath(const std::string& path, const std::string& root);

// How grave what was seen is for a device: memory written, a property broken, memory read, other
// crashes, assertions, memory exhausted, hangs, deadlines, slow inputs, leaks. 0 is gravest. It
// orders tables; it is no risk estimate.
[[nodiscard]] int KindRank(const common::Finding& finding);

// By KindRank, then target, then id.
[[nodiscard]] std::vector<const common::Finding*> FindingsInOrder(const common::RunRecord& record);

}  // namespace percuss::reports
