// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/rehost_file.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "common/field_reader.h"
#include "emulation/rehost/core/line_input.h"
#include "emulation/rehost/memory_map.h"

namespace percuss::emulation {
namespace {

using common::FieldReader;
using rehost::AccessModel;
using rehost::InterruptTrigger;

constexpr const char* kAddressHelp = "must be an address as text, for example \"0x40004000\"";
constexpr size_t kMostRegions = 256;
constexpr size_t kMostModels = 100'000;
constexpr size_t kMostTriggers = 256;

uint32_t ReadNumber(FieldReader& reader, const std::string& name, const std::string& otherwise) {
  const std::string text = reader.Text(name, otherwise);
  const auto value = WrittenNumber(text);
  if (!value) reader.Mistake(name, text.empty() ? "is required" : kAddressHelp);
  return value.value_or(0);
}

std::optional<uint32_t> OptionalNumber(FieldReader& reader, const std::string& name) {
  if (!reader.Has(name)) return std::nullopt;
  return ReadNumber(reader, name, "");
}

WrittenPlace ReadPlace(FieldReader& reader, const std::string& name) {
  return {reader.Text(name), reader.Pointer() + "/" + name};
}

std::vector<WrittenPlace> ReadPlaces(FieldReader& reader, const std::string& name) {
  std::vector<WrittenPlace> places;
  for (const std::string& text : reader.Texts(name)) {
    places.push_back({text, fmt::format("{}/{}/{}", reader.Pointer(), name, places.size())});
  }
  return places;
}

uint32_t ReadCount(FieldReader& reader, const std::string& name, int64_t least,
                   uint32_t otherwise) {
  const int64_t value = reader.Count(name, least, otherwise);
  if (value > std::numeric_limits<uint32_t>::max()) reader.Mistake(name, "is too large");
  return static_cast<uint32_t>(value);
}

rehost::AddressSpan ReadSpan(FieldReader& reader) {
  rehost::AddressSpan span;
  span.begin = ReadNumber(reader, "address", "");
  span.size = static_cast<uint64_t>(reader.Count("bytes", 1, 0));
  if (span.size == 0) reader.Mistake("bytes", "is required");
  if (span.size > kAddressSpaceBytes - span.begin) reader.Mistake("bytes", "ends beyond 4 GiB");
  return span;
}

rehost::Region ReadRegion(FieldReader& reader) {
  rehost::Region region;
  region.name = reader.RequiredText("name");
  const rehost::AddressSpan span = ReadSpan(reader);
  region.begin = span.begin;
  region.size = span.size;
  const std::string access = reader.Text("access", "rwx");
  if (access.empty() || access.find_first_not_of("rwx") != std::string::npos) {
    reader.Mistake("access", "must be of the letters r, w and x");
  }
  region.permissions = {access.find('r') != std::string::npos,
                        access.find('w') != std::string::npos,
                        access.find('x') != std::string::npos};
  reader.RefuseOthers();
  return region;
}

rehost::LineStatus ReadStatus(FieldReader& reader) {
  rehost::LineStatus status;
  status.address = ReadNumber(reader, "address", "");
  status.always = ReadNumber(reader, "always", "0");
  status.ready = ReadNumber(reader, "ready", "0");
  status.empty = ReadNumber(reader, "empty", "0");
  if (status.ready == status.empty) {
    reader.Mistake("ready", "tells nothing: it must differ from \"empty\"");
  }
  reader.RefuseOthers();
  return status;
}

// Bits that are stored to a register.
void ReadBits(FieldReader reader, uint32_t& address, uint32_t& bits) {
  address = ReadNumber(reader, "address", "");
  bits = ReadNumber(reader, "bits", "");
  if (bits == 0) reader.Mistake("bits", "must have one");
  reader.RefuseOthers();
}

rehost::InputLine ReadInput(FieldReader& reader) {
  using Kind = rehost::InputLine::Kind;
  constexpr uint32_t kUsualGap = 1000;  // of what interrupts
  rehost::InputLine input;
  const std::string kind = reader.Choice("kind", {"uart", "spi", "i2c", "can"}, "uart");
  input.kind = kind == "uart"  ? Kind::kUart
               : kind == "spi" ? Kind::kSpi
               : kind == "i2c" ? Kind::kI2c
                               : Kind::kCan;
  input.data = ReadNumber(reader, "data", "");
  if (input.kind == Kind::kCan) {
    input.id = ReadNumber(reader, "id", "");
    input.id_shift = ReadCount(reader, "id_shift", 0, 0);
    input.length = ReadNumber(reader, "length", "");
    if (!reader.Has("release")) reader.Mistake("release", "is required for \"can\"");
    if (reader.Has("release")) {
      ReadBits(reader.Object("release"), input.release, input.release_bits);
    }
  } else {
    input.bytes = ReadCount(reader, "bytes", 1, 1);
  }
  for (FieldReader& status : reader.Objects("status")) {
    input.statuses.push_back(ReadStatus(status));
  }
  if (reader.Has("irq")) input.irq = ReadCount(reader, "irq", 0, 0);
  if (reader.Has("enable")) ReadBits(reader.Object("enable"), input.enable, input.enable_bits);
  input.gap = ReadCount(reader, "gap", 0, reader.Has("irq") ? kUsualGap : 0);
  input.silence = ReadCount(reader, "silence", 1, input.silence);
  reader.RefuseOthers();
  return input;
}

AccessModel::Kind KindNamed(const std::string& name) {
  using Kind = AccessModel::Kind;
  if (name == "constant") return Kind::kConstant;
  if (name == "passthrough") return Kind::kPassthrough;
  if (name == "bitextract") return Kind::kBitextract;
  if (name == "set") return Kind::kSet;
  if (name == "linear") return Kind::kLinear;
  return Kind::kUnmodeled;
}

WrittenModel ReadModel(FieldReader& reader) {
  using Kind = AccessModel::Kind;
  WrittenModel written;
  AccessModel& model = written.model;
  model.kind = KindNamed(
      reader.Choice("kind", {"constant", "passthrough", "bitextract", "set", "linear", "unmodeled"},
                    "unmodeled"));
  model.address = ReadNumber(reader, "address", "");
  model.size = ReadCount(reader, "bytes", 1, 4);
  written.pc = ReadPlace(reader, "pc");
  for (const std::string& text : reader.Texts("values")) {
    const auto value = WrittenNumber(text);
    if (!value) reader.Mistake("values", fmt::format("\"{}\" is no number of 32 bits", text));
    model.values.push_back(value.value_or(0));
  }
  const bool from_nothing = model.kind == Kind::kPassthrough || model.kind == Kind::kLinear;
  if (from_nothing && model.values.empty()) model.values = {0};
  model.input_bytes = ReadCount(reader, "input_bytes", 0, 1);
  model.left_shift = ReadCount(reader, "left_shift", 0, 0);
  model.step = ReadNumber(reader, "step", "1");
  rehost::MachineImage alone;
  alone.models = {model};
  const std::string mistake = rehost::MistakeIn(alone);
  if (!mistake.empty()) reader.Mistake("kind", mistake);
  reader.RefuseOthers();
  return written;
}

WrittenTrigger ReadTrigger(FieldReader& reader) {
  using When = InterruptTrigger::When;
  using Which = InterruptTrigger::Which;
  constexpr int64_t kUsualPeriod = 4000;
  WrittenTrigger written;
  InterruptTrigger& trigger = written.trigger;
  const std::string when =
      reader.Choice("when", {"every", "every_by_input", "at_address", "on_sleep"}, "every");
  trigger.when = when == "every"            ? When::kEvery
                 : when == "every_by_input" ? When::kEveryByInput
                 : when == "at_address"     ? When::kAtAddress
                                            : When::kOnSleep;
  const std::string which = reader.Choice("which", {"in_turn", "by_input", "fixed"}, "in_turn");
  trigger.which = which == "in_turn"    ? Which::kInTurn
                  : which == "by_input" ? Which::kByInput
                                        : Which::kFixed;
  trigger.period = static_cast<uint64_t>(reader.Count("period", 1, kUsualPeriod));
  written.address = ReadPlace(reader, "address");
  if (trigger.when == When::kAtAddress && written.address.text.empty()) {
    reader.Mistake("address", "is required for \"at_address\"");
  }
  if (trigger.which == Which::kFixed && !reader.Has("irq")) {
    reader.Mistake("irq", "is required for \"fixed\"");
  }
  trigger.irq = ReadCount(reader, "irq", 0, 0);
  trigger.pends = ReadCount(reader, "pends", 1, 1);
  trigger.skips = ReadCount(reader, "skips", 0, 0);
  rehost::MachineImage alone;
  alone.triggers = {trigger};
  const std::string mistake = rehost::MistakeIn(alone);
  if (!mistake.empty()) reader.Mistake("when", mistake);
  reader.RefuseOthers();
  return written;
}

rehost::Limits ReadLimits(FieldReader reader) {
  rehost::Limits limits;
  const auto read = [&reader](const char* name, uint64_t otherwise) {
    return static_cast<uint64_t>(reader.Count(name, 0, static_cast<int64_t>(otherwise)));
  };
  limits.instructions = read("instructions", limits.instructions);
  limits.instructions_without_input =
      read("instructions_without_input", limits.instructions_without_input);
  limits.interrupts = read("interrupts", limits.interrupts);
  reader.RefuseOthers();
  return limits;
}

// Each of a list through its reader, up to a number.
template <typename T, typename Read>
std::vector<T> ReadList(FieldReader& root, const std::string& name, size_t most, const Read& read) {
  std::vector<T> list;
  auto readers = root.Objects(name);
  if (readers.size() > most) {
    root.Mistake(name, fmt::format("has more than {} members", most));
    return list;
  }
  for (FieldReader& reader : readers) list.push_back(read(reader));
  return list;
}

void ReadProcessor(FieldReader& root, RehostFile& file) {
  if (root.Has("architecture")) {
    const std::string name =
        root.Choice("architecture", {"armv6m", "armv7m", "armv7em"}, "armv7em");
    file.architecture = name == "armv6m"   ? rehost::Architecture::kV6M
                        : name == "armv7m" ? rehost::Architecture::kV7M
                                           : rehost::Architecture::kV7EM;
  }
  if (root.Has("floating_point")) file.floating_point = root.Flag("floating_point", true);
  if (root.Has("bit_band")) {
    const std::string name = root.Choice("bit_band", {"none", "memory", "all"}, "none");
    file.bit_band = name == "none"     ? rehost::BitBand::kNone
                    : name == "memory" ? rehost::BitBand::kMemory
                                       : rehost::BitBand::kAll;
  }
  file.systick = root.Flag("systick", true);
  file.vector_table = OptionalNumber(root, "vector_table");
  file.initial_sp = OptionalNumber(root, "initial_sp");
  file.entry = ReadPlace(root, "entry");
}

}  // namespace

std::optional<uint32_t> WrittenNumber(const std::string& text) {
  const bool hex = text.starts_with("0x");
  const char* begin = text.data() + (hex ? 2 : 0);
  const char* end = text.data() + text.size();
  uint32_t value = 0;
  const auto [rest, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
  if (begin == end || error != std::errc() || rest != end) return std::nullopt;
  return value;
}

common::Result<RehostFile> ReadRehostFile(const std::filesystem::path& path) {
  auto document = common::Document::Read(path);
  if (!document) {
    common::Error error = document.error();
    error.code = common::ErrorCode::kBadInput;
    return tl::make_unexpected(error);
  }
  RehostFile file;
  file.file = path;
  FieldReader root(*document, document->json, "");
  root.Choice("schema", {"percuss.rehost.v1"}, "");
  file.firmware = root.ExistingPath("firmware");
  file.symbols = root.ExistingPath("symbols");
  file.address = OptionalNumber(root, "address");
  ReadProcessor(root, file);
  file.memory = ReadList<rehost::Region>(root, "memory", kMostRegions, ReadRegion);
  file.peripherals =
      ReadList<rehost::AddressSpan>(root, "peripherals", kMostRegions, [](FieldReader& reader) {
        const rehost::AddressSpan span = ReadSpan(reader);
        reader.RefuseOthers();
        return span;
      });
  file.svd = root.ExistingPath("svd");
  file.inputs = ReadList<rehost::InputLine>(root, "inputs", rehost::kMostLines, ReadInput);
  file.models = ReadList<WrittenModel>(root, "models", kMostModels, ReadModel);
  if (root.Has("interrupts")) {
    file.triggers = ReadList<WrittenTrigger>(root, "interrupts", kMostTriggers, ReadTrigger);
  }
  for (const std::string& text : root.Texts("disabled_interrupts")) {
    const auto irq = WrittenNumber(text);
    if (!irq || *irq >= rehost::kMostExternalInterrupts) {
      root.Mistake("disabled_interrupts",
                   fmt::format("\"{}\" is no external interrupt: 0 to 239", text));
    }
    file.disabled_irqs.push_back(irq.value_or(0));
  }
  file.exits = ReadPlaces(root, "exits");
  file.assertions = ReadPlaces(root, "assertions");
  file.skipped = ReadPlaces(root, "skipped");
  file.limits = ReadLimits(root.Object("limits"));
  root.RefuseOthers();
  if (!document->status) return tl::make_unexpected(document->status.error());
  return file;
}

}  // namespace percuss::emulation
