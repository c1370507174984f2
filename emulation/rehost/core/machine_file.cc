// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/machine_file.h"

#include <array>
#include <type_traits>

namespace percuss::rehost {
namespace {

// With its NUL byte: a later version is another text.
constexpr std::string_view kMagic("percuss.machine.1\0", 18);
constexpr size_t kCrcBytes = 4;
constexpr uint32_t kLinesSection = 0x656e696c;  // "line"

uint32_t Crc32(std::string_view bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> made{};
    for (uint32_t i = 0; i < made.size(); ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value & 1U) != 0 ? value >> 1U ^ 0xedb88320U : value >> 1U;
      }
      made[i] = value;
    }
    return made;
  }();
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc = crc >> 8U ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xffU];
  }
  return ~crc;
}

class Writer {
 public:
  void Item(bool value) { Integer(value ? 1 : 0, 1); }
  void Item(uint32_t value) { Integer(value, 4); }
  void Item(uint64_t value) { Integer(value, 8); }
  void Item(const std::string& value) {
    Item(static_cast<uint32_t>(value.size()));
    bytes_ += value;
  }
  template <typename T>
  requires std::is_enum_v<T>
  void Item(T value) { Integer(static_cast<uint64_t>(value), 1); }
  template <typename T, typename Each>
  void List(const std::vector<T>& list, const Each& each) {
    Item(static_cast<uint32_t>(list.size()));
    for (const T& item : list) each(*this, item);
  }
  [[nodiscard]] std::string Take() {
    Item(Crc32(bytes_));
    return std::move(bytes_);
  }
  void Raw(std::string_view bytes) { bytes_ += bytes; }

 private:
  void Integer(uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xffU);
  }
  std::string bytes_;
};

// After the first thing that is not there, everything is 0 or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool Good() const { return good_; }
  [[nodiscard]] bool AtEnd() const { return bytes_.empty(); }
  [[nodiscard]] bool NextIs(uint32_t value) const { return Reader(bytes_).Integer(4) == value; }

  void Item(bool& value) {
    const uint64_t read = Integer(1);
    good_ = good_ && read <= 1;
    value = read == 1;
  }
  void Item(uint32_t& value) { value = static_cast<uint32_t>(Integer(4)); }
  void Item(uint64_t& value) { value = Integer(8); }
  void Item(std::string& value) {
    const auto size = static_cast<size_t>(Integer(4));
    if (!Has(size)) return;
    value = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }
  template <typename T>
  requires std::is_enum_v<T>
  void Item(T& value) { value = static_cast<T>(Integer(1)); }
  template <typename T, typename Each>
  void List(std::vector<T>& list, const Each& each) {
    const auto count = static_cast<size_t>(Integer(4));
    // No item has fewer bytes than one: a count cannot ask for more memory than the file's size
    // warrants, and growing goes by what has been read.
    if (!Has(count)) return;
    for (size_t i = 0; i < count && good_; ++i) each(*this, list.emplace_back());
  }

 private:
  bool Has(size_t size) {
    good_ = good_ && size <= bytes_.size();
    return good_;
  }
  uint64_t Integer(size_t size) {
    if (!Has(size)) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      value |= uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
    }
    bytes_.remove_prefix(size);
    return value;
  }
  std::string_view bytes_;
  bool good_ = true;
};

