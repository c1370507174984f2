/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harnesses/sdk/isolate.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#if !defined(__x86_64__)
#include <setjmp.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "harnesses/sdk/edge_tally.h"
#include "harnesses/sdk/heartbeat.h"

enum { kOff, kUnknown, kOn };
enum {
  kPlaces = 4096,
  kKilling = 1 << 16,
  kFrames = 32,
  kKeyFrames = 4,
  kKnownExit = 86,
  kMaxLeft = 4000
};

/* What instrumented frames below the harness may have poisoned for AddressSanitizer. */
static const size_t kStackBytes = 128 * 1024;

/* libFuzzer's exit code when it is asked to stop. */
static const int kEngineStopped = 72;

/* A copy that dies between inputs dies of memory that an earlier input damaged. When the state kept
 * here has the damage too, only a new start helps. */
static const int kMaxDeathsBetweenInputs = 3;

/* A checkpoint costs about a millisecond. After a death it pays off only when more than that would
 * be repeated. */
static const uint64_t kCheckpointCost_ns = 1000000;
static const uint64_t kMinPeriod_ns = 4000000;
static const uint64_t kMaxPeriod_ns = 1000000000;

/* For how long other threads may be at work before the first copy. */
static const uint64_t kMaxUnrest_ns = 5000000000;

/* AddressSanitizer's siglongjmp reads the memory map of the process, a millisecond each time, to
 * find the stack that clean_up() knows. */
#if defined(__x86_64__)
static void* before_input[5];
#define MARK_PLACE(place) __builtin_setjmp(place)
#define JUMP_TO(place) __builtin_longjmp(place, 1)
#else
static sigjmp_buf before_input;
#define MARK_PLACE(place) sigsetjmp(place, 0)
#define JUMP_TO(place) siglongjmp(place, 1)
#endif

struct place {
  uint64_t key; /* 0: free */
  uint64_t count;
};

/* Shared by all processes of one campaign. One of them runs at a time, so plain memory does. */
struct shared {
  pid_t runner;
  int inside;         /* an input is running */
  int died;           /* the runner's successor starts from an older checkpoint */
  uint64_t input;     /* hash of the input that runs or ran last */
  uint64_t period_ns; /* between checkpoints */
  uint64_t deaths;
  uint64_t unreported; /* of these, only counted */
  uint64_t left;       /* of the unreported, without a death */
  uint64_t skipped;
  uint64_t checkpoints;
  uint64_t killing_count;
  uint64_t killing[kKilling]; /* open addressing by hash; 0: free */
  struct place places[kPlaces];
  struct place failures[kPlaces]; /* that the harness has a name for */
};

static int state = kUnknown;
static struct shared* shared;
static pid_t top;    /* the process that the supervisor knows */
static pid_t keeper; /* waits for this one; 0 in the first */
static uint64_t checkpoint_ns;
static int reporting;
static int left;    /* inputs that this process and those it is a copy of have left by a jump */
static int free_fd; /* what a left input opened is at or above this one; 0: not known yet */
static uintptr_t libc_start;
static size_t libc_bytes;
static struct itimerval engine_timer;
static struct sigaction engine_actions[NSIG];
static const int kCrashSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
static const int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int is_killing(uint64_t input) {
  for (uint64_t i = input % kKilling;; i = (i + 1) % kKilling) {
    if (shared->killing[i] == input) return 1;
    if (shared->killing[i] == 0) return 0;
  }
}

static void remember_killing(uint64_t input) {
  /* A full table would never end a search. Old ones come round rarely: start again. */
  if (shared->killing_count >= kKilling / 2) {
    memset(shared->killing, 0, sizeof shared->killing);
    shared->killing_count = 0;
  }
  uint64_t i = input % kKilling;
  while (shared->killing[i] != 0 && shared->killing[i] != input) i = (i + 1) % kKilling;
  if (shared->killing[i] == 0) shared->killing_count++;
  shared->killing[i] = input;
}

/* Whether this crash has been reported often enough, by its place or its name. */
static int is_known(struct place* places, uint64_t key) {
  for (uint64_t tries = 0, i = key % kPlaces; tries < kPlaces; tries++, i = (i + 1) % kPlaces) {
    struct place* place = &places[i];
    if (place->key != 0 && place->key != key) continue;
    place->key = key;
    return ++place->count > PERCUSS_ISOLATE_COPIES;
  }
  return 0;
}

