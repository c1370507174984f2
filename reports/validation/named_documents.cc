// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/named_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/fs.h"
#include "common/hash.h"
#include "reports/evidence/package_path.h"
#include "reports/export/text.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Result;

constexpr size_t kToldBytes = 200;
constexpr const char* kLeadsOut = "leads out of the folder of the validation files";

// The file of that name, when it is one and below the folder, whatever links are on the way.
Result<stdfs::path> FileBelow(const stdfs::path& folder, const std::string& name) {
  const stdfs::path path = folder / name;
  if (!IsPathBelow(name)) return common::Fail(ErrorCode::kBadInput, kLeadsOut, path);
  std::error_code error;
  const stdfs::path root = stdfs::canonical(folder, error);
  const stdfs::path file = error ? stdfs::path() : stdfs::canonical(path, error);
  if (error) {
    return common::Fail(
        error == std::errc::no_such_file_or_directory ? ErrorCode::kNotFound : ErrorCode::kIo,
        error.message(), path);
  }
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  if (end != root.end()) return common::Fail(ErrorCode::kBadInput, kLeadsOut, path);
  if (!stdfs::is_regular_file(file, error)) {
    return common::Fail(ErrorCode::kBadInput, "is not a regular file", path);
  }
  return file;
}

class FolderDocuments : public Documents {
 public:
  explicit FolderDocuments(stdfs::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] Result<std::string> Sha256(const std::string& name) const override {
    const auto file = FileBelow(folder_, name);
    if (!file) return tl::make_unexpected(file.error());
    return common::Sha256FileHex(*file);
  }
  [[nodiscard]] Result<std::string> Read(const std::string& name) const override {
    const auto file = FileBelow(folder_, name);
    if (!file) return tl::make_unexpected(file.error());
    return common::ReadFile(*file, kLargestDocument);
  }

 private:
  stdfs::path folder_;
};

class PackageDocuments : public Documents {
 public:
  explicit PackageDocuments(PackageReader reader) : reader_(std::move(reader)) {}
  [[nodiscard]] Result<std::string> Sha256(const std::string& name) const override {
    const auto entry = Entry(name);
    if (!entry) return tl::make_unexpected(entry.error());
    return (*entry)->sha256;
  }
  [[nodiscard]] Result<std::string> Read(const std::string& name) const override {
    const auto entry = Entry(name);
    if (!entry) return tl::make_unexpected(entry.error());
    if ((*entry)->bytes > kLargestDocument) {
      return common::Fail(ErrorCode::kBadInput, "is too large", (*entry)->path);
    }
    return reader_.Read((*entry)->path);
  }

 private:
  [[nodiscard]] Result<const PackageEntry*> Entry(const std::string& name) const {
    const std::string path = SnapshotPath(name);
    const PackageEntry* entry = IsPathBelow(name) ? reader_.Find(path) : nullptr;
    if (entry == nullptr) {
      return common::Fail(ErrorCode::kNotFound, "the package does not carry " + PrintablePath(path),
                          reader_.Path());
    }
    return entry;
  }

  PackageReader reader_;
};

// Takes in one after the other, as long as all may be in one package.
class Carrier {
 public:
  explicit Carrier(const stdfs::path& folder) : folder_(folder) {
    // What is there already, and no document may replace.
    for (const char* kind : kValidationKinds) {
      const auto added = guard_.AddFile(ValidationPath(kSnapshotFolder, kind));
      static_cast<void>(added);
    }
  }

  void Take(const NamedDocument& document) {
    const std::string why = WhyNot(document.name);
    if (why.empty()) return;
    if (carried_.absent.size() == kMostDocuments) {
      ++untold_;
    } else {
      carried_.absent.push_back(
          {ClippedText(SnapshotPath(document.name), kToldBytes),
           fmt::format("compliance.json:{} names it ({}), and the package does not carry it: {}",
                       document.line, document.entry, why)});
    }
  }

