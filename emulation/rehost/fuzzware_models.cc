// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "emulation/rehost/fuzzware_parts.h"
#include "emulation/rehost/memory_map.h"

namespace percuss::emulation {
namespace {

using rehost::AccessModel;
using rehost::AddressSpan;
using Kind = AccessModel::Kind;

constexpr size_t kMostModels = 100'000;
constexpr size_t kMostSpans = 1024;
constexpr size_t kMostValues = 256;  // one byte of the input chooses
constexpr AddressSpan kSystem = {0xe0000000, 0x20000000};

struct ModelKind {
  const char* name;
  Kind kind;
  std::vector<std::string> keys;  // beside addr and pc
};

// access_size and mask are there for the tool that made the models.
const std::vector<ModelKind>& ModelKinds() {
  static const std::vector<ModelKind> kinds = {
      {"constant", Kind::kConstant, {"val"}},
      {"passthrough", Kind::kPassthrough, {"init_val"}},
      {"bitextract", Kind::kBitextract, {"size", "left_shift"}},
      {"set", Kind::kSet, {"vals"}},
      {"linear", Kind::kLinear, {"init_val", "step"}},
      {"unmodeled", Kind::kUnmodeled, {}},
  };
  return kinds;
}

class ModelReader {
 public:
  ModelReader(ConfigTree& tree, rehost::MachineImage& machine) : tree_(tree), machine_(machine) {}

  void Read(const ModelKind& kind, const ConfigNode& models) {
    if (models.kind != ConfigNode::Kind::kMapping && !models.IsNull()) {
      tree_.Mistake(models, fmt::format("{}: must be a mapping of names to models", kind.name));
    }
    for (const ConfigNode& node : models.items) {
      if (machine_.models.size() >= kMostModels) {
        tree_.Mistake(node, fmt::format("more than {} models", kMostModels));
      }
      if (!tree_.status) return;
      AccessModel model = ReadModel(kind, node);
      if (tree_.status && HasPlace(model)) machine_.models.push_back(std::move(model));
    }
  }

  void TellSkipped() {
    if (in_system_ > 0) {
      tree_.notes.push_back(
          fmt::format("{} of mmio_models are left out: they are for registers of "
                      "the processor, which answers itself",
                      in_system_));
    }
    if (in_memory_ > 0) {
      tree_.notes.push_back(
          fmt::format("{} of mmio_models are left out: they are for addresses where the memory_map "
                      "has memory",
                      in_memory_));
    }
    MergeSpans(machine_.peripherals);
  }

 private:
  AccessModel ReadModel(const ModelKind& kind, const ConfigNode& node) {
    std::vector<std::string> keys = {"addr", "pc", "access_size", "mask"};
    keys.insert(keys.end(), kind.keys.begin(), kind.keys.end());
    ConfigFields fields(tree_, node, keys);
    AccessModel model;
    model.kind = kind.kind;
    model.size = 1;  // there it is the address of the load that counts, whatever its width
    model.address = fields.RequiredAddress("addr").value_or(0);
    model.pc = fields.Address("pc").value_or(AccessModel::kEveryPlace);
    switch (kind.kind) {
      case Kind::kConstant:
        model.values = {fields.RequiredAddress("val").value_or(0)};
        break;
      case Kind::kPassthrough:
        model.values = {fields.Address("init_val").value_or(0)};
        break;
      case Kind::kBitextract:
        model.input_bytes = static_cast<uint32_t>(fields.Count("size", 4).value_or(0));
        model.left_shift = static_cast<uint32_t>(fields.Count("left_shift", 31).value_or(0));
        break;
      case Kind::kSet:
        model.values = ReadValues(fields);
        break;
      case Kind::kLinear:
        model.values = {fields.Address("init_val").value_or(0)};
        model.step = ReadStep(fields);
        model.pc = AccessModel::kEveryPlace;  // there, too
        break;
      case Kind::kUnmodeled:
        break;
    }
    return model;
  }

  std::vector<uint32_t> ReadValues(ConfigFields& fields) {
    std::vector<uint32_t> values;
    const ConfigNode* list = fields.Find("vals");
    if (list == nullptr || list->items.empty() || list->items.size() > kMostValues) {
      tree_.Mistake(fields.Node(),
                    fmt::format("vals: must be a list of 1 to {} values", kMostValues));
      return values;
    }
    for (const ConfigNode& item : list->items) {
      const auto value = AddressIn(tree_, item);
      if (!value) {
        tree_.Mistake(item, fmt::format("vals: \"{}\" is no value of 32 bits", item.text));
      }
      values.push_back(value.value_or(0));
    }
    return values;
  }

  // May be negative.
  uint32_t ReadStep(ConfigFields& fields) {
    const ConfigNode* node = fields.Find("step");
    const auto step = node == nullptr ? std::nullopt : YamlInteger(node->text);
    if (!step || *step < INT32_MIN || *step > UINT32_MAX) {
      tree_.Mistake(fields.Node(), "step: must be a number of 32 bits");
      return 0;
    }
    return static_cast<uint32_t>(*step);
  }

  // Where a model is for what the map does not have, it makes it a peripheral.
  bool HasPlace(const AccessModel& model) {
    const AddressSpan place{model.address, 1};
    const auto holds = [&place](const AddressSpan& span) { return Overlap(span, place); };
    if (holds(kSystem)) {
      ++in_system_;
      return false;
    }
    auto& spans = machine_.peripherals;
    if (std::any_of(spans.begin(), spans.end(), holds)) return true;
    const AddressSpan page{static_cast<uint32_t>(model.address / kMapPageBytes * kMapPageBytes),
                           kMapPageBytes};
    for (const rehost::Region& region : machine_.regions) {
      if (!Overlap(SpanOf(region), page)) continue;
      ++in_memory_;
      return false;
    }
    if (spans.size() >= kMostSpans) {
      tree_.Mistake(tree_.root,
                    "mmio_models: are for too many places that memory_map does not have");
      return false;
    }
    spans.push_back(page);
    MergeSpans(spans);
    return true;
  }

  ConfigTree& tree_;
  rehost::MachineImage& machine_;
  size_t in_system_ = 0;
  size_t in_memory_ = 0;
};

}  // namespace

void ReadFuzzwareModels(ConfigTree& tree, rehost::MachineImage& machine) {
  const ConfigNode* models = tree.root.Find("mmio_models");
  if (models == nullptr || models->IsNull()) return;
  std::vector<std::string> names = {"custom"};
  for (const ModelKind& kind : ModelKinds()) names.emplace_back(kind.name);
  const ConfigFields fields(tree, *models, names);
  ModelReader reader(tree, machine);
  for (const ModelKind& kind : ModelKinds()) {
    const ConfigNode* of_kind = fields.Find(kind.name);
    if (of_kind != nullptr && tree.status) reader.Read(kind, *of_kind);
  }
  if (fields.Find("custom") != nullptr) {
    tree.notes.emplace_back(
        "mmio_models of the kind custom are left out: models in Python are not "
        "supported");
  }
  reader.TellSkipped();
}

}  // namespace percuss::emulation
