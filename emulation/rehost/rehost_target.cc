// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/rehost_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/fs.h"
#include "common/json_file.h"
#include "emulation/near_name.h"
#include "emulation/rehost/firmware_file.h"
#include "emulation/rehost/firmware_functions.h"
#include "emulation/rehost/fuzzware_config.h"
#include "emulation/rehost/memory_guess.h"
#include "emulation/rehost/memory_map.h"

namespace percuss::emulation {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;

constexpr uint32_t kThumb = 1;
constexpr uint32_t kFarthestName = 0x1000;

std::optional<ElfImage> OpenElf(const stdfs::path& path) {
  std::error_code ignored;
  if (path.empty() || !stdfs::is_regular_file(path, ignored)) return std::nullopt;
  auto image = ElfImage::Open(path);
  if (!image) return std::nullopt;
  return std::move(*image);
}

stdfs::path ElfBeside(const stdfs::path& firmware) {
  return stdfs::path(firmware).replace_extension(".elf");
}

// How many bytes two images have at the same addresses, and how many of these differ.
struct Comparison {
  uint64_t bytes = 0;
  uint64_t differ = 0;
};

Comparison Compare(const FirmwareFile& one, const FirmwareFile& other) {
  const auto end_of = [](const FirmwareSegment& segment) {
    return uint64_t{segment.address} + segment.bytes.size();
  };
  Comparison found;
  auto mine = one.segments.begin();
  auto theirs = other.segments.begin();
  while (mine != one.segments.end() && theirs != other.segments.end()) {
    const uint64_t end = std::min(end_of(*mine), end_of(*theirs));
    for (uint64_t at = std::max(mine->address, theirs->address); at < end; ++at) {
      ++found.bytes;
      if (mine->bytes[at - mine->address] != theirs->bytes[at - theirs->address]) ++found.differ;
    }
    if (end_of(*mine) == end) {
      ++mine;
    } else {
      ++theirs;
    }
  }
  return found;
}

// Why one is not the other with a few bytes changed; empty where it is.
std::string WhyOfAnother(const Comparison& found) {
  // A number or a checksum that is put in after linking leaves the code as it is.
  constexpr uint64_t kMostDiffer = 100;  // one in so many
  if (found.bytes == 0) return "none of its bytes are where the image has some";
  if (found.differ <= found.bytes / kMostDiffer) return "";
  return fmt::format("it is of another build: of {} bytes that both have {} differ", found.bytes,
                     found.differ);
}

// Why an ELF file's symbols are not those of the image; empty where they are, perhaps with a note.
std::string WhyOfAnother(const stdfs::path& symbols, const FirmwareFile& image,
                         std::vector<std::string>& notes) {
  const auto elf = ReadFirmware(symbols);
  if (!elf) {
    notes.push_back(
        fmt::format("{} has no code, so nobody can tell whether its symbols are those "
                    "of the image",
                    symbols.string()));
    return "";
  }
  const Comparison found = Compare(*elf, image);
  const std::string why = WhyOfAnother(found);
  if (why.empty() && found.differ > 0) {
    notes.push_back(fmt::format("of {} bytes that {} and the image have {} differ", found.bytes,
                                symbols.string(), found.differ));
  }
  return why;
}

// The symbols of an ELF file beside the image; of another build they are left out, with a note.
std::optional<ElfImage> SymbolsBeside(const FirmwareFile& image, std::vector<std::string>& notes) {
  const stdfs::path path = ElfBeside(image.path);
  auto symbols = OpenElf(path);
  if (!symbols) return symbols;
  const std::string why = WhyOfAnother(path, image, notes);
  if (why.empty()) return symbols;
  notes.push_back(fmt::format("{} beside the image gives no symbols: {}", path.string(), why));
  return std::nullopt;
}

// Of an image in a file of its own, as a configuration or a guess has it.
common::Result<FirmwareFile> ReadImage(const stdfs::path& path, std::optional<uint32_t> address,
                                       std::vector<std::string>& notes) {
  auto firmware = ReadFirmware(path, address);
  if (!firmware || !firmware->address_unknown) return firmware;
  const auto guess = GuessRawAddress(firmware->segments[0].bytes);
  if (!guess) {
    return Fail(ErrorCode::kBadInput,
                "the image is raw bytes that do not begin with a vector table, and nobody says "
                "where they belong: give \"address\" in a percuss.rehost.v1 file",
                path.string());
  }
  firmware->segments[0].address = *guess;
  notes.push_back(
      fmt::format("the raw image is taken to belong at 0x{:08x}, where its vector "
                  "table's handlers lie within it",
                  *guess));
  return firmware;
}

// Every Cortex-M3 that is sold has it. Of a Cortex-M4 the aliases of memory are where nothing else
// could be; some makers have devices where those of peripherals would be.
rehost::BitBand UsualBitBand(rehost::Architecture architecture) {
  switch (architecture) {
    case rehost::Architecture::kV7M:
      return rehost::BitBand::kAll;
    case rehost::Architecture::kV7EM:
      return rehost::BitBand::kMemory;
    default:
      return rehost::BitBand::kNone;
  }
}

rehost::BitBand BitBandOfMemory(rehost::Architecture architecture) {
  return std::min(UsualBitBand(architecture), rehost::BitBand::kMemory);
}

// Lays a percuss.rehost.v1 over what is guessed.
class Applier {
 public:
  Applier(const RehostFile& file, const FirmwareFile& firmware, RehostTarget& target)
      : file_(file), firmware_(firmware), target_(target), machine_(target.machine) {}

