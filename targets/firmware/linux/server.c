/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference device's protocols as a server: `server HOW PORT`, where HOW is the way in which it
 * waits for clients. Each connection, or each datagram, is one input; replies go to its sender. It
 * serves until a signal ends it. */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "targets/firmware/reference/firmware.h"

#define PIECE_BYTES 512u
#define DATAGRAM_BYTES 65536u

static int line = -1;
static struct sockaddr_in peer;
static socklen_t peer_size; /* 0 for a connection */

void line_write(const uint8_t* bytes, size_t count) {
  const struct sockaddr* to = peer_size == 0 ? NULL : (const struct sockaddr*)&peer;
  if (sendto(line, bytes, count, MSG_NOSIGNAL, to, peer_size) < 0) perror("send");
}

static int must(int result, const char* what) {
  if (result >= 0) return result;
  perror(what);
  exit(EXIT_FAILURE);
}

static int open_socket(int type, const char* port) {
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)atoi(port)),
                                      .sin_addr.s_addr = htonl(INADDR_ANY)};
  const int fd = must(socket(AF_INET, type, 0), "socket");
  must(bind(fd, (const struct sockaddr*)&address, sizeof address), "bind");
  if (type == SOCK_STREAM) must(listen(fd, 1), "listen");
  return fd;
}

/* What of the server's state belongs to one client is the application's alone. */
static void begin(int listener) {
  line = must(accept(listener, NULL, NULL), "accept");
  app_open();
}

/* False at the connection's end. */
static bool take_piece(void) {
  uint8_t piece[PIECE_BYTES];
  const ssize_t got = recv(line, piece, sizeof piece, 0);
  if (got > 0) app_receive(piece, (size_t)got);
  return got > 0;
}

/* The client is gone before what it sent is dealt with to the end. */
static void end(void) {
  close(line);
  app_close();
}

static void* serve_client(void* unused) {
  while (take_piece()) {
  }
  end();
  return unused;
}

static void serve_accept(int listener) {
  for (;;) {
    begin(listener);
    serve_client(NULL);
  }
}

static void serve_threads(int listener) {
  for (;;) {
    pthread_t thread;
    begin(listener);
    must(-pthread_create(&thread, NULL, serve_client, NULL), "pthread_create");
    pthread_detach(thread);
  }
}

static void serve_processes(int listener) {
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    begin(listener);
    if (must(fork(), "fork") == 0) {
      serve_client(NULL);
      exit(EXIT_SUCCESS);
    }
    close(line);
  }
}

static void serve_poll(int listener) {
  struct pollfd files[2] = {{.fd = listener, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
  for (;;) {
    must(poll(files, 2, -1), "poll");
    if (files[0].revents != 0) {
      begin(listener);
      files[0].fd = -1;
      files[1].fd = line;
    } else if (files[1].revents != 0 && !take_piece()) {
      end();
      files[0].fd = listener;
      files[1].fd = -1;
    }
  }
}

static void serve_epoll(int listener) {
  const int files = must(epoll_create1(0), "epoll_create1");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  must(epoll_ctl(files, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
  for (;;) {
    must(epoll_wait(files, &event, 1, -1), "epoll_wait");
    if (event.data.fd == listener) {
      begin(listener);
      event.data.fd = line;
      must(epoll_ctl(files, EPOLL_CTL_ADD, line, &event), "epoll_ctl");
    } else if (!take_piece()) {
      end();
    }
  }
}

static void serve_datagrams(int fd) {
  static uint8_t datagram[DATAGRAM_BYTES];
  line = fd;
  for (;;) {
    peer_size = sizeof peer;
    const int got =
        must((int)recvfrom(fd, datagram, sizeof datagram, 0, (struct sockaddr*)&peer, &peer_size),
             "recvfrom");
    app_open();
    app_receive(datagram, (size_t)got);
    app_close();
  }
}

int main(int count, char** arguments) {
  const struct {
    const char* name;
    int type;
    void (*serve)(int);
  } ways[] = {
      {"accept", SOCK_STREAM, serve_accept},       {"threads", SOCK_STREAM, serve_threads},
      {"processes", SOCK_STREAM, serve_processes}, {"poll", SOCK_STREAM, serve_poll},
      {"epoll", SOCK_STREAM, serve_epoll},         {"datagrams", SOCK_DGRAM, serve_datagrams}};
  for (size_t i = 0; count == 3 && i < sizeof ways / sizeof *ways; i++) {
    if (strcmp(arguments[1], ways[i].name) != 0) continue;
    ways[i].serve(open_socket(ways[i].type, arguments[2]));
  }
  fprintf(stderr, "usage: %s accept|threads|processes|poll|epoll|datagrams PORT\n", arguments[0]);
  return EXIT_FAILURE;
}
