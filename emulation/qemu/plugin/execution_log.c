/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/execution_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/execution_record.h"
#include "emulation/qemu/plugin/guest_core.h"
#include "emulation/qemu/plugin/translation_sharing.h"

#define PAGE_BITS 12
#define PAGES (1u << (32 - PAGE_BITS))

bool execution_log_on;

static struct percuss_execution_file* file;
static struct percuss_execution_record* records;
static bool begun;
static uint8_t* page_is; /* asked once, as that takes longer than all else here */

enum { UNKNOWN, MEMORY, DEVICE }; /* of a page */

bool execution_log_open(void) {
  const char* path = getenv(PERCUSS_EXECUTION_ENV);
  if (path == NULL) return true;
  const size_t bytes = sizeof *file + PERCUSS_EXECUTION_RECORDS * sizeof *records;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  void* map = ftruncate(fd, (off_t)bytes) == 0
                  ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                  : MAP_FAILED;
  close(fd);
  page_is = calloc(PAGES, 1);
  if (map == MAP_FAILED || page_is == NULL) return false;
  file = map;
  records = (struct percuss_execution_record*)(file + 1);
  execution_log_on = true;
  return true;
}

void execution_log_begin(void) {
  begun = execution_log_on;
  if (begun) file->magic = PERCUSS_EXECUTION_MAGIC;
}

static void add(const struct percuss_execution_record* record) {
  if (!begun) return;
  records[file->records % PERCUSS_EXECUTION_RECORDS] = *record;
  file->records++;
}

void execution_log_block(uint64_t address, uint32_t instructions, uint32_t bytes, unsigned depth) {
  uint64_t stack = 0;
  translation_sharing_register(guest_core->stack, &stack);
  add(&(struct percuss_execution_record){
      .kind = PERCUSS_EXECUTION_BLOCK,
      .depth = (uint8_t)depth,
      .size = (uint16_t)instructions,
      .pc = (uint32_t)address,
      .address = (uint32_t)stack,
      .value = bytes,
  });
}

/* What a device gives was made by nobody who stored. Where a Cortex-M has an address space of its
 * own QEMU knows of no memory; there the architecture's regions for code and SRAM tell (DDI 0403E,
 * B3.1). */
static bool is_memory(uint64_t address) {
  const uint64_t peripherals = guest_core->tells_cause ? 0 : 0x40000000;
  uint8_t* page = &page_is[(uint32_t)address >> PAGE_BITS];
  if (*page == UNKNOWN) {
    *page = address >= peripherals && emulator_lacks_memory_at(address) ? DEVICE : MEMORY;
  }
  return *page == MEMORY;
}

void execution_log_access(uint64_t pc, uint64_t address, unsigned bytes, bool store) {
  if (!begun) return;
  static const uint8_t kinds[2][2] = {
      {PERCUSS_EXECUTION_DEVICE_LOAD, PERCUSS_EXECUTION_DEVICE_STORE},
      {PERCUSS_EXECUTION_LOAD, PERCUSS_EXECUTION_STORE},
  };
  add(&(struct percuss_execution_record){
      .kind = kinds[is_memory(address)][store],
      .size = (uint16_t)bytes,
      .pc = (uint32_t)pc,
      .address = (uint32_t)address,
  });
}

void execution_log_allocated(uint64_t address, uint64_t bytes) {
  add(&(struct percuss_execution_record){
      .kind = PERCUSS_EXECUTION_ALLOCATED, .address = (uint32_t)address, .value = (uint32_t)bytes});
}

void execution_log_released(uint64_t address) {
  add(&(struct percuss_execution_record){.kind = PERCUSS_EXECUTION_RELEASED,
                                         .address = (uint32_t)address});
}

void execution_log_handler(void) {
  add(&(struct percuss_execution_record){.kind = PERCUSS_EXECUTION_HANDLER});
}