  common::Status Apply() {
    if (auto found = FindSymbols(); !found) return found;
    GuessTheRest();
    auto place = file_.memory.empty() ? GuessMap() : PlaceImage();
    if (place && !file_.svd.empty()) place = ReadSvd();
    if (!place) return place;
    if (file_.initial_sp) machine_.initial_sp = *file_.initial_sp & ~3U;
    if (!file_.entry.text.empty()) machine_.entry = Resolve(file_.entry) | kThumb;
    for (const WrittenModel& written : file_.models) {
      machine_.models.push_back(written.model);
      if (!written.pc.text.empty()) machine_.models.back().pc = Resolve(written.pc);
    }
    ApplyTriggers();
    machine_.disabled_irqs = file_.disabled_irqs;
    machine_.exits = ResolveAll(file_.exits);
    machine_.assertions = ResolveAll(file_.assertions);
    machine_.skipped = ResolveAll(file_.skipped);
    machine_.limits = file_.limits;
    machine_.lines = file_.inputs;
    return status_;
  }

 private:
  common::Status Refuse(const std::string& pointer, const std::string& what) {
    const auto text = common::ReadFile(file_.file);
    return Fail(ErrorCode::kBadInput, what, file_.file.string(),
                text ? common::LineNearJsonPointer(*text, pointer) : 0);
  }

  common::Status FindSymbols() {
    const stdfs::path& named = file_.symbols;
    target_.symbols = OpenElf(named.empty() ? firmware_.path : named);
    if (named.empty()) {
      if (!target_.symbols) target_.symbols = SymbolsBeside(firmware_, target_.notes);
      return {};
    }
    if (!target_.symbols) {
      return Refuse("/symbols", "\"symbols\" is no ELF image of a 32-bit Arm processor");
    }
    const std::string why = WhyOfAnother(named, firmware_, target_.notes);
    if (why.empty()) return {};
    return Refuse("/symbols", fmt::format("{}: {}", named.filename().string(), why));
  }

  // What stands apart from the memory map: as the file says, or guessed.
  void GuessTheRest() {
    if (file_.architecture) {
      machine_.architecture = *file_.architecture;
    } else {
      GuessArchitecture(firmware_, machine_, target_.notes);
    }
    if (file_.floating_point) machine_.floating_point = *file_.floating_point;
    if (machine_.architecture != rehost::Architecture::kV7EM) machine_.floating_point = false;
    machine_.bit_band = file_.bit_band.value_or(UsualBitBand(machine_.architecture));
    machine_.systick = file_.systick;
    if (!file_.triggers) GuessInterrupts(machine_, target_.notes);
    machine_.peripherals = file_.peripherals;
    MergeSpans(machine_.peripherals);
    if (file_.peripherals.empty()) GuessPeripherals(machine_, target_.notes);
  }

  common::Status GuessMap() {
    if (file_.vector_table) {
      return Refuse("/vector_table", "\"vector_table\" needs \"memory\": say where memory is too");
    }
    return GuessMemory(firmware_, machine_, target_.notes);
  }

  common::Status PlaceImage() {
    machine_.regions = file_.memory;
    const std::string mistake = rehost::MistakeIn(machine_);
    if (!mistake.empty()) return Refuse("/memory", mistake);
    for (const FirmwareSegment& segment : firmware_.segments) {
      if (PatchBytes(machine_.regions, segment.address, segment.bytes)) continue;
      return Refuse("/memory", fmt::format("the image has {} bytes at 0x{:08x}, which lie in none "
                                           "of these regions",
                                           segment.bytes.size(), segment.address));
    }
    return PlaceTable();
  }

