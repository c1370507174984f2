// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "campaign/session/session_text.h"
#include "harnesses/own/input_files.h"
#include "harnesses/own/readers.h"
#include "protocols/byte_havoc.h"
#include "protocols/dissector.h"
#include "protocols/dump.h"
#include "protocols/model_reader.h"
#include "protocols/mutator.h"
#include "protocols/reductions.h"

namespace percuss::own {
namespace {

constexpr size_t kMostMade = 4096;  // bytes of a changed input
constexpr int kChanges = 6;
constexpr size_t kMostReductions = 16;
constexpr size_t kMostInput = 4096;

// What must hold of any description and any input.
void Hold(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "percuss: %s\n", what);
  std::abort();
}

void UseModel(const protocols::Model& model, std::span<const uint8_t> input) {
  protocols::Tree tree(model);
  protocols::Dissect(input, tree);
  const protocols::Bytes printed = tree.Print();
  Hold(printed == protocols::Bytes(input.begin(), input.end()),
       "an input does not come back from its tree");
  static_cast<void>(protocols::Dump(tree));
  for (const auto& one : protocols::Reductions(model, input, kMostReductions)) {
    Hold(one.at + one.size <= input.size(), "a reduction leaves out more than there is");
  }
  protocols::ByteHavoc havoc(1, protocols::WordsOf(model));
  protocols::Mutator mutator(model, 1, [&](uint8_t* bytes, size_t size, size_t most) {
    return havoc.Change(bytes, size, most);
  });
  protocols::Bytes made(input.begin(), input.end());
  for (int i = 0; i < kChanges; ++i) {
    made = i % 3 == 2 ? mutator.Cross(made, input, kMostMade) : mutator.Mutate(made, kMostMade);
    Hold(made.size() <= kMostMade, "a changed input is longer than it may be");
  }
  Hold(mutator.Mutate({}, kMostMade).size() <= kMostMade, "a made input is longer than it may be");
}

}  // namespace

bool ModelFile(std::string_view bytes) {
  const std::vector<std::string_view> parts = Parts(bytes);
  const auto model = protocols::ReadModel(parts.front(), [&](const std::string& /*name*/) {
    return parts.size() > 1 ? std::optional(std::string(parts[1])) : std::nullopt;
  });
  if (!model) {
    static_cast<void>(model.error().Text("model"));
    return false;
  }
  // An input may have NUL bytes of its own.
  std::string_view input;
  if (parts.size() > 2) {
    input = bytes.substr(parts[0].size() + parts[1].size() + 2).substr(0, kMostInput);
  }
  UseModel(*model, {reinterpret_cast<const uint8_t*>(input.data()), input.size()});
  return true;
}

bool SessionFile(std::string_view bytes) {
  std::string input(bytes.substr(std::min<size_t>(bytes.size(), 1)));
  if (bytes.starts_with('T')) {
    auto read = campaign::SessionFromText(input, "session");
    if (!read) return false;
    input = *read;
  }
  const auto again = campaign::SessionFromText(campaign::SessionText(input), "session");
  Hold(again && *again == input, "a session does not come back from its text");
  return true;
}

}  // namespace percuss::own
