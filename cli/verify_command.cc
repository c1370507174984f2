// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "reports/envelope/visible_text.h"
#include "reports/verify/verify.h"

namespace percuss::cli {
namespace {

struct VerifyArguments {
  std::string package;
  std::string key;
  std::string trust;
  std::string tsa_ca;
  reports::VerifyOptions options;
};

using reports::VisibleLine;

// Of a package that was changed nobody can say what its signature is under.
std::string SignatureWords(const reports::VerifyResult& result) {
  if (!result.sealed) return "the signature was not checked";
  if (result.signer.empty()) return "not signed";
  return "signed by " + result.signer + (result.is_signed ? "" : ", not by that key");
}

void PrintBeside(const reports::VerifyResult& result) {
  for (const auto& found : result.signatures) {
    if (!found.objection.empty()) continue;
    fmt::print("signature: {} {}{} at {}: {}{}\n", found.key_id, VisibleLine(found.name),
               found.role.empty() ? "" : " (" + VisibleLine(found.role) + ")",
               VisibleLine(found.time), VisibleLine(found.meaning),
               found.trusted ? "; trusted" : "");
  }
  for (const auto& stamp : result.time_stamps) {
    if (!stamp.objection.empty()) continue;
    fmt::print("time stamp: {} by {}{}\n", stamp.stamp.time, VisibleLine(stamp.stamp.authority),
               stamp.verified ? "" : " (not verified)");
  }
}

void Verify(const VerifyArguments& arguments, CommandContext& context) {
  reports::VerifyOptions options = arguments.options;
  if (!arguments.key.empty()) options.key_file = arguments.key;
  if (!arguments.trust.empty()) options.trust_file = arguments.trust;
  if (!arguments.tsa_ca.empty()) options.tsa_ca = arguments.tsa_ca;
  const auto result = reports::VerifyPackage(arguments.package, options);
  if (!result) return ReportError(result.error(), context);
  context.exit_code = reports::VerifyExitCode(*result);
  if (context.json) return PrintJson(reports::VerifyJson(*result));
  for (const auto& problem : result->problems) {
    fmt::print("problem: {}: {}\n", VisibleLine(problem.path), VisibleLine(problem.what));
  }
  for (const auto& note : result->notes) fmt::print("note: {}\n", VisibleLine(note));
  fmt::print("{}: {}, {}; {} files; the campaign's verdict: {}\n", arguments.package,
             result->sealed ? "seal intact" : "SEAL BROKEN", SignatureWords(*result), result->files,
             result->verdict.empty() ? "unknown" : VisibleLine(result->verdict));
  if (!result->package_id.empty()) fmt::print("package id: {}\n", VisibleLine(result->package_id));
  if (!result->sha256.empty()) fmt::print("SHA-256:    {}\n", result->sha256);
  PrintBeside(*result);
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
  command
      ->add_option("--trust", arguments->trust,
                   "Trust file: every signature must be by a key of it, in that key's time")
      ->check(MustExist());
  command
      ->add_option("--tsa-ca", arguments->tsa_ca,
                   "CA certificates (PEM) of the authority whose time stamp must be there")
      ->check(MustExist());
  command
      ->add_option("--signatures", arguments->options.signatures,
                   "So many different keys at least must have signed")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--digest", arguments->options.digest,
                    "Also the SHA-256 of the zip itself, by which others name it");
  command->callback([arguments, &context] { Verify(*arguments, context); });
}

}  // namespace percuss::cli
