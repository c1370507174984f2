/* SPDX-License-Identifier: Apache-2.0
 *
 * The service port that takes firmware updates. The input is that of
 * harnesses/update_image_harness.cc: containers offered to one device, one after the other.
 *
 *   records   mode (1), length (2, little-endian; cut to what is left), container
 *     mode 0   delivered as it is
 *     mode 1   lengths and CRC of the header put right
 *     mode 2   also the payload's hash, and signed with the genuine key
 *     mode 3   like 2, but signed with another key
 *
 * After each container the result goes out on the line: enum upd_result as one byte. */
#include <stdlib.h>
#include <string.h>

#include "targets/firmware/reference/apps/update_bench.h"
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/reference/record_stream.h"

#define CONTAINERS_MAX 8u
#define FAMILY 0x4d33u

static struct upd_device device;
static struct record_stream containers;
static uint8_t container_buffer[BOARD_CONTAINER_BYTES];

static size_t container_length(const uint8_t* header) { return header[1] | (size_t)header[2] << 8; }

/* A block of the container's exact size: what reads past its end leaves the block. */
static void take_container(const uint8_t* header, const uint8_t* bytes, size_t count) {
  uint8_t* container = malloc(count != 0 ? count : 1);
  if (container == NULL) return;
  memcpy(container, bytes, count);
  bench_fix_up(container, count, header[0] % 4u);
  bench_expect(container, count);
  const uint8_t result = (uint8_t)upd_install(&device, container, count);
  line_write(&result, 1);
  free(container);
}

static const struct record_format format = {
    3, container_length, take_container, CONTAINERS_MAX, container_buffer, sizeof container_buffer};

void app_open(void) {
  device = (struct upd_device){{malloc, free, UpdSha256, UpdEd25519Verify, UpdShowNotes,
                                UpdFlashWrite, UpdFlashCommit, NULL},
                               FAMILY,
                               {2, 4, 7},
                               40};
  bench_open();
  record_stream_open(&containers, &format);
}

void app_receive(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) record_stream_receive(&containers, bytes[i]);
}

void app_close(void) { record_stream_close(&containers); }