// One description of the layout for both directions: Image is const when it is written.
template <typename Stream, typename Image>
void Transfer(Stream& stream, Image& image) {
  const auto plain = [](Stream& s, auto& item) { s.Item(item); };
  stream.Item(image.architecture);
  stream.Item(image.floating_point);
  stream.Item(image.vector_table);
  stream.Item(image.initial_sp);
  stream.Item(image.entry);
  stream.List(image.regions, [](Stream& s, auto& region) {
    s.Item(region.name);
    s.Item(region.begin);
    s.Item(region.size);
    s.Item(region.permissions.read);
    s.Item(region.permissions.write);
    s.Item(region.permissions.execute);
    s.Item(region.bytes);
  });
  stream.List(image.peripherals, [](Stream& s, auto& span) {
    s.Item(span.begin);
    s.Item(span.size);
  });
  stream.List(image.models, [&plain](Stream& s, auto& model) {
    s.Item(model.kind);
    s.Item(model.address);
    s.Item(model.size);
    s.Item(model.pc);
    s.List(model.values, plain);
    s.Item(model.input_bytes);
    s.Item(model.left_shift);
    s.Item(model.step);
  });
  stream.List(image.triggers, [](Stream& s, auto& trigger) {
    s.Item(trigger.when);
    s.Item(trigger.which);
    s.Item(trigger.period);
    s.Item(trigger.address);
    s.Item(trigger.irq);
    s.Item(trigger.pends);
    s.Item(trigger.skips);
  });
  stream.List(image.disabled_irqs, plain);
  stream.List(image.exits, plain);
  stream.List(image.assertions, plain);
  stream.List(image.skipped, plain);
  stream.List(image.symbols, [](Stream& s, auto& symbol) {
    s.Item(symbol.begin);
    s.Item(symbol.size);
    s.Item(symbol.name);
  });
  stream.Item(image.limits.instructions);
  stream.Item(image.limits.instructions_without_input);
  stream.Item(image.limits.interrupts);
}

template <typename Stream, typename Lines>
void TransferLines(Stream& stream, Lines& lines) {
  stream.List(lines, [](Stream& s, auto& line) {
    s.Item(line.kind);
    s.Item(line.data);
    s.Item(line.bytes);
    s.List(line.statuses, [](Stream& inner, auto& status) {
      inner.Item(status.address);
      inner.Item(status.always);
      inner.Item(status.ready);
      inner.Item(status.empty);
    });
    for (auto* item : {&line.irq, &line.enable, &line.enable_bits, &line.gap, &line.silence,
                       &line.id, &line.id_shift, &line.length, &line.release, &line.release_bits}) {
      s.Item(*item);
    }
  });
}

void WriteSections(Writer& writer, const MachineImage& image) {
  if (image.lines.empty()) return;
  writer.Item(kLinesSection);
  TransferLines(writer, image.lines);
}

// Up to the first that is not known.
void ReadSections(Reader& reader, MachineImage& image) {
  while (reader.Good() && reader.NextIs(kLinesSection)) {
    uint32_t name = 0;
    reader.Item(name);
    TransferLines(reader, image.lines);
  }
}

// What came later: a file of before ends without it.
template <typename Stream, typename Image>
void TransferLater(Stream& stream, Image& image) {
  stream.Item(image.bit_band);
  stream.Item(image.systick);
}

bool Refuse(std::string& why, std::string reason) {
  why = std::move(reason);
  return false;
}

}  // namespace

std::string WriteMachine(const MachineImage& image) {
  Writer writer;
  writer.Raw(kMagic);
  Transfer(writer, image);
  WriteSections(writer, image);
  TransferLater(writer, image);
  return writer.Take();
}

bool ReadMachine(std::string_view bytes, MachineImage& image, std::string& why) {
  if (!bytes.starts_with(kMagic)) {
    return Refuse(why, "is no machine file: it does not begin with \"percuss.machine.1\"");
  }
  if (bytes.size() < kMagic.size() + kCrcBytes) return Refuse(why, "is cut off");
  const std::string_view content = bytes.substr(0, bytes.size() - kCrcBytes);
  uint32_t crc = 0;
  Reader(bytes.substr(content.size())).Item(crc);
  if (crc != Crc32(content)) return Refuse(why, "is damaged or cut off: its checksum is wrong");
  MachineImage read;
  Reader reader(content.substr(kMagic.size()));
  Transfer(reader, read);
  ReadSections(reader, read);
  if (reader.Good() && !reader.AtEnd()) TransferLater(reader, read);
  if (!reader.Good()) return Refuse(why, "ends before all that it announces");
  if (!reader.AtEnd()) return Refuse(why, "has bytes behind its end");
  std::string mistake = MistakeIn(read);
  if (!mistake.empty()) return Refuse(why, std::move(mistake));
  image = std::move(read);
  return true;
}

}  // namespace percuss::rehost
