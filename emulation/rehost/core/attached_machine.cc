// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/attached_machine.h"

#include <fstream>

namespace percuss::rehost {
namespace {

constexpr std::string_view kMark = "percuss.attached";
constexpr size_t kSizeBytes = 8;
constexpr size_t kTailBytes = kSizeBytes + kMark.size();

Attached Unreadable(std::string& why, const char* what) {
  why = what;
  return Attached::kUnreadable;
}

bool ReadAt(std::ifstream& file, uint64_t at, std::string& bytes) {
  file.seekg(static_cast<std::streamoff>(at));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file.good();
}

}  // namespace

std::string AttachedMachine(const MachineImage& image) {
  std::string bytes = WriteMachine(image);
  const uint64_t size = bytes.size();
  for (size_t i = 0; i < kSizeBytes; ++i) bytes += static_cast<char>(size >> (8 * i) & 0xffU);
  return bytes.append(kMark);
}

Attached ReadAttachedMachine(const std::string& path, MachineImage& image, std::string& why) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff end = file.tellg();
  if (!file || end < 0) return Unreadable(why, "cannot be read");
  const auto bytes = static_cast<uint64_t>(end);
  std::string tail(kTailBytes, '\0');
  if (bytes < kTailBytes) return Attached::kNone;
  if (!ReadAt(file, bytes - kTailBytes, tail)) return Unreadable(why, "cannot be read");
  if (std::string_view(tail).substr(kSizeBytes) != kMark) return Attached::kNone;
  uint64_t size = 0;
  for (size_t i = 0; i < kSizeBytes; ++i) {
    size |= uint64_t{static_cast<unsigned char>(tail[i])} << (8 * i);
  }
  if (size > bytes - kTailBytes) return Unreadable(why, "is shorter than the machine behind it");
  std::string content(static_cast<size_t>(size), '\0');
  if (!ReadAt(file, bytes - kTailBytes - size, content)) return Unreadable(why, "cannot be read");
  return ReadMachine(content, image, why) ? Attached::kRead : Attached::kUnreadable;
}

}  // namespace percuss::rehost
