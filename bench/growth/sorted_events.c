/* SPDX-License-Identifier: Apache-2.0
 *
 * A quadratic plant: a pump's event log as it is uploaded. Records with a sum that is wrong are
 * skipped; each of the others is moved to its place among all that came before, one step at a time,
 * so that a log in the reverse of its order takes n * n / 2 steps. CWE-407.
 *
 *   E5 type(1..4) time(2, big-endian) sum(xor of the three before it)
 */
#include <stddef.h>
#include <stdint.h>

#define MAGIC 0xe5u
#define RECORD_BYTES 5u
#define MOST_EVENTS 4096u

struct event {
  uint16_t time;
  uint8_t type;
};

static struct event events[MOST_EVENTS];
static size_t event_count;

static void insert(struct event event) {
  size_t at = event_count++;
  for (; at > 0 && events[at - 1].time > event.time; at--) events[at] = events[at - 1];
  events[at] = event;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  event_count = 0;
  size_t at = 0;
  while (at + RECORD_BYTES <= size && event_count < MOST_EVENTS) {
    const uint8_t* record = data + at;
    const uint8_t sum = record[1] ^ record[2] ^ record[3];
    if (record[0] != MAGIC || record[4] != sum || record[1] < 1 || record[1] > 4) {
      at++;
      continue;
    }
    insert((struct event){(uint16_t)(record[2] << 8 | record[3]), record[1]});
    at += RECORD_BYTES;
  }
  return 0;
}
