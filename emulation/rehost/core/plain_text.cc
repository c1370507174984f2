// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/plain_text.h"

#include <array>
#include <cstdarg>
#include <cstdio>

#include "emulation/rehost/core/call_stack.h"

namespace percuss::rehost {

// NOLINTNEXTLINE(cert-dcl50-cpp)
std::string Format(const char* format, ...) {
  std::array<char, 512> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  return text.data();
}

std::string PlainName(const std::string& name) {
  constexpr size_t kMostNameBytes = 200;
  std::string plain = name.substr(0, kMostNameBytes);
  for (char& c : plain) {
    if (c <= ' ' || c > '~') c = '?';
  }
  return plain;
}

std::string PlaceText(const MachineImage& image, uint32_t address) {
  const Symbol* function = FunctionAt(image, address);
  return function != nullptr ? PlainName(function->name) : Format("0x%x", address);
}

}  // namespace percuss::rehost
