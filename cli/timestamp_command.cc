// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <memory>

#include "campaign/supervise/run_tool.h"
#include "cli/commands.h"
#include "common/fs.h"
#include "common/hash.h"
#include "reports/envelope/time_stamp.h"
#include "reports/records/record_trust.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;

struct StampArguments {
  std::string subject;  // a package or a file of records
  std::string file;     // request to write, or answer to attach
  std::string url;
  std::string tsa_ca;
};

constexpr int64_t kPatienceMs = 90'000;

// What is stamped: the zip, or the last record and with it all before.
struct Subject {
  std::string sha256;
  std::string stem;
  std::string words;
};

bool IsZip(const stdfs::path& file) {
  std::array<char, 2> head{};
  std::ifstream(file, std::ios::binary).read(head.data(), head.size());
  return head[0] == 'P' && head[1] == 'K';
}

Result<Subject> SubjectOf(const std::string& path) {
  std::error_code ignored;
  if (stdfs::is_directory(path, ignored)) {
    return Fail(ErrorCode::kBadInput, "is a folder: a time stamp is for the digest of a zip", path);
  }
  if (IsZip(path)) {
    const auto sha256 = common::Sha256FileHex(path);
    if (!sha256) return tl::make_unexpected(sha256.error());
    return Subject{*sha256, path, "the package"};
  }
  const auto chain = reports::ReadRecords(path, {});
  if (!chain) return tl::make_unexpected(chain.error());
  if (!chain->problems.empty()) {
    return Fail(ErrorCode::kBadInput,
                "is neither a package nor a whole file of records: " + chain->problems[0].what,
                path, chain->problems[0].line);
  }
  if (chain->records.empty()) return Fail(ErrorCode::kBadInput, "holds no record", path);
  const auto& last = chain->records.back();
  return Subject{last.sha256, reports::RecordStampStem(path, last.sequence),
                 fmt::format("record {} and all before it", last.sequence)};
}

// Keeps the answer beside what it is for.
Result<stdfs::path> Keep(const Subject& subject, const std::string& answer,
                         const StampArguments& arguments) {
  const auto stamp = reports::ReadTimeStamp(answer, arguments.file);
  if (!stamp) return tl::make_unexpected(stamp.error());
  if (stamp->sha256 != subject.sha256) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("is a time stamp for other content than {}", subject.words),
                arguments.file);
  }
  if (!arguments.tsa_ca.empty()) {
    const auto objection = reports::TimeStampObjection(answer, subject.sha256, arguments.tsa_ca);
    if (!objection) return tl::make_unexpected(objection.error());
    if (!objection->empty()) return Fail(ErrorCode::kBadInput, *objection, arguments.file);
  }
  for (const auto& file : reports::TimeStampFiles(subject.stem)) {
    const auto there = common::ReadFile(file, reports::kMostTimeStampBytes);
    if (there && *there == answer) return file;  // attached before
  }
  const auto place = reports::NextTimeStampFile(subject.stem);
  if (auto written = common::WriteFileAtomically(place, answer); !written) {
    return tl::make_unexpected(written.error());
  }
  return place;
}

// RFC 3161, section 3.4, by the curl that is installed.
Result<std::string> Ask(const std::string& url, const std::string& request) {
  const auto folder = common::TemporaryFolder::Make("percuss-timestamp");
  if (!folder) return tl::make_unexpected(folder.error());
  const auto question = folder->Path() / "request.tsq";
  const auto answer = folder->Path() / "response.tsr";
  if (auto written = common::WriteFileAtomically(question, request); !written) {
    return tl::make_unexpected(written.error());
  }
  const auto run = campaign::RunTool(
      {"curl", "--silent", "--show-error", "--fail", "--max-time", "60", "--max-filesize",
       "1000000", "--proto", "=http,https", "--header", "Content-Type: application/timestamp-query",
       "--data-binary", "@" + question.string(), "--output", answer.string(), "--", url},
      {}, kPatienceMs);
  if (!run) return tl::make_unexpected(run.error());
  return common::ReadFile(answer, reports::kMostTimeStampBytes);
}

