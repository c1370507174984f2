// SPDX-License-Identifier: Apache-2.0
#include "targets/reference/hl7/hl7.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

// The acknowledgement of one message, without the frame of its block.
std::string Acknowledgement(const std::string& message) {
  static const hl7_hal kHal = {std::malloc, std::free};
  std::string sent;
  const hl7_callbacks callbacks = {&sent,
                                   [](void* user, const uint8_t* bytes, size_t count) {
                                     static_cast<std::string*>(user)->append(
                                         reinterpret_cast<const char*>(bytes), count);
                                   },
                                   [](void*, const hl7_observation*) {}};
  hl7_open(&kHal, &callbacks);
  const std::string block = "\x0B" + message + "\x1C\r";
  hl7_receive(reinterpret_cast<const uint8_t*>(block.data()), block.size());
  hl7_close();
  EXPECT_TRUE(sent.starts_with("\x0B") && sent.ends_with("\x1C\r")) << sent;
  return sent.size() < 3 ? sent : sent.substr(1, sent.size() - 3);
}

// With its control id, in both places.
std::string Of(const std::string& trigger, const std::string& id) {
  return "MSH|^~\\&|ARDEN|BEDSIDE|||||ACK^" + trigger + "|" + id + "|P|2.6\rMSA|AA|" + id + "\r";
}

std::string Admission(const std::string& id) {
  return "MSH|^~\\&|GW|WARD|ARDEN|BEDSIDE|20240101||ADT^A01|" + id +
         "|P|2.6\rPID|1||P102||ARCHER^ALICE\r";
}

TEST(ReferenceHl7, AcknowledgesTheIdThatTheSenderMeans) {
  EXPECT_EQ(Acknowledgement(Admission("M7")), Of("A01", "M7"));
  EXPECT_EQ(Acknowledgement(Admission("M\\F\\7\\X0D1C\\")), Of("A01", "M\\F\\7\\X0D\\\\X1C\\"));
  EXPECT_EQ(Acknowledgement(Admission("\\X4D37\\")), Of("A01", "M7"));
  EXPECT_EQ(Acknowledgement(Admission("\x7F\xC3\xA4")), Of("A01", "\x7F\xC3\xA4"));
}

TEST(ReferenceHl7, KeepsIdsApartOfWhichAPartIsNoCharacter) {
  for (const char* id :
       {"M\\0001", "M\\0002", "\\", "M\\H\\1", "M\\.br\\1", "\\\\", "\\X0\\", "\\FF\\"}) {
    std::string literal;
    for (const char* at = id; *at != '\0'; ++at) {
      literal += *at == '\\' ? std::string("\\E\\") : std::string(1, *at);
    }
    EXPECT_EQ(Acknowledgement(Admission(id)), Of("A01", literal));
  }
}

TEST(ReferenceHl7, ReadsTheDelimitersOfTheSenderAndWritesItsOwn) {
  const std::string begin = "MSH#@*%$#GW#WARD#ARDEN#BEDSIDE#20240101##ADT@";
  const std::string end = "#P#2.6\rPID#1##P102##ARCHER@ALICE\r";
  EXPECT_EQ(Acknowledgement(begin + "A01#M%F%|^&\\~%E%%T%" + end),
            Of("A01", "M#\\F\\\\S\\\\T\\\\E\\\\R\\%$"));
  const std::string other = Acknowledgement(begin + "A|1#M7" + end);
  EXPECT_EQ(other.substr(0, other.find('\r')), "MSH|^~\\&|ARDEN|BEDSIDE|||||ACK^|M7|P|2.6");
}

}  // namespace
