/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the 11073 link share; not for its users. */
#ifndef ARDEN_IEEE11073_MDC_INTERNAL_H_
#define ARDEN_IEEE11073_MDC_INTERNAL_H_

#include "mdc.h"

/* Keeps a function's name on the stack of a crash dump. */
#define MDC_NOINLINE __attribute__((noinline))

#define MDC_MAP_ENTRIES 8u
#define MDC_GROUP_ENTRIES 24u

/* Bytes of an APDU that are still to be read; a failed read leaves it as it was. */
struct mdc_view {
  const uint8_t* at;
  size_t left;
};

struct mdc_attribute {
  uint16_t id;
  struct mdc_view value;
};

enum mdc_attribute_id {
  kAttrType = 0x092F,
  kAttrScaleSpec16 = 0x096F,
  kAttrSimpleSamples = 0x0973,
  kAttrAbsoluteTime = 0x0990,
  kAttrUnit = 0x0996,
  kAttrBasicValue = 0x0A4C,
  kAttrScannerMap = 0x0A53,
  kAttrReportPeriod = 0x0A54,
  kAttrValueMap = 0x0A55,
  kAttrSimpleValue = 0x0A56,
  kAttrCompoundBasicValue = 0x0A75
};

enum mdc_class { kClassNumeric = 6, kClassSamples = 9, kClassPeriodicScanner = 19 };

struct mdc_map_entry {
  uint16_t attribute;
  uint16_t bytes;
};

struct mdc_group_entry {
  uint16_t handle;
  struct mdc_map_entry value;
};

/* Maps samples of lower_scaled..upper_scaled to lower..upper. */
struct mdc_scale {
  bool present;
  struct mdc_number lower;
  struct mdc_number upper;
  uint16_t lower_scaled;
  uint16_t upper_scaled;
};

struct mdc_object {
  struct mdc_object* next;
  uint16_t class_id;
  uint16_t handle;
  uint32_t type;
  uint16_t unit;
  uint32_t period; /* of a periodic scanner, in 1/8 ms */
  struct mdc_scale scale;
  size_t map_count;
  struct mdc_map_entry map[MDC_MAP_ENTRIES];
  size_t group_count; /* of a scanner: whose values one of its grouped observations holds */
  struct mdc_group_entry group[MDC_GROUP_ENTRIES];
};

extern const struct mdc_hal* mdc_hal;
extern const struct mdc_callbacks* mdc_callbacks;

/* mdc_values.c: MDER's integers, lists and numbers. */
bool mdc_take(struct mdc_view* view, size_t count, struct mdc_view* part);
bool mdc_u16(struct mdc_view* view, uint16_t* value);
bool mdc_u32(struct mdc_view* view, uint32_t* value);
bool mdc_octets(struct mdc_view* view, struct mdc_view* part); /* length, bytes */
bool mdc_list(struct mdc_view* view, uint16_t* count,
              struct mdc_view* entries); /* count, length, bytes */
bool mdc_next_attribute(struct mdc_view* view, struct mdc_attribute* attribute);
bool mdc_sfloat(struct mdc_view* view, struct mdc_number* number);
bool mdc_float(struct mdc_view* view, struct mdc_number* number);
struct mdc_number mdc_scale_sample(const struct mdc_scale* scale, uint16_t sample);

/* mdc_config.c */
bool mdc_config_load(struct mdc_view objects, uint16_t count);
bool mdc_config_load_standard(uint16_t config_id);
void mdc_config_reset(void);
void mdc_config_drop(bool orderly);
const struct mdc_object* mdc_find_object(uint16_t handle);

/* mdc_reports.c: false when the report is malformed. */
bool mdc_report(uint16_t event_type, uint16_t source, struct mdc_view info);
void mdc_pace_scanner(uint16_t handle);

#endif /* ARDEN_IEEE11073_MDC_INTERNAL_H_ */
