/* SPDX-License-Identifier: Apache-2.0 */
#include "harnesses/sdk/session/session_frames.h"

#include <string.h>

/* Bytes of the mark at `at`, 0 if there is none. */
static size_t mark_at(const uint8_t* at, const uint8_t* end) {
  const size_t left = (size_t)(end - at);
  if (left <= PERCUSS_FRAME_MARK_BYTES) return 0;
  if (memcmp(at, PERCUSS_FRAME_MARK, PERCUSS_FRAME_MARK_BYTES) != 0) return 0;
  switch (at[PERCUSS_FRAME_MARK_BYTES]) {
    case PERCUSS_FRAME_MESSAGE:
    case PERCUSS_FRAME_PIPELINED:
    case PERCUSS_FRAME_CLOSE:
    case PERCUSS_FRAME_RESET:
      return PERCUSS_FRAME_MARK_BYTES + 1;
    case PERCUSS_FRAME_WAIT:
      return left >= PERCUSS_FRAME_HEAD_BYTES ? PERCUSS_FRAME_HEAD_BYTES : 0;
    default:
      return 0;
  }
}

static const uint8_t* next_mark(const uint8_t* at, const uint8_t* end) {
  while (at != end) {
    at = memchr(at, (uint8_t)PERCUSS_FRAME_MARK[0], (size_t)(end - at));
    if (at == NULL) return end;
    if (mark_at(at, end) != 0) return at;
    at++;
  }
  return end;
}

void percuss_frames_begin(struct percuss_frame_cursor* cursor, const uint8_t* data, size_t size) {
  static const uint8_t nothing[1];
  cursor->at = size != 0 ? data : nothing;
  cursor->end = cursor->at + size;
  cursor->started = 0;
}

int percuss_frames_next(struct percuss_frame_cursor* cursor, struct percuss_frame* frame) {
  if (cursor->started && cursor->at == cursor->end) return 0;
  frame->kind = PERCUSS_FRAME_MESSAGE;
  frame->wait_ms = 0;
  if (cursor->started) {
    const uint8_t* head = cursor->at;
    frame->kind = (enum percuss_frame_kind)head[PERCUSS_FRAME_MARK_BYTES];
    if (frame->kind == PERCUSS_FRAME_WAIT) frame->wait_ms = head[4] | (unsigned)head[5] << 8;
    cursor->at += mark_at(head, cursor->end);
  }
  cursor->started = 1;
  frame->data = cursor->at;
  cursor->at = next_mark(cursor->at, cursor->end);
  frame->size = (size_t)(cursor->at - frame->data);
  return 1;
}

size_t percuss_frame_head(enum percuss_frame_kind kind, unsigned wait_ms,
                          uint8_t head[PERCUSS_FRAME_HEAD_BYTES]) {
  memcpy(head, PERCUSS_FRAME_MARK, PERCUSS_FRAME_MARK_BYTES);
  head[PERCUSS_FRAME_MARK_BYTES] = (uint8_t)kind;
  if (kind != PERCUSS_FRAME_WAIT) return PERCUSS_FRAME_MARK_BYTES + 1;
  head[4] = (uint8_t)wait_ms;
  head[5] = (uint8_t)(wait_ms >> 8);
  return PERCUSS_FRAME_HEAD_BYTES;
}
