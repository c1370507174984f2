// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include "reports/envelope/key.h"

namespace percuss::reports {

using common::ErrorCode;
using common::Fail;

std::string Base64Encode(std::string_view bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminating zero that the library counts and writes
  return text;
}

common::Result<std::string> Base64Decode(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  size_t length = 0;
  const int failed =
      sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (failed != 0) return Fail(ErrorCode::kBadInput, "is not base64");
  bytes.resize(length);
  if (Base64Encode(bytes) != text) return Fail(ErrorCode::kBadInput, "is not canonical base64");
  return bytes;
}

}  // namespace percuss::reports
