// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "common/clock.h"
#include "reports/envelope/trust.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;

struct TrustArguments {
  std::string file;
  std::string key;
  std::string from;
  std::string until;
  std::string replaces;
  std::string at;
  std::string reason;
};

common::Result<reports::TrustFile> LoadOrBegin(const std::string& file) {
  std::error_code ignored;
  if (!stdfs::exists(file, ignored)) return reports::TrustFile();
  return reports::TrustFile::Load(file);
}

std::string Now() { return common::Rfc3339(common::SystemClock().UnixS()); }

void Show(const reports::TrustFile& trust, const TrustArguments& arguments,
          CommandContext& context) {
  common::Json keys = common::Json::array();
  for (const auto& key : trust.Keys()) {
    keys.push_back({{"name", key.key.name},
                    {"key_id", key.key.Id()},
                    {"valid_from", key.valid_from},
                    {"valid_until", key.valid_until},
                    {"successor", key.successor},
                    {"revoked_at", key.revoked_at},
                    {"revoked_reason", key.revoked_reason}});
    if (context.json || context.quiet) continue;
    fmt::print("{}  {}  from {}{}{}{}\n", key.key.Id(), key.key.name, key.valid_from,
               key.valid_until.empty() ? "" : " until " + key.valid_until,
               key.successor.empty() ? "" : ", then " + key.successor,
               key.revoked_at.empty()
                   ? ""
                   : ", REVOKED from " + key.revoked_at + ": " + key.revoked_reason);
  }
  if (context.json) PrintJson({{"file", arguments.file}, {"keys", std::move(keys)}});
}

void SaveAndShow(const reports::TrustFile& trust, const common::Status& changed,
                 const TrustArguments& arguments, CommandContext& context) {
  if (!changed) return ReportError(changed.error(), context);
  if (const auto saved = trust.Save(arguments.file); !saved) {
    return ReportError(saved.error(), context);
  }
  Show(trust, arguments, context);
}

void Add(const TrustArguments& arguments, CommandContext& context) {
  auto trust = LoadOrBegin(arguments.file);
  if (!trust) return ReportError(trust.error(), context);
  const auto key = reports::LoadVerificationKey(arguments.key);
  if (!key) return ReportError(key.error(), context);
  const auto added = trust->Add(
      {*key, arguments.from.empty() ? Now() : arguments.from, arguments.until, "", "", ""},
      arguments.replaces);
  SaveAndShow(*trust, added, arguments, context);
}

void Revoke(const TrustArguments& arguments, CommandContext& context) {
  auto trust = reports::TrustFile::Load(arguments.file);
  if (!trust) return ReportError(trust.error(), context);
  const auto revoked =
      trust->Revoke(arguments.key, arguments.at.empty() ? Now() : arguments.at, arguments.reason);
  SaveAndShow(*trust, revoked, arguments, context);
}

}  // namespace

void AddTrustCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<TrustArguments>();
  CLI::App* trust = app.add_subcommand("trust", "Say whose signatures count, and when");
  trust->require_subcommand(1);
  trust->footer(
      "Example:\n  percuss trust add trust.json lab.pub\n"
      "  percuss trust add trust.json lab-2027.pub --replaces 0123456789abcdef\n"
      "  percuss verify out/nightly.zip --trust trust.json");
  CLI::App* add = AddCommand(*trust, context, "add",
                             "Add a public key; with --replaces, in the place of another",
                             "percuss trust add trust.json lab.pub --from 2026-01-01T00:00:00Z");
  add->add_option("FILE", arguments->file, "The trust file; made when there is none")->required();
  add->add_option("KEY", arguments->key, "A .pub file")->required()->check(MustExist());
  add->add_option("--from", arguments->from, "When its time begins (default: now)");
  add->add_option("--until", arguments->until, "When it ends (default: open)");
  add->add_option("--replaces", arguments->replaces,
                  "Id of the key whose time ends when this one's begins");
  add->callback([arguments, &context] { Add(*arguments, context); });
  CLI::App* revoke =
      AddCommand(*trust, context, "revoke", "Say that somebody else may hold a key",
                 "percuss trust revoke trust.json 0123456789abcdef --reason \"laptop stolen\"");
  revoke->add_option("FILE", arguments->file, "The trust file")->required()->check(MustExist());
  revoke->add_option("KEY_ID", arguments->key, "Id of the key")->required();
  revoke->add_option("--at", arguments->at, "From when on (default: now)");
  revoke->add_option("--reason", arguments->reason, "Why")->required();
  revoke->callback([arguments, &context] { Revoke(*arguments, context); });
  CLI::App* show = AddCommand(*trust, context, "show", "Show the keys and their times",
                              "percuss trust show trust.json");
  show->add_option("FILE", arguments->file, "The trust file")->required()->check(MustExist());
  show->callback([arguments, &context] {
    const auto loaded = reports::TrustFile::Load(arguments->file);
    if (!loaded) return ReportError(loaded.error(), context);
    Show(*loaded, *arguments, context);
  });
}

}  // namespace percuss::cli
