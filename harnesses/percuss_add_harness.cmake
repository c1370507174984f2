# SPDX-License-Identifier: Apache-2.0
#
# percuss_add_harness(NAME
#   HARNESS file.cc           the harness, relative to harnesses/
#   SOURCES files...          the target's code, relative to the source root or absolute
#   [INCLUDES dirs...]        likewise
#   [DEFINES names...]        for target and harness, for example the planted bugs' flags
#   [OPTIONS flags...]        further compile options for foreign code
#   [LIBS libraries...]
#   [CORPUS name]             folder below corpora/, default NAME
#   [MODEL name]              of protocols/models/, for engines that change inputs along it; ANY: what
#                             the campaign names
#   [INTERFACE text]          the device interface that it drives
#   [DESCRIPTION text]
#   [KNOWN_DEFECTS json]      published defects, an array of {id, class, functions}: findings get their ids
#   [SOUP recipe tree]        third-party software: its recipe.json, and which of its trees (upstream, patched,
#                             as_delivered) is compiled or linked
#   [FLAVOURS names...]       default all but msan, which is sound only where every linked byte is instrumented, and
#                             cost
# )

find_program(PERCUSS_CCACHE ccache)
if(PERCUSS_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${PERCUSS_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PERCUSS_CCACHE})
endif()

set(base_flags -g -fno-omit-frame-pointer)
set(memory_checks -fsanitize=address,undefined -fno-sanitize-recover=all)
if(PERCUSS_FLAVOUR STREQUAL "libfuzzer")
  set(compile_flags ${base_flags} -O1 ${memory_checks} -fsanitize=fuzzer-no-link)
  set(link_flags ${memory_checks} -fsanitize=fuzzer)
elseif(PERCUSS_FLAVOUR STREQUAL "cost")
  set(compile_flags ${base_flags} -O1 ${memory_checks} -fsanitize=fuzzer-no-link
    -fsanitize-coverage=trace-pc-guard)
  set(link_flags ${memory_checks} -fsanitize=fuzzer -Wl,--wrap=LLVMFuzzerTestOneInput
    -Wl,--wrap=__sanitizer_cov_trace_pc_guard -Wl,--wrap=__sanitizer_cov_trace_pc_guard_init)
elseif(PERCUSS_FLAVOUR MATCHES "^aflpp")
  set(compile_flags ${base_flags} -O1 ${memory_checks})
  set(link_flags ${memory_checks} -fsanitize=fuzzer)
elseif(PERCUSS_FLAVOUR STREQUAL "msan")
  set(compile_flags ${base_flags} -O1 -fsanitize=memory -fsanitize-memory-track-origins
    -fsanitize=fuzzer-no-link)
  set(link_flags -fsanitize=memory -fsanitize=fuzzer)
elseif(PERCUSS_FLAVOUR STREQUAL "coverage")
  set(compile_flags ${base_flags} -O0 -fprofile-instr-generate -fcoverage-mapping)
  set(link_flags -fprofile-instr-generate -fcoverage-mapping)
elseif(PERCUSS_FLAVOUR STREQUAL "benchmark")
  set(compile_flags ${base_flags} -O2)
  set(link_flags -lbenchmark -lpthread)
else()
  message(FATAL_ERROR "PERCUSS_FLAVOUR is '${PERCUSS_FLAVOUR}': not a flavour that this project knows")
endif()

set(sdk_dir ${PERCUSS_SOURCE_ROOT}/harnesses/sdk)
include(${sdk_dir}/sources.cmake)
add_library(percuss_sdk OBJECT ${PERCUSS_HEARTBEAT_SOURCES} ${sdk_dir}/properties.c ${sdk_dir}/oracles.c
  ${sdk_dir}/leak.c)
target_include_directories(percuss_sdk PUBLIC ${PERCUSS_SOURCE_ROOT})
target_compile_options(percuss_sdk PRIVATE -g -O2 -fno-omit-frame-pointer)
# What AFL++ runs to log comparisons has edges of its own, and its inputs are no new ones.
if(PERCUSS_FLAVOUR MATCHES "^(libfuzzer|aflpp|cost)$")
  target_compile_definitions(percuss_sdk PRIVATE PERCUSS_COUNTS_EDGES)
endif()
# Where findings are judged.
if(PERCUSS_FLAVOUR MATCHES "^(libfuzzer|aflpp|msan)$")
  target_sources(percuss_sdk PRIVATE ${sdk_dir}/fork_server.c)
  target_compile_definitions(percuss_sdk PUBLIC PERCUSS_FORK_SERVER)
