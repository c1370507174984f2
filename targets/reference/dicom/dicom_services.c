/* SPDX-License-Identifier: Apache-2.0
 *
 * What the services do with a data set: a preview of a stored image, the count of a stored
 * directory's records, and matching against the worklist (PS3.4 annex C.2.2.2). */
#include <string.h>

#include "dicom_internal.h"

enum { kSuccess = 0x0000, kRefused = 0xA700, kCannotUnderstand = 0xC000, kMostRecords = 64 };

struct image {
  uint16_t rows;
  uint16_t columns;
  uint16_t bits;
  uint16_t samples;
  struct dicom_view pixels;
};

static void visit_image(void* user, uint32_t depth, const struct dicom_element* element) {
  struct image* image = user;
  if (depth != 0) return;
  if (element->tag == 0x7FE00010u) {
    image->pixels = (struct dicom_view){element->value, element->size};
  }
  if (element->size != 2) return;
  if (element->tag == 0x00280002u) image->samples = dicom_u16le(element->value);
  if (element->tag == 0x00280010u) image->rows = dicom_u16le(element->value);
  if (element->tag == 0x00280011u) image->columns = dicom_u16le(element->value);
  if (element->tag == 0x00280100u) image->bits = dicom_u16le(element->value);
}

/* How often a side is halved until it fits an icon. */
static uint32_t icon_level(uint32_t side) {
  uint32_t level = 0;
  while (side > 16) {
    side /= 2;
    level++;
  }
  return level;
}

/* The image as the display takes it: black where the sender gave fewer pixels than it announced. */
DICOM_NOINLINE uint16_t dicom_render_preview(const struct image* image) {
  if (image->rows == 0 || image->columns == 0) return kCannotUnderstand;
  if (image->bits != 8 && image->bits != 16) return kCannotUnderstand;
  if (image->samples != 1 && image->samples != 3) return kCannotUnderstand;
  if (image->rows > DICOM_PREVIEW_SIDE || image->columns > DICOM_PREVIEW_SIDE) return kRefused;
  const size_t line_bytes = (size_t)image->columns * image->samples * (image->bits / 8u);
#ifdef PERCUSS_BUG_DICOM_02
  const uint16_t bytes = (uint16_t)(image->rows * line_bytes);
#else
  const size_t bytes = image->rows * line_bytes;
#endif
  uint8_t* pixels = dicom_hal->alloc(bytes);
  if (pixels == NULL) return kRefused;
  struct dicom_view sent = image->pixels;
  for (size_t row = 0; row < image->rows; row++) {
    uint8_t* out = pixels + row * line_bytes;
    struct dicom_view line;
    if (dicom_take(&sent, line_bytes, &line)) {
      memcpy(out, line.at, line_bytes);
    } else {
      memset(out, 0, line_bytes);
    }
  }
  const struct dicom_preview preview = {pixels, image->rows, image->columns,
                                        icon_level(image->rows) + icon_level(image->columns)};
  dicom_callbacks->preview(dicom_callbacks->user, &preview);
  dicom_hal->release(pixels);
  return kSuccess;
}

/* A directory's records in the order of the data set. Links are offsets of items, from the data
 * set's start, in the message and indices here; kNoRecord ends a chain. */
enum { kNoRecord = kMostRecords };

struct record {
  uint32_t offset;
  uint32_t next;
  uint32_t lower;
};

struct directory {
  uint32_t first;
  uint32_t count;
  uint32_t visited;
  struct record records[kMostRecords];
};

static void visit_directory(void* user, uint32_t depth, const struct dicom_element* element) {
  struct directory* directory = user;
  if (depth == 0 && element->tag == 0x00041200u && element->size == 4) {
    directory->first = dicom_u32le(element->value);
  }
}

static bool load_records(struct directory* directory, struct dicom_view data_set,
                         bool explicit_vr) {
  if (directory->first >= data_set.left) return false;
  struct dicom_view view = {data_set.at + directory->first, data_set.left - directory->first};
  struct dicom_element item;
  while (directory->count < kMostRecords) {
    const uint32_t offset = (uint32_t)(view.at - data_set.at);
    if (!dicom_next_element(&view, false, &item) || item.tag != 0xFFFEE000u) break;
    struct record* record = &directory->records[directory->count++];
    *record = (struct record){offset, 0, 0};
    struct dicom_view inner = {item.value, item.size};
    struct dicom_element element;
    while (dicom_next_element(&inner, explicit_vr, &element)) {
      if (element.size != 4) continue;
      if (element.tag == 0x00041400u) record->next = dicom_u32le(element.value);
      if (element.tag == 0x00041420u) record->lower = dicom_u32le(element.value);
    }
  }
  return directory->count != 0;
}

static bool resolve(const struct directory* directory, uint32_t* link) {
  if (*link == 0) {
    *link = kNoRecord;
    return true;
  }
  for (uint32_t i = 0; i < directory->count; i++) {
    if (directory->records[i].offset == *link) {
      *link = i;
      return true;
    }
  }
  return false;
}

