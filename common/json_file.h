// SPDX-License-Identifier: Apache-2.0
//
// JSON from files and strings of unknown origin, with errors that name the line.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/result.h"

namespace percuss::common {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// Text of RFC 8259. kBadInput with the line on a syntax error, a nesting deeper than 64 or invalid
// UTF-8. `name` is what errors call the text.
[[nodiscard]] Result<Json> ParseJson(std::string_view text, const std::string& name);
[[nodiscard]] Result<Json> ReadJsonFile(const std::filesystem::path& path);

// Pretty, with a newline at the end; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string JsonText(const Json& json);
[[nodiscard]] Status WriteJsonFile(const std::filesystem::path& path, const Json& json);

// The line, from 1, at which the value at `pointer` ("/targets/0/id", RFC 6901) starts in `text`; 0
// when it is not there. For errors about the meaning of a value, which a parsed document can no
// longer place.
[[nodiscard]] int LineOfJsonPointer(std::string_view text, const std::string& pointer);
// The same, or that of the nearest value around it that is there: a member that is missing has no
// line.
[[nodiscard]] int LineNearJsonPointer(std::string_view text, const std::string& pointer);

// Reads a T out of json through its from_json; kBadInput when the shape is wrong.
template <typename T>
[[nodiscard]] Result<T> FromJson(const Json& json, const std::string& name) {
  try {
    return json.get<T>();
  } catch (const nlohmann::json::exception& error) {
    return Fail(ErrorCode::kBadInput, error.what(), name);
  }
}

}  // namespace percuss::common