endif()
if(PERCUSS_FLAVOUR STREQUAL "cost")
  target_sources(percuss_sdk PRIVATE ${sdk_dir}/cost_counts.c ${sdk_dir}/cost_climb.c)
endif()
if(PERCUSS_FLAVOUR MATCHES "^(libfuzzer|cost)$")
  target_sources(percuss_sdk PRIVATE ${sdk_dir}/isolate.c)
  target_compile_definitions(percuss_sdk PUBLIC PERCUSS_ISOLATION)
elseif(PERCUSS_FLAVOUR MATCHES "^aflpp")
  # Our own branches are not the target's: they would make every input look unstable.
  target_compile_options(percuss_sdk PRIVATE --afl-noopt)
  # AFL++'s driver hands its own buffer over, in which reads past the input would go unseen.
  target_compile_definitions(percuss_sdk PUBLIC PERCUSS_EXACT_COPY)
elseif(PERCUSS_FLAVOUR STREQUAL "coverage")
  target_sources(percuss_sdk PRIVATE ${sdk_dir}/replay_main.c)
elseif(PERCUSS_FLAVOUR STREQUAL "benchmark")
  target_sources(percuss_sdk PRIVATE ${sdk_dir}/benchmark_main.cc)
endif()

# Mutators along a protocol's model, one object of which only what libFuzzer calls can be seen: no template that a
# target has too may be taken from here, where nothing is instrumented, nor the other way round.
if(PERCUSS_FLAVOUR STREQUAL "libfuzzer")
  include(${PERCUSS_SOURCE_ROOT}/protocols/sources.cmake)
  list(TRANSFORM PERCUSS_PROTOCOLS_SOURCES PREPEND ${PERCUSS_SOURCE_ROOT}/protocols/)
  add_library(percuss_model_parts OBJECT
    ${PERCUSS_SOURCE_ROOT}/protocols/libfuzzer_mutator.cc ${PERCUSS_PROTOCOLS_SOURCES})
  target_include_directories(percuss_model_parts PRIVATE ${PERCUSS_SOURCE_ROOT})
  target_compile_options(percuss_model_parts PRIVATE -O2 -g1)
  set_target_properties(percuss_model_parts PROPERTIES CXX_STANDARD 20 POSITION_INDEPENDENT_CODE ON)
  set(model_mutator ${CMAKE_BINARY_DIR}/model_mutator.o)
  # For harnesses with a mutator of their own, which calls it.
  set(called_model_mutator ${CMAKE_BINARY_DIR}/called_model_mutator.o)
  add_custom_command(OUTPUT ${model_mutator} ${called_model_mutator}
    COMMAND ld -r --force-group-allocation -o ${CMAKE_BINARY_DIR}/model_parts.o $<TARGET_OBJECTS:percuss_model_parts>
    COMMAND objcopy --keep-global-symbol=LLVMFuzzerCustomMutator --keep-global-symbol=LLVMFuzzerCustomCrossOver
      ${CMAKE_BINARY_DIR}/model_parts.o ${model_mutator}
    COMMAND objcopy --redefine-sym=LLVMFuzzerCustomMutator=PercussModelMutator
      --redefine-sym=LLVMFuzzerCustomCrossOver=PercussModelCrossOver ${model_mutator} ${called_model_mutator}
    DEPENDS percuss_model_parts $<TARGET_OBJECTS:percuss_model_parts>
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(percuss_model_mutator DEPENDS ${model_mutator} ${called_model_mutator})
endif()

# For LIBS of a harness that serves sessions of a client: harnesses/sdk/session/session.h.
add_library(percuss_session OBJECT EXCLUDE_FROM_ALL ${PERCUSS_SESSION_SOURCES})
target_include_directories(percuss_session PUBLIC ${PERCUSS_SOURCE_ROOT})
target_compile_options(percuss_session PRIVATE -g -O2 -fno-omit-frame-pointer)
if(PERCUSS_FLAVOUR MATCHES "^aflpp")
  target_compile_options(percuss_session PRIVATE --afl-noopt)
endif()
target_link_options(percuss_session INTERFACE ${PERCUSS_SESSION_LINK_OPTIONS})

function(percuss_write_index name harness_file corpus)
  cmake_parse_arguments(ARG "" "MODEL;INTERFACE;DESCRIPTION;KNOWN_DEFECTS" "SOURCES;DEFINES;FLAVOURS;SOUP" ${ARGN})
  set(json "{}")
  string(JSON json SET "${json}" name "\"${name}\"")
  string(JSON json SET "${json}" harness "\"harnesses/${harness_file}\"")
  string(JSON json SET "${json}" corpus "\"${PERCUSS_SOURCE_ROOT}/corpora/${corpus}\"")
  if(ARG_MODEL AND NOT ARG_MODEL STREQUAL "ANY")
    set(model ${PERCUSS_SOURCE_ROOT}/protocols/models/${ARG_MODEL}.model)
    if(NOT EXISTS ${model})
      message(FATAL_ERROR "percuss_add_harness(${name}): there is no ${model}")
    endif()
    string(JSON json SET "${json}" model "\"${model}\"")
  endif()
  string(JSON json SET "${json}" interface "\"${ARG_INTERFACE}\"")
  string(JSON json SET "${json}" description "\"${ARG_DESCRIPTION}\"")
  string(JSON json SET "${json}" compiler "\"${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}\"")
  foreach(list SOURCES DEFINES FLAVOURS)
    string(TOLOWER ${list} key)
    string(JSON json SET "${json}" ${key} "[]")
    set(index 0)
    foreach(value IN LISTS ARG_${list})
      string(JSON json SET "${json}" ${key} ${index} "\"${value}\"")
      math(EXPR index "${index}+1")
    endforeach()
  endforeach()
  if(ARG_SOUP)
    list(GET ARG_SOUP 0 recipe)
    list(GET ARG_SOUP 1 tree)
    string(JSON json SET "${json}" soup "{ \"recipe\": \"${recipe}\", \"tree\": \"${tree}\" }")
  endif()
  if(ARG_KNOWN_DEFECTS)
    string(JSON json SET "${json}" known_defects "${ARG_KNOWN_DEFECTS}")
  endif()
  file(CONFIGURE OUTPUT ${PERCUSS_HARNESS_OUTPUT}/${name}/harness.json CONTENT "@json@\n" @ONLY)
endfunction()

function(percuss_add_harness name)
  cmake_parse_arguments(ARG "" "HARNESS;CORPUS;MODEL;INTERFACE;DESCRIPTION;KNOWN_DEFECTS"
    "SOURCES;INCLUDES;DEFINES;OPTIONS;LIBS;FLAVOURS;SOUP" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "percuss_add_harness(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_CORPUS)
    set(ARG_CORPUS ${name})
  endif()
  if(NOT ARG_FLAVOURS)
    set(ARG_FLAVOURS libfuzzer aflpp aflpp_cmplog coverage benchmark)
  endif()
  set(sources "")
  foreach(path IN LISTS ARG_SOURCES)
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${PERCUSS_SOURCE_ROOT} NORMALIZE)
    list(APPEND sources ${path})
  endforeach()
  if(PERCUSS_FLAVOUR STREQUAL "libfuzzer")
    percuss_write_index(${name} ${ARG_HARNESS} ${ARG_CORPUS} MODEL "${ARG_MODEL}"
      INTERFACE "${ARG_INTERFACE}" DESCRIPTION "${ARG_DESCRIPTION}" KNOWN_DEFECTS "${ARG_KNOWN_DEFECTS}"
      SOURCES ${sources} DEFINES ${ARG_DEFINES} FLAVOURS ${ARG_FLAVOURS} SOUP ${ARG_SOUP})
  endif()
  if(NOT PERCUSS_FLAVOUR IN_LIST ARG_FLAVOURS)
    return()
  endif()
  add_executable(${name} ${PERCUSS_SOURCE_ROOT}/harnesses/${ARG_HARNESS} ${sources})
  set_target_properties(${name} PROPERTIES
    OUTPUT_NAME ${PERCUSS_FLAVOUR}
    RUNTIME_OUTPUT_DIRECTORY ${PERCUSS_HARNESS_OUTPUT}/${name})
  foreach(path IN LISTS ARG_INCLUDES)
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${PERCUSS_SOURCE_ROOT} NORMALIZE)
    target_include_directories(${name} PRIVATE ${path})
  endforeach()
  target_compile_definitions(${name} PRIVATE ${ARG_DEFINES})
  target_compile_options(${name} PRIVATE ${compile_flags} ${ARG_OPTIONS})
  target_link_libraries(${name} PRIVATE percuss_sdk ${ARG_LIBS} ${link_flags})
  if(ARG_MODEL AND PERCUSS_FLAVOUR STREQUAL "libfuzzer")
    set(linked_mutator ${model_mutator})
    if(ARG_MODEL STREQUAL "ANY")
      set(linked_mutator ${called_model_mutator})
    endif()
    add_dependencies(${name} percuss_model_mutator)
    target_link_libraries(${name} PRIVATE ${linked_mutator})
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX LINK_DEPENDS ${linked_mutator})
  endif()
endfunction()
