// SPDX-License-Identifier: Apache-2.0
//
// Digests through OpenSSL, in lower-case hex; SHA-256 (FIPS 180-4) has 64 digits. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::common {

[[nodiscard]] std::string Sha256Hex(std::string_view bytes);
// The same, piece by piece. One object is for one thread.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  ~Sha256Stream();
  void Add(std::string_view bytes);
  // Of all that was added since the last call; starts anew.
  [[nodiscard]] std::string TakeHex();

 private:
  class State;
  std::unique_ptr<State> state_;
};
// Streams the file, whatever its size.
[[nodiscard]] Result<std::string> Sha256FileHex(const std::filesystem::path& path);
// Only to find files that a tool named by it: SHA-1 proves nothing any more. 40 digits.
[[nodiscard]] std::string Sha1Hex(std::string_view bytes);
// One digest for a set of files, in any order: SHA-256 over the sorted digests, a newline after
// each.
[[nodiscard]] std::string Sha256OfSet(std::vector<std::string> digests);

}  // namespace percuss::common
