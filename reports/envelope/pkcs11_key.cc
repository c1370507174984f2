// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/pkcs11_key.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "common/fs.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;

// PKCS #11 v3.0, which the installed headers may precede.
constexpr CK_MECHANISM_TYPE kEddsa = 0x00001057;
constexpr CK_KEY_TYPE kEdwardsKey = 0x00000040;

tl::unexpected<common::Error> FailToken(ErrorCode code, const std::string& what, CK_RV reason,
                                        const std::string& uri) {
  const char* words = p11_kit_strerror(reason);
  return Fail(code, what + ": " + (words == nullptr ? "unknown error" : words), uri);
}

// The modules that were loaded, one that is named or those that p11-kit is set up with.
class Modules {
 public:
  Modules() = default;
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;
  ~Modules() {
    if (list_ != nullptr) p11_kit_modules_finalize_and_release(list_);
    if (one_ == nullptr) return;
    p11_kit_module_finalize(one_);
    p11_kit_module_release(one_);
  }

  Status Load(const char* module_path, const std::string& uri) {
    if (module_path == nullptr) {
      list_ = p11_kit_modules_load_and_initialize(0);
      if (list_ != nullptr) return {};
      return Fail(ErrorCode::kUnavailable, "no PKCS #11 module can be used: " + Words(), uri);
    }
    one_ = p11_kit_module_load(module_path, 0);
    if (one_ == nullptr) {
      return Fail(ErrorCode::kBadInput,
                  std::string("cannot load the PKCS #11 module ") + module_path + ": " + Words(),
                  uri);
    }
    const CK_RV started = p11_kit_module_initialize(one_);
    if (started == CKR_OK) return {};
    p11_kit_module_release(std::exchange(one_, nullptr));
    return FailToken(ErrorCode::kUnavailable, "cannot start the PKCS #11 module", started, uri);
  }
  [[nodiscard]] std::vector<CK_FUNCTION_LIST*> All() const {
    std::vector<CK_FUNCTION_LIST*> all;
    if (one_ != nullptr) all.push_back(one_);
    for (CK_FUNCTION_LIST** module = list_; module != nullptr && *module != nullptr; ++module) {
      all.push_back(*module);
    }
    return all;
  }

 private:
  static std::string Words() {
    const char* message = p11_kit_message();
    return message == nullptr ? "no reason was given" : message;
  }
  CK_FUNCTION_LIST** list_ = nullptr;
  CK_FUNCTION_LIST* one_ = nullptr;
};

struct FreeUri {
  void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
};
using Uri = std::unique_ptr<P11KitUri, FreeUri>;

struct Place {
  CK_FUNCTION_LIST* module = nullptr;
  CK_SLOT_ID slot = 0;
};

class TokenKey : public Signer {
 public:
  explicit TokenKey(std::string text) : text_(std::move(text)), uri_(p11_kit_uri_new()) {}
  TokenKey(const TokenKey&) = delete;
  TokenKey& operator=(const TokenKey&) = delete;
  ~TokenKey() override {
    if (session_ != 0) module_->C_CloseSession(session_);
  }

  Status Open() {
    if (p11_kit_uri_parse(text_.c_str(), P11_KIT_URI_FOR_ANY, uri_.get()) != P11_KIT_URI_OK) {
      return Fail(ErrorCode::kBadInput,
                  "is no PKCS #11 URI (RFC 7512), such as pkcs11:token=Lab;object=release", text_);
    }
    if (p11_kit_uri_get_pin_value(uri_.get()) != nullptr) {
      return Fail(ErrorCode::kBadInput,
                  "a PIN in a command line is no secret: take pin-value out, and use "
                  "pin-source=file:PATH or the environment variable PERCUSS_PIN",
                  "pkcs11:");
    }
    if (auto loaded = modules_.Load(p11_kit_uri_get_module_path(uri_.get()), text_); !loaded) {
      return loaded;
    }
    for (const auto step : {&TokenKey::FindToken, &TokenKey::LogIn, &TokenKey::FindKeys}) {
      if (auto done = (this->*step)(); !done) return done;
    }
    return {};
  }