  common::Status PlaceTable() {
    const auto found = FindVectorTable(firmware_);
    if (!file_.vector_table && !found) {
      return Refuse("/vector_table",
                    "no vector table is found in the image: give \"vector_table\"");
    }
    machine_.vector_table = file_.vector_table ? *file_.vector_table : found->address;
    if (!file_.vector_table) {
      target_.notes.push_back(
          fmt::format("the vector table is taken to be at 0x{:08x}", machine_.vector_table));
    }
    const auto sp = WordAt(machine_.regions, machine_.vector_table);
    const auto entry = WordAt(machine_.regions, machine_.vector_table + 4);
    if ((!sp && !file_.initial_sp) || (!entry && file_.entry.text.empty())) {
      return Refuse("/vector_table", fmt::format("the image has no vector table at 0x{:08x}",
                                                 machine_.vector_table));
    }
    machine_.initial_sp = sp.value_or(0) & ~3U;
    machine_.entry = entry.value_or(0);
    return {};
  }

  // What the device has outside of the usual place for peripherals is there too.
  common::Status ReadSvd() {
    auto svd = SvdFile::Read(file_.svd);
    if (!svd) return tl::make_unexpected(svd.error());
    for (const DevicePeripheral& peripheral : svd->Peripherals()) {
      for (const rehost::AddressSpan& span : peripheral.spans) {
        AddSpan(span);
        // What the device has there is no alias.
        const bool there = Overlap(span, {0x42000000, 0x02000000});
        if (there && !file_.bit_band) machine_.bit_band = BitBandOfMemory(machine_.architecture);
      }
    }
    target_.svd = std::move(*svd);
    return {};
  }

  void AddSpan(const rehost::AddressSpan& span) {
    constexpr rehost::AddressSpan kSystem = {0xe0000000, 0x100000};
    const auto touches = [&span](const rehost::Region& region) {
      return Overlap(SpanOf(region), span);
    };
    const auto within = [&span](const rehost::AddressSpan& there) {
      return span.begin >= there.begin && span.begin + span.size <= there.begin + there.size;
    };
    if (Overlap(span, kSystem) ||
        std::any_of(machine_.regions.begin(), machine_.regions.end(), touches) ||
        std::any_of(machine_.peripherals.begin(), machine_.peripherals.end(), within)) {
      return;
    }
    machine_.peripherals.push_back(span);
    MergeSpans(machine_.peripherals);
  }

  void ApplyTriggers() {
    if (!file_.triggers) return;
    machine_.triggers.clear();
    for (const WrittenTrigger& written : *file_.triggers) {
      machine_.triggers.push_back(written.trigger);
      if (!written.address.text.empty())
        machine_.triggers.back().address = Resolve(written.address);
    }
  }

  uint32_t Resolve(const WrittenPlace& place) {
    if (const auto number = WrittenNumber(place.text)) return *number & ~kThumb;
    if (target_.symbols) {
      const auto address = target_.symbols->Find(place.text);
      if (address && *address <= std::numeric_limits<uint32_t>::max()) {
        return static_cast<uint32_t>(*address) & ~kThumb;
      }
    }
    if (status_) {
      status_ =
          Refuse(place.pointer, fmt::format("\"{}\" is neither an address nor a symbol of the "
                                            "image{}",
                                            place.text, DidYouMean(Meant(place.text))));
    }
    return 0;
  }

  std::vector<uint32_t> ResolveAll(const std::vector<WrittenPlace>& places) {
    std::vector<uint32_t> addresses;
    addresses.reserve(places.size());
    for (const WrittenPlace& place : places) addresses.push_back(Resolve(place));
    return addresses;
  }

  [[nodiscard]] std::string Meant(const std::string& name) const {
    std::string nearest;
    size_t fewest = std::numeric_limits<size_t>::max();
    if (!target_.symbols) return nearest;
    for (const std::string& symbol : target_.symbols->SymbolNames()) {
      const auto slips = SlipsBetween(name, symbol);
      if (!slips || *slips >= fewest) continue;
      nearest = symbol;
      fewest = *slips;
    }
    return nearest;
  }

