// SPDX-License-Identifier: Apache-2.0
#include "common/field_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/fs.h"

namespace percuss::common {

namespace {

constexpr uint64_t kLargestCampaignFile = uint64_t{16} << 20;

const Json& EmptyObject() {
  static const Json empty = Json::object();
  return empty;
}

}  // namespace

Result<Document> Document::Read(const std::filesystem::path& path) {
  auto text = ReadFile(path, kLargestCampaignFile);
  if (!text) return tl::make_unexpected(text.error());
  auto json = ParseJson(*text, path.string());
  if (!json) return tl::make_unexpected(json.error());
  return Document{path.string(), std::move(*text), std::move(*json), {}};
}

void Document::Mistake(const std::string& pointer, const std::string& what) {
  if (!status) return;
  status = Fail(ErrorCode::kBadInput, fmt::format("{}: {}", pointer, what), file,
                LineNearJsonPointer(text, pointer));
}

FieldReader::FieldReader(Document& document, const Json& object, std::string pointer)
    : document_(&document), object_(&object), pointer_(std::move(pointer)) {
  if (!object.is_object()) {
    document.Mistake(pointer_, "must be an object");
    object_ = &EmptyObject();
  }
}

const Json* FieldReader::Find(const std::string& name) {
  read_.insert(name);
  const auto it = object_->find(name);
  return it == object_->end() ? nullptr : &*it;
}

bool FieldReader::Has(const std::string& name) { return Find(name) != nullptr; }

std::filesystem::path FieldReader::Folder() const {
  return std::filesystem::path(document_->file).parent_path();
}

void FieldReader::Mistake(const std::string& name, const std::string& what) {
  document_->Mistake(pointer_ + "/" + name, what);
}

std::string FieldReader::Text(const std::string& name, const std::string& otherwise) {
  const Json* value = Find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) {
    Mistake(name, "must be a string");
    return otherwise;
  }
  return value->get<std::string>();
}

std::string FieldReader::RequiredText(const std::string& name) {
  const std::string text = Text(name);
  if (text.empty()) Mistake(name, "is required and must not be empty");
  return text;
}

std::string FieldReader::Choice(const std::string& name, const std::vector<std::string>& allowed,
                                const std::string& otherwise) {
  std::string text = Text(name, otherwise);
  if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    Mistake(name, fmt::format("\"{}\" is not one of: {}", text, fmt::join(allowed, ", ")));
    return otherwise;
  }
  return text;
}

int64_t FieldReader::Count(const std::string& name, int64_t least, int64_t otherwise) {
  constexpr int64_t kMost = int64_t{1} << 53;
  const Json* value = Find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_number_integer() ||
      (value->is_number_unsigned() && value->get<uint64_t>() > kMost) ||
      value->get<int64_t>() < least) {
    Mistake(name, fmt::format("must be a whole number of at least {}", least));
    return otherwise;
  }
  return value->get<int64_t>();
}

bool FieldReader::Flag(const std::string& name, bool otherwise) {
  const Json* value = Find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) {
    Mistake(name, "must be true or false");
    return otherwise;
  }
  return value->get<bool>();
}

std::vector<std::string> FieldReader::Texts(const std::string& name) {
  const Json* value = Find(name);
  if (value == nullptr) return {};
  std::vector<std::string> texts;
  if (value->is_array()) {
    for (const Json& item : *value) {
      if (item.is_string()) texts.push_back(item.get<std::string>());
    }
  }
  if (!value->is_array() || texts.size() != value->size())
    Mistake(name, "must be a list of strings");
  return texts;
}

std::map<std::string, std::string> FieldReader::TextMap(const std::string& name) {
  const Json* value = Find(name);
  if (value == nullptr) return {};
  std::map<std::string, std::string> texts;
  if (value->is_object()) {
    for (const auto& [key, item] : value->items()) {
      if (item.is_string()) texts[key] = item.get<std::string>();
    }
  }
  if (!value->is_object() || texts.size() != value->size()) {
    Mistake(name, "must be an object whose values are strings");
  }
  return texts;
}

std::filesystem::path FieldReader::ExistingPath(const std::string& name) {
  if (Find(name) == nullptr) return {};
  const std::string text = RequiredText(name);
  if (text.empty()) return {};
  const auto folder = std::filesystem::path(document_->file).parent_path();
  const auto path = std::filesystem::absolute(folder / text).lexically_normal();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    Mistake(name, fmt::format("\"{}\": no such file or folder ({})", text, path.string()));
  }
  return path;
}

FieldReader FieldReader::Object(const std::string& name) {
  const Json* value = Find(name);
  return {*document_, value == nullptr ? EmptyObject() : *value, pointer_ + "/" + name};
}

std::vector<FieldReader> FieldReader::Objects(const std::string& name) {
  const Json* value = Find(name);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    Mistake(name, "must be a list");
    return {};
  }
  std::vector<FieldReader> readers;
  for (size_t i = 0; i < value->size(); ++i) {
    readers.emplace_back(*document_, (*value)[i], fmt::format("{}/{}/{}", pointer_, name, i));
  }
  return readers;
}

void FieldReader::RefuseOthers() {
  for (const auto& [name, value] : object_->items()) {
    if (!read_.contains(name)) {
      Mistake(name, fmt::format("is not a member that percuss knows here; known: {}",
                                fmt::join(read_, ", ")));
    }
  }
}

}  // namespace percuss::common
