/* SPDX-License-Identifier: Apache-2.0
 *
 * A-ASSOCIATE-RQ and -AC (PS3.8 chapter 9.3.2, 9.3.3, annex D; PS3.7 annex D.3 for the user
 * information). */
#include <string.h>

#include "dicom_internal.h"

#define IMPLICIT_LE "1.2.840.10008.1.2"
#define EXPLICIT_LE "1.2.840.10008.1.2.1"
#define APPLICATION_CONTEXT "1.2.840.10008.3.1.1.1"
#define IMPLEMENTATION_CLASS "1.2.826.0.1.3680043.9999.7"

enum {
  kFixedBytes = 68,
  kQueuedAnswers = 64, /* per open operation */
  kLargestAnswer = 1024,
  kAnswerHead = 512, /* is never queued */
  kLargestWindow = 2
};

static bool next_item(struct dicom_view* view, uint8_t* type, struct dicom_view* item) {
  struct dicom_view head;
  if (!dicom_take(view, 4, &head)) return false;
  *type = head.at[0];
  return dicom_take(view, dicom_u16be(head.at + 2), item);
}

static enum dicom_service service_of(struct dicom_view uid) {
  if (dicom_uid_is(uid, "1.2.840.10008.1.1")) return kServiceVerification;
  if (dicom_uid_is(uid, "1.2.840.10008.1.3.10")) return kServiceDirectory;
  if (dicom_uid_is(uid, "1.2.840.10008.5.1.4.31")) return kServiceWorklist;
  if (dicom_uid_starts(uid, "1.2.840.10008.5.1.4.1.1.")) return kServiceStorage;
  return kServiceNone;
}

static bool parse_context(struct dicom_view item, struct dicom_association* association) {
  struct dicom_view head;
  if (!dicom_take(&item, 4, &head)) return false;
  struct dicom_context context = {.id = head.at[0], .result = 3};
  bool implicit_le = false;
  bool explicit_le = false;
  while (item.left != 0) {
    uint8_t type;
    struct dicom_view sub;
    if (!next_item(&item, &type, &sub)) return false;
    if (type == 0x30) context.service = service_of(sub);
    if (type == 0x40 && dicom_uid_is(sub, IMPLICIT_LE)) implicit_le = true;
    if (type == 0x40 && dicom_uid_is(sub, EXPLICIT_LE)) explicit_le = true;
  }
  if (association->context_count == DICOM_CONTEXTS || context.id % 2 == 0) return false;
  if (context.service != kServiceNone) context.result = implicit_le || explicit_le ? 0 : 4;
  context.explicit_vr = explicit_le;
  association->contexts[association->context_count++] = context;
  return true;
}

/* SCP/SCU role selection: UID length, UID, one byte for each role. */
DICOM_NOINLINE bool dicom_parse_role(struct dicom_view item,
                                     struct dicom_association* association) {
  if (item.left < 4) return false;
  const size_t uid_bytes = dicom_u16be(item.at);
  if (uid_bytes >= sizeof association->role_class) return false;
#ifndef PERCUSS_BUG_DICOM_01
  if (uid_bytes + 4 > item.left) return false;
#endif
  memcpy(association->role_class, item.at + 2, uid_bytes);
  association->role_class[uid_bytes] = '\0';
  const uint8_t* roles = item.at + item.left - 2;
  association->role = (uint8_t)((roles[0] & 1) | (roles[1] & 1) << 1);
  return true;
}

static bool parse_user_information(struct dicom_view item, struct dicom_association* association) {
  while (item.left != 0) {
    uint8_t type;
    struct dicom_view sub;
    if (!next_item(&item, &type, &sub)) return false;
    if (type == 0x51) {
      if (sub.left != 4) return false;
      association->peer_pdu_bytes = dicom_u32be(sub.at);
    } else if (type == 0x53) {
      if (sub.left != 4) return false;
      association->window = dicom_u16be(sub.at);
    } else if (type == 0x54) {
      if (!dicom_parse_role(sub, association)) return false;
    }
  }
  return true;
}

