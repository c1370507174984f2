// SPDX-License-Identifier: Apache-2.0
//
// Images that MistakeIn lets pass and nobody would ship, for tests: maps with ends inside pages,
// code that writes over itself, the system's registers and its own stack pointer, triggers, exits
// and skipped functions anywhere. All of it is a matter of the bytes given, or of a seed behind
// their end.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

class HostileFirmware {
 public:
  HostileFirmware(const uint8_t* bytes, size_t size, uint32_t seed)
      : bytes_(bytes), size_(size), random_(seed) {}

  [[nodiscard]] uint32_t Below(uint32_t bound) { return bound < 2 ? 0 : Word() % bound; }
  [[nodiscard]] std::string SomeInput() {
    std::string input(Below(200), '\0');
    for (char& c : input) c = static_cast<char>(Below(256));
    return input;
  }
  // Of the code, next to it, of a boundary, or anywhere.
  [[nodiscard]] uint32_t SomeAddress() {
    const uint32_t bit = 32 * (ram_ - 0x20000000 + Below(0x1000)) + Below(32);
    const uint32_t choices[] = {0x22000000 + bit,           0x42000000 + Below(0x20000),
                                code_ + Below(600),         code_ + Below(300),
                                ram_ + Below(0x1000),       ram_ + Below(0x1000),
                                ram_ + Below(0x3000),       kDevice + Below(0x2000),
                                0xe000e000 + Below(0x1000), Word(),
                                (Word() & 0xfffff000) - 2,  0xfffffff8 + Below(8),
                                ram_end_ - 8 + Below(16),   Below(0x400)};
    return choices[Below(std::size(choices))];
  }

