/* SPDX-License-Identifier: Apache-2.0
 *
 * What surrounds the updater: signs containers as their makers would, and judges what is committed
 * by reading the container itself, as harnesses/update_image_harness.cc does on a host. */
#ifndef TARGETS_FIRMWARE_REFERENCE_APPS_UPDATE_BENCH_H_
#define TARGETS_FIRMWARE_REFERENCE_APPS_UPDATE_BENCH_H_

#include "targets/reference/update/update.h"

/* The device as delivered: version 2.4.7, counter 40. The first call derives the keys. */
void bench_open(void);
void bench_fix_up(uint8_t* container, size_t count, unsigned mode);
/* The container that a commit is judged by. */
void bench_expect(const uint8_t* container, size_t count);

/* The updater's HAL, named as in targets/reference/update/EXPECT.json. */
void UpdSha256(void* context, const uint8_t* bytes, size_t length, uint8_t* out);
bool UpdEd25519Verify(void* context, const uint8_t* signature, const uint8_t* message,
                      size_t length);
void UpdShowNotes(void* context, const char* text);
void UpdFlashWrite(void* context, uint32_t offset, const uint8_t* bytes, size_t length);
void UpdFlashCommit(void* context);

#endif /* TARGETS_FIRMWARE_REFERENCE_APPS_UPDATE_BENCH_H_ */
