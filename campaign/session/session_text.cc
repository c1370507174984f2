// SPDX-License-Identifier: Apache-2.0
#include "campaign/session/session_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "harnesses/sdk/session/session_frames.h"

namespace percuss::campaign {
namespace {

constexpr size_t kLineColumns = 92;
constexpr size_t kMinTextBytes = 4;  // fewer bytes that could be text are more often none
constexpr size_t kHexGroupBytes = 4;
constexpr unsigned kMaxWaitMs = 65535;
constexpr std::string_view kDigits = "0123456789abcdef";

struct KindWord {
  char kind;
  std::string_view word;
};
constexpr std::array<KindWord, 5> kKindWords = {{{PERCUSS_FRAME_MESSAGE, ">"},
                                                 {PERCUSS_FRAME_PIPELINED, "pipelined"},
                                                 {PERCUSS_FRAME_WAIT, "wait"},
                                                 {PERCUSS_FRAME_CLOSE, "close"},
                                                 {PERCUSS_FRAME_RESET, "reset"}}};

std::string_view WordOf(char kind) {
  for (const KindWord& known : kKindWords) {
    if (known.kind == kind) return known.word;
  }
  return ">";
}

bool IsText(char byte) { return byte >= ' ' && byte <= '~'; }

void AppendHex(std::string& line, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  line += kDigits[value >> 4];
  line += kDigits[value & 0xf];
}

// The next bytes as one item, a quoted text or a group of hex digits; removes them from `bytes`.
std::string TakeItem(std::string_view& bytes) {
  size_t text = 0;
  while (text < bytes.size() && text < kLineColumns / 2 && IsText(bytes[text])) ++text;
  std::string item;
  if (text >= kMinTextBytes) {
    item += '"';
    for (const char byte : bytes.substr(0, text)) {
      if (byte == '"' || byte == '\\') item += '\\';
      item += byte;
    }
    bytes.remove_prefix(text);
    return item + '"';
  }
  size_t taken = 0;
  while (taken < bytes.size() && taken < kHexGroupBytes) {
    size_t run = 0;
    while (taken + run < bytes.size() && run < kMinTextBytes && IsText(bytes[taken + run])) ++run;
    if (run == kMinTextBytes) break;
    AppendHex(item, bytes[taken++]);
  }
  bytes.remove_prefix(taken);
  return item;
}

void AppendMessage(std::string& text, const SessionMessage& message) {
  std::string line(WordOf(message.kind));
  if (message.kind == PERCUSS_FRAME_WAIT) line += fmt::format(" {}", message.wait_ms);
  if (message.kind != PERCUSS_FRAME_MESSAGE && !message.bytes.empty()) line += " >";
  std::string_view bytes = message.bytes;
  while (!bytes.empty()) {
    const std::string item = TakeItem(bytes);
    if (line.size() + 1 + item.size() > kLineColumns) {
      text += line + '\n';
      line = "+";
    }
    line += ' ' + item;
  }
  text += line + '\n';
}

std::optional<unsigned char> HexValue(std::string_view digits) {
  unsigned char value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
  return value;
}

class LineReader {
 public:
  LineReader(std::string_view line, std::string file, int number)
      : rest_(line), file_(std::move(file)), number_(number) {
    SkipBlanks();
  }

  [[nodiscard]] bool AtEnd() const { return rest_.empty() || rest_.front() == '#'; }
  [[nodiscard]] bool TakeIf(char character) {
    if (rest_.empty() || rest_.front() != character) return false;
    rest_.remove_prefix(1);
    SkipBlanks();
    return true;
  }
  std::string_view TakeWord() {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t\"#>+"));
    rest_.remove_prefix(word.size());
    SkipBlanks();
    return word;
  }
  common::Status TakeBytes(std::string& bytes) {
    while (!AtEnd()) {
      const auto taken = rest_.front() == '"' ? TakeQuoted(bytes) : TakeHex(bytes);
      if (!taken) return taken;
      SkipBlanks();
    }
    return {};
  }
  [[nodiscard]] tl::unexpected<common::Error> Bad(std::string what) const {
    return common::Fail(common::ErrorCode::kBadInput, std::move(what), file_, number_);
  }

 private:
  void SkipBlanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size()));
  }

  common::Status TakeHex(std::string& bytes) {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t\r\"#"));
    for (size_t i = 0; i < word.size(); i += 2) {
      const auto value = HexValue(word.substr(i, 2));
      if (!value) {
        return Bad(fmt::format("\"{}\" is neither pairs of hexadecimal digits nor a text in quotes",
                               Shown(word)));
      }
      bytes += static_cast<char>(*value);
    }
    rest_.remove_prefix(word.size());
    return {};
  }

  common::Status TakeQuoted(std::string& bytes) {
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      const char byte = rest_.front();
      rest_.remove_prefix(1);
      if (byte != '\\') {
        bytes += byte;
      } else if (auto taken = TakeEscape(bytes); !taken) {
        return taken;
      }
    }
    if (rest_.empty()) return Bad("a text has no quote at its end");
    rest_.remove_prefix(1);
    return {};
  }

  common::Status TakeEscape(std::string& bytes) {
    constexpr std::string_view kNames = "\"\\nrt0";
    constexpr std::string_view kBytes{"\"\\\n\r\t\0", 6};
    const char name = rest_.empty() ? ' ' : rest_.front();
    if (const size_t at = kNames.find(name); at != std::string_view::npos) {
      bytes += kBytes[at];
      rest_.remove_prefix(1);
      return {};
    }
    const auto value = name == 'x' ? HexValue(rest_.substr(1, 2)) : std::nullopt;
    if (!value) return Bad(R"(after \ in a text comes one of " \ n r t 0, or x and two digits)");
    bytes += static_cast<char>(*value);
    rest_.remove_prefix(3);
    return {};
  }

  static std::string Shown(std::string_view word) {
    std::string shown(word.substr(0, 20));
    for (char& byte : shown) {
      if (!IsText(byte)) byte = '?';
    }
    return shown;
  }

  std::string_view rest_;
  std::string file_;
  int number_;
};

