/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference firmware as tasks: one takes bytes off the line and finds the ends of inputs, one
 * runs the protocol, one feeds the watchdog as long as the other two show that they live. */
#include <string.h>

#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/rtos/kernel.h"

#define EVENT_BYTES 1u   /* to the receive task: the line has some */
#define EVENT_SPACE 2u   /* to the receive task: a message was taken out of the queue */
#define EVENT_MESSAGE 1u /* to the protocol task */

#define QUEUE_MESSAGES 4u
#define HOUSEKEEPING_MS 100u
#define SIGN_OF_LIFE_MS 500u

/* A piece of the input; an empty one is its end. */
struct message {
  uint8_t count;
  uint8_t bytes[32];
};

static struct message queue[QUEUE_MESSAGES];
static volatile uint32_t queue_written, queue_read; /* never wrapped */
static volatile uint32_t receive_alive_at, protocol_alive_at;

static struct task receive_task, protocol_task, housekeeping_task;
static uint32_t receive_stack[256], protocol_stack[2048], housekeeping_stack[128];

void line_on_bytes(void) { kernel_signal(&receive_task, EVENT_BYTES); }

static void send(const uint8_t* bytes, size_t count) {
  while (queue_written - queue_read == QUEUE_MESSAGES) {
    receive_alive_at = ticks_now();
    kernel_wait(EVENT_SPACE, SIGN_OF_LIFE_MS / 2);
  }
  struct message* message = &queue[queue_written % QUEUE_MESSAGES];
  message->count = (uint8_t)count;
  memcpy(message->bytes, bytes, count);
  queue_written++;
  kernel_signal(&protocol_task, EVENT_MESSAGE);
}

/* Silence counts only once the protocol task has caught up: until then the sender may be held. */
static bool input_is_over(void) {
  static uint32_t caught_up_at;
  if (queue_read != queue_written) caught_up_at = ticks_now();
  return line_quiet_ms() > FIRMWARE_IDLE_GAP_MS &&
         ticks_now() - caught_up_at > FIRMWARE_IDLE_GAP_MS;
}

static void receive(void) {
  bool in_input = false;
  firmware_ready();
  for (;;) {
    uint8_t bytes[sizeof queue[0].bytes];
    receive_alive_at = ticks_now();
    const size_t count = line_read(bytes, sizeof bytes);
    if (count != 0) {
      in_input = true;
      send(bytes, count);
    } else if (in_input && input_is_over()) {
      in_input = false;
      send(bytes, 0);
    } else {
      kernel_wait(EVENT_BYTES, in_input ? 1 : SIGN_OF_LIFE_MS / 2);
    }
  }
}

static void handle(const struct message* message) {
  if (message->count != 0) {
    app_receive(message->bytes, message->count);
    return;
  }
  app_close();
  firmware_input_done();
  app_open();
}

static void protocol(void) {
  for (;;) {
    protocol_alive_at = ticks_now();
    if (queue_read == queue_written) {
      kernel_wait(EVENT_MESSAGE, SIGN_OF_LIFE_MS / 2);
      continue;
    }
    handle(&queue[queue_read % QUEUE_MESSAGES]);
    queue_read++;
    kernel_signal(&receive_task, EVENT_SPACE);
    kernel_yield();
  }
}

static void housekeep(void) {
  for (;;) {
    kernel_wait(0, HOUSEKEEPING_MS);
    const uint32_t now = ticks_now();
    if (now - receive_alive_at < SIGN_OF_LIFE_MS && now - protocol_alive_at < SIGN_OF_LIFE_MS) {
      board_watchdog_feed();
    }
  }
}

#define ADD_TASK(name, run) \
  kernel_add(&name##_task, run, name##_stack, sizeof name##_stack / sizeof name##_stack[0])

int main(void) {
  app_open();
  ADD_TASK(receive, receive);
  ADD_TASK(protocol, protocol);
  ADD_TASK(housekeeping, housekeep);
  board_watchdog_start();
  line_start();
  kernel_start();
}
