/* SPDX-License-Identifier: Apache-2.0
 *
 * ECG and EEG files through libbiosig as the distribution delivers it: open, read all samples,
 * close.
 *
 * Input: the file. The library is not instrumented, so an engine would be blind. The feedback is
 * made here: which calls of libc the library's code makes (by call site), what kind of file it saw,
 * what it found in it and which error it returned. See targets/soup/biosig/README.md for what this
 * can and cannot see. */
#define _GNU_SOURCE
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "biosig.h"
#include "harnesses/biosig_load_feedback.h"
#include "harnesses/sdk/percuss_harness.h"

#define MAX_SAMPLES (1u << 20)

/* Leaks of the library are not what a device maker would act on here, and a file that asks for too
 * much memory is to get NULL, as it would on the device, instead of ending the campaign. */
const char* __asan_default_options(void);
const char* __asan_default_options(void) {
  return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=512";
}

static int file = -1;
static char path[64];

static void write_file(const uint8_t* data, size_t size) {
  if (ftruncate(file, (off_t)size) != 0 || pwrite(file, data, size, 0) != (ssize_t)size) abort();
}

/* The first DICOM file makes the library read a dictionary for a tenth of a second: here, not
 * within an input. */
static void load_dictionary(void) {
  uint8_t dicom[144] = {0};
  memcpy(dicom + 128, "DICM\2\0\0\0UL\4\0\0\0\0\0", 16);
  write_file(dicom, sizeof dicom);
  destructHDR(sopen(path, "r", NULL));
}

static void open_file(void) {
  file = memfd_create("biosig_load", MFD_CLOEXEC);
  if (file < 0) abort();
  /* With a dot: the library looks for a file name extension, which every real file has. */
  snprintf(path, sizeof path, "/proc/self/./fd/%d", file);
  load_dictionary();
}

static void read_samples(HDRTYPE* header) {
  const long channels = biosig_get_number_of_channels(header);
  const size_t samples = biosig_get_number_of_samples(header);
  feedback_value(FEEDBACK_CHANNELS, (uint64_t)channels);
  feedback_value(FEEDBACK_SAMPLES, samples);
  if (channels <= 0 || samples == 0 || samples > MAX_SAMPLES / (size_t)channels) return;
  const size_t read = sread(NULL, 0, biosig_get_number_of_records(header), header);
  feedback_value(FEEDBACK_READ, read);
}

PERCUSS_HARNESS(biosig_load, 1) {
  if (file < 0) open_file();
  write_file(data, size);

  feedback_start();
  HDRTYPE* header = sopen(path, "r", NULL);
  if (header != NULL) {
    feedback_value(FEEDBACK_FILE_TYPE, (uint64_t)biosig_get_filetype(header));
    const int error = biosig_check_error(header);
    feedback_value(FEEDBACK_ERROR, (uint64_t)error);
    if (error == 0) read_samples(header);
    destructHDR(header);
  }
  feedback_stop();
  return 0;
}
