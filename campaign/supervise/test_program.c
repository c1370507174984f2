/* SPDX-License-Identifier: Apache-2.0
 *
 * Misbehaves on request: test_program BEHAVIOUR [ARGUMENT]. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harnesses/sdk/fork_server.h"
#include "harnesses/sdk/heartbeat.h"

static volatile unsigned long work;
static int served;
static int opened;

static void spin(void) {
  for (;;) work++;
}

static void spin_ms(long duration_ms) {
  const clock_t until = clock() + duration_ms * (CLOCKS_PER_SEC / 1000);
  while (clock() < until) work++;
}

static void fork_bomb(void) {
  /* Bounded, should the supervisor fail: about this many processes, each for a while. */
  for (int i = 0; i < 11; i++) {
    if (fork() < 0) break;
  }
  sleep(20);
}

static void escape(void) {
  if (fork() != 0) {
    usleep(200000);
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  spin();
}

static void flood(long mib) {
  static char block[1 << 20];
  memset(block, 'x', sizeof block);
  block[sizeof block - 1] = '\n';
  for (long i = 0; i < mib; i++) {
    if (fwrite(block, 1, sizeof block, stdout) != sizeof block) _exit(3);
  }
  fputs("the end", stdout);
}

static void fill_disk(void) {
  static char block[1 << 16];
  const int fd = open("filling", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (int i = 0; i < 1 << 14; i++) {
    if (write(fd, block, sizeof block) < 0) _exit(4);
  }
}

static void eat_memory(void) {
  for (int i = 0; i < 1000; i++) {
    char* block = malloc(1 << 22);
    if (block != NULL) memset(block, 1, 1 << 22);
    usleep(2000);
  }
}

static void read_an_empty_pipe(void) {
  int ends[2];
  char byte = 0;
  if (pipe(ends) != 0 || read(ends[0], &byte, 1) != 1) _exit(5);
}

static void* have_open_for_ms(void* duration_ms) {
  usleep((useconds_t)(intptr_t)duration_ms * 1000);
  close(opened);
  return NULL;
}

static void have_another_thread_open_for_ms(long duration_ms) {
  pthread_t thread;
  opened = open("/dev/null", O_RDONLY);
  if (pthread_create(&thread, NULL, have_open_for_ms, (void*)(intptr_t)duration_ms) != 0) _exit(6);
  pthread_detach(thread);
}

static void one_input(const uint8_t* bytes, size_t size) {
  percuss_fork_server_take(&bytes, &size);
  percuss_input_begin(bytes, size);
  const int first = size != 0 ? bytes[0] : 0;
  if (first == 'P') printf("it says %.*s\n", (int)size, (const char*)bytes);
  if (first == 'G') kill(0, SIGKILL);
  if (first == 'D') kill(getppid(), SIGKILL);
  if (first == 'N') served++;
  if (first == 'N' && served > 1) abort();
  if (first == 'A') abort();
  if (first == 'B') read_an_empty_pipe();
  if (first == 'S') sleep(20);
  if (first == 'H') spin();
  if (first == 'W') spin_ms(100);
  if (first == 'M') eat_memory();
  if (first == 'Z') usleep(300000);
  if (first == 'T') have_another_thread_open_for_ms(10);
  if (first == 'U') have_another_thread_open_for_ms(1000);
  if (first == 'V' && open("/dev/null", O_RDONLY) < 0) _exit(7);
  if (first == 'Q') raise(SIGSTOP);
  if (first == 'F' && fork() == 0) {
    percuss_input_begin((const uint8_t*)"child", 5);
    percuss_input_end();
    _exit(0);
  }
  if (first == 'K') kill(getpid(), SIGKILL);
  if (first == 'O' && fork() == 0) {
    /* Not the run that is waited for: its words are of no run. */
    usleep(100000);
    printf("an orphan's word\n");
    exit(0);
  }
  while (first != 'O' && wait(NULL) > 0) {
  }
  percuss_input_end();
  percuss_fork_server_drop(bytes, size);
  if (percuss_fork_server_more()) one_input(bytes, size);
}

static void one_file(const char* path) {
  static uint8_t bytes[1 << 16];
  FILE* file = fopen(path, "rb");
  if (file == NULL) exit(1);
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  one_input(bytes, size);
}

static void show_limits(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_CORE, &limit);
  printf("core %lld\n", (long long)limit.rlim_cur);
  getrlimit(RLIMIT_NOFILE, &limit);
  printf("files %lld\n", (long long)limit.rlim_cur);
  printf("session %d\n", getsid(0) == getpid());
  printf("stray descriptor %d\n", fcntl(60, F_GETFD));
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  const char* argument = argc > 2 ? argv[2] : "0";
  if (strcmp(what, "exit") == 0) return atoi(argument);
  if (strcmp(what, "abort") == 0) abort();
  if (strcmp(what, "spin") == 0) spin();
  if (strcmp(what, "spin_ms") == 0) spin_ms(atol(argument));
  if (strcmp(what, "sleep") == 0) sleep((unsigned)atoi(argument));
  if (strcmp(what, "flood") == 0) flood(atol(argument));
  if (strcmp(what, "fork_bomb") == 0) fork_bomb();
  if (strcmp(what, "escape") == 0) escape();
  if (strcmp(what, "fill_disk") == 0) fill_disk();
  if (strcmp(what, "kill_group") == 0) kill(0, SIGKILL);
  if (strcmp(what, "stop") == 0) raise(SIGSTOP);
  if (strcmp(what, "limits") == 0) show_limits();
  if (strcmp(what, "environment") == 0) {
    const char* value = getenv(argument);
    puts(value != NULL ? value : "(unset)");
  }
  if (strcmp(what, "echo") == 0) {
    int byte;
    while ((byte = getchar()) != EOF) putchar(byte);
    fputs("to stderr", stderr);
  }
  if (strcmp(what, "deaf") == 0) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
    spin();
  }
  if (strcmp(what, "inputs") == 0) {
    for (int i = 2; i < argc; i++) one_input((const uint8_t*)argv[i], strlen(argv[i]));
  }
  if (strcmp(what, "files") == 0) {
    for (int i = 2; i < argc; i++) one_file(argv[i]);
  }
  /* An engine: a child runs inputs, and is started anew when it dies, as AFL++ does. */
  if (strcmp(what, "engine") == 0) {
    for (int i = 2; i < argc; i++) {
      const pid_t child = fork();
      if (child == 0) {
        for (int quick = 0; quick < 1000; quick++) one_input((const uint8_t*)"quick", 5);
        one_input((const uint8_t*)argv[i], strlen(argv[i]));
        _exit(0);
      }
      waitpid(child, NULL, 0);
    }
  }
  return 0;
}