/* Ends the process at once when the crash is known. */
static void count_crash(uint64_t key) {
  if (reporting || !shared->inside) return;
  reporting = 1;
  if (!is_known(shared->places, key)) return;
  shared->unreported++;
  _exit(kKnownExit);
}

/* Of properties.h, where the harness has any. */
extern const char* percuss_broken_id __attribute__((weak));

static int in_libc(const void* address) { return (uintptr_t)address - libc_start < libc_bytes; }

/* The key of a crash: the program counter that failed, its callers, and a broken property. All
 * processes are copies of one, so addresses compare. Says whether libc was in the middle of
 * something, as when libc called libc: it may hold a lock. */
static uint64_t crash_key(uintptr_t failing, uint64_t kind, int* libc_busy) {
  void* frames[kFrames];
  const int count = backtrace(frames, kFrames);
  int first = 0;
  for (int i = 0; i < count; i++) {
    if ((uintptr_t)frames[i] == failing) first = i;
  }
  uint64_t part[kKeyFrames + 2] = {kind};
  if (&percuss_broken_id != NULL && percuss_broken_id != NULL) {
    part[kKeyFrames + 1] = percuss_digest(percuss_broken_id, strlen(percuss_broken_id));
  }
  *libc_busy = first == 0 || count < first + 3;
  for (int i = 0; i < kKeyFrames && first + i < count; i++) {
    part[i + 1] = (uintptr_t)frames[first + i];
    if (i != 0 && i < 3 && in_libc(frames[first + i])) *libc_busy = 1;
  }
  return percuss_digest(part, sizeof part);
}

/* Hooks that AddressSanitizer and UndefinedBehaviorSanitizer call before they report. */
extern void* __asan_get_report_pc(void) __attribute__((weak));
void __asan_on_error(void);
void __ubsan_on_report(void);

void __asan_on_error(void) {
  if (state != kOn) return;
  const uintptr_t failing = __asan_get_report_pc != NULL ? (uintptr_t)__asan_get_report_pc() : 0;
  int libc_busy;
  count_crash(crash_key(failing, 1, &libc_busy));
}

void __ubsan_on_report(void) {
  int libc_busy;
  if (state == kOn) count_crash(crash_key(0, 2, &libc_busy));
}

static void on_crash_signal(int number, siginfo_t* info, void* context) {
  const ucontext_t* registers = context;
  uintptr_t failing = 0;
#if defined(__x86_64__)
  failing = (uintptr_t)registers->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  failing = (uintptr_t)registers->uc_mcontext.pc;
#else
  (void)registers;
#endif
  int libc_busy;
  const uint64_t key = crash_key(failing, 0x100u + (unsigned)number, &libc_busy);
  if (shared->inside && !reporting) {
    reporting = 1;
    if (is_known(shared->places, key)) {
      shared->unreported++;
      if (number == SIGABRT || libc_busy || left >= kMaxLeft || free_fd == 0) _exit(kKnownExit);
      JUMP_TO(before_input);
    }
  }
  const struct sigaction* engine = &engine_actions[number];
  sigaction(number, engine, NULL);
  if ((engine->sa_flags & SA_SIGINFO) != 0) {
    engine->sa_sigaction(number, info, context);
  } else if (engine->sa_handler != SIG_DFL && engine->sa_handler != SIG_IGN) {
    engine->sa_handler(number);
  }
  /* Otherwise the instruction runs again, now without us. abort() raises again by itself. */
}

static int find_libc(struct dl_phdr_info* info, size_t bytes, void* unused) {
  (void)bytes, (void)unused;
  if (strstr(info->dlpi_name, "/libc.so") == NULL) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0) continue;
    libc_start = info->dlpi_addr + segment->p_vaddr;
    libc_bytes = segment->p_memsz;
  }
  return 1;
}

