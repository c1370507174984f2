/* SPDX-License-Identifier: Apache-2.0
 *
 * The climb towards costly inputs, as libFuzzer's mutator (LLVMFuzzerCustomMutator): the inputs
 * that run some edge most often, or all edges together, are champions, and most inputs to come are
 * champions changed where a change has moved their cost before. The others are libFuzzer's own, so
 * that the search still gets to new places. Many maxima at once: Lemieux, Padhye, Sen and Song
 * 2018, "PerfFuzz", ISSTA.
 *
 * Lengths that an input states of itself are kept in line where the change makes it longer.
 * Repeatable for a seed of libFuzzer's. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_SDK_COST_CLIMB_H_
#define PERCUSS_HARNESSES_SDK_COST_CLIMB_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_CLIMB_CHAMPIONS 64u
#define PERCUSS_CLIMB_LARGEST 65536u /* bytes; larger inputs are libFuzzer's to change */

/* An input has ended: its costs are those of percuss_costs_now(). */
void percuss_climb_ran(const uint8_t* data, size_t size);

/* Adds `grown` to numbers before `at` that can be the length of a block that begins right behind
 * them, holds the place `at` and ends within the input, which has been grown at `at` already;
 * `size` is its size now. choice % 4 says which numbers: 1 those of four bytes, of either order; 2
 * and 3 those and big-endian, or little-endian, ones of two bytes; 0 of all these by lot, from the
 * other bits. */
void percuss_climb_lengthen(uint8_t* data, size_t size, size_t at, size_t grown, uint64_t choice);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_COST_CLIMB_H_ */
