// SPDX-License-Identifier: Apache-2.0
//
// Runs the cases that lockstep.py has appended and says what each has led to. What it says depends
// on the processor alone: the same image must say the same on every emulator.
#include <stdint.h>

#include "tests/lockstep/image.h"

// Filled in by lockstep.py.
struct Plan {
  uint32_t cases;
  uint32_t repeats;
  uint32_t first_repeat;
  uint32_t first_detail;  // cases of which all is said, not just a sum of it
  uint32_t end_detail;
  uint32_t window_only;  // compare the rest of scratch memory after every so many cases, less one
  uint32_t ticks;        // of SysTick, after which a case that goes on is ended
};
struct Action {
  uint32_t address;
  uint32_t value;
};
struct Case {
  uint32_t code;
  uint32_t flags;
  uint32_t seed;
  uint32_t actions;  // that interrupts' handlers do, one each
  struct Action action[4];
  uint32_t stream;  // code that interrupts' handlers run; 0: none
};
enum { kFrameWords = 26, kTraceWords = 128, kLogWords = LOCKSTEP_V6M ? 512 : 2048 };
enum { kInteresting = 32 };
enum { kStreams = 6, kMostLevels = 16, kStreamWords = 10 };

extern const struct Plan plan;
extern const struct Case cases[];

uint32_t Ask(uint32_t operation, void* words);
void RunCase(void);
void SaveFloat(uint32_t* words);
void TouchFloat(void);

// Of start.S.
volatile uint32_t state;
volatile uint32_t late;
volatile uint32_t timed_out;
uint32_t saved_msp;
// Handlers that run their stream now, one within the other, and where their own stack is.
volatile uint32_t stream_depth;
uint32_t stream_sp[kMostLevels];
void StreamDone(void);
struct {
  uint32_t r4_to_r11[8];
  uint32_t systick;
  uint32_t mpu;
  uint32_t control;
  uint32_t exc_return;
  uint32_t primask;
  uint32_t basepri;
  uint32_t frame;
} begin;
uint32_t begin_float[33];  // whether; S0 to S31
// r4 to r11, EXC_RETURN, PSP, MSP, CONTROL, PRIMASK, IPSR, BASEPRI, FAULTMASK.
uint32_t record[16];

static struct {
  uint32_t frame_words;
  uint32_t frame[kFrameWords];
  uint32_t system[10];  // CFSR, HFSR, MMFAR, BFAR, SHCSR, ICSR, pending, active, FPCCR, FPCAR
  uint32_t s[33];
  uint32_t trace_words;
  uint32_t trace[kTraceWords];
} end;
static const struct Case* running;
static uint32_t next_action;
static uint32_t streams;                                   // that this run has begun
static uint32_t stream_values[kMostLevels][kStreamWords];  // r0 to r7, r12, where it is
static uint32_t random_state;
static uint32_t log_words[kLogWords];
static uint32_t log_length;
static uint32_t output;
static uint32_t elapsed;  // ticks of SysTick in cases without interrupts; not compared

static const uint32_t interesting[kInteresting] = {
    0,          1,          2,          0xffffffff, 0x80000000, 0x7fffffff, 0x80000001, 0xfffffffe,
    0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345, 0x00800000, 0x00000001, 0x807fffff,
    0x3f800000, 0xbf800000, 0xc0000000, 0x4f000000, 0xcf000000, 0x4f800000, 0x7f7fffff, 0x33800000,
    0x00ff00ff, 0x7fff8000, 0x80007fff, 0x8000ffff, 0x7f80ff01, 0x01010101, 0x3effffff, 0x0000ffff};

static volatile uint32_t* Word(uint32_t address) { return (volatile uint32_t*)address; }

static uint32_t Random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

static uint32_t Pointer(uint32_t bits) {
  const uint32_t unaligned = (bits & 0x300) == 0 ? 0x7f : 0x7c;
  return SCRATCH + SCRATCH_POINTERS + (bits >> 16 & unaligned);
}

// The lowest bits of an alias choose the bit, but for the last two.
static uint32_t CasePointer(uint32_t bits) {
  if ((running->flags & CASE_BIT_BAND) == 0 || (bits & 0x1000) != 0) return Pointer(bits);
  return SCRATCH_ALIAS + (bits >> 16 & ((bits & 0x300) == 0 ? 0xfff : 0xffc));
}

