/* SPDX-License-Identifier: Apache-2.0
 *
 * MDER (20601 annex F): big-endian integers, octet strings and lists; SFLOAT and FLOAT with their
 * special values. */
#include "mdc_internal.h"

bool mdc_take(struct mdc_view* view, size_t count, struct mdc_view* part) {
  if (view->left < count) return false;
  part->at = view->at;
  part->left = count;
  view->at += count;
  view->left -= count;
  return true;
}

bool mdc_u16(struct mdc_view* view, uint16_t* value) {
  struct mdc_view part;
  if (!mdc_take(view, 2, &part)) return false;
  *value = (uint16_t)(part.at[0] << 8 | part.at[1]);
  return true;
}

bool mdc_u32(struct mdc_view* view, uint32_t* value) {
  struct mdc_view part;
  if (!mdc_take(view, 4, &part)) return false;
  *value = (uint32_t)part.at[0] << 24 | (uint32_t)part.at[1] << 16 | (uint32_t)part.at[2] << 8 |
           part.at[3];
  return true;
}

bool mdc_octets(struct mdc_view* view, struct mdc_view* part) {
  uint16_t size;
  return mdc_u16(view, &size) && mdc_take(view, size, part);
}

bool mdc_list(struct mdc_view* view, uint16_t* count, struct mdc_view* entries) {
  return mdc_u16(view, count) && mdc_octets(view, entries);
}

bool mdc_next_attribute(struct mdc_view* view, struct mdc_attribute* attribute) {
  return mdc_u16(view, &attribute->id) && mdc_octets(view, &attribute->value);
}

bool mdc_sfloat(struct mdc_view* view, struct mdc_number* number) {
  uint16_t raw;
  if (!mdc_u16(view, &raw)) return false;
  *number = (struct mdc_number){0, 0, kMdcNumber};
  switch (raw & 0x0FFF) {
    case 0x07FF:
      number->special = kMdcNotANumber;
      return true;
    case 0x0800:
      number->special = kMdcNotAtThisResolution;
      return true;
    case 0x07FE:
    case 0x0802:
      number->special = kMdcInfinite;
      return true;
    case 0x0801:
      number->special = kMdcReserved;
      return true;
    default:
      break;
  }
  const int32_t mantissa = raw & 0x0FFF;
  const int32_t exponent = raw >> 12;
  number->mantissa = mantissa < 0x0800 ? mantissa : mantissa - 0x1000;
  number->exponent = (int8_t)(exponent < 8 ? exponent : exponent - 16);
  return true;
}

bool mdc_float(struct mdc_view* view, struct mdc_number* number) {
  uint32_t raw;
  if (!mdc_u32(view, &raw)) return false;
  *number = (struct mdc_number){0, 0, kMdcNumber};
  const int32_t mantissa = (int32_t)(raw & 0x00FFFFFFu);
  switch (mantissa) {
    case 0x007FFFFF:
      number->special = kMdcNotANumber;
      return true;
    case 0x00800000:
      number->special = kMdcNotAtThisResolution;
      return true;
    case 0x007FFFFE:
    case 0x00800002:
      number->special = kMdcInfinite;
      return true;
    case 0x00800001:
      number->special = kMdcReserved;
      return true;
    default:
      break;
  }
  const int32_t exponent = (int32_t)(raw >> 24);
  number->mantissa = mantissa < 0x00800000 ? mantissa : mantissa - 0x01000000;
  number->exponent = (int8_t)(exponent < 128 ? exponent : exponent - 256);
  return true;
}

/* Samples are scaled in the exponent of the bounds; a configuration whose bounds' exponents differ
 * was refused. */
MDC_NOINLINE struct mdc_number mdc_scale_sample(const struct mdc_scale* scale, uint16_t sample) {
  struct mdc_number number = {sample, 0, kMdcNumber};
  if (!scale->present) return number;
  const int64_t range = (int64_t)scale->upper.mantissa - scale->lower.mantissa;
  const int64_t scaled_range = (int64_t)scale->upper_scaled - scale->lower_scaled;
  const int64_t steps_per_unit = scaled_range / range;
  const int64_t offset = ((int64_t)sample - scale->lower_scaled) / steps_per_unit;
  number.mantissa = (int32_t)(scale->lower.mantissa + offset);
  number.exponent = scale->lower.exponent;
  return number;
}
