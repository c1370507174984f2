# SPDX-License-Identifier: Apache-2.0
# Of the main project and of the fuzz targets that run it.
set(PERCUSS_REHOST_SOURCES
  attached_machine.cc block_cache.cc block_compares.cc call_stack.cc crash_origin.cc crash_probe.cc crash_rules.cc
  decoder.cc decoder_fields16.cc decoder_fields32.cc
  decoder_fields_fp.cc decoder_fields_loads.cc decoder_table16.cc decoder_table32.cc decoder_table_fp.cc
  decoder_table_loads.cc exception_entry.cc exception_return.cc failure_report.cc fault_words.cc flag_use.cc
  float_arithmetic.cc input_lines.cc input_streams.cc line_input.cc machine.cc machine_check.cc machine_events.cc
  machine_file.cc memory.cc mpu.cc nvic.cc
  ops_bits.cc ops_branch.cc ops_data.cc ops_float.cc ops_float_memory.cc ops_memory.cc ops_multiple.cc
  ops_multiply.cc ops_parallel.cc ops_shift.cc ops_system.cc peripherals.cc plain_text.cc special_registers.cc
  spin.cc stream_mutator.cc stream_profile.cc system_control.cc system_registers.cc systick.cc)

# For shared objects, which cannot have Debian's asmjit (it is a static library of fixed places): the same results.
set(PERCUSS_REHOST_INTERPRETER_SOURCES ${PERCUSS_REHOST_SOURCES} compiler/block_compiler_none.cc)

# Blocks that are entered often are compiled where there is an assembler for the host (compiler/); else all is
# interpreted, with the same results.
find_package(asmjit QUIET)
set(percuss_compiles OFF)
if(asmjit_FOUND AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(percuss_compiles ON)
endif()
option(PERCUSS_COMPILE_BLOCKS "Compile firmware's blocks for the host (asmjit, x86-64)" ${percuss_compiles})
if(PERCUSS_COMPILE_BLOCKS AND percuss_compiles)
  message(STATUS "Fast core: blocks are compiled for the host")
  list(APPEND PERCUSS_REHOST_SOURCES
    compiler/block_compiler_x86.cc compiler/compile_bits.cc compiler/compile_branch.cc compiler/compile_data.cc
    compiler/compile_memory.cc compiler/compile_multiply.cc compiler/compile_shift.cc compiler/emitter.cc)
  set(PERCUSS_REHOST_LIBS asmjit::asmjit)
else()
  message(STATUS
    "Fast core: blocks are interpreted (no asmjit, another host than x86-64, or PERCUSS_COMPILE_BLOCKS=OFF)")
  list(APPEND PERCUSS_REHOST_SOURCES compiler/block_compiler_none.cc)
  set(PERCUSS_REHOST_LIBS "")
endif()
