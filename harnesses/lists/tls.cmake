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

# A server of it, in sessions of clients; and once more with the mistakes of corpora/tls_session/ORIGIN.md.
set(tls_server_sources harnesses/tls_server/tls_server.cc harnesses/tls_server/tls_oracle.cc)
percuss_add_harness(tls_session
  HARNESS tls_session_harness.cc
  SOURCES ${tls_server_sources}
  LIBS percuss_session mbedtls mbedx509 mbedcrypto
  MODEL tls_session
  FLAVOURS libfuzzer coverage
  INTERFACE "TLS between the pump and its gateway"
  DESCRIPTION "A server of Mbed TLS 2.28 as packaged: sessions of its clients, through the handshake and behind it")
percuss_add_harness(tls_session_planted
  HARNESS tls_session_harness.cc
  SOURCES ${tls_server_sources}
  LIBS percuss_session mbedtls mbedx509 mbedcrypto
  MODEL tls_session
  FLAVOURS libfuzzer
  DEFINES PERCUSS_BUG_TLSS_01 PERCUSS_BUG_TLSS_02 PERCUSS_BUG_TLSS_03 PERCUSS_BUG_TLSS_04 PERCUSS_BUG_TLSS_05
  CORPUS tls_session
  INTERFACE "TLS between the pump and its gateway"
  DESCRIPTION "As tls_session, with a server that makes the mistakes of corpora/tls_session/ORIGIN.md")
# The same server on a real socket, to record sessions of real clients.
if(PERCUSS_FLAVOUR STREQUAL "libfuzzer")
  add_executable(tls_session_record ${PERCUSS_SOURCE_ROOT}/harnesses/tls_server/record_main.cc
    ${PERCUSS_SOURCE_ROOT}/harnesses/tls_server/tls_server.cc ${sdk_dir}/session/session_frames.c)
  target_include_directories(tls_session_record PRIVATE ${PERCUSS_SOURCE_ROOT})
  target_link_libraries(tls_session_record PRIVATE mbedtls mbedx509 mbedcrypto)
  set_target_properties(tls_session_record PROPERTIES OUTPUT_NAME record
    RUNTIME_OUTPUT_DIRECTORY ${PERCUSS_HARNESS_OUTPUT}/tls_session)
endif()
