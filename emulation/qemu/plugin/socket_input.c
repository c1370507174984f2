/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/socket_input.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/session_input.h"
#include "harnesses/sdk/heartbeat.h"

#define MOST_SOCKETS 16
#define MOST_DESCRIPTORS 1024
#define CLIENT_FD 600           /* or above: a program's own begin at 3 */
#define SEND_BUFFER (256 << 10) /* an input up to this is there before the program goes on */
#define ARRIVES_WITHIN_MS 10000
#define LOOKS_EVERY_US 1000

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* For the original, whatever ends the copy. */
static struct {
  bool sent;
  bool explained; /* why it was not */
  bool over;
  int working;   /* processes forked since the input was sent */
  int killed_by; /* the last signal that ended one */
} * fate;

static struct socket_input_options options;
static int from_before[MOST_SOCKETS]; /* the checkpoint */
static size_t from_before_count;

static pid_t copy; /* 0 in the original */
static const uint8_t* input;
static size_t input_size;
static size_t sent;
static int client = -1;
static union address server; /* where clients connect to */
static socklen_t server_size;
static pid_t counted;  /* this process is among those that work */
static int of_program; /* the socket that the client has reached */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool watched;   /* from a thread of its own */
static bool ended;     /* the program has closed the connection */
static bool given_up;  /* ... and takes no more of the input */
static int threads;    /* of the program */
static int waiting;    /* of them, for anything */
static int on_network; /* of these, for the network */

static __thread struct {
  enum guest_call call;
  int fd;
  bool thread;
  bool forks;
} current;

__attribute__((format(printf, 1, 2))) static _Noreturn void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("percuss-board: error ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  fflush(stderr);
  fate->sent = false;
  fate->explained = true;
  _exit(1);
}

