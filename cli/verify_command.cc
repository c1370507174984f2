// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.h"
#include "common/hash.h"
#include "reports/verify/verify.h"

namespace percuss::cli {
namespace {

struct VerifyArguments {
  std::string package;
  std::string key;
};

void Verify(const VerifyArguments& arguments, CommandContext& context) {
  std::optional<std::filesystem::path> key;
  if (!arguments.key.empty()) key = arguments.key;
  const auto result = reports::VerifyPackage(arguments.package, key);
  if (!result) return ReportError(result.error(), context);
  context.exit_code = reports::VerifyExitCode(*result);
  if (context.json) return PrintJson(reports::VerifyJson(*result));
  for (const auto& problem : result->problems) {
    fmt::print("broken: {}: {}\n", problem.path, problem.what);
  }
  for (const auto& note : result->notes) fmt::print("note: {}\n", note);
  const std::string unsigned_words =
      result->signer.empty() ? "not signed" : "signed by " + result->signer + ", not by that key";
  fmt::print("{}: {}, {}; {} files; the campaign's verdict: {}\n", arguments.package,
             result->sealed ? "seal intact" : "SEAL BROKEN",
             result->is_signed ? "signed by " + result->signer : unsigned_words, result->files,
             result->verdict.empty() ? "unknown" : result->verdict);
  if (!result->package_id.empty()) fmt::print("package id: {}\n", result->package_id);
  if (const auto digest = common::Sha256FileHex(arguments.package)) {
    fmt::print("SHA-256:    {}\n", *digest);
  }
}

}  // namespace

void AddVerifyCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command =
      AddCommand(app, context, "verify",
                 "Find any changed, added or missing byte in a package. Exit 0 intact, 2 broken",
                 "percuss verify out/nightly.zip --key release.pub");
  command->add_option("PACKAGE", arguments->package, "A package, zip or folder")
      ->required()
      ->check(MustExist());
  command
      ->add_option("--key", arguments->key,
                   "Public key of whoever must have signed it; without it a signature proves "
                   "that nothing changed, not who signed")
      ->check(MustExist());
  command->callback([arguments, &context] { Verify(*arguments, context); });
}

}  // namespace percuss::cli
