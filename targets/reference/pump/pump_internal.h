/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the pump share; the application includes pump.h only. */
#ifndef TARGETS_REFERENCE_PUMP_PUMP_INTERNAL_H_
#define TARGETS_REFERENCE_PUMP_PUMP_INTERNAL_H_

#include "targets/reference/pump/pump.h"

static inline uint16_t pump_get16(const uint8_t* at) { return (uint16_t)(at[0] | (at[1] << 8)); }

static inline void pump_put16(uint8_t* at, uint16_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

/* A command with its payload, and the reply under construction. */
struct pump_request {
  uint8_t flags;
  uint16_t sequence;
  uint8_t command;
  const uint8_t* payload;
  size_t length;
  uint8_t reply[PUMP_PAYLOAD_MAX];
  size_t reply_length;
};

/* pump_session.c: called for each frame whose CRC is right. */
void pump_handle(struct pump* pump, struct pump_request* request);

/* pump_frame.c: builds, keeps and sends a reply frame; sends the one kept again. */
void pump_reply(struct pump* pump, const struct pump_request* request, enum pump_status status);
void pump_reply_again(struct pump* pump);

/* pump_therapy.c */
void pump_therapy_init(struct pump* pump);
enum pump_status pump_get_status(struct pump* pump, struct pump_request* request);
enum pump_status pump_set_rate(struct pump* pump, const struct pump_request* request);
enum pump_status pump_give_bolus(struct pump* pump, const struct pump_request* request);
enum pump_status pump_stop(struct pump* pump);
enum pump_status pump_set_profile(struct pump* pump, const struct pump_request* request);
enum pump_status pump_start_profile(struct pump* pump);
void pump_end_bolus(struct pump* pump);

/* pump_service.c */
void pump_log_clear(void);
void pump_log(struct pump* pump, uint8_t code, uint16_t value);
enum pump_status pump_read_log(struct pump_request* request);
enum pump_status pump_read_parameters(struct pump* pump, struct pump_request* request);
enum pump_status pump_line_settle(struct pump* pump, const struct pump_request* request);

/* pump_library.c */
void pump_library_drop(struct pump* pump);
enum pump_status pump_library_begin(struct pump* pump, const struct pump_request* request);
enum pump_status pump_library_chunk(struct pump* pump, struct pump_request* request);
enum pump_status pump_library_commit(struct pump* pump, const struct pump_request* request);
enum pump_status pump_library_read(struct pump* pump, struct pump_request* request);

#endif /* TARGETS_REFERENCE_PUMP_PUMP_INTERNAL_H_ */
