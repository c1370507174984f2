/* SPDX-License-Identifier: Apache-2.0
 *
 * Security properties by STRIDE (spoofing, tampering, repudiation, information disclosure, denial
 * of service, elevation of privilege; Hernan, Lambert, Ostwald and Shostack 2006), for harnesses:
 *
 *     static const struct percuss_property kProof = {
 *         "CWE-287:door-proof", "opened without the right answer", PERCUSS_SPOOFING, "T-09"};
 *     static const struct percuss_session_rules kRules = {.proof = &kProof};
 *
 *     percuss_session_challenged(&session);                 // the device sent a challenge
 *     percuss_session_answered(&session, answer_is_right);  // the harness checked by itself
 *     PERCUSS_KEEP(percuss_session_opened(&session));       // the device says that it opened
 *
 * The harness tells what it saw, with knowledge of its own and not by asking the device. A tracker
 * answers with the property that this breaks, or NULL, and never with one that was kept. Properties
 * that a tracker's rules leave out (NULL) are not checked. PERCUSS_KEEP ends the process in the
 * function that uses it, as PERCUSS_PROPERTY does: one function per property keeps findings apart.
 *
 * A tracker begins as zeroes with its rules, anew for every input. Trackers are compiled without
 * coverage, so that engines do not learn secrets from them. Needs libc only. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_SDK_PROPERTIES_H_
#define PERCUSS_HARNESSES_SDK_PROPERTIES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

enum percuss_stride {
  PERCUSS_SPOOFING,
  PERCUSS_TAMPERING,
  PERCUSS_REPUDIATION,
  PERCUSS_INFORMATION_DISCLOSURE,
  PERCUSS_DENIAL_OF_SERVICE,
  PERCUSS_ELEVATION_OF_PRIVILEGE,
};

struct percuss_property {
  const char* id;   /* the weakness and a name: "CWE-287:door-proof"; no blanks */
  const char* what; /* happened, when it is broken; one line */
  enum percuss_stride stride;
  const char* threat; /* its id in threats.json, or NULL */
};

/* The id of the property that has been broken, NULL before: what ends the process in one place may
 * be several bugs. */
extern const char* percuss_broken_id;

/* "spoofing": as in threats.json. */
const char* percuss_stride_name(enum percuss_stride stride);

#define PERCUSS_KEEP(broken_property)                                                      \
  do {                                                                                     \
    const struct percuss_property* const percuss_broken = (broken_property);               \
    if (percuss_broken != NULL) {                                                          \
      percuss_broken_id = percuss_broken->id;                                              \
      fprintf(stderr, "percuss: property violated: %s: %s [%s%s%s]\n", percuss_broken->id, \
              percuss_broken->what, percuss_stride_name(percuss_broken->stride),           \
              percuss_broken->threat != NULL ? " " : "",                                   \
              percuss_broken->threat != NULL ? percuss_broken->threat : "");               \
      abort();                                                                             \
    }                                                                                      \
  } while (0)

/* What no tracker is needed for: &kProperty must hold now. */
#define PERCUSS_HOLDS(condition, property) PERCUSS_KEEP((condition) ? NULL : (property))

/* Sessions and orders, spoofing. */
struct percuss_session_rules {
  const struct percuss_property*
      proof; /* opens only after the right answer to the last challenge */
  const struct percuss_property* effect;   /* orders take effect only while a session is open */
  const struct percuss_property* lifetime; /* nor after the session's key has expired */
  const struct percuss_property* once;     /* an order takes effect once in a session */
  const struct percuss_property* lock_out;
  unsigned attempts; /* wrong answers in a row after which none is looked at any more */
};

#define PERCUSS_SESSION_ORDERS 256u /* of one session; later ones are not told apart */

struct percuss_session {
  const struct percuss_session_rules* rules;
  bool challenged, answered, open, expired;
  unsigned failures;
  size_t order_count;
  uint64_t orders[2 * PERCUSS_SESSION_ORDERS];
};

