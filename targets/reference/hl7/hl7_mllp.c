/* SPDX-License-Identifier: Apache-2.0
 *
 * MLLP block framing: 0x0B, content, 0x1C 0x0D. A start byte inside a block starts over: the sender
 * was cut off. */
#include "hl7_internal.h"

enum { kStartByte = 0x0B, kEndByte = 0x1C, kCarriageReturn = 0x0D };

enum mllp_state { kWaiting, kInBlock, kAfterEnd, kOverlong };

const struct hl7_hal* hl7_hal;
const struct hl7_callbacks* hl7_callbacks;

static uint8_t frame[HL7_FRAME_BYTES];
static size_t frame_bytes;
static enum mllp_state state;

void hl7_open(const struct hl7_hal* hal, const struct hl7_callbacks* callbacks) {
  hl7_hal = hal;
  hl7_callbacks = callbacks;
  frame_bytes = 0;
  state = kWaiting;
  hl7_beds_reset();
  hl7_results_reset();
  hl7_session_reset();
}

static void keep_byte(uint8_t byte) {
  if (frame_bytes == sizeof frame) {
    state = kOverlong;
    return;
  }
  frame[frame_bytes++] = byte;
}

static void take_byte(uint8_t byte) {
  if (byte == kStartByte) {
    frame_bytes = 0;
    state = kInBlock;
    return;
  }
  switch (state) {
    case kInBlock:
      if (byte == kEndByte) {
        state = kAfterEnd;
      } else {
        keep_byte(byte);
      }
      break;
    case kAfterEnd:
      if (byte == kCarriageReturn) {
        state = kWaiting;
        hl7_handle_message((const char*)frame, frame_bytes);
      } else {
        /* The end byte belonged to the content. */
        state = kInBlock;
        keep_byte(kEndByte);
        if (state == kInBlock) keep_byte(byte);
      }
      break;
    case kWaiting:
    case kOverlong:
      break;
  }
}

void hl7_receive(const uint8_t* bytes, size_t count) {
#ifdef PERCUSS_BUG_HL7_07
  /* the block goes on in this read */
  if (state == kAfterEnd && count != 0 && bytes[0] != kCarriageReturn) state = kInBlock;
#endif
  for (size_t i = 0; i < count; i++) take_byte(bytes[i]);
}

void hl7_close(void) {
  hl7_pending_drop(false);
  state = kWaiting;
}
