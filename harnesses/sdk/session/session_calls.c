/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket calls of a server, in the place of libc's: the linker's --wrap leads each call here
 * (sources.cmake names them), and to libc from here under __real_. A library that is preloaded
 * would not do: a sanitizer's own version of most of these calls is part of the program, and the
 * dynamic linker asks the program first. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harnesses/sdk/session/session.h"
#include "harnesses/sdk/session/session_client.h"

#define WRAPPED(type, name, ...)   \
  type __real_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)

/* Descriptors are real, of /dev/null, so that nobody else gets their numbers. */
#define DESCRIPTORS 64

enum kind { FREE, FRESH, LISTENING, CONNECTED };

struct descriptor {
  int fd;
  enum kind kind;
  int nonblocking;
  int connection;
};

static struct descriptor descriptors[DESCRIPTORS];
static int reserved;
static int lowest; /* of their numbers */
static int highest;

static void reserve(void) {
  if (reserved) return;
  for (int i = 0; i < DESCRIPTORS; i++) {
    descriptors[i].fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (descriptors[i].fd < 0) {
      perror("percuss session: /dev/null");
      abort();
    }
    if (i == 0 || descriptors[i].fd < lowest) lowest = descriptors[i].fd;
    if (i == 0 || descriptors[i].fd > highest) highest = descriptors[i].fd;
  }
  reserved = 1;
}

static struct descriptor* ours(int fd) {
  if (!reserved || fd < lowest || fd > highest) return NULL;
  for (int i = 0; i < DESCRIPTORS; i++) {
    if (descriptors[i].fd == fd) return &descriptors[i];
  }
  return NULL;
}

static int refuse(int error) {
  errno = error;
  return -1;
}

/* A call of a descriptor that is not ours is libc's. One that the server has closed is no longer
 * any, as it would find out when it closes it again. */
#define OURS(own, fd, real_call)           \
  struct descriptor* const own = ours(fd); \
  if (own == NULL) return real_call;       \
  if (own->kind == FREE) return refuse(EBADF)

static struct descriptor* take(enum kind kind) {
  reserve();
  for (int i = 0; i < DESCRIPTORS; i++) {
    if (descriptors[i].kind != FREE) continue;
    descriptors[i].kind = kind;
    descriptors[i].nonblocking = 0;
    descriptors[i].connection = -1;
    return &descriptors[i];
  }
  errno = EMFILE;
  return NULL;
}

unsigned percuss_calls_forget_connections(void) {
  unsigned open = 0;
  for (int i = 0; i < DESCRIPTORS; i++) {
    if (descriptors[i].kind != CONNECTED) continue;
    descriptors[i].kind = FREE;
    open++;
  }
  return open;
}