/* A challenge went out: answers to those before it count no more. Does not end a session. */
void percuss_session_challenged(struct percuss_session* session);
/* An answer went in. `right`: it answers the last challenge, as the harness computed by itself. */
void percuss_session_answered(struct percuss_session* session, bool right);
/* The device says that an answer was looked at and found wrong. */
const struct percuss_property* percuss_session_attempted(struct percuss_session* session);
const struct percuss_property* percuss_session_opened(struct percuss_session* session);
/* By logout, or because another one begins. */
void percuss_session_closed(struct percuss_session* session);
/* The key or challenge that it rests on is too old, or was withdrawn. */
void percuss_session_expired(struct percuss_session* session);
/* The device did what an order says. `order`, any number that repeats only where the order is a
 * copy: a sequence number. */
const struct percuss_property* percuss_session_effect(struct percuss_session* session,
                                                      uint64_t order);

/* What is installed only rises, tampering. */
struct percuss_update {
  const struct percuss_property* rises;
  uint64_t version; /* installed now; the next is greater */
  uint64_t counter; /* likewise; the next is not smaller */
};

const struct percuss_property* percuss_update_installed(struct percuss_update* update,
                                                        uint64_t version, uint64_t counter);

/* Acts and their entries in the audit log, repudiation. `kind` is the harness's own number for acts
 * that one kind of entry tells of. */
#define PERCUSS_AUDIT_KINDS 16u

struct percuss_audit {
  const struct percuss_property* told;
  uint32_t acts[PERCUSS_AUDIT_KINDS];
  uint32_t entries[PERCUSS_AUDIT_KINDS];
};

void percuss_audit_act(struct percuss_audit* audit, unsigned kind);
void percuss_audit_entry(struct percuss_audit* audit, unsigned kind);
/* The device has done all that a message asked for: each act has had its entry, before or after it.
 * Begins anew. */
const struct percuss_property* percuss_audit_settled(struct percuss_audit* audit);

/* Secrets in what leaves the device, information disclosure: as they are, in hex, and in base64
 * (RFC 4648, section 4) at any place in a text. Eight neighbouring bytes of a secret are enough;
 * in base64 the ten characters that are theirs alone. */
#define PERCUSS_SECRETS 8u
#define PERCUSS_SECRET_BYTES_MIN 8u
#define PERCUSS_SECRET_BYTES_MAX 64u

struct percuss_secrets {
  const struct percuss_property* kept;
  size_t count;
  size_t sizes[PERCUSS_SECRETS];
  bool known[PERCUSS_SECRETS];
  uint8_t bytes[PERCUSS_SECRETS][PERCUSS_SECRET_BYTES_MAX];
};

/* Copies it. Keys, passwords, names of patients, or a pattern with which the harness fills memory
 * that the device may not send. Aborts on a size outside of the limits, or one secret too many. */
void percuss_secrets_plant(struct percuss_secrets* secrets, const void* bytes, size_t size);
/* What the peer sends: a secret that is in it the peer knows, and the device may send it back. */
void percuss_secrets_told(struct percuss_secrets* secrets, const uint8_t* bytes, size_t size);
/* A reply, a log line, a record on the wire. */
const struct percuss_property* percuss_secrets_seen(const struct percuss_secrets* secrets,
                                                    const uint8_t* bytes, size_t size);

/* What was refused changed nothing, tampering. The harness makes a number of the state that must
 * stay, field by field: padding is not state. percuss_digest (edge_tally.h) makes one of bytes. */
struct percuss_refusal {
  const struct percuss_property* unchanged;
  bool asked;
  uint64_t before;
};

void percuss_refusal_asked(struct percuss_refusal* refusal, uint64_t state);
/* The device refused the message before which `asked` was called. */
const struct percuss_property* percuss_refusal_refused(struct percuss_refusal* refusal,
                                                       uint64_t state);

/* Who may do what, elevation of privilege: roles are ranks, each may what those below it may. */
struct percuss_role {
  const struct percuss_property* allowed;
  unsigned now; /* 0: nobody in particular */
};

/* The device did what needs at least that rank. */
const struct percuss_property* percuss_role_did(const struct percuss_role* role, unsigned needed);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_PROPERTIES_H_ */
