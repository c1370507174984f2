// SPDX-License-Identifier: Apache-2.0
#include "campaign/model_dump.h"

#include <memory>
#include <span>

#include "protocols/dissector.h"
#include "protocols/dump.h"
#include "protocols/message_stream.h"
#include "protocols/model_reader.h"
#include "protocols/tree.h"

namespace percuss::campaign {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20U;
constexpr protocols::DumpLimits kLimits = {79, 24};  // and a line for what is left out

}  // namespace

std::function<common::InputDump(const std::string& input)> DumpByModel(const TargetSpec& target) {
  if (target.model.empty()) return nullptr;
  const auto read = protocols::ReadModelFile(target.model);
  if (!read) return nullptr;
  const auto model = std::make_shared<const protocols::Model>(*read);
  return [model, stream = target.rehost.message_stream](const std::string& input) {
    common::InputDump dump;
    const std::span bytes(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    if (bytes.size() > kMostBytes) return dump;
    protocols::MessagePlace place = {true, 0, bytes.size(), bytes.size(), 0};
    if (stream) place = protocols::FindMessage(bytes, *stream);
    if (!place.found) return dump;
    protocols::Tree tree(*model);
    protocols::Dissect(bytes.subspan(place.begin, place.size), tree);
    dump.model = model->name;
    dump.text = protocols::Dump(tree, kLimits);
    return dump;
  };
}

}  // namespace percuss::campaign
