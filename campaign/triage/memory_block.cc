// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/memory_block.h"

#include <algorithm>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/frame_filter.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

using common::MemoryBlock;
using Stack = std::vector<common::StackFrame> MemoryBlock::*;

constexpr size_t kWhatLimit = 300;
constexpr size_t kBadValueLimit = 1000;
constexpr size_t kMarkerBytes = 64;

struct Marker {
  std::string_view words;  // at the begin of a line
  Stack stack;             // which follows
};

constexpr std::string_view kBadValue = "bad value: ";
constexpr std::string_view kUnknownValue = "bad value: not known";
constexpr Marker kMarkers[] = {
    {"freed by thread", &MemoryBlock::freed},
    {"allocated by thread", &MemoryBlock::allocated},
    {"previously allocated by thread", &MemoryBlock::allocated},
    {"Uninitialized value was created by", &MemoryBlock::allocated},
    {"Location is heap block of size", &MemoryBlock::allocated},
    {"allocated by:", &MemoryBlock::allocated},
    {"freed by:", &MemoryBlock::freed},
    {"written by:", &MemoryBlock::written},
};

// "0x60200000001a is located 2 bytes to the right of 8-byte region [0x6020...,0x6020...)": without
// addresses, which are others in each run.
std::string WhatOf(std::string_view line) {
  constexpr std::string_view kLocated = " is located ";
  const size_t at = line.find(kLocated);
  if (at == std::string_view::npos) return "";
  line.remove_prefix(at + kLocated.size());
  return Printable(line.substr(0, line.find(" [0x")), kWhatLimit);
}

MemoryBlock ReadSanitizerBlock(std::string_view log) {
  MemoryBlock block;
  while (!log.empty()) {
    std::string_view line = TakeLine(log);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.starts_with("SUMMARY: ")) break;
    if (block.what.empty()) block.what = WhatOf(line);
    if (line.starts_with(kBadValue) && !line.starts_with(kUnknownValue) &&
        block.bad_value.empty()) {
      block.bad_value = Printable(line.substr(kBadValue.size()), kBadValueLimit);
    }
    for (const Marker& marker : kMarkers) {
      if (!line.starts_with(marker.words) || !(block.*marker.stack).empty()) continue;
      block.*marker.stack = ReadStack(log.substr(0, log.find("\n\n")));
      if (block.what.empty())
        block.what = Printable(line.substr(0, line.find(" at 0x")), kWhatLimit);
    }
  }
  return block;
}

}  // namespace

MemoryBlock ReadMemoryBlock(std::string_view log, const CrashReport& report) {
  if (log.size() > kLogLimitBytes) log = log.substr(0, kLogLimitBytes);
  const std::string_view message = std::string_view(report.message).substr(0, kMarkerBytes);
  const size_t at = message.empty() ? std::string_view::npos : log.find(message);
  if (at == std::string_view::npos) return {};
  log.remove_prefix(at);
  MemoryBlock block =
      report.source == "valgrind" ? ReadValgrindBlock(log) : ReadSanitizerBlock(log);
  for (auto* stack : {&block.allocated, &block.freed, &block.written}) {
    if (stack->size() > kMostBlockFrames) stack->resize(kMostBlockFrames);
    MarkUserCode(*stack);
  }
  return block;
}

}  // namespace percuss::campaign
