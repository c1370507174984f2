# SPDX-License-Identifier: Apache-2.0
# Firmware on the fast core: a campaign attaches a machine to these programs (campaign/engine/rehost_target.h).
if(PERCUSS_FLAVOUR MATCHES "^(libfuzzer|aflpp)$")
  # An emulator's own branches are not the firmware's, and its own memory is checked where it is tested.
  set(rehost_options -O2 -g1 -fno-sanitize=all)
  if(PERCUSS_FLAVOUR STREQUAL "aflpp")
    list(APPEND rehost_options --afl-noopt)
  endif()
  set(core_dir ${PERCUSS_SOURCE_ROOT}/emulation/rehost/core)
  include(${core_dir}/sources.cmake)
  set(core_sources ${PERCUSS_REHOST_SOURCES})
  list(TRANSFORM core_sources PREPEND ${core_dir}/)
  add_library(percuss_rehost_core OBJECT ${core_sources})
  target_include_directories(percuss_rehost_core PUBLIC ${PERCUSS_SOURCE_ROOT})
  target_link_libraries(percuss_rehost_core PUBLIC ${PERCUSS_REHOST_LIBS})
  target_compile_options(percuss_rehost_core PRIVATE ${rehost_options})
  set_target_properties(percuss_rehost_core PROPERTIES CXX_STANDARD 20)
endif()
set(rehost_sources harnesses/rehost/machine_edges_${PERCUSS_FLAVOUR}.c harnesses/rehost/machine_source.cc)
if(PERCUSS_FLAVOUR STREQUAL "libfuzzer")
  list(APPEND rehost_sources harnesses/rehost/libfuzzer_streams.cc)
endif()
percuss_add_harness(rehost
  HARNESS rehost/rehost_harness.cc
  SOURCES ${rehost_sources}
  OPTIONS ${rehost_options}
  LIBS percuss_rehost_core
  MODEL ANY
  FLAVOURS libfuzzer aflpp
  DESCRIPTION "Firmware of a Cortex-M as shipped, whose peripherals answer with the input")
if(TARGET rehost)
  set_target_properties(rehost PROPERTIES CXX_STANDARD 20)
endif()
