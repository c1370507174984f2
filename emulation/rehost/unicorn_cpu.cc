// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/unicorn_cpu.h"

#include <unicorn/unicorn.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::emulation {

namespace {

using common::ErrorCode;
using common::Fail;
using rehost::kPageBits;
using rehost::kPageBytes;

constexpr uint64_t kPages = rehost::kPages;
constexpr uint64_t kReturnPage = 0xfffff;  // of EXC_RETURN; fetching there is a trap of its own
constexpr uint32_t kNowhere = 0xfffffffe;  // where no instruction is
constexpr uint32_t kFlagBits = 0xf80f0000;
constexpr uint32_t kItState = 0x0600fc00;
constexpr uint32_t kExceptionBits = 0x1ff;
constexpr uint32_t kHardFault = 3;
constexpr int kFloats = 32;

uc_cpu_arm ModelOf(rehost::Architecture architecture) {
  switch (architecture) {
    case rehost::Architecture::kV6M:
      return UC_CPU_ARM_CORTEX_M0;
    case rehost::Architecture::kV7M:
      return UC_CPU_ARM_CORTEX_M3;
    case rehost::Architecture::kV7EM:
      break;
  }
  return UC_CPU_ARM_CORTEX_M4;
}

common::Status Checked(uc_err error, const std::string& doing) {
  if (error == UC_ERR_OK) return {};
  return Fail(ErrorCode::kInternal,
              "libunicorn cannot " + doing + ": " + std::string(uc_strerror(error)));
}

// The library takes functions of any kind as a pointer to an object.
template <typename Function>
void* AsPointer(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

UnicornCpu::UnicornCpu(const rehost::MachineImage& image, Callbacks callbacks)
    : image_(image),
      callbacks_(std::move(callbacks)),
      has_float_(image.floating_point && image.architecture == rehost::Architecture::kV7EM),
      has_main_(image.architecture != rehost::Architecture::kV6M) {
  for (rehost::Region& region : image_.regions) region.bytes.clear();
}

UnicornCpu::~UnicornCpu() {
  if (engine_ != nullptr) uc_close(engine_);
}

common::Result<std::unique_ptr<UnicornCpu>> UnicornCpu::Open(const rehost::MachineImage& image,
                                                             Callbacks callbacks) {
  std::unique_ptr<UnicornCpu> cpu(new UnicornCpu(image, std::move(callbacks)));
  for (const auto step : {&UnicornCpu::Start, &UnicornCpu::MapMemory, &UnicornCpu::MapDevices}) {
    if (common::Status done = (*cpu.*step)(); !done) return tl::unexpected(done.error());
  }
  return cpu;
}

common::Status UnicornCpu::Start() {
  // UC_MODE_MCLASS would choose a Cortex-M33, whatever is asked for afterwards.
  if (auto done = Checked(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &engine_), "start"); !done) {
    return done;
  }
  if (auto done =
          Checked(uc_ctl_set_cpu_model(engine_, ModelOf(image_.architecture)), "be a Cortex-M");
      !done) {
    return done;
  }
  const uc_cb_eventmem_t on_access = [](uc_engine* /*engine*/, uc_mem_type /*type*/,
                                        uint64_t address, int /*size*/, int64_t /*value*/,
                                        void* self) {
    static_cast<UnicornCpu*>(self)->NoteAccess(static_cast<uint32_t>(address));
    return false;
  };
  const std::pair<int, void*> hooks[] = {{UC_HOOK_CODE, AsPointer(&UnicornCpu::OnCode)},
                                         {UC_HOOK_INTR, AsPointer(&UnicornCpu::OnTrap)},
                                         {UC_HOOK_INSN_INVALID, AsPointer(&UnicornCpu::OnInvalid)},
                                         {UC_HOOK_MEM_INVALID, AsPointer(on_access)}};
  for (const auto& [kind, function] : hooks) {
    uc_hook hook = 0;
    const uc_err error =
        uc_hook_add(engine_, &hook, kind, function, this, uint64_t{1}, uint64_t{0});
    if (auto done = Checked(error, "tell of what it does"); !done) return done;
  }
  return {};
}

common::Status UnicornCpu::MapMemory() {
  for (const rehost::Region& region : image_.regions) {
    auto& span = *regions_.emplace_back(std::make_unique<Span>());
    const uint64_t first = region.begin >> kPageBits;
    const uint64_t last = (region.begin + region.size - 1) >> kPageBits;
    span.begin = region.begin;
    span.size = region.size;
    span.offset = region.begin & (kPageBytes - 1);
    span.bytes.resize((last - first + 1) * kPageBytes);
    uint32_t permissions = region.permissions.read ? UC_PROT_READ : UC_PROT_NONE;
    if (region.permissions.write) permissions |= UC_PROT_WRITE;
    if (region.permissions.execute) permissions |= UC_PROT_EXEC;
    const uc_err error = uc_mem_map_ptr(engine_, first << kPageBits, span.bytes.size(), permissions,
                                        span.bytes.data());
    if (error != UC_ERR_OK) {
      return Fail(ErrorCode::kBadInput, "libunicorn cannot have the memory \"" + region.name +
                                            "\": it shares a page of 4 KiB with another");
    }
  }
  return {};
}

bool UnicornCpu::IsMemoryPage(uint64_t page) const {
  return std::any_of(regions_.begin(), regions_.end(), [page](const auto& span) {
    const uint64_t first = span->begin >> kPageBits;
    return page >= first && page - first < span->bytes.size() >> kPageBits;
  });
}

common::Status UnicornCpu::MapDevices() {
  std::vector<rehost::AddressSpan> spans = image_.peripherals;
  spans.push_back({rehost::kSystemBegin, rehost::kSystemEnd - rehost::kSystemBegin});
  std::sort(spans.begin(), spans.end(),
            [](const auto& one, const auto& other) { return one.begin < other.begin; });
  uint64_t free = 0;  // the first page that has none
  for (const rehost::AddressSpan& span : spans) {
    const uint64_t end = std::min((span.begin + span.size - 1) >> kPageBits, kPages - 1) + 1;
    uint64_t first = std::max<uint64_t>(span.begin >> kPageBits, free);
    while (first < end) {
      uint64_t last = first;
      while (last < end && !IsMemoryPage(last)) ++last;
      if (last > first) {
        if (auto done = MapDevice(first, last - first); !done) return done;
      }
      first = last + 1;
    }
    free = std::max(free, end);
  }
  if (free > kReturnPage || IsMemoryPage(kReturnPage)) return {};
  return Checked(uc_mem_map(engine_, kReturnPage << kPageBits, kPageBytes, UC_PROT_ALL),
                 "have a page for returns from exceptions");
}

common::Status UnicornCpu::MapDevice(uint64_t first_page, uint64_t pages) {
  auto& span = *devices_.emplace_back(std::make_unique<Span>());
  span.cpu = this;
  span.begin = static_cast<uint32_t>(first_page << kPageBits);
  return Checked(uc_mmio_map(engine_, span.begin, pages << kPageBits, &UnicornCpu::OnLoad, &span,
                             &UnicornCpu::OnStore, &span),
                 "have the peripherals");
}

void UnicornCpu::SetMemory(const std::vector<std::string>& regions) {
  for (size_t i = 0; i < regions_.size() && i < regions.size(); ++i) {
    const Span& span = *regions_[i];
    const size_t size = std::min<size_t>(span.size, regions[i].size());
    for (size_t at = 0; at < size; at += kPageBytes) {
      const size_t bytes = std::min<size_t>(kPageBytes, size - at);
      if (std::memcmp(&span.bytes[span.offset + at], &regions[i][at], bytes) == 0) continue;
      // So that what it has translated of it is forgotten.
      (void)uc_mem_write(engine_, span.begin + at, &regions[i][at], bytes);
    }
  }
}

const uint8_t* UnicornCpu::Region(size_t index) const {
  return regions_[index]->bytes.data() + regions_[index]->offset;
}

uint8_t* UnicornCpu::At(uint32_t address, uint32_t size) {
  for (const auto& span : regions_) {
    if (address < span->begin || address - span->begin + uint64_t{size} > span->size) continue;
    return span->bytes.data() + span->offset + (address - span->begin);
  }
  return nullptr;
}

void UnicornCpu::Write(int id, uint32_t value) { (void)uc_reg_write(engine_, id, &value); }

uint32_t UnicornCpu::Read(int id) const {
  uint32_t value = 0;
  (void)uc_reg_read(engine_, id, &value);
  return value;
}

// As in an exception handler it is privileged; CONTROL is written outside of one, last.
void UnicornCpu::Set(const RecordedRegisters& registers) {
  Write(UC_ARM_REG_IPSR, kHardFault);
  Write(UC_ARM_REG_CONTROL, 0);
  Write(UC_ARM_REG_IPSR, 0);
  Write(UC_ARM_REG_CONTROL, 0);
  Write(UC_ARM_REG_PRIMASK, registers.primask);
  if (has_main_) {
    Write(UC_ARM_REG_BASEPRI, registers.basepri);
    Write(UC_ARM_REG_FAULTMASK, registers.faultmask);
  }
  Write(UC_ARM_REG_MSP, registers.main_sp);
  Write(UC_ARM_REG_PSP, registers.process_sp);
  for (int i = 0; i < kFloats && has_float_; ++i) Write(UC_ARM_REG_S0 + i, registers.s[i]);
  if (has_float_) Write(UC_ARM_REG_FPSCR, registers.fpscr);
  Write(UC_ARM_REG_CONTROL, registers.control);
  Write(UC_ARM_REG_IPSR, registers.xpsr & kExceptionBits);
  Write(UC_ARM_REG_APSR_NZCVQG, registers.xpsr & kFlagBits);
  for (int i = 0; i < rehost::kSp; ++i) {
    Write(i < 13 ? UC_ARM_REG_R0 + i : UC_ARM_REG_SP, registers.r[i]);
  }
  Write(UC_ARM_REG_LR, registers.r[rehost::kLr]);
  SetItState(registers.it_state);
}

// Of all that it lets be written only the CPSR, which a Cortex-M has not, has these bits.
void UnicornCpu::SetItState(uint32_t it_state) {
  const uint32_t cpsr = Read(UC_ARM_REG_CPSR);
  const uint32_t wanted = (cpsr & ~kItState) | (it_state & 3U) << 25U | (it_state & 0xfcU) << 8U;
  if (cpsr != wanted) Write(UC_ARM_REG_CPSR, wanted);
}

RecordedRegisters UnicornCpu::Get() const {
  RecordedRegisters registers;
  RecordedSample sample;
  GetSample(sample);
  std::copy_n(sample.r, 15, registers.r);
  registers.r[rehost::kPc] = Read(UC_ARM_REG_PC);
  registers.xpsr = sample.apsr | (Read(UC_ARM_REG_IPSR) & kExceptionBits);
  registers.main_sp = Read(UC_ARM_REG_MSP);
  registers.process_sp = Read(UC_ARM_REG_PSP);
  registers.control = Read(UC_ARM_REG_CONTROL);
  registers.primask = Read(UC_ARM_REG_PRIMASK);
  if (has_main_) {
    registers.basepri = Read(UC_ARM_REG_BASEPRI);
    registers.faultmask = Read(UC_ARM_REG_FAULTMASK);
  }
  for (int i = 0; i < kFloats && has_float_; ++i) registers.s[i] = Read(UC_ARM_REG_S0 + i);
  if (has_float_) registers.fpscr = Read(UC_ARM_REG_FPSCR);
  return registers;
}

void UnicornCpu::GetSample(RecordedSample& sample) const {
  int ids[16];
  void* values[16];
  uint32_t xpsr = 0;
  for (int i = 0; i < 13; ++i) ids[i] = UC_ARM_REG_R0 + i;
  ids[13] = UC_ARM_REG_SP;
  ids[14] = UC_ARM_REG_LR;
  ids[15] = UC_ARM_REG_XPSR;
  for (size_t i = 0; i < 15; ++i) values[i] = &sample.r[i];
  values[15] = &xpsr;
  (void)uc_reg_read_batch(engine_, ids, values, 16);
  sample.apsr = xpsr & kFlagBits;
}

UnicornCpu::Stop UnicornCpu::Run(uint32_t pc) {
  stop_ = {};
  const uc_err error = uc_emu_start(engine_, pc | 1U, kNowhere, 0, 0);
  if (stop_.why != Stop::Why::kPaused) return stop_;
  stop_.pc = Read(UC_ARM_REG_PC);
  if (error == UC_ERR_OK) return stop_;
  stop_.why = Stop::Why::kTrap;
  stop_.what = uc_strerror(error);
  return stop_;
}

void UnicornCpu::Halt() {
  stop_.why = Stop::Why::kAsked;
  uc_emu_stop(engine_);
}

void UnicornCpu::OnCode(uc_struct* /*engine*/, uint64_t address, uint32_t size, void* self) {
  auto& cpu = *static_cast<UnicornCpu*>(self);
  // After a stop was asked for in the middle of an instruction, another one may still be told.
  if (cpu.stop_.why != Stop::Why::kPaused) return;
  if (cpu.callbacks_.instruction(static_cast<uint32_t>(address), size)) return;
  cpu.stop_.pc = static_cast<uint32_t>(address);
  cpu.Halt();
}

void UnicornCpu::OnTrap(uc_struct* engine, uint32_t number, void* self) {
  auto& cpu = *static_cast<UnicornCpu*>(self);
  if (cpu.stop_.why == Stop::Why::kPaused) {
    cpu.stop_.why = Stop::Why::kTrap;
    cpu.stop_.pc = cpu.Read(UC_ARM_REG_PC);
    cpu.stop_.what = "exception " + std::to_string(number) + " of QEMU's";
  }
  uc_emu_stop(engine);
}

bool UnicornCpu::OnInvalid(uc_struct* /*engine*/, void* self) {
  auto& cpu = *static_cast<UnicornCpu*>(self);
  if (cpu.stop_.why == Stop::Why::kPaused) {
    cpu.stop_.why = Stop::Why::kTrap;
    cpu.stop_.pc = cpu.Read(UC_ARM_REG_PC);
    cpu.stop_.what = "an undefined instruction";
  }
  return false;
}

void UnicornCpu::NoteAccess(uint32_t address) {
  if (stop_.why != Stop::Why::kPaused) return;
  stop_.why = Stop::Why::kAccess;
  stop_.address = address;
  stop_.what = "an access that is not allowed";
}

uint64_t UnicornCpu::OnLoad(uc_struct* /*engine*/, uint64_t offset, unsigned size, void* span) {
  const auto& device = *static_cast<Span*>(span);
  return device.cpu->callbacks_.load(device.begin + static_cast<uint32_t>(offset), size);
}

void UnicornCpu::OnStore(uc_struct* /*engine*/, uint64_t /*offset*/, unsigned /*size*/,
                         uint64_t /*value*/, void* /*span*/) {}

}  // namespace percuss::emulation