static uint32_t Value(void) {
  const uint32_t bits = Random();
  switch (bits & 7) {
    case 0:
    case 1:
      return CasePointer(bits);
    case 2:
      return bits >> 16 & 0xff;
    case 3:
    case 4:
      return interesting[bits >> 16 & (kInteresting - 1)];
    default:
      return Random();
  }
}

static uint32_t FloatValue(void) {
  const uint32_t bits = Random();
  if ((bits & 7) < 3) return interesting[bits >> 16 & (kInteresting - 1)] ^ (bits & 0x80000000U);
  // Near 1, so that sums and products do not all overflow or vanish.
  if ((bits & 7) < 6) return (Random() & 0x83ffffff) + 0x3c000000;
  return Random();
}

static void Flush(void) {
  uint32_t words[3] = {output, (uint32_t)log_words, log_length * 4};
  Ask(SYS_WRITE, words);
  log_length = 0;
}

static void Say(uint32_t word) {
  if (log_length == kLogWords) Flush();
  log_words[log_length++] = word;
}

static uint32_t Mix(uint32_t sum, const uint32_t* words, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    sum = (sum ^ words[i]) * 0x9e3779b1U;
    sum ^= sum >> 15;
  }
  return sum;
}

static int InScratch(uint32_t address, uint32_t bytes) {
  return (address & 3) == 0 && address - SCRATCH <= SCRATCH_BYTES - bytes;
}

static void TraceWord(uint32_t word) {
  if (end.trace_words < kTraceWords) end.trace[end.trace_words++] = word;
}

// What the stream of a handler begins with; 0 where there is none to run.
static uint32_t* BeginStream(void) {
  if (running->stream == 0 || streams >= kStreams || stream_depth >= kMostLevels) return 0;
  ++streams;
  uint32_t* values = stream_values[stream_depth];
  ++stream_depth;
  for (uint32_t i = 0; i < 9; ++i) values[i] = Value();
  values[5] = Random() & 0x3f;
  // Below what is compared after each case, where the frame is that the handler will return by.
  values[6] = Pointer(Random()) - SCRATCH_WINDOW;
  values[7] = Pointer(Random()) - SCRATCH_WINDOW;
  values[9] = running->stream | 1;
  return values;
}

// In the handler of the fault that ends a stream: what it has come to. The interrupt's handler goes
// on behind it.
void StreamEnds(uint32_t exc_return, uint32_t* frame, const uint32_t* r8_to_r11_and_r4_to_r7) {
  uint32_t ipsr;
  __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
  TraceWord(ipsr);
  TraceWord(exc_return);
  TraceWord(Mix(Mix(0, frame, 8), r8_to_r11_and_r4_to_r7, 8));
  const uint32_t cfsr = *Word(0xe000ed28);
  const uint32_t hfsr = *Word(0xe000ed2c);
  TraceWord(cfsr);
  TraceWord(hfsr);
  TraceWord((cfsr & 0x80) != 0 ? *Word(0xe000ed34) : 0);
  TraceWord((cfsr & 0x8000) != 0 ? *Word(0xe000ed38) & ~7U : 0);
  TraceWord(*Word(0xe000ed04));
  *Word(0xe000ed28) = cfsr;
  *Word(0xe000ed2c) = hfsr;
  frame[6] = (uint32_t)StreamDone & ~1U;
  frame[7] = (frame[7] & 0x3ff) | 1U << 24;
}

uint32_t* Trace(uint32_t exc_return, uint32_t msp) {
  uint32_t psp;
  __asm__ volatile("mrs %0, psp" : "=r"(psp));
  uint32_t ipsr;
  __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
  if (state != STATE_CASE) {
    ++late;
    return 0;
  }
  const uint32_t frame = (exc_return & 4) != 0 ? psp : msp;
  TraceWord(ipsr);
  TraceWord(exc_return);
  TraceWord(frame);
  TraceWord(*Word(0xe000ed04));
  if (InScratch(frame, 32) || (exc_return & 4) == 0) {
    TraceWord(Mix(*Word(frame + 24), (const uint32_t*)frame, 8));
  }
#if LOCKSTEP_FLOAT
  if ((running->flags & CASE_FLOAT_HANDLERS) != 0) {
    TraceWord(*Word(0xe000ef34) & ~(1U << 10));
    TouchFloat();
    TraceWord(*Word(0xe000ef34) & ~(1U << 10));
  }
#endif
  if (next_action < running->actions) {
    const struct Action* action = &running->action[next_action++];
    *Word(action->address) = action->value;
    __asm__ volatile("dsb\n isb");
    TraceWord(*Word(0xe000ed04));
  }
  return BeginStream();
}

