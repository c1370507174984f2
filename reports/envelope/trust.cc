// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/trust.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/fs.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using common::Status;

constexpr const char* kTrustSchema = "percuss.trust.v1";
constexpr uint64_t kMostBytes = uint64_t{16} << 20;

// One entry, with what is wrong and at which member when it is none.
class EntryReader {
 public:
  EntryReader(const Json& entry, std::string pointer)
      : entry_(entry), pointer_(std::move(pointer)) {}

  std::optional<TrustedKey> Read() {
    const std::set<std::string> known = {"name",        "key_id",    "public", "valid_from",
                                         "valid_until", "successor", "revoked"};
    if (!entry_.is_object()) return Wrong("", "must be an object");
    for (const auto& [name, value] : entry_.items()) {
      if (known.count(name) == 0) return Wrong(name, "is no member of a key");
    }
    TrustedKey key;
    auto bytes = PublicKeyFromBase64(Text("public"));
    if (!bytes) return Wrong("public", bytes.error().message);
    key.key = *bytes;
    key.key.name = Text("name");
    if (key.key.name.empty()) return Wrong("name", "is missing: whose key is it?");
    if (Text("key_id") != key.key.Id()) return Wrong("key_id", "does not belong to \"public\"");
    key.valid_from = Text("valid_from");
    key.valid_until = Text("valid_until");
    key.successor = Text("successor");
    if (!IsUtcSecond(key.valid_from)) return Wrong("valid_from", kTimeWanted);
    if (entry_.contains("valid_until") && !IsUtcSecond(key.valid_until)) {
      return Wrong("valid_until", kTimeWanted);
    }
    if (!key.valid_until.empty() && key.valid_until <= key.valid_from) {
      return Wrong("valid_until", "must be later than \"valid_from\"");
    }
    if (entry_.contains("successor") && key.successor.empty()) {
      return Wrong("successor", "must be a key id");
    }
    return entry_.contains("revoked") ? ReadRevocation(std::move(key)) : key;
  }
  [[nodiscard]] const std::string& Pointer() const { return pointer_; }
  [[nodiscard]] const std::string& What() const { return what_; }

 private:
  static constexpr const char* kTimeWanted = "must be a time like 2026-01-31T23:59:59Z";

  std::optional<TrustedKey> ReadRevocation(TrustedKey key) {
    const Json& revoked = entry_["revoked"];
    if (!revoked.is_object() || revoked.size() != 2 || !revoked.contains("at") ||
        !revoked.contains("reason") || !revoked["at"].is_string() ||
        !revoked["reason"].is_string()) {
      return Wrong("revoked", "must have the texts \"at\" and \"reason\", nothing else");
    }
    key.revoked_at = revoked["at"].get<std::string>();
    key.revoked_reason = revoked["reason"].get<std::string>();
    if (!IsUtcSecond(key.revoked_at)) return Wrong("revoked/at", kTimeWanted);
    if (key.revoked_reason.empty()) return Wrong("revoked/reason", "must say why");
    return key;
  }

  std::string Text(const char* name) {
    const auto member = entry_.find(name);
    return member != entry_.end() && member->is_string() ? member->get<std::string>() : "";
  }
  std::nullopt_t Wrong(const std::string& member, const std::string& what) {
    what_ = (member.empty() ? "the key" : "\"" + member + "\"") + " " + what;
    const bool there = !member.empty() && entry_.contains(member.substr(0, member.find('/')));
    if (there) pointer_ += "/" + member;
    return std::nullopt;
  }

  const Json& entry_;
  std::string pointer_;
  std::string what_;
};

Json KeyJson(const TrustedKey& key) {
  Json json = {{"name", key.key.name},
               {"key_id", key.key.Id()},
               {"public", key.key.Base64()},
               {"valid_from", key.valid_from}};
  if (!key.valid_until.empty()) json["valid_until"] = key.valid_until;
  if (!key.successor.empty()) json["successor"] = key.successor;
  if (!key.revoked_at.empty()) {
    json["revoked"] = {{"at", key.revoked_at}, {"reason", key.revoked_reason}};
  }
  return json;
}

bool IsNumberBelow(std::string_view digits, int limit) {
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value < limit;
}

}  // namespace

bool IsUtcSecond(const std::string& text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != '0' && text[i] != kForm[i]) return false;
  }
  const std::string_view view = text;
  const auto two = [&](size_t at) { return view.substr(at, 2); };
  return IsNumberBelow(view.substr(0, 4), 10000) && IsNumberBelow(two(5), 13) && two(5) != "00" &&
         IsNumberBelow(two(8), 32) && two(8) != "00" && IsNumberBelow(two(11), 24) &&
         IsNumberBelow(two(14), 60) && IsNumberBelow(two(17), 60);
}

