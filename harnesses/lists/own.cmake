# SPDX-License-Identifier: Apache-2.0
# percuss's own readers of what may be hostile. Their code is compiled here once more, with the engine's
# instrumentation; the same readers take their seeds and regression inputs in tests/readers, in every preset.

include(${CMAKE_CURRENT_LIST_DIR}/../own/readers.cmake)

# percuss_own_library(NAME GROUPS groups... LINK libraries...)
function(percuss_own_library name)
  cmake_parse_arguments(ARG "" "" "GROUPS;LINK" ${ARGN})
  add_library(${name} STATIC EXCLUDE_FROM_ALL)
  set_target_properties(${name} PROPERTIES CXX_STANDARD 20 UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  foreach(group IN LISTS ARG_GROUPS)
    list(TRANSFORM own_group_${group} PREPEND ${PERCUSS_SOURCE_ROOT}/ OUTPUT_VARIABLE sources)
    target_sources(${name} PRIVATE ${sources})
    set_source_files_properties(${sources} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  target_include_directories(${name} PUBLIC ${PERCUSS_SOURCE_ROOT})
  target_compile_options(${name} PRIVATE ${compile_flags} -g1)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

set(own_flavours libfuzzer aflpp)
if(PERCUSS_FLAVOUR IN_LIST own_flavours)
  find_package(fmt REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  find_package(LibArchive REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(OWN REQUIRED IMPORTED_TARGET libsodium libdeflate libelf libdw libxml-2.0 yaml-0.1)
  percuss_own_library(own_readers
    GROUPS basics package signed trust documents validation import records stamp words reqif xml yaml
    LINK fmt::fmt spdlog::spdlog OpenSSL::Crypto LibArchive::LibArchive PkgConfig::OWN)
  # Static libraries may need each other.
  percuss_own_library(own_campaign_readers
    GROUPS campaign engine rehost_engine model expression tree dissector consistency generator mutator dialogue changes
      session
    LINK own_readers own_rehost_readers)
  percuss_own_library(own_rehost_readers
    GROUPS attached firmware firmware_elf guess fuzzware fuzzware_memory fuzzware_models fuzzware_interrupts rehost svd
      blocks code_flow code_trial decoder decoder_fields16 decoder_fields32 decoder_fields_fp decoder_fields_loads
      decoder_table16 decoder_table32 decoder_table_fp decoder_table_loads streams
    LINK own_campaign_readers)
  # Some minutes of one core: only on request, as the main project's target harnesses_own.
  add_custom_target(own_harnesses)
endif()
foreach(row IN LISTS own_harnesses)
  string(REPLACE "|" ";" row "${row}")
  list(GET row 0 name)
  list(GET row 1 reader)
  list(GET row 2 library)
  list(GET row 3 description)
  percuss_add_harness(${name}
    HARNESS own_reader_harness.cc
    DEFINES PERCUSS_OWN_NAME=${name} PERCUSS_OWN_READER=${reader}
    LIBS ${library}
    FLAVOURS ${own_flavours}
    INTERFACE "${name}"
    DESCRIPTION "${description}, as percuss reads them")
  if(TARGET ${name})
    set_target_properties(${name} PROPERTIES CXX_STANDARD 20 EXCLUDE_FROM_ALL ON)
    add_dependencies(own_harnesses ${name})
  endif()
endforeach()
