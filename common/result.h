// SPDX-License-Identifier: Apache-2.0
//
// How expected failures travel: Result<T> holds a value or an Error that says what was wrong,
// where, and what to do. Programmer errors abort through PERCUSS_CHECK; nothing read from a target,
// the disk or a network may reach one.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace percuss::common {

// What a caller can decide on; the command line maps kBadInput to exit 64 and the others to exit 1.
enum class ErrorCode {
  kBadInput,     // a file or option of the user's is wrong; the message names it
  kNotFound,     // a file, tool or record that was asked for is not there
  kUnavailable,  // the host lacks something; the message says how to get it
  kIo,           // the operating system refused
  kCorrupt,      // a stored file is damaged or was tampered with
  kInternal,     // a library failed in a way that we did not expect
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string file;  // the user's or stored file that is at fault, empty if none
  int line = 0;      // in that file, from 1; 0 when unknown

  // "file:line: message", as a compiler would say it.
  [[nodiscard]] std::string Text() const;
  // The same error with what was being done put in front.
  [[nodiscard]] Error While(const std::string& doing) const;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

[[nodiscard]] tl::unexpected<Error> Fail(ErrorCode code, std::string message, std::string file = "",
                                         int line = 0);
// Adds strerror(error_number) and the path to the message.
[[nodiscard]] tl::unexpected<Error> FailErrno(int error_number, const std::string& doing,
                                              std::string file = "");

[[noreturn]] void CheckFailed(const char* expression, const char* file, int line);

}  // namespace percuss::common

#define PERCUSS_CHECK(expression)      \
  ((expression) ? static_cast<void>(0) \
                : ::percuss::common::CheckFailed(#expression, __FILE__, __LINE__))
