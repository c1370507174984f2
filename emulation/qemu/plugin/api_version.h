/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which version of its plugin interface QEMU speaks. It wants to know the plugin's before it calls
 * anything of it, and takes those from a least to its own; which these are is told by what the
 * running program exports.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_API_VERSION_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_API_VERSION_H_

#include <stdbool.h>

#include "emulation/qemu/plugin/qemu_plugin_api.h"

/* What QEMU hands over at load. False, with a word on standard error, where that is no version that
 * this plugin speaks. */
bool api_version_take(const qemu_info_t* info);
/* From QEMU_PLUGIN_VERSION_OF_INSN_DATA_COPY on. */
bool api_version_copies_insn_data(void);
/* An access to a device may end its block: taken to be so from version 2 on. It is not in 7.2. */
bool api_version_cuts_at_devices(void);
/* Not newer than any that this plugin was seen at work with. The interface stays as it is from
 * version to version, or says so; what is called of QEMU beyond it does neither. */
bool api_version_is_measured(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_API_VERSION_H_ */
