// SPDX-License-Identifier: Apache-2.0
//
// write_sample DIR pages|exports COUNT: the reports of the sample records, or every export of them,
// as files, for tests that look at them with programs that are not ours (a browser, a schema
// validator, a JUnit reader). One of the records has COUNT findings.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "reports/comply/device_chapters.h"
#include "reports/export/registry.h"
#include "reports/export/sarif.h"
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

class Writer {
 public:
  Writer(std::filesystem::path folder, bool pages) : folder_(std::move(folder)), pages_(pages) {}

  void Add(const std::string& name, const RunRecord& record,
           const percuss::reports::PackageFacts& package = percuss::reports::SamplePackage(),
           std::vector<percuss::reports::SectionChapter> sections = {}) {
    if (pages_) {
      percuss::reports::HtmlOptions options;
      options.package = package;
      options.sections = std::move(sections);
      return Keep(name + ".html", percuss::reports::RenderHtml(record, options));
    }
    for (const percuss::reports::ExportFormat& format : percuss::reports::ExportFormats()) {
      const auto text = format.write(record, package);
      // Some formats have no document without a finding.
      if (!text && text.error().code == percuss::common::ErrorCode::kBadInput &&
          record.findings.empty()) {
        continue;
      }
      Keep(name + std::string(format.extension), text);
    }
  }
  void Keep(const std::string& name, const Result<std::string>& text) {
    good_ = Write(folder_ / name, text) && good_;
  }
  [[nodiscard]] bool Good() const { return good_; }

 private:
  std::filesystem::path folder_;
  bool pages_;
  bool good_ = true;
};

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

void WriteRecords(Writer& writer, size_t count) {
  using percuss::reports::RecordWithAllTexts;
  writer.Add("sample", percuss::reports::SampleRecord(), percuss::reports::SamplePackage(),
             SampleChapters());
  writer.Add("disposed", percuss::reports::SampleRecord(),
             percuss::reports::PackageWithDispositions());
  writer.Add("pass", WithVerdict(Verdict::kPass), percuss::reports::SamplePackage(),
             percuss::reports::DeviceChaptersOf({}, {}, nullptr, "2026-03-01"));
  writer.Add("inconclusive", WithVerdict(Verdict::kInconclusive));
  writer.Add("infrastructure", WithVerdict(Verdict::kInfrastructureError));
  writer.Add("empty", RunRecord());
  writer.Add("many", percuss::reports::RecordWithFindings(count));
  const std::string controls = std::string("\x01\x1b[31m\x7f\0 \xE2\x80\xAE", 12) + "reversed\r\n";
  writer.Add("hostile",
             RecordWithAllTexts("<script>document.title='owned'</script>]]>\"'&-->{{title}}"
                                "</style><img src=x onerror=alert(1)>" +
                                controls));
  // ReplaceTexts goes through in-memory JSON, which takes any bytes.
  writer.Add("notutf8", RecordWithAllTexts("\xff\xfe\xc0\x80 \xed\xa0\x80 \xf5"));
  writer.Add("long", RecordWithAllTexts(std::string(std::size_t{1} << 20U, 'A')));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 4 ? argv[2] : "";
  const bool pages = what == "pages";
  if (!pages && what != "exports") {
    std::fprintf(stderr, "usage: write_sample DIR pages|exports COUNT\n");
    return 64;
  }
  Writer writer(argv[1], pages);
  WriteRecords(writer, std::strtoul(argv[3], nullptr, 10));
  if (pages) {
    writer.Keep("trace.html",
                percuss::reports::RenderSectionsHtml(percuss::reports::TracePage(HostileTrace())));
    // Tells which findings the page must show.
    writer.Keep("sample.sarif", percuss::reports::WriteSarif(percuss::reports::SampleRecord(),
                                                             percuss::reports::SamplePackage()));
  }
  return writer.Good() ? 0 : 1;
}
