/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/call_effects.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/memory_snapshot.h"

#define NONE (-1)
#define MIPS_O32_BASE 4000
#define MOST_DESCRIPTORS 128
#define MOST_PIECES 16

enum effect {
  UNKNOWN,
  NO_EFFECT,    /* or one on mappings */
  OF_FILE,      /* none; first argument: a descriptor */
  OF_POSITION,  /* the same: of a file that is put back */
  FILLS,        /* the same, and a buffer and its size */
  FILLS_PIECES, /* the same, and pieces of memory, and how many */
  FILLS_RANDOM, /* a buffer and its size */
  SAYS,         /* to a descriptor */
  OPENS,        /* a path, and how */
  OPENS_AT,     /* the same behind a folder's descriptor */
  CLOSES,
  TELLS_TIME, /* of a clock */
  CONTROLS_TERMINAL,
  CONTROLS_FILE,
  WAKES,
};

/* arm, generic, mips o32 less its base, x86-64 (Linux, unistd.h of each). */
static const struct {
  enum effect effect;
  int16_t number[GUEST_CALLS];
} known[] = {
    {FILLS, {3, 63, 3, 0}},                  /* read */
    {FILLS, {180, 67, 200, 17}},             /* pread64 */
    {FILLS_PIECES, {145, 65, 145, 19}},      /* readv */
    {FILLS_RANDOM, {384, 278, 353, 318}},    /* getrandom */
    {SAYS, {4, 64, 4, 1}},                   /* write */
    {SAYS, {146, 66, 146, 20}},              /* writev */
    {OF_POSITION, {19, 62, 19, 8}},          /* lseek */
    {OF_POSITION, {140, NONE, 140, NONE}},   /* _llseek */
    {OPENS, {5, NONE, 5, 2}},                /* open */
    {OPENS_AT, {322, 56, 288, 257}},         /* openat */
    {CLOSES, {6, 57, 6, 3}},                 /* close */
    {OF_FILE, {108, 80, 108, 5}},            /* fstat */
    {OF_FILE, {197, NONE, 215, NONE}},       /* fstat64 */
    {CONTROLS_TERMINAL, {54, 29, 54, 16}},   /* ioctl */
    {CONTROLS_FILE, {55, 25, 55, 72}},       /* fcntl */
    {CONTROLS_FILE, {221, NONE, 220, NONE}}, /* fcntl64 */
    {NO_EFFECT, {106, NONE, 106, 4}},        /* stat */
    {NO_EFFECT, {107, NONE, 107, 6}},        /* lstat */
    {NO_EFFECT, {195, NONE, 213, NONE}},     /* stat64 */
    {NO_EFFECT, {196, NONE, 214, NONE}},     /* lstat64 */
    {NO_EFFECT, {327, 79, 293, 262}},        /* fstatat64, newfstatat */
    {NO_EFFECT, {397, 291, 366, 332}},       /* statx */
    {NO_EFFECT, {33, NONE, 33, 21}},         /* access */
    {NO_EFFECT, {334, 48, 300, 269}},        /* faccessat */
    {NO_EFFECT, {45, 214, 45, 12}},          /* brk */
    {NO_EFFECT, {192, 222, 210, 9}},         /* mmap2, mmap */
    {NO_EFFECT, {90, NONE, 90, NONE}},       /* mmap, the old one */
    {NO_EFFECT, {91, 215, 91, 11}},          /* munmap */
    {NO_EFFECT, {125, 226, 125, 10}},        /* mprotect */
    {NO_EFFECT, {163, 216, 167, 25}},        /* mremap */
    {NO_EFFECT, {220, 233, 218, 28}},        /* madvise */
    {TELLS_TIME, {263, 113, 263, 228}},      /* clock_gettime */
    {TELLS_TIME, {403, 403, 403, NONE}},     /* clock_gettime64 */
    {NO_EFFECT, {264, 114, 264, 229}},       /* clock_getres */
    {NO_EFFECT, {406, 406, 406, NONE}},      /* clock_getres_time64 */
    {NO_EFFECT, {78, 169, 78, 96}},          /* gettimeofday */
    {NO_EFFECT, {13, NONE, 13, 201}},        /* time */
    {NO_EFFECT, {162, 101, 166, 35}},        /* nanosleep */
    {NO_EFFECT, {265, 115, 265, 230}},       /* clock_nanosleep */
    {NO_EFFECT, {407, 407, 407, NONE}},      /* clock_nanosleep_time64 */
    {NO_EFFECT, {158, 124, 162, 24}},        /* sched_yield */
    {WAKES, {240, 98, 238, 202}},            /* futex */
    {WAKES, {422, 422, 422, NONE}},          /* futex_time64 */
    {NO_EFFECT, {20, 172, 20, 39}},          /* getpid */
    {NO_EFFECT, {224, 178, 222, 186}},       /* gettid */
    {NO_EFFECT, {64, 173, 64, 110}},         /* getppid */
    {NO_EFFECT, {24, 174, 24, 102}},         /* getuid */
    {NO_EFFECT, {49, 175, 49, 107}},         /* geteuid */
    {NO_EFFECT, {47, 176, 47, 104}},         /* getgid */
    {NO_EFFECT, {50, 177, 50, 108}},         /* getegid */
    {NO_EFFECT, {199, NONE, NONE, NONE}},    /* getuid32 */
    {NO_EFFECT, {200, NONE, NONE, NONE}},    /* getgid32 */
    {NO_EFFECT, {201, NONE, NONE, NONE}},    /* geteuid32 */
    {NO_EFFECT, {202, NONE, NONE, NONE}},    /* getegid32 */
    {NO_EFFECT, {122, 160, 122, 63}},        /* uname */
    {NO_EFFECT, {116, 179, 116, 99}},        /* sysinfo */
};