static void SaveSystem(void) {
  const uint32_t cfsr = *Word(0xe000ed28);
  end.system[0] = cfsr;
  end.system[1] = *Word(0xe000ed2c);
  end.system[2] = (cfsr & 0x80) != 0 ? *Word(0xe000ed34) : 0;
  // Of what is not aligned QEMU loads the words around it, and names the first.
  end.system[3] = (cfsr & 0x8000) != 0 ? *Word(0xe000ed38) & ~7U : 0;
  end.system[4] = *Word(0xe000ed24);
  end.system[5] = *Word(0xe000ed04);
  end.system[6] = *Word(0xe000e200);
  end.system[7] = *Word(0xe000e300);
  *Word(0xe000ed28) = cfsr;
  *Word(0xe000ed2c) = end.system[1];
  *Word(0xe000ed24) = *Word(0xe000ed24) & 0x0fff;  // nothing pending
  *Word(0xe000ed04) = 1U << 27 | 1U << 25;
  *Word(0xe000e180) = 0xffffffff;
  *Word(0xe000e280) = 0xffffffff;
}

// In handler mode, of the exception that has ended the case.
void Finish(void) {
  if (!timed_out && (running->flags & CASE_INTERRUPTS) == 0) {
    // A supervisor call comes here by ten instructions more than a fault.
    elapsed += plan.ticks - *Word(0xe000e018) - (record[13] == 11 ? 10 : 0);
  }
  *Word(0xe000e010) = 0;
  const uint32_t exc_return = record[8];
  const uint32_t frame = (exc_return & 4) != 0 ? record[9] : record[10];
#if LOCKSTEP_FLOAT
  *Word(0xe000ed88) = 0xf << 20;
  __asm__ volatile("dsb\n isb");
  // Bit 10, UFRDY, is not in Armv7-M; QEMU has it there all the same.
  end.system[8] = *Word(0xe000ef34) & ~(1U << 10);
  end.system[9] = (end.system[8] & 1) != 0 ? *Word(0xe000ef38) : 0;
  // Where it is on the checker's stack, that is in use again.
  if (!InScratch(*Word(0xe000ef38), 72)) *Word(0xe000ef34) = end.system[8] & ~1U;
  SaveFloat(end.s);
#endif
  const int extended = (exc_return & 0x10) == 0;
  end.frame_words = 0;
  if (InScratch(frame, extended ? 104 : 32)) {
    end.frame_words = extended ? 25 : 8;
    for (uint32_t i = 0; i < end.frame_words; ++i) end.frame[i] = *Word(frame + 4 * i);
  }
  SaveSystem();
}

static void FillScratch(uint32_t from, uint32_t words) {
  for (uint32_t i = 0; i < words; ++i) {
    const uint32_t bits = Random();
    *Word(SCRATCH + from + 4 * i) = (bits & 7) == 0 ? Pointer(bits) : bits;
  }
}

#if !LOCKSTEP_V6M
static void SetRegion(uint32_t region, uint32_t base, uint32_t size) {
  *Word(0xe000ed98) = region;
  *Word(0xe000ed9c) = base;
  *Word(0xe000eda0) = size;
}

static void SetMpu(uint32_t flags) {
  const uint32_t never = (flags & CASE_NO_EXECUTION) != 0 ? 1U << 28 : 0;
  SetRegion(0, 0, 6U << 24 | 21U << 1 | 1);                    // code, read only, 4 MiB
  SetRegion(1, 0, 5U << 24 | (CODE_SLOTS_BITS - 1) << 1 | 1);  // the checker's, privileged
  SetRegion(2, SCRATCH, never | 3U << 24 | 11U << 1 | 1);      // scratch memory, 4 KiB
  // Nothing is there; of a fetch from it QEMU may say that it is unaligned.
  SetRegion(3, 0x80000000U, never | 3U << 24 | 28U << 1 | 1);
  for (uint32_t region = 4; region < 8; ++region) {
    const uint32_t bits = Random();
    const uint32_t wide = (flags & CASE_WIDE_REGIONS) != 0;
    const uint32_t size = wide ? 9 + bits % 4 : 4 + bits % 9;  // 32 bytes to 8 KiB
    const uint32_t base = (SCRATCH + (bits >> 4 & 0xfff)) & ~((2U << size) - 1);
    // QEMU remembers for all of 1 KiB what it has found beside a subregion that is disabled.
    const uint32_t subregions = size == 12 ? Random() & 0xff00U : 0;
    const uint32_t attributes = (bits & 0x17000000U) | never | subregions;
    const uint32_t on = (flags & CASE_REGIONS) != 0 && (bits & 0x10000U) != 0;
    SetRegion(region, base, attributes | size << 1 | on);
  }
}

