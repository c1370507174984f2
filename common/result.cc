// SPDX-License-Identifier: Apache-2.0
#include "common/result.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace percuss::common {

std::string Error::Text() const {
  if (file.empty()) return message;
  if (line == 0) return file + ": " + message;
  return file + ":" + std::to_string(line) + ": " + message;
}

Error Error::While(const std::string& doing) const {
  Error wrapped = *this;
  wrapped.message = doing + ": " + message;
  return wrapped;
}

tl::unexpected<Error> Fail(ErrorCode code, std::string message, std::string file, int line) {
  return tl::make_unexpected(Error{code, std::move(message), std::move(file), line});
}

tl::unexpected<Error> FailErrno(int error_number, const std::string& doing, std::string file) {
  return Fail(ErrorCode::kIo, doing + ": " + std::strerror(error_number), std::move(file));
}

void CheckFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "percuss: internal error: %s:%d: %s does not hold\n", file, line,
               expression);
  std::abort();
}

}  // namespace percuss::common
