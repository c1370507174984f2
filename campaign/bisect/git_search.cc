// SPDX-License-Identifier: Apache-2.0
#include "campaign/bisect/git_search.h"

#include <fmt/format.h>

#include <utility>

#include "campaign/supervise/process.h"
#include "common/log.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;

constexpr int64_t kGitTimeoutMs = 600'000;

struct GitEnd {
  int code = -1;  // -1: it did not end by itself
  std::string out;
  std::string words;  // of stderr
};

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Result<GitEnd> Git(const stdfs::path& folder, const std::vector<std::string>& words) {
  ProcessSpec spec;
  spec.argv = {"git", "-c", "core.hooksPath=/dev/null", "-C", folder.string()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.environment = {{"GIT_TERMINAL_PROMPT", "0"}};
  spec.capture_output = true;
  auto process = Process::Spawn(spec);
  if (!process) return tl::make_unexpected(process.error());
  const auto ended = process->WaitFor(kGitTimeoutMs);
  if (!ended) process->KillTree();
  GitEnd end;
  end.code = ended && ended->exited ? ended->code : -1;
  end.out = process->TakeStdout();
  end.words = Trimmed(process->TakeStderr());
  return end;
}

// stdout of a git that has to succeed.
Result<std::string> GitOutput(const stdfs::path& folder, const std::vector<std::string>& words,
                              ErrorCode otherwise) {
  auto end = Git(folder, words);
  if (!end) return tl::make_unexpected(end.error());
  if (end->code == 0) return std::move(end->out);
  return Fail(otherwise, fmt::format("git {} failed: {}", words.front(), end->words),
              folder.string());
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

const char* WordFor(RevisionVerdict verdict) {
  switch (verdict) {
    case RevisionVerdict::kGood:
      return "good";
    case RevisionVerdict::kBad:
      return "bad";
    case RevisionVerdict::kSkip:
      break;
  }
  return "skip";
}

}  // namespace

GitSearch::GitSearch(stdfs::path repository, stdfs::path worktree)
    : repository_(std::move(repository)), worktree_(std::move(worktree)) {}

GitSearch::GitSearch(GitSearch&& other) noexcept
    : repository_(std::exchange(other.repository_, {})),
      worktree_(std::exchange(other.worktree_, {})),
      bad_(std::move(other.bad_)),
      good_(std::move(other.good_)) {}

GitSearch::~GitSearch() {
  if (!worktree_.empty()) RemoveLeftOver(repository_, worktree_);
}

void GitSearch::RemoveLeftOver(const stdfs::path& repository, const stdfs::path& worktree) {
  std::error_code ignored;
  if (!stdfs::exists(worktree, ignored)) return;
  const auto end = Git(repository, {"worktree", "remove", "--force", "--force", worktree.string()});
  if (end && end->code == 0) return;
  common::LogWarning("the worktree {} could not be removed: {}", worktree.string(),
                     end ? end->words : end.error().Text());
}

Result<GitSearch> GitSearch::Open(const stdfs::path& repository, const stdfs::path& worktree) {
  const auto head = GitOutput(repository, {"rev-parse", "--git-dir"}, ErrorCode::kBadInput);
  if (!head) return tl::make_unexpected(head.error());
  const auto first =
      GitOutput(repository, {"rev-list", "--max-count=1", "--all"}, ErrorCode::kBadInput);
  if (!first) return tl::make_unexpected(first.error());
  if (first->empty()) return Fail(ErrorCode::kBadInput, "has no commit", repository.string());
  const auto added = GitOutput(repository,
                               {"worktree", "add", "--quiet", "--detach", "--no-checkout",
                                worktree.string(), Trimmed(*first)},
                               ErrorCode::kIo);
  if (!added) return tl::make_unexpected(added.error());
  return GitSearch(stdfs::absolute(repository), worktree);
}

Result<std::string> GitSearch::Resolve(const std::string& revision) const {
  const auto hash =
      Git(repository_, {"rev-parse", "--verify", "--end-of-options", revision + "^{commit}"});
  if (!hash) return tl::make_unexpected(hash.error());
  if (hash->code != 0) {
    return Fail(ErrorCode::kBadInput, fmt::format("\"{}\" names no commit", revision),
                repository_.string());
  }
  const auto lines = Lines(hash->out);  // --end-of-options is repeated by some versions of git
  return lines.empty() ? "" : lines.back();
}

Result<Commit> GitSearch::Describe(const std::string& hash) const {
  const auto text = GitOutput(
      worktree_, {"rev-list", "--max-count=1", "--no-commit-header", "--format=%H%n%aI%n%s", hash},
      ErrorCode::kInternal);
  if (!text) return tl::make_unexpected(text.error());
  auto lines = Lines(*text);
  lines.resize(3);  // a commit may have no subject
  return Commit{lines[0], lines[1], lines[2]};
}

Status GitSearch::CheckOut(const std::string& hash) const {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"checkout", "--quiet", "--force", "--detach", hash},
        {"clean", "-ffdxq"}}) {
    if (auto done = GitOutput(worktree_, words, ErrorCode::kIo); !done) {
      return tl::make_unexpected(done.error());
    }
  }
  return {};
}

Result<SearchStep> GitSearch::Start(const std::string& good, const std::string& bad) {
  bad_ = bad;
  good_ = {good};
  return Bisect({"bisect", "start", "--no-checkout", bad, good, "--"});
}

Result<SearchStep> GitSearch::Mark(const std::string& hash, RevisionVerdict verdict) {
  if (verdict == RevisionVerdict::kBad) bad_ = hash;
  if (verdict == RevisionVerdict::kGood) good_.push_back(hash);
  return Bisect({"bisect", WordFor(verdict), hash});
}

Result<SearchStep> GitSearch::Bisect(const std::vector<std::string>& words) {
  constexpr int kOnlySkippedLeft = 2;  // exit codes of git bisect
  const auto end = Git(worktree_, words);
  if (!end) return tl::make_unexpected(end.error());
  if (end->code != 0 && end->code != kOnlySkippedLeft) {
    return Fail(ErrorCode::kBadInput, "git bisect: " + end->words, repository_.string());
  }
  std::vector<std::string> list = {"rev-list", bad_, "--not"};
  list.insert(list.end(), good_.begin(), good_.end());
  const auto open = GitOutput(worktree_, list, ErrorCode::kInternal);
  if (!open) return tl::make_unexpected(open.error());
  SearchStep step;
  step.suspects = Lines(*open);
  step.left = static_cast<int>(step.suspects.size());
  if (step.left == 1 || end->code == kOnlySkippedLeft) return step;
  const auto next =
      GitOutput(worktree_, {"rev-parse", "--verify", "BISECT_HEAD"}, ErrorCode::kInternal);
  if (!next) return tl::make_unexpected(next.error());
  step.next = Trimmed(*next);
  step.suspects.clear();
  return step;
}

}  // namespace percuss::campaign
