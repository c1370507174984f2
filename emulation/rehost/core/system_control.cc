// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

namespace {

constexpr uint32_t kStackAlign = 1U << 9U;      // CCR.STKALIGN
constexpr uint32_t kUnalignedTraps = 1U << 3U;  // CCR.UNALIGN_TRP

}  // namespace

SystemControl::SystemControl(const MachineImage& image)
    : architecture_(image.architecture),
      has_float_(image.floating_point && image.architecture == Architecture::kV7EM),
      initial_vector_table_(image.vector_table),
      initial_sp_(image.initial_sp),
      entry_(image.entry),
      has_systick_(image.systick),
      nvic_(image.architecture, image.disabled_irqs),
      mpu_(image.architecture) {}

void SystemControl::Reset(Core& core) {
  nvic_.Reset();
  systick_ = SysTick(has_systick_);
  mpu_ = Mpu(architecture_);
  faults_ = {};
  float_ = {};
  vector_table_ = initial_vector_table_;
  sleep_control_ = 0;
  configuration_ = kStackAlign | (HasMain() ? 0 : kUnalignedTraps);
  demcr_ = 0;
  cycle_control_ = 0;
  cycles_ = 0;
  cycles_at_ = 0;
  lazy_fault_ = LazyFault::kNone;

  for (uint32_t& r : core.r) r = 0;
  for (uint32_t& s : core.s) s = 0;
  core.r[kSp] = initial_sp_ & ~3U;
  core.r[kLr] = 0xffffffff;
  core.r[kPc] = entry_ & ~1U;
  core.thumb = (entry_ & 1U) != 0;
  core.other_sp = 0;
  core.SetNzcv(1U << 30U);  // unknown by the architecture; as QEMU
  core.saturated = 0;
  core.greater_equal = 0;
  core.it_state = 0;
  core.exception = kNoException;
  core.primask = core.basepri = core.faultmask = core.control = 0;
  core.fpscr = 0;
  core.fault = kNoFault;
  core.fault_address = 0;
  core.stop = Core::Stop::kNone;
  core.event = false;
  core.exclusive = false;
  core.unprivileged_access = false;
  Refresh(core);
}

bool SystemControl::WakesFromSleep(const Core& core) const {
  return nvic_.FirstPending() != 0 &&
         nvic_.PendingPriority() < nvic_.ExecutionPriority(0, core.basepri, core.faultmask);
}

SystemControl::Verdict SystemControl::OfPage(uint32_t page, Access access, bool privileged) const {
  const Mpu::Answer answer =
      mpu_.AllowsAll(page << kPageBits, kPageBytes, access, {privileged, negative_priority_});
  if (!answer.uniform) return Verdict::kPartly;
  return answer.allowed ? Verdict::kAllowed : Verdict::kForbidden;
}

}  // namespace percuss::rehost