void Request(const StampArguments& arguments, CommandContext& context) {
  const auto subject = SubjectOf(arguments.subject);
  if (!subject) return ReportError(subject.error(), context);
  const auto request = reports::TimeStampRequest(subject->sha256);
  if (!request) return ReportError(request.error(), context);
  std::string written = arguments.file;
  if (arguments.url.empty()) {
    const auto status = common::WriteFileAtomically(arguments.file, *request);
    if (!status) return ReportError(status.error(), context);
  } else {
    const auto answer = Ask(arguments.url, *request);
    if (!answer) return ReportError(answer.error().While("asking " + arguments.url), context);
    const auto kept = Keep(*subject, *answer, arguments);
    if (!kept) return ReportError(kept.error(), context);
    written = kept->string();
  }
  if (context.json) {
    PrintJson({{"file", written}, {"sha256", subject->sha256}, {"for", subject->words}});
  } else if (!context.quiet) {
    fmt::print("{}: for {} (SHA-256 {})\n", written, subject->words, subject->sha256);
  }
}

void Attach(const StampArguments& arguments, CommandContext& context) {
  const auto subject = SubjectOf(arguments.subject);
  if (!subject) return ReportError(subject.error(), context);
  const auto answer = common::ReadFile(arguments.file, reports::kMostTimeStampBytes);
  if (!answer) return ReportError(answer.error(), context);
  const auto kept = Keep(*subject, *answer, arguments);
  if (!kept) return ReportError(kept.error(), context);
  const auto stamp = reports::ReadTimeStamp(*answer, arguments.file);
  if (!stamp) return ReportError(stamp.error(), context);
  if (context.json) {
    PrintJson({{"file", kept->string()},
               {"sha256", stamp->sha256},
               {"time", stamp->time},
               {"authority", stamp->authority},
               {"verified", !arguments.tsa_ca.empty()}});
  } else if (!context.quiet) {
    fmt::print("{}: {} existed at {}, says {}{}\n", kept->string(), subject->words, stamp->time,
               stamp->authority.empty() ? "an authority without a name" : stamp->authority,
               arguments.tsa_ca.empty() ? " (not verified: pass --tsa-ca)" : "");
  }
}

void AddSubject(CLI::App& command, StampArguments& arguments) {
  command.add_option("FILE", arguments.subject, "A package, as a zip, or a file of records")
      ->required()
      ->check(MustExist());
  command
      .add_option("--tsa-ca", arguments.tsa_ca,
                  "CA certificates (PEM) that must vouch for the authority")
      ->check(MustExist());
}

}  // namespace

void AddTimestampCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<StampArguments>();
  CLI::App* stamp = app.add_subcommand(
      "timestamp", "Let an authority confirm when a package or a record existed (RFC 3161)");
  stamp->require_subcommand(1);
  stamp->footer(
      "Example:\n  percuss timestamp request out/nightly.zip -o nightly.tsq\n"
      "  # carry nightly.tsq to any authority, and its answer back\n"
      "  percuss timestamp attach out/nightly.zip nightly.tsr --tsa-ca authority.pem\n"
      "  percuss verify out/nightly.zip --tsa-ca authority.pem");
  CLI::App* request =
      AddCommand(*stamp, context, "request", "Write a request, or ask an authority at once",
                 "percuss timestamp request records.jsonl --url http://tsa.example/");
  AddSubject(*request, *arguments);
  auto* output = request->add_option("-o,--output", arguments->file, "Where to write the request");
  auto* url = request->add_option(
      "--url", arguments->url,
      "Ask this authority with curl and keep its answer beside FILE; the only use of a network");
  output->excludes(url);
  request->callback([arguments, &context] {
    if (arguments->file.empty() && arguments->url.empty()) {
      return ReportError({ErrorCode::kBadInput, "give -o FILE for the request, or --url", "", 0},
                         context);
    }
    Request(*arguments, context);
  });
  CLI::App* attach =
      AddCommand(*stamp, context, "attach", "Keep an authority's answer beside what it is for",
                 "percuss timestamp attach out/nightly.zip nightly.tsr");
  AddSubject(*attach, *arguments);
  attach->add_option("RESPONSE", arguments->file, "The answer (.tsr)")
      ->required()
      ->check(MustExist());
  attach->callback([arguments, &context] { Attach(*arguments, context); });
}

}  // namespace percuss::cli
