// SPDX-License-Identifier: Apache-2.0
//
// Loops that wait: an iteration after which every register, flag and byte of memory is as before,
// and with no access to a device in it, will be repeated until the next event. Then time passes at
// once, by whole iterations, never past the event. What happens is the same as without; only the
// counters of edges have fewer of the iterations. Not thread-safe.
#pragma once

#include <cstdint>

namespace percuss::rehost {

struct Core;
struct Op;

// How many branches backwards are let go before the next is looked at; from the first to the last,
// doubled each time that it was no such loop, and the first again after each event.
constexpr int32_t kFirstPatience = 16;
constexpr int32_t kMostPatience = 512;

struct Spin {
  int32_t countdown = kFirstPatience;
  int32_t patience = kFirstPatience;
  bool off = false;  // time is to pass by instructions alone
  bool probing = false;
  bool steady = false;  // the last load of a device was one that changes nothing until an event
  bool effect = false;  // memory has changed, or a device was there, since the probe began
  uint32_t pc = 0;      // of the branch that the probe began at
  uint32_t stops = 0;   // branches backwards since
  uint32_t r[15] = {};
  uint32_t negative = 0;
  uint32_t zero = 0;
  uint8_t carry = 0;
  uint8_t overflow = 0;
  uint8_t saturated = 0;
  uint8_t greater_equal = 0;
  uint32_t other_sp = 0;
  uint32_t s[32] = {};
  uint32_t fpscr = 0;
  bool event = false;
  bool exclusive = false;
  uint32_t exclusive_address = 0;
  uint32_t exclusive_value = 0;
  uint64_t blocks = 0;
  int64_t fuel = 0;
};

// Of a branch backwards that is taken, with countdown at 0.
void ProbeSpin(Core& core, const Op* op);
// The probe has met something else than branches.
void EndProbe(Core& core);
// An event has been dealt with.
void ResetPatience(Core& core);

}  // namespace percuss::rehost
