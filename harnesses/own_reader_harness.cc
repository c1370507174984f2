// SPDX-License-Identifier: Apache-2.0
//
// One of percuss's own readers (own/readers.h), the one that PERCUSS_OWN_READER names, in the
// harness PERCUSS_OWN_NAME: harnesses/lists/own.cmake has the table. Properties: none but that
// nothing that a reader is given makes it crash, hang or take more memory than it should.
#include "harnesses/own/readers.h"
#include "harnesses/sdk/percuss_harness.h"

// The SDK's macro wants the name itself, not the macro that stands for it.
#define PERCUSS_OWN_HARNESS(name) PERCUSS_HARNESS(name, 1)

PERCUSS_OWN_HARNESS(PERCUSS_OWN_NAME) {
  percuss::own::PERCUSS_OWN_READER({reinterpret_cast<const char*>(data), size});
  return 0;
}
