// SPDX-License-Identifier: Apache-2.0
//
// A processor with memory at 0 and at 0x20000000 and nothing else, for tests of what the processor
// does between instructions.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/peripherals.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

constexpr uint32_t kRam = 0x20000000;
constexpr uint32_t kRamBytes = 0x10000;
constexpr uint32_t kStackTop = kRam + 0x8000;
constexpr uint32_t kEntry = 0x1000;

class ProcessorTest : public testing::Test {
 protected:
  explicit ProcessorTest(Architecture architecture = Architecture::kV7EM)
      : image_(ImageOf(architecture)), memory_(image_), peripherals_(image_), system_(image_) {
    core_.memory = &memory_;
    core_.peripherals = &peripherals_;
    core_.system = &system_;
    core_.readable = memory_.Readable();
    core_.writable = memory_.Writable();
    system_.Reset(core_);
    for (uint32_t exception = 1; exception < 16 + 240; ++exception) {
      Store(4 * exception, HandlerOf(exception) | 1U);
    }
  }

  static MachineImage ImageOf(Architecture architecture) {
    MachineImage image;
    image.architecture = architecture;
    image.initial_sp = kStackTop;
    image.entry = kEntry | 1U;
    image.regions.push_back({"code", 0, 0x10000, {}, {}});
    image.regions.push_back({"ram", kRam, kRamBytes, {}, {}});
    return image;
  }

  static uint32_t HandlerOf(uint32_t exception) { return 0x2000 + 0x10 * exception; }

  void Store(uint32_t address, uint32_t value) {
    ASSERT_TRUE(memory_.Poke(address, &value, sizeof(value)));
  }
  [[nodiscard]] uint32_t Load(uint32_t address) const {
    uint32_t value = 0;
    EXPECT_TRUE(memory_.Peek(address, &value, sizeof(value))) << std::hex << address;
    return value;
  }
  // Registers of the private peripheral bus, privileged and of whole words.
  [[nodiscard]] uint32_t Register(uint32_t address) {
    uint32_t value = 0;
    EXPECT_TRUE(system_.Read(core_, now_, address, 4, value)) << std::hex << address;
    return value;
  }
  void SetRegister(uint32_t address, uint32_t value) {
    EXPECT_TRUE(system_.Write(core_, now_, address, 4, value)) << std::hex << address;
  }
  void SetPriority(uint16_t exception, uint8_t priority) {
    const uint32_t address = exception < 16 ? 0xe000ed14 + exception : 0xe000e3f0 + exception;
    EXPECT_TRUE(system_.Write(core_, now_, address, 1, priority));
  }
  void EnableIrq(uint32_t irq) { SetRegister(0xe000e100 + 4 * (irq / 32), 1U << (irq % 32)); }
  void PendIrq(uint32_t irq) { SetRegister(0xe000e200 + 4 * (irq / 32), 1U << (irq % 32)); }

  // Pends it and goes there from `pc`.
  void Take(uint16_t exception, uint32_t pc = kEntry) {
    system_.Pend(exception);
    ASSERT_EQ(system_.Due(core_), exception);
    ASSERT_TRUE(system_.Enter(core_, exception, pc));
    ASSERT_EQ(core_.exception, exception);
  }
  [[nodiscard]] bool Fault(uint32_t cause, uint32_t address = 0, uint32_t pc = kEntry) {
    core_.fault = cause;
    core_.fault_address = address;
    return system_.TakeFault(core_, pc);
  }
  [[nodiscard]] uint32_t Special(uint32_t sysm) { return system_.ReadSpecial(core_, sysm); }
  void SetSpecial(uint32_t sysm, uint32_t value) { system_.WriteSpecial(core_, sysm, 2, value); }

  MachineImage image_;
  Memory memory_;
  Peripherals peripherals_;
  SystemControl system_;
  Core core_;
  uint64_t now_ = 0;
};

class SmallProcessorTest : public ProcessorTest {
 protected:
  SmallProcessorTest() : ProcessorTest(Architecture::kV6M) {}
};

}  // namespace percuss::rehost
