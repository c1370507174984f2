// SPDX-License-Identifier: Apache-2.0
//
// Reads the members of one JSON object that a person wrote. The first mistake is kept, with file,
// line and field; after it every read returns its default, so that callers read straight on and ask
// once at the end. Not thread-safe; the text and document must outlive it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "common/result.h"

namespace percuss::common {

// The document that all readers of one file share.
struct Document {
  std::string file;
  std::string text;
  Json json;
  Status status;  // the first mistake

  [[nodiscard]] static Result<Document> Read(const std::filesystem::path& path);
  void Mistake(const std::string& pointer, const std::string& what);
};

class FieldReader {
 public:
  FieldReader(Document& document, const Json& object, std::string pointer);

  [[nodiscard]] bool Has(const std::string& name);
  std::string Text(const std::string& name, const std::string& otherwise = "");
  std::string RequiredText(const std::string& name);
  // One of the names allowed.
  std::string Choice(const std::string& name, const std::vector<std::string>& allowed,
                     const std::string& otherwise);
  int64_t Count(const std::string& name, int64_t least, int64_t otherwise);
  bool Flag(const std::string& name, bool otherwise);
  std::vector<std::string> Texts(const std::string& name);
  std::map<std::string, std::string> TextMap(const std::string& name);
  // Relative to the document's folder; a mistake when nothing is there. Empty when the member is
  // absent.
  std::filesystem::path ExistingPath(const std::string& name);
  FieldReader Object(const std::string& name);
  std::vector<FieldReader> Objects(const std::string& name);

  // Of the document: relative paths in it start here.
  [[nodiscard]] std::filesystem::path Folder() const;
  void Mistake(const std::string& name, const std::string& what);
  // Call last: a member that was never read is a mistake.
  void RefuseOthers();
  [[nodiscard]] const std::string& Pointer() const { return pointer_; }

 private:
  const Json* Find(const std::string& name);

  Document* document_;
  const Json* object_;
  std::string pointer_;
  std::set<std::string> read_;
};

}  // namespace percuss::common
