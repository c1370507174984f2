// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/surroundings.h"

#include <sys/personality.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <thread>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

struct Named {
  const char* name;
  Surroundings surroundings;
};

constexpr std::array kNamed = {
    Named{"plain", {false, HeapFill::kOwn}},   Named{"fixed", {true, HeapFill::kOwn}},
    Named{"zeros", {false, HeapFill::kZeros}}, Named{"fixed-zeros", {true, HeapFill::kZeros}},
    Named{"ones", {false, HeapFill::kOnes}},   Named{"fixed-ones", {true, HeapFill::kOnes}}};

// Each layout five times, and both layouts with each content. The first is plain: most sightings
// are of a known finding, and end with it.
constexpr std::array<Surroundings, kSeriesLength> kSeries = {
    Surroundings{false, HeapFill::kOwn},   Surroundings{true, HeapFill::kOwn},
    Surroundings{false, HeapFill::kZeros}, Surroundings{true, HeapFill::kOnes},
    Surroundings{false, HeapFill::kOwn},   Surroundings{true, HeapFill::kZeros},
    Surroundings{false, HeapFill::kOnes},  Surroundings{true, HeapFill::kOwn},
    Surroundings{false, HeapFill::kZeros}, Surroundings{true, HeapFill::kOnes}};

bool CanFixLayout() {
  const auto randomised = common::ReadFile("/proc/sys/kernel/randomize_va_space");
  if (!randomised || randomised->starts_with('0')) return false;
  bool can = false;
  // Of a thread alone, so that we and our children stay as we are.
  std::thread([&can] {
    constexpr unsigned long kAsk = 0xffffffff;
    const int now = personality(kAsk);
    if (now == -1 || (now & ADDR_NO_RANDOMIZE) != 0) return;
    can = personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) != -1;
  }).join();
  return can;
}

bool Has(const std::map<std::string, std::string>& variables, const char* name,
         std::string_view words) {
  const auto found = variables.find(name);
  return found != variables.end() && found->second.find(words) != std::string::npos;
}

}  // namespace

Surroundings SurroundingsOfRerun(size_t number) { return kSeries[number % kSeries.size()]; }

const char* NameOf(const Surroundings& surroundings) {
  return std::find_if(kNamed.begin(), std::prev(kNamed.end()),
                      [&](const Named& one) { return one.surroundings == surroundings; })
      ->name;
}

std::optional<Surroundings> SurroundingsNamed(std::string_view name) {
  for (const Named& one : kNamed) {
    if (name == one.name) return one.surroundings;
  }
  return std::nullopt;
}

Variable WhatVaries(const std::map<std::string, std::string>& targets) {
  static const bool can_fix = CanFixLayout();
  Variable variable;
  variable.layout = can_fix;
  variable.heap = !targets.contains("MALLOC_PERTURB_") && !targets.contains("GLIBC_TUNABLES") &&
                  !Has(targets, "ASAN_OPTIONS", "malloc_fill_") &&
                  !Has(targets, "ASAN_OPTIONS", "free_fill_");
  return variable;
}

Surroundings Within(Surroundings surroundings, const Variable& variable) {
  surroundings.fixed_layout = surroundings.fixed_layout && variable.layout;
  if (!variable.heap) surroundings.heap = HeapFill::kOwn;
  return surroundings;
}

std::map<std::string, std::string> HeapEnvironment(HeapFill heap) {
  if (heap == HeapFill::kOwn) return {};
  // glibc fills a block with the complement of the byte, and a freed one with the byte; 0 is off.
  // It fills none that goes through the cache of a thread.
  const bool zeros = heap == HeapFill::kZeros;
  return {{"ASAN_OPTIONS", std::string("max_malloc_fill_size=65536:max_free_fill_size=65536:") +
                               (zeros ? "malloc_fill_byte=0:free_fill_byte=255"
                                      : "malloc_fill_byte=255:free_fill_byte=1")},
          {"MALLOC_PERTURB_", zeros ? "255" : "1"},
          {"GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"}};
}

}  // namespace percuss::campaign