static void watch_crash_signals(void) {
  dl_iterate_phdr(find_libc, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_crash_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (size_t i = 0; i < COUNT_OF(kCrashSignals); i++) {
    sigaction(kCrashSignals[i], &action, &engine_actions[kCrashSignals[i]]);
  }
  /* Loads the unwinder now: in a broken process it could not be. */
  void* frame;
  backtrace(&frame, 1);
}

static void write_stats(void) {
  const char* path = getenv("PERCUSS_ISOLATE_STATS");
  if (path == NULL) return;
  FILE* file = fopen(path, "w");
  if (file == NULL) {
    fprintf(stderr, "percuss: PERCUSS_ISOLATE_STATS: %s: %s\n", path, strerror(errno));
    return;
  }
  size_t places = 0;
  for (size_t i = 0; i < kPlaces; i++) {
    if (shared->places[i].key == 0) continue;
    places++;
    fprintf(file, "place %016llx count %llu\n", (unsigned long long)shared->places[i].key,
            (unsigned long long)shared->places[i].count);
  }
  fprintf(file, "places %zu deaths %llu unreported %llu left %llu skipped %llu checkpoints %llu\n",
          places, (unsigned long long)shared->deaths, (unsigned long long)shared->unreported,
          (unsigned long long)shared->left, (unsigned long long)shared->skipped,
          (unsigned long long)shared->checkpoints);
  fclose(file);
}

static void pass_on(int number) {
  if (shared->runner > 0) kill(shared->runner, number);
}

static void end_as(int status) {
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* The first process: adopts every process that a keeper leaves behind, and ends with the last one.
 */
static void wait_for_all(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = pass_on;
  for (size_t i = 0; i < COUNT_OF(kStopSignals); i++) sigaction(kStopSignals[i], &action, NULL);
  int last = 0;
  for (;;) {
    int status;
    const pid_t ended = waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) break;
    /* A keeper that its own child took over from. */
    if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) last = status;
  }
  write_stats();
  end_as(last);
}

/* Whether the engine ended by itself: it was done, or it was asked to stop. */
static int ended_by_itself(int status) {
  if (!WIFEXITED(status)) return 0;
  return WEXITSTATUS(status) == kEngineStopped || (WEXITSTATUS(status) == 0 && !shared->inside);
}

static void become_runner(void) {
  shared->runner = getpid();
  setitimer(ITIMER_REAL, &engine_timer, NULL);
  for (size_t i = 0; i < COUNT_OF(kStopSignals); i++) {
    sigaction(kStopSignals[i], &engine_actions[kStopSignals[i]], NULL);
  }
}

/* Returns in a copy of this process, and again in another one whenever a copy has died. */
static void fork_from_here(void) {
  /* The engine's alarm would take the waiting for a slow input. */
  const struct itimerval none = {{0, 0}, {0, 0}};
  getitimer(ITIMER_REAL, &engine_timer);
  engine_timer.it_value = engine_timer.it_interval;
  setitimer(ITIMER_REAL, &none, NULL);
  for (size_t i = 0; i < COUNT_OF(kStopSignals); i++) {
    struct sigaction ignore;
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    sigaction(kStopSignals[i], &ignore, &engine_actions[kStopSignals[i]]);
  }
  int deaths_between = 0;
  const pid_t replaced = keeper;
  keeper = getpid();
  for (int first = 1;; first = 0) {
    const pid_t child = fork();
    if (child <= 0) {
      /* Without a copy this process goes on alone, unprotected. */
      become_runner();
      if (child == 0) percuss_input_adopt();
      if (child == 0 && first && replaced != 0) kill(replaced, SIGKILL);
      return;
    }
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!shared->inside && ++deaths_between > kMaxDeathsBetweenInputs) end_as(status);
    if (ended_by_itself(status)) end_as(status);
    shared->deaths++;
    shared->died = 1;
    shared->inside = 0;
    remember_killing(shared->input);
    shared->period_ns =
        shared->period_ns / 2 < kMinPeriod_ns ? kMinPeriod_ns : shared->period_ns / 2;
    if (kill(top, 0) != 0) _exit(kEngineStopped);
  }
}

static void checkpoint(void) {
  /* The first process was killed outright: nobody would ever stop this one. */
  if (kill(top, 0) != 0) _exit(kEngineStopped);
  shared->checkpoints++;
  shared->died = 0;
  fork_from_here();
  checkpoint_ns = now_ns();
}

/* Whether a thread of this process other than the caller is at work. One that cannot be read has
 * ended. */