  const RehostFile& file_;
  const FirmwareFile& firmware_;
  RehostTarget& target_;
  rehost::MachineImage& machine_;
  common::Status status_;
};

// How the image is like what a machine's memory begins with. Raw bytes are put where they are most
// like it.
Comparison PlaceAsLoaded(const std::vector<rehost::Region>& regions, FirmwareFile& image) {
  FirmwareFile loaded;
  for (const rehost::Region& region : regions) {
    if (!region.bytes.empty()) loaded.segments.push_back({region.begin, region.bytes});
  }
  std::sort(loaded.segments.begin(), loaded.segments.end(),
            [](const FirmwareSegment& one, const FirmwareSegment& other) {
              return one.address < other.address;
            });
  if (!image.address_unknown) return Compare(image, loaded);
  Comparison best;
  uint32_t place = 0;
  for (const FirmwareSegment& segment : loaded.segments) {
    image.segments[0].address = segment.address;
    const Comparison found = Compare(image, loaded);
    if (best.bytes != 0 && found.bytes - found.differ <= best.bytes - best.differ) continue;
    best = found;
    place = segment.address;
  }
  image.segments[0].address = place;
  return best;
}

common::Result<RehostTarget> OpenFuzzware(const stdfs::path& firmware, const stdfs::path& config) {
  auto read = ReadFuzzwareConfig(config);
  if (!read) return tl::make_unexpected(read.error());
  RehostTarget target;
  // The models are of the addresses that the firmware uses, so of peripherals' aliases too.
  target.machine = std::move(read->machine);
  target.notes = std::move(read->notes);
  for (const auto& [name, address] : read->symbols) target.names.emplace(address, name);
  if (firmware.empty()) {
    target.machine.bit_band = BitBandOfMemory(target.machine.architecture);
    return target;
  }
  // The configuration has the bytes; the image tells which processor runs them.
  auto image = ReadFirmware(firmware);
  if (!image) return tl::make_unexpected(image.error());
  const Comparison found = PlaceAsLoaded(target.machine.regions, *image);
  if (const std::string why = WhyOfAnother(found); !why.empty()) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("this is not the image that {} loads ({}): name that one, or none",
                            config.string(), why),
                firmware.string());
  }
  target.symbols = OpenElf(firmware);
  if (!target.symbols) target.symbols = SymbolsBeside(*image, target.notes);
  if (image->attributes) GuessArchitecture(*image, target.machine, target.notes);
  target.machine.bit_band = BitBandOfMemory(target.machine.architecture);
  target.notes.push_back(
      fmt::format("memory is as {} has it; of {} the symbols and the processor "
                  "are used",
                  config.string(), firmware.string()));
  return target;
}

common::Result<RehostTarget> OpenDescribed(const stdfs::path& firmware, const stdfs::path& config) {
  RehostFile file;
  if (!config.empty()) {
    if (config.extension() != ".json") {
      return Fail(ErrorCode::kBadInput,
                  "a configuration is fuzzware's config.yml or a percuss.rehost.v1 file (.json)",
                  config.string());
    }
    auto read = ReadRehostFile(config);
    if (!read) return tl::make_unexpected(read.error());
    file = std::move(*read);
  }
  const stdfs::path path = firmware.empty() ? file.firmware : firmware;
  if (path.empty()) {
    return Fail(ErrorCode::kBadInput, "no firmware image is named", config.string());
  }
  RehostTarget target;
  const auto image = ReadImage(path, file.address, target.notes);
  if (!image) return tl::make_unexpected(image.error());
  if (auto applied = Applier(file, *image, target).Apply(); !applied) {
    return tl::make_unexpected(applied.error());
  }
  const std::string mistake = rehost::MistakeIn(target.machine);
  if (!mistake.empty()) {
    return Fail(ErrorCode::kBadInput, mistake, config.empty() ? path.string() : config.string());
  }
  return target;
}

}  // namespace

std::string RehostTarget::NameOfCode(uint32_t address) const {
  if (symbols) {
    const std::string name = symbols->NameOf(address);
    if (!name.empty()) return name;
  }
  auto behind = names.upper_bound(address);
  if (behind == names.begin()) return "";
  --behind;
  const uint32_t offset = address - behind->first;
  if (offset > kFarthestName) return "";
  return offset == 0 ? behind->second : fmt::format("{}+0x{:x}", behind->second, offset);
}

std::string RehostTarget::NameOfRegister(uint32_t address) const {
  return svd ? svd->NameOf(address) : "";
}

common::Result<RehostTarget> OpenRehost(const stdfs::path& firmware, const stdfs::path& config) {
  const stdfs::path extension = config.extension();
  auto target = extension == ".yml" || extension == ".yaml" ? OpenFuzzware(firmware, config)
                                                            : OpenDescribed(firmware, config);
  if (!target) return target;
  target->machine.symbols = FunctionSymbols(*target);
  AddUsualFailures(*target);
  return target;
}

}  // namespace percuss::emulation
