// SPDX-License-Identifier: Apache-2.0
//
// write_sample DIR: the report and every export of the sample records as files, for tests that look
// at them with programs that are not ours (a browser, a schema validator, a JUnit reader).
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "reports/comply/device_chapters.h"
#include "reports/export/registry.h"
#include "reports/html/html_report.h"
#include "reports/html/sample_record.h"
#include "reports/html/section_page.h"
#include "reports/validation/trace_text.h"

namespace {

using percuss::common::Result;
using percuss::common::RunRecord;
using percuss::common::Verdict;

bool Write(const std::filesystem::path& path, const Result<std::string>& text) {
  if (!text) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), text.error().Text().c_str());
    return false;
  }
  std::ofstream out(path, std::ios::binary);
  out << *text;
  return static_cast<bool>(out.flush());
}

bool WriteAll(const std::filesystem::path& folder, const std::string& name, const RunRecord& record,
              const percuss::reports::PackageFacts& package = percuss::reports::SamplePackage(),
              const std::vector<percuss::reports::SectionChapter>& sections = {}) {
  percuss::reports::HtmlOptions options;
  options.package = package;
  options.sections = sections;
  bool good = Write(folder / (name + ".html"), percuss::reports::RenderHtml(record, options));
  for (const percuss::reports::ExportFormat& format : percuss::reports::ExportFormats()) {
    const auto text = format.write(record, package);
    // Some formats have no document without a finding.
    if (!text && text.error().code == percuss::common::ErrorCode::kBadInput &&
        record.findings.empty()) {
      continue;
    }
    good = Write(folder / (name + std::string(format.extension)), text) && good;
  }
  return good;
}

RunRecord WithVerdict(Verdict verdict) {
  RunRecord record = percuss::reports::SampleRecord();
  record.verdict = verdict;
  record.findings.clear();
  record.reasons = {"the sample says so"};
  for (percuss::common::TargetRun& target : record.targets) target.verdict = verdict;
  return record;
}

// Every text of it could be markup, and one table is longer than is shown.
percuss::reports::Trace HostileTrace() {
  using percuss::reports::TraceKind;
  const std::string hostile = "<script>document.title='owned'</script>{{style}}\"'&</style>\x1b";
  percuss::reports::Trace trace;
  for (uint32_t i = 0; i < 3000; ++i) {
    auto& item = trace.items.emplace_back();
    item.kind = i < 2500 ? TraceKind::kRequirement : TraceKind::kTarget;
    item.id = item.text = item.reference = item.result = hostile;
    if (i >= 2500) item.links[static_cast<size_t>(TraceKind::kRequirement)] = {i - 2500};
  }
  trace.items[0].result = "not run";
  trace.items[1].result = "fail";
  trace.items[2].result = "infrastructure_error";
  trace.items[3].result = "pass";
  trace.gaps.push_back({hostile, TraceKind::kTarget, hostile, hostile, hostile, 7});
  return trace;
}

// Of a device that has nothing but this package: all its targets are gaps.
std::vector<percuss::reports::SectionChapter> SampleChapters() {
  percuss::reports::DeviceEvidence evidence;
  evidence.as_of = "2026-03-01";
  evidence.packages = {percuss::reports::DescribeRecord(percuss::reports::SampleRecord())};
  if (!percuss::reports::LinkEvidence(evidence)) return {};
  return percuss::reports::DeviceChapters(evidence);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_sample DIR\n");
    return 64;
  }
  using percuss::reports::RecordWithAllTexts;
  const std::filesystem::path folder = argv[1];
  bool good = WriteAll(folder, "sample", percuss::reports::SampleRecord(),
                       percuss::reports::SamplePackage(), SampleChapters());
  good = Write(folder / "trace.html",
               percuss::reports::RenderSectionsHtml(percuss::reports::TracePage(HostileTrace()))) &&
         good;
  good = WriteAll(folder, "disposed", percuss::reports::SampleRecord(),
                  percuss::reports::PackageWithDispositions()) &&
         good;
  good = WriteAll(folder, "pass", WithVerdict(Verdict::kPass), percuss::reports::SamplePackage(),
                  percuss::reports::DeviceChaptersOf({}, {}, "2026-03-01")) &&
         good;
  good = WriteAll(folder, "inconclusive", WithVerdict(Verdict::kInconclusive)) && good;
  good = WriteAll(folder, "infrastructure", WithVerdict(Verdict::kInfrastructureError)) && good;
  good = WriteAll(folder, "empty", RunRecord()) && good;
  good = WriteAll(folder, "many", percuss::reports::RecordWithFindings(10'000)) && good;
  const std::string controls = std::string("\x01\x1b[31m\x7f\0 \xE2\x80\xAE", 12) + "reversed\r\n";
  good = WriteAll(folder, "hostile",
                  RecordWithAllTexts("<script>document.title='owned'</script>]]>\"'&-->{{title}}"
                                     "</style><img src=x onerror=alert(1)>" +
                                     controls)) &&
         good;
  // ReplaceTexts goes through in-memory JSON, which takes any bytes.
  good =
      WriteAll(folder, "notutf8", RecordWithAllTexts("\xff\xfe\xc0\x80 \xed\xa0\x80 \xf5")) && good;
  good =
      WriteAll(folder, "long", RecordWithAllTexts(std::string(std::size_t{1} << 20U, 'A'))) && good;
  return good ? 0 : 1;
}
