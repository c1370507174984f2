// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/svd_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "emulation/rehost/memory_map.h"
#include "emulation/rehost/svd_tree.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

constexpr size_t kMostRegisters = 200'000;
constexpr size_t kMostNameBytes = size_t{64} << 20;
constexpr uint64_t kMostDim = 65'536;
constexpr int kMostDerivations = 8;
constexpr size_t kMostSteps = 50'000'000;  // of one file's loops, some of a second
constexpr size_t kStepsPerElement = 50;
constexpr uint64_t kBitsPerByte = 8;

// scaledNonNegativeInteger of the format: decimal, 0x, # and 0b for binary, and k, m, g behind it.
std::optional<uint64_t> Number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.starts_with('#')) {
    base = 2;
    text.remove_prefix(1);
  } else if (text.starts_with("0b")) {
    base = 2;
    text.remove_prefix(2);
  }
  uint64_t scale = 1;
  if (base == 10 && !text.empty()) {
    const char unit = static_cast<char>(text.back() | 0x20);
    if (unit == 'k') scale = uint64_t{1} << 10U;
    if (unit == 'm') scale = uint64_t{1} << 20U;
    if (unit == 'g') scale = uint64_t{1} << 30U;
    if (scale != 1) text.remove_suffix(1);
  }
  uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size())
    return std::nullopt;
  if (value > kAddressSpaceBytes / scale) return std::nullopt;
  return value * scale;
}

// What a register has of those around it, where it does not say itself.
struct Inherited {
  std::string size;
  std::string access;
};

// The indexes of an array: "0-3", "A,B,C", or from 0 on.
std::vector<std::string> Indexes(const std::string& given, uint64_t count) {
  std::vector<std::string> indexes;
  if (given.find(',') != std::string::npos) {
    for (size_t at = 0; at <= given.size();) {
      const size_t end = std::min(given.find(',', at), given.size());
      indexes.push_back(given.substr(at, end - at));
      at = end + 1;
    }
  }
  const size_t dash = given.find('-');
  const auto first = dash == std::string::npos ? std::nullopt : Number(given.substr(0, dash));
  const bool letters = dash == 1 && given.size() == 3 && !first;
  for (uint64_t i = indexes.size(); i < count; ++i) {
    const uint64_t from = first.value_or(0);
    indexes.push_back(letters ? std::string(1, static_cast<char>(given[0] + static_cast<char>(i)))
                              : std::to_string(from + i));
  }
  indexes.resize(count);
  return indexes;
}

// "%s" of a name, the first one, replaced.
std::string Named(const std::string& pattern, const std::string& index) {
  const size_t at = pattern.find("%s");
  if (at == std::string::npos) return pattern;
  return pattern.substr(0, at) + index + pattern.substr(at + 2);
}

class RegisterMaker {
 public:
  RegisterMaker(std::string file, std::vector<DeviceRegister>& registers,
                std::vector<DevicePeripheral>& peripherals)
      : file_(std::move(file)), registers_(registers), peripherals_(peripherals) {}

  common::Status Make(const SvdNode& device) {
    device_ = &device;
    for (const SvdNode& peripheral : device.children) {
      if (peripheral.kind == "peripheral" && status_) MakePeripheral(peripheral);
    }
    return status_;
  }

 private:
  void Refuse(const SvdNode& node, const std::string& what) {
    if (!status_) return;
    status_ = Fail(ErrorCode::kBadInput,
                   fmt::format("{} {}: {}", node.kind, node.Text("name"), what), file_, node.line);
  }

  uint64_t NumberOf(const SvdNode& node, const std::string& text, const char* what) {
    const auto value = Number(text);
    if (!value) Refuse(node, fmt::format("{}: \"{}\" is no number", what, text));
    return value.value_or(0);
  }

