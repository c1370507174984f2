/* SPDX-License-Identifier: Apache-2.0 */
#include "harnesses/sdk/properties.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

const char* percuss_broken_id;

const char* percuss_stride_name(enum percuss_stride stride) {
  static const char* const kNames[] = {"spoofing",          "tampering",
                                       "repudiation",       "information_disclosure",
                                       "denial_of_service", "elevation_of_privilege"};
  return (size_t)stride < COUNT_OF(kNames) ? kNames[stride] : "";
}

void percuss_session_challenged(struct percuss_session* session) {
  session->challenged = true;
  session->answered = false;
}

void percuss_session_answered(struct percuss_session* session, bool right) {
  session->answered = session->challenged && right;
}

const struct percuss_property* percuss_session_attempted(struct percuss_session* session) {
  session->answered = false;
  session->failures++;
  if (session->rules->attempts == 0) return NULL;
  return session->failures > session->rules->attempts ? session->rules->lock_out : NULL;
}

static void forget_orders(struct percuss_session* session) {
  if (session->order_count != 0) memset(session->orders, 0, sizeof session->orders);
  session->order_count = 0;
}

const struct percuss_property* percuss_session_opened(struct percuss_session* session) {
  const bool proven = session->answered;
  session->answered = false;
  session->open = true;
  session->expired = false;
  session->failures = 0;
  forget_orders(session);
  return proven ? NULL : session->rules->proof;
}

void percuss_session_closed(struct percuss_session* session) { session->open = false; }

void percuss_session_expired(struct percuss_session* session) { session->expired = true; }

/* Whether it is a new one, which is kept where there is room. */
static bool is_new_order(struct percuss_session* session, uint64_t order) {
  if (order == UINT64_MAX) return true; /* 0 marks a free slot, so numbers are kept plus one */
  const size_t slots = COUNT_OF(session->orders);
  size_t at = (size_t)((order * 0x9e3779b97f4a7c15u) >> 32) % slots;
  while (session->orders[at] != 0) {
    if (session->orders[at] == order + 1) return false;
    at = (at + 1) % slots;
  }
  if (session->order_count == PERCUSS_SESSION_ORDERS) return true;
  session->order_count++;
  session->orders[at] = order + 1;
  return true;
}

const struct percuss_property* percuss_session_effect(struct percuss_session* session,
                                                      uint64_t order) {
  if (!session->open && session->rules->effect != NULL) return session->rules->effect;
  if (session->open && session->expired && session->rules->lifetime != NULL) {
    return session->rules->lifetime;
  }
  return is_new_order(session, order) ? NULL : session->rules->once;
}

const struct percuss_property* percuss_update_installed(struct percuss_update* update,
                                                        uint64_t version, uint64_t counter) {
  const bool rises = version > update->version && counter >= update->counter;
  update->version = version;
  update->counter = counter;
  return rises ? NULL : update->rises;
}

void percuss_audit_act(struct percuss_audit* audit, unsigned kind) {
  if (kind < PERCUSS_AUDIT_KINDS) audit->acts[kind]++;
}

void percuss_audit_entry(struct percuss_audit* audit, unsigned kind) {
  if (kind < PERCUSS_AUDIT_KINDS) audit->entries[kind]++;
}

const struct percuss_property* percuss_audit_settled(struct percuss_audit* audit) {
  bool told = true;
  for (size_t kind = 0; kind < PERCUSS_AUDIT_KINDS; kind++) {
    if (audit->entries[kind] < audit->acts[kind]) told = false;
    audit->acts[kind] = audit->entries[kind] = 0;
  }
  return told ? NULL : audit->told;
}

/* One way in which a secret can stand in a text. */
struct form {
  size_t size;
  size_t window; /* so many neighbours tell */
  uint8_t bytes[2 * PERCUSS_SECRET_BYTES_MAX];
};

#define FORMS 6u /* as it is, two of hex, three of base64 */

static void make_hex(const uint8_t* bytes, size_t size, const char* digits, struct form* form) {
  for (size_t i = 0; i < size; i++) {
    form->bytes[2 * i] = (uint8_t)digits[bytes[i] >> 4];
    form->bytes[2 * i + 1] = (uint8_t)digits[bytes[i] & 15u];
  }
  form->size = 2 * size;
  form->window = 2 * PERCUSS_SECRET_BYTES_MIN;
}

