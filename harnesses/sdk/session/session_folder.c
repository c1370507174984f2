/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of a server in memory. They lie below /dev/shm, in a folder that is named by the process,
 * so that one that was killed leaves no more than the next start takes away. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "harnesses/sdk/session/session.h"

#define PREFIX "percuss-session-"

static char folder[64];
static pid_t owner;
/* What the server is told: through a descriptor, so that each copy of the process has its own. */
static char path_for_server[64];
static int descriptor = -1;

static void give_up(const char* what) {
  fprintf(stderr, "percuss session: %s: %s\n", what, strerror(errno));
  abort();
}

static void empty(const char* path) {
  DIR* files = opendir(path);
  if (files == NULL) return;
  for (struct dirent* file = readdir(files); file != NULL; file = readdir(files)) {
    if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0) {
      unlinkat(dirfd(files), file->d_name, 0);
    }
  }
  closedir(files);
}

/* A folder "percuss-session-PID-XXXXXX" of a process that is no more. */
static void remove_left_behind(const char* parent) {
  DIR* folders = opendir(parent);
  if (folders == NULL) return;
  for (struct dirent* entry = readdir(folders); entry != NULL; entry = readdir(folders)) {
    if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) != 0) continue;
    const long pid = strtol(entry->d_name + sizeof PREFIX - 1, NULL, 10);
    if (pid <= 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH) continue;
    char path[512];
    const int length = snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
    if (length < 0 || (size_t)length >= sizeof path) continue;
    empty(path);
    rmdir(path);
  }
  closedir(folders);
}

static void remove_own(void) {
  if (getpid() != owner) return; /* a copy that has made none goes on using it */
  empty(folder);
  rmdir(folder);
}

/* A folder for this process, in the place of the one that a copy shares with what it is copied of.
 */
static void make(void) {
  const char* parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
  remove_left_behind(parent);
  owner = getpid();
  snprintf(folder, sizeof folder, "%s/" PREFIX "%ld-XXXXXX", parent, (long)owner);
  if (mkdtemp(folder) == NULL) give_up(folder);
  const int made = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (made < 0) give_up(folder);
  if (descriptor < 0) {
    descriptor = made;
    snprintf(path_for_server, sizeof path_for_server, "/proc/self/fd/%d", descriptor);
    atexit(remove_own);
  } else {
    dup3(made, descriptor, O_CLOEXEC);
    close(made);
  }
}

const char* percuss_session_folder(void) {
  if (descriptor < 0) make();
  return path_for_server;
}

void percuss_session_empty_folder(void) {
  if (descriptor < 0 || getpid() != owner) make();
  empty(folder);
}
