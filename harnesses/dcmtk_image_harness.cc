// SPDX-License-Identifier: Apache-2.0
//
// A DICOM file as DCMTK's viewers show it: read from memory, some lines of text for the margin, and
// the first frames rendered as monochrome images of 8 bit, with the file's own window or VOI lookup
// table if it has one, and with its overlays.
//
// Input: the file (DICOM PS3.10), with or without preamble and file meta information.
#include <cstdlib>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcfilefo.h"
#include "dcmtk/dcmdata/dcistrmb.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmimgle/dcmimage.h"
#include "dcmtk/oflog/oflog.h"
#include "harnesses/sdk/percuss_harness.h"

namespace {

constexpr unsigned long kMaxFrames = 4;
constexpr int kBits = 8;

bool Prepare() {
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  DcmRLEDecoderRegistration::registerCodecs();
  return std::atexit(DcmRLEDecoderRegistration::cleanup) == 0;
}

bool Read(DcmFileFormat& file, const uint8_t* data, size_t size) {
  DcmInputBufferStream stream;
  stream.setBuffer(data, static_cast<offile_off_t>(size));
  stream.setEos();
  file.transferInit();
  const OFCondition condition = file.read(stream);
  file.transferEnd();
  return condition.good();
}

OFString MarginText(DcmDataset& data_set) {
  OFString margin;
  for (const DcmTagKey& tag : {DCM_PatientName, DCM_PatientID, DCM_StudyDate, DCM_Modality}) {
    const char* text = nullptr;
    if (data_set.findAndGetString(tag, text).good() && text != nullptr) margin += text;
  }
  return margin;
}

void Render(DicomImage& image) {
  if (image.getStatus() != EIS_Normal || !image.isMonochrome()) return;
  if (image.getWindowCount() > 0) {
    image.setWindow(0);
  } else if (image.getVoiLutCount() > 0) {
    image.setVoiLut(0);
  } else {
    image.setMinMaxWindow();
  }
  for (unsigned long i = 0; i < kMaxFrames && i < image.getFrameCount(); i++) {
    if (image.getOutputData(kBits, i) == nullptr) return;
  }
}

}  // namespace

PERCUSS_HARNESS(dcmtk_image, 1) {
  static const bool prepared = Prepare();
  if (!prepared || size == 0) return -1;
  DcmFileFormat file;
  if (!Read(file, data, size)) return 0;
  MarginText(*file.getDataset());
  DicomImage image(&file, file.getDataset()->getOriginalXfer());
  Render(image);
  return 0;
}