/* The characters that hold bits of the secret alone where `before` bytes modulo 3 stand before it.
 */
static void make_base64(const uint8_t* bytes, size_t size, size_t before, struct form* form) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  form->size = 0;
  form->window = 10;
  for (size_t bit = (8 * before + 5) / 6 * 6 - 8 * before; bit + 6 <= 8 * size; bit += 6) {
    const unsigned high = bytes[bit / 8];
    const unsigned low = bit / 8 + 1 < size ? bytes[bit / 8 + 1] : 0;
    const unsigned six = ((high << 8 | low) >> (10 - bit % 8)) & 63u;
    form->bytes[form->size++] = (uint8_t)kDigits[six];
  }
}

static void make_form(const uint8_t* bytes, size_t size, size_t which, struct form* form) {
  if (which == 0) {
    memcpy(form->bytes, bytes, size);
    form->size = size;
    form->window = PERCUSS_SECRET_BYTES_MIN;
  } else if (which < 3) {
    make_hex(bytes, size, which == 1 ? "0123456789abcdef" : "0123456789ABCDEF", form);
  } else {
    make_base64(bytes, size, which - 3, form);
  }
}

/* Without memcmp and its kin: engines watch these, would learn the secret and write it into
 * inputs. */
static bool holds_form(const uint8_t* text, size_t size, const struct form* form) {
  bool occurs[256] = {false};
  for (size_t i = 0; i < form->size; i++) occurs[form->bytes[i]] = true;
  size_t run = 0; /* of bytes that occur in the form */
  for (size_t at = 0; at < size; at++) {
    run = occurs[text[at]] ? run + 1 : 0;
    if (run < form->window) continue;
    const uint8_t* window = text + at + 1 - form->window;
    for (size_t from = 0; from + form->window <= form->size; from++) {
      size_t same = 0;
      while (same < form->window && window[same] == form->bytes[from + same]) same++;
      if (same == form->window) return true;
    }
  }
  return false;
}

static bool holds_secret(const uint8_t* text, size_t size, const uint8_t* secret,
                         size_t secret_size) {
  if (size < PERCUSS_SECRET_BYTES_MIN) return false;
  struct form form;
  for (size_t which = 0; which < FORMS; which++) {
    make_form(secret, secret_size, which, &form);
    if (holds_form(text, size, &form)) return true;
  }
  return false;
}

void percuss_secrets_plant(struct percuss_secrets* secrets, const void* bytes, size_t size) {
  if (size < PERCUSS_SECRET_BYTES_MIN || size > PERCUSS_SECRET_BYTES_MAX ||
      secrets->count == PERCUSS_SECRETS) {
    fprintf(stderr, "percuss: a secret of %zu bytes cannot be planted as number %zu\n", size,
            secrets->count + 1);
    abort();
  }
  memcpy(secrets->bytes[secrets->count], bytes, size);
  secrets->sizes[secrets->count] = size;
  secrets->known[secrets->count] = false;
  secrets->count++;
}

void percuss_secrets_told(struct percuss_secrets* secrets, const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < secrets->count; i++) {
    if (holds_secret(bytes, size, secrets->bytes[i], secrets->sizes[i])) secrets->known[i] = true;
  }
}

const struct percuss_property* percuss_secrets_seen(const struct percuss_secrets* secrets,
                                                    const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < secrets->count; i++) {
    if (secrets->known[i]) continue;
    if (holds_secret(bytes, size, secrets->bytes[i], secrets->sizes[i])) return secrets->kept;
  }
  return NULL;
}

void percuss_refusal_asked(struct percuss_refusal* refusal, uint64_t state) {
  refusal->asked = true;
  refusal->before = state;
}

const struct percuss_property* percuss_refusal_refused(struct percuss_refusal* refusal,
                                                       uint64_t state) {
  const bool changed = refusal->asked && refusal->before != state;
  refusal->asked = false;
  return changed ? refusal->unchanged : NULL;
}

const struct percuss_property* percuss_role_did(const struct percuss_role* role, unsigned needed) {
  return role->now < needed ? role->allowed : NULL;
}
