/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a copy translates while it runs an input is lost when its memory is put back, or with it,
 * and would be translated again for the next input: most of an input's time. So copies tell which
 * blocks they met, and they are translated once more outside of any input, for all inputs to come.
 * The same blocks run in the same state either way; only time is saved.
 *
 * Needs more of the emulator's inside than the rest (its processor's registers and its translator).
 * Where that is not found nothing happens.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_TRANSLATION_SHARING_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_TRANSLATION_SHARING_H_

#include <stdbool.h>
#include <stdint.h>

/* In the original, at the checkpoint. */
void translation_sharing_start(void);
/* In a copy: the block that the processor is about to enter was translated. */
void translation_sharing_tell(void);
/* The same of one instruction, of a board's firmware. */
void translation_sharing_tell_alone(void);
/* In a copy: whether that happened since its memory was last put back. */
bool translation_sharing_happened(void);
/* Between inputs, in the original and in copies: translates what was told since. Whether there was
 * anything. */
bool translation_sharing_take(void);

/* The stack pointer where a block begins; false before the start, or where QEMU's registers were
 * not found. */
bool translation_sharing_stack_pointer(uint64_t* value);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_TRANSLATION_SHARING_H_ */
