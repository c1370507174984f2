// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/finding_book.h"

#include <algorithm>
#include <tuple>

#include "campaign/triage/signature.h"

namespace percuss::campaign {
namespace {

std::vector<std::string> UserFunctions(const std::vector<common::StackFrame>& stack) {
  std::vector<std::string> functions;
  for (const common::StackFrame& frame : stack) {
    if (frame.user_code) functions.push_back(frame.function);
  }
  return functions;
}

}  // namespace

std::optional<common::Finding> FindingBook::CountIfKnown(const std::string& target,
                                                         const std::string& strict_key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = findings_.find({target, strict_key});
  if (found == findings_.end()) return std::nullopt;
  found->second.occurrences++;
  return found->second;
}

std::optional<common::Finding> FindingBook::CountIfSameSample(
    const std::string& target, const std::vector<common::StackFrame>& sample) {
  const std::vector<std::string> functions = UserFunctions(sample);
  if (functions.empty()) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [key, finding] : findings_) {
    if (key.first != target || !IsTimeKind(finding.kind)) continue;
    if (UserFunctions(finding.stack) != functions) continue;
    finding.occurrences++;
    return finding;
  }
  return std::nullopt;
}

std::optional<common::Finding> FindingBook::CountIfSeen(const std::string& target,
                                                        const std::string& input_sha256) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto input = inputs_.find({target, input_sha256});
  if (input == inputs_.end()) return std::nullopt;
  const auto found = findings_.find({target, input->second});
  if (found == findings_.end()) return std::nullopt;
  found->second.occurrences++;
  return found->second;
}

void FindingBook::NoteInput(const std::string& target, const std::string& input_sha256,
                            const std::string& strict_key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  inputs_[{target, input_sha256}] = strict_key;
}

bool FindingBook::Add(common::Finding& finding) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Key key{finding.target, finding.strict_key};
  const auto found = findings_.find(key);
  if (found != findings_.end()) {
    found->second.occurrences++;
    finding = found->second;
    return false;
  }
  finding.cluster = "C-" + finding.loose_key.substr(0, 12);
  finding.occurrences = std::max<int64_t>(finding.occurrences, 1);
  findings_.emplace(key, finding);
  return true;
}

void FindingBook::Replace(common::Finding finding) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = findings_.find({finding.target, finding.strict_key});
  if (found == findings_.end()) return;
  finding.occurrences = found->second.occurrences;
  found->second = std::move(finding);
}

std::vector<common::Finding> FindingBook::All() const {
  std::vector<common::Finding> findings;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [key, finding] : findings_) findings.push_back(finding);
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const common::Finding& one, const common::Finding& other) {
                     return std::tie(one.target, one.first_seen_s) <
                            std::tie(other.target, other.first_seen_s);
                   });
  return findings;
}

}  // namespace percuss::campaign
