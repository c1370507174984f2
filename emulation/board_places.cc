// SPDX-License-Identifier: Apache-2.0
#include "emulation/board_places.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "common/fs.h"
#include "common/json_file.h"
#include "emulation/machine.h"
#include "emulation/near_name.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

struct NamedPlace {
  std::string place;
  std::string field;
  std::string pointer;  // RFC 6901, in the description
  bool of_crash;
};

// But for the checkpoint and the input's buffer, without which no machine is made.
std::vector<NamedPlace> PlacesOf(const Board& board) {
  std::vector<NamedPlace> places;
  const auto add = [&](const char* field, const std::vector<std::string>& names, bool of_crash) {
    std::string pointer = std::string("/") + field;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i].empty()) continue;
      places.push_back({names[i], field, fmt::format("{}/{}", pointer, i), of_crash});
    }
  };
  add("done", board.done, false);
  add("crash.faults", board.faults, true);
  add("crash.assertions", board.assertions, true);
  add("crash.properties", board.properties, true);
  add("crash.watchdogs", board.watchdogs, true);
  add("memory_checks.heap_begin", {board.checks.heap_begin}, false);
  add("memory_checks.heap_end", {board.checks.heap_end}, false);
  add("memory_checks.stack_limit", {board.checks.stack_limit}, false);
  add("memory_checks.stack_top", {board.checks.stack_top}, false);
  return places;
}

int LineOf(const Board& board, const std::string& pointer) {
  const auto text = common::ReadFile(board.file);
  return text ? common::LineNearJsonPointer(*text, pointer) : 0;
}

std::string Quoted(const NamedPlace& place) {
  return fmt::format("\"{}\" ({})", place.place, place.field);
}

// A number in a symbol is no slip: an image may have the handler of another timer.
std::string DigitsOf(std::string_view name) {
  std::string digits;
  for (const char c : name) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits;
}

// The name with the fewest slips, the first of them.
struct Nearest {
  std::string name;
  size_t slips = SIZE_MAX;

  void Offer(std::string_view wanted, const std::string& offered) {
    const auto between = SlipsBetween(wanted, offered);
    if (!between || *between >= slips) return;
    name = offered;
    slips = *between;
  }
};

void NoteHeap(const Board& board, const ElfImage& image, std::vector<std::string>& notes) {
  const auto begin = image.Find(board.checks.heap_begin);
  const auto end = image.Find(board.checks.heap_end);
  if (!begin || !end) return;
  if (*begin >= *end) {
    notes.push_back(fmt::format("the heap is not watched: {} does not lie below {}",
                                board.checks.heap_begin, board.checks.heap_end));
  } else if (!HasKnownAllocator(image)) {
    notes.emplace_back(
        "the heap is not watched: the image has none of the allocators' functions that percuss "
        "knows, such as malloc and free");
  }
}

}  // namespace

std::string MeantSymbol(const std::string& name, const Board& board, const ElfImage& image) {
  const auto places = PlacesOf(board);
  Nearest nearest;
  for (const std::string& symbol : image.SymbolNames()) {
    const bool named = std::any_of(places.begin(), places.end(),
                                   [&](const NamedPlace& place) { return place.place == symbol; });
    if (!named && DigitsOf(symbol) == DigitsOf(name)) nearest.Offer(name, symbol);
  }
  return nearest.name;
}

common::Result<std::vector<std::string>> CheckPlaces(const Board& board, const ElfImage& image) {
  std::vector<std::string> lacking;
  const NamedPlace* of_crash = nullptr;
  bool sees_crash = false;
  const auto places = PlacesOf(board);
  for (const NamedPlace& place : places) {
    if (place.of_crash) of_crash = &place;
    if (image.Find(place.place)) {
      sees_crash = sees_crash || place.of_crash;
      continue;
    }
    const std::string meant = board.shipped ? "" : MeantSymbol(place.place, board, image);
    if (!meant.empty()) {
      return Fail(ErrorCode::kBadInput,
                  fmt::format("{} is no symbol of {}{}", Quoted(place), image.Path().string(),
                              DidYouMean(meant)),
                  board.file.string(), LineOf(board, place.pointer));
    }
    lacking.push_back(Quoted(place));
  }
  if (of_crash != nullptr && !sees_crash) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("none of the places that \"crash\" names is in {}: no fault, assertion "
                            "or property of it would be told",
                            image.Path().string()),
                board.file.string(), LineOf(board, of_crash->pointer));
  }
  std::vector<std::string> notes;
  if (!lacking.empty()) {
    notes.push_back(fmt::format(
        "the image lacks {} of the board's description {}: what happens there is told otherwise, "
        "or not at all",
        fmt::join(lacking, ", "), board.name));
  }
  NoteHeap(board, image, notes);
  return notes;
}

common::Status CheckMachine(const Board& board, const std::string& machine_help) {
  if (machine_help.find("Supported machines") == std::string::npos) return {};
  const std::string wanted = board.machine.substr(0, board.machine.find(','));
  Nearest nearest;
  for (size_t at = 0; at < machine_help.size();) {
    const size_t end = std::min(machine_help.find('\n', at), machine_help.size());
    const std::string line = machine_help.substr(at, end - at);
    at = end + 1;
    const std::string name = line.substr(0, line.find(' '));
    if (name == wanted || wanted == "none") return {};
    nearest.Offer(wanted, name);
  }
  const std::string what = fmt::format("the machine \"{}\" is none of those of {} -machine help",
                                       wanted, board.emulator);
  if (board.shipped) {
    return Fail(ErrorCode::kUnavailable, what + ": this build of QEMU lacks it",
                board.file.string());
  }
  return Fail(ErrorCode::kBadInput, what + DidYouMean(nearest.name), board.file.string(),
              LineOf(board, "/machine"));
}

}  // namespace percuss::emulation
