// SPDX-License-Identifier: Apache-2.0
#include "common/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace percuss::common {
namespace {

class Digest {
 public:
  explicit Digest(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    Restart(algorithm);
  }
  void Restart(const EVP_MD* algorithm) {
    PERCUSS_CHECK(context_ && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1);
  }
  void Add(std::string_view bytes) {
    PERCUSS_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  [[nodiscard]] std::string Hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    PERCUSS_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < length; ++i) {
      hex += kDigits[digest[i] >> 4U];
      hex += kDigits[digest[i] & 0xfU];
    }
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

class Sha256Stream::State : public Digest {
 public:
  State() : Digest(EVP_sha256()) {}
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(std::string_view bytes) { state_->Add(bytes); }

std::string Sha256Stream::TakeHex() {
  std::string hex = state_->Hex();
  state_->Restart(EVP_sha256());
  return hex;
}

std::string Sha256Hex(std::string_view bytes) {
  Digest hash(EVP_sha256());
  hash.Add(bytes);
  return hash.Hex();
}

std::string Sha1Hex(std::string_view bytes) {
  Digest hash(EVP_sha1());
  hash.Add(bytes);
  return hash.Hex();
}

Result<std::string> Sha256FileHex(const std::filesystem::path& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return FailErrno(errno, "cannot open", path);
  Digest hash(EVP_sha256());
  std::vector<char> chunk(size_t{1} << 16);
  while (const size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    hash.Add({chunk.data(), got});
  }
  if (std::ferror(file.get()) != 0) return FailErrno(errno, "cannot read", path);
  return hash.Hex();
}

std::string Sha256OfSet(std::vector<std::string> digests) {
  std::sort(digests.begin(), digests.end());
  Digest hash(EVP_sha256());
  for (const std::string& digest : digests) {
    hash.Add(digest);
    hash.Add("\n");
  }
  return hash.Hex();
}

}  // namespace percuss::common
