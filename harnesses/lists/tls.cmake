# SPDX-License-Identifier: Apache-2.0
# The record layer of the distribution's Mbed TLS, as delivered, between two endpoints of ours; and once more with
# mistakes that such endpoints make (corpora/tls_record/ORIGIN.md). The library itself is not instrumented.
find_library(PERCUSS_MBEDTLS_LIBRARY mbedtls)
find_path(PERCUSS_MBEDTLS_INCLUDE mbedtls/ssl.h)
if(NOT PERCUSS_MBEDTLS_LIBRARY OR NOT PERCUSS_MBEDTLS_INCLUDE)
  message(FATAL_ERROR "Mbed TLS is missing: install the package libmbedtls-dev")
endif()
percuss_add_harness(tls_record
  HARNESS tls_record_harness.cc
  LIBS mbedtls mbedx509 mbedcrypto
  FLAVOURS libfuzzer aflpp
  INTERFACE "TLS and DTLS between the pump and its gateway"
  DESCRIPTION "Mbed TLS 2.28 as packaged: two endpoints, and records flipped, dropped, repeated, held, cut")
percuss_add_harness(tls_record_planted
  HARNESS tls_record_harness.cc
  LIBS mbedtls mbedx509 mbedcrypto
  FLAVOURS libfuzzer
  DEFINES PERCUSS_BUG_TLS_01 PERCUSS_BUG_TLS_02 PERCUSS_BUG_TLS_03 PERCUSS_BUG_TLS_04 PERCUSS_BUG_TLS_05
    PERCUSS_BUG_TLS_06
  CORPUS tls_record
  INTERFACE "TLS and DTLS between the pump and its gateway"
  DESCRIPTION "As tls_record, with endpoints that make the mistakes of corpora/tls_record/ORIGIN.md")
