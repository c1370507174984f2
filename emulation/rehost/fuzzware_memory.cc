// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "common/fs.h"
#include "emulation/rehost/fuzzware_parts.h"
#include "emulation/rehost/memory_map.h"

namespace percuss::emulation {
namespace {

namespace stdfs = std::filesystem;
using rehost::AddressSpan;
using rehost::Region;

constexpr size_t kMostRegions = 256;
constexpr uint64_t kSystemBegin = 0xe0000000;  // where every Cortex-M has its own registers

struct MappedEntry {
  std::string name;
  const ConfigNode* node = nullptr;
  uint32_t base = 0;
  uint64_t size = 0;
  rehost::Permissions permissions;
  std::string file;
  uint64_t file_offset = 0;
  uint64_t load_offset = 0;
  uint64_t file_size = kAddressSpaceBytes;
  uint64_t ivt_offset = 0;
  bool is_entry = false;
  bool overlay = false;

  [[nodiscard]] bool IsPeripheral() const {
    return name.size() >= 4 && (name[0] | 0x20) == 'm' && (name[1] | 0x20) == 'm' &&
           (name[2] | 0x20) == 'i' && (name[3] | 0x20) == 'o';
  }
  // Memory is mapped there by the page, and so do firmwares find it.
  [[nodiscard]] AddressSpan Pages() const {
    const uint64_t begin = base / kMapPageBytes * kMapPageBytes;
    const uint64_t end = (base + size + kMapPageBytes - 1) / kMapPageBytes * kMapPageBytes;
    return {static_cast<uint32_t>(begin), end - begin};
  }
};

// Files whose last component the path's matches; a wildcard in a folder's name is taken as it is.
std::vector<stdfs::path> Matches(const stdfs::path& pattern) {
  std::vector<stdfs::path> found;
  for (const stdfs::path& file : common::ListFiles(pattern.parent_path())) {
    if (fnmatch(pattern.filename().c_str(), file.filename().c_str(), FNM_PERIOD) == 0) {
      found.push_back(file);
    }
  }
  return found;
}

class MapReader {
 public:
  MapReader(ConfigTree& tree, rehost::MachineImage& machine) : tree_(tree), machine_(machine) {}

  void Read(const ConfigNode& map) {
    if (map.names.size() > kMostRegions) {
      tree_.Mistake(map, fmt::format("memory_map: has more than {} regions", kMostRegions));
      return;
    }
    if (map.kind != ConfigNode::Kind::kMapping || map.names.empty()) {
      tree_.Mistake(map, "memory_map: must be a mapping of names to regions");
    }
    for (size_t i = 0; i < map.names.size() && tree_.status; ++i) {
      entries_.push_back(ReadEntry(map.names[i], map.items[i]));
    }
    CheckTotal();
    ChooseEntry(map);
    for (const MappedEntry& entry : entries_) {
      if (tree_.status && !entry.overlay) Place(entry);
    }
    MergeSpans(machine_.peripherals);
    for (const MappedEntry& entry : entries_) {
      if (tree_.status && entry.overlay) PlaceOverlay(entry);
    }
    if (machine_.peripherals.empty()) {
      tree_.Mistake(map,
                    "memory_map: no region's name begins with \"mmio\": nothing would take input");
    }
    MergeSpans(machine_.peripherals);
  }

