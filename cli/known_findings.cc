// SPDX-License-Identifier: Apache-2.0
#include "cli/known_findings.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "cli/package_to_run.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;

bool IsPackageFolder(const stdfs::path& folder) {
  std::error_code ignored;
  return stdfs::is_regular_file(folder / "manifest.json", ignored);
}

Result<std::vector<std::string>> PackagesAt(const std::string& place) {
  std::error_code error;
  if (!stdfs::is_directory(place, error) || IsPackageFolder(place)) {
    return std::vector<std::string>{place};
  }
  const auto files = common::ListTree(place);
  if (!files) return tl::make_unexpected(files.error());
  std::vector<std::string> packages;
  for (const std::string& file : *files) {
    if (file.ends_with(".zip")) packages.push_back((stdfs::path(place) / file).string());
  }
  for (stdfs::directory_iterator it(place, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error) && IsPackageFolder(it->path())) {
      packages.push_back(it->path().string());
    }
  }
  if (error) return common::FailErrno(error.value(), "cannot read the folder", place);
  if (packages.empty()) return Fail(ErrorCode::kBadInput, "holds no package", place);
  std::sort(packages.begin(), packages.end());
  return packages;
}

// What a replay needs to know of a finding beside its files, as its package says.
struct Question {
  std::string digest;  // of all that decides what is run, but for the binary
  std::string binary_sha256;
  bool carries_binary = false;
  std::string lacks;
};

Question QuestionOf(const reports::PackageReader& package, const common::Finding& finding) {
  const std::string folder = "findings/" + finding.id + "/";
  Question question;
  const auto text = package.Read(folder + "replay.json");
  const auto recipe = text ? common::ParseJson(*text, folder + "replay.json")
                           : Result<Json>(tl::make_unexpected(text.error()));
  if (package.Find(folder + "input") == nullptr) {
    question.lacks = "the package holds no input of it";
  } else if (!recipe) {
    question.lacks = "the package does not say how it is run: " + recipe.error().Text();
  } else if (!finding.minimised_sha256.empty() && package.Find(folder + "input.min") == nullptr) {
    question.lacks = "the package names a minimised input and does not hold it";
  }
  if (!recipe || !recipe->is_object()) return question;
  const Json binary = recipe->value("binary", Json::object());
  if (binary.is_object()) {
    const auto word = [&](const char* name) {
      return binary.contains(name) && binary[name].is_string() ? binary[name].get<std::string>()
                                                               : "";
    };
    question.binary_sha256 = word("sha256");
    question.carries_binary = !word("packaged").empty();
    question.digest += word("role");
  }
  for (const char* name : {"limits", "target_environment", "program", "board_sha256"}) {
    question.digest += "\n" + recipe->value(name, Json()).dump();
  }
  for (const auto& file : package.List()) {
    const bool runs =
        file.path.starts_with(folder + "input") || file.path.starts_with(folder + "history/");
    if (runs) question.digest += "\n" + file.path + " " + file.sha256;
  }
  question.digest = common::Sha256Hex(question.digest);
  return question;
}

// Findings under their target and id, each with its inputs by the digest of their question.
class Gathering {
 public:
  void Add(size_t index, const reports::PackageReader& package, const common::Finding& finding) {
    const Question question = QuestionOf(package, finding);
    Entry& entry = entries_[{finding.target, finding.id}];
    entry.packages.insert(package.Path().string());
    const auto [it, is_new] = entry.inputs.try_emplace(question.digest + question.lacks);
    KnownInput& input = it->second;
    // What the new build is compared with is the binary that the package carries.
    if (is_new || (question.carries_binary && !entry.carried.contains(it->first))) {
      input.package = index;
      input.finding = finding;
      input.lacks = question.lacks;
    }
    if (question.carries_binary) entry.carried.insert(it->first);
    input.campaign_binaries.push_back(question.binary_sha256);
  }

  [[nodiscard]] std::vector<KnownFinding> Take() {
    std::vector<KnownFinding> findings;
    for (auto& [name, entry] : entries_) {
      KnownFinding& known = findings.emplace_back();
      known.target = name.first;
      known.id = name.second;
      known.packages.assign(entry.packages.begin(), entry.packages.end());
      for (auto& [digest, input] : entry.inputs) known.inputs.push_back(std::move(input));
    }
    return findings;
  }

 private:
  struct Entry {
    std::set<std::string> packages;
    std::map<std::string, KnownInput> inputs;
    std::set<std::string> carried;  // digests of questions with a package that carries the binary
  };
  std::map<std::pair<std::string, std::string>, Entry> entries_;
};

}  // namespace

Result<KnownFindings> ReadKnownFindings(const std::vector<std::string>& places) {
  KnownFindings known;
  Gathering gathering;
  std::set<std::string> targets;
  for (const std::string& place : places) {
    const auto packages = PackagesAt(place);
    if (!packages) return tl::make_unexpected(packages.error());
    for (const std::string& path : *packages) {
      auto package = OpenToRun(path);
      if (!package) return tl::make_unexpected(package.error());
      const auto record = reports::ReadRunRecord(*package);
      if (!record) return tl::make_unexpected(record.error());
      for (const auto& target : record->targets) targets.insert(target.id);
      for (const auto& finding : record->findings) {
        gathering.Add(known.packages.size(), *package, finding);
      }
      known.packages.push_back(std::move(*package));
    }
  }
  known.targets.assign(targets.begin(), targets.end());
  known.findings = gathering.Take();
  return known;
}

}  // namespace percuss::cli
