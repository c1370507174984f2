/* SPDX-License-Identifier: Apache-2.0
 *
 * PDUs from the stream, and the acceptor's half of the state machine (PS3.8 chapter 9.2): idle
 * (Sta2), associated (Sta6). The transport's own states are the board's. */
#include <string.h>

#include "dicom_internal.h"

enum pdu_type {
  kAssociateRequest = 1,
  kAssociateAccept = 2,
  kAssociateReject = 3,
  kData = 4,
  kReleaseRequest = 5,
  kReleaseReply = 6,
  kAbort = 7
};

enum { kHeaderBytes = 6 };

const struct dicom_hal* dicom_hal;
const struct dicom_callbacks* dicom_callbacks;

static struct dicom_association association;
static bool associated;
static uint8_t header[kHeaderBytes];
static size_t header_bytes;
static uint8_t* body;
static size_t body_bytes;
static size_t body_wanted;
static size_t skipped; /* bytes of a PDU too large to take */

static void send_short(uint8_t type, uint8_t a, uint8_t b, uint8_t c) {
  const uint8_t pdu[10] = {type, 0, 0, 0, 0, 4, 0, a, b, c};
  dicom_callbacks->send(dicom_callbacks->user, pdu, sizeof pdu);
}

static void end_association(void) {
  dicom_dimse_reset();
  dicom_association_end(&association);
  associated = false;
}

static void abort_association(uint8_t reason) {
  send_short(kAbort, 0, 2, reason);
  end_association();
}

static void handle_request(struct dicom_view view) {
  if (associated) {
    abort_association(2);
    return;
  }
  memset(&association, 0, sizeof association);
  if (!dicom_parse_request(view, &association)) {
    dicom_association_end(&association);
    send_short(kAssociateReject, 1, 1, association.application_known ? 1 : 2);
    return;
  }
  uint8_t reply[1024];
  const size_t size = dicom_build_accept(&association, reply, sizeof reply);
  dicom_callbacks->send(dicom_callbacks->user, reply, size);
  associated = true;
}

static const struct dicom_context* find_context(uint8_t id) {
  for (size_t i = 0; i < association.context_count; i++) {
    const struct dicom_context* context = &association.contexts[i];
    if (context->id == id && context->result == 0) return context;
  }
  return NULL;
}

static bool handle_data(struct dicom_view view) {
  while (view.left != 0) {
    struct dicom_view head;
    struct dicom_view data;
    if (!dicom_take(&view, 6, &head)) return false;
    const uint32_t size = dicom_u32be(head.at);
    if (size < 2 || !dicom_take(&view, size - 2, &data)) return false;
    const struct dicom_context* context = find_context(head.at[4]);
    if (context == NULL || !dicom_dimse_fragment(context, head.at[5], data)) return false;
  }
  return true;
}

static void handle_pdu(uint8_t type, struct dicom_view view) {
  switch (type) {
    case kAssociateRequest:
      handle_request(view);
      break;
    case kData:
      if (!associated || !handle_data(view)) abort_association(associated ? 6 : 2);
      break;
    case kReleaseRequest:
      if (!associated) {
        abort_association(2);
        break;
      }
      send_short(kReleaseReply, 0, 0, 0);
      end_association();
      break;
    case kAbort:
      end_association();
      break;
    case kAssociateAccept:
    case kAssociateReject:
    case kReleaseReply:
      abort_association(2);
      break;
    default:
      abort_association(1);
      break;
  }
}

static void finish_pdu(void) {
  handle_pdu(header[0], (struct dicom_view){body, body_bytes});
  dicom_hal->release(body);
  body = NULL;
  header_bytes = 0;
}

static void start_body(void) {
  body_wanted = dicom_u32be(header + 2);
  body_bytes = 0;
  if (body_wanted <= DICOM_PDU_BYTES) body = dicom_hal->alloc(body_wanted != 0 ? body_wanted : 1);
  if (body == NULL) {
    abort_association(6);
    skipped = body_wanted;
    header_bytes = 0;
  } else if (body_wanted == 0) {
    finish_pdu();
  }
}

void dicom_receive(const uint8_t* bytes, size_t count) {
  while (count != 0) {
    size_t taken;
    if (skipped != 0) {
      taken = skipped < count ? skipped : count;
      skipped -= taken;
    } else if (body == NULL) {
      taken = kHeaderBytes - header_bytes < count ? kHeaderBytes - header_bytes : count;
      memcpy(header + header_bytes, bytes, taken);
      header_bytes += taken;
      if (header_bytes == kHeaderBytes) start_body();
    } else {
      taken = body_wanted - body_bytes < count ? body_wanted - body_bytes : count;
      memcpy(body + body_bytes, bytes, taken);
      body_bytes += taken;
      if (body_bytes == body_wanted) finish_pdu();
    }
    bytes += taken;
    count -= taken;
  }
}

void dicom_open(const struct dicom_hal* hal, const struct dicom_callbacks* callbacks) {
  dicom_hal = hal;
  dicom_callbacks = callbacks;
  memset(&association, 0, sizeof association);
  associated = false;
  header_bytes = 0;
  body = NULL;
  skipped = 0;
  dicom_dimse_reset();
}

void dicom_close(void) {
  end_association();
  if (body != NULL) dicom_hal->release(body);
  body = NULL;
}