struct PlacedMessage {
  SessionMessage message;
  int line = 0;
};

common::Status ReadWait(LineReader& line, SessionMessage& message) {
  const std::string_view word = line.TakeWord();
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), message.wait_ms);
  if (word.empty() || error != std::errc() || end != word.data() + word.size() ||
      message.wait_ms > kMaxWaitMs) {
    return line.Bad(fmt::format("wait needs a number of milliseconds, 0 to {}", kMaxWaitMs));
  }
  return {};
}

common::Status ReadLine(LineReader& line, int number, std::vector<PlacedMessage>& messages) {
  if (line.AtEnd()) return {};
  if (line.TakeIf('+')) {
    if (messages.empty()) return line.Bad("+ goes on with a message, and there is none before it");
    return line.TakeBytes(messages.back().message.bytes);
  }
  PlacedMessage placed{{}, number};
  if (!line.TakeIf('>')) {
    const std::string_view word = line.TakeWord();
    const KindWord* found = nullptr;
    for (const KindWord& known : kKindWords) {
      if (known.word == word) found = &known;
    }
    if (found == nullptr) {
      return line.Bad("a line begins with one of: > + pipelined wait close reset #");
    }
    placed.message.kind = found->kind;
    if (found->kind == PERCUSS_FRAME_WAIT) {
      if (auto read = ReadWait(line, placed.message); !read) return read;
    }
    if (!line.TakeIf('>') && !line.AtEnd()) {
      return line.Bad(fmt::format("bytes after {} need a > before them", found->word));
    }
  }
  if (auto read = line.TakeBytes(placed.message.bytes); !read) return read;
  messages.push_back(std::move(placed));
  return {};
}

std::string Encode(const std::vector<PlacedMessage>& messages) {
  std::string input;
  for (const PlacedMessage& placed : messages) {
    if (&placed != &messages.front()) {
      std::array<uint8_t, PERCUSS_FRAME_HEAD_BYTES> head{};
      const size_t size = percuss_frame_head(static_cast<percuss_frame_kind>(placed.message.kind),
                                             placed.message.wait_ms, head.data());
      input.append(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(size));
    }
    input += placed.message.bytes;
  }
  return input;
}

}  // namespace

std::string SessionKindName(char kind) {
  return kind == PERCUSS_FRAME_MESSAGE ? "message" : std::string(WordOf(kind));
}

std::vector<SessionMessage> ReadSession(std::string_view input) {
  std::vector<SessionMessage> messages;
  percuss_frame_cursor cursor{};
  percuss_frame frame{};
  percuss_frames_begin(&cursor, reinterpret_cast<const uint8_t*>(input.data()), input.size());
  while (percuss_frames_next(&cursor, &frame) != 0) {
    messages.push_back({static_cast<char>(frame.kind), frame.wait_ms,
                        std::string(reinterpret_cast<const char*>(frame.data), frame.size)});
  }
  return messages;
}

std::string SessionText(std::string_view input) {
  const std::vector<SessionMessage> messages = ReadSession(input);
  std::string text = "# percuss session 1\n";
  // A first message of no bytes is there unless the text begins with one.
  const bool first_is_understood =
      messages[0].bytes.empty() && (messages.size() == 1 || messages[1].kind != 'M');
  for (size_t i = first_is_understood ? 1 : 0; i < messages.size(); ++i) {
    AppendMessage(text, messages[i]);
  }
  return text;
}

common::Result<std::string> SessionFromText(std::string_view text, const std::string& file) {
  std::vector<PlacedMessage> messages;
  int number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    LineReader reader(line, file, ++number);
    if (auto read = ReadLine(reader, number, messages); !read) {
      return tl::make_unexpected(read.error());
    }
  }
  if (messages.empty() || messages.front().message.kind != PERCUSS_FRAME_MESSAGE) {
    messages.insert(messages.begin(), PlacedMessage{});
  }
  const std::string input = Encode(messages);
  const std::vector<SessionMessage> read = ReadSession(input);
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i >= read.size() || read[i].bytes != messages[i].message.bytes) {
      return common::Fail(
          common::ErrorCode::kBadInput,
          "the bytes f55e55 and then M, P, C, R or W are the mark between messages; "
          "no message can hold them",
          file, messages[i].line);
    }
  }
  return input;
}

}  // namespace percuss::campaign
