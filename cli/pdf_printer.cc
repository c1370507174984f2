// SPDX-License-Identifier: Apache-2.0
#include "cli/pdf_printer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "campaign/supervise/process.h"
#include "common/fs.h"

namespace percuss::cli {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;

constexpr int64_t kMostMs = 120'000;
// As the distributions call it.
constexpr const char* kBrowsers[] = {"chromium", "chromium-browser", "google-chrome"};

campaign::ProcessSpec PrintCommand(const char* browser, const std::filesystem::path& folder) {
  campaign::ProcessSpec spec;
  spec.argv = {browser,
               "--headless",
               "--disable-gpu",
               "--no-first-run",
               "--disable-extensions",
               "--disable-background-networking",
               "--disable-component-update",
               "--disable-sync",
               "--host-resolver-rules=MAP * ~NOTFOUND",
               "--no-pdf-header-footer",
               "--user-data-dir=" + (folder / "profile").string(),
               "--print-to-pdf=" + (folder / "report.pdf").string()};
  // Its sandbox refuses root; the page is ours and has no script.
  if (geteuid() == 0) spec.argv.emplace_back("--no-sandbox");
  spec.argv.push_back("file://" + (folder / "report.html").string());
  spec.environment = {{"HOME", folder.string()}};
  spec.capture_output = true;
  return spec;
}

}  // namespace

Result<std::string> PrintToPdf(const std::string& page) {
  const auto folder = common::TemporaryFolder::Make("percuss-pdf");
  if (!folder) return tl::make_unexpected(folder.error());
  if (auto written = common::WriteFileAtomically(folder->Path() / "report.html", page); !written) {
    return tl::make_unexpected(written.error());
  }
  for (const char* browser : kBrowsers) {
    auto process = campaign::Process::Spawn(PrintCommand(browser, folder->Path()));
    if (!process) {
      if (process.error().code == ErrorCode::kNotFound) continue;
      return tl::make_unexpected(process.error());
    }
    const auto ended = process->WaitFor(kMostMs);
    if (!ended) process->KillTree();
    auto pdf = common::ReadFile(folder->Path() / "report.pdf");
    if (ended && ended->exited && ended->code == 0 && pdf && pdf->compare(0, 5, "%PDF-") == 0) {
      return pdf;
    }
    return Fail(ErrorCode::kUnavailable,
                fmt::format("{} printed no PDF{}; its words:\n{}", browser,
                            ended ? "" : " within two minutes", process->TakeStderr()));
  }
  return Fail(ErrorCode::kUnavailable,
              "a PDF needs Chromium, and there is none on PATH: apt install chromium");
}

}  // namespace percuss::cli
