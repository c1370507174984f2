/* SPDX-License-Identifier: Apache-2.0
 *
 * The drug library: announced, uploaded in chunks, sealed by its CRC, then read by entry. */
#include <string.h>

#include "targets/reference/pump/pump_internal.h"

#define ENTRY_BYTES_MIN 8u
#define ENTRY_BYTES_MAX 64u
#define LIBRARY_BYTES_MAX 8192u

void pump_library_drop(struct pump* pump) {
  pump->hal.release(pump->library);
  pump->library = NULL;
  pump->library_bytes = 0;
  pump->library_received = 0;
  pump->library_committed = false;
}

/* number of entries, bytes per entry */
enum pump_status pump_library_begin(struct pump* pump, const struct pump_request* request) {
  if (request->length != 4) return PUMP_BAD_LENGTH;
  const uint32_t count = pump_get16(request->payload);
  const uint32_t size = pump_get16(request->payload + 2);
  if (count == 0 || size < ENTRY_BYTES_MIN || size > ENTRY_BYTES_MAX) return PUMP_BAD_VALUE;
#ifdef PERCUSS_BUG_PUMP_03
  const uint16_t allocated = (uint16_t)(sizeof(struct pump_library) + count * size);
#else
  const size_t allocated = sizeof(struct pump_library) + count * size;
#endif
  if (allocated < sizeof(struct pump_library) || allocated > LIBRARY_BYTES_MAX) {
    return PUMP_BAD_VALUE;
  }
  pump_library_drop(pump);
  pump->library = pump->hal.alloc(allocated);
  if (pump->library == NULL) return PUMP_NO_MEMORY;
  pump->library->entry_count = count;
  pump->library->entry_size = size;
  pump->library_bytes = count * size;
  return PUMP_OK;
}

/* offset, bytes; the reply says how far the upload is and the CRC up to there */
enum pump_status pump_library_chunk(struct pump* pump, struct pump_request* request) {
  if (request->length < 3) return PUMP_BAD_LENGTH;
  if (pump->library == NULL || pump->library_committed) return PUMP_NOT_NOW;
  const size_t length = request->length - 2;
  if (pump_get16(request->payload) != pump->library_received) return PUMP_BAD_VALUE;
  if (length > pump->library_bytes - pump->library_received) return PUMP_BAD_LENGTH;
  uint8_t* data = pump->library->data;
  memcpy(data + pump->library_received, request->payload + 2, length);
  pump->library_received += (uint32_t)length;
  pump_put16(request->reply, (uint16_t)pump->library_received);
  pump_put16(request->reply + 2, pump_crc(data, pump->library_received));
  request->reply_length = 4;
  return PUMP_OK;
}

enum pump_status pump_library_commit(struct pump* pump, const struct pump_request* request) {
  if (request->length != 2) return PUMP_BAD_LENGTH;
  if (pump->library == NULL || pump->library_received != pump->library_bytes) return PUMP_NOT_NOW;
  const uint16_t crc = pump_crc(pump->library->data, pump->library_bytes);
  if (pump_get16(request->payload) != crc) return PUMP_BAD_VALUE;
  pump->library_committed = true;
  pump_log(pump, 20, crc);
  return PUMP_OK;
}

enum pump_status pump_library_read(struct pump* pump, struct pump_request* request) {
  if (request->length != 2) return PUMP_BAD_LENGTH;
  if (!pump->library_committed) return PUMP_NOT_NOW;
  const struct pump_library* library = pump->library;
  const uint32_t entry = pump_get16(request->payload);
#ifdef PERCUSS_BUG_PUMP_01
  if (entry > library->entry_count) return PUMP_BAD_VALUE;
#else
  if (entry >= library->entry_count) return PUMP_BAD_VALUE;
#endif
  const uint8_t* data = library->data;
  memcpy(request->reply, data + entry * library->entry_size, library->entry_size);
  request->reply_length = library->entry_size;
  return PUMP_OK;
}
