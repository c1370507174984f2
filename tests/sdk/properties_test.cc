// SPDX-License-Identifier: Apache-2.0
#include "harnesses/sdk/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>
#include <string>

namespace {

using testing::IsNull;

constexpr percuss_property kProof = {"CWE-287:proof", "opened", PERCUSS_SPOOFING, "T-09"};
constexpr percuss_property kEffect = {"CWE-306:effect", "ran", PERCUSS_SPOOFING, nullptr};
constexpr percuss_property kOnce = {"CWE-294:once", "ran twice", PERCUSS_SPOOFING, nullptr};
constexpr percuss_property kLockOut = {"CWE-307:tries", "tried", PERCUSS_SPOOFING, nullptr};
constexpr percuss_property kRule = {"CWE-200:rule", "broken", PERCUSS_INFORMATION_DISCLOSURE,
                                    nullptr};
constexpr percuss_property kLifetime = {"CWE-613:old", "ran late", PERCUSS_SPOOFING, nullptr};
constexpr percuss_session_rules kRules = {&kProof, &kEffect, &kLifetime, &kOnce, &kLockOut, 3};

percuss_session NewSession(const percuss_session_rules& rules = kRules) {
  percuss_session session{};
  session.rules = &rules;
  return session;
}

void Login(percuss_session& session) {
  percuss_session_challenged(&session);
  percuss_session_answered(&session, true);
  EXPECT_THAT(percuss_session_opened(&session), IsNull());
}

TEST(Session, OpensOnlyAfterTheRightAnswerToItsLastChallenge) {
  percuss_session session = NewSession();
  EXPECT_EQ(percuss_session_opened(&session), &kProof);
  percuss_session_answered(&session, true);  // to no challenge
  EXPECT_EQ(percuss_session_opened(&session), &kProof);
  Login(session);
  EXPECT_EQ(percuss_session_opened(&session), &kProof) << "one answer, two sessions";
  percuss_session_challenged(&session);
  percuss_session_answered(&session, true);
  percuss_session_challenged(&session);
  EXPECT_EQ(percuss_session_opened(&session), &kProof) << "the answer was to another challenge";
  percuss_session_challenged(&session);
  percuss_session_answered(&session, false);
  EXPECT_EQ(percuss_session_opened(&session), &kProof);
}

TEST(Session, OrdersTakeEffectOnceAndOnlyWhileItIsOpen) {
  percuss_session session = NewSession();
  EXPECT_EQ(percuss_session_effect(&session, 1), &kEffect);
  Login(session);
  EXPECT_THAT(percuss_session_effect(&session, 1), IsNull());
  EXPECT_THAT(percuss_session_effect(&session, 0), IsNull());
  EXPECT_EQ(percuss_session_effect(&session, 1), &kOnce);
  EXPECT_EQ(percuss_session_effect(&session, 0), &kOnce);
  percuss_session_expired(&session);
  EXPECT_EQ(percuss_session_effect(&session, 2), &kLifetime);
  percuss_session_closed(&session);
  EXPECT_EQ(percuss_session_effect(&session, 2), &kEffect);
  Login(session);
  EXPECT_THAT(percuss_session_effect(&session, 1), IsNull()) << "of a session before";
}

TEST(Session, ManyOrdersAreNeverTakenForOneAnother) {
  percuss_session session = NewSession();
  Login(session);
  std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same numbers every time
  const uint64_t first = random();
  EXPECT_THAT(percuss_session_effect(&session, first), IsNull());
  for (int i = 0; i < 5000; ++i) ASSERT_THAT(percuss_session_effect(&session, random()), IsNull());
  for (int i = 0; i < 3; ++i) ASSERT_THAT(percuss_session_effect(&session, UINT64_MAX), IsNull());
  EXPECT_EQ(percuss_session_effect(&session, first), &kOnce);
}

TEST(Session, WrongAnswersInARowLockItOut) {
  percuss_session session = NewSession();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(percuss_session_attempted(&session), IsNull());
  EXPECT_EQ(percuss_session_attempted(&session), &kLockOut);
  session = NewSession();
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(percuss_session_attempted(&session), IsNull());
    EXPECT_THAT(percuss_session_attempted(&session), IsNull());
    Login(session);
  }
}

TEST(Session, WhatItsRulesLeaveOutIsNotChecked) {
  constexpr percuss_session_rules kNone{};
  percuss_session session = NewSession(kNone);
  EXPECT_THAT(percuss_session_opened(&session), IsNull());
  for (int i = 0; i < 9; ++i) EXPECT_THAT(percuss_session_attempted(&session), IsNull());
  percuss_session_expired(&session);
  for (int i = 0; i < 2; ++i) EXPECT_THAT(percuss_session_effect(&session, 1), IsNull());
  percuss_session_closed(&session);
  EXPECT_THAT(percuss_session_effect(&session, 1), IsNull());
}

TEST(Update, OnlyRises) {
  percuss_update update = {&kRule, 10, 5};
  EXPECT_THAT(percuss_update_installed(&update, 11, 5), IsNull());
  EXPECT_EQ(percuss_update_installed(&update, 11, 6), &kRule) << "the same version";
  EXPECT_EQ(percuss_update_installed(&update, 12, 4), &kRule) << "an older counter";
  EXPECT_THAT(percuss_update_installed(&update, 13, 4), IsNull());
}

