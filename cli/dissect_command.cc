// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "common/fs.h"
#include "common/json_numbers.h"
#include "common/words.h"
#include "emulation/rehost/core/stream_table.h"
#include "protocols/byte_havoc.h"
#include "protocols/consistency.h"
#include "protocols/dissector.h"
#include "protocols/dump.h"
#include "protocols/generator.h"
#include "protocols/message_stream.h"
#include "protocols/model_reader.h"
#include "protocols/shipped_models.h"
#include "reports/export/text.h"

namespace percuss::cli {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using protocols::Model;
using protocols::Tree;

constexpr uint64_t kMostBytes = 64U << 20;
// In the place of a model: no message is looked at.
constexpr const char* kStreamsAlone = "streams";

struct DissectArguments {
  std::string model;
  std::vector<std::string> files;
  std::optional<uint32_t> stream;  // whose bytes are the messages
  bool check = false;
  bool dictionary = false;
  int generate = 0;
  uint64_t seed = 1;
  std::string out;
};

struct Dissection {
  std::string file;
  size_t bytes = 0;
  size_t not_explained = 0;
  std::vector<std::string> wrong;
  std::string ends_within;  // the innermost part that goes on where the input ends; empty: none
  bool same = false;
  std::string dump;
  std::optional<rehost::StreamSet> streams;  // of an input that has some
};

Result<Model> Read(const std::string& name) {
  const auto path = protocols::ModelPath(name);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("there is no model \"{}\": it is a file, or one of {}", name,
                            fmt::join(protocols::ShippedModelNames(), ", ")),
                path.string());
  }
  auto model = protocols::ReadModelFile(path);
  if (!model) return Fail(ErrorCode::kBadInput, model.error().Text(path.string()));
  return std::move(*model);
}

