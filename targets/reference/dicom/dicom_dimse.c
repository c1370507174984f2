/* SPDX-License-Identifier: Apache-2.0
 *
 * DIMSE: command sets and data sets out of PDV fragments, and the answers (PS3.7 chapter 6.3, 9.3,
 * annex E; PS3.8 annex E for the message control header). */
#include <assert.h>
#include <string.h>

#include "dicom_internal.h"

enum {
  kControlCommand = 1,
  kControlLast = 2,
  kNoDataSet = 0x0101,
  kStoreRequest = 0x0001,
  kFindRequest = 0x0020,
  kEchoRequest = 0x0030,
  kPending = 0xFF00,
  kNotRecognised = 0x0211,
  kCommandBytes = 512
};

struct command {
  bool complete;
  uint8_t context_id;
  uint16_t field;
  uint16_t message_id;
  uint16_t data_set_type;
  char sop_class[65];
};

static struct command command;
static uint8_t command_set[kCommandBytes];
static size_t command_bytes;
static uint8_t* data_set;
static size_t data_set_bytes;
static size_t data_set_room;
static bool performed; /* the last command, with its data set */

static void drop_data_set(void) {
  if (data_set != NULL) dicom_hal->release(data_set);
  data_set = NULL;
  data_set_bytes = 0;
  data_set_room = 0;
}

void dicom_dimse_reset(void) {
  memset(&command, 0, sizeof command);
  performed = false;
  command_bytes = 0;
  drop_data_set();
}

static bool parse_command(void) {
  struct dicom_view view = {command_set, command_bytes};
  struct dicom_element element;
  memset(&command, 0, sizeof command);
  command.data_set_type = kNoDataSet;
  while (view.left != 0) {
    if (!dicom_next_element(&view, false, &element)) return false;
    if (element.length == DICOM_UNDEFINED_LENGTH || element.tag >> 16 != 0) return false;
    if (element.tag == 0x00000002u) {
      const size_t size =
          element.size < sizeof command.sop_class - 1 ? element.size : sizeof command.sop_class - 1;
      memcpy(command.sop_class, element.value, size);
      command.sop_class[size] = '\0';
    }
    if (element.size != 2) continue;
    const uint16_t value = dicom_u16le(element.value);
    if (element.tag == 0x00000100u) command.field = value;
    if (element.tag == 0x00000110u) command.message_id = value;
    if (element.tag == 0x00000800u) command.data_set_type = value;
  }
  command.complete = command.field != 0;
  return command.complete;
}

static size_t put_element(uint8_t* out, size_t used, uint16_t element, const void* value,
                          size_t size) {
  const uint8_t head[8] = {0, 0, (uint8_t)element, (uint8_t)(element >> 8), (uint8_t)size, 0, 0, 0};
  memcpy(out + used, head, sizeof head);
  memcpy(out + used + sizeof head, value, size);
  return used + sizeof head + size;
}

static size_t put_u16(uint8_t* out, size_t used, uint16_t element, uint16_t value) {
  const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
  return put_element(out, used, element, bytes, sizeof bytes);
}

/* One P-DATA-TF with one fragment; `out` has 12 bytes of head in front of the `size` bytes of
 * content. */
static void send_fragment(const struct dicom_context* context, uint8_t control, uint8_t* out,
                          size_t size) {
  const uint8_t head[12] = {4,
                            0,
                            0,
                            0,
                            (uint8_t)((size + 6) >> 8),
                            (uint8_t)(size + 6),
                            0,
                            0,
                            (uint8_t)((size + 2) >> 8),
                            (uint8_t)(size + 2),
                            context->id,
                            control};
  memcpy(out, head, sizeof head);
  dicom_callbacks->send(dicom_callbacks->user, out, size + sizeof head);
}

