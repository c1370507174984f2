# SPDX-License-Identifier: Apache-2.0
# Compiled three times: for percuss, for afl-fuzz, and for harnesses.
set(PERCUSS_PROTOCOLS_SOURCES
  byte_havoc.cc checksums.cc codings.cc consistency.cc description_line.cc dissector.cc expression_reader.cc
  generator.cc message_stream.cc model_reader.cc mutator.cc mutator_dialogue.cc single_changes.cc tree.cc
  walks.cc)