 private:
  MappedEntry ReadEntry(const std::string& name, const ConfigNode& node) {
    ConfigFields fields(tree_, node,
                        {"base_addr", "size", "permissions", "file", "file_offset", "load_offset",
                         "file_size", "is_entry", "ivt_offset", "overlay"});
    constexpr uint64_t kMost = kAddressSpaceBytes;
    MappedEntry entry;
    entry.name = name;
    entry.node = &node;
    entry.base = fields.RequiredAddress("base_addr").value_or(0);
    entry.file = ResolveFile(fields);
    entry.size = fields.Count("size", kMost).value_or(0);
    entry.file_offset = fields.Count("file_offset", kMost).value_or(0);
    entry.load_offset = fields.Count("load_offset", kMost).value_or(0);
    entry.file_size = fields.Count("file_size", kMost).value_or(kMost);
    entry.ivt_offset = fields.Count("ivt_offset", kMost).value_or(0);
    entry.is_entry = fields.Flag("is_entry").value_or(false);
    entry.overlay = fields.Flag("overlay").value_or(false);
    const std::string permissions = fields.Text("permissions");
    if (permissions.find_first_not_of("rwxRWX-") != std::string::npos) {
      tree_.Mistake(node,
                    fmt::format("permissions: \"{}\" has more than r, w, x and -", permissions));
    }
    if (!permissions.empty()) {
      entry.permissions = {permissions.find_first_of("rR") != std::string::npos,
                           permissions.find_first_of("wW") != std::string::npos,
                           permissions.find_first_of("xX") != std::string::npos};
    }
    if (entry.size == 0 && !entry.file.empty()) entry.size = FileOf(entry).size();
    if (entry.size == 0) tree_.Mistake(node, fmt::format("the region {} has no size", name));
    if (entry.size > kAddressSpaceBytes - entry.base) {
      tree_.Mistake(node, fmt::format("the region {} ends beyond 4 GiB", name));
    }
    return entry;
  }

  // As the configuration's own folder has it; one with "./" as that of the file that names it.
  std::string ResolveFile(ConfigFields& fields) {
    const std::string name = fields.Text("file");
    if (name.empty()) return "";
    const ConfigNode& node = *fields.Find("file");
    const bool local = name.starts_with("./");
    const stdfs::path folder = tree_.files[local ? node.file : 0].parent_path();
    stdfs::path path = folder / name;
    if (name.find('*') != std::string::npos) {
      const auto found = Matches(path);
      if (found.size() != 1) {
        tree_.Mistake(node, fmt::format("file: \"{}\" must match one file, but matches {}", name,
                                        found.size()));
        return "";
      }
      path = found[0];
    }
    std::error_code ignored;
    if (!stdfs::is_regular_file(path, ignored)) {
      tree_.Mistake(node, fmt::format("file: no such file: {}", path.lexically_normal().string()));
      return "";
    }
    return path.lexically_normal().string();
  }

  const std::string& FileOf(const MappedEntry& entry) {
    const auto known = contents_.find(entry.file);
    if (known != contents_.end()) return known->second;
    auto bytes = common::ReadFile(entry.file, left_);
    if (!bytes) tree_.Mistake(*entry.node, bytes.error().Text());
    if (bytes) left_ -= bytes->size();
    return contents_[entry.file] = bytes ? std::move(*bytes) : "";
  }

  // Before anything takes memory.
  void CheckTotal() {
    uint64_t total = 0;
    for (const MappedEntry& entry : entries_) {
      if (entry.IsPeripheral() || entry.base >= kSystemBegin || entry.overlay) continue;
      total += entry.Pages().size;
      if (total <= rehost::kMostMappedBytes) continue;
      tree_.Mistake(*entry.node, fmt::format("memory_map: the regions that are memory have more "
                                             "than {} MiB together; give them their real size",
                                             rehost::kMostMappedBytes >> 20U));
      return;
    }
  }

  // With no region marked, the lowest one of the only file there is.
  void ChooseEntry(const ConfigNode& map) {
    std::vector<MappedEntry*> marked;
    std::vector<MappedEntry*> backed;
    for (MappedEntry& entry : entries_) {
      if (entry.file.empty()) continue;
      backed.push_back(&entry);
      if (entry.is_entry) marked.push_back(&entry);
    }
    if (backed.empty()) return;
    if (marked.size() > 1) {
      tree_.Mistake(*marked[1]->node, "is_entry: another region says so too");
    }
    if (marked.empty()) {
      for (const MappedEntry* entry : backed) {
        if (entry->file == backed[0]->file) continue;
        tree_.Mistake(map,
                      "memory_map: the regions are of several files: mark the one with the "
                      "vector table by \"is_entry: true\"");
        return;
      }
      marked.push_back(*std::min_element(backed.begin(), backed.end(),
                                         [](const MappedEntry* one, const MappedEntry* other) {
                                           return one->base < other->base;
                                         }));
    }
    const uint64_t table = marked[0]->base + marked[0]->ivt_offset;
    if (table >= kAddressSpaceBytes) {
      tree_.Mistake(*marked[0]->node, "ivt_offset: lies beyond 4 GiB");
    }
    machine_.vector_table = static_cast<uint32_t>(table);
  }