static int another_works(void) {
  DIR* tasks = opendir("/proc/self/task");
  if (tasks == NULL) return 1;
  int works = 0;
  for (const struct dirent* task; !works && (task = readdir(tasks)) != NULL;) {
    const int id = atoi(task->d_name);
    if (id == 0 || id == gettid()) continue;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", id);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    char line[256];
    const ssize_t bytes = read(file, line, sizeof line - 1);
    close(file);
    line[bytes > 0 ? bytes : 0] = 0;
    const char* name_end = strrchr(line, ')');
    works = name_end != NULL && name_end[1] == ' ' && name_end[2] != 'S';
  }
  closedir(tasks);
  return works;
}

/* A copy has the locks of the moment and no threads but the caller: it would wait for ever for one
 * that another thread held, as libFuzzer's own does of the allocator while it starts.
 * AddressSanitizer takes no care of that. Whether all others came to rest. */
static int wait_for_others(void) {
  const uint64_t until_ns = now_ns() + kMaxUnrest_ns;
  while (another_works()) {
    if (now_ns() > until_ns) return 0;
    usleep(1000);
  }
  return 1;
}

static void start(void) {
  const char* wanted = getenv("PERCUSS_ISOLATE");
  state = kOff;
  if (wanted == NULL || strcmp(wanted, "1") != 0) return;
  if (!wait_for_others()) {
    fputs("percuss: PERCUSS_ISOLATE does not work here: another thread never rests\n", stderr);
    return;
  }
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1ul) != 0) {
    fprintf(stderr, "percuss: PERCUSS_ISOLATE does not work here: %s\n", strerror(errno));
    return;
  }
  state = kOn;
  shared->period_ns = kMinPeriod_ns;
  top = getpid();
  struct itimerval timer;
  getitimer(ITIMER_REAL, &timer);
  const pid_t child = fork();
  if (child > 0) {
    const struct itimerval none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &none, NULL);
    wait_for_all();
  }
  if (child == 0) percuss_input_adopt();
  timer.it_value = timer.it_interval;
  setitimer(ITIMER_REAL, &timer, NULL);
  watch_crash_signals();
  checkpoint();
}

/* Takes a checkpoint when it is time to. Says whether the input is known to kill. */
static int prepare(const uint8_t* data, size_t size) {
  const uint64_t input = percuss_digest(data, size);
  const uint64_t repeated_ns = now_ns() - checkpoint_ns;
  if (shared->died && repeated_ns > kCheckpointCost_ns && is_killing(input)) {
    /* The copy that died had come this far. */
    checkpoint();
  } else if (repeated_ns > shared->period_ns) {
    if (!shared->died && shared->period_ns < kMaxPeriod_ns) shared->period_ns *= 2;
    checkpoint();
  }
  /* Only now: a checkpoint returns again when this very input has killed a copy. */
  if (is_killing(input)) {
    shared->skipped++;
    percuss_edge_tally_skip();
    return 1;
  }
  shared->input = input;
  return 0;
}

extern void __asan_unpoison_memory_region(const volatile void* start, size_t bytes)
    __attribute__((weak));

/* After a jump out of an input. */
static void clean_up(void) {
  shared->left++;
  left++;
  close_range((unsigned)free_fd, ~0u, 0);
  const char* frame = __builtin_frame_address(0);
  if (__asan_unpoison_memory_region != NULL)
    __asan_unpoison_memory_region(frame - kStackBytes, kStackBytes);
  reporting = 0;
}

static void learn_free_fd(void) {
  const int fd = dup(STDERR_FILENO);
  if (fd < 0) return;
  free_fd = fd;
  close(fd);
}

int percuss_isolate_is_reported(const char* failure) {
  if (state != kOn || !shared->inside || reporting) return 0;
  if (!is_known(shared->failures, percuss_digest(failure, strlen(failure)))) return 0;
  shared->unreported++;
  shared->left++;
  percuss_edge_tally_skip();
  return 1;
}

int percuss_isolate_run(int (*body)(const uint8_t* data, size_t size), const uint8_t* data,
                        size_t size) {
  if (state == kUnknown) start();
  if (state == kOff) return body(data, size);
  if (prepare(data, size)) return -1;
  if (MARK_PLACE(before_input) != 0) {
    shared->inside = 0;
    clean_up();
    return -1;
  }
  shared->inside = 1;
  const int result = body(data, size);
  shared->inside = 0;
  if (free_fd == 0) learn_free_fd();
  return result;
}
