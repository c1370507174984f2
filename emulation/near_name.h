// SPDX-License-Identifier: Apache-2.0
//
// What somebody meant who misspelt a name. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace percuss::emulation {

// By how many letters put in, left out, replaced or exchanged with their neighbour the two differ,
// case aside: one for every five letters, and two at the most, are a slip. Nothing for equal names,
// for others and for long ones.
[[nodiscard]] std::optional<size_t> SlipsBetween(std::string_view one, std::string_view other);

// ": did you mean \"name\"?", or nothing where name is empty.
[[nodiscard]] std::string DidYouMean(const std::string& name);

}  // namespace percuss::emulation