static int option_of(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

/* A socket of the wanted kind; where it can be reached. */
static bool find_address(int fd, union address* address, socklen_t* size) {
  memset(address, 0, sizeof *address);
  *size = sizeof *address;
  if (option_of(fd, SO_TYPE) != (options.datagram ? SOCK_DGRAM : SOCK_STREAM)) return false;
  if (getsockname(fd, &address->any, size) != 0) return false;
  uint16_t port = 0;
  if (address->any.sa_family == AF_INET) {
    port = ntohs(address->v4.sin_port);
    if (address->v4.sin_addr.s_addr == INADDR_ANY) {
      address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
  } else if (address->any.sa_family == AF_INET6) {
    port = ntohs(address->v6.sin6_port);
    if (IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr)) {
      address->v6.sin6_addr = in6addr_loopback;
    }
  }
  if (port == 0 || (options.port != 0 && port != options.port)) return false;
  return options.datagram || option_of(fd, SO_ACCEPTCONN) == 1;
}

bool socket_input_is_offered(const struct socket_input_options* wanted) {
  options = *wanted;
  from_before_count = 0;
  for (int fd = 0; fd < MOST_DESCRIPTORS && from_before_count < MOST_SOCKETS; fd++) {
    union address address;
    socklen_t size;
    if (find_address(fd, &address, &size)) from_before[from_before_count++] = fd;
  }
  return from_before_count != 0;
}

bool socket_input_prepare(const struct socket_input_options* wanted) {
  socket_input_is_offered(wanted);
  void* map = mmap(NULL, sizeof *fate, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return false;
  fate = map;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  return true;
}

void socket_input_clear(void) {
  memset(fate, 0, sizeof *fate);
  for (size_t i = 0; i < from_before_count; i++) {
    struct pollfd left = {.fd = from_before[i], .events = POLLIN};
    while (poll(&left, 1, 0) == 1 && (left.revents & POLLIN) != 0) {
      char byte;
      if (options.datagram) {
        if (recv(left.fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN) break;
      } else {
        const int connection = accept4(left.fd, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) break;
        close(connection);
      }
    }
  }
}

/* Under the lock. Nothing that the program still has to do is cut off. */
static void end_if_over(void) {
  if (fate->over || !ended || on_network == 0 || waiting != threads) return;
  const bool working = __atomic_load_n(&fate->working, __ATOMIC_SEQ_CST) > 0;
  if (working || (sent != input_size && !given_up)) return;
  fate->over = true;
  percuss_input_end();
  if (options.stopping) {
    kill(copy, SIGTRAP);
    return;
  }
  if (fate->killed_by != 0) options.die(fate->killed_by);
  _exit(0);
}

/* Of forked processes nothing else tells when they have ended. */
static void* watch(void* unused) {
  for (;;) {
    pthread_mutex_lock(&lock);
    end_if_over();
    pthread_mutex_unlock(&lock);
    usleep(LOOKS_EVERY_US);
  }
  return unused;
}

/* False where the program takes no more. */
static bool feed(void) {
  while (sent < input_size) {
    const ssize_t count =
        send(client, input + sent, input_size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    sent += (size_t)count;
    if (sent == input_size) shutdown(client, SHUT_WR);
  }
  return true;
}

/* What the program answers; false once it has closed the connection. */
static bool drain(void) {
  char bytes[65536];
  for (;;) {
    const ssize_t count = recv(client, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
  }
}

static void* talk(void* unused) {
  bool open = true;
  bool takes_more = true;
  while (open || (takes_more && sent < input_size)) {
    struct pollfd line = {.fd = client};
    if (open) line.events |= POLLIN;
    if (takes_more && sent < input_size) line.events |= POLLOUT;
    poll(&line, 1, -1);
    pthread_mutex_lock(&lock);
    if (takes_more) takes_more = feed();
    if (open) open = drain();
    pthread_mutex_unlock(&lock);
  }
  pthread_mutex_lock(&lock);
  ended = true;
  given_up = !takes_more;
  pthread_mutex_unlock(&lock);
  return watch(unused);
}

static int connect_again(void);

static void* talk_in_session(void* unused) {
  const int last = session_input_play(input, input_size, client, connect_again);
  if (last >= 0) client = last;
  pthread_mutex_lock(&lock);
  sent = input_size;
  ended = last < 0;
  pthread_mutex_unlock(&lock);
  return ended ? watch(unused) : talk(unused);
}

/* Signals are for the program's threads. */
static void start(void* (*what)(void*)) {
  sigset_t all;
  sigset_t before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread, NULL, what, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) fail("the client could not be started: %s", strerror(error));
}

static void make_client(int family) {
  const int fd = socket(family, options.datagram ? SOCK_DGRAM : SOCK_STREAM, 0);
  if (fd < 0) fail("the client has no socket: %s", strerror(errno));
  client = fcntl(fd, F_DUPFD_CLOEXEC, CLIENT_FD);
  if (client < 0) fail("the client has no descriptor: %s", strerror(errno));
  close(fd);
}

/* By a reset in the end: nothing of this connection waits in the kernel for a later one. False
 * where the program takes no connection. */
static bool connect_stream(void) {
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  const int yes = 1;
  const int room = SEND_BUFFER;
  setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (setsockopt(client, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0) {
    setsockopt(client, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  }
  fcntl(client, F_SETFL, O_NONBLOCK);
  struct pollfd line = {.fd = client, .events = POLLOUT};
  if (connect(client, &server.any, server_size) != 0 && errno != EINPROGRESS) return false;
  return poll(&line, 1, ARRIVES_WITHIN_MS) == 1 && option_of(client, SO_ERROR) == 0;
}

static int connect_again(void) {
  make_client(server.any.sa_family);
  return connect_stream() ? client : -1;
}

static void send_stream(void) {
  if (!connect_stream()) fail("the client cannot connect");
  if (options.session) {
    start(talk_in_session);
    return;
  }
  if (input_size == 0) shutdown(client, SHUT_WR);
  feed();
  start(talk);
}

static void send_datagram(void) {
  if (connect(client, &server.any, server_size) != 0 ||
      send(client, input, input_size, MSG_NOSIGNAL) != (ssize_t)input_size) {
    fail("the input's %zu bytes cannot be sent as a datagram: %s", input_size, strerror(errno));
  }
  struct pollfd line = {.fd = of_program, .events = POLLIN};
  if (poll(&line, 1, ARRIVES_WITHIN_MS) != 1) {
    fail("the input's %zu bytes did not arrive as a datagram", input_size);
  }
  sent = input_size;
}

static void tell_sent(void) {
  fate->sent = true;
  if (!options.telling) return;
  fputs("percuss-board: sent\n", stderr);
  fflush(stderr);
}

/* Or the kernel would hold the rest of an answer that is written in parts back while the program
 * sleeps already (RFC 896). What it accepts has this of the socket that it listens on. */
static void send_at_once(int fd) {
  const int yes = 1;
  if (!options.datagram) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static void reach(int fd) {
  if (client >= 0 || !find_address(fd, &server, &server_size)) return;
  send_at_once(fd);
  of_program = fd;
  make_client(server.any.sa_family);
  if (options.datagram) {
    send_datagram();
  } else {
    send_stream();
  }
  tell_sent();
}

void socket_input_begin(const uint8_t* bytes, size_t size) {
  copy = getpid();
  threads = 1;
  input = bytes;
  input_size = size;
  for (size_t i = 0; i < from_before_count; i++) reach(from_before[i]);
}

static bool datagram_is_taken(void) {
  struct pollfd line = {.fd = of_program, .events = POLLIN};
  return client >= 0 && (poll(&line, 1, 0) != 1 || (line.revents & POLLIN) == 0);
}

static uint64_t word_at(uint64_t address) {
  uint32_t word = 0;
  if (!emulator_read(address, &word, sizeof word)) return UINT64_MAX;
  return options.abi->big_endian ? __builtin_bswap32(word) : word;
}

static void classify(int64_t number, uint64_t a1, uint64_t a2) {
  current.call = guest_call_of(options.abi->call_numbers, number);
  current.fd = (int)a1;
  if (current.call == GUEST_CALL_SOCKETCALL) {
    current.call = guest_call_of_socketcall(a1);
    current.fd = (int)word_at(a2);
  }
  /* Bytes of a connection come from the client, and reading them is work. */
  if (current.call == GUEST_CALL_RECEIVE) {
    current.call = options.datagram && client >= 0 && current.fd == of_program
                       ? GUEST_CALL_WAIT_NETWORK
                       : GUEST_CALL_OTHER;
  }
  current.thread = current.call == GUEST_CALL_CLONE && (a1 & CLONE_THREAD) != 0;
  current.forks =
      current.call == GUEST_CALL_FORK || (current.call == GUEST_CALL_CLONE && !current.thread);
}

static void count_process(int more) {
  if (client >= 0) __atomic_add_fetch(&fate->working, more, __ATOMIC_SEQ_CST);
  if (client >= 0 && options.datagram && !watched) {
    watched = true;
    start(watch);
  }
}

void socket_input_ends(int number) {
  if (copy == 0) return;
  if (getpid() == copy) {
    if (number == 0 && fate->killed_by != 0) options.die(fate->killed_by);
    return;
  }
  if (number != 0) fate->killed_by = number;
  if (counted == getpid()) __atomic_add_fetch(&fate->working, -1, __ATOMIC_SEQ_CST);
  counted = 0;
}

static void call_of_forked(void) {
  if (current.call == GUEST_CALL_EXEC || current.call == GUEST_CALL_EXIT_THREAD) {
    socket_input_ends(0);
  }
}

/* It ends with the program at the latest. */
static void begin_forked(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (client < 0) return;
  counted = getpid();
  close(client); /* or the connection would outlive its client's end */
}

/* more: 1 at its beginning, -1 at its end. */
static void count_call(int more) {
  if (current.call == GUEST_CALL_WAIT_NETWORK) on_network += more;
  if (current.call == GUEST_CALL_WAIT_NETWORK || current.call == GUEST_CALL_WAIT) waiting += more;
}

void socket_input_call(int64_t number, uint64_t a1, uint64_t a2) {
  classify(number, a1, a2);
  if (current.call == GUEST_CALL_OTHER) return;
  if (getpid() != copy) {
    call_of_forked();
    return;
  }
  if (current.forks) count_process(1);
  pthread_mutex_lock(&lock);
  if (options.datagram) ended = datagram_is_taken();
  count_call(1);
  if (current.thread) threads++;
  if (current.call == GUEST_CALL_EXIT_THREAD) threads--;
  end_if_over();
  pthread_mutex_unlock(&lock);
}

void socket_input_return(int64_t result) {
  if (current.call == GUEST_CALL_OTHER) return;
  if (getpid() != copy) {
    if (current.forks) begin_forked();
    current.call = GUEST_CALL_OTHER;
    current.forks = false;
    return;
  }
  if (current.forks && result < 0) count_process(-1);
  pthread_mutex_lock(&lock);
  count_call(-1);
  if (current.thread && result < 0) threads--;
  const enum guest_call call = current.call;
  current.call = GUEST_CALL_OTHER;
  pthread_mutex_unlock(&lock);
  const enum guest_call reachable = options.datagram ? GUEST_CALL_BIND : GUEST_CALL_LISTEN;
  if (call == reachable && result == 0) reach(current.fd);
}

/* The kernel kills them with the copy. */
void socket_input_await_forked(void) {
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
  }
}

bool socket_input_was_sent(void) { return fate->sent; }

void socket_input_explain(void) {
  if (fate->explained) return;
  fprintf(stderr, "percuss-board: error the program ended before it %s ",
          options.datagram ? "bound a socket for UDP" : "listened for TCP");
  if (options.port == 0) {
    fputs("on the network\n", stderr);
  } else {
    fprintf(stderr, "on port %u\n", options.port);
  }
  fflush(stderr);
}

bool socket_input_was_over(void) { return fate->over; }
