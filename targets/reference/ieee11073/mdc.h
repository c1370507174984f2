/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO/IEEE 11073-20601 as the Arden patient monitor speaks it to sensors (agents): the monitor is
 * the manager. It takes association requests, learns the agent's configuration, and shows what its
 * scan reports say. Messages are in MDER.
 *
 * States (20601 chapter 8): unassociated; waiting for the configuration of an agent that is not
 * known; operating. The pulse oximeter's standard configuration 0190h (11073-10404) is built in.
 * One agent at a time: all state is static, nothing here is reentrant or thread-safe. Objects of
 * the configuration live on the board's heap.
 */
#ifndef ARDEN_IEEE11073_MDC_H_
#define ARDEN_IEEE11073_MDC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDC_APDU_BYTES 8192u
#define MDC_OBJECTS 16u
#define MDC_COMPOUND_VALUES 4u

/* What the board offers. No pointer may be NULL. */
struct mdc_hal {
  void* (*alloc)(size_t bytes); /* NULL when the heap is exhausted */
  void (*release)(void* block);
  void (*delay_ms)(uint32_t delay_ms);
};

enum mdc_special {
  kMdcNumber,
  kMdcNotANumber,
  kMdcNotAtThisResolution,
  kMdcInfinite,
  kMdcReserved
};

/* mantissa times ten to the exponent. */
struct mdc_number {
  int32_t mantissa;
  int8_t exponent;
  uint8_t special; /* enum mdc_special */
};

struct mdc_observation {
  uint16_t handle;
  uint16_t person; /* 0 where the agent does not tell persons apart */
  uint16_t unit;
  uint16_t value_count;
  struct mdc_number values[MDC_COMPOUND_VALUES];
  uint32_t has_time;
  uint8_t
      time[8]; /* AbsoluteTime: century, year, month, day, hour, minute, second, 1/100 s, all BCD */
};

struct mdc_callbacks {
  void* user;
  void (*send)(void* user, const uint8_t* bytes, size_t count); /* one APDU */
  void (*observed)(void* user, const struct mdc_observation* observation);
};

/* Both structs must outlive the link. */
void mdc_open(const struct mdc_hal* hal, const struct mdc_callbacks* callbacks);

/* Takes the next bytes of the transport's stream, in pieces of any size. */
void mdc_receive(const uint8_t* bytes, size_t count);

/* Gives back all memory. mdc_open() may follow. */
void mdc_close(void);

#ifdef __cplusplus
}
#endif

#endif /* ARDEN_IEEE11073_MDC_H_ */
