// SPDX-License-Identifier: Apache-2.0
//
// One parser per source of a crash report; the registry is in crash_report.cc. Each looks for its
// own source's words in the log, linear in its size, and leaves user_code of the frames to the
// caller. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "campaign/triage/crash_report.h"

namespace percuss::campaign {

// ASan, MSan, TSan and the others of the family: "ERROR: <Name>Sanitizer: ...". Not what only says
// that a signal came which the process sent to itself (ABRT): ParseSanitizerAbort.
[[nodiscard]] std::optional<CrashReport> ParseSanitizerError(std::string_view log);
[[nodiscard]] std::optional<CrashReport> ParseSanitizerAbort(std::string_view log);
// "file:line:column: runtime error: ...".
[[nodiscard]] std::optional<CrashReport> ParseUbsan(std::string_view log);
[[nodiscard]] std::optional<CrashReport> ParseLeak(std::string_view log);
// Memory limits, time limits and exits as libFuzzer reports them; ParseDeadlySignal for the bare
// signal.
[[nodiscard]] std::optional<CrashReport> ParseLibfuzzer(std::string_view log);
[[nodiscard]] std::optional<CrashReport> ParseDeadlySignal(std::string_view log);
// "percuss: property violated: <id>: <message>", with " [<stride>]" or " [<stride> <threat>]" at
// the end where the harness names them.
[[nodiscard]] std::optional<CrashReport> ParseProperty(std::string_view log);
// What grows over many inputs, as RetentionReport says it (retention_report.h).
[[nodiscard]] std::optional<CrashReport> ParseRetention(std::string_view log);
// "percuss: firmware <class>: <message>", what `percuss emulate` says of a board.
[[nodiscard]] std::optional<CrashReport> ParseFirmware(std::string_view log);
// assert() as glibc prints it.
[[nodiscard]] std::optional<CrashReport> ParseAssertion(std::string_view log);
// The C and C++ libraries' own checks: heap consistency, stack protector, _FORTIFY_SOURCE, uncaught
// exceptions.
[[nodiscard]] std::optional<CrashReport> ParseLibraryAbort(std::string_view log);

// Memcheck's errors; ParseValgrindEnd for leaks, and for the signal that ended the process.
[[nodiscard]] std::optional<CrashReport> ParseValgrind(std::string_view log);
[[nodiscard]] std::optional<CrashReport> ParseValgrindEnd(std::string_view log);
// What memcheck knows of the block that an error is about, from the error on; see memory_block.h.
[[nodiscard]] common::MemoryBlock ReadValgrindBlock(std::string_view log);
// "Program received signal SIGSEGV", and the backtrace after it; of a core file "terminated with".
[[nodiscard]] std::optional<CrashReport> ParseGdb(std::string_view log);
// A section of honggfuzz's HONGGFUZZ.REPORT.TXT.
[[nodiscard]] std::optional<CrashReport> ParseHonggfuzz(std::string_view log);

}  // namespace percuss::campaign
