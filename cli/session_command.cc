// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "campaign/session/session_text.h"
#include "cli/commands.h"
#include "common/fs.h"

namespace percuss::cli {
namespace {

struct SessionArguments {
  std::string file;
  std::string out;
  bool from_text = false;
};

constexpr uint64_t kMaxSessionBytes = uint64_t{256} << 20;

common::Json Hex(std::string_view bytes) {
  std::string digits;
  for (const char byte : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return digits;
}

common::Json SessionJson(std::string_view input) {
  common::Json messages = common::Json::array();
  for (const campaign::SessionMessage& message : campaign::ReadSession(input)) {
    messages.push_back({{"kind", campaign::SessionKindName(message.kind)},
                        {"wait_ms", message.wait_ms},
                        {"bytes", message.bytes.size()},
                        {"hex", Hex(message.bytes)}});
  }
  return {{"schema", "percuss.session.v1"}, {"bytes", input.size()}, {"messages", messages}};
}

common::Status Convert(const SessionArguments& arguments, const CommandContext& context) {
  const auto read = common::ReadFile(arguments.file, kMaxSessionBytes);
  if (!read) return tl::make_unexpected(read.error());
  std::string input = *read;
  if (arguments.from_text) {
    auto bytes = campaign::SessionFromText(*read, arguments.file);
    if (!bytes) return tl::make_unexpected(bytes.error());
    input = std::move(*bytes);
  }
  const std::string converted = arguments.from_text ? input : campaign::SessionText(input);
  if (!arguments.out.empty()) {
    if (auto written = common::WriteFileAtomically(arguments.out, converted); !written) {
      return written;
    }
  }
  if (context.json) {
    PrintJson(SessionJson(input));
  } else if (arguments.out.empty()) {
    fwrite(converted.data(), 1, converted.size(), stdout);
  }
  return {};
}

}  // namespace

void AddSessionCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<SessionArguments>();
  CLI::App* command = AddCommand(
      app, context, "session",
      "Show an input of a session harness as text, message by message, and make one of such text",
      "percuss session crash-1 -o crash-1.session\n"
      "  percuss session --from-text crash-1.session -o edited");
  command->add_option("FILE", arguments->file, "The input; with --from-text, the text")
      ->required()
      ->check(MustExist());
  command->add_flag("--from-text", arguments->from_text, "Make an input of the text");
  command->add_option("-o,--output", arguments->out, "The file to write, instead of stdout");
  command->callback([arguments, &context] {
    if (auto converted = Convert(*arguments, context); !converted) {
      ReportError(converted.error(), context);
    }
  });
}

}  // namespace percuss::cli
