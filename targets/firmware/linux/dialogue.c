/* SPDX-License-Identifier: Apache-2.0
 *
 * A server that knows how a conversation should go: `dialogue HOW PORT`, with a process for each
 * connection, a thread, or none, then with a greeting or without. It answers one word after
 * another, and has its bugs where words come in an order of their own: after an answer, in a second
 * connection, behind a reset. Once greeted it looks whether its client has more to say already, and
 * takes that for a cancellation.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORD_BYTES 64u

static int connections;
static int resets;
static bool armed;
static volatile int* nowhere;

static void fire_when_armed(void) { *nowhere = 1; }
static void fire_in_a_second_connection(void) { *nowhere = 2; }
static void fire_after_a_reset(void) { *nowhere = 3; }

static int must(int result, const char* what) {
  if (result >= 0) return result;
  perror(what);
  exit(EXIT_FAILURE);
}

static void answer(int line, const char* text) {
  if (send(line, text, strlen(text), MSG_NOSIGNAL) < 0) perror("send");
}

static void greet(int line) {
  char cancelled[WORD_BYTES];
  struct pollfd more = {.fd = line, .events = POLLIN};
  answer(line, "200 ready\n");
  if (poll(&more, 1, 0) == 1) recv(line, cancelled, sizeof cancelled, MSG_DONTWAIT);
}

static void obey(int line, const char* word) {
  if (strncmp(word, "HELLO", 5) == 0) {
    greet(line);
  } else if (strncmp(word, "ARM", 3) == 0) {
    armed = true;
    answer(line, "201 armed\n");
  } else if (strncmp(word, "SPLIT", 5) == 0) {
    answer(line, "202 in ");
    answer(line, "two parts\n");
  } else if (strncmp(word, "ZERO", 4) == 0) {
    if (send(line, "\0\0\0", 3, MSG_NOSIGNAL) < 0) perror("send");
  } else if (strncmp(word, "FIRE", 4) == 0 && armed) {
    fire_when_armed();
  } else if (strncmp(word, "AGAIN", 5) == 0 && connections == 2) {
    fire_in_a_second_connection();
  } else if (strncmp(word, "BACK", 4) == 0 && resets == 1) {
    fire_after_a_reset();
  } else {
    answer(line, "500 what?\n");
  }
}

static void* serve(void* of) {
  const int line = *(const int*)of;
  for (;;) {
    char word[WORD_BYTES] = "";
    const ssize_t got = recv(line, word, sizeof word - 1, 0);
    if (got < 0 && errno == ECONNRESET) resets++;
    if (got <= 0) break;
    obey(line, word);
  }
  close(line);
  return NULL;
}

static void begin(const char* how, int line) {
  static int of_thread;
  pthread_t thread;
  if (strcmp(how, "threads") == 0) {
    of_thread = line;
    must(-pthread_create(&thread, NULL, serve, &of_thread), "pthread_create");
    pthread_detach(thread);
  } else if (strcmp(how, "processes") == 0) {
    if (must(fork(), "fork") == 0) {
      serve(&line);
      exit(EXIT_SUCCESS);
    }
    close(line);
  } else {
    if (strcmp(how, "greeting") == 0) answer(line, "220 welcome\n");
    serve(&line);
  }
}

int main(int count, char** arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: %s accept|greeting|threads|processes PORT\n", arguments[0]);
    return EXIT_FAILURE;
  }
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)atoi(arguments[2])),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  signal(SIGCHLD, SIG_IGN);
  must(bind(listener, (const struct sockaddr*)&address, sizeof address), "bind");
  must(listen(listener, 4), "listen");
  for (;;) {
    const int line = must(accept(listener, NULL, NULL), "accept");
    connections++;
    begin(arguments[1], line);
  }
}
