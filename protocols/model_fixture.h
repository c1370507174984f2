// SPDX-License-Identifier: Apache-2.0
//
// For unit tests: descriptions written in place, and inputs as text.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "protocols/model_reader.h"

namespace percuss::protocols {

// Fails the test, and gives an empty one back, where it has mistakes.
inline Model ModelOf(const std::string& body) {
  auto model = ReadModel("protocol test \"a test\"\n" + body);
  if (model) return std::move(*model);
  ADD_FAILURE() << model.error().Text("model");
  return {};
}

inline Bytes BytesOf(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace percuss::protocols