  [[nodiscard]] MachineImage Make() {
    MachineImage image;
    image.architecture = static_cast<Architecture>(2 - Below(3) % 3);
    image.floating_point = Below(4) != 0;
    image.bit_band = static_cast<BitBand>(Below(3));
    image.systick = Below(8) != 0;
    Map(image);
    for (uint32_t i = Below(6); i > 0; --i) image.models.push_back(Model());
    for (uint32_t i = Below(3); i > 0; --i) image.lines.push_back(Line());
    if (!MistakeIn(image).empty()) image.lines.clear();
    for (uint32_t i = Below(5); i > 0; --i) image.triggers.push_back(Trigger());
    for (uint32_t i = Below(3); i > 0; --i) image.disabled_irqs.push_back(Below(240));
    for (auto* places : {&image.exits, &image.assertions, &image.skipped}) {
      if (Below(4) == 0) places->push_back(SomeAddress());
    }
    image.limits.instructions = 1 + Below(Below(8) == 0 ? 20'000 : 3'000);
    image.limits.instructions_without_input = Below(2) * (1 + Below(2'000));
    image.limits.interrupts = Below(4) == 0 ? Below(50) : 0;
    return image;
  }

 private:
  static constexpr uint32_t kDevice = 0x40000000;
  static constexpr uint32_t kHandlers = 8;
  static constexpr uint32_t kHandlerBytes = 8;

  [[nodiscard]] uint32_t Word() {
    if (at_ + 2 > size_) return static_cast<uint32_t>(random_());
    const uint32_t low = bytes_[at_++];
    return (low | uint32_t{bytes_[at_++]} << 8U) * 0x00010001U;
  }
  [[nodiscard]] uint32_t Half() { return Word() & 0xffffU; }

  void Put(uint32_t half) {
    text_ += static_cast<char>(half & 0xffU);
    text_ += static_cast<char>(half >> 8U & 0xffU);
  }
  void Constant(uint32_t rd, uint32_t value) {
    for (const auto& [operation, part] :
         {std::pair{0xf240U, value & 0xffffU}, std::pair{0xf2c0U, value >> 16U}}) {
      Put(operation | (part >> 11U & 1U) << 10U | part >> 12U);
      Put((part >> 8U & 7U) << 12U | rd << 8U | (part & 0xffU));
    }
  }

  // A store of something to a register of the system, with what it does to be seen at once.
  void System() {
    constexpr uint32_t kRegisters[] = {0xe000e010, 0xe000e014, 0xe000e018, 0xe000e100, 0xe000e200,
                                       0xe000e400, 0xe000ed04, 0xe000ed08, 0xe000ed0c, 0xe000ed10,
                                       0xe000ed14, 0xe000ed18, 0xe000ed20, 0xe000ed24, 0xe000ed88,
                                       0xe000ed94, 0xe000ed98, 0xe000ed9c, 0xe000eda0, 0xe000ef00,
                                       0xe000ef34, 0xe000edfc, 0xe0001000, 0xe000ed28};
    const uint32_t values[] = {0,
                               1,
                               7,
                               0xffffffff,
                               Word(),
                               0x10000000,
                               0x05fa0004,
                               0x00f00000,
                               0x00070000,
                               SomeAddress(),
                               SomeAddress() | 0x10,
                               0x03000001 | Below(32) << 1U};
    Constant(0, values[Below(std::size(values))]);
    Constant(1, kRegisters[Below(std::size(kRegisters))]);
    Put(0x6008);  // str r0, [r1]
  }
  void Loads() {
    const uint32_t rn = Below(8);
    if (Below(2) == 0) Constant(rn, SomeAddress());
    const uint32_t pairs[][2] = {{0xe890 | rn, Half()},          {0xe8a0 | rn, Half()},
                                 {0xe920 | rn, Half()},          {0xe9d0 | rn, Half()},
                                 {0xe9c0 | rn, Half()},          {0xe850 | rn, Half()},
                                 {0xe840 | rn, Half()},          {0xe8d0 | rn, 0xf000 | Below(32)},
                                 {0xed90 | rn, 0x0a00 | Half()}, {0xeca0 | rn, 0x0a00 | Half()},
                                 {0xecb0 | rn, 0x0b00 | Half()}, {0xf8c0 | rn, Half()},
                                 {0xf8d0 | rn, Half()},          {0xf840 | rn, Half()},
                                 {0xf850 | rn, Half()},          {0xf8df, Half()}};
    const auto& pair = pairs[Below(std::size(pairs))];
    if (Below(3) == 0) Put(0xbf00 | Below(14) << 4U | (1 + Below(15)));
    Put(pair[0]);
    Put(pair[1]);
  }
  void Narrow() {
    const uint32_t halves[] = {0xbf30,
                               0xbf20,
                               0xdf00,
                               0xbe00 | Below(256),
                               0xb660 | Half() % 32,
                               0x4770,
                               0x4700 | Below(16) << 3U,
                               0x4780 | Below(16) << 3U,
                               0xb400 | Below(512),
                               0xbc00 | Below(512),
                               0xbf00 | Half() % 256,
                               0xd000 | Half() % 0x0f00,
                               0xe000 | (0x7ff - Below(20)),
                               0xe000 | Below(16),
                               0xb100 | Half() % 0x0a00,
                               0x6000 | Half() % 0x2000,
                               0xc000 | Half() % 0x1000,
                               0x4685 | Below(8) << 3U,
                               0x2000 | Half() % 0x2000,
                               0x4400 | Half() % 0x400,
                               Half()};
    Put(halves[Below(std::size(halves))]);
  }
  void Special() {
    const uint32_t pairs[][2] = {{0xf380 | Below(16), 0x8800 | Below(24)},
                                 {0xf3ef, 0x8000 | Half() % 0x1000},
                                 {0xe8d0 | Below(16), 0xf000 | Below(32)},
                                 {0xf36f, 0x8000 | Half()},
                                 {0xf3bf, 0x8f00 | Below(256)},
                                 {0xee00 | Below(256), 0x0a00 | Half()},
                                 {0xeef1, 0xfa10},
                                 {0xf000 | Half() % 0x800, 0x8000 | Half()},
                                 {0xfa00 | Half() % 0x200, 0xf000 | Half()},
                                 {0xfb00 | Half() % 0x100, Half()},
                                 {0xe800 | Half() % 0x1800, Half()}};
    const auto& pair = pairs[Below(std::size(pairs))];
    Put(pair[0]);
    Put(pair[1]);
  }
  // Some that return behind what has faulted, or at once, so that there is more to come.
  void Handlers() {
    for (uint32_t i = 0; i < kHandlers; ++i) {
      if (i % 2 == 0) {
        Put(0x9806);  // ldr r0, [sp, #24]
        Put(0x3002 + Below(2) * 2);
        Put(0x9006);
      } else {
        Narrow();
        Put(0x3501);
        Put(0xbf00);
      }
      Put(0x4770);  // bx lr
    }
  }
  // Registers that lead somewhere, and interrupts.
  void Prologue() {
    for (uint32_t rd = 4; rd < 8; ++rd) {
      const uint32_t places[] = {ram_ + Below(0x1000), kDevice + Below(64), code_ + Below(300),
                                 ram_end_ - 4 * Below(8), SomeAddress()};
      Constant(rd, places[Below(std::size(places))] & (Below(4) == 0 ? 0xffffffffU : ~3U));
    }
    const uint32_t stores[][2] = {{0xe000e014, Below(2) == 0 ? Below(3) : Below(400)},
                                  {0xe000e010, Below(8)},
                                  {0xe000e100, 0xffffffff},
                                  {0xe000e400, Word()},
                                  {0xe000ed24, Below(2) * 0x70000},
                                  {0xe000ed88, Below(2) * 0xf00000}};
    for (const auto& store : stores) {
      Constant(0, store[1]);
      Constant(1, store[0]);
      Put(0x6008);
    }
  }
  // Writes over what is about to run, or has.
  void Itself() {
    Constant(2, code_ + static_cast<uint32_t>(text_.size()) - 64 + Below(160));
    Constant(3, Below(2) == 0 ? 0xbf00bf00 : Word());
    const uint32_t stores[] = {0x6013, 0x8013, 0x7013, 0xc208};
    Put(stores[Below(std::size(stores))]);
  }

  void Map(MachineImage& image) {
    const uint32_t odd = Below(3) == 0 ? Below(0x1000) : 0;
    ram_ = 0x20000000 + odd;
    ram_end_ = ram_ + 0x1000 + Below(4) * 0x1000 - (Below(2) == 0 ? Below(0xfff) : 0);
    const bool in_rom = Below(3) == 0;
    code_ = in_rom ? 0x400 : (ram_ + 0x100 + Below(2) * 0xd80) & ~1U;
    Handlers();
    Prologue();
    for (uint32_t i = 20 + Below(150); i > 0; --i) {
      const uint32_t what = Below(12);
      what == 0  ? System()
      : what < 4 ? Loads()
      : what < 5 ? Special()
      : what < 6 ? Itself()
                 : Narrow();
    }
    Put(0xb662);                         // cpsie i
    Put(0xe000 | (0x7ff - Below(200)));  // back
    std::string code;
    std::swap(code, text_);
    const bool masked = Below(3) == 0;
    for (int i = 0; i < 64; ++i) {
      const uint32_t vector = Below(8) != 0   ? (code_ + Below(kHandlers) * kHandlerBytes) | 1U
                              : Below(2) != 0 ? (code_ + Below(300) * 2) | 1U
                                              : SomeAddress();
      Put(vector);
      Put(vector >> 16U);
    }
    std::string table;
    std::swap(table, text_);
    table.resize(0x400);
    if (in_rom) table += code;
    image.entry = (code_ + kHandlers * kHandlerBytes) | 1U;
    image.initial_sp = Below(12) == 0 ? SomeAddress() : ram_end_ & ~7U;
    image.regions.push_back({"rom", 0, table.size() + Below(3), {true, masked, true}, table});
    std::string held = in_rom ? std::string() : std::string(code_ - ram_, '\0') + code;
    held.resize(std::min<size_t>(held.size(), ram_end_ - ram_));
    image.regions.push_back({"ram", ram_, ram_end_ - ram_, {true, true, Below(8) != 0}, held});
    for (uint32_t i = Below(3); i > 0; --i) Other(image);
    image.peripherals.push_back({kDevice + Below(3), 0x1000 - Below(2000)});
    if (Below(3) == 0) image.peripherals.push_back({ram_end_, 1 + Below(0x1800)});
  }
  void Other(MachineImage& image) {
    const uint32_t begins[] = {0xfffff000 + Below(0x1000), 0x60000000, 0x40001000 + Below(4),
                               ram_ - 2 - Below(16),       Word(),     0xdffffff0};
    const uint32_t begin = begins[Below(std::size(begins))];
    const uint64_t most = (uint64_t{1} << 32U) - begin;
    const uint64_t size = std::min<uint64_t>(most, 1 + Below(Below(2) == 0 ? 16 : 0x1801));
    const Permissions permissions = {Below(4) != 0, Below(4) != 0, Below(4) != 0};
    image.regions.push_back({"other", begin, size, permissions, {}});
    if (!MistakeFree(image)) image.regions.pop_back();
  }
  // As MistakeIn would say, for two regions.
  [[nodiscard]] static bool MistakeFree(const MachineImage& image) {
    const Region& last = image.regions.back();
    if (last.begin + last.size > 0xe0000000U && last.begin < 0xe0100000U) return false;
    for (size_t i = 0; i + 1 < image.regions.size(); ++i) {
      const Region& one = image.regions[i];
      if (one.begin < last.begin + last.size && last.begin < one.begin + one.size) return false;
    }
    return true;
  }

  [[nodiscard]] InputLine Line() {
    InputLine line;
    line.kind = static_cast<InputLine::Kind>(Below(4));
    line.data = kDevice + 4 * Below(8);
    line.bytes = 1 + Below(4);
    for (uint32_t i = Below(3); i > 0; --i) {
      line.statuses.push_back({kDevice + 4 * Below(16), Word(), Word(), Word()});
    }
    if (Below(2) == 0) line.irq = Below(kHandlers);
    line.enable = kDevice + 4 * Below(8);
    line.enable_bits = Below(2) * Word();
    line.gap = Below(2) * (Below(8) == 0 ? Word() : Below(500));
    line.silence = Below(8) == 0 ? Word() : Below(1'000);
    line.id = kDevice + 4 * Below(16);
    line.id_shift = Below(32);
    line.length = kDevice + 4 * Below(16);
    line.release = kDevice + 4 * Below(8);
    line.release_bits = Word() | 1U;
    return line;
  }
  [[nodiscard]] AccessModel Model() {
    AccessModel model;
    model.kind = static_cast<AccessModel::Kind>(Below(6));
    model.address = Below(4) == 0 ? SomeAddress() : kDevice + Below(64);
    model.size = 1 + Below(Below(8) == 0 ? 0x200 : 9);
    if (model.size > 0xffffffffU - model.address) model.size = 1;
    if (Below(4) == 0) model.pc = SomeAddress();
    const bool set = model.kind == AccessModel::Kind::kSet;
    for (uint32_t i = set ? 1 + Below(5) : 1; i > 0; --i) model.values.push_back(Word());
    model.input_bytes = Below(5);
    model.left_shift = Below(32);
    model.step = Word();
    return model;
  }
  [[nodiscard]] InterruptTrigger Trigger() {
    InterruptTrigger trigger;
    trigger.when = static_cast<InterruptTrigger::When>(Below(4));
    trigger.which = static_cast<InterruptTrigger::Which>(Below(3));
    const uint64_t periods[] = {1, 2, 1 + Below(300), UINT64_MAX, uint64_t{1} << 63U, Word() | 1U};
    trigger.period = periods[Below(std::size(periods))];
    trigger.address = SomeAddress();
    trigger.irq = Below(Below(2) == 0 ? 8 : 240);
    trigger.pends = Below(8) == 0 ? 0xffffffff : 1 + Below(4);
    trigger.skips = Below(8) == 0 ? 0xffffffff : Below(4);
    return trigger;
  }

  const uint8_t* bytes_;
  size_t size_;
  size_t at_ = 0;
  std::mt19937 random_;
  uint32_t ram_ = 0;
  uint32_t ram_end_ = 0;
  uint32_t code_ = 0;
  std::string text_;
};

}  // namespace percuss::rehost
