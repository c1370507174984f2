/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/own_network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static enum { NOT_ASKED_FOR, IS_THERE, FAILED } state;
static const char* failed_at;
static int failed_with;

static bool write_file(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t written = write(fd, text, strlen(text));
  close(fd);
  return written == (ssize_t)strlen(text);
}

/* The user stays who he is: files and shared memory are reached as before. */
static bool keep_identity(uid_t user, gid_t group) {
  char map[64];
  if (!write_file("/proc/self/setgroups", "deny")) return false;
  snprintf(map, sizeof map, "%u %u 1", user, user);
  if (!write_file("/proc/self/uid_map", map)) return false;
  snprintf(map, sizeof map, "%u %u 1", group, group);
  return write_file("/proc/self/gid_map", map);
}

static bool raise_loopback(void) {
  struct ifreq request = {.ifr_name = "lo"};
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  bool done = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags |= IFF_UP;
  done = done && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  close(fd);
  return done;
}

static const char* leave_network_of_host(void) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (user != 0 || unshare(CLONE_NEWNET) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return "unshare";
    if (!keep_identity(user, group)) return "uid_map";
  }
  return raise_loopback() ? NULL : "the loopback interface";
}

__attribute__((constructor)) static void leave_early(void) {
  const char* wanted = getenv("PERCUSS_BOARD_NETWORK");
  if (state != NOT_ASKED_FOR || wanted == NULL || strcmp(wanted, "own") != 0) return;
  failed_at = leave_network_of_host();
  failed_with = errno;
  state = failed_at == NULL ? IS_THERE : FAILED;
}

bool own_network_is_there(void) {
  if (state == FAILED) {
    fprintf(stderr,
            "percuss-board: error the kernel gives the program no network of its own (%s: %s), and "
            "the host's is not for inputs: allow user namespaces or run as root\n",
            failed_at, strerror(failed_with));
  } else if (state == NOT_ASKED_FOR) {
    fprintf(stderr,
            "percuss-board: error an input over a socket needs a network of its own: preload this "
            "plugin with PERCUSS_BOARD_NETWORK=own\n");
  }
  return state == IS_THERE;
}