static void answer(const struct dicom_context* context, uint16_t status, bool with_data_set) {
  uint8_t out[256];
  uint8_t* content = out + 12;
  const uint8_t zeros[4] = {0};
  size_t class_bytes = strlen(command.sop_class);
  class_bytes += class_bytes % 2; /* the text is followed by zero bytes */
  size_t used = put_element(content, 0, 0x0000, zeros, 4);
  used = put_element(content, used, 0x0002, command.sop_class, class_bytes);
  used = put_u16(content, used, 0x0100, (uint16_t)(command.field | 0x8000));
  used = put_u16(content, used, 0x0120, command.message_id);
  used = put_u16(content, used, 0x0800, with_data_set ? 0 : kNoDataSet);
  used = put_u16(content, used, 0x0900, status);
  content[8] = (uint8_t)(used - 12); /* group length counts what follows it */
  send_fragment(context, kControlCommand | kControlLast, out, used);
}

static void answer_found(void* user, const struct dicom_worklist_entry* entry) {
  const struct dicom_context* context = user;
  uint8_t out[128];
  size_t used = 12;
  answer(context, kPending, true);
  const uint8_t name_head[4] = {0x10, 0, 0x10, 0};
  const size_t size = strlen(entry->name);
  memcpy(out + used, name_head, sizeof name_head);
  used += sizeof name_head;
  const size_t padded = size + size % 2;
  const uint8_t vr_length[4] = {'P', 'N', (uint8_t)padded, 0};
  const uint8_t plain_length[4] = {(uint8_t)padded, 0, 0, 0};
  memcpy(out + used, context->explicit_vr ? vr_length : plain_length, 4);
  used += 4;
  memset(out + used, ' ', padded);
  memcpy(out + used, entry->name, size);
  send_fragment(context, kControlLast, out, used + padded - 12);
}

static void perform(const struct dicom_context* context) {
  const struct dicom_view view = {data_set, data_set_bytes};
  uint16_t status = kNotRecognised;
  if (command.field == kEchoRequest) {
    status = 0;
  } else if (command.field == kStoreRequest) {
    status = dicom_store(context, view);
  } else if (command.field == kFindRequest) {
    status = dicom_find(context, view, answer_found, (void*)(uintptr_t)context);
  }
  answer(context, status, false);
  command.complete = false;
  performed = true;
  command_bytes = 0;
  drop_data_set();
}

static bool append_data_set(struct dicom_view data) {
  if (data.left > DICOM_DATA_SET_BYTES - data_set_bytes) return false;
  const size_t needed = data_set_bytes + data.left;
  if (needed > data_set_room) {
    size_t room = data_set_room != 0 ? data_set_room : 256;
    while (room < needed) room *= 2;
    uint8_t* larger = dicom_hal->alloc(room);
    if (larger == NULL) return false;
    if (data_set_bytes != 0) memcpy(larger, data_set, data_set_bytes);
    if (data_set != NULL) dicom_hal->release(data_set);
    data_set = larger;
    data_set_room = room;
  }
  if (data.left != 0) memcpy(data_set + data_set_bytes, data.at, data.left);
  data_set_bytes = needed;
  return true;
}

/* A data set follows its command on the same context; anything else is the peer's error. */
DICOM_NOINLINE bool dicom_take_data_set(const struct dicom_context* context, bool last,
                                        struct dicom_view data) {
#ifdef PERCUSS_BUG_DICOM_06
  assert(!performed && "data set goes on after its last fragment");
#endif
  if (!command.complete || context->id != command.context_id) return false;
  if (!append_data_set(data)) return false;
  if (last) perform(context);
  return true;
}

static bool take_command(const struct dicom_context* context, bool last, struct dicom_view data) {
  performed = false;
  if (command.complete || data.left > sizeof command_set - command_bytes) return false;
  if (data.left != 0) memcpy(command_set + command_bytes, data.at, data.left);
  command_bytes += data.left;
  if (!last) return true;
  if (!parse_command()) return false;
  command.context_id = context->id;
  if (command.data_set_type == kNoDataSet) perform(context);
  return true;
}

bool dicom_dimse_fragment(const struct dicom_context* context, uint8_t control,
                          struct dicom_view data) {
  const bool last = (control & kControlLast) != 0;
  if ((control & kControlCommand) != 0) return take_command(context, last, data);
  return dicom_take_data_set(context, last, data);
}
