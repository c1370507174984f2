/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs many inputs through one harness, each in a fork of its own, for bench/triage_corpus.py: a
 * process start, which costs a sanitised program some ten milliseconds, is paid once.
 *
 *   RUNNER BATCH OUT CPU_MS WALL_MS LEAKS
 *
 * BATCH holds, per input, its size (32 bits, host order) and its bytes. OUT gets per input a line
 * "<kind> <wait status> <bytes of log>", the log, and a line's end. Kinds: ok, fail, hang (it was
 * stopped at the limit of cpu time, or asleep at that of wall time, by SIGABRT, so that a sanitizer
 * tells the stack). LEAKS is 1 where what is still allocated at the end is a failure. Linux only.
 *
 * The names begin with percuss_input_, which triage knows for what is no user's code.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG_LIMIT (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);
__attribute__((weak)) void __lsan_do_leak_check(void);

static int64_t percuss_input_now_ms(clockid_t clock) {
  struct timespec now = {0, 0};
  clock_gettime(clock, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Noreturn void percuss_input_child(const uint8_t* bytes, uint32_t size, int log, int leaks) {
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  uint8_t* copy = malloc(size);
  if (copy == NULL && size > 0) _exit(99);
  if (size > 0) memcpy(copy, bytes, size);
  LLVMFuzzerTestOneInput(copy, size);
  free(copy);
  if (leaks && __lsan_do_leak_check) __lsan_do_leak_check();
  _exit(0);
}

/* Whether it waits for something. One that could run, and gets no processor, is late by the host's
 * fault. */
static int percuss_input_sleeps(pid_t child) {
  char name[64], text[512] = "";
  snprintf(name, sizeof name, "/proc/%d/stat", (int)child);
  const int file = open(name, O_RDONLY);
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  const char* end = length > 0 ? strrchr(text, ')') : NULL;
  return end != NULL && end[1] == ' ' && end[2] == 'S';
}

/* True when it had to be stopped. */
static int percuss_input_wait(pid_t child, int64_t cpu_ms, int64_t wall_ms, int* status) {
  clockid_t cpu;
  const int64_t begin = percuss_input_now_ms(CLOCK_MONOTONIC);
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  const struct timespec tick = {0, 5 * 1000000};
  int stopped = 0;
  while (waitpid(child, status, WNOHANG) == 0) {
    const int64_t wall = percuss_input_now_ms(CLOCK_MONOTONIC) - begin;
    const int over = (wall > wall_ms && percuss_input_sleeps(child)) ||
                     (clock_getcpuclockid(child, &cpu) == 0 && percuss_input_now_ms(cpu) > cpu_ms);
    if (over && !stopped) {
      stopped = 1;
      kill(child, SIGABRT);
    }
    if (wall > 4 * wall_ms + 10000) kill(child, SIGKILL);
    sigtimedwait(&ended, NULL, &tick);
  }
  return stopped;
}

static void percuss_input_one(const uint8_t* bytes, uint32_t size, char** argv, FILE* out) {
  static char text[LOG_LIMIT];
  const int log = memfd_create("log", 0);
  fflush(out);
  const pid_t child = fork();
  if (child == 0) percuss_input_child(bytes, size, log, atoi(argv[5]));
  int status = 0;
  const int stopped = percuss_input_wait(child, atoll(argv[3]), atoll(argv[4]), &status);
  const ssize_t length = pread(log, text, sizeof text, 0);
  close(log);
  fprintf(out, "%s %d %zd\n", stopped ? "hang" : status == 0 ? "ok" : "fail", status, length);
  fwrite(text, 1, length > 0 ? (size_t)length : 0, out);
  fputc('\n', out);
}

int main(int argc, char** argv) {
  if (argc != 6) return 64;
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ended, NULL);
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
  FILE* batch = fopen(argv[1], "rb");
  FILE* out = fopen(argv[2], "wb");
  if (batch == NULL || out == NULL) return 1;
  uint32_t size = 0;
  while (fread(&size, sizeof size, 1, batch) == 1) {
    uint8_t* bytes = malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, size, batch) != size) return 1;
    percuss_input_one(bytes, size, argv, out);
    free(bytes);
  }
  fclose(batch);
  return fclose(out) == 0 ? 0 : 1;
}
