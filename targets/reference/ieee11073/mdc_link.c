/* SPDX-License-Identifier: Apache-2.0
 *
 * APDUs from the stream, the manager's association state machine (20601 chapter 8.3), and the
 * remote operations inside prst (annex A.10). */
#include <string.h>

#include "mdc_internal.h"

enum apdu {
  kAarq = 0xE200,
  kAare = 0xE300,
  kRlrq = 0xE400,
  kRlre = 0xE500,
  kAbrt = 0xE600,
  kPrst = 0xE700
};

enum operation {
  kEventReport = 0x0100,
  kConfirmedEventReport = 0x0101,
  kConfirmedEventReply = 0x0201,
  kGet = 0x0103,
  kGetReply = 0x0203,
  kSetReply = 0x0205,
  kActionReply = 0x0207,
  kError = 0x0300,
  kReject = 0x0400
};

enum { kHeaderBytes = 4, kProtocol20601 = 0x5079, kConfigEvent = 0x0D1C, kDataRequest = 0x0C1B };
enum { kAccepted = 0, kRejectedNoProtocol = 2, kAcceptedUnknownConfig = 3 };
enum { kAbortUndefined = 0, kAbortBufferOverflow = 1 };

enum link_state { kUnassociated, kWaitingForConfig, kOperating };

const struct mdc_hal* mdc_hal;
const struct mdc_callbacks* mdc_callbacks;

static enum link_state state;
static uint8_t apdu[kHeaderBytes + MDC_APDU_BYTES];
static size_t apdu_bytes;
static size_t skipped; /* bytes of an APDU too large to take */
static char model[32];

static void send_reason(uint16_t choice, uint16_t reason) {
  const uint8_t out[6] = {(uint8_t)(choice >> 8), (uint8_t)choice, 0, 2,
                          (uint8_t)(reason >> 8), (uint8_t)reason};
  mdc_callbacks->send(mdc_callbacks->user, out, sizeof out);
}

static void abort_association(uint16_t reason) {
  send_reason(kAbrt, reason);
  mdc_config_drop(true);
  state = kUnassociated;
}

static void send_prst(uint16_t invoke_id, uint16_t operation, const uint8_t* content, size_t size) {
  uint8_t out[64];
  const uint16_t head[6] = {kPrst,     (uint16_t)(size + 8), (uint16_t)(size + 6), invoke_id,
                            operation, (uint16_t)size};
  for (size_t i = 0; i < 6; i++) {
    out[2 * i] = (uint8_t)(head[i] >> 8);
    out[2 * i + 1] = (uint8_t)head[i];
  }
  if (size > sizeof out - 12) return;
  memcpy(out + 12, content, size);
  mdc_callbacks->send(mdc_callbacks->user, out, size + 12);
}

static void send_association_reply(uint16_t result) {
  uint8_t out[48] = {0xE3, 0, 0, 0x2C, 0, (uint8_t)result, 0x50, 0x79, 0, 0x26, 0x80};
  out[14] = 0x80; /* encoding: MDER */
  out[16] = 0x80; /* nomenclature version 1 */
  out[24] = 0x80; /* manager */
  out[29] = 8;
  memcpy(out + 30, "ARDEN001", 8);
  mdc_callbacks->send(mdc_callbacks->user, out, sizeof out);
}

/* The agent's protocol information; false unless it speaks MDER in a known version. */
static bool parse_protocol(struct mdc_view info, uint16_t* config_id) {
  uint32_t version;
  uint16_t encodings;
  struct mdc_view skip;
  struct mdc_view system_id;
  if (!mdc_u32(&info, &version) || !mdc_u16(&info, &encodings)) return false;
  if ((version & 0x80000000u) == 0 || (encodings & 0x8000u) == 0) return false;
  if (!mdc_take(&info, 12, &skip)) return false; /* nomenclature, functional units, system type */
  if (!mdc_octets(&info, &system_id) || system_id.left > 16) return false;
  return mdc_u16(&info, config_id);
}

static void handle_association(struct mdc_view view) {
  uint32_t version;
  uint16_t count;
  struct mdc_view protocols;
  if (state != kUnassociated || !mdc_u32(&view, &version) || !mdc_list(&view, &count, &protocols)) {
    abort_association(kAbortUndefined);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    struct mdc_attribute protocol;
    uint16_t config_id;
    if (!mdc_next_attribute(&protocols, &protocol)) break;
    if (protocol.id != kProtocol20601 || !parse_protocol(protocol.value, &config_id)) continue;
    const bool known = mdc_config_load_standard(config_id);
    state = known ? kOperating : kWaitingForConfig;
    send_association_reply(known ? kAccepted : kAcceptedUnknownConfig);
    return;
  }
  send_association_reply(kRejectedNoProtocol);
}

static void confirm_event(uint16_t invoke_id, uint16_t handle, uint16_t event_type,
                          const uint8_t* info, size_t info_bytes) {
  uint8_t out[16] = {(uint8_t)(handle >> 8), (uint8_t)handle};
  out[6] = (uint8_t)(event_type >> 8);
  out[7] = (uint8_t)event_type;
  out[9] = (uint8_t)info_bytes;
  if (info_bytes != 0) memcpy(out + 10, info, info_bytes);
  send_prst(invoke_id, kConfirmedEventReply, out, 10 + info_bytes);
}

/* Configuration report: id, then the objects. An agent may correct one that the manager did not
 * accept. */