/* Linux's flags for open that only say how to read, by architecture: O_CLOEXEC, O_LARGEFILE,
 * O_NOFOLLOW, O_DIRECTORY, O_DIRECT, and O_NONBLOCK or O_NOCTTY. */
#define READING_FLAGS 0xBC800u
#define MIPS_LARGEFILE 0x2000u

static const struct guest_abi* abi;
static const uint64_t* guest_base;
static bool stdin_is_input;
static bool stdin_closed;
static bool opened[MOST_DESCRIPTORS]; /* by this input */
static enum effect underway;
static int closing;

bool call_effects_begin(const struct guest_abi* of, bool has_stdin) {
  abi = of;
  stdin_is_input = has_stdin;
  guest_base = dlsym(RTLD_DEFAULT, "guest_base");
  return guest_base != NULL;
}

static enum effect effect_of(int64_t number) {
  if (abi->call_numbers == GUEST_CALLS_MIPS_O32) number -= MIPS_O32_BASE;
  for (size_t i = 0; number >= 0 && i < sizeof known / sizeof *known; i++) {
    if (known[i].number[abi->call_numbers] == number) return known[i].effect;
  }
  return UNKNOWN;
}

static bool has_32_bits(void) {
  return abi->call_numbers == GUEST_CALLS_ARM || abi->call_numbers == GUEST_CALLS_MIPS_O32;
}

static uint64_t pointer_of(uint64_t argument) {
  return has_32_bits() ? (uint32_t)argument : argument;
}

static bool is_own(int fd) {
  if (fd == STDIN_FILENO && stdin_is_input) return true;
  return fd >= 0 && fd < MOST_DESCRIPTORS && opened[fd];
}

static bool is_known(int fd) { return is_own(fd) || (fd >= 0 && fd <= STDERR_FILENO); }

static bool will_fill(uint64_t place, uint64_t bytes) {
  return memory_snapshot_will_write(*guest_base + pointer_of(place), pointer_of(bytes));
}

/* A word of the size of a pointer in guest memory. */
static bool read_word(uint64_t place, uint64_t* word) {
  uint32_t half;
  if (!has_32_bits()) return emulator_read(place, word, sizeof *word);
  if (!emulator_read(place, &half, sizeof half)) return false;
  *word = abi->big_endian ? __builtin_bswap32(half) : half;
  return true;
}

