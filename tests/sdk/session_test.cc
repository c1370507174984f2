// SPDX-License-Identifier: Apache-2.0
//
// The harness SDK's sessions. The test plays the server: its socket calls are led to the library as
// a harness's are.
#include "harnesses/sdk/session/session.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
extern uint8_t counters_begin[] __asm__("__start___libfuzzer_extra_counters");
extern uint8_t counters_end[] __asm__("__stop___libfuzzer_extra_counters");
}

namespace {

using testing::ElementsAre;
using testing::Pair;

using Exchanges = std::vector<std::pair<std::string, std::string>>;
constexpr std::string_view kMark = "\xF5\x5E\x55";

Exchanges& Seen() {
  static Exchanges exchanges;
  return exchanges;
}

void Keep(const percuss_exchange* exchange) {
  const auto text = [](const uint8_t* data, size_t size) {
    return std::string(reinterpret_cast<const char*>(data), data == nullptr ? 0 : size);
  };
  Seen().emplace_back(text(exchange->request, exchange->request_bytes),
                      text(exchange->reply, exchange->reply_bytes));
}

std::string Marked(char kind, std::string_view payload = "") {
  return std::string(kMark) + kind + std::string(payload);
}

std::string Waiting(unsigned ms, std::string_view payload) {
  return Marked('W') + static_cast<char>(ms & 0xff) + static_cast<char>(ms >> 8) +
         std::string(payload);
}

int Ready(int fd, int timeout_ms) {
  pollfd polled{fd, POLLIN, 0};
  const int ready = poll(&polled, 1, timeout_ms);
  return ready == 1 && (polled.revents & POLLIN) == 0 ? -2 : ready;
}

std::string Read(int fd, size_t most = 100) {
  std::string buffer(most, '\0');
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  if (size < 0) return "error " + std::to_string(errno);
  buffer.resize(static_cast<size_t>(size));
  return buffer;
}

class SessionTest : public testing::Test {
 protected:
  void SetUp() override {
    Seen().clear();
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    ASSERT_EQ(listen(listener_, 5), 0);
  }
  void TearDown() override {
    percuss_session_end();
    close(listener_);
  }

  void Begin(std::string input) {
    input_ = std::move(input);
    percuss_session_begin(reinterpret_cast<const uint8_t*>(input_.data()), input_.size(), Keep);
  }
  int Accept(std::string input) {
    Begin(std::move(input));
    return accept(listener_, nullptr, nullptr);
  }