  // What the entry's file has for it.
  std::string BytesOf(const MappedEntry& entry) {
    if (entry.file.empty()) return "";
    const std::string& file = FileOf(entry);
    if (entry.file_offset >= file.size() || entry.load_offset >= entry.size) {
      tree_.notes.push_back(
          fmt::format("the region {} has nothing of its file: the offsets lie "
                      "behind the end",
                      entry.name));
      return "";
    }
    const uint64_t most = std::min(entry.size - entry.load_offset, entry.file_size);
    return file.substr(entry.file_offset, most);
  }

  void Place(const MappedEntry& entry) {
    const AddressSpan span = entry.Pages();
    if (entry.base >= kSystemBegin) {
      if (entry.name != "nvic" && entry.name != "irq_ret") {
        tree_.notes.push_back(
            fmt::format("the region {} at 0x{:x} is left out: the processor's own "
                        "registers are there",
                        entry.name, entry.base));
      }
      return;
    }
    for (const auto& [other, name] : placed_) {
      if (!Overlap(span, other)) continue;
      tree_.Mistake(*entry.node, fmt::format("the regions {} and {} overlap, as pages of 4 KiB",
                                             name, entry.name));
      return;
    }
    placed_.emplace_back(span, entry.name);
    if (entry.IsPeripheral()) {
      machine_.peripherals.push_back(span);
      if (!entry.file.empty()) {
        tree_.notes.push_back(
            fmt::format("the file of {} is not used: its name makes it a "
                        "peripheral",
                        entry.name));
      }
      return;
    }
    const std::string bytes = BytesOf(entry);
    Region region{entry.name, span.begin, span.size, entry.permissions, ""};
    if (!bytes.empty()) {
      region.bytes.assign(entry.base - span.begin + entry.load_offset, '\0');
      region.bytes += bytes;
    }
    machine_.regions.push_back(std::move(region));
  }

  void PlaceOverlay(const MappedEntry& entry) {
    const AddressSpan span{entry.base, entry.size};
    const bool within = std::any_of(placed_.begin(), placed_.end(), [&span](const auto& placed) {
      return span.begin >= placed.first.begin &&
             span.begin + span.size <= placed.first.begin + placed.first.size;
    });
    if (!within) {
      tree_.Mistake(*entry.node,
                    fmt::format("the overlay {} lies in none of the regions", entry.name));
      return;
    }
    if (entry.IsPeripheral()) {
      CutHole(machine_.regions, span);
      machine_.peripherals.push_back(span);
      return;
    }
    const std::string bytes = BytesOf(entry);
    const auto begin = static_cast<uint32_t>(entry.base + entry.load_offset);
    if (!bytes.empty() && !PatchBytes(machine_.regions, begin, bytes)) {
      tree_.Mistake(*entry.node,
                    fmt::format("the overlay {} has a file, but lies in no memory", entry.name));
    }
  }

  ConfigTree& tree_;
  rehost::MachineImage& machine_;
  std::vector<MappedEntry> entries_;
  std::vector<std::pair<AddressSpan, std::string>> placed_;
  std::map<std::string, std::string> contents_;
  uint64_t left_ = rehost::kMostMappedBytes;  // of files
};

}  // namespace

void ReadFuzzwareMemory(ConfigTree& tree, rehost::MachineImage& machine) {
  const ConfigNode* map = tree.root.Find("memory_map");
  if (map == nullptr) {
    tree.Mistake(tree.root, "\"memory_map\" is missing: where memory and peripherals are");
    return;
  }
  MapReader(tree, machine).Read(*map);
}

}  // namespace percuss::emulation
