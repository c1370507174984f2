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

/* Not in a copy of the process that made it, which goes on using it. */
static void remove_own(void) {
  if (getpid() != owner) return;
  empty(folder);
  rmdir(folder);
}

const char* percuss_session_folder(void) {
  if (folder[0] != '\0') return folder;
  const char* parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
  remove_left_behind(parent);
  owner = getpid();
  snprintf(folder, sizeof folder, "%s/" PREFIX "%ld-XXXXXX", parent, (long)owner);
  if (mkdtemp(folder) == NULL) give_up(folder);
  atexit(remove_own);
  return folder;
}

void percuss_session_empty_folder(void) { empty(percuss_session_folder()); }
