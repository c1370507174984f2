// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/time_stamp.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <ctime>
#include <memory>
#include <optional>

#include "common/clock.h"
#include "common/fs.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;

template <auto Free>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Release<Free>>;

using Request = Owned<TS_REQ, TS_REQ_free>;
using Response = Owned<TS_RESP, TS_RESP_free>;
using Imprint = Owned<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free>;
using Algorithm = Owned<X509_ALGOR, X509_ALGOR_free>;
using Number = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using BigNumber = Owned<BIGNUM, BN_free>;
using Store = Owned<X509_STORE, X509_STORE_free>;
using Context = Owned<TS_VERIFY_CTX, TS_VERIFY_CTX_free>;
struct FreeSigners {
  void operator()(STACK_OF(X509) * signers) const { sk_X509_free(signers); }
};
using Signers = std::unique_ptr<STACK_OF(X509), FreeSigners>;

constexpr size_t kDigestBytes = 32;

// What the library complained of last; its queue is empty afterwards.
std::string LibrarysWords() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  std::string words = reason == nullptr ? "unknown error" : reason;
  const char* data = nullptr;
  int flags = 0;
  ERR_peek_last_error_data(&data, &flags);
  if (data != nullptr && (flags & ERR_TXT_STRING) != 0 && data[0] != '\0') {
    words += std::string(" (") + data + ")";
  }
  ERR_clear_error();
  return words;
}

std::optional<std::string> FromHex(const std::string& hex) {
  if (hex.size() != 2 * kDigestBytes) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    int value = 0;
    for (const char c : {hex[i], hex[i + 1]}) {
      const auto digit = std::string_view("0123456789abcdef").find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<int>(digit);
    }
    bytes += static_cast<char>(value);
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return hex;
}

Imprint ImprintOf(std::string digest) {
  Algorithm algorithm(X509_ALGOR_new());
  Imprint imprint(TS_MSG_IMPRINT_new());
  if (!algorithm || !imprint) return nullptr;
  X509_ALGOR_set_md(algorithm.get(), EVP_sha256());
  const bool set =
      TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
      TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(digest.data()),
                             static_cast<int>(digest.size())) == 1;
  return set ? std::move(imprint) : nullptr;
}

Response ParseResponse(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* begin = at;
  Response response(d2i_TS_RESP(nullptr, &at, static_cast<long>(bytes.size())));
  // What follows the answer is nobody's.
  if (response && static_cast<size_t>(at - begin) != bytes.size()) return nullptr;
  return response;
}

std::string ImprintHex(TS_TST_INFO* info) {
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  if (OBJ_obj2nid(algorithm) != NID_sha256) return "";
  const ASN1_OCTET_STRING* digest = TS_MSG_IMPRINT_get_msg(imprint);
  return ToHex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(digest)),
                static_cast<size_t>(ASN1_STRING_length(digest))});
}

std::optional<int64_t> UnixTime(TS_TST_INFO* info) {
  struct tm parts {};
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) != 1) return std::nullopt;
  return static_cast<int64_t>(timegm(&parts));
}

std::string Serial(TS_TST_INFO* info) {
  const BigNumber number(ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(info), nullptr));
  char* text = number ? BN_bn2dec(number.get()) : nullptr;
  std::string serial = text == nullptr ? "" : text;
  OPENSSL_free(text);
  return serial;
}

std::string Authority(TS_RESP* response) {
  PKCS7* token = TS_RESP_get_token(response);
  if (token == nullptr || PKCS7_type_is_signed(token) == 0) return "";
  const Signers signers(PKCS7_get0_signers(token, nullptr, 0));
  ERR_clear_error();
  if (!signers || sk_X509_num(signers.get()) < 1) return "";
  const Owned<BIO, BIO_free_all> text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(sk_X509_value(signers.get(), 0)), 0,
                     XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

std::string Refusal(TS_RESP* response) {
  const STACK_OF(ASN1_UTF8STRING)* texts =
      TS_STATUS_INFO_get0_text(TS_RESP_get_status_info(response));
  std::string words;
  for (int i = 0; texts != nullptr && i < sk_ASN1_UTF8STRING_num(texts); ++i) {
    const ASN1_UTF8STRING* text = sk_ASN1_UTF8STRING_value(texts, i);
    words += ": ";
    words.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                 static_cast<size_t>(ASN1_STRING_length(text)));
  }
  return words;
}

}  // namespace

