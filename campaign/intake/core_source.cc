// SPDX-License-Identifier: Apache-2.0
//
// A core file (ELF, e_type ET_CORE; System V gABI, chapter 4). It is no input, and to run the
// target on it would say nothing: what gdb says of it is a log (core_log.h).
#include <elf.h>

#include <cstddef>
#include <cstring>

#include "campaign/intake/source.h"

namespace percuss::campaign {
namespace {

bool KnowsFolder(const SeenFolder& /*folder*/) { return false; }
common::Status TakeFolder(const SeenFolder& /*folder*/, Gathering& /*gathering*/) { return {}; }

bool IsCore(const std::string& head) {
  constexpr size_t kTypeAt = offsetof(Elf64_Ehdr, e_type);  // of either class
  if (head.size() < kTypeAt + 2 || std::memcmp(head.data(), ELFMAG, SELFMAG) != 0) return false;
  const bool big = head[EI_DATA] == ELFDATA2MSB;
  return head[kTypeAt + (big ? 1 : 0)] == ET_CORE && head[kTypeAt + (big ? 0 : 1)] == 0;
}

bool TakeFile(const SeenFile& file, Gathering& gathering) {
  if (!IsCore(Gathering::HeadOf(file, sizeof(Elf64_Ehdr)))) return false;
  gathering.AddCore(file);
  return true;
}

}  // namespace

const Source kCoreSource = {"core", KnowsFolder, TakeFolder, TakeFile};

}  // namespace percuss::campaign
