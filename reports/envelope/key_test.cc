// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "common/fs.h"
#include "common/json_file.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;

std::string Unhex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

struct Vector {
  const char* secret;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1, tests 1 to 3.
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

TEST(KeyTest, Rfc8032VectorsHold) {
  for (const auto& vector : kVectors) {
    const auto pair = KeyPair::FromSeed("vector", Unhex(vector.secret));
    ASSERT_TRUE(pair) << pair.error().Text();
    EXPECT_EQ(pair->Public().Base64(), Base64Encode(Unhex(vector.public_key)));
    const std::string message = Unhex(vector.message);
    EXPECT_EQ(pair->Sign(message).value(), Unhex(vector.signature));
    EXPECT_TRUE(VerifySignature(pair->Public(), message, Unhex(vector.signature)));
    EXPECT_FALSE(VerifySignature(pair->Public(), message + "x", Unhex(vector.signature)));
  }
}

class KeyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("key_test");
    ASSERT_TRUE(folder) << folder.error().Text();
    folder_ = std::make_unique<common::TemporaryFolder>(std::move(*folder));
  }
  [[nodiscard]] stdfs::path Path(const char* name) const { return folder_->Path() / name; }

 private:
  std::unique_ptr<common::TemporaryFolder> folder_;
};

TEST_F(KeyFileTest, SavedKeySignsAsBeforeAndOnlyItsOwnerMayReadIt) {
  const auto pair = KeyPair::New("lab-1");
  ASSERT_TRUE(pair);
  ASSERT_TRUE(pair->Save(Path("keys")));
  struct stat info {};
  ASSERT_EQ(stat(Path("keys/lab-1.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto loaded = KeyPair::Load(Path("keys/lab-1.key"));
  ASSERT_TRUE(loaded) << loaded.error().Text();
  EXPECT_EQ(loaded->Sign("text").value(), pair->Sign("text").value());
  const auto public_key = LoadPublicKey(Path("keys/lab-1.pub"));
  ASSERT_TRUE(public_key) << public_key.error().Text();
  EXPECT_EQ(public_key->name, "lab-1");
  EXPECT_EQ(public_key->Id().size(), 16U);
  EXPECT_TRUE(VerifySignature(*public_key, "text", pair->Sign("text").value()));
  const auto text = common::ReadFile(Path("keys/lab-1.pub"));
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find("secret"), std::string::npos);
}

TEST_F(KeyFileTest, TwoFreshKeysDiffer) {
  EXPECT_NE(KeyPair::New("a")->Public().Id(), KeyPair::New("a")->Public().Id());
}

TEST_F(KeyFileTest, NeverOverwrites) {
  ASSERT_TRUE(KeyPair::New("lab")->Save(Path("")));
  const auto before = common::ReadFile(Path("lab.key"));
  const auto again = KeyPair::New("lab")->Save(Path(""));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, common::ErrorCode::kBadInput);
  EXPECT_EQ(common::ReadFile(Path("lab.key")).value(), before.value());
}

TEST_F(KeyFileTest, RefusesASecretThatOthersMayRead) {
  ASSERT_TRUE(KeyPair::New("lab")->Save(Path("")));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
    ASSERT_EQ(chmod(Path("lab.key").c_str(), mode), 0);
    const auto loaded = KeyPair::Load(Path("lab.key"));
    ASSERT_FALSE(loaded) << mode;
    EXPECT_NE(loaded.error().Text().find("chmod 600"), std::string::npos);
    EXPECT_NE(loaded.error().Text().find("lab.key"), std::string::npos);
  }
}

TEST_F(KeyFileTest, SaysThatAPublicKeyIsNoneToSignWith) {
  ASSERT_TRUE(KeyPair::New("lab")->Save(Path("")));
  const auto loaded = KeyPair::Load(Path("lab.pub"));
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().Text().find("is a public key; give the .key file"), std::string::npos);
}

