// SPDX-License-Identifier: Apache-2.0
//
// Stack traces as the sanitizers print them:
//
//   #1 0x55d0 in parse_pdu(char const*) /src/pdu.cc:42:7        function, file, line, column
//   #2 0x55d1 in main (/bin/target+0x25d1) (BuildId: 1f2e)      function, module, offset
//   #3 0x55d2  (/bin/target+0x25d2)                             module, offset
//   #4 parse_pdu(char const*) /src/pdu.cc:42:7 (target+0x25d1)  as ThreadSanitizer does
//
// Linear in the text. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/finding.h"

namespace percuss::campaign {

// Takes the next line off the front of text, without its end; lines are cut at 4096 bytes, the rest
// is skipped.
[[nodiscard]] std::string_view TakeLine(std::string_view& text);

// The line, one frame; nullopt when it is none.
[[nodiscard]] std::optional<common::StackFrame> ParseFrame(std::string_view line);

// The first stack in text: from the first "#0" to the first line that is not a frame.
[[nodiscard]] std::vector<common::StackFrame> ReadStack(std::string_view text);

// "ns::parse(char const*) const" to "ns::parse": no parameters, no return type, no suffix of a
// compiler's copy.
[[nodiscard]] std::string BareFunctionName(std::string_view name);

// A symbol of C++ as its source has it (Itanium C++ ABI, chapter 5.1); any other as it is.
[[nodiscard]] std::string DemangledName(const std::string& symbol);

// The last line that is not empty, made Printable and cut: the last words of a process.
[[nodiscard]] std::string LastLine(std::string_view text);

// The text with everything but printable ASCII replaced by '?', cut at limit bytes.
[[nodiscard]] std::string Printable(std::string_view text, size_t limit);

// "file.c:12:3" in its parts; line and column 0 where there are none.
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;
};
[[nodiscard]] SourcePlace ParsePlace(std::string_view text);

}  // namespace percuss::campaign
