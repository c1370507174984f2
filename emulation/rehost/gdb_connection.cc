// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "emulation/rehost/gdb_packets.h"
#include "emulation/rehost/gdb_stub.h"

namespace percuss::emulation {
namespace {

constexpr char kInterruptByte = '\x03';

common::Status Send(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return common::FailErrno(errno, "answering the debugger");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

// Ctrl-C, or a connection that has ended, while the machine runs.
bool IsInterrupted(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  if (poll(&waiting, 1, 0) <= 0) return false;
  char byte = 0;
  const ssize_t seen = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (seen == 0) return true;
  if (seen < 0 || byte != kInterruptByte) return false;
  (void)recv(fd, &byte, 1, MSG_DONTWAIT);
  return true;
}

}  // namespace

common::Status ServeDebugger(int fd, GdbStub& stub) {
  PacketReader reader;
  std::string last;
  std::array<char, 4096> bytes{};
  while (!stub.Finished()) {
    const ssize_t received = recv(fd, bytes.data(), bytes.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return common::FailErrno(errno, "listening to the debugger");
    if (received == 0) return {};
    reader.Take({bytes.data(), static_cast<size_t>(received)});
    while (const auto event = reader.Next()) {
      // One that comes too late; who asks for a packet again gets the last one.
      if (event->kind == PacketEvent::Kind::kInterrupt) continue;
      std::string words = event->kind == PacketEvent::Kind::kBroken ? "-" : last;
      if (event->kind == PacketEvent::Kind::kPacket) {
        words = stub.Trusted() ? "" : "+";
        if (auto sent = Send(fd, words); !sent) return sent;
        last = Framed(stub.Answer(event->text, [fd] { return IsInterrupted(fd); }));
        words = last;
      }
      if (auto sent = Send(fd, words); !sent) return sent;
      if (stub.Finished()) return {};
    }
  }
  return {};
}

}  // namespace percuss::emulation