Result<std::string> TimeStampRequest(const std::string& sha256) {
  const auto digest = FromHex(sha256);
  if (!digest) return Fail(ErrorCode::kBadInput, "a SHA-256 has 64 lower-case hex digits");
  const Imprint imprint = ImprintOf(*digest);
  const Request request(TS_REQ_new());
  std::array<unsigned char, 8> random{};
  const bool drawn = RAND_bytes(random.data(), static_cast<int>(random.size())) == 1;
  random[0] |= 0x40U;  // never short, never negative
  random[0] &= 0x7fU;
  const BigNumber number(BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr));
  const Number nonce(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
  const bool made = drawn && imprint && request && nonce &&
                    TS_REQ_set_version(request.get(), 1) == 1 &&
                    TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
                    TS_REQ_set_nonce(request.get(), nonce.get()) == 1 &&
                    TS_REQ_set_cert_req(request.get(), 1) == 1;
  unsigned char* der = nullptr;
  const int size = made ? i2d_TS_REQ(request.get(), &der) : -1;
  if (size < 0) {
    return Fail(ErrorCode::kInternal, "cannot make a time-stamp request: " + LibrarysWords());
  }
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

Result<TimeStamp> ReadTimeStamp(std::string_view bytes, const std::string& name) {
  const Response response = ParseResponse(bytes);
  ERR_clear_error();
  if (!response) {
    return Fail(ErrorCode::kBadInput, "is no answer of a time-stamping authority (RFC 3161, DER)",
                name);
  }
  TS_TST_INFO* info = TS_RESP_get_tst_info(response.get());
  if (info == nullptr) {
    return Fail(ErrorCode::kBadInput, "the authority gave no time stamp" + Refusal(response.get()),
                name);
  }
  const auto time = UnixTime(info);
  if (!time) return Fail(ErrorCode::kBadInput, "the time stamp has no time that can be read", name);
  return TimeStamp{ImprintHex(info), common::Rfc3339(*time), Serial(info),
                   Authority(response.get())};
}

Result<std::string> TimeStampObjection(std::string_view bytes, const std::string& sha256,
                                       const std::filesystem::path& ca_file) {
  Store store(X509_STORE_new());
  if (!store || X509_STORE_load_file(store.get(), ca_file.c_str()) != 1) {
    return Fail(ErrorCode::kBadInput, "holds no CA certificates (PEM): " + LibrarysWords(),
                ca_file);
  }
  const auto stamp = ReadTimeStamp(bytes, "");
  if (!stamp) return stamp.error().message;
  if (stamp->sha256 != sha256) return std::string("is for other content");
  const Response response = ParseResponse(bytes);
  const auto digest = FromHex(sha256);
  const Context context(TS_VERIFY_CTX_new());
  if (!digest || !response || !context) return std::string("cannot be checked");
  // Whoever checks years later does so when the authority's certificate is long over.
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()),
                             static_cast<time_t>(*UnixTime(TS_RESP_get_tst_info(response.get()))));
  TS_VERIFY_CTX_set_flags(context.get(), TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_IMPRINT);
  TS_VERIFY_CTX_set_store(context.get(), store.release());
  auto* imprint = static_cast<unsigned char*>(OPENSSL_memdup(digest->data(), digest->size()));
  TS_VERIFY_CTX_set_imprint(context.get(), imprint, static_cast<long>(digest->size()));
  if (TS_RESP_verify_response(context.get(), response.get()) == 1) return std::string();
  return "is not by an authority that the given CA vouches for: " + LibrarysWords();
}

std::filesystem::path NextTimeStampFile(const std::string& stem) {
  std::filesystem::path file = stem + ".tsr";
  std::error_code ignored;
  for (int i = 2; std::filesystem::exists(file, ignored); ++i) {
    file = stem + "." + std::to_string(i) + ".tsr";
  }
  return file;
}

std::vector<std::filesystem::path> TimeStampFiles(const std::string& stem) {
  std::vector<std::filesystem::path> files;
  std::filesystem::path file = stem + ".tsr";
  std::error_code ignored;
  for (int i = 2; std::filesystem::exists(file, ignored); ++i) {
    files.push_back(file);
    file = stem + "." + std::to_string(i) + ".tsr";
  }
  return files;
}

Result<std::vector<StampFile>> CheckTimeStamps(
    const std::string& stem, const std::string& sha256,
    const std::optional<std::filesystem::path>& ca_file) {
  std::vector<StampFile> stamps;
  for (const auto& path : TimeStampFiles(stem)) {
    StampFile stamp{path.filename().string(), {}, false, ""};
    const auto bytes = common::ReadFile(path, kMostTimeStampBytes);
    const auto read = bytes ? ReadTimeStamp(*bytes, "") : Result<TimeStamp>();
    if (!bytes || !read) {
      stamp.objection = bytes ? read.error().message : "cannot be read: " + bytes.error().message;
    } else {
      stamp.stamp = *read;
      if (read->sha256 != sha256) stamp.objection = "is for other content";
    }
    if (ca_file && stamp.objection.empty()) {
      const auto objection = TimeStampObjection(*bytes, sha256, *ca_file);
      if (!objection) return tl::make_unexpected(objection.error());
      stamp.objection = *objection;
      stamp.verified = objection->empty();
    }
    stamps.push_back(std::move(stamp));
  }
  return stamps;
}

std::string ProvenTime(const std::vector<StampFile>& stamps) {
  std::string earliest;
  for (const StampFile& stamp : stamps) {
    if (!stamp.verified) continue;
    if (earliest.empty() || stamp.stamp.time < earliest) earliest = stamp.stamp.time;
  }
  return earliest;
}

common::Json StampFilesJson(const std::vector<StampFile>& stamps) {
  common::Json json = common::Json::array();
  for (const StampFile& stamp : stamps) {
    json.push_back({{"file", stamp.file},
                    {"time", stamp.stamp.time},
                    {"authority", stamp.stamp.authority},
                    {"verified", stamp.verified},
                    {"what", stamp.objection}});
  }
  return json;
}

}  // namespace percuss::reports
