// SPDX-License-Identifier: Apache-2.0
//
// Reads a protocol's description. The language is in docs/protocol-models.md. Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "protocols/model.h"

namespace percuss::protocols {

struct DescriptionError {
  int line = 0;  // from 1; 0: of the whole
  std::string what;

  [[nodiscard]] std::string Text(const std::string& file) const {
    return file + (line > 0 ? ":" + std::to_string(line) : "") + ": " + what;
  }
};

// The text of another description by its name, for `use`; nothing where there is none.
using FindDescription = std::function<std::optional<std::string>(const std::string& name)>;

// Every name of the result is of something that is there, and every place in a list below its size.
[[nodiscard]] tl::expected<Model, DescriptionError> ReadModel(std::string_view description,
                                                              const FindDescription& find = {});
// Of files up to a megabyte; others are found beside it. `texts`, if it is given, gets all that was
// read: the file's own first, then those that it uses, each once.
[[nodiscard]] tl::expected<Model, DescriptionError> ReadModelFile(
    const std::string& path, std::vector<std::string>* texts = nullptr);

}  // namespace percuss::protocols
