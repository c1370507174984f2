# SPDX-License-Identifier: Apache-2.0
#
# What tells a supervisor of each input: heartbeat.c and what it calls.
set(PERCUSS_HEARTBEAT_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/edge_tally.c ${CMAKE_CURRENT_LIST_DIR}/edge_trace.c ${CMAKE_CURRENT_LIST_DIR}/heartbeat.c
  ${CMAKE_CURRENT_LIST_DIR}/value_trace.c)
