/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool read_number(const char* text, uint64_t* number, const char** rest) {
  char* end = NULL;
  errno = 0;
  *number = strtoull(text, &end, 0);
  if (rest != NULL) *rest = end;
  return errno == 0 && end != text && (rest != NULL || *end == '\0');
}

static bool add_rule(enum rule_kind kind, const char* text, struct options* options) {
  if (options->rules == MOST_RULES) return false;
  struct rule* rule = &options->rule[options->rules];
  const char* rest = NULL;
  rule->kind = kind;
  if (!read_number(text, &rule->address, &rest) || (*rest != ':' && *rest != '\0')) return false;
  if (*rest == ':') strncpy(rule->name, rest + 1, sizeof rule->name - 1);
  rule->address &= ~(uint64_t)1; /* of Thumb */
  options->rules++;
  return true;
}

static bool read_range(const char* text, uint64_t* begin, uint64_t* end, const char** rest) {
  return read_number(text, begin, rest) && **rest == '-' && read_number(*rest + 1, end, rest) &&
         *begin <= *end;
}

static bool add_function(enum allocator_role role, const char* text, struct options* options) {
  if (options->checks.functions == MOST_ALLOCATOR_FUNCTIONS) return false;
  struct allocator_function* function = &options->checks.function[options->checks.functions++];
  const char* rest = NULL;
  uint64_t argument = 0;
  function->role = role;
  if (!read_range(text, &function->begin, &function->end, &rest) || *rest != ':') return false;
  if (!read_number(rest + 1, &argument, NULL) || argument > 2) return false;
  function->argument = (int)argument;
  return true;
}

/* -1: no option of that name; otherwise whether it was good. */
static int read_compare(const char* name, const char* value, struct compare_functions* compares) {
  static const struct {
    const char* name;
    enum compare_until until;
  } kinds[] = {{"compare_bytes", COMPARE_UNTIL_SIZE},
               {"compare_text", COMPARE_UNTIL_ZERO},
               {"compare_some_text", COMPARE_UNTIL_EITHER}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(name, kinds[i].name) != 0) continue;
    if (compares->count == MOST_COMPARE_FUNCTIONS) return 0;
    struct compare_function* function = &compares->function[compares->count++];
    function->until = kinds[i].until;
    if (!read_number(value, &function->address, NULL)) return 0;
    function->address &= ~(uint64_t)1; /* of Thumb */
    return 1;
  }
  return -1;
}

static bool read_check(const char* name, const char* value, struct options* options) {
  static const struct {
    const char* name;
    enum allocator_role role;
  } roles[] = {{"allocate", ALLOCATE},
               {"allocate_array", ALLOCATE_ARRAY},
               {"reallocate", REALLOCATE},
               {"release", RELEASE}};
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
    if (strcmp(name, roles[i].name) == 0) return add_function(roles[i].role, value, options);
  }
  const char* rest = NULL;
  if (strcmp(name, "heap") == 0) {
    const uint64_t most = 64u << 20;
    return read_range(value, &options->checks.heap_begin, &options->checks.heap_end, &rest) &&
           *rest == '\0' && options->checks.heap_end - options->checks.heap_begin <= most;
  }
  struct memory_layout* layout = &options->checks.layout;
  const struct {
    const char* name;
    struct memory_ranges* ranges;
  } ranges[] = {{"flash", &layout->flash},
                {"ram", &layout->ram},
                {"code", &layout->code},
                {"known", &layout->known}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    uint64_t begin = 0;
    uint64_t end = 0;
    if (strcmp(name, ranges[i].name) != 0) continue;
    return read_range(value, &begin, &end, &rest) && *rest == '\0' &&
           memory_ranges_add(ranges[i].ranges, begin, end);
  }
  if (strcmp(name, "stack") == 0) {
    return read_range(value, &layout->stack_limit, &layout->stack_top, &rest) && *rest == '\0';
  }
  if (strcmp(name, "leaks") != 0) return false;
  options->checks.leaks = strcmp(value, "1") == 0;
  return options->checks.leaks;
}

static bool read_option(const char* name, const char* value, struct options* options) {
  static const struct {
    const char* name;
    enum rule_kind kind;
  } rules[] = {{"checkpoint", RULE_CHECKPOINT}, {"done", RULE_DONE},
               {"fault", RULE_FAULT},           {"assert", RULE_ASSERT},
               {"property", RULE_PROPERTY},     {"watchdog", RULE_WATCHDOG}};
  const struct {
    const char* name;
    uint64_t* number;
  } numbers[] = {
      {"buffer", &options->line.buffer},        {"room", &options->line.room},
      {"length", &options->line.length},        {"budget", &options->budget},
      {"deadline", &options->deadline},         {"null_bytes", &options->checks.null_bytes},
      {"idle_ns", &options->idle_ns},           {"instruction_ps", &options->ps_per_instruction},
      {"semihosting", &options->line.for_stdin}};
  if (strcmp(name, "checkpoint") == 0 && strcmp(value, "sleep") == 0) {
    options->checkpoint_at_sleep = true;
    return true;
  }
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    if (strcmp(name, rules[i].name) == 0) return add_rule(rules[i].kind, value, options);
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (strcmp(name, numbers[i].name) == 0) return read_number(value, numbers[i].number, NULL);
  }
  if (strcmp(name, "profile") == 0) {
    options->m_profile = strcmp(value, "m") == 0;
    return options->m_profile || strcmp(value, "a") == 0 || strcmp(value, "riscv") == 0;
  }
  if (strcmp(name, "line") == 0 && strlen(value) < sizeof options->line.device) {
    memcpy(options->line.device, value, strlen(value) + 1);
    return true;
  }
  const int compare = read_compare(name, value, &options->compares);
  return compare < 0 ? read_check(name, value, options) : compare == 1;
}

const char* options_read(int argc, char** argv, struct options* options) {
  options->budget = 50000000;
  options->idle_ns = 50000000;
  options->ps_per_instruction = 40000;
  for (int i = 0; i < argc; i++) {
    char name[32] = "";
    const char* equals = strchr(argv[i], '=');
    if (equals == NULL || (size_t)(equals - argv[i]) >= sizeof name) return argv[i];
    memcpy(name, argv[i], (size_t)(equals - argv[i]));
    if (!read_option(name, equals + 1, options)) return argv[i];
  }
  return options->ps_per_instruction == 0 ? "instruction_ps=0" : NULL;
}
