// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/firmware_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

constexpr size_t kReasonBytes = 600;
constexpr size_t kNameBytes = 200;
constexpr size_t kMostLines = 256;

// Up to the next mark, which goes as well; nothing where it is not there.
std::optional<std::string_view> TakeUpTo(std::string_view& rest, std::string_view mark) {
  const size_t at = rest.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + mark.size());
  return taken;
}

bool IsHex(std::string_view text) {
  return text.starts_with("0x") && text.size() > 2 && text.size() <= 18 &&
         text.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

std::string PartOf(std::string_view words) {
  constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"flows into the address", "flows"},
      {"steers the address", "steers"},
      {"decides whether it fails", "decides"},
      {"no part in it", "none"},
      {"answered by the configuration", "configured"}};
  for (const auto& [text, part] : kParts) {
    if (words == text) return std::string(part);
  }
  return "unknown";
}

// "0x1 of 0x40000000, 4 bytes, at 0x08000100 in main: steers the address".
std::optional<common::PeripheralAnswer> AnswerIn(std::string_view line) {
  common::PeripheralAnswer answer;
  const auto value = TakeUpTo(line, " of ");
  const auto address = TakeUpTo(line, ", ");
  const auto bytes = TakeUpTo(line, " bytes, at ");
  const auto pc = TakeUpTo(line, " in ");
  const size_t colon = line.rfind(": ");
  if (!value || !address || !bytes || !pc || colon == std::string_view::npos) return std::nullopt;
  if (!IsHex(*value) || !IsHex(*address) || !IsHex(*pc)) return std::nullopt;
  const auto [end, error] =
      std::from_chars(bytes->data(), bytes->data() + bytes->size(), answer.bytes);
  if (error != std::errc() || end != bytes->data() + bytes->size()) return std::nullopt;
  if (answer.bytes < 0 || answer.bytes > 4) return std::nullopt;
  answer.value = *value;
  answer.address = *address;
  answer.pc = *pc;
  const std::string_view function = line.substr(0, colon);
  if (!IsHex(function)) answer.function = Printable(function, kNameBytes);
  answer.part = PartOf(line.substr(colon + 2));
  return answer;
}

// "  r0=0x00000001 r1=...": lines of a report that have nothing else.
void ReadRegisters(std::string_view line, std::map<std::string, std::string>& registers) {
  constexpr size_t kMostRegisters = 40;
  while (!line.empty()) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return;
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals > 8 || !IsHex(word.substr(equals + 1))) return;
    if (registers.size() >= kMostRegisters) return;
    registers.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
}

bool TakeStart(std::string_view& line, std::string_view start) {
  if (!line.starts_with(start)) return false;
  line.remove_prefix(start.size());
  return true;
}

void ReadLine(std::string_view line, bool& on_the_way, common::FirmwareCrash& crash) {
  if (line == "percuss: the way there" || line == "percuss: end of the way") {
    on_the_way = line == "percuss: the way there";
  } else if (on_the_way && TakeStart(line, "    ")) {
    if (crash.way.size() < kMostLines) crash.way.push_back(Printable(line, kNameBytes));
  } else if (TakeStart(line, "percuss: judged ")) {
    if (line == "bug" || line == "artefact" || line == "undecided") crash.judged = line;
  } else if (TakeStart(line, "  because ")) {
    if (crash.reasons.size() < kMostLines) crash.reasons.push_back(Printable(line, kReasonBytes));
  } else if (TakeStart(line, "  answer ")) {
    const auto answer = AnswerIn(line);
    if (answer && crash.answers.size() < kMostLines) crash.answers.push_back(*answer);
  } else if (line.starts_with("  r") || line.starts_with("  bfar=")) {
    ReadRegisters(line, crash.registers);
  }
}

}  // namespace

InputLimits LimitsToExplain(const InputLimits& limits) {
  constexpr int64_t kLeastMs = 20'000;
  InputLimits patient = limits;
  patient.wall_ms = std::max(limits.wall_ms, kLeastMs);
  if (limits.cpu_ms > 0) patient.cpu_ms = std::max(limits.cpu_ms, kLeastMs);
  return patient;
}

common::FirmwareCrash ReadFirmwareCrash(std::string_view log) {
  common::FirmwareCrash crash;
  bool on_the_way = false;
  while (!log.empty()) ReadLine(TakeLine(log), on_the_way, crash);
  if (crash.judged.empty()) return {};
  return crash;
}

std::string ConfirmationText(const common::Confirmation& confirmation) {
  if (confirmation.verdict.empty()) return "";
  std::string text = confirmation.verdict == "confirmed" ? "confirmed" : "not confirmed";
  if (confirmation.verdict == "confirmed") text += " by " + confirmation.by;
  if (confirmation.instructions >= 0) {
    text += fmt::format(", after {} instructions of the input", confirmation.instructions);
  }
  if (confirmation.verdict != "confirmed") text += ": " + confirmation.reason;
  return text;
}

std::string FirmwareCrashText(const common::FirmwareCrash& crash) {
  std::string text;
  const std::string confirmed = ConfirmationText(crash.confirmation);
  if (!confirmed.empty()) text += confirmed + "\n";
  if (crash.judged.empty()) return text;
  text += "judged " + crash.judged + "\n";
  for (const std::string& reason : crash.reasons) text += "  because " + reason + "\n";
  size_t column = 0;
  for (const auto& [name, value] : crash.registers) {
    text += fmt::format("{}{}={}", column++ % 4 == 0 ? "\n  " : " ", name, value);
  }
  if (column > 0) text += "\n";
  if (!crash.answers.empty()) text += "answers of peripherals:\n";
  for (const common::PeripheralAnswer& answer : crash.answers) {
    text += fmt::format("  {} of {}, {} bytes, at {}{}: {}\n", answer.value, answer.address,
                        answer.bytes, answer.pc,
                        answer.function.empty() ? "" : " in " + answer.function, answer.part);
  }
  if (!crash.way.empty()) text += "the way there:\n";
  for (const std::string& line : crash.way) text += "  " + line + "\n";
  return text;
}

}  // namespace percuss::campaign
