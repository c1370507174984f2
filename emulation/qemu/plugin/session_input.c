/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/session_input.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emulation/qemu/plugin/reply_codes.h"
#include "emulation/qemu/plugin/waiting.h"
#include "harnesses/sdk/session/session_frames.h"

#define LOOKS_EVERY_US 100

static int line;
static bool open_; /* neither side has ended it */

static void end_line(bool by_reset) {
  const struct linger how = {.l_onoff = by_reset ? 1 : 0, .l_linger = 0};
  if (line < 0) return;
  setsockopt(line, SOL_SOCKET, SO_LINGER, &how, sizeof how);
  close(line);
  line = -1;
  open_ = false;
}

/* Of what the program answers its code is kept; true where there was any. */
static bool drain(void) {
  char bytes[65536];
  bool any = false;
  while (open_) {
    const ssize_t count = recv(line, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count > 0) {
      any = true;
      reply_codes_take((const uint8_t*)bytes, (size_t)count);
    }
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) open_ = false;
    if (count < 0) break;
  }
  return any;
}

/* Until it has read all that was sent and said all that it has to say. */
static void await_program(void) {
  for (;;) {
    drain();
    if (waiting_for_network() && !drain()) break;
    usleep(LOOKS_EVERY_US);
  }
  reply_codes_end();
}

/* Whether bytes follow that are to be there together with those before them. */
static bool has_pipelined(struct percuss_frame_cursor ahead) {
  struct percuss_frame frame;
  while (percuss_frames_next(&ahead, &frame) != 0 && frame.kind == PERCUSS_FRAME_PIPELINED) {
    if (frame.size != 0) return true;
  }
  return false;
}

/* more: they leave with those that are sent next. */
static void send_all(const uint8_t* bytes, size_t size, bool more) {
  const int how = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  while (open_ && size != 0) {
    const ssize_t count = send(line, bytes, size, how);
    if (count > 0) {
      bytes += count;
      size -= (size_t)count;
    } else if (errno == EAGAIN) {
      struct pollfd ready = {.fd = line, .events = POLLIN | POLLOUT};
      poll(&ready, 1, -1);
      drain();
    } else if (errno != EINTR) {
      open_ = false;
    }
  }
}

static void wait_for(unsigned ms) {
  if (ms > SESSION_LONGEST_WAIT_MS) ms = SESSION_LONGEST_WAIT_MS;
  usleep(ms * 1000);
}

int session_input_play(const uint8_t* bytes, size_t size, int first, int (*connect_again)(void)) {
  struct percuss_frame_cursor cursor;
  struct percuss_frame frame;
  line = first;
  open_ = true;
  reply_codes_begin();
  percuss_frames_begin(&cursor, bytes, size);
  while (percuss_frames_next(&cursor, &frame) != 0) {
    if (frame.kind != PERCUSS_FRAME_PIPELINED) await_program();
    if (frame.kind == PERCUSS_FRAME_WAIT) {
      wait_for(frame.wait_ms);
      await_program();
    }
    if (frame.kind == PERCUSS_FRAME_CLOSE || frame.kind == PERCUSS_FRAME_RESET) {
      end_line(frame.kind == PERCUSS_FRAME_RESET);
      await_program();
      line = connect_again();
      if (line < 0) return -1;
      open_ = true;
      await_program();
    }
    send_all(frame.data, frame.size, has_pipelined(cursor));
  }
  await_program();
  if (!open_) {
    end_line(false);
    return -1;
  }
  shutdown(line, SHUT_WR);
  return line;
}
