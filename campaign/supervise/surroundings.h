// SPDX-License-Identifier: Apache-2.0
//
// What surrounds a process and is varied on purpose from rerun to rerun of one input: where the
// kernel puts its memory, and what fresh memory holds. Faults that depend on either show
// themselves, and a fault that does not is the same in all.
//
// The series is fixed, so that rerun i is the same everywhere. Each name is a combination:
//
//   rerun  0      1      2      3           4      5            6     7      8      9
//          plain  fixed  zeros  fixed-ones  plain  fixed-zeros  ones  fixed  zeros  fixed-ones
//
// and again from 0. Fixed: no randomisation, personality(2). Zeros and ones: blocks are filled as
// they are allocated with 00, or ff (fe by glibc), and with another byte as they are freed; by
// AddressSanitizer's own options, and by MALLOC_PERTURB_ (mallopt(3)) for glibc's malloc, whose
// caches of threads are then off: blocks that go through them are not filled.
// Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace percuss::campaign {

enum class HeapFill { kOwn, kZeros, kOnes };

struct Surroundings {
  bool fixed_layout = false;
  HeapFill heap = HeapFill::kOwn;
  bool operator==(const Surroundings&) const = default;
};

inline constexpr size_t kSeriesLength = 10;
[[nodiscard]] Surroundings SurroundingsOfRerun(size_t number);

// "plain", "fixed", "zeros", "fixed-zeros", "ones", "fixed-ones"; nothing for any other.
[[nodiscard]] const char* NameOf(const Surroundings& surroundings);
[[nodiscard]] std::optional<Surroundings> SurroundingsNamed(std::string_view name);

// What can be varied.
struct Variable {
  bool layout = false;
  bool heap = false;
  bool exact = false;  // an emulator's runs, which are all alike
};

// Of programs of this host with these variables of their own. A target's own options for its heap
// are never overridden. The layout varies where the kernel randomises it, and lets us ask it not
// to: seccomp filters of containers often do not.
[[nodiscard]] Variable WhatVaries(const std::map<std::string, std::string>& targets);

// The same without what cannot be varied.
[[nodiscard]] Surroundings Within(Surroundings surroundings, const Variable& variable);

// The variables by which a heap is filled, with nothing of a target's own in them.
[[nodiscard]] std::map<std::string, std::string> HeapEnvironment(HeapFill heap);

}  // namespace percuss::campaign