  CarriedDocuments TakeAll() {
    if (untold_ > 0) {
      carried_.absent.push_back(
          {kSnapshotFolder, fmt::format("the package does not carry {} more documents that "
                                        "compliance.json names",
                                        untold_)});
    }
    return std::move(carried_);
  }

 private:
  std::string WhyNot(const std::string& name) {
    const auto file = FileBelow(folder_, name);
    if (!file) return file.error().message;
    std::error_code error;
    const uint64_t bytes = stdfs::file_size(*file, error);
    if (error) return error.message();
    if (bytes > kLargestDocument || bytes_ + bytes > kMostDocumentBytes ||
        carried_.texts.size() >= kMostDocuments) {
      const auto digest = common::Sha256FileHex(*file);
      return fmt::format(
          "it has {} bytes, and up to {} documents of {} MiB each and {} MiB in all are carried; "
          "its SHA-256 is {}",
          bytes, kMostDocuments, kLargestDocument >> 20, kMostDocumentBytes >> 20,
          digest ? *digest : "not known: " + digest.error().message);
    }
    if (auto fits = guard_.AddFile(SnapshotPath(name)); !fits) return fits.error().message;
    auto text = common::ReadFile(*file, kLargestDocument);
    if (!text) return text.error().message;
    bytes_ += text->size();
    carried_.texts[name] = std::move(*text);
    return "";
  }

  const stdfs::path& folder_;
  PathGuard guard_;
  uint64_t bytes_ = 0;
  size_t untold_ = 0;
  CarriedDocuments carried_;
};

}  // namespace

std::vector<NamedDocument> DocumentsNamedBy(const EntryLists& compliance) {
  std::vector<NamedDocument> documents;
  std::set<std::string, std::less<>> seen;
  for (const ListShape& list : ComplianceLists()) {
    for (const ListMember& member : list.members) {
      if (member.shape != MemberShape::kFile) continue;
      for (const ListedEntry& entry : EntriesOf(compliance, list.name)) {
        const std::string& name = entry.Text(member.name);
        if (!name.empty() && seen.insert(name).second) {
          documents.push_back({name, entry.id, entry.line});
        }
      }
    }
  }
  std::stable_sort(
      documents.begin(), documents.end(),
      [](const NamedDocument& left, const NamedDocument& right) { return left.line < right.line; });
  return documents;
}

std::shared_ptr<const Documents> DocumentsIn(stdfs::path folder) {
  return std::make_shared<FolderDocuments>(std::move(folder));
}

std::shared_ptr<const Documents> DocumentsOf(PackageReader reader) {
  return std::make_shared<PackageDocuments>(std::move(reader));
}

bool IsPackage(const stdfs::path& path) {
  std::error_code ignored;
  return stdfs::is_regular_file(path, ignored) || stdfs::exists(path / kManifestPath, ignored);
}

Result<ValidationSource> OpenValidation(const stdfs::path& path) {
  if (!IsPackage(path)) {
    auto loaded = LoadValidation(path);
    if (!loaded) return tl::make_unexpected(loaded.error());
    return ValidationSource{std::move(*loaded), DocumentsIn(path)};
  }
  auto reader = PackageReader::Open(path);
  if (!reader) return tl::make_unexpected(reader.error());
  auto texts = ReadSnapshot(*reader);
  if (!texts) return tl::make_unexpected(texts.error());
  if (texts->empty()) {
    return common::Fail(
        ErrorCode::kBadInput,
        "carries no validation files: its campaign file named none (\"validation\"); give "
        "a folder of them",
        path);
  }
  return ValidationSource{ParseValidation(std::move(*texts), kSnapshotFolder),
                          DocumentsOf(std::move(*reader))};
}

CarriedDocuments CarryDocuments(const std::string& compliance, const stdfs::path& folder) {
  const LoadedValidation loaded = ParseValidation({{"compliance", compliance}}, folder);
  Carrier carrier(folder);
  for (const NamedDocument& document : DocumentsNamedBy(loaded.files.compliance)) {
    carrier.Take(document);
  }
  return carrier.TakeAll();
}

}  // namespace percuss::reports
