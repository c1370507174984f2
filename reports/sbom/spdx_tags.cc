// SPDX-License-Identifier: Apache-2.0
//
// SPDX as tags and values: "Tag: value" a line, values over several lines in <text>...</text>,
// comments behind '#'. What belongs to a package follows its PackageName.
#include <fmt/format.h>

#include <algorithm>

#include "reports/sbom/document_reader.h"

namespace percuss::reports {
namespace {

using common::Json;

struct TagMember {
  std::string_view tag;
  const char* member;
};

constexpr TagMember kDocumentTags[] = {{"SPDXVersion", "spdxVersion"},
                                       {"SPDXID", "SPDXID"},
                                       {"DocumentName", "name"},
                                       {"DocumentNamespace", "documentNamespace"}};
constexpr TagMember kPackageTags[] = {{"SPDXID", "SPDXID"},
                                      {"PackageVersion", "versionInfo"},
                                      {"PackageSupplier", "supplier"},
                                      {"PackageOriginator", "originator"},
                                      {"PackageDownloadLocation", "downloadLocation"},
                                      {"PackageLicenseConcluded", "licenseConcluded"},
                                      {"PackageLicenseDeclared", "licenseDeclared"},
                                      {"PackageDescription", "description"},
                                      {"PrimaryPackagePurpose", "primaryPackagePurpose"},
                                      {"ValidUntilDate", "validUntilDate"}};
// What ends a package, so that an SPDXID after it is no package's.
constexpr std::string_view kOtherElements[] = {"FileName", "SnippetSPDXID", "LicenseID",
                                               "Reviewer"};

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// The next words of a text, cut off its front.
std::string NextWord(std::string_view& text) {
  text = Trimmed(text);
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  std::string word(text.substr(0, end));
  text.remove_prefix(end);
  return word;
}

class TagReader {
 public:
  TagReader(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

  common::Result<Json> Read() {
    document_["packages"] = document_["files"] = document_["relationships"] = Json::array();
    document_["creationInfo"] = {{"creators", Json::array()}};
    std::string_view line;
    while (error_.empty() && NextLine(line)) {
      line = Trimmed(line);
      if (line.empty() || line.front() == '#') continue;
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos) {
        error_ = fmt::format("\"{}\" is no \"Tag: value\"", line.substr(0, 100));
        break;
      }
      const std::string_view tag = line.substr(0, colon);
      Take(tag, Value(Trimmed(line.substr(colon + 1))));
    }
    if (!error_.empty()) {
      return common::Fail(common::ErrorCode::kBadInput, error_, name_, line_);
    }
    return std::move(document_);
  }

 private:
  bool NextLine(std::string_view& line) {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_;
    return true;
  }

  std::string Value(std::string_view first) {
    constexpr std::string_view kOpen = "<text>";
    constexpr std::string_view kClose = "</text>";
    if (!first.starts_with(kOpen)) return std::string(first);
    first.remove_prefix(kOpen.size());
    std::string value;
    const int begun = line_;
    while (true) {
      const size_t close = first.find(kClose);
      value += first.substr(0, close);
      if (close != std::string_view::npos) return value;
      value += '\n';
      if (!NextLine(first)) {
        line_ = begun;
        error_ = "a <text> that begins here has no </text>";
        return value;
      }
    }
  }

  void Take(std::string_view tag, std::string value) {
    if (tag == "PackageName") {
      document_["packages"].push_back({{"name", std::move(value)}});
      place_ = Place::kPackage;
    } else if (std::find(std::begin(kOtherElements), std::end(kOtherElements), tag) !=
               std::end(kOtherElements)) {
      place_ = Place::kElsewhere;
    } else if (tag == "Relationship") {
      TakeRelation(value);
    } else if (tag == "Created") {
      document_["creationInfo"]["created"] = std::move(value);
    } else if (tag == "Creator") {
      document_["creationInfo"]["creators"].push_back(std::move(value));
    } else if (place_ == Place::kDocument) {
      TakeMember(kDocumentTags, tag, std::move(value), document_);
    } else if (place_ == Place::kPackage) {
      TakeOfPackage(tag, std::move(value), document_["packages"].back());
    } else if (tag == "SPDXID") {
      document_["files"].push_back({{"SPDXID", std::move(value)}});
    }
  }

  template <size_t kCount>
  static void TakeMember(const TagMember (&table)[kCount], std::string_view tag, std::string value,
                         Json& object) {
    for (const TagMember& row : table) {
      if (tag == row.tag) object[row.member] = std::move(value);
    }
  }

  void TakeOfPackage(std::string_view tag, std::string value, Json& package) {
    std::string_view words = value;
    if (tag == "PackageChecksum") {
      const size_t colon = value.find(':');
      if (colon == std::string::npos) {
        error_ = "PackageChecksum is an algorithm, a colon and a value";
        return;
      }
      package["checksums"].push_back(
          {{"algorithm", value.substr(0, colon)},
           {"checksumValue", std::string(Trimmed(words.substr(colon + 1)))}});
    } else if (tag == "ExternalRef") {
      const std::string category = NextWord(words);
      const std::string type = NextWord(words);
      package["externalRefs"].push_back({{"referenceCategory", category},
                                         {"referenceType", type},
                                         {"referenceLocator", std::string(Trimmed(words))}});
    } else if (tag == "PackageAttributionText") {
      package["attributionTexts"].push_back(std::move(value));
    } else {
      TakeMember(kPackageTags, tag, std::move(value), package);
    }
  }

  void TakeRelation(std::string_view words) {
    const std::string from = NextWord(words);
    const std::string type = NextWord(words);
    const std::string to = NextWord(words);
    if (to.empty()) {
      error_ = "Relationship is an id, a type and an id";
      return;
    }
    document_["relationships"].push_back(
        {{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}});
  }

  enum class Place { kDocument, kPackage, kElsewhere };

  std::string_view rest_;
  const std::string& name_;
  Json document_ = Json::object();
  Place place_ = Place::kDocument;
  int line_ = 0;
  std::string error_;
};

}  // namespace

common::Result<Json> SpdxFromTags(std::string_view text, const std::string& name) {
  return TagReader(text, name).Read();
}

}  // namespace percuss::reports