/* Room for the answers of all operations that the peer may have open. */
DICOM_NOINLINE bool dicom_reserve_queue(struct dicom_association* association) {
  size_t answer = association->peer_pdu_bytes;
  size_t window = association->window;
  if (answer == 0 || answer > kLargestAnswer) answer = kLargestAnswer;
  if (window == 0 || window > kLargestWindow) window = kLargestWindow;
#ifndef PERCUSS_BUG_DICOM_04
  if (answer <= kAnswerHead) return false; /* no room for a command, let alone a data set */
#endif
  association->queue = dicom_hal->alloc((answer - kAnswerHead) * window * kQueuedAnswers);
  return association->queue != NULL;
}

static bool blank(struct dicom_view title) { return dicom_trim(title).left == 0; }

bool dicom_parse_request(struct dicom_view body, struct dicom_association* association) {
  struct dicom_view fixed;
  if (!dicom_take(&body, kFixedBytes, &fixed)) return false;
  if ((dicom_u16be(fixed.at) & 1) == 0) return false;
  if (blank((struct dicom_view){fixed.at + 4, 16})) return false;
  while (body.left != 0) {
    uint8_t type;
    struct dicom_view item;
    if (!next_item(&body, &type, &item)) return false;
    if (type == 0x10) association->application_known = dicom_uid_is(item, APPLICATION_CONTEXT);
    if (type == 0x20 && !parse_context(item, association)) return false;
    if (type == 0x50 && !parse_user_information(item, association)) return false;
  }
  if (!association->application_known || association->context_count == 0) return false;
  return dicom_reserve_queue(association);
}

void dicom_association_end(struct dicom_association* association) {
  if (association->queue != NULL) dicom_hal->release(association->queue);
  association->queue = NULL;
  association->context_count = 0;
}

struct writer {
  uint8_t* out;
  size_t room;
  size_t used;
};

static void put(struct writer* writer, const void* bytes, size_t count) {
  if (count > writer->room - writer->used) return;
  memcpy(writer->out + writer->used, bytes, count);
  writer->used += count;
}

static void put_item_head(struct writer* writer, uint8_t type, size_t size) {
  const uint8_t head[4] = {type, 0, (uint8_t)(size >> 8), (uint8_t)size};
  put(writer, head, sizeof head);
}

static void put_text_item(struct writer* writer, uint8_t type, const char* text) {
  put_item_head(writer, type, strlen(text));
  put(writer, text, strlen(text));
}

size_t dicom_build_accept(const struct dicom_association* association, uint8_t* out, size_t room) {
  static const uint8_t kZeros[kFixedBytes] = {0, 1};
  static const uint8_t kUserHead[12] = {
      0x50, 0, 0, 8 + 4 + sizeof IMPLEMENTATION_CLASS - 1, 0x51, 0, 0, 4, 0, 0, 0x40, 0};
  struct writer writer = {out, room, 0};
  const uint8_t head[6] = {2};
  put(&writer, head, sizeof head);
  put(&writer, kZeros, sizeof kZeros);
  put_text_item(&writer, 0x10, APPLICATION_CONTEXT);
  for (size_t i = 0; i < association->context_count; i++) {
    const struct dicom_context* context = &association->contexts[i];
    const char* syntax = context->explicit_vr ? EXPLICIT_LE : IMPLICIT_LE;
    const uint8_t fixed[4] = {context->id, 0, context->result, 0};
    put_item_head(&writer, 0x21, 8 + strlen(syntax));
    put(&writer, fixed, sizeof fixed);
    put_text_item(&writer, 0x40, syntax);
  }
  put(&writer, kUserHead, sizeof kUserHead);
  put_text_item(&writer, 0x52, IMPLEMENTATION_CLASS);
  const size_t length = writer.used - sizeof head;
  out[4] = (uint8_t)(length >> 8);
  out[5] = (uint8_t)length;
  return writer.used;
}
