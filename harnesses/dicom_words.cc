// SPDX-License-Identifier: Apache-2.0
#include "harnesses/dicom_words.h"

#include <cstdio>

namespace {

constexpr size_t kPduHeadBytes = 6;
constexpr size_t kPdvHeadBytes = 6;
constexpr size_t kElementHeadBytes = 8;
constexpr unsigned kCommandField = 0x0100;
constexpr unsigned kStatus = 0x0900;

size_t BigEndian32(const uint8_t* at) {
  return size_t{at[0]} << 24 | size_t{at[1]} << 16 | size_t{at[2]} << 8 | at[3];
}

unsigned LittleEndian16(const uint8_t* at) { return at[0] | unsigned{at[1]} << 8; }

// A command set is implicit little endian, group 0000 (PS3.7 section 6.3.1).
void ReadCommand(const uint8_t* at, size_t left, DicomPdu* pdu) {
  while (left >= kElementHeadBytes && LittleEndian16(at) == 0) {
    const unsigned element = LittleEndian16(at + 2);
    const size_t length = LittleEndian16(at + 4) | size_t{LittleEndian16(at + 6)} << 16;
    at += kElementHeadBytes;
    left -= kElementHeadBytes;
    if (length > left) return;
    if (length == 2 && element == kCommandField) pdu->command = LittleEndian16(at);
    if (length == 2 && element == kStatus) pdu->status = LittleEndian16(at);
    at += length;
    left -= length;
  }
}

const char* CommandName(unsigned command) {
  switch (command & 0x7fffU) {
    case 0x0001:
      return "C-STORE";
    case 0x0010:
      return "C-GET";
    case 0x0020:
      return "C-FIND";
    case 0x0021:
      return "C-MOVE";
    case 0x0030:
      return "C-ECHO";
    case 0x0100:
      return "N-EVENT-REPORT";
    case 0x0110:
      return "N-GET";
    case 0x0120:
      return "N-SET";
    case 0x0130:
      return "N-ACTION";
    case 0x0140:
      return "N-CREATE";
    case 0x0150:
      return "N-DELETE";
    case 0x0fff:
      return "C-CANCEL";
    default:
      return nullptr;
  }
}

std::string Numbered(const char* word, unsigned number, int digits) {
  char text[40];
  snprintf(text, sizeof text, "%s%0*x", word, digits, number);
  return text;
}

}  // namespace

bool DicomNextPdu(const uint8_t** at, size_t* left, DicomPdu* pdu) {
  if (*left < kPduHeadBytes) return false;
  *pdu = DicomPdu{(*at)[0], false, 0, 0};
  const uint8_t* body = *at + kPduHeadBytes;
  size_t length = BigEndian32(*at + 2);
  if (length > *left - kPduHeadBytes) length = *left - kPduHeadBytes;
  *at = body + length;
  *left -= kPduHeadBytes + length;
  if (pdu->type != kDicomData || length < kPdvHeadBytes || (body[5] & 1) == 0) return true;
  pdu->holds_command = true;
  ReadCommand(body + kPdvHeadBytes, length - kPdvHeadBytes, pdu);
  return true;
}

std::string DicomPduWord(const DicomPdu& pdu) {
  static const char* const kTypes[] = {
      "",         "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ",
      "data set", "A-RELEASE-RQ",   "A-RELEASE-RP",   "A-ABORT"};
  if (pdu.type == 0 || pdu.type >= sizeof kTypes / sizeof kTypes[0])
    return Numbered("PDU ", pdu.type, 2);
  if (!pdu.holds_command) return kTypes[pdu.type];
  const char* name = CommandName(pdu.command);
  if (name == nullptr) return Numbered("command ", pdu.command, 4);
  if ((pdu.command & 0x8000U) != 0)
    return Numbered((std::string(name) + "-RSP ").c_str(), pdu.status, 4);
  return std::string(name) + "-RQ";
}
