// SPDX-License-Identifier: Apache-2.0
//
// What a PDU of the DICOM upper layer is, in a word for a graph of states (PS3.8 section 9.3, PS3.7
// annex E). Reads hostile bytes. Not thread-safe.
#ifndef PERCUSS_HARNESSES_DICOM_WORDS_H_
#define PERCUSS_HARNESSES_DICOM_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <string>

enum { kDicomAssociateAc = 2, kDicomData = 4 };

struct DicomPdu {
  unsigned type;
  bool holds_command;  // of kDicomData: the first fragment is a command's
  unsigned command;    // 0 where it has none
  unsigned status;     // of a response
};

// The first PDU of a stream, whole or what there is of it, and the stream behind it. False where
// not even a head is left.
bool DicomNextPdu(const uint8_t** at, size_t* left, DicomPdu* pdu);

// "A-ASSOCIATE-AC", "C-FIND-RSP ff00", "data set", "PDU 2a".
std::string DicomPduWord(const DicomPdu& pdu);

#endif  // PERCUSS_HARNESSES_DICOM_WORDS_H_