  [[nodiscard]] const PublicKey& Public() const override { return public_; }

  [[nodiscard]] Result<std::string> Sign(std::string_view bytes) const override {
    CK_MECHANISM mechanism{kEddsa, nullptr, 0};
    CK_RV result = module_->C_SignInit(session_, &mechanism, private_);
    if (result != CKR_OK) {
      return FailToken(ErrorCode::kUnavailable, "the token cannot sign with this key", result,
                       text_);
    }
    std::string data(bytes);
    std::string signature(kSignatureBytes, '\0');
    CK_ULONG size = signature.size();
    result = module_->C_Sign(session_, reinterpret_cast<CK_BYTE*>(data.data()), data.size(),
                             reinterpret_cast<CK_BYTE*>(signature.data()), &size);
    if (result != CKR_OK) {
      return FailToken(ErrorCode::kUnavailable, "the token did not sign", result, text_);
    }
    if (size != kSignatureBytes || !VerifySignature(public_, bytes, signature)) {
      return Fail(ErrorCode::kUnavailable,
                  "the token's signature is none by the public key that it tells", text_);
    }
    return signature;
  }

 private:
  Status FindToken() {
    std::vector<Place> fitting;
    for (CK_FUNCTION_LIST* module : modules_.All()) {
      CK_ULONG count = 0;
      if (module->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) continue;
      std::vector<CK_SLOT_ID> slots(count);
      if (module->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) continue;
      slots.resize(std::min<size_t>(slots.size(), count));
      for (const CK_SLOT_ID slot : slots) {
        CK_TOKEN_INFO info{};
        if (module->C_GetTokenInfo(slot, &info) == CKR_OK &&
            (info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
            p11_kit_uri_match_token_info(uri_.get(), &info) == 1) {
          fitting.push_back({module, slot});
        }
      }
    }
    if (fitting.empty()) {
      return Fail(ErrorCode::kNotFound,
                  "no token fits; p11-kit list-modules shows those that there are", text_);
    }
    if (fitting.size() > 1) {
      return Fail(
          ErrorCode::kBadInput,
          std::to_string(fitting.size()) + " tokens fit; name one with token= or serial=", text_);
    }
    module_ = fitting.front().module;
    const CK_RV opened = module_->C_OpenSession(fitting.front().slot, CKF_SERIAL_SESSION, nullptr,
                                                nullptr, &session_);
    if (opened == CKR_OK) return {};
    return FailToken(ErrorCode::kUnavailable, "cannot talk to the token", opened, text_);
  }

  Result<std::string> Pin() const {
    const char* source = p11_kit_uri_get_pin_source(uri_.get());
    if (source == nullptr) {
      const char* pin = std::getenv("PERCUSS_PIN");
      if (pin != nullptr) return std::string(pin);
      return Fail(ErrorCode::kBadInput,
                  "the token wants a PIN: set PERCUSS_PIN, or add pin-source=file:PATH to the URI",
                  text_);
    }
    std::string path = source;
    if (path.rfind("file:", 0) == 0) path.erase(0, 5);
    if (path.rfind("//", 0) == 0) path.erase(0, 2);
    auto pin = common::ReadFile(path, 4096);
    if (!pin) return tl::make_unexpected(pin.error().While("reading the PIN"));
    while (!pin->empty() && (pin->back() == '\n' || pin->back() == '\r')) pin->pop_back();
    return pin;
  }

  Status LogIn() {
    auto pin = Pin();
    if (!pin) return tl::make_unexpected(pin.error());
    const CK_RV result = module_->C_Login(session_, CKU_USER,
                                          reinterpret_cast<CK_UTF8CHAR*>(pin->data()), pin->size());
    std::fill(pin->begin(), pin->end(), '\0');
    if (result == CKR_OK || result == CKR_USER_ALREADY_LOGGED_IN) return {};
    const bool wrong = result == CKR_PIN_INCORRECT || result == CKR_PIN_LEN_RANGE;
    if (wrong) return Fail(ErrorCode::kUnavailable, "the token refuses the PIN", text_);
    return FailToken(ErrorCode::kUnavailable, "cannot log in to the token", result, text_);
  }

  // Of the class, and as the URI says; up to two.
  Result<std::vector<CK_OBJECT_HANDLE>> Find(CK_OBJECT_CLASS wanted, const char* what) const {
    CK_KEY_TYPE type = kEdwardsKey;
    std::vector<CK_ATTRIBUTE> query = {{CKA_CLASS, &wanted, sizeof wanted},
                                       {CKA_KEY_TYPE, &type, sizeof type}};
    for (const CK_ATTRIBUTE_TYPE name : {CKA_LABEL, CKA_ID}) {
      CK_ATTRIBUTE* given = p11_kit_uri_get_attribute(uri_.get(), name);
      if (given != nullptr) query.push_back(*given);
    }
    std::array<CK_OBJECT_HANDLE, 2> found{};
    CK_ULONG count = 0;
    CK_RV result = module_->C_FindObjectsInit(session_, query.data(), query.size());
    if (result == CKR_OK) {
      result = module_->C_FindObjects(session_, found.data(), found.size(), &count);
      module_->C_FindObjectsFinal(session_);
    }
    if (result != CKR_OK) {
      return FailToken(ErrorCode::kUnavailable, "cannot look for the key", result, text_);
    }
    if (count == 0) {
      return Fail(ErrorCode::kNotFound, std::string("the token has no such ") + what + " (Ed25519)",
                  text_);
    }
    if (count > 1) {
      return Fail(
          ErrorCode::kBadInput,
          std::string("several keys fit as ") + what + "; name one with object= or id=", text_);
    }
    return std::vector<CK_OBJECT_HANDLE>{found[0]};
  }

  Status FindKeys() {
    const auto secret = Find(CKO_PRIVATE_KEY, "private key");
    if (!secret) return tl::make_unexpected(secret.error());
    private_ = secret->front();
    const auto open = Find(CKO_PUBLIC_KEY, "public key");
    if (!open) return tl::make_unexpected(open.error());
    // An OCTET STRING around the 32 bytes, as the standard has it; some tokens give them bare.
    std::array<CK_BYTE, 64> point{};
    std::array<CK_UTF8CHAR, 256> label{};
    std::array<CK_ATTRIBUTE, 2> wanted{
        {{CKA_EC_POINT, point.data(), point.size()}, {CKA_LABEL, label.data(), label.size()}}};
    const CK_RV result =
        module_->C_GetAttributeValue(session_, open->front(), wanted.data(), wanted.size());
    if (result != CKR_OK) {
      return FailToken(ErrorCode::kUnavailable, "cannot read the public key", result, text_);
    }
    const bool wrapped = wanted[0].ulValueLen == kPublicKeyBytes + 2 && point[0] == 0x04 &&
                         point[1] == kPublicKeyBytes;
    if (!wrapped && wanted[0].ulValueLen != kPublicKeyBytes) {
      return Fail(ErrorCode::kUnavailable, "the token's public key is none of Ed25519", text_);
    }
    std::copy_n(point.begin() + (wrapped ? 2 : 0), kPublicKeyBytes, public_.bytes.begin());
    public_.name.assign(label.begin(), label.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(
                                                           wanted[1].ulValueLen, label.size())));
    return {};
  }

  std::string text_;
  Uri uri_;
  Modules modules_;
  CK_FUNCTION_LIST* module_ = nullptr;
  CK_SESSION_HANDLE session_ = 0;
  CK_OBJECT_HANDLE private_ = 0;
  PublicKey public_;
};

}  // namespace

Result<std::shared_ptr<const Signer>> OpenPkcs11Key(const std::string& uri) {
  auto key = std::make_shared<TokenKey>(uri);
  if (auto opened = key->Open(); !opened) return tl::make_unexpected(opened.error());
  return key;
}

}  // namespace percuss::reports