static void tell_address(struct sockaddr* address, socklen_t* size, unsigned port) {
  if (address == NULL || size == NULL) return;
  struct sockaddr_in name;
  memset(&name, 0, sizeof name);
  name.sin_family = AF_INET;
  name.sin_port = htons((uint16_t)port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  memcpy(address, &name, *size < sizeof name ? *size : sizeof name);
  *size = sizeof name;
}

enum { SERVER_PORT = 104, FIRST_CLIENT_PORT = 49152 };

static unsigned client_port(const struct descriptor* of) {
  return (unsigned)(FIRST_CLIENT_PORT + of->connection);
}

WRAPPED(int, socket, int domain, int type, int protocol) {
  const int stream = (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM;
  if ((domain != AF_INET && domain != AF_INET6) || !stream) {
    return __real_socket(domain, type, protocol);
  }
  struct descriptor* fresh = take(FRESH);
  if (fresh == NULL) return -1;
  fresh->nonblocking = (type & SOCK_NONBLOCK) != 0;
  return fresh->fd;
}

WRAPPED(int, bind, int fd, const struct sockaddr* address, socklen_t size) {
  OURS(own, fd, __real_bind(fd, address, size));
  return 0;
}

WRAPPED(int, listen, int fd, int backlog) {
  OURS(own, fd, __real_listen(fd, backlog));
  own->kind = LISTENING;
  return 0;
}

static int accept_ours(const struct descriptor* own, struct sockaddr* address, socklen_t* size,
                       int flags) {
  if (own->kind != LISTENING) return refuse(EINVAL);
  if (!percuss_client_waiting()) return refuse(EAGAIN);
  struct descriptor* fresh = take(CONNECTED);
  const int connection = percuss_client_accept();
  if (fresh == NULL) {
    /* The server left all others open; one that asks again and again has to come to an end. */
    percuss_client_closed(connection);
    return refuse(EMFILE);
  }
  fresh->connection = connection;
  fresh->nonblocking = (flags & SOCK_NONBLOCK) != 0;
  tell_address(address, size, client_port(fresh));
  return fresh->fd;
}

WRAPPED(int, accept, int fd, struct sockaddr* address, socklen_t* size) {
  OURS(own, fd, __real_accept(fd, address, size));
  return accept_ours(own, address, size, 0);
}

WRAPPED(int, accept4, int fd, struct sockaddr* address, socklen_t* size, int flags) {
  OURS(own, fd, __real_accept4(fd, address, size, flags));
  return accept_ours(own, address, size, flags);
}

WRAPPED(int, connect, int fd, const struct sockaddr* address, socklen_t size) {
  OURS(own, fd, __real_connect(fd, address, size));
  return refuse(own->kind == FRESH ? ECONNREFUSED : EISCONN);
}

WRAPPED(int, getpeername, int fd, struct sockaddr* address, socklen_t* size) {
  OURS(own, fd, __real_getpeername(fd, address, size));
  if (own->kind != CONNECTED) return refuse(ENOTCONN);
  tell_address(address, size, client_port(own));
  return 0;
}

WRAPPED(int, getsockname, int fd, struct sockaddr* address, socklen_t* size) {
  OURS(own, fd, __real_getsockname(fd, address, size));
  tell_address(address, size, SERVER_PORT);
  return 0;
}

WRAPPED(int, setsockopt, int fd, int level, int name, const void* value, socklen_t size) {
  OURS(own, fd, __real_setsockopt(fd, level, name, value, size));
  return 0;
}

WRAPPED(int, getsockopt, int fd, int level, int name, void* value, socklen_t* size) {
  OURS(own, fd, __real_getsockopt(fd, level, name, value, size));
  const int refused = level == SOL_SOCKET && name == SO_ERROR && own->kind == FRESH;
  const int answer = refused ? ECONNREFUSED : 0;
  if (*size > sizeof answer) *size = sizeof answer;
  memcpy(value, &answer, *size);
  return 0;
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  OURS(own, fd, __real_fcntl(fd, command, argument));
  if (command == F_GETFL) return O_RDWR | (own->nonblocking ? O_NONBLOCK : 0);
  if (command == F_SETFL) own->nonblocking = ((uintptr_t)argument & O_NONBLOCK) != 0;
  return 0;
}

/* Whether reading would not wait, or accepting. */
static int is_readable(const struct descriptor* own) {
  if (own->kind == LISTENING) return percuss_client_waiting();
  if (own->kind != CONNECTED) return 0;
  return percuss_client_has_bytes(own->connection) ||
         percuss_client_end_of(own->connection) != PERCUSS_CLIENT_OPEN;
}

/* Waits on the one connection that is on, if it is among those that are asked for. */
static int wait_for(const struct descriptor* own, int timeout_ms) {
  if (own != NULL) return percuss_client_wait(own->connection, timeout_ms);
  percuss_client_let_pass(timeout_ms);
  return 0;
}

static const struct descriptor* to_wait_on(const struct descriptor* own,
                                           const struct descriptor* before) {
  return own->kind == CONNECTED && (before == NULL || own->connection > before->connection)
             ? own
             : before;
}

static short events_of(const struct descriptor* own, short asked) {
  const short readable = is_readable(own) ? POLLIN | POLLRDNORM : 0;
  const short writable = own->kind == CONNECTED ? POLLOUT | POLLWRNORM : 0;
  const short failed = own->kind == FRESH ? POLLERR | POLLHUP : 0;
  if (own->kind == FREE) return POLLNVAL;
  return (short)(((readable | writable) & asked) | failed);
}

/* Other descriptors are asked too, but never waited for. */
static int poll_once(struct pollfd* fds, nfds_t count, int (*real)(struct pollfd*, nfds_t, int)) {
  int ready = 0;
  for (nfds_t i = 0; i < count; i++) {
    const struct descriptor* own = ours(fds[i].fd);
    fds[i].revents = 0;
    if (own == NULL) {
      real(&fds[i], 1, 0);
    } else {
      fds[i].revents = events_of(own, fds[i].events);
    }
    ready += fds[i].revents != 0;
  }
  return ready;
}

WRAPPED(int, poll, struct pollfd* fds, nfds_t count, int timeout_ms) {
  const struct descriptor* wait_on = NULL;
  int any = 0;
  for (nfds_t i = 0; i < count; i++) {
    const struct descriptor* own = ours(fds[i].fd);
    if (own == NULL) continue;
    any = 1;
    if ((fds[i].events & (POLLIN | POLLRDNORM)) != 0) wait_on = to_wait_on(own, wait_on);
  }
  if (!any) return __real_poll(fds, count, timeout_ms);
  const int ready = poll_once(fds, count, __real_poll);
  if (ready != 0 || timeout_ms == 0) return ready;
  if (wait_for(wait_on, timeout_ms)) return poll_once(fds, count, __real_poll);
  return timeout_ms < 0 ? refuse(EINTR) : 0;
}

/* What select() is asked for, and what of it is ours. */
struct selection {
  int count;
  fd_set* read;
  fd_set* write;
  fd_set* except;
};

static void clear(fd_set* set, int fd) {
  if (set != NULL) FD_CLR(fd, set);
}

static int is_in(const fd_set* set, int fd) { return set != NULL && FD_ISSET(fd, set); }

static int select_once(const struct selection* asked, const struct selection* answer) {
  int ready = 0;
  for (int i = 0; i < DESCRIPTORS; i++) {
    const int fd = descriptors[i].fd;
    if (descriptors[i].kind == FREE || fd >= asked->count) continue;
    if (is_in(asked->read, fd) && is_readable(&descriptors[i])) {
      FD_SET(fd, answer->read);
      ready++;
    }
    if (is_in(asked->write, fd) && descriptors[i].kind != LISTENING) {
      FD_SET(fd, answer->write);
      ready++;
    }
  }
  return ready;
}

WRAPPED(int, select, int count, fd_set* read, fd_set* write, fd_set* except,
        struct timeval* timeout) {
  struct selection answer = {count, read, write, except};
  fd_set sets[3];
  struct selection asked = {count, read != NULL ? &sets[0] : NULL, write != NULL ? &sets[1] : NULL,
                            except != NULL ? &sets[2] : NULL};
  if (read != NULL) sets[0] = *read;
  if (write != NULL) sets[1] = *write;
  if (except != NULL) sets[2] = *except;
  const struct descriptor* wait_on = NULL;
  int any = 0;
  for (int i = 0; i < DESCRIPTORS; i++) {
    const int fd = descriptors[i].fd;
    if (descriptors[i].kind == FREE || fd >= count) continue;
    if (is_in(read, fd)) wait_on = to_wait_on(&descriptors[i], wait_on);
    any |= is_in(read, fd) || is_in(write, fd) || is_in(except, fd);
    clear(answer.read, fd);
    clear(answer.write, fd);
    clear(answer.except, fd);
  }
  if (!any) return __real_select(count, read, write, except, timeout);
  struct timeval none = {0, 0};
  const int others = __real_select(count, read, write, except, &none);
  if (others < 0) return others;
  int ready = others + select_once(&asked, &answer);
  const int timeout_ms =
      timeout != NULL ? (int)(timeout->tv_sec * 1000 + timeout->tv_usec / 1000) : -1;
  if (ready != 0 || timeout_ms == 0) return ready;
  if (wait_for(wait_on, timeout_ms)) return select_once(&asked, &answer);
  return timeout_ms < 0 ? refuse(EINTR) : 0;
}

static ssize_t read_ours(const struct descriptor* own, void* buffer, size_t size, int flags) {
  if (own->kind != CONNECTED) return refuse(ENOTCONN);
  if (size == 0) return 0;
  const int waits = !own->nonblocking && (flags & MSG_DONTWAIT) == 0;
  if (!waits && !is_readable(own)) return refuse(EAGAIN);
  percuss_client_wait(own->connection, waits ? -1 : 0);
  const int peek = (flags & MSG_PEEK) != 0;
  size_t taken = percuss_client_take(own->connection, buffer, size, peek);
  while ((flags & MSG_WAITALL) != 0 && waits && !peek && taken != 0 && taken < size) {
    percuss_client_wait(own->connection, -1);
    const size_t more =
        percuss_client_take(own->connection, (uint8_t*)buffer + taken, size - taken, 0);
    if (more == 0) break;
    taken += more;
  }
  if (taken == 0 && percuss_client_end_of(own->connection) == PERCUSS_CLIENT_RESET) {
    return refuse(ECONNRESET);
  }
  return (ssize_t)taken;
}

WRAPPED(ssize_t, read, int fd, void* buffer, size_t size) {
  OURS(own, fd, __real_read(fd, buffer, size));
  return read_ours(own, buffer, size, 0);
}

WRAPPED(ssize_t, recv, int fd, void* buffer, size_t size, int flags) {
  OURS(own, fd, __real_recv(fd, buffer, size, flags));
  return read_ours(own, buffer, size, flags);
}

/* No signal where the client is gone: a server that does not ignore SIGPIPE would end there. */
static ssize_t write_ours(const struct descriptor* own, const void* data, size_t size) {
  if (own->kind != CONNECTED) return refuse(ENOTCONN);
  if (percuss_client_end_of(own->connection) == PERCUSS_CLIENT_RESET) return refuse(EPIPE);
  percuss_client_reply(own->connection, data, size);
  return (ssize_t)size;
}

WRAPPED(ssize_t, write, int fd, const void* data, size_t size) {
  OURS(own, fd, __real_write(fd, data, size));
  return write_ours(own, data, size);
}

WRAPPED(ssize_t, send, int fd, const void* data, size_t size, int flags) {
  OURS(own, fd, __real_send(fd, data, size, flags));
  return write_ours(own, data, size);
}

WRAPPED(int, shutdown, int fd, int how) {
  OURS(own, fd, __real_shutdown(fd, how));
  return own->kind == CONNECTED ? 0 : refuse(ENOTCONN);
}

WRAPPED(int, close, int fd) {
  OURS(own, fd, __real_close(fd));
  if (own->kind == CONNECTED) percuss_client_closed(own->connection);
  own->kind = FREE;
  return 0;
}

WRAPPED(time_t, time, time_t* result) {
  if (!percuss_client_active()) return __real_time(result);
  const time_t now = percuss_client_time();
  if (result != NULL) *result = now;
  return now;
}

static size_t cap = PERCUSS_SESSION_MIN_CAP;

void percuss_session_cap_allocations(size_t bytes) {
  cap = bytes < PERCUSS_SESSION_MIN_CAP ? PERCUSS_SESSION_MIN_CAP : bytes;
}

static int is_too_large(size_t bytes) {
  if (bytes <= cap) return 0;
  errno = ENOMEM;
  return 1;
}

WRAPPED(void*, malloc, size_t bytes) { return is_too_large(bytes) ? NULL : __real_malloc(bytes); }

WRAPPED(void*, calloc, size_t count, size_t bytes) {
  if (bytes != 0 && count > cap / bytes) {
    errno = ENOMEM;
    return NULL;
  }
  return __real_calloc(count, bytes);
}

WRAPPED(void*, realloc, void* old, size_t bytes) {
  return is_too_large(bytes) ? NULL : __real_realloc(old, bytes);
}