static bool will_fill_pieces(uint64_t place, uint64_t count) {
  const uint64_t size = has_32_bits() ? sizeof(uint32_t) : sizeof(uint64_t);
  if (count > MOST_PIECES) return false;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t begin = 0;
    uint64_t bytes = 0;
    const uint64_t piece = pointer_of(place) + 2 * i * size;
    if (!read_word(piece, &begin) || !read_word(piece + size, &bytes)) return false;
    if (!will_fill(begin, bytes)) return false;
  }
  return true;
}

/* For reading, and not what QEMU tells of its own process in the place of the kernel. */
static bool only_reads(uint64_t path, uint64_t how) {
  const char of_processes[] = "/proc";
  const uint32_t fine =
      READING_FLAGS | (abi->call_numbers == GUEST_CALLS_MIPS_O32 ? MIPS_LARGEFILE : 0);
  char begin[sizeof of_processes - 1];
  return ((uint32_t)how & ~fine) == 0 && emulator_read(pointer_of(path), begin, sizeof begin) &&
         memcmp(begin, of_processes, sizeof begin) != 0;
}

static bool asks_for_terminal(uint32_t request) {
  const bool mips = abi->call_numbers == GUEST_CALLS_MIPS_O32;
  const uint32_t get_settings = mips ? 0x540Du : 0x5401u; /* TCGETS */
  const uint32_t get_size = mips ? 0x40087468u : 0x5413u; /* TIOCGWINSZ */
  return request == get_settings || request == get_size;
}

static bool asks_for_flags(uint32_t command) {
  return command == 1 || command == 3; /* F_GETFD, F_GETFL */
}

/* Clocks of the processor count what earlier inputs took. */
static bool is_of_world(int32_t clock) {
  return clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID;
}

bool call_effects_before(int64_t number, const uint64_t* arguments) {
  const int fd = (int)arguments[0];
  underway = effect_of(number);
  switch (underway) {
    case UNKNOWN:
      return false;
    case NO_EFFECT:
      return true;
    case OF_FILE:
      return is_known(fd);
    case OF_POSITION:
      return is_own(fd);
    case FILLS:
      return is_own(fd) && will_fill(arguments[1], arguments[2]);
    case FILLS_PIECES:
      return is_own(fd) && will_fill_pieces(arguments[1], arguments[2]);
    case FILLS_RANDOM:
      return will_fill(arguments[0], arguments[1]);
    case SAYS:
      return fd == STDOUT_FILENO || fd == STDERR_FILENO;
    case OPENS:
      return only_reads(arguments[0], arguments[1]);
    case OPENS_AT:
      return only_reads(arguments[1], arguments[2]);
    case CLOSES:
      closing = fd;
      return is_own(fd);
    case TELLS_TIME:
      return is_of_world((int32_t)arguments[0]);
    case CONTROLS_TERMINAL:
      return is_known(fd) && asks_for_terminal((uint32_t)arguments[1]);
    case CONTROLS_FILE:
      return is_known(fd) && asks_for_flags((uint32_t)arguments[1]);
    case WAKES:
      return (arguments[1] & 0x7F) == 1; /* FUTEX_WAKE, for this process or for all */
  }
  return false;
}

static bool take_descriptor(int64_t fd) {
  struct stat file;
  struct statfs system;
  if (fd >= MOST_DESCRIPTORS || fstat((int)fd, &file) != 0 || fstatfs((int)fd, &system) != 0) {
    return false;
  }
  opened[fd] = true;
  return S_ISREG(file.st_mode) && system.f_type != PROC_SUPER_MAGIC && system.f_type != SYSFS_MAGIC;
}

bool call_effects_after(int64_t result) {
  const enum effect effect = underway;
  underway = UNKNOWN;
  if (effect == CLOSES && result == 0) {
    if (closing == STDIN_FILENO && stdin_is_input && !opened[closing]) stdin_closed = true;
    opened[closing] = false;
  }
  const bool opens = effect == OPENS || effect == OPENS_AT;
  return !opens || result < 0 || take_descriptor(result);
}

void call_effects_undo(void) {
  for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
    if (opened[fd]) close(fd);
  }
  /* Its number must not be given to the next input's file meanwhile. */
  if (stdin_closed) open("/dev/null", O_RDONLY);
}
