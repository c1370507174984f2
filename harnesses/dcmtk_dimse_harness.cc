// SPDX-License-Identifier: Apache-2.0
//
// DIMSE messages as DCMTK's servers receive them on an accepted association (DICOM PS3.7 and
// PS3.8): the command set, the data set if the command announces one, and the text of both for the
// log.
//
// Input: the presentation data values of P-DATA-TF PDUs one after another (PS3.8 9.3.5.1): length,
// presentation context, control header, fragment. Contexts 1, 3, 5 and 7 are accepted, with
// implicit and explicit little endian, explicit big endian and RLE. The association is this file's:
// DCMTK's upper layer and its sockets are not linked.
#include <cstring>
#include <memory>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"
#include "dcmtk/dcmnet/dimse.h"
#include "dcmtk/dcmnet/diutil.h"
#include "dcmtk/oflog/oflog.h"
#include "dimcmd.h"
#include "harnesses/sdk/percuss_harness.h"

namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kHeaderBytes = 2;
constexpr int kMaxMessages = 8;

struct ReceivedPdvs {
  const uint8_t* data;
  size_t size;
  // A copy of the exact size, so that reading past the fragment's end is seen.
  std::unique_ptr<uint8_t[]> fragment;
};

ReceivedPdvs& Pdvs(DUL_ASSOCIATIONKEY** association) {
  return *static_cast<ReceivedPdvs*>(*association);
}

void Receive(T_ASC_Association* association, T_DIMSE_Message* message) {
  T_ASC_PresentationContextID context = 0;
  std::unique_ptr<DcmDataset> data_set;
  OFString text;
  if (DIMSE_isDataSetPresent(message)) {
    DcmDataset* received = nullptr;
    const OFCondition condition = DIMSE_receiveDataSetInMemory(
        association, DIMSE_BLOCKING, 0, &context, &received, nullptr, nullptr);
    data_set.reset(received);
    if (condition.bad()) return;
    char sop_class[DIC_UI_LEN + 1];
    char sop_instance[DIC_UI_LEN + 1];
    DU_findSOPClassAndInstanceInDataSet(received, sop_class, sizeof sop_class, sop_instance,
                                        sizeof sop_instance, OFTrue);
  }
  DIMSE_dumpMessage(text, *message, DIMSE_INCOMING, data_set.get(), context);
}

}  // namespace

OFCondition DUL_NextPDV(DUL_ASSOCIATIONKEY** association, DUL_PDV* pdv) {
  ReceivedPdvs& pdvs = Pdvs(association);
  if (pdvs.size < kLengthBytes + kHeaderBytes) return DUL_NOPDVS;
  const uint8_t* const head = pdvs.data;
  size_t length = size_t{head[0]} << 24 | size_t{head[1]} << 16 | size_t{head[2]} << 8 | head[3];
  const size_t left = pdvs.size - kLengthBytes;
  if (length > left) length = left;
  if (length < kHeaderBytes) return DUL_NOPDVS;
  pdv->fragmentLength = length - kHeaderBytes;
  pdv->presentationContextID = head[kLengthBytes];
  pdv->pdvType = (head[kLengthBytes + 1] & 1) != 0 ? DUL_COMMANDPDV : DUL_DATASETPDV;
  pdv->lastPDV = (head[kLengthBytes + 1] & 2) != 0;
  pdvs.fragment.reset(new uint8_t[pdv->fragmentLength]);
  memcpy(pdvs.fragment.get(), head + kLengthBytes + kHeaderBytes, pdv->fragmentLength);
  pdv->data = pdvs.fragment.get();
  pdvs.data += kLengthBytes + length;
  pdvs.size = left - length;
  return EC_Normal;
}

// All that the peer has sent is there from the start; after it the peer is gone.
OFCondition DUL_ReadPDVs(DUL_ASSOCIATIONKEY** /*association*/, DUL_PDVLIST* /*list*/,
                         DUL_BLOCKOPTIONS /*block*/, int /*timeout_s*/) {
  return DUL_PEERABORTEDASSOCIATION;
}

OFCondition DUL_WritePDVs(DUL_ASSOCIATIONKEY** /*association*/, DUL_PDVLIST* /*list*/) {
  return EC_Normal;
}

OFBool ASC_dataWaiting(T_ASC_Association* /*association*/, int /*timeout_s*/) { return OFTrue; }

OFCondition ASC_findAcceptedPresentationContext(T_ASC_Parameters* /*parameters*/,
                                                T_ASC_PresentationContextID id,
                                                T_ASC_PresentationContext* context) {
  const char* const transfer_syntaxes[] = {
      UID_LittleEndianImplicitTransferSyntax, UID_LittleEndianExplicitTransferSyntax,
      UID_BigEndianExplicitTransferSyntax, UID_RLELosslessTransferSyntax};
  if (id % 2 == 0 || id > 7) return ASC_BADPRESENTATIONCONTEXTID;
  *context = T_ASC_PresentationContext();
  context->presentationContextID = id;
  OFStandard::strlcpy(context->abstractSyntax, UID_SecondaryCaptureImageStorage, sizeof(DIC_UI));
  OFStandard::strlcpy(context->acceptedTransferSyntax, transfer_syntaxes[id / 2], sizeof(DIC_UI));
  return EC_Normal;
}

PERCUSS_HARNESS(dcmtk_dimse, 1) {
  static const bool quiet = (OFLog::configure(OFLogger::OFF_LOG_LEVEL), true);
  if (!quiet) return -1;
  ReceivedPdvs pdvs{data, size, nullptr};
  T_ASC_Parameters parameters{};
  OFStandard::strlcpy(parameters.DULparams.callingAPTitle, "MODALITY", sizeof(DIC_AE));
  OFStandard::strlcpy(parameters.DULparams.calledAPTitle, "ARCHIVE", sizeof(DIC_AE));
  T_ASC_Association association{};
  association.DULassociation = &pdvs;
  association.params = &parameters;

  for (int messages = 0; messages < kMaxMessages; messages++) {
    T_DIMSE_Message message{};
    T_ASC_PresentationContextID context = 0;
    DcmDataset* detail = nullptr;
    const OFCondition condition =
        DIMSE_receiveCommand(&association, DIMSE_BLOCKING, 0, &context, &message, &detail);
    const std::unique_ptr<DcmDataset> status_detail(detail);
    if (condition.good()) Receive(&association, &message);
    // The caller's, whether the message is good or not.
    if (message.CommandField == DIMSE_N_GET_RQ) free(message.msg.NGetRQ.AttributeIdentifierList);
    // A server drops the association after a message that it cannot read.
    if (condition.bad()) return 0;
  }
  return 0;
}
