// SPDX-License-Identifier: Apache-2.0
#include "cli/signer.h"

#include <filesystem>

#include "reports/envelope/pkcs11_key.h"

namespace percuss::cli {

namespace {

bool IsOnToken(const std::string& wish) { return wish.rfind("pkcs11:", 0) == 0; }

}  // namespace

CLI::Validator KeyMustExist() {
  return CLI::Validator(
      [](std::string& wish) { return IsOnToken(wish) ? std::string() : MustExist()(wish); }, "");
}

common::Result<std::shared_ptr<const reports::Signer>> LoadSigner(const std::string& wish) {
  if (IsOnToken(wish)) return reports::OpenPkcs11Key(wish);
  std::filesystem::path file = wish;
  if (wish.empty()) {
    const auto standard = reports::DefaultKeyFile();
    std::error_code ignored;
    if (!standard || !std::filesystem::exists(*standard, ignored)) return nullptr;
    file = *standard;
  }
  auto key = reports::KeyPair::Load(file);
  if (!key) return tl::make_unexpected(key.error());
  return std::make_shared<reports::KeyPair>(*key);
}

}  // namespace percuss::cli
