// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/frame_filter.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace percuss::campaign {

namespace {

// The data: what a frame's function begins with, is, or where it comes from.
constexpr std::string_view kRuntimePrefixes[] = {
    // Sanitizers, coverage and fuzzing engines.
    "__aeabi_", "__asan", "__interceptor_", "___interceptor_", "__sanitizer", "__sancov", "__ubsan",
    "__msan", "__lsan", "__tsan", "__hwasan", "__interception", "fuzzer::", "__afl", "afl_",
    "percuss_input_", "percuss_isolate_", "percuss_exact_", "benchmark::",
    // C++ library and its way into abort.
    "std::", "__gnu_cxx::", "__cxxabiv1::", "__cxa_", "__gxx_", "_Unwind_", "operator new",
    "operator delete",
    // C library's inner names.
    "__libc_", "__GI_", "_IO_", "__assert", "__pthread", "__fortify", "__stack_chk", "__chk_fail",
    "__memcpy", "__memmove", "__memset", "__strlen", "__str", "__mem", "_int_", "__malloc",
    "__run_exit", "__clone", "__vfprintf", "__printf", "__nanosleep", "__clock_nanosleep",
    "__restore_rt", "malloc_printerr", "malloc_consolidate", "sysmalloc"};

constexpr std::string_view kRuntimeNames[] = {
    "_start", "__start", "start_thread", "clone", "clone3", "abort", "raise", "gsignal", "exit",
    "_exit", "pthread_kill", "__kill", "kill", "LLVMFuzzerRunDriver", "ExecuteFilesOnyByOne",
    "ExecuteFilesOneByOne",
    // Where firmware ends, and begins.
    "firmware_assert_failed", "firmware_property_broken", "Reset_Handler"};

// The public names of the C library and of allocators: a runtime's only when no source is known,
// since a firmware may bring its own memcpy, and a bug in that is the user's.
constexpr std::string_view kLibraryNames[] = {"main",
                                              "malloc",
                                              "calloc",
                                              "realloc",
                                              "reallocarray",
                                              "free",
                                              "cfree",
                                              "memalign",
                                              "aligned_alloc",
                                              "posix_memalign",
                                              "memcpy",
                                              "memmove",
                                              "memset",
                                              "memcmp",
                                              "memchr",
                                              "memmem",
                                              "bcmp",
                                              "strlen",
                                              "strnlen",
                                              "strcpy",
                                              "strncpy",
                                              "strcat",
                                              "strncat",
                                              "strcmp",
                                              "strncmp",
                                              "strcasecmp",
                                              "strncasecmp",
                                              "strchr",
                                              "strrchr",
                                              "strstr",
                                              "strtok",
                                              "strdup",
                                              "strndup",
                                              "strtol",
                                              "strtoll",
                                              "strtoul",
                                              "strtoull",
                                              "strtod",
                                              "atoi",
                                              "atol",
                                              "printf",
                                              "fprintf",
                                              "sprintf",
                                              "snprintf",
                                              "vprintf",
                                              "vfprintf",
                                              "vsprintf",
                                              "vsnprintf",
                                              "puts",
                                              "fputs",
                                              "scanf",
                                              "sscanf",
                                              "vsscanf",
                                              "qsort",
                                              "bsearch",
                                              "read",
                                              "write",
                                              "recv",
                                              "send",
                                              "recvfrom",
                                              "sendto",
                                              "poll",
                                              "select",
                                              "sleep",
                                              "usleep",
                                              "nanosleep",
                                              "clock_nanosleep",
                                              "pthread_join",
                                              "pthread_mutex_lock",
                                              "pthread_cond_wait",
                                              "fopen",
                                              "fclose",
                                              "fread",
                                              "fwrite",
                                              "fgets",
                                              "getenv",
                                              "wait4",
                                              "waitpid",
                                              "tolower",
                                              "toupper"};

constexpr std::string_view kRuntimeModules[] = {
    "/libc.so",     "/libc-",      "/libm.so",    "/libm-", "/libpthread",  "/libstdc++.so",
    "/libc++",      "/libgcc_s",   "/ld-linux",   "/ld-",   "/libclang_rt", "/libasan.so",
    "/libubsan.so", "/liblsan.so", "/libtsan.so", "[vdso]", "linux-vdso"};

constexpr std::string_view kRuntimeFiles[] = {
    "compiler-rt/lib/", "/include/c++/",   "libsanitizer/", "/../sysdeps/",
    "aflpp_driver",     "afl-compiler-rt", "newlib/libc/",  "newlib/libm/"};

constexpr std::string_view kHarnessNames[] = {"LLVMFuzzerTestOneInput", "percuss_harness_body",
                                              "main"};

template <size_t kSize>
bool IsOneOf(std::string_view text, const std::string_view (&table)[kSize]) {
  return std::find(std::begin(table), std::end(table), text) != std::end(table);
}

template <size_t kSize>
bool BeginsWithOneOf(std::string_view text, const std::string_view (&table)[kSize]) {
  return std::any_of(std::begin(table), std::end(table), [text](std::string_view entry) {
    return text.substr(0, entry.size()) == entry;
  });
}

template <size_t kSize>
bool HoldsOneOf(std::string_view text, const std::string_view (&table)[kSize]) {
  return std::any_of(std::begin(table), std::end(table), [text](std::string_view entry) {
    return text.find(entry) != std::string_view::npos;
  });
}

// A C library built by a distribution names its files "stdlib/./stdlib/abort.c".
bool IsDistributionLibcFile(std::string_view file) {
  const size_t dot = file.find("/./");
  if (dot == std::string_view::npos || dot == 0 || file.front() == '/') return false;
  const std::string_view folder = file.substr(0, dot);
  return file.substr(dot + 3, folder.size()) == folder;
}

}  // namespace

FrameOwner OwnerOf(const common::StackFrame& frame) {
  const std::string_view function = frame.function;
  const bool has_source = frame.line > 0;
  if (!frame.module.empty() && HoldsOneOf(frame.module, kRuntimeModules)) {
    return FrameOwner::kRuntime;
  }
  if (!frame.file.empty() &&
      (HoldsOneOf(frame.file, kRuntimeFiles) || IsDistributionLibcFile(frame.file))) {
    return FrameOwner::kRuntime;
  }
  if (function.empty()) {
    return frame.module.empty() && frame.file.empty() ? FrameOwner::kRuntime : FrameOwner::kUser;
  }
  if (BeginsWithOneOf(function, kRuntimePrefixes) || IsOneOf(function, kRuntimeNames)) {
    return FrameOwner::kRuntime;
  }
  if (!has_source && IsOneOf(function, kLibraryNames)) return FrameOwner::kRuntime;
  if (IsOneOf(function, kHarnessNames)) return FrameOwner::kHarness;
  return FrameOwner::kUser;
}

void MarkUserCode(std::vector<common::StackFrame>& stack) {
  bool has_user = false;
  std::vector<FrameOwner> owners;
  owners.reserve(stack.size());
  for (const common::StackFrame& frame : stack) {
    owners.push_back(OwnerOf(frame));
    has_user = has_user || owners.back() == FrameOwner::kUser;
  }
  const FrameOwner wanted = has_user ? FrameOwner::kUser : FrameOwner::kHarness;
  for (size_t i = 0; i < stack.size(); i++) stack[i].user_code = owners[i] == wanted;
}

}  // namespace percuss::campaign
