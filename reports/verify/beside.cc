// SPDX-License-Identifier: Apache-2.0
#include "reports/verify/beside.h"

#include <set>

#include "common/fs.h"
#include "reports/envelope/countersignature.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;

constexpr uint64_t kMostBytes = uint64_t{16} << 20;

// Who says that a signature's key counts, and what speaks against it.
class Judge {
 public:
  Judge(const std::optional<TrustFile>& trust, VerifyResult& result)
      : trust_(trust), result_(result) {}

  void Add(FoundSignature found, const PublicKey& key, const std::string& proven,
           const std::string& blamed) {
    if (trust_ && found.objection.empty()) {
      found.objection = trust_->Objection(key, found.time, proven);
      found.trusted = found.objection.empty();
      if (!found.trusted) result_.problems.push_back({blamed, found.objection});
    }
    if (found.trusted) good_.insert(found.key_id);
    result_.signatures.push_back(std::move(found));
  }
  // Without anybody's word for the keys, those that are valid count.
  [[nodiscard]] size_t Good() const {
    if (trust_) return good_.size();
    std::set<std::string> valid;
    for (const auto& found : result_.signatures) {
      if (found.objection.empty()) valid.insert(found.key_id);
    }
    return valid.size();
  }

 private:
  const std::optional<TrustFile>& trust_;
  VerifyResult& result_;
  std::set<std::string> good_;
};

void CheckLines(const stdfs::path& file, Judge& judge, VerifyResult& result) {
  const std::string name = file.filename().string();
  const auto text = common::ReadFile(file, kMostBytes);
  if (!text) {
    result.problems.push_back({name, "cannot be read: " + text.error().message});
    return;
  }
  for (const auto& line : ReadCountersignatures(*text)) {
    const std::string place = name + ":" + std::to_string(line.line);
    std::string problem = line.problem;
    if (problem.empty() && line.said.package_sha256 != result.sha256) {
      problem = "signs another package";
    }
    if (problem.empty() && line.said.package_id != result.package_id) {
      problem = "names another package id than the package that it signs";
    }
    if (!problem.empty()) {
      result.problems.push_back({place, problem});
      continue;
    }
    const Countersignature& said = line.said;
    judge.Add({said.key.Id(), said.name, said.role, said.meaning, said.time, place, "", false},
              said.key, "", place);
  }
}

common::Status CheckStamps(const stdfs::path& package, const VerifyOptions& options,
                           VerifyResult& result) {
  auto stamps = CheckTimeStamps(package.string(), result.sha256, options.tsa_ca);
  if (!stamps) return tl::make_unexpected(stamps.error());
  result.time_stamps = std::move(*stamps);
  for (const auto& stamp : result.time_stamps) {
    if (!stamp.objection.empty()) result.problems.push_back({stamp.file, stamp.objection});
  }
  if (!options.tsa_ca && !result.time_stamps.empty()) {
    result.notes.emplace_back(
        "the time stamps were not verified, only that they are for this package: pass --tsa-ca "
        "with the authority's CA");
  }
  if (options.tsa_ca && result.time_stamps.empty()) {
    result.problems.push_back(
        {package.filename().string() + ".tsr", "is missing: there is no time stamp to verify"});
  }
  return {};
}

}  // namespace

bool HasAnythingBeside(const stdfs::path& package) {
  std::error_code ignored;
  return stdfs::exists(CountersignatureFile(package), ignored) ||
         !TimeStampFiles(package.string()).empty();
}

common::Status CheckBeside(const stdfs::path& package, const VerifyOptions& options,
                           const std::optional<TrustFile>& trust,
                           const std::optional<SealSignature>& seal, VerifyResult& result) {
  Judge judge(trust, result);
  std::error_code ignored;
  const bool is_zip = stdfs::is_regular_file(package, ignored);
  if (is_zip) {
    if (auto checked = CheckStamps(package, options, result); !checked) return checked;
  }
  if (seal) {
    judge.Add({seal->key.Id(), seal->name, seal->role, seal->meaning, seal->time, "", "", false},
              seal->key, ProvenTime(result.time_stamps), seal->statement_path);
  } else if (trust && result.sealed) {
    result.problems.push_back({"statement.json", "is not signed, by no key of the trust file"});
  }
  if (is_zip && stdfs::exists(CountersignatureFile(package), ignored)) {
    CheckLines(CountersignatureFile(package), judge, result);
  }
  if (judge.Good() < static_cast<size_t>(options.signatures)) {
    result.problems.push_back(
        {package.filename().string(), "has good signatures by " + std::to_string(judge.Good()) +
                                          " keys, and " + std::to_string(options.signatures) +
                                          " were asked for"});
  }
  return {};
}

}  // namespace percuss::reports
