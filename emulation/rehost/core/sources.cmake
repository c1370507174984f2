# SPDX-License-Identifier: Apache-2.0
# Of the main project and of the fuzz targets that run it.
set(PERCUSS_REHOST_SOURCES
  attached_machine.cc block_cache.cc call_stack.cc decoder.cc decoder_fields16.cc decoder_fields32.cc
  decoder_fields_fp.cc decoder_fields_loads.cc decoder_table16.cc decoder_table32.cc decoder_table_fp.cc
  decoder_table_loads.cc exception_entry.cc exception_return.cc failure_report.cc fault_words.cc flag_use.cc
  float_arithmetic.cc machine.cc machine_check.cc machine_events.cc machine_file.cc memory.cc mpu.cc nvic.cc
  ops_bits.cc ops_branch.cc ops_data.cc ops_float.cc ops_float_memory.cc ops_memory.cc ops_multiple.cc
  ops_multiply.cc ops_parallel.cc ops_shift.cc ops_system.cc peripherals.cc special_registers.cc spin.cc
  system_control.cc system_registers.cc systick.cc)