std::string_view BytesView(const protocols::Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string NameOf(const Tree& tree, protocols::NodeId id) {
  std::string name;
  for (; id != Tree::Root(); id = tree.At(id).parent) {
    const protocols::Node& node = tree.At(id);
    const protocols::Role above = tree.At(node.parent).role;
    const bool inside = above == protocols::Role::kArray || above == protocols::Role::kCoded;
    if (inside || node.field == nullptr) continue;
    name = tree.GetModel().names[static_cast<size_t>(node.field->name)] +
           (name.empty() ? "" : "." + name);
  }
  return name;
}

// What is broken off at the end. A part in the middle may be shorter than its description says.
std::string EndsWithin(const Tree& tree) {
  protocols::NodeId broken = protocols::kNoNode;
  for (protocols::NodeId id = Tree::Root(); id != protocols::kNoNode; id = tree.At(id).last) {
    if (tree.At(id).broken) broken = id;
  }
  if (broken == protocols::kNoNode) return "";
  const std::string name = NameOf(tree, broken);
  return fmt::format("{} at {:#x}", name.empty() ? tree.StructureOf(Tree::Root()).name : name,
                     tree.OffsetOf(broken));
}

std::optional<rehost::StreamSet> StreamsOf(std::string_view input) {
  rehost::StreamSet set;
  if (!rehost::ReadStreams(input, set)) return std::nullopt;
  return set;
}

Json StreamsJson(const rehost::StreamSet& set) {
  Json list = Json::array();
  for (const rehost::Stream& stream : set.streams) {
    list.push_back({{"address", fmt::format("{:#010x}", stream.key.address)},
                    {"pc", nullptr},
                    {"bytes", stream.bytes.size()}});
    if (stream.key.pc != rehost::StreamKey::kEveryPlace) {
      list.back()["pc"] = fmt::format("{:#010x}", stream.key.pc);
    }
  }
  return {{"streams", list}, {"rest_bytes", set.rest.size()}};
}

// What is to be dissected of an input: all of a flat one, of several streams the one that is named.
// Nothing where none is; an error where it is not there.
Result<std::span<const uint8_t>> MessageIn(const DissectArguments& arguments,
                                           std::span<const uint8_t> input, bool has_streams) {
  if (arguments.model == kStreamsAlone) return input.first(0);
  if (!has_streams) return input;
  if (!arguments.stream) return input.first(0);
  const auto place = protocols::FindMessage(input, *arguments.stream);
  if (place.found) return input.subspan(place.begin, place.size);
  return Fail(ErrorCode::kBadInput,
              fmt::format("the input has no stream {:#010x} of loads anywhere", *arguments.stream));
}

Result<Dissection> Dissected(const DissectArguments& arguments, const Model& model,
                             const std::string& file) {
  auto input = common::ReadFile(file, kMostBytes);
  if (!input) return tl::make_unexpected(input.error());
  Dissection seen;
  seen.file = file;
  seen.bytes = input->size();
  const std::span whole(reinterpret_cast<const uint8_t*>(input->data()), input->size());
  seen.streams = StreamsOf(*input);
  seen.dump = protocols::DumpStreams(whole);
  const bool has_streams = seen.streams.has_value();
  auto message = MessageIn(arguments, whole, has_streams);
  if (!message) {
    message.error().file = file;
    return tl::make_unexpected(message.error());
  }
  if (arguments.model == kStreamsAlone || (has_streams && !arguments.stream)) {
    if (!has_streams) seen.dump = "no streams: a flat input\n";
    if (arguments.model != kStreamsAlone) {
      seen.dump += "which of them has the messages, --stream says\n";
    }
    seen.not_explained = has_streams && arguments.model == kStreamsAlone ? 0 : input->size();
    seen.same = true;
    return seen;
  }
  Tree tree(model);
  protocols::Dissect(*message, tree);
  for (protocols::NodeId id = 0; id < tree.Count(); ++id) {
    if (tree.At(id).role == protocols::Role::kRaw) seen.not_explained += tree.At(id).size;
  }
  for (const protocols::NodeId id : protocols::WrongNumbers(tree)) {
    seen.wrong.push_back(fmt::format("{} at {:#x}: {}, and {} by the other fields",
                                     NameOf(tree, id), tree.OffsetOf(id), tree.At(id).value,
                                     protocols::ExpectedValue(tree, id).value_or(0)));
  }
  seen.ends_within = EndsWithin(tree);
  seen.dump += protocols::Dump(tree);
  const std::string_view view(*input);
  const auto at = static_cast<size_t>(message->data() - whole.data());
  seen.same = BytesView(tree.Print()) == view.substr(at, message->size());
  return seen;
}

void Show(const DissectArguments& arguments, const Model& model, CommandContext& context) {
  Json documents = Json::array();
  for (const std::string& file : arguments.files) {
    const auto seen = Dissected(arguments, model, file);
    if (!seen) return ReportError(seen.error(), context);
    const bool good =
        seen->same && seen->not_explained == 0 && seen->wrong.empty() && seen->ends_within.empty();
    if (arguments.check && !good) context.exit_code = kExitFail;
    if (context.json) {
      documents.push_back({{"file", reports::VisibleText(file)},
                           {"bytes", seen->bytes},
                           {"not_explained", seen->not_explained},
                           {"wrong", seen->wrong},
                           {"ends_within", seen->ends_within},
                           {"same", seen->same}});
      if (seen->streams) documents.back().update(StreamsJson(*seen->streams));
      if (!arguments.check) documents.back()["dump"] = seen->dump;
      continue;
    }
    if (context.quiet) continue;
    if (arguments.check || arguments.files.size() > 1) {
      fmt::print("{}: {} of {} bytes not explained, {} wrong\n", reports::VisibleText(file),
                 seen->not_explained, seen->bytes, seen->wrong.size());
      for (const std::string& what : seen->wrong) fmt::print("  {}\n", what);
      if (!seen->ends_within.empty()) fmt::print("  it ends within {}\n", seen->ends_within);
    }
    if (!arguments.check) fmt::print("{}", seen->dump);
  }
  const std::string name = arguments.model == kStreamsAlone ? kStreamsAlone : model.name;
  if (context.json) PrintJson({{"model", name}, {"inputs", documents}});
}

void Generate(const DissectArguments& arguments, const Model& model, CommandContext& context) {
  if (const auto made = common::MakeFolder(arguments.out); !made) {
    return ReportError(made.error(), context);
  }
  protocols::Random random(arguments.seed);
  protocols::Generator generator(model, random);
  Tree tree(model);
  for (int i = 0; i < arguments.generate; ++i) {
    generator.Whole(tree);
    protocols::Repair(tree);
    const auto path = std::filesystem::path(arguments.out) / fmt::format("{}-{:06}", model.name, i);
    if (const auto written = common::WriteFileAtomically(path, BytesView(tree.Print())); !written) {
      return ReportError(written.error(), context);
    }
  }
  if (context.json) {
    return PrintJson({{"model", model.name}, {"made", arguments.generate}, {"out", arguments.out}});
  }
  if (!context.quiet) {
    fmt::print("{} in {}\n", common::Counted(arguments.generate, "input"),
               reports::VisibleText(arguments.out));
  }
}

// In the syntax of libFuzzer and AFL++.
void PrintDictionary(const Model& model) {
  for (const protocols::Bytes& word : protocols::WordsOf(model)) {
    std::string line;
    for (const uint8_t byte : word) {
      const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
      line += plain ? std::string(1, static_cast<char>(byte)) : fmt::format("\\x{:02x}", byte);
    }
    fmt::print("\"{}\"\n", line);
  }
}

void DissectInputs(const DissectArguments& arguments, CommandContext& context) {
  const bool streams = arguments.model == kStreamsAlone;
  if (streams && (arguments.dictionary || arguments.generate > 0)) {
    return ReportError(common::Error{ErrorCode::kBadInput, "\"streams\" describes nothing", "", 0},
                       context);
  }
  const auto model = streams ? Result<Model>(Model()) : Read(arguments.model);
  if (!model) return ReportError(model.error(), context);
  if (arguments.dictionary) return PrintDictionary(*model);
  if (arguments.generate > 0) return Generate(arguments, *model, context);
  if (arguments.files.empty()) {
    return ReportError(common::Error{ErrorCode::kBadInput,
                                     "name inputs, or say --generate or --dictionary", "", 0},
                       context);
  }
  Show(arguments, *model, context);
}

}  // namespace

void AddDissectCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<DissectArguments>();
  CLI::App* command = AddCommand(
      app, context, "dissect",
      "Show inputs as their protocol's description sees them, check them against it, or make\n"
      "inputs up",
      "percuss dissect hl7_mllp corpora/hl7_mllp/seed/admit\n"
      "  percuss dissect dicom_ul captured.bin --check\n"
      "  percuss dissect streams crash.bin\n"
      "  percuss dissect modbus_tcp --generate 100 --out corpora/made\n"
      "  percuss dissect mqtt --dictionary >mqtt.dict");
  command
      ->add_option("MODEL", arguments->model,
                   "A protocol's name, or the file of its description (docs/protocol-models.md); "
                   "streams: of firmware's inputs only which streams they have")
      ->required();
  command->add_option("INPUT", arguments->files, "Inputs")->check(MustExist());
  command->add_option("--stream", arguments->stream,
                      "Of an input of several streams, the address of the register that gets the "
                      "messages");
  command->add_flag(
      "--check", arguments->check,
      "Exit with 2 if bytes are not explained, numbers do not follow or the end is missing");
  CLI::Option* dictionary =
      command->add_flag("--dictionary", arguments->dictionary,
                        "Print the words of the protocol, as libFuzzer and AFL++ read them");
  CLI::Option* generate =
      command->add_option("--generate", arguments->generate, "Make up so many inputs")
          ->check(CLI::Range(1, 1'000'000))
          ->excludes(dictionary);
  command->add_option("--seed", arguments->seed, "The same seed makes the same inputs")
      ->capture_default_str()
      ->needs(generate);
  generate->needs(command->add_option("--out,-o", arguments->out, "The folder for them"));
  command->callback([arguments, &context] { DissectInputs(*arguments, context); });
}

}  // namespace percuss::cli
