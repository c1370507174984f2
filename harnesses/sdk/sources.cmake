# SPDX-License-Identifier: Apache-2.0
#
# What tells a supervisor of each input: heartbeat.c and what it calls.
set(PERCUSS_HEARTBEAT_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/edge_tally.c ${CMAKE_CURRENT_LIST_DIR}/edge_trace.c ${CMAKE_CURRENT_LIST_DIR}/heartbeat.c
  ${CMAKE_CURRENT_LIST_DIR}/value_trace.c)

# A server of somebody else's in the harness's process, and the calls that the linker leads to it.
set(PERCUSS_SESSION_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/session/session_calls.c ${CMAKE_CURRENT_LIST_DIR}/session/session_client.c
  ${CMAKE_CURRENT_LIST_DIR}/session/session_folder.c ${CMAKE_CURRENT_LIST_DIR}/session/session_frames.c
  ${CMAKE_CURRENT_LIST_DIR}/session/session_states.c
  ${CMAKE_CURRENT_LIST_DIR}/session/session_transcript.c)
set(PERCUSS_SESSION_LINK_OPTIONS
  socket bind listen accept accept4 connect getpeername getsockname getsockopt setsockopt fcntl poll select read recv
  write send shutdown close time malloc calloc realloc)
list(TRANSFORM PERCUSS_SESSION_LINK_OPTIONS PREPEND -Wl,--wrap=)
