/* SPDX-License-Identifier: Apache-2.0
 *
 * One message in, one acknowledgement out. A message that ends in a DSC segment is kept until the
 * rest arrives, whose MSH-14 repeats the continuation pointer (HL7 2.6 chapter 2.10.2). */
#include <string.h>

#include "hl7_internal.h"

static struct {
  bool active;
  char* text;
  size_t size;
  char pointer[20];
} pending;

static uint8_t reply[1024];

void hl7_session_reset(void) { memset(&pending, 0, sizeof pending); }

/* Forgets a message whose rest has not come; `expired` when another one came in its place. */
HL7_NOINLINE void hl7_pending_drop(bool expired) {
  if (pending.text != NULL) {
    hl7_hal->release(pending.text);
#ifdef PERCUSS_BUG_HL7_05
    if (!expired) pending.text = NULL;
#else
    pending.text = NULL;
#endif
  }
  (void)expired;
  pending.active = false;
  pending.size = 0;
}

static bool pending_keep(struct hl7_text segments, struct hl7_text pointer) {
  hl7_pending_drop(false);
  char* text = hl7_hal->alloc(segments.size);
  if (text == NULL) return false;
  memcpy(text, segments.at, segments.size);
  pending.text = text;
  pending.size = segments.size;
  pending.active = true;
  hl7_copy(pending.pointer, sizeof pending.pointer, pointer);
  return true;
}

static size_t append(size_t used, const char* text, size_t size) {
  if (size > sizeof reply - used) size = sizeof reply - used;
  memcpy(reply + used, text, size);
  return used + size;
}

static size_t append_word(size_t used, const char* word) {
  return append(used, word, strlen(word));
}

/* The id as the sender means it, which may have other delimiters than we. */
HL7_NOINLINE size_t hl7_acknowledged_id(const struct hl7_message* message, char* out, size_t room) {
  static const struct hl7_delimiters ours = {'|', '^', '~', '\\', '&'};
  char id[64];
#ifdef PERCUSS_BUG_HL7_08
  hl7_copy(id, sizeof id, message->control_id);
  const size_t size = strlen(id);
#else
  const size_t size = hl7_unescape(&message->delimiters, message->control_id, id, sizeof id, NULL);
#endif
  return hl7_escape(&ours, (struct hl7_text){id, size}, out, room);
}

static void acknowledge(const struct hl7_message* message, const char* code) {
  char id[64 * HL7_ESCAPED_BYTES];
  const size_t id_bytes = hl7_acknowledged_id(message, id, sizeof id);
  size_t used = append_word(0, "\x0BMSH|^~\\&|ARDEN|BEDSIDE|||||ACK^");
  used = append_word(used, message->trigger);
  used = append_word(used, "|");
  used = append(used, id, id_bytes);
  used = append_word(used, "|P|2.6\rMSA|");
  used = append_word(used, code);
  used = append_word(used, "|");
  used = append(used, id, id_bytes);
  used = append_word(used, "\r\x1C\r");
  hl7_callbacks->send(hl7_callbacks->user, reply, used);
}

static bool handle_whole(const struct hl7_message* message) {
  if (strcmp(message->type, "ADT") == 0) return hl7_handle_adt(message);
  if (strcmp(message->type, "ORU") == 0) return hl7_handle_oru(message);
  return false;
}

static bool find_continuation(const struct hl7_message* message, struct hl7_text* pointer,
                              size_t* size) {
  struct hl7_text rest = message->segments;
  struct hl7_text segment;
  while (hl7_next_segment(&rest, &segment)) {
    if (!hl7_equals(hl7_field(message, segment, 0), "DSC")) continue;
    *pointer = hl7_field(message, segment, 1);
    *size = (size_t)(segment.at - message->segments.at);
    return pointer->size != 0;
  }
  return false;
}

/* Puts the kept part and this one together; the second header is left out. */
static bool handle_continued(const struct hl7_message* message) {
  const size_t head = (size_t)(message->header.at + message->header.size - message->segments.at);
  const size_t tail = message->segments.size - head;
  if (pending.size + tail > HL7_FRAME_BYTES) return false;
  char* joined = hl7_hal->alloc(pending.size + tail);
  if (joined == NULL) return false;
  memcpy(joined, pending.text, pending.size);
  memcpy(joined + pending.size, message->segments.at + head, tail);
  struct hl7_message whole;
  const bool good = hl7_parse_header((struct hl7_text){joined, pending.size + tail}, &whole) &&
                    handle_whole(&whole);
  hl7_hal->release(joined);
  hl7_pending_drop(false);
  return good;
}

void hl7_handle_message(const char* bytes, size_t count) {
  struct hl7_message message;
  if (!hl7_parse_header((struct hl7_text){bytes, count}, &message)) {
    acknowledge(&message, "AR");
    return;
  }
  struct hl7_text pointer = {NULL, 0};
  size_t kept = 0;
  const struct hl7_text continued = hl7_field(&message, message.header, 14);
  bool good;
  if (find_continuation(&message, &pointer, &kept)) {
    good = pending_keep((struct hl7_text){bytes, kept}, pointer);
  } else if (continued.size != 0 && pending.active) {
    if (hl7_equals(continued, pending.pointer)) {
      good = handle_continued(&message);
    } else {
      hl7_pending_drop(true);
      good = false;
    }
  } else {
    good = handle_whole(&message);
  }
  acknowledge(&message, good ? "AA" : "AE");
}
