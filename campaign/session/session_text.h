// SPDX-License-Identifier: Apache-2.0
//
// Inputs of session harnesses (harnesses/sdk/session/session_frames.h) as text that a person reads
// and edits, and back: docs/sessions.md. Byte for byte the same there and back. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

struct SessionMessage {
  char kind = 'M';       // percuss_frame_kind
  unsigned wait_ms = 0;  // of kind W
  std::string bytes;
};

// "message", "pipelined", "wait", "close" or "reset".
[[nodiscard]] std::string SessionKindName(char kind);

// Any bytes are a session. The first message is what stands before the first mark, maybe nothing.
[[nodiscard]] std::vector<SessionMessage> ReadSession(std::string_view input);

[[nodiscard]] std::string SessionText(std::string_view input);

// kBadInput with file and line where the text is none, or says what no input can hold: a message
// with a whole mark in it. `file` is what errors call the text.
[[nodiscard]] common::Result<std::string> SessionFromText(std::string_view text,
                                                          const std::string& file);

}  // namespace percuss::campaign
