// SPDX-License-Identifier: Apache-2.0
//
// Whose signatures count, and when: the user's list of keys, a JSON file of schema
// percuss.trust.v1. A key that was replaced stays in it with the end of its time, so that what it
// signed before stays good; a key that was lost or stolen is revoked.
//
// Times are RFC 3339 in UTC to the second ("2026-01-31T23:59:59Z"), as everywhere in percuss, and
// compare as text. Thread-safe when const.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "common/result.h"
#include "reports/envelope/key.h"

namespace percuss::reports {

struct TrustedKey {
  PublicKey key;
  std::string valid_from;
  std::string valid_until;  // the first moment after; empty: open
  std::string successor;    // key id of the key that took over; empty: none
  std::string revoked_at;   // from when on somebody else may have held it; empty: not revoked
  std::string revoked_reason;
};

class TrustFile {
 public:
  TrustFile() = default;
  // kBadInput with file and line for anything that the schema does not allow, for a key twice and
  // for a successor that is not in the file or no key's.
  [[nodiscard]] static common::Result<TrustFile> Load(const std::filesystem::path& file);
  [[nodiscard]] common::Status Save(const std::filesystem::path& file) const;

  [[nodiscard]] const std::vector<TrustedKey>& Keys() const { return keys_; }
  // By id; nullptr when there is none.
  [[nodiscard]] const TrustedKey* Find(const std::string& key_id) const;

  // What speaks against a signature by the key that says of itself to be of `at`; "" for nothing.
  // `proven` is a time at which the signature surely was there, such as a time stamp's; empty when
  // nobody knows. A revoked key's signature counts only when it was there before.
  [[nodiscard]] std::string Objection(const PublicKey& key, const std::string& at,
                                      const std::string& proven) const;

  // kBadInput when it cannot be added: known already, or times in the wrong order. With `replaces`,
  // that key's time ends when the new one's begins.
  [[nodiscard]] common::Status Add(const TrustedKey& key, const std::string& replaces);
  // kBadInput for a key that is not there.
  [[nodiscard]] common::Status Revoke(const std::string& key_id, const std::string& at,
                                      const std::string& reason);

 private:
  std::vector<TrustedKey> keys_;
};

// Whether the text is a time as above.
[[nodiscard]] bool IsUtcSecond(const std::string& text);

}  // namespace percuss::reports
