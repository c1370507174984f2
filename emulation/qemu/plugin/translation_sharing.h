/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a copy translates is lost with it, and the next copy would translate it again: most of an
 * input's time. So copies tell which blocks they met, and the original translates those too, for
 * all copies to come. The same blocks run in the same state either way; only time is saved.
 *
 * Needs more of the emulator's inside than the rest (its processor's registers and its translator).
 * Where that is not found nothing happens.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_TRANSLATION_SHARING_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_TRANSLATION_SHARING_H_

#include <stdint.h>

/* In the original, at the checkpoint. */
void translation_sharing_start(void);
/* In a copy: the block that the processor is about to enter was translated. */
void translation_sharing_tell(void);
/* In the original, between copies. */
void translation_sharing_take(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_TRANSLATION_SHARING_H_ */