TEST_F(KeyFileTest, DamagedKeyFilesAreErrors) {
  ASSERT_TRUE(KeyPair::New("lab")->Save(Path("")));
  const auto sound = common::ReadJsonFile(Path("lab.key")).value();
  const auto other = KeyPair::New("other");
  const std::pair<const char*, common::Json> damages[] = {
      {"type", "rsa"}, {"schema", "percuss.pub.v1"},         {"secret", "AAAA"}, {"secret", 3},
      {"public", "A"}, {"public", other->Public().Base64()}, {"name", "../x"},   {"key_id", ""},
  };
  for (const auto& [member, value] : damages) {
    auto damaged = sound;
    damaged[member] = value;
    ASSERT_TRUE(common::WriteJsonFile(Path("lab.key"), damaged));
    ASSERT_EQ(chmod(Path("lab.key").c_str(), 0600), 0);
    const auto loaded = KeyPair::Load(Path("lab.key"));
    ASSERT_FALSE(loaded) << member << value;
    EXPECT_EQ(loaded.error().file, Path("lab.key").string());
  }
  EXPECT_EQ(KeyPair::Load(Path("none.key")).error().code, common::ErrorCode::kNotFound);
}

TEST_F(KeyFileTest, ASecretKeyIsNoKeyToVerifyWith) {
  const auto pair = KeyPair::New("lab");
  ASSERT_TRUE(pair->Save(Path("")));
  EXPECT_EQ(LoadVerificationKey(Path("lab.pub")).value(), pair->Public());
  EXPECT_EQ(LoadPublicKey(Path("lab.key")).value(), pair->Public());
  auto disguised = common::ReadJsonFile(Path("lab.key")).value();
  disguised["schema"] = "percuss.pub.v1";
  ASSERT_TRUE(common::WriteJsonFile(Path("disguised.pub"), disguised));
  for (const char* name : {"lab.key", "disguised.pub"}) {
    const auto refused = LoadVerificationKey(Path(name));
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, common::ErrorCode::kBadInput);
    EXPECT_NE(refused.error().Text().find("secret key is no key to verify with"),
              std::string::npos);
    EXPECT_NE(refused.error().Text().find(".pub"), std::string::npos);
  }
}

TEST_F(KeyFileTest, WhatIsNoKeyFileSaysWhatIsWanted) {
  for (const char* text : {"", "not JSON", "[]", "{}", "{\"type\":\"rsa\"}"}) {
    ASSERT_TRUE(common::WriteFileAtomically(Path("file"), text));
    const auto loaded = LoadPublicKey(Path("file"));
    ASSERT_FALSE(loaded) << text;
    EXPECT_NE(loaded.error().Text().find("NAME.key or NAME.pub"), std::string::npos) << text;
  }
}

TEST_F(KeyFileTest, NamesThatWouldLeaveTheFolderAreRefused) {
  for (const char* name : {"", "../x", "a/b", ".hidden", "-rf", "a b"}) {
    EXPECT_FALSE(KeyPair::New(name)) << name;
  }
}

TEST_F(KeyFileTest, DefaultPlaceFollowsTheEnvironment) {
  setenv("XDG_CONFIG_HOME", "/somewhere", 1);
  EXPECT_EQ(DefaultKeyFile().value(), "/somewhere/percuss/default.key");
  unsetenv("XDG_CONFIG_HOME");
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(DefaultKeyFile().value(), "/home/me/.config/percuss/default.key");
  unsetenv("HOME");
  EXPECT_FALSE(DefaultKeyFile());
}

TEST(Base64Test, DecodesOnlyWhatItEncodes) {
  EXPECT_EQ(Base64Encode("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  EXPECT_EQ(Base64Decode("YW55IGNhcm5hbCBwbGVhcw==").value(), "any carnal pleas");
  EXPECT_EQ(Base64Decode("").value(), "");
  for (const char* text : {"YQ", "YQ=", "YR==", "YQ==\n", "Y Q==", "Y-==", "YQ==YQ=="}) {
    EXPECT_FALSE(Base64Decode(text)) << text;
  }
}

}  // namespace
}  // namespace percuss::reports
