/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program does when the application has failed. */
#include <stdio.h>
#include <stdlib.h>

#include "targets/firmware/reference/firmware.h"

void firmware_property_broken(const char* what) {
  fprintf(stderr, "percuss: property violated: %s\n", what);
  abort();
}

void firmware_assert_failed(const char* what) {
  fprintf(stderr, "%s\n", what);
  abort();
}