static void SetSystem(uint32_t flags) {
  uint32_t ccr = 0;
  if ((flags & CASE_UNALIGN_TRAP) != 0) ccr |= 1U << 3;
  if ((flags & CASE_DIVIDE_TRAP) != 0) ccr |= 1U << 4;
  if ((flags & CASE_NO_STACK_ALIGNMENT) == 0) ccr |= 1U << 9;
  *Word(0xe000ed14) = ccr;
  *Word(0xe000ed24) = (flags & CASE_FAULTS) << 10;  // bits 16 to 18
  *Word(0xe000ed18) = (flags & CASE_BASEPRI) != 0 ? Random() & 0xe0e0e0 : 0;
  if ((flags & CASE_GUARD) != 0) SetMpu(flags);
#if LOCKSTEP_FLOAT
  uint32_t fpccr = 0;
  if ((flags & CASE_NOT_LAZY) == 0) fpccr |= 1U << 30;
  if ((flags & CASE_NO_FP_CONTEXT) == 0) fpccr |= 1U << 31;
  *Word(0xe000ed88) = 0xf << 20;
  __asm__ volatile("dsb\n isb");
  *Word(0xe000ef34) = fpccr;
  *Word(0xe000ef3c) = Random() & 0x07c00000;
  begin_float[0] = (flags & CASE_NO_FPU) == 0;
  for (uint32_t i = 1; i < 33; ++i) begin_float[i] = FloatValue();
#endif
}
#else
static void SetSystem(uint32_t flags) { (void)flags; }
#endif

static void SetPriorities(uint32_t flags) {
  static uint32_t set = 1;
  const uint32_t interrupts = (flags & CASE_INTERRUPTS) != 0;
  if (!interrupts && !set) return;
  set = interrupts;
  for (uint32_t i = 0; i < 8; ++i) {
    *Word(0xe000e400 + 4 * i) = interrupts ? Random() & 0xe0e0e0e0 : 0;
  }
  *Word(0xe000ed1c) = interrupts ? Random() & 0xe0000000 : 0;
  *Word(0xe000ed20) = interrupts ? Random() & 0xe0e000 : 0;
#if !LOCKSTEP_V6M
  if (interrupts) *Word(0xe000ed18) = Random() & 0xe0e0e0;
  *Word(0xe000ed0c) = 0x05fa0000 | (interrupts ? Random() & 0x700 : 0);
#endif
  *Word(0xe000e100) = interrupts ? Random() | Random() : 0;
}

static void SetFrame(uint32_t flags) {
  const uint32_t extended = (flags & CASE_FLOAT) != 0;
  const uint32_t bytes = extended ? 104 : 32;
  begin.frame = SCRATCH + SCRATCH_STACK - bytes;
  begin.exc_return = 0xfffffff9 ^ (extended ? 0x10 : 0) ^ ((flags & CASE_MAIN_STACK) != 0 ? 0 : 4);
  uint32_t frame[kFrameWords];
  for (uint32_t i = 0; i < 6; ++i) frame[i] = Value();
  frame[6] = running->code;
  frame[7] = (Random() & 0xf80f0000) | 1U << 24 | ((Random() & 1) != 0 ? 1U << 9 : 0);
  for (uint32_t i = 8; i < 24; ++i) frame[i] = FloatValue();
  frame[24] = Random() & 0xf7c0009f;
  frame[25] = 0;
  for (uint32_t i = 0; i < bytes / 4; ++i) *Word(begin.frame + 4 * i) = frame[i];
  for (uint32_t i = 0; i < 8; ++i) begin.r4_to_r11[i] = Value();
  if ((flags & CASE_WILD) == 0 || (Random() & 7) != 0) {
    begin.r4_to_r11[1] = Random() & 0x3f;
    begin.r4_to_r11[2] = CasePointer(Random());
    begin.r4_to_r11[3] = CasePointer(Random());
  }
  if ((Random() & 7) == 0) *Word(begin.frame + 20) = 0xfffffff1 | (Random() & 0x1c);
}

