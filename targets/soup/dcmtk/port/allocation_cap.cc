// SPDX-License-Identifier: Apache-2.0
//
// The memory of a device: one buffer may have 16 MiB. DCMTK asks with new(nothrow) for as many
// bytes as a length field claims, before it knows that they are there, and reports an error when it
// gets none. A host would give it gigabytes for an input of a few bytes. The linker puts this in
// the place of the operator (--wrap).
#include <cstddef>
#include <new>

// The linker's names for the operator's replacement and the operator.
extern "C" void* __wrap__ZnamRKSt9nothrow_t(std::size_t bytes, const std::nothrow_t& tag) noexcept;
extern "C" void* __real__ZnamRKSt9nothrow_t(std::size_t bytes, const std::nothrow_t& tag) noexcept;

void* __wrap__ZnamRKSt9nothrow_t(std::size_t bytes, const std::nothrow_t& tag) noexcept {
  constexpr std::size_t kMaxBufferBytes = std::size_t{16} << 20;
  return bytes > kMaxBufferBytes ? nullptr : __real__ZnamRKSt9nothrow_t(bytes, tag);
}