  int listener_ = -1;
  std::string input_;
};

TEST_F(SessionTest, AMessageComesWhenTheServerWaitsForIt) {
  const int client = Accept("first" + Marked('M', "second"));
  EXPECT_EQ(Ready(client, 0), 0);
  EXPECT_EQ(Read(client, 3), "fir");
  EXPECT_EQ(Ready(client, 0), 1);  // the rest of it
  EXPECT_EQ(Read(client), "st");
  EXPECT_EQ(Ready(client, 0), 0);  // a poll with no time eats nothing
  EXPECT_EQ(Ready(client, 10), 1);
  EXPECT_EQ(Ready(client, 0), 1);
  EXPECT_EQ(Read(client), "second");
  EXPECT_EQ(Ready(client, 0), 0);
  EXPECT_EQ(Read(client), "");
  EXPECT_EQ(Ready(client, 0), 1);
}

TEST_F(SessionTest, PipelinedMessagesAreThereWithTheOneBefore) {
  const int client = Accept("first" + Marked('P', "second") + Marked('M', "third"));
  EXPECT_EQ(Read(client, 5), "first");
  EXPECT_EQ(Ready(client, 0), 1);
  EXPECT_EQ(Read(client), "second");
  EXPECT_EQ(Ready(client, 0), 0);
  EXPECT_EQ(Read(client), "third");

  EXPECT_EQ(Read(Accept("a" + Marked('P', "b") + Marked('P', "c"))), "abc");
}

TEST_F(SessionTest, WhatIsAnsweredIsToldWithItsRequest) {
  const int client = Accept("question" + Marked('M') + Marked('M', "another"));
  EXPECT_EQ(write(client, "welcome", 7), 7);
  EXPECT_EQ(Read(client), "question");
  EXPECT_EQ(write(client, "ans", 3), 3);
  EXPECT_EQ(send(client, "wer", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(Read(client), "another");
  EXPECT_EQ(close(client), 0);
  EXPECT_EQ(percuss_session_end(), 0U);
  EXPECT_THAT(Seen(),
              ElementsAre(Pair("", "welcome"), Pair("question", "answer"), Pair("another", "")));
}

TEST_F(SessionTest, TheClientClosesAndComesAgain) {
  const int client = Accept("one" + Marked('C', "two") + Marked('R'));
  EXPECT_EQ(Read(client), "one");
  EXPECT_EQ(percuss_session_waiting(), 0);
  EXPECT_EQ(Read(client), "");
  EXPECT_EQ(close(client), 0);
  EXPECT_EQ(Ready(listener_, 0), 1);
  sockaddr_in name{};
  socklen_t size = sizeof name;
  const int second = accept(listener_, reinterpret_cast<sockaddr*>(&name), &size);
  EXPECT_EQ(ntohl(name.sin_addr.s_addr), INADDR_LOOPBACK);
  EXPECT_EQ(Read(second), "two");
  EXPECT_EQ(Read(second), "error " + std::to_string(ECONNRESET));
  EXPECT_EQ(write(second, "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(percuss_session_waiting(), 0);
  EXPECT_EQ(accept(listener_, nullptr, nullptr), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(percuss_session_end(), 1U);  // the server forgot to close it
}

TEST_F(SessionTest, WhatIsSentAfterTheServerClosedIsLost) {
  const int client = Accept("one" + Marked('M', "lost") + Marked('C', "two"));
  EXPECT_EQ(Read(client), "one");
  EXPECT_EQ(percuss_session_waiting(), 0);
  close(client);
  ASSERT_EQ(percuss_session_waiting(), 1);
  EXPECT_EQ(Read(accept(listener_, nullptr, nullptr)), "two");
}

TEST_F(SessionTest, WhatIsClosedTwiceIsNotClosedTwice) {
  const int client = Accept("one");
  EXPECT_EQ(close(client), 0);
  EXPECT_EQ(close(client), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(Read(client), "error " + std::to_string(EBADF));
  EXPECT_EQ(Read(Accept("two")), "two");
}

TEST_F(SessionTest, AServerThatClosesNothingComesToAnEnd) {
  std::string input;
  for (int i = 0; i < 200; ++i) input += Marked('C', "x");
  Begin(input);
  int accepted = 0;
  for (int i = 0; percuss_session_waiting() != 0; ++i) {
    ASSERT_LT(i, 250);
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) continue;
    ++accepted;
    while (!Read(client).empty()) {
    }
  }
  EXPECT_GT(accepted, 50);
  EXPECT_LT(accepted, 64);
  EXPECT_EQ(percuss_session_end(), static_cast<unsigned>(accepted));
}

TEST_F(SessionTest, TimePassesOnlyWhereTheServerWaits) {
  const int client = Accept("now" + Waiting(2500, "later"));
  const time_t begin = time(nullptr);
  EXPECT_EQ(Read(client), "now");
  EXPECT_EQ(time(nullptr), begin);
  EXPECT_EQ(Ready(client, 1500), 0);
  EXPECT_EQ(time(nullptr), begin + 1);
  EXPECT_EQ(Ready(client, 1500), 1);
  EXPECT_EQ(time(nullptr), begin + 2);
  EXPECT_EQ(Read(client), "later");
  percuss_session_end();
  EXPECT_GT(time(nullptr), begin);  // the clock of the machine again
}

TEST_F(SessionTest, AServerThatDoesNotBlockIsServedWhenItSelects) {
  const int client = Accept("hello");
  EXPECT_EQ(fcntl(client, F_SETFL, fcntl(client, F_GETFL) | O_NONBLOCK), 0);
  EXPECT_EQ(Read(client), "error " + std::to_string(EAGAIN));
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(client, &readable);
  timeval none{0, 0};
  EXPECT_EQ(select(client + 1, &readable, nullptr, nullptr, &none), 0);
  FD_SET(client, &readable);
  timeval some{1, 0};
  EXPECT_EQ(select(client + 1, &readable, nullptr, nullptr, &some), 1);
  EXPECT_TRUE(FD_ISSET(client, &readable));
  EXPECT_EQ(Read(client), "hello");
}

TEST_F(SessionTest, OtherDescriptorsAreNotTouched) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "pipe", 4), 4);
  const int client = Accept("session");
  std::array<pollfd, 2> polled{{{client, POLLIN, 0}, {ends[0], POLLIN, 0}}};
  EXPECT_EQ(poll(polled.data(), polled.size(), 1000), 1);
  EXPECT_EQ(polled[0].revents, 0);
  EXPECT_EQ(polled[1].revents, POLLIN);
  EXPECT_EQ(Read(ends[0]), "pipe");
  EXPECT_EQ(Read(client), "session");
  EXPECT_EQ(fcntl(ends[0], F_GETFD), 0);
  const int local = socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_EQ(accept(local, nullptr, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);  // as Linux says it of a socket that does not listen
  for (const int fd : {local, ends[0], ends[1]}) EXPECT_EQ(close(fd), 0);
  EXPECT_EQ(fcntl(ends[0], F_GETFD), -1);
}

TEST_F(SessionTest, AnyBytesAreASession) {
  for (const std::string& input :
       {std::string(), std::string(kMark), Marked('?'), Marked('W', "x"), Marked('C') + Marked('C'),
        Marked('R', "\xF5\x5E") + Marked('P')}) {
    Begin(input);
    std::string all;
    for (int i = 0; percuss_session_waiting() != 0; ++i) {
      ASSERT_LT(i, 10);
      const int client = accept(listener_, nullptr, nullptr);
      for (std::string part = Read(client); !part.empty() && part.compare(0, 5, "error") != 0;
           part = Read(client)) {
        all += part;
      }
      close(client);
    }
    // What is no mark is a message's.
    if (input.size() < 6) {
      EXPECT_EQ(all, input);
    }
  }
}

TEST_F(SessionTest, AConnectionToSomebodyElseIsRefused) {
  Begin("");
  const int out = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  EXPECT_EQ(connect(out, reinterpret_cast<sockaddr*>(&name), sizeof name), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
  EXPECT_EQ(close(out), 0);
}

TEST_F(SessionTest, AClaimedLengthIsNotAllocated) {
  // Not a constant, or the compiler would know that nobody uses the memory.
  const volatile size_t claimed = size_t{1792} << 20;
  void* refused = malloc(claimed);
  EXPECT_EQ(refused, nullptr);
  free(refused);
  refused = calloc(claimed / 4, 8);
  EXPECT_EQ(refused, nullptr);
  free(refused);
  percuss_session_cap_allocations(1);  // engines need more than that
  const volatile size_t allowed = PERCUSS_SESSION_MIN_CAP;
  void* kept = malloc(allowed);
  EXPECT_NE(kept, nullptr);
  void* larger = realloc(kept, claimed);
  EXPECT_EQ(larger, nullptr);
  free(larger == nullptr ? kept : larger);
}

TEST_F(SessionTest, StepsAreCoverage) {
  const auto fed = [this](const char* request, const char* reply) {
    std::fill(counters_begin, counters_end, uint8_t{0});
    Begin("");
    percuss_session_step(0, request, reply);
    return std::find_if(counters_begin, counters_end, [](uint8_t c) { return c != 0; }) -
           counters_begin;
  };
  const auto accepted = fed("ask", "yes");
  EXPECT_EQ(fed("ask", "yes"), accepted);
  EXPECT_NE(fed("ask", "no"), accepted);
  EXPECT_NE(fed("beg", "yes"), accepted);
  EXPECT_LT(accepted, counters_end - counters_begin);
}

TEST_F(SessionTest, FilesLieInMemoryAndAreGoneWithTheInputAndTheProcess) {
  namespace fs = std::filesystem;
  const fs::path folder = percuss_session_folder();
  EXPECT_EQ(fs::canonical(folder).parent_path(), "/dev/shm");
  std::ofstream(folder / "index.dat") << "kept";
  percuss_session_empty_folder();
  EXPECT_TRUE(fs::is_empty(folder));
  std::ofstream(folder / "index.dat") << "kept";
  const pid_t copy = fork();
  if (copy == 0) {  // has a folder of its own
    percuss_session_empty_folder();
    _exit(fs::is_empty(folder) ? 0 : 1);
  }
  int copy_status = -1;
  waitpid(copy, &copy_status, 0);
  EXPECT_EQ(copy_status, 0);
  EXPECT_FALSE(fs::is_empty(folder));
  // One that was killed: its number is no process's any more.
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  const fs::path left = "/dev/shm/percuss-session-" + std::to_string(child) + "-abcdef";
  fs::create_directory(left);
  std::ofstream(left / "index.dat") << "left";
  const pid_t next = fork();
  if (next == 0) {
    execl("/proc/self/exe", "session_test", "--gtest_filter=SessionFolder.*", nullptr);
    _exit(1);
  }
  int status = -1;
  waitpid(next, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(folder));
  percuss_session_empty_folder();
}

// Run by the test above, in a process of its own.
TEST(SessionFolder, ItIsMadeWhenAskedFor) {
  EXPECT_TRUE(std::filesystem::is_empty(percuss_session_folder()));
}

}  // namespace
