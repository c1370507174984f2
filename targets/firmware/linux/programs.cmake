# SPDX-License-Identifier: Apache-2.0
#
# The reference device's protocols as Linux programs: <build>/firmware/linux-<processor>/<protocol>_<variant>, static,
# and with the ending _dynamic for the cross compiler's own sysroot; as servers, <protocol>_server_<variant>. A
# processor whose compiler is absent is left out. left_over and dialogue are programs of their own.

set(linux_processors arm aarch64 riscv64 mips mipsel x86_64)
set(triplet_arm arm-linux-gnueabihf)
set(triplet_aarch64 aarch64-linux-gnu)
set(triplet_riscv64 riscv64-linux-gnu)
set(triplet_mips mips-linux-gnu)
set(triplet_mipsel mipsel-linux-gnu)
set(triplet_x86_64 x86_64-linux-gnu)

function(percuss_compile_program processor name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;FLAGS" ${ARGN})
  set(depends ${ARG_SOURCES} ${ARG_HEADERS})
  list(TRANSFORM depends PREPEND ${root}/)
  set(program ${CMAKE_BINARY_DIR}/firmware/linux-${processor}/${name})
  add_custom_command(OUTPUT ${program}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/firmware/linux-${processor}
    COMMAND ${PERCUSS_GCC_${processor}} -std=c11 -Og -g -Wall -Wextra -Werror -fno-optimize-sibling-calls
      -fstack-protector-strong -ffile-prefix-map=${root}=. -I. ${ARG_FLAGS} -o ${program} ${ARG_SOURCES}
    DEPENDS ${depends} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    WORKING_DIRECTORY ${root}
    COMMENT "Program linux-${processor}/${name}"
    COMMAND_EXPAND_LISTS VERBATIM)
  set(image_files ${image_files} ${program} PARENT_SCOPE)
endfunction()

# main: file or server, what the program is besides the application.
function(percuss_add_program processor name protocol main)
  cmake_parse_arguments(ARG "" "" "FLAGS" ${ARGN})
  percuss_glob(sources ${reference}/apps/${protocol}_*.c ${reference}/record_stream.c ${reference}/crypto/*.c
    targets/reference/${target_${protocol}}/*.c)
  list(APPEND sources targets/firmware/linux/${main}.c targets/firmware/linux/ends.c)
  percuss_glob(also targets/firmware/*/*.h targets/firmware/*/*/*.h targets/reference/${target_${protocol}}/*.h)
  percuss_compile_program(${processor} ${name} SOURCES ${sources} HEADERS ${also}
    FLAGS -D_POSIX_C_SOURCE=200809L ${ARG_FLAGS})
  set(image_files ${image_files} PARENT_SCOPE)
endfunction()

foreach(processor IN LISTS linux_processors)
  find_program(PERCUSS_GCC_${processor} ${triplet_${processor}}-gcc)
  if(NOT PERCUSS_GCC_${processor})
    message(STATUS "firmware: without programs for ${processor}, there is no ${triplet_${processor}}-gcc")
    continue()
  endif()
  set(clean_flags "")
  percuss_planted_flags(planted_flags hl7)
  foreach(variant clean planted)
    percuss_add_program(${processor} hl7_${variant} hl7 file FLAGS ${${variant}_flags} -static)
    percuss_add_program(${processor} hl7_${variant}_dynamic hl7 file FLAGS ${${variant}_flags})
  endforeach()
  percuss_compile_program(${processor} left_over
    SOURCES targets/firmware/linux/left_over.c FLAGS -D_GNU_SOURCE -static)
  percuss_compile_program(${processor} dialogue
    SOURCES targets/firmware/linux/dialogue.c FLAGS -D_POSIX_C_SOURCE=200809L -static)
  percuss_add_program(${processor} hl7_server_planted hl7 server FLAGS ${planted_flags} -static)
  if(processor STREQUAL "arm")
    percuss_add_program(arm hl7_server_clean hl7 server FLAGS -static)
    percuss_planted_flags(planted_flags ble_health)
    percuss_add_program(arm ble_server_planted ble server FLAGS ${planted_flags} -static)
    percuss_add_program(arm ble_server_clean ble server FLAGS -static)
  endif()
endforeach()