Result<TrustFile> TrustFile::Load(const stdfs::path& file) {
  const auto text = common::ReadFile(file, kMostBytes);
  if (!text) return tl::make_unexpected(text.error());
  const auto json = common::ParseJson(*text, file.string());
  if (!json) return tl::make_unexpected(json.error());
  const auto wrong = [&](const std::string& pointer, const std::string& what) {
    return Fail(ErrorCode::kBadInput, what, file, common::LineOfJsonPointer(*text, pointer));
  };
  if (!json->is_object() || json->size() != 2 || !json->contains("keys") ||
      json->value("schema", Json()) != kTrustSchema || !(*json)["keys"].is_array()) {
    return wrong("", "is no trust file: it needs \"schema\": \"percuss.trust.v1\" and \"keys\"");
  }
  TrustFile trust;
  for (size_t i = 0; i < (*json)["keys"].size(); ++i) {
    EntryReader reader((*json)["keys"][i], "/keys/" + std::to_string(i));
    auto key = reader.Read();
    if (!key) return wrong(reader.Pointer(), reader.What());
    if (trust.Find(key->key.Id()) != nullptr) {
      return wrong(reader.Pointer(), "names the key " + key->key.Id() + " a second time");
    }
    trust.keys_.push_back(std::move(*key));
  }
  for (size_t i = 0; i < trust.keys_.size(); ++i) {
    const TrustedKey& key = trust.keys_[i];
    if (key.successor.empty()) continue;
    if (trust.Find(key.successor) == nullptr || key.successor == key.key.Id()) {
      return wrong("/keys/" + std::to_string(i) + "/successor",
                   "\"successor\" names no other key of this file");
    }
  }
  return trust;
}

Status TrustFile::Save(const stdfs::path& file) const {
  Json keys = Json::array();
  for (const TrustedKey& key : keys_) keys.push_back(KeyJson(key));
  return common::WriteJsonFile(file, {{"schema", kTrustSchema}, {"keys", std::move(keys)}});
}

const TrustedKey* TrustFile::Find(const std::string& key_id) const {
  const auto at = std::find_if(keys_.begin(), keys_.end(),
                               [&](const TrustedKey& known) { return known.key.Id() == key_id; });
  return at == keys_.end() ? nullptr : &*at;
}

std::string TrustFile::Objection(const PublicKey& key, const std::string& at,
                                 const std::string& proven) const {
  const TrustedKey* known = Find(key.Id());
  if (known == nullptr || !(known->key == key)) {
    return "is signed by " + key.Id() + ", which the trust file does not name";
  }
  const std::string named = "the key " + known->key.name + " (" + key.Id() + ")";
  if (!IsUtcSecond(at)) return "is signed by " + named + " at no time that can be read";
  if (at < known->valid_from) {
    return "is signed at " + at + ", before " + named + " counts, from " + known->valid_from;
  }
  if (!known->valid_until.empty() && at >= known->valid_until) {
    return "is signed at " + at + ", when " + named + " no longer counted, since " +
           known->valid_until +
           (known->successor.empty() ? "" : "; its successor is " + known->successor);
  }
  if (!known->revoked_at.empty() && (proven.empty() || proven >= known->revoked_at)) {
    return "is signed by " + named + ", which was revoked from " + known->revoked_at + " on (" +
           known->revoked_reason + "), and no time stamp shows that it was signed before";
  }
  return "";
}

Status TrustFile::Add(const TrustedKey& key, const std::string& replaces) {
  if (Find(key.key.Id()) != nullptr) {
    return Fail(ErrorCode::kBadInput, "the key " + key.key.Id() + " is in the file already");
  }
  if (!IsUtcSecond(key.valid_from) ||
      (!key.valid_until.empty() &&
       (!IsUtcSecond(key.valid_until) || key.valid_until <= key.valid_from))) {
    return Fail(ErrorCode::kBadInput,
                "a key's time goes from one time like 2026-01-31T23:59:59Z to a later one");
  }
  if (!replaces.empty()) {
    const auto old = std::find_if(keys_.begin(), keys_.end(), [&](const TrustedKey& known) {
      return known.key.Id() == replaces;
    });
    if (old == keys_.end()) {
      return Fail(ErrorCode::kBadInput, "there is no key " + replaces + " to replace");
    }
    if (old->valid_from >= key.valid_from) {
      return Fail(ErrorCode::kBadInput, "the key " + replaces + " counts only from " +
                                            old->valid_from + " on: nothing is left of its time");
    }
    if (old->valid_until.empty() || old->valid_until > key.valid_from) {
      old->valid_until = key.valid_from;
    }
    old->successor = key.key.Id();
  }
  keys_.push_back(key);
  return {};
}

Status TrustFile::Revoke(const std::string& key_id, const std::string& at,
                         const std::string& reason) {
  const auto known = std::find_if(keys_.begin(), keys_.end(), [&](const TrustedKey& entry) {
    return entry.key.Id() == key_id;
  });
  if (known == keys_.end()) return Fail(ErrorCode::kBadInput, "there is no key " + key_id);
  if (!IsUtcSecond(at)) {
    return Fail(ErrorCode::kBadInput, at + " is no time like 2026-01-31T23:59:59Z");
  }
  if (reason.empty()) return Fail(ErrorCode::kBadInput, "a revocation needs a reason");
  known->revoked_at = at;
  known->revoked_reason = reason;
  return {};
}

}  // namespace percuss::reports
