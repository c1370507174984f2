// SPDX-License-Identifier: Apache-2.0
//
// The changes of one place in an input that are worth a try each: a bug is often one number, one
// element or one word away from an input that is there, and drawing at random comes to it late.
// Any thread may call; the tree is not changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocols/tree.h"

namespace percuss::protocols {

struct SingleChange {
  enum class Kind : uint8_t {
    kNumber,  // says `value`
    kLie,     // a number that follows from others says `value` all the same
    kWord,    // is the word in the place `value` of its field's
    kRemove,  // an element of an array
    kRepeat,  // an element of an array and those behind it, `value` times more
    kAlike,   // all numbers of its field say `value`
    kSay,     // the message `value` comes behind an element of the dialogue, or first in the array
    kGoOn,    // likewise, behind the last one
  };
  enum class Sort : uint8_t {
    kWide,   // of many places: what all say, and two neighbours five times, with a flag or without
    kLimit,  // a number without names is at a limit
    kOther,  // most of them
  };
  Kind kind = Kind::kNumber;
  Sort sort = Sort::kOther;
  NodeId node = kNoNode;
  uint64_t value = 0;
  uint64_t run = 1;       // elements that are repeated, one after the other
  NodeId flag = kNoNode;  // a number of one bit in them, which is the other one first
  uint64_t place = 0;     // the same for the same field of the same part behind the same messages
};

// Those of a sort, at most `most`; of more, so many that are spread over all. The same tree gives
// the same list.
[[nodiscard]] std::vector<SingleChange> SingleChanges(const Tree& tree, SingleChange::Sort sort,
                                                      size_t most = 20000);

}  // namespace percuss::protocols
