/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the HL7 link share; not for its users. */
#ifndef ARDEN_HL7_HL7_INTERNAL_H_
#define ARDEN_HL7_HL7_INTERNAL_H_

#include "hl7.h"

/* Keeps a function's name on the stack of a crash dump. */
#define HL7_NOINLINE __attribute__((noinline))

/* A part of the message that is being handled; never terminated. */
struct hl7_text {
  const char* at;
  size_t size;
};

struct hl7_delimiters {
  char field;
  char component;
  char repetition;
  char escape;
  char subcomponent;
};

/* What formatting commands in a text asked for. */
struct hl7_format {
  uint32_t indent;
};

struct hl7_message {
  struct hl7_delimiters delimiters;
  struct hl7_text segments; /* the whole message, MSH first */
  struct hl7_text header;
  struct hl7_text control_id;
  char type[4];
  char trigger[4];
};

extern const struct hl7_hal* hl7_hal;
extern const struct hl7_callbacks* hl7_callbacks;

/* hl7_text.c */
bool hl7_split(struct hl7_text* rest, char separator, struct hl7_text* part);
struct hl7_text hl7_part(struct hl7_text whole, char separator, size_t index);
bool hl7_equals(struct hl7_text text, const char* word);
void hl7_copy(char* out, size_t room, struct hl7_text text);
bool hl7_number_milli(struct hl7_text text, int64_t* milli);
bool hl7_next_segment(struct hl7_text* rest, struct hl7_text* segment);
bool hl7_parse_header(struct hl7_text bytes, struct hl7_message* message);
struct hl7_text hl7_field(const struct hl7_message* message, struct hl7_text segment, size_t index);
struct hl7_text hl7_component(const struct hl7_message* message, struct hl7_text field,
                              size_t index);

/* hl7_escape.c: both return the bytes written, at most `room`. Without a format the text is an
 * identifier: what is no whole sequence for a character stands for itself. A byte becomes
 * HL7_ESCAPED_BYTES at most: \Xhh\. */
#define HL7_ESCAPED_BYTES 5u
size_t hl7_unescape(const struct hl7_delimiters* delimiters, struct hl7_text in, char* out,
                    size_t room, struct hl7_format* format);
size_t hl7_escape(const struct hl7_delimiters* delimiters, struct hl7_text in, char* out,
                  size_t room);

/* hl7_beds.c */
void hl7_beds_reset(void);
bool hl7_bed_admit(struct hl7_text patient, struct hl7_text name);
bool hl7_handle_adt(const struct hl7_message* message);

/* hl7_results.c */
void hl7_results_reset(void);
bool hl7_handle_oru(const struct hl7_message* message);

/* hl7_session.c */
void hl7_handle_message(const char* bytes, size_t count);
void hl7_session_reset(void);
void hl7_pending_drop(bool expired);

#endif /* ARDEN_HL7_HL7_INTERNAL_H_ */
