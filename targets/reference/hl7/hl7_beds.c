/* SPDX-License-Identifier: Apache-2.0
 *
 * Who lies where: ADT^A01 and A04 admit, A02 moves nobody (beds are names of the ward's), A03
 * discharges, A08 updates, A40 merges two records of one patient. */
#include <string.h>

#include "hl7_internal.h"

struct bed {
  bool taken;
  uint32_t merges;
  char patient[24];
  char name[32];
};

static struct bed beds[HL7_BEDS];

void hl7_beds_reset(void) { memset(beds, 0, sizeof beds); }

static struct bed* find_bed(struct hl7_text patient) {
  char key[sizeof beds[0].patient];
  hl7_copy(key, sizeof key, patient);
  for (size_t i = 0; i < HL7_BEDS; i++) {
    if (beds[i].taken && strcmp(beds[i].patient, key) == 0) return &beds[i];
  }
  return NULL;
}

bool hl7_bed_admit(struct hl7_text patient, struct hl7_text name) {
  if (patient.size == 0) return false;
  struct bed* bed = find_bed(patient);
  for (size_t i = 0; i < HL7_BEDS && bed == NULL; i++) {
    if (!beds[i].taken) bed = &beds[i];
  }
  if (bed == NULL) return false;
  bed->taken = true;
  hl7_copy(bed->patient, sizeof bed->patient, patient);
  if (name.size != 0) hl7_copy(bed->name, sizeof bed->name, name);
  return true;
}

static bool discharge(struct hl7_text patient) {
  struct bed* bed = find_bed(patient);
  if (bed == NULL) return false;
  memset(bed, 0, sizeof *bed);
  return true;
}

/* The record `prior` goes up in `surviving`: its bed is free afterwards. */
HL7_NOINLINE bool hl7_bed_merge(struct hl7_text surviving, struct hl7_text prior) {
  struct bed* to = find_bed(surviving);
  struct bed* from = find_bed(prior);
  if (to == NULL || to == from) return false;
#ifndef PERCUSS_BUG_HL7_03
  if (from == NULL) return false;
#endif
  to->merges += from->merges + 1;
  if (to->name[0] == '\0') memcpy(to->name, from->name, sizeof to->name);
  memset(from, 0, sizeof *from);
  return true;
}

bool hl7_handle_adt(const struct hl7_message* message) {
  struct hl7_text rest = message->segments;
  struct hl7_text segment;
  struct hl7_text patient = {NULL, 0};
  struct hl7_text name = {NULL, 0};
  struct hl7_text prior = {NULL, 0};
  while (hl7_next_segment(&rest, &segment)) {
    const struct hl7_text id = hl7_field(message, segment, 0);
    if (hl7_equals(id, "PID")) {
      patient = hl7_component(message, hl7_field(message, segment, 3), 0);
      name = hl7_component(message, hl7_field(message, segment, 5), 0);
    } else if (hl7_equals(id, "MRG")) {
      prior = hl7_component(message, hl7_field(message, segment, 1), 0);
    }
  }
  if (strcmp(message->trigger, "A03") == 0) return discharge(patient);
  if (strcmp(message->trigger, "A40") == 0) return hl7_bed_merge(patient, prior);
  if (strcmp(message->trigger, "A01") == 0 || strcmp(message->trigger, "A04") == 0 ||
      strcmp(message->trigger, "A08") == 0) {
    return hl7_bed_admit(patient, name);
  }
  return false;
}
