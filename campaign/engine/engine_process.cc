// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/engine_process.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/engine/engine_log.h"
#include "campaign/harness_facts.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "common/fs.h"
#include "common/log.h"

namespace percuss::campaign {
namespace {

constexpr int64_t kSlowShare = 4;  // of the time limit
constexpr int kMostHistories = 200;
constexpr size_t kHistoryInputs = 256;
constexpr size_t kHistoryBytes = size_t{1} << 20;
constexpr int64_t kPoliteMs = 5000;
constexpr size_t kTailBytes = 2000;

// The newest inputs that fit.
std::vector<std::string> Newest(std::vector<std::string> inputs) {
  size_t bytes = 0;
  size_t keep = 0;
  while (keep < inputs.size() && bytes + inputs[inputs.size() - 1 - keep].size() <= kHistoryBytes) {
    bytes += inputs[inputs.size() - 1 - keep].size();
    ++keep;
  }
  inputs.erase(inputs.begin(), inputs.end() - static_cast<std::ptrdiff_t>(keep));
  return inputs;
}

}  // namespace

int64_t CurveStepS(int64_t elapsed_s) {
  constexpr int64_t kPoints = 100;
  return std::max<int64_t>(1, elapsed_s / kPoints);
}

EngineProcess::EngineProcess(const EngineSetup& setup, std::string role)
    : setup_(setup),
      role_(std::move(role)),
      log_(setup.folder / fmt::format("engine{}.log", setup.instance)) {}

EngineProcess::~EngineProcess() { setup_.watchdog->Forget(setup_.id); }

void EngineProcess::SetEnvironment(const std::map<std::string, std::string>& more) {
  more_environment_ = more;
  environment_ = more;
}

common::Status EngineProcess::Start(const std::vector<std::string>& argv) {
  if (auto made = common::MakeFolder(setup_.folder); !made) return made;
  const TargetSpec& target = *setup_.target;
  if (!heartbeat_) {
    auto heartbeat = HeartbeatFile::Create();
    if (!heartbeat) return tl::make_unexpected(heartbeat.error());
    heartbeat_.emplace(std::move(*heartbeat));
    auto tally = EdgeTallyFile::Create();
    if (!tally) return tl::make_unexpected(tally.error());
    tally_.emplace(std::move(*tally));
    exact_beats_ = role_ == "firmware" || role_ == "program" ||
                   ReadHarnessFacts(target.binaries.at(role_)).has_value();
  }
  environment_ =
      SanitizerEnvironment(role_ == "libfuzzer" || role_ == "cost" ? SanitizerPurpose::kFuzzingLeaks
                                                                   : SanitizerPurpose::kFuzzing,
                           target.limits.rss_mib);
  environment_.merge(heartbeat_->Environment());
  environment_.merge(tally_->Environment());
  if (!exact_beats_) {
    const auto library = WatchPreloadLibrary();
    // afl-fuzz itself must not beat: it hands AFL_PRELOAD to the target alone.
    const char* variable = current_input_.empty() ? "LD_PRELOAD" : "AFL_PRELOAD";
    preloaded_ = !library.empty();
    if (preloaded_) environment_[variable] = library.string();
  }
  AddTargetEnvironment(target.environment, environment_);
  for (const auto& [name, value] : more_environment_) environment_[name] = value;
  ProcessSpec spec;
  spec.argv = argv;
  spec.environment = environment_;
  spec.folder = setup_.folder;
  spec.stdout_path = log_;
  spec.stderr_path = log_;
  spec.limits.file_size_mib = 1024;
  std::error_code ignored;
  std::filesystem::remove(log_, ignored);
  Watch(0);
  auto process = Process::Spawn(spec);
  if (!process) return tl::make_unexpected(process.error());
  process_.emplace(std::move(*process));
  last_pid_ = static_cast<uint64_t>(process_->Pid());
  Watch(process_->Pid());
  return {};
}

void EngineProcess::Watch(pid_t pid) {
  WatchedEngine watched;
  watched.id = setup_.id;
  watched.engine_pid = pid;
  watched.heartbeat = &*heartbeat_;
  watched.current_input_path = current_input_;
  watched.abort_before_kill = preloaded_ && current_input_.empty();
  watched.limits.wall_ms = setup_.target->limits.input_ms;
  watched.limits.slow_ms = setup_.target->limits.input_ms / kSlowShare;
  if (exact_beats_ || preloaded_) setup_.watchdog->Watch(watched);
}

std::optional<ExitStatus> EngineProcess::Poll() {
  if (!process_) return std::nullopt;
  auto ended = process_->Poll();
  if (ended) {
    setup_.watchdog->Forget(setup_.id);
    process_.reset();
  }
  return ended;
}

std::optional<ExitStatus> EngineProcess::Stop() {
  if (!process_) return std::nullopt;
  setup_.watchdog->Forget(setup_.id);
  const int64_t cpu_ns = process_->TreeCpuNs();
  process_->Interrupt();
  auto ended = process_->WaitFor(kPoliteMs);
  if (!ended) {
    common::LogDebug("{} did not stop by itself and is killed", setup_.id);
    process_->KillTree();
    ended = process_->Wait();
  }
  ended->cpu_ns = std::max(ended->cpu_ns, cpu_ns);
  process_.reset();
  return ended;
}

int64_t EngineProcess::Beats() const {
  if (!heartbeat_ || !exact_beats_) return 0;
  return static_cast<int64_t>(heartbeat_->Read().sequence / 2);
}

common::Result<EdgeTally> EngineProcess::Tally() const {
  if (!tally_) return common::Fail(common::ErrorCode::kNotFound, "was not started");
  return tally_->Read();
}

std::optional<std::string> EngineProcess::LastInput() const {
  if (!heartbeat_ || !exact_beats_) return std::nullopt;
  auto inputs = heartbeat_->HistoryOf(last_pid_, 1);
  if (!inputs || inputs->empty()) return std::nullopt;
  return std::move(inputs->back());
}

std::vector<std::string> EngineProcess::HistoryOfLife() {
  if (!heartbeat_ || !exact_beats_ || ++histories_taken_ > kMostHistories) return {};
  auto inputs = heartbeat_->HistoryOf(last_pid_, kHistoryInputs);
  if (!inputs || inputs->empty()) return {};
  inputs->pop_back();
  return Newest(std::move(*inputs));
}

std::vector<std::string> EngineProcess::HistoryBefore(const std::filesystem::path& input) {
  if (!heartbeat_ || !exact_beats_ || ++histories_taken_ > kMostHistories) return {};
  const auto bytes = common::ReadFile(input);
  if (!bytes) return {};
  auto inputs = heartbeat_->HistoryBefore(*bytes, kHistoryInputs);
  if (!inputs) return {};
  return Newest(std::move(*inputs));
}

std::string EngineProcess::WholeLog() const { return common::ReadFile(log_).value_or(""); }

std::string EngineProcess::LogTail() const {
  const std::string log = WholeLog();
  if (log.empty()) return "(it printed nothing)";
  return WithoutControls(log.size() > kTailBytes ? log.substr(log.size() - kTailBytes) : log);
}

}  // namespace percuss::campaign