static void SayAll(uint32_t number, uint32_t repeat) {
  Say(number);
  Say(repeat);
  Say(timed_out);
  for (uint32_t i = 0; i < 16; ++i) Say(record[i]);
  const uint32_t* words = (const uint32_t*)&end;
  for (uint32_t i = 0; i < sizeof(end) / 4; ++i) Say(words[i]);
  for (uint32_t i = 0; i < SCRATCH_WINDOW_WORDS; ++i) Say(*Word(SCRATCH + SCRATCH_WINDOW + 4 * i));
}

static void SayBegin(void) {
  const uint32_t* words = (const uint32_t*)&begin;
  for (uint32_t i = 0; i < sizeof(begin) / 4; ++i) Say(words[i]);
  for (uint32_t region = 0; region < 8; ++region) {
#if !LOCKSTEP_V6M
    *Word(0xe000ed98) = region;
#endif
    Say(*Word(0xe000ed9c));
    Say(*Word(0xe000eda0));
  }
  for (uint32_t i = 0; i < kFrameWords; ++i) Say(*Word(begin.frame + 4 * i));
  for (uint32_t i = 0; i < 33; ++i) Say(begin_float[i]);
  for (uint32_t i = 0; i < SCRATCH_WINDOW_WORDS; ++i) Say(*Word(SCRATCH + SCRATCH_WINDOW + 4 * i));
}

static uint32_t Sum(void) {
  if (timed_out) return 0xffffffff;
  uint32_t sum = Mix(late, record, 16);
  sum = Mix(sum, end.frame, end.frame_words);
  sum = Mix(sum, end.system, 10);
#if LOCKSTEP_FLOAT
  sum = Mix(sum, end.s, 33);
#endif
  sum = Mix(sum, end.trace, end.trace_words);
  return Mix(sum, (const uint32_t*)(SCRATCH + SCRATCH_WINDOW), SCRATCH_WINDOW_WORDS);
}

static void RunOne(uint32_t number, uint32_t repeat) {
  running = &cases[number];
  const uint32_t flags = running->flags;
  random_state = (running->seed + repeat * 0x9e3779b9U) | 1;
  Random();
  next_action = 0;
  streams = 0;
  stream_depth = 0;
  late = 0;
  timed_out = 0;
  end.trace_words = 0;
  FillScratch(SCRATCH_WINDOW, SCRATCH_WINDOW_WORDS);
  SetSystem(flags);
  SetFrame(flags);
  begin.systick = 7;
  begin.mpu = (flags & CASE_GUARD) != 0;
  begin.control = (flags & CASE_UNPRIVILEGED) != 0;
  begin.primask = (flags & CASE_PRIMASK) != 0;
  begin.basepri = (flags & CASE_BASEPRI) != 0 ? Random() & 0xe0 : 0;
  const int detail = number >= plan.first_detail && number < plan.end_detail;
  if (detail) SayBegin();
  SetPriorities(flags);
#if LOCKSTEP_FLOAT
  if ((flags & CASE_NO_FPU) != 0) *Word(0xe000ed88) = 0;
  __asm__ volatile("dsb\n isb");
#endif
  *Word(0xe000e014) = plan.ticks;
  RunCase();
  if (detail) {
    SayAll(number, repeat);
  } else {
    Say(Sum());
  }
}

void Main(void) {
  static const char name[] = ":tt";
  uint32_t open[3] = {(uint32_t)name, 4, sizeof(name) - 1};
  output = Ask(SYS_OPEN, open);
  for (uint32_t number = 0; number < plan.cases; ++number) {
    for (uint32_t repeat = 0; repeat < plan.repeats; ++repeat) {
      const uint32_t nth = number * plan.repeats + repeat;
      if ((nth & plan.window_only) == 0) {
        Say(Mix(nth, (const uint32_t*)SCRATCH, SCRATCH_BYTES / 4));
        random_state = cases[number].seed | 1;
        FillScratch(0, SCRATCH_BYTES / 4);
      }
      RunOne(number, plan.first_repeat + repeat);
    }
  }
  Say(Mix(0, (const uint32_t*)SCRATCH, SCRATCH_BYTES / 4));
  Say(elapsed);
  Flush();
  Ask(SYS_EXIT, (void*)0x20026);
}