/* Visits the records of one level and of all below it. Links must lead forward, so that every path
 * ends. */
DICOM_NOINLINE bool dicom_visit_records(struct directory* directory, uint32_t index,
                                        uint32_t depth) {
  while (index != kNoRecord) {
    const struct record* record = &directory->records[index];
    directory->visited++;
#ifndef PERCUSS_BUG_DICOM_03
    if (directory->visited > kMostRecords || depth > 4 || record->lower <= index) return false;
#endif
    if (record->lower != kNoRecord && !dicom_visit_records(directory, record->lower, depth + 1)) {
      return false;
    }
    if (record->next <= index) return false;
    index = record->next;
  }
  return true;
}

static uint16_t store_directory(const struct dicom_context* context, struct dicom_view data_set) {
  static struct directory directory;
  memset(&directory, 0, sizeof directory);
  if (!dicom_walk(data_set, context->explicit_vr, visit_directory, &directory) ||
      !load_records(&directory, data_set, context->explicit_vr)) {
    return kCannotUnderstand;
  }
  for (uint32_t i = 0; i < directory.count; i++) {
    struct record* record = &directory.records[i];
    if (!resolve(&directory, &record->next) || !resolve(&directory, &record->lower)) {
      return kCannotUnderstand;
    }
  }
  return dicom_visit_records(&directory, 0, 0) ? kSuccess : kCannotUnderstand;
}

uint16_t dicom_store(const struct dicom_context* context, struct dicom_view data_set) {
  if (context->service == kServiceDirectory) return store_directory(context, data_set);
  if (context->service != kServiceStorage) return kRefused;
  struct image image = {.samples = 1};
  if (!dicom_walk(data_set, context->explicit_vr, visit_image, &image)) return kCannotUnderstand;
  return dicom_render_preview(&image);
}

static const struct dicom_worklist_entry kWorklist[] = {
    {"ARCHER^ALICE^MARGARET", "AR-10017"},
    {"BENNETT^BEATRICE^OLIVIA", "AR-10018"},
    {"CARVER^CHARLES", "AR-10021"},
    {"DELACROIX-VANDERBILT^ALEXANDRINA-THERESIA^ELISABETH^^DR.", "AR-10024"},
};

/* '*' stands for any text, '?' for one character. */
#ifdef PERCUSS_BUG_DICOM_05
DICOM_NOINLINE bool dicom_match_wildcard(struct dicom_view pattern, struct dicom_view text) {
  if (pattern.left == 0) return text.left == 0;
  const struct dicom_view rest = {pattern.at + 1, pattern.left - 1};
  if (pattern.at[0] == '*') {
    for (size_t skip = 0; skip <= text.left; skip++) {
      const struct dicom_view tail = {text.at + skip, text.left - skip};
      if (dicom_match_wildcard(rest, tail)) return true;
    }
    return false;
  }
  if (text.left == 0 || (pattern.at[0] != '?' && pattern.at[0] != text.at[0])) return false;
  return dicom_match_wildcard(rest, (struct dicom_view){text.at + 1, text.left - 1});
}
#else
DICOM_NOINLINE bool dicom_match_wildcard(struct dicom_view pattern, struct dicom_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = pattern.left; /* the last '*' passed, and the text it stands for up to `resume` */
  size_t resume = 0;
  while (t < text.left) {
    if (p < pattern.left && pattern.at[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.left && (pattern.at[p] == '?' || pattern.at[p] == text.at[t])) {
      p++;
      t++;
    } else if (star != pattern.left) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.left && pattern.at[p] == '*') p++;
  return p == pattern.left;
}
#endif

struct query {
  struct dicom_view name;
  struct dicom_view id;
};

static void visit_query(void* user, uint32_t depth, const struct dicom_element* element) {
  struct query* query = user;
  if (depth != 0) return;
  const struct dicom_view value = dicom_trim((struct dicom_view){element->value, element->size});
  if (element->tag == 0x00100010u) query->name = value;
  if (element->tag == 0x00100020u) query->id = value;
}

static bool matches(struct dicom_view pattern, const char* text) {
  if (pattern.left == 0) return true;
  if (pattern.left > 64) return false;
  return dicom_match_wildcard(pattern, (struct dicom_view){(const uint8_t*)text, strlen(text)});
}

uint16_t dicom_find(const struct dicom_context* context, struct dicom_view identifier,
                    void (*found)(void* user, const struct dicom_worklist_entry* entry),
                    void* user) {
  struct query query = {{NULL, 0}, {NULL, 0}};
  if (context->service != kServiceWorklist) return kRefused;
  if (!dicom_walk(identifier, context->explicit_vr, visit_query, &query)) return kCannotUnderstand;
  for (size_t i = 0; i < sizeof kWorklist / sizeof kWorklist[0]; i++) {
    if (matches(query.name, kWorklist[i].name) && matches(query.id, kWorklist[i].id)) {
      found(user, &kWorklist[i]);
    }
  }
  return kSuccess;
}
