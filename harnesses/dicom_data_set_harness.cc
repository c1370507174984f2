// SPDX-License-Identifier: Apache-2.0
//
// The monitor's reader of data sets beside the distribution's libdcmdata (DCMTK). The input is one
// data set in little endian, which both read with explicit VR, and then with implicit VR.
//
// Property: what DCMTK reads and writes again byte for byte is a data set, and the monitor finds
// the same elements in it: depth, tag, length. Of all else the two may think what they like: what a
// reader makes of a broken data set is its own affair.
//
// Left out is what the monitor does not claim: depths below 8, one of its four sequences with
// another VR, encapsulated pixels, with whatever VR. It looks for items in these four and where
// lengths are undefined.
#include <cstring>
#include <stdexcept>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"
#include "dcmtk/dcmdata/dcistrmb.h"
#include "dcmtk/dcmdata/dcostrmb.h"
#include "dcmtk/dcmdata/dcsequen.h"
#include "dcmtk/oflog/oflog.h"
#include "harnesses/sdk/oracles.h"
#include "harnesses/sdk/percuss_harness.h"
extern "C" {
#include "targets/reference/dicom/dicom_internal.h"
}

// DCMTK allocates what a length claims before it knows that it is there.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1:max_allocation_size_mb=64";
}

// What it had allocated before it threw an exception.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libdcmdata"; }
extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }

namespace {

constexpr size_t kMostBytes = 8192;
constexpr uint32_t kDeepest = 8;
constexpr uint32_t kPixelData = 0x7FE00010u;

constexpr percuss_property kSameElements = {"CWE-436:dicom-other-elements",
                                            "a data set is read as other elements than DCMTK reads",
                                            PERCUSS_TAMPERING, "T-20"};

// What is compared: all elements where every sequence has its end marked, else the outermost.
struct Reading {
  percuss_account account{};
  bool nested = false;
  bool claimed = true;  // by the monitor
};

void Note(Reading& reading, uint32_t depth, uint32_t tag, uint32_t length) {
  if (depth != 0 && !reading.nested) return;
  uint8_t bytes[9] = {static_cast<uint8_t>(depth)};
  for (unsigned i = 0; i < 4; ++i) {
    bytes[1 + i] = static_cast<uint8_t>(tag >> (24 - 8 * i));
    bytes[5 + i] = static_cast<uint8_t>(length >> (24 - 8 * i));
  }
  percuss_account_step(&reading.account, "element", bytes, sizeof bytes);
}

bool IsSequenceOfMonitor(uint32_t tag) {
  return tag == 0x00400100u || tag == 0x00041220u || tag == 0x00081140u || tag == 0x00081199u;
}

void NoteItem(DcmItem& item, uint32_t depth, Reading& reading) {
  for (unsigned long i = 0; i < item.card(); ++i) {
    DcmElement& element = *item.getElement(i);
    const uint32_t tag = static_cast<uint32_t>(element.getGTag()) << 16 | element.getETag();
    const uint32_t length = element.getLengthField();
    const bool sequence = element.ident() == EVR_SQ;
    const bool marked = length == DICOM_UNDEFINED_LENGTH;
    if (depth > kDeepest || (IsSequenceOfMonitor(tag) && !sequence) || (marked && !sequence) ||
        (marked && tag == kPixelData)) {
      reading.claimed = false;
    }
    Note(reading, depth, tag, length);
    if (!sequence) continue;
    auto& items = static_cast<DcmSequenceOfItems&>(element);
    for (unsigned long k = 0; k < items.card(); ++k)
      NoteItem(*items.getItem(k), depth + 1, reading);
  }
}

bool WritesTheSame(DcmDataset& set, E_TransferSyntax syntax, E_EncodingType lengths,
                   const std::vector<uint8_t>& bytes) {
  std::vector<uint8_t> out(bytes.size() + 64);
  DcmOutputBufferStream stream(out.data(), static_cast<offile_off_t>(out.size()));
  set.transferInit();
  const bool good = set.write(stream, syntax, lengths, nullptr, EGL_noChange, EPD_noChange).good();
  set.transferEnd();
  void* begin = nullptr;
  offile_off_t size = 0;
  stream.flushBuffer(begin, size);
  return good && static_cast<size_t>(size) == bytes.size() &&
         std::equal(bytes.begin(), bytes.end(), static_cast<const uint8_t*>(begin));
}

// False when it is no data set for DCMTK.
bool ReadWithDcmtk(const std::vector<uint8_t>& bytes, E_TransferSyntax syntax, Reading& reading) {
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  DcmDataset set;
  set.transferInit();
  try {
    if (set.read(stream, syntax, EGL_noChange).bad()) return false;
  } catch (const std::out_of_range&) {
    return false;  // DcmByteString::verify of a length for which there was no memory
  }
  set.transferEnd();
  if (WritesTheSame(set, syntax, EET_UndefinedLength, bytes)) {
    reading.nested = true;
  } else if (!WritesTheSame(set, syntax, EET_ExplicitLength, bytes)) {
    return false;
  }
  NoteItem(set, 0, reading);
  return reading.claimed;
}

void Visit(void* user, uint32_t depth, const dicom_element* element) {
  Note(*static_cast<Reading*>(user), depth, element->tag, element->length);
}

}  // namespace

extern "C" void DicomSameElements(const percuss_account& monitor, const percuss_account& dcmtk) {
  PERCUSS_KEEP(percuss_agree(&kSameElements, &monitor, &dcmtk));
}

PERCUSS_HARNESS(dicom_data_set, 1) {
  static const bool quiet = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    return true;
  }();
  if (!quiet || size == 0 || size > kMostBytes) return -1;
  const std::vector<uint8_t> bytes(data, data + size);
  for (const bool explicit_vr : {true, false}) {
    Reading theirs;
    Reading ours;
    const bool read = ReadWithDcmtk(
        bytes, explicit_vr ? EXS_LittleEndianExplicit : EXS_LittleEndianImplicit, theirs);
    ours.nested = theirs.nested;
    const bool taken = dicom_walk({bytes.data(), bytes.size()}, explicit_vr, Visit, &ours);
    if (!read) continue;
    if (!taken) percuss_account_step(&ours.account, "refused", nullptr, 0);
    DicomSameElements(ours.account, theirs.account);
  }
  return 0;
}
