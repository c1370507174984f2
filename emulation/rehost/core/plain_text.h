// SPDX-License-Identifier: Apache-2.0
//
// Words of reports, without what a name from somebody's file could do to them. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

// The reference device's function that a broken property enters, its text in r0
// (targets/firmware/README.md).
constexpr const char* kBrokenProperty = "firmware_property_broken";

// As printf; of up to 511 letters. The compiler checks it.
// NOLINTNEXTLINE(cert-dcl50-cpp)
[[gnu::format(printf, 1, 2)]] std::string Format(const char* format, ...);

// Printable letters without blanks, 200 at most.
[[nodiscard]] std::string PlainName(const std::string& name);

// The function, or "0x1234" where no symbol covers the address.
[[nodiscard]] std::string PlaceText(const MachineImage& image, uint32_t address);

}  // namespace percuss::rehost
