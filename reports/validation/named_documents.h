// SPDX-License-Identifier: Apache-2.0
//
// Documents that compliance.json names by file: bills of materials and the reports of penetration
// tests. A name is relative to the folder of the validation files and stays below it, since a
// package carries the documents under the same names beside compliance.json, and whoever unpacks a
// package of somebody else's must not be made to read another file of theirs. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/evidence/package_reader.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

constexpr uint64_t kLargestDocument = uint64_t{64} << 20;     // bytes that a package carries
constexpr uint64_t kMostDocumentBytes = uint64_t{128} << 20;  // of all together
constexpr size_t kMostDocuments = 256;

struct NamedDocument {
  std::string name;
  std::string entry;  // the id of the one that names it
  int line = 0;
};

// In the file's order, each name once.
[[nodiscard]] std::vector<NamedDocument> DocumentsNamedBy(const EntryLists& compliance);

// Where documents are read from. Errors: kNotFound for one that is not there, kBadInput for a name
// or a link that leads out of the folder, what is no regular file, and what is too large.
class Documents {
 public:
  virtual ~Documents() = default;
  [[nodiscard]] virtual common::Result<std::string> Sha256(const std::string& name) const = 0;
  // Of up to kLargestDocument bytes.
  [[nodiscard]] virtual common::Result<std::string> Read(const std::string& name) const = 0;
};

// Of a folder of validation files.
[[nodiscard]] std::shared_ptr<const Documents> DocumentsIn(std::filesystem::path folder);
// Of the snapshot in a package.
[[nodiscard]] std::shared_ptr<const Documents> DocumentsOf(PackageReader reader);

// Validation files and the documents that they name.
struct ValidationSource {
  LoadedValidation loaded;
  std::shared_ptr<const Documents> documents;
};

// Whether a path names a package, and no folder of validation files.
[[nodiscard]] bool IsPackage(const std::filesystem::path& path);

// Of a folder of validation files, or of a package that carries them; who calls verifies it.
// Problems of a package's files call them as if it were unpacked: "validation/risks.json".
// kBadInput for a package that carries none; otherwise as LoadValidation and PackageReader::Open.
[[nodiscard]] common::Result<ValidationSource> OpenValidation(const std::filesystem::path& path);

// What a package takes in besides the validation files.
struct CarriedDocuments {
  std::map<std::string, std::string> texts;   // by name
  std::vector<common::AbsentSection> absent;  // which are not carried, each with the reason
};

// Those that the text of compliance.json names, relative to `folder`. A text that is no such file
// names none. What is larger than the limits is told with its digest.
[[nodiscard]] CarriedDocuments CarryDocuments(const std::string& compliance,
                                              const std::filesystem::path& folder);

}  // namespace percuss::reports
