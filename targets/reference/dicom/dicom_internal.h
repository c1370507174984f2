/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the DICOM link share; not for its users. */
#ifndef ARDEN_DICOM_DICOM_INTERNAL_H_
#define ARDEN_DICOM_DICOM_INTERNAL_H_

#include "dicom.h"

/* Keeps a function's name on the stack of a crash dump. */
#define DICOM_NOINLINE __attribute__((noinline))

#define DICOM_UNDEFINED_LENGTH 0xFFFFFFFFu

/* Bytes of a PDU or data set that are still to be read. */
struct dicom_view {
  const uint8_t* at;
  size_t left;
};

enum dicom_service {
  kServiceNone,
  kServiceVerification,
  kServiceStorage,
  kServiceDirectory,
  kServiceWorklist
};

struct dicom_context {
  uint8_t id;
  uint8_t result; /* 0 accepted, 3 abstract syntax, 4 transfer syntaxes not supported (PS3.8 table
                     9-18) */
  bool explicit_vr;
  enum dicom_service service;
};

struct dicom_association {
  struct dicom_context contexts[DICOM_CONTEXTS];
  size_t context_count;
  bool application_known;
  uint32_t peer_pdu_bytes; /* 0: no limit named */
  uint16_t window;         /* operations that the peer may have open at once */
  char role_class[65];
  uint8_t role;   /* bit 0: user, bit 1: provider */
  uint8_t* queue; /* answers that wait for the peer */
};

struct dicom_element {
  uint32_t tag; /* group in the upper half */
  uint32_t length;
  const uint8_t* value;
  size_t size; /* of value: 0 where the length is undefined */
};

/* Called for each element of a data set, outermost depth 0. */
typedef void (*dicom_visitor)(void* user, uint32_t depth, const struct dicom_element* element);

extern const struct dicom_hal* dicom_hal;
extern const struct dicom_callbacks* dicom_callbacks;

/* dicom_bytes.c */
uint16_t dicom_u16le(const uint8_t* at);
uint32_t dicom_u32le(const uint8_t* at);
uint16_t dicom_u16be(const uint8_t* at);
uint32_t dicom_u32be(const uint8_t* at);
bool dicom_take(struct dicom_view* view, size_t count, struct dicom_view* part);
bool dicom_uid_is(struct dicom_view uid, const char* expected);
bool dicom_uid_starts(struct dicom_view uid, const char* expected);
struct dicom_view dicom_trim(struct dicom_view text);

/* dicom_associate.c: false when the request must be rejected. */
bool dicom_parse_request(struct dicom_view body, struct dicom_association* association);
size_t dicom_build_accept(const struct dicom_association* association, uint8_t* out, size_t room);
void dicom_association_end(struct dicom_association* association);

/* dicom_dimse.c: false when the association must be aborted. */
void dicom_dimse_reset(void);
bool dicom_dimse_fragment(const struct dicom_context* context, uint8_t control,
                          struct dicom_view data);

/* dicom_data_set.c */
bool dicom_next_element(struct dicom_view* view, bool explicit_vr, struct dicom_element* element);
bool dicom_walk(struct dicom_view data_set, bool explicit_vr, dicom_visitor visitor, void* user);

/* dicom_services.c: all return the status for the answer (PS3.7 annex C). */
uint16_t dicom_store(const struct dicom_context* context, struct dicom_view data_set);

struct dicom_worklist_entry {
  const char* name;
  const char* id;
};

/* Calls `found` for each scheduled examination that the identifier matches. */
uint16_t dicom_find(const struct dicom_context* context, struct dicom_view identifier,
                    void (*found)(void* user, const struct dicom_worklist_entry* entry),
                    void* user);

#endif /* ARDEN_DICOM_DICOM_INTERNAL_H_ */