  // Beside it, or by its whole path from the device on.
  const SvdNode* FindOrigin(const SvdNode& node, const SvdNode& parent) {
    const std::string& path = node.derived_from;
    if (!Afford(node, parent.children.size() + device_->children.size())) return nullptr;
    for (const SvdNode& other : parent.children) {
      if (other.kind == node.kind && other.Text("name") == path && &other != &node) return &other;
    }
    const SvdNode* at = device_;
    for (size_t begin = 0; begin <= path.size() && at != nullptr;) {
      const size_t end = std::min(path.find('.', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      const SvdNode* next = nullptr;
      if (!Afford(node, at->children.size())) return nullptr;
      for (const SvdNode& child : at->children) {
        if (child.Text("name") == name) next = &child;
      }
      at = next;
      begin = end + 1;
    }
    return at == &node ? nullptr : at;
  }

  bool Afford(const SvdNode& node, size_t steps) {
    steps_ += steps;
    if (steps_ > kMostSteps) Refuse(node, "the file's arrays and derivations have no end");
    return steps_ <= kMostSteps;
  }

  // The node with what it has of the one that it is derived from. The copy is made of this node
  // and its origins only; children are taken over where it has none.
  SvdNode Derived(const SvdNode& node, const SvdNode& parent, int depth = 0) {
    if (node.derived_from.empty()) return Whole(node);
    const SvdNode* origin = FindOrigin(node, parent);
    if (origin == nullptr || depth >= kMostDerivations) {
      Refuse(node, fmt::format("derivedFrom: \"{}\" is none that it can be derived from",
                               node.derived_from));
      return node;
    }
    SvdNode whole = Derived(*origin, parent, depth + 1);
    const bool array = node.texts.contains("dim");
    for (const char* own : {"dim", "dimIncrement", "dimIndex"}) {
      if (!array) whole.texts.erase(own);  // an array's element is derived from, not the array
    }
    for (const auto& [name, text] : node.texts) whole.texts[name] = text;
    const bool blocks =
        std::any_of(node.children.begin(), node.children.end(),
                    [](const SvdNode& child) { return child.kind == "addressBlock"; });
    const bool others =
        std::any_of(node.children.begin(), node.children.end(),
                    [](const SvdNode& child) { return child.kind != "addressBlock"; });
    std::erase_if(whole.children, [&](const SvdNode& child) {
      return child.kind == "addressBlock" ? blocks : others;
    });
    for (const SvdNode& child : node.children) whole.children.push_back(Whole(child));
    whole.line = node.line;
    whole.derived_from.clear();
    return whole;
  }

  // A copy; how much is copied in all is bounded, as a small file could ask for any amount.
  SvdNode Whole(const SvdNode& node) {
    copied_ += CountOf(node);
    if (copied_ > kMostRegisters) {
      Refuse(node, fmt::format("the file derives more than {} registers", kMostRegisters));
      return {};
    }
    return node;
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which ReadSvdTree bounds
  static size_t CountOf(const SvdNode& node) {
    size_t count = 1;
    for (const SvdNode& child : node.children) count += CountOf(child);
    return count;
  }

  static Inherited With(Inherited outer, const SvdNode& node) {
    if (!node.Text("size").empty()) outer.size = node.Text("size");
    if (!node.Text("access").empty()) outer.access = node.Text("access");
    return outer;
  }

  // Calls each(name, offset) for the node, or for each of an array.
  template <typename Each>
  void ForEach(const SvdNode& node, const Each& each) {
    const std::string& name = node.Text("name");
    if (name.empty()) Refuse(node, "has no name");
    if (node.Text("dim").empty()) {
      each(name, uint64_t{0});
      return;
    }
    const uint64_t count = NumberOf(node, node.Text("dim"), "dim");
    const uint64_t step = NumberOf(node, node.Text("dimIncrement"), "dimIncrement");
    if (count > kMostDim) Refuse(node, fmt::format("dim: is more than {}", kMostDim));
    if (!status_) return;
    const auto indexes = Indexes(node.Text("dimIndex"), count);
    if (!Afford(node, count * kStepsPerElement)) return;
    for (uint64_t i = 0; i < count && status_; ++i) each(Named(name, indexes[i]), i * step);
  }

  void MakePeripheral(const SvdNode& node) {
    const SvdNode peripheral = Derived(node, *device_);
    if (!status_) return;
    const uint64_t base = NumberOf(node, peripheral.Text("baseAddress"), "baseAddress");
    const Inherited inherited = With(With({}, *device_), peripheral);
    ForEach(peripheral, [&](const std::string& name, uint64_t offset) {
      DevicePeripheral made;
      made.name = name;
      for (const SvdNode& child : peripheral.children) {
        if (child.kind == "addressBlock") AddSpan(child, base + offset, made);
      }
      peripherals_.push_back(std::move(made));
      MakeChildren(peripheral, name, base + offset, inherited);
    });
  }

  void AddSpan(const SvdNode& block, uint64_t base, DevicePeripheral& peripheral) {
    const uint64_t begin = base + NumberOf(block, block.Text("offset"), "offset");
    const uint64_t size = NumberOf(block, block.Text("size"), "size");
    if (begin >= kAddressSpaceBytes || size > kAddressSpaceBytes - begin) {
      Refuse(block, "lies beyond 4 GiB");
      return;
    }
    if (size != 0) peripheral.spans.push_back({static_cast<uint32_t>(begin), size});
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which ReadSvdTree bounds
  void MakeChildren(const SvdNode& parent, const std::string& name, uint64_t base,
                    const Inherited& inherited) {
    for (const SvdNode& node : parent.children) {
      if (!status_) return;
      if (node.kind != "register" && node.kind != "cluster") continue;
      // What is not derived is not copied.
      const SvdNode derived = node.derived_from.empty() ? SvdNode{} : Derived(node, parent);
      const SvdNode& child = node.derived_from.empty() ? node : derived;
      if (!status_) return;
      const uint64_t offset = NumberOf(node, child.Text("addressOffset"), "addressOffset");
      const Inherited own = With(inherited, child);
      ForEach(child, [&](const std::string& child_name, uint64_t step) {
        const std::string full = name + "." + child_name;
        if (node.kind == "cluster") {
          MakeChildren(child, full, base + offset + step, own);
        } else {
          MakeRegister(child, full, base + offset + step, own);
        }
      });
    }
  }

  void MakeRegister(const SvdNode& node, const std::string& name, uint64_t address,
                    const Inherited& inherited) {
    name_bytes_ += name.size();
    if (registers_.size() >= kMostRegisters || name_bytes_ > kMostNameBytes) {
      Refuse(node, fmt::format("the file makes more than {} registers", kMostRegisters));
      return;
    }
    if (address >= kAddressSpaceBytes) {
      Refuse(node, "lies beyond 4 GiB");
      return;
    }
    DeviceRegister made;
    made.address = static_cast<uint32_t>(address);
    if (!inherited.size.empty()) {
      const uint64_t bits = NumberOf(node, inherited.size, "size");
      made.bytes = static_cast<uint32_t>(
          std::clamp<uint64_t>((bits + kBitsPerByte - 1) / kBitsPerByte, 1, kBitsPerByte));
    }
    made.name = name;
    if (inherited.access == "read-only") made.access = RegisterAccess::kReadOnly;
    if (inherited.access.starts_with("write")) made.access = RegisterAccess::kWriteOnly;
    made.read_has_effect = !node.Text("readAction").empty();
    registers_.push_back(std::move(made));
  }

  std::string file_;
  std::vector<DeviceRegister>& registers_;
  std::vector<DevicePeripheral>& peripherals_;
  const SvdNode* device_ = nullptr;
  common::Status status_;
  size_t copied_ = 0;
  size_t steps_ = 0;
  size_t name_bytes_ = 0;
};

}  // namespace

common::Result<SvdFile> SvdFile::Read(const std::filesystem::path& path) {
  auto device = ReadSvdTree(path);
  if (!device) return tl::make_unexpected(device.error());
  SvdFile file;
  RegisterMaker maker(path.string(), file.registers_, file.peripherals_);
  if (auto made = maker.Make(*device); !made) return tl::make_unexpected(made.error());
  std::stable_sort(file.registers_.begin(), file.registers_.end(),
                   [](const DeviceRegister& one, const DeviceRegister& other) {
                     return one.address < other.address;
                   });
  return file;
}

const DeviceRegister* SvdFile::At(uint32_t address) const {
  auto behind = std::upper_bound(
      registers_.begin(), registers_.end(), address,
      [](uint32_t value, const DeviceRegister& candidate) { return value < candidate.address; });
  // Of several at one address, the first that the file has.
  const DeviceRegister* found = nullptr;
  while (behind != registers_.begin()) {
    --behind;
    if (found != nullptr && behind->address != found->address) break;
    if (address - behind->address >= kBitsPerByte) break;
    if (address - behind->address < behind->bytes) found = &*behind;
  }
  return found;
}

std::string SvdFile::NameOf(uint32_t address) const {
  if (const DeviceRegister* found = At(address)) {
    const uint32_t offset = address - found->address;
    return offset == 0 ? found->name : fmt::format("{}+0x{:x}", found->name, offset);
  }
  for (const DevicePeripheral& peripheral : peripherals_) {
    for (const rehost::AddressSpan& span : peripheral.spans) {
      if (address < span.begin || address - span.begin >= span.size) continue;
      return fmt::format("{}+0x{:x}", peripheral.name, address - span.begin);
    }
  }
  return "";
}

}  // namespace percuss::emulation
