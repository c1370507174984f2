// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/line_input.h"

#include <string_view>

#include "emulation/rehost/core/input_streams.h"

namespace percuss::rehost {

LineInput SplitLineInput(std::span<const uint8_t> input, const std::vector<InputLine>& lines) {
  LineInput split;
  split.messages.resize(lines.size());
  split.others = input;
  if (lines.empty()) return split;
  StreamPlaces places;
  if (!FindStreams({reinterpret_cast<const char*>(input.data()), input.size()}, places)) {
    split.messages[0] = input;
    split.others = {};
    return split;
  }
  for (const StreamPlaces::Place& place : places.streams) {
    for (size_t line = 0; line < lines.size() && place.key.pc == StreamKey::kEveryPlace; ++line) {
      if (lines[line].data != place.key.address) continue;
      split.messages[line] = input.subspan(place.at, place.bytes);
    }
  }
  return split;
}

}  // namespace percuss::rehost
