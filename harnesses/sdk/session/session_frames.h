/* SPDX-License-Identifier: Apache-2.0
 *
 * How a session of a client is laid out in an input. Any bytes are a session: what stands before
 * the first mark is the first message, and each mark begins another one.
 *
 *     mark = F5 5E 55, then one of
 *       'M'           a message, sent when the server has read all before it and waits for more
 *       'P'           a message sent together with what is before it
 *       'W' low high  a message sent so many milliseconds (16 bits) later
 *       'C'           the client has closed its connection; a message of its next one
 *       'R'           likewise, but it has reset it
 *
 * Marks and not lengths, so that what an engine inserts or removes in one message leaves the others
 * as they are; a dictionary gives it the marks. The three bytes before anything else, or before
 * what the end cuts off, are bytes of a message. A message cannot hold a whole mark.
 *
 * Needs libc only. Thread-safe: no state but the caller's. */
#ifndef PERCUSS_HARNESSES_SDK_SESSION_SESSION_FRAMES_H_
#define PERCUSS_HARNESSES_SDK_SESSION_SESSION_FRAMES_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum percuss_frame_kind {
  PERCUSS_FRAME_MESSAGE = 'M',
  PERCUSS_FRAME_PIPELINED = 'P',
  PERCUSS_FRAME_WAIT = 'W',
  PERCUSS_FRAME_CLOSE = 'C',
  PERCUSS_FRAME_RESET = 'R'
};

#define PERCUSS_FRAME_MARK "\xF5\x5E\x55"
enum { PERCUSS_FRAME_MARK_BYTES = 3, PERCUSS_FRAME_HEAD_BYTES = 6 };

struct percuss_frame {
  enum percuss_frame_kind kind;
  unsigned wait_ms; /* 0 but for PERCUSS_FRAME_WAIT */
  const uint8_t* data;
  size_t size;
};

/* Where in an input the next frame begins; the input must outlive it. */
struct percuss_frame_cursor {
  const uint8_t* at;
  const uint8_t* end;
  int started;
};

void percuss_frames_begin(struct percuss_frame_cursor* cursor, const uint8_t* data, size_t size);

/* 1 and the next frame, or 0 behind the last one. The first frame is what stands before the first
 * mark, a message that may be empty; so there is always one. */
int percuss_frames_next(struct percuss_frame_cursor* cursor, struct percuss_frame* frame);

/* The mark of a frame but the first: its bytes into `head`, their number returned. */
size_t percuss_frame_head(enum percuss_frame_kind kind, unsigned wait_ms,
                          uint8_t head[PERCUSS_FRAME_HEAD_BYTES]);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_SESSION_SESSION_FRAMES_H_ */