static bool handle_config(uint16_t invoke_id, struct mdc_view info) {
  uint16_t config_id;
  uint16_t count;
  struct mdc_view objects;
  if (state != kWaitingForConfig) return false;
  if (!mdc_u16(&info, &config_id) || !mdc_list(&info, &count, &objects)) return false;
  const bool accepted = mdc_config_load(objects, count);
  const uint8_t reply[4] = {(uint8_t)(config_id >> 8), (uint8_t)config_id, 0, accepted ? 0 : 2};
  confirm_event(invoke_id, 0, kConfigEvent, reply, sizeof reply);
  if (!accepted) return true;
  static const uint8_t kGetAll[6] = {0};
  state = kOperating;
  send_prst((uint16_t)(invoke_id + 1), kGet, kGetAll, sizeof kGetAll);
  return true;
}

static bool handle_event(uint16_t invoke_id, bool confirmed, struct mdc_view view) {
  uint16_t handle;
  uint32_t time;
  uint16_t event_type;
  struct mdc_view info;
  if (!mdc_u16(&view, &handle) || !mdc_u32(&view, &time) || !mdc_u16(&view, &event_type) ||
      !mdc_octets(&view, &info)) {
    return false;
  }
  if (event_type == kConfigEvent) return confirmed && handle_config(invoke_id, info);
  if (state != kOperating || !mdc_report(event_type, handle, info)) return false;
  if (confirmed) confirm_event(invoke_id, handle, event_type, NULL, 0);
  mdc_pace_scanner(handle);
  return true;
}

/* The medical device system's attributes: the model is shown. */
static bool handle_attributes(struct mdc_view view) {
  uint16_t handle;
  uint16_t count;
  struct mdc_view attributes;
  if (!mdc_u16(&view, &handle) || !mdc_list(&view, &count, &attributes)) return false;
  for (size_t i = 0; i < count; i++) {
    struct mdc_attribute attribute;
    if (!mdc_next_attribute(&attributes, &attribute)) return false;
    if (attribute.id != 0x0928) continue;
    struct mdc_view maker;
    struct mdc_view name;
    if (!mdc_octets(&attribute.value, &maker) || !mdc_octets(&attribute.value, &name)) return false;
    const size_t size = name.left < sizeof model - 1 ? name.left : sizeof model - 1;
    memcpy(model, name.at, size);
    model[size] = '\0';
  }
  return true;
}

/* The answer to a data request carries a report. */
static bool handle_data_response(struct mdc_view view) {
  uint16_t handle;
  uint16_t action;
  uint16_t result;
  uint32_t time;
  uint16_t event_type;
  struct mdc_view response;
  struct mdc_view info;
  if (!mdc_u16(&view, &handle) || !mdc_u16(&view, &action) || !mdc_octets(&view, &response)) {
    return false;
  }
  if (action != kDataRequest) return true;
  if (!mdc_u32(&response, &time) || !mdc_u16(&response, &result) ||
      !mdc_u16(&response, &event_type) || !mdc_octets(&response, &info)) {
    return false;
  }
  return result != 0 || info.left == 0 || mdc_report(event_type, handle, info);
}

static bool handle_presentation(struct mdc_view view) {
  struct mdc_view data;
  struct mdc_view content;
  uint16_t invoke_id;
  uint16_t operation;
  if (state == kUnassociated || !mdc_octets(&view, &data) || !mdc_u16(&data, &invoke_id) ||
      !mdc_u16(&data, &operation) || !mdc_octets(&data, &content)) {
    return false;
  }
  switch (operation) {
    case kEventReport:
      return handle_event(invoke_id, false, content);
    case kConfirmedEventReport:
      return handle_event(invoke_id, true, content);
    case kGetReply:
      return state == kOperating && handle_attributes(content);
    case kActionReply:
      return state == kOperating && handle_data_response(content);
    case kSetReply:
    case kError:
    case kReject:
      return true;
    default:
      return false;
  }
}

static void handle_apdu(uint16_t choice, struct mdc_view view) {
  switch (choice) {
    case kAarq:
      handle_association(view);
      break;
    case kPrst:
      if (!handle_presentation(view)) abort_association(kAbortUndefined);
      break;
    case kRlrq:
      if (state == kUnassociated) {
        abort_association(kAbortUndefined);
        break;
      }
      send_reason(kRlre, 0);
      mdc_config_drop(true);
      state = kUnassociated;
      break;
    case kRlre:
      break;
    case kAbrt:
      mdc_config_drop(false);
      state = kUnassociated;
      break;
    case kAare: /* only a manager sends it */
    default:
      abort_association(kAbortUndefined);
      break;
  }
}

static void take_byte(uint8_t byte) {
  if (skipped != 0) {
    skipped--;
    return;
  }
  apdu[apdu_bytes++] = byte;
  if (apdu_bytes < kHeaderBytes) return;
  const size_t length = (size_t)(apdu[2] << 8 | apdu[3]);
  if (length > MDC_APDU_BYTES) {
    abort_association(kAbortBufferOverflow);
    skipped = length;
    apdu_bytes = 0;
  } else if (apdu_bytes == kHeaderBytes + length) {
    apdu_bytes = 0;
    handle_apdu((uint16_t)(apdu[0] << 8 | apdu[1]), (struct mdc_view){apdu + kHeaderBytes, length});
  }
}

void mdc_receive(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) take_byte(bytes[i]);
}

void mdc_open(const struct mdc_hal* hal, const struct mdc_callbacks* callbacks) {
  mdc_hal = hal;
  mdc_callbacks = callbacks;
  mdc_config_reset();
  state = kUnassociated;
  apdu_bytes = 0;
  skipped = 0;
  memset(model, 0, sizeof model);
}

void mdc_close(void) {
  mdc_config_drop(true);
  state = kUnassociated;
}
