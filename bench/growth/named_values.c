/* SPDX-License-Identifier: Apache-2.0
 *
 * A quadratic plant: values by name in a text message, as monitors exchange them. Each use of a
 * name is looked for among all definitions before it, the last one first, so that n definitions and
 * n uses take n * n steps. CWE-407.
 *
 *   SET name=value CR   defines; of several of the same name the last one counts
 *   GET name CR         uses
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MOST_NAMES 4096u

struct name {
  const uint8_t* at;
  size_t length;
};

static struct name names[MOST_NAMES];
static size_t name_count;
static volatile size_t found; /* so that no look-up is left out */

static bool is_defined(struct name name) {
  for (size_t i = name_count; i-- > 0;) {
    if (names[i].length == name.length && memcmp(names[i].at, name.at, name.length) == 0) {
      return true;
    }
  }
  return false;
}

static struct name read_name(const uint8_t* at, const uint8_t* end) {
  struct name name = {at, 0};
  while (at + name.length < end && at[name.length] != '=') name.length++;
  return name;
}

static void take_line(const uint8_t* at, const uint8_t* end) {
  if (end - at < 5 || at[3] != ' ') return;
  const struct name name = read_name(at + 4, end);
  const bool sets = memcmp(at, "SET", 3) == 0;
  if (sets && name.at + name.length == end) return; /* no value */
  if (!sets && memcmp(at, "GET", 3) != 0) return;
  if (!sets) {
    found += is_defined(name);
  } else if (name_count < MOST_NAMES) {
    names[name_count++] = name;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  name_count = 0;
  size_t begin = 0;
  for (size_t at = 0; at < size; at++) {
    if (data[at] != '\r') continue;
    take_line(data + begin, data + at);
    begin = at + 1;
  }
  return 0;
}
