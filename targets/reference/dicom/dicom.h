/* SPDX-License-Identifier: Apache-2.0
 *
 * DICOM as the Arden patient monitor serves it: verification (C-ECHO), storage of small images and
 * of media directories (C-STORE), and its list of scheduled examinations (C-FIND, modality
 * worklist).
 *
 * The monitor is the acceptor of associations (PS3.8 upper layer) and the provider of the services
 * (PS3.7). One association at a time: all state is static, nothing here is reentrant or
 * thread-safe. PDU bodies, data sets and previews live on the board's heap, taken through the HAL
 * and given back at the association's end.
 */
#ifndef ARDEN_DICOM_DICOM_H_
#define ARDEN_DICOM_DICOM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DICOM_PDU_BYTES 16384u
#define DICOM_DATA_SET_BYTES 32768u
#define DICOM_CONTEXTS 16u
#define DICOM_PREVIEW_SIDE 192u

/* What the board offers. No pointer may be NULL. */
struct dicom_hal {
  void* (*alloc)(size_t bytes); /* NULL when the heap is exhausted */
  void (*release)(void* block);
};

struct dicom_preview {
  const uint8_t* pixels; /* valid during the call */
  uint32_t rows;
  uint32_t columns;
  uint32_t halvings; /* of both sides together, until it fits an icon */
};

struct dicom_callbacks {
  void* user;
  void (*send)(void* user, const uint8_t* bytes, size_t count); /* one whole PDU */
  void (*preview)(void* user, const struct dicom_preview* preview);
};

/* Both structs must outlive the link. */
void dicom_open(const struct dicom_hal* hal, const struct dicom_callbacks* callbacks);

/* Takes the next bytes of the stream, in pieces of any size. After an association's end the next
 * PDU is read as the first of the next connection. */
void dicom_receive(const uint8_t* bytes, size_t count);

/* Gives back all memory. dicom_open() may follow. */
void dicom_close(void);

#ifdef __cplusplus
}
#endif

#endif /* ARDEN_DICOM_DICOM_H_ */
