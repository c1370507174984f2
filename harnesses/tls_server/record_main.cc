// SPDX-License-Identifier: Apache-2.0
//
//     record FILE CONNECTIONS
//
// The server of tls_session on a real socket, for so many connections of any client: prints the
// port, and writes what the clients sent as a session to FILE. The server and its chance are those
// of the harness, so that it answers there what it answered here.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iterator>

#include "harnesses/sdk/session/session_frames.h"
#include "harnesses/tls_server/tls_server.h"

using percuss::tls_server::Bytes;

namespace {

// What is read between two answers is one message.
class Recorder : public percuss::tls_server::Observer {
 public:
  void Opened() override {
    next_ = opened_ ? PERCUSS_FRAME_CLOSE : PERCUSS_FRAME_MESSAGE;
    begins_ = opened_;
    opened_ = true;
  }
  void Received(const uint8_t* bytes, size_t size) override {
    if (begins_) {
      uint8_t head[PERCUSS_FRAME_HEAD_BYTES];
      const size_t head_bytes = percuss_frame_head(next_, 0, head);
      session_.insert(session_.end(), head, head + head_bytes);
      marks_++;
      next_ = PERCUSS_FRAME_MESSAGE;
    }
    begins_ = false;
    session_.insert(session_.end(), bytes, bytes + size);
  }
  void Sent(const uint8_t* /*bytes*/, size_t /*size*/) override { begins_ = !session_.empty(); }

  // False where the bytes of a client hold a mark, or the file cannot be written.
  bool Write(const char* path) const {
    static constexpr uint8_t kMark[] = {0xF5, 0x5E, 0x55};
    size_t marks = 0;
    auto at = session_.begin();
    const auto next = [&] {
      at = std::search(at, session_.end(), std::begin(kMark), std::end(kMark));
      return at != session_.end();
    };
    for (; next(); ++at) marks++;
    if (marks != marks_) return false;
    FILE* file = fopen(path, "wb");
    if (file == nullptr) return false;
    const bool whole = fwrite(session_.data(), 1, session_.size(), file) == session_.size();
    return (fclose(file) == 0) && whole;
  }

 private:
  Bytes session_;
  percuss_frame_kind next_ = PERCUSS_FRAME_MESSAGE;
  size_t marks_ = 0;
  bool begins_ = false, opened_ = false;
};

}  // namespace

// As percuss_session_time() says it when a session begins.
extern "C" time_t time(time_t* out) noexcept {
  constexpr time_t kNow = 1767225600;
  if (out != nullptr) *out = kNow;
  return kNow;
}

int main(int argc, char** argv) {
  const long connections = argc == 3 ? strtol(argv[2], nullptr, 10) : 0;
  if (connections < 1) {
    fprintf(stderr, "usage: record FILE CONNECTIONS\n");
    return 64;
  }
  Recorder recorder;
  percuss::tls_server::Server server(recorder);
  server.Listen(0);
  printf("%u\n", server.Port());
  fflush(stdout);
  for (long i = 0; i < connections; ++i) server.ServeOne();
  if (recorder.Write(argv[1])) return 0;
  fprintf(stderr, "record: %s could not be written, or a client sent a mark\n", argv[1]);
  return 1;
}