TEST(Audit, EachActHasItsEntryWhenAMessageIsDone) {
  percuss_audit audit{};
  audit.told = &kRule;
  EXPECT_THAT(percuss_audit_settled(&audit), IsNull());
  percuss_audit_entry(&audit, 1);
  percuss_audit_act(&audit, 1);
  percuss_audit_act(&audit, 2);
  percuss_audit_entry(&audit, 2);
  percuss_audit_entry(&audit, 3);
  EXPECT_THAT(percuss_audit_settled(&audit), IsNull());
  percuss_audit_act(&audit, 1);
  percuss_audit_entry(&audit, 2);
  EXPECT_EQ(percuss_audit_settled(&audit), &kRule) << "an entry of another kind";
  EXPECT_THAT(percuss_audit_settled(&audit), IsNull()) << "begins anew";
}

class Secrets : public testing::Test {
 protected:
  Secrets() {
    secrets_.kept = &kRule;
    percuss_secrets_plant(&secrets_, secret_.data(), secret_.size());
  }
  bool Seen(const std::string& text) {
    return percuss_secrets_seen(&secrets_, reinterpret_cast<const uint8_t*>(text.data()),
                                text.size()) != nullptr;
  }
  void Tell(const std::string& text) {
    percuss_secrets_told(&secrets_, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }

  std::string secret_ = "\x37\xb1\x6c\xe4\x0f\x9a\xd3\x58";
  percuss_secrets secrets_{};
};

TEST_F(Secrets, AreSeenAsTheyAreInHexAndInBase64AtAnyPlace) {
  // Made by `printf | base64`, with no, one and two bytes before the secret.
  for (const std::string& shown :
       {secret_, std::string("37b16ce40f9ad358"), std::string("37B16CE40F9AD358"),
        std::string("N7Fs5A+a01g="), std::string("LjexbOQPmtNYLg=="),
        std::string("Li43sWzkD5rTWC4=")}) {
    for (const char* before : {"", "x", "log: ", "0"}) {
      EXPECT_TRUE(Seen(before + shown)) << before << shown;
      EXPECT_TRUE(Seen(before + shown + " end")) << before << shown;
    }
    EXPECT_FALSE(Seen(shown.substr(4))) << shown;
  }
  EXPECT_FALSE(Seen(""));
  EXPECT_FALSE(Seen("37b16ce40f9ad3"));
}

TEST_F(Secrets, EightBytesOfALongOneAreEnough) {
  std::string key;
  for (int i = 0; i < 32; ++i) key += static_cast<char>(0x80 + 3 * i);
  percuss_secrets_plant(&secrets_, key.data(), key.size());
  for (size_t from = 0; from + 8 <= key.size(); ++from) {
    EXPECT_TRUE(Seen("a" + key.substr(from, 8) + "b")) << from;
    EXPECT_FALSE(Seen("a" + key.substr(from, 7) + "b")) << from;
  }
}

TEST_F(Secrets, WhatThePeerKnowsMayComeBack) {
  Tell("user=37b16ce40f9ad358");
  EXPECT_FALSE(Seen(secret_));
  const std::string other = "Quincy, Josephine";
  percuss_secrets_plant(&secrets_, other.data(), other.size());
  EXPECT_TRUE(Seen("name: " + other));
}

TEST_F(Secrets, AreNotSeenInWhatHoldsNone) {
  std::mt19937_64 random(7);  // NOLINT(cert-msc51-cpp): the same numbers every time
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 200, ' ');
    const bool digits = i % 2 != 0;
    for (char& c : text)
      c = digits ? "0123456789abcdef"[random() % 16] : static_cast<char>(random());
    ASSERT_FALSE(Seen(text));
  }
}

TEST_F(Secrets, ThatAreTooShortAreAMistakeOfTheHarness) {
  EXPECT_DEATH(percuss_secrets_plant(&secrets_, "1234", 4), "a secret of 4 bytes");
  EXPECT_DEATH(percuss_secrets_plant(&secrets_, std::string(65, 'x').data(), 65), "65 bytes");
}

TEST(Refusal, ChangesNothing) {
  percuss_refusal refusal{};
  refusal.unchanged = &kRule;
  EXPECT_THAT(percuss_refusal_refused(&refusal, 3), IsNull()) << "nobody asked";
  percuss_refusal_asked(&refusal, 3);
  EXPECT_THAT(percuss_refusal_refused(&refusal, 3), IsNull());
  percuss_refusal_asked(&refusal, 3);
  EXPECT_EQ(percuss_refusal_refused(&refusal, 4), &kRule);
}

TEST(Role, DoesWhatItMay) {
  percuss_role role = {&kRule, 1};
  EXPECT_THAT(percuss_role_did(&role, 0), IsNull());
  EXPECT_THAT(percuss_role_did(&role, 1), IsNull());
  EXPECT_EQ(percuss_role_did(&role, 2), &kRule);
}

TEST(Keep, EndsTheProcessAndSaysWhatWasBroken) {
  EXPECT_DEATH(PERCUSS_KEEP(&kProof),
               "percuss: property violated: CWE-287:proof: opened \\[spoofing T-09\\]\n");
  EXPECT_DEATH(PERCUSS_HOLDS(1 > 2, &kRule), "broken \\[information_disclosure\\]\n");
  PERCUSS_KEEP(nullptr);
  PERCUSS_HOLDS(1 < 2, &kRule);
}

}  // namespace
