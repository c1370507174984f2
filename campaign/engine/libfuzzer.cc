// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/libfuzzer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "campaign/engine/engine_log.h"
#include "campaign/engine/engine_process.h"
#include "campaign/engine/folder_watch.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/log.h"

namespace percuss::campaign {
namespace {

using common::Status;
namespace stdfs = std::filesystem;

constexpr uint64_t kLargestInput = uint64_t{64} << 20;
constexpr int64_t kLeaksBeforeRest = 3;
constexpr int kMostStreamBytes = 64 * 1024;

int64_t NumberAfter(std::string_view line, std::string_view label) {
  const size_t at = line.find(label);
  if (at == std::string_view::npos) return 0;
  line.remove_prefix(at + label.size());
  while (line.starts_with(' ')) line.remove_prefix(1);
  int64_t value = 0;
  std::from_chars(line.data(), line.data() + line.size(), value);
  return value;
}

class LibFuzzerEngine final : public Engine {
 public:
  // name: of the engine, and of the binary that it runs.
  LibFuzzerEngine(EngineSetup setup, std::string name)
      : name_(std::move(name)),
        setup_(std::move(setup)),
        corpus_(setup_.folder / "corpus"),
        artifacts_(setup_.folder / "artifacts"),
        process_(setup_, name_),
        new_corpus_(corpus_),
        new_artifacts_(artifacts_) {}

  const std::string& Name() const override { return name_; }

  Status Start() override {
    for (const auto& folder : {corpus_, artifacts_}) {
      if (auto made = common::MakeFolder(folder); !made) return made;
    }
    for (const auto& seed : common::ListFiles(setup_.seeds)) {
      if (auto copied = Keep(seed); !copied) return copied;
    }
    static_cast<void>(new_corpus_.TakeRest());
    record_.engine = name_;
    record_.seed = setup_.seed;
    started_ns_ = common::SystemClock().MonotonicNs();
    // The mutator is in the harness; the cost search has one of its own.
    std::map<std::string, std::string> environment;
    if (setup_.target->along_model && name_ == "libfuzzer") {
      environment = MessageEnvironment(setup_.target->rehost);
      environment["PERCUSS_MODEL"] = setup_.target->model.string();
    }
    if (!setup_.target->rehost.firmware.empty()) AddForFirmware(environment);
    if (!environment.empty()) process_.SetEnvironment(environment);
    environment.insert(setup_.target->environment.begin(), setup_.target->environment.end());
    goes_on_ = environment["PERCUSS_ISOLATE"] == "1";
    return StartProcess();
  }

  EngineState Poll() override {
    EngineState state;
    state.failure = failure_;
    if (!failure_.empty() || stopped_) return state;
    if (auto ended = process_.Poll()) OnEnd(*ended);
    ReadLog();
    state.running = failure_.empty();
    state.failure = failure_;
    state.executions = std::max(finished_executions_ + life_.executions, process_.Beats());
    state.began = state.executions > 0 || !process_.TellsInputs();
    state.edges = edges_;
    state.corpus = record_.corpus;
    state.restarts = record_.restarts;
    state.last_find_s = last_find_s_;
    return state;
  }

  std::vector<RawSighting> TakeSightings() override {
    const auto fresh = ended_ ? new_artifacts_.TakeRest() : new_artifacts_.TakeNew();
    unreported_.insert(unreported_.end(), fresh.begin(), fresh.end());
    std::vector<RawSighting> sightings;
    // A process writes its artifact before its last words: both are taken when it has ended. One
    // that goes on past failures does not end, and says the last words of each.
    const bool ended = std::exchange(ended_, false);
    if (!ended && !goes_on_) return sightings;
    std::vector<stdfs::path> cut;
    for (const auto& file : std::exchange(unreported_, {})) {
      if (ended) MakeWhole(file);
      if (!ended && !IsWhole(file)) {
        cut.push_back(file);
        continue;
      }
      const std::string hint = HintOfArtifact(file.filename().string());
      if (hint == "leak") ++leaks_;
      // What is known of a life that has ended says nothing of one that goes on.
      if (ended) {
        sightings.push_back({hint, file, last_log_, std::exchange(last_history_, {})});
      } else {
        sightings.push_back({hint, file, process_.WholeLog(), {}});
      }
      DropFromCorpus(file);
    }
    unreported_ = std::move(cut);
    return sightings;
  }

  std::vector<stdfs::path> TakeNewCorpus() override {
    auto fresh = stopped_ ? new_corpus_.TakeRest() : new_corpus_.TakeNew();
    if (!fresh.empty()) last_find_s_ = ElapsedS();
    record_.corpus += static_cast<int64_t>(fresh.size());
    return fresh;
  }

  Status Offer(const stdfs::path& input) override { return Keep(input); }

  void SetAside(const std::string& input) override {
    // It writes a slow find of its own down only after it ran: the name is remembered.
    set_aside_.insert(PlaceOf(input));
    set_aside_.insert(corpus_ / common::Sha1Hex(input));
  }

  std::vector<stdfs::path> CorpusFiles() const override { return common::ListFiles(corpus_); }

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    if (auto ended = process_.Stop()) Account(*ended);
    last_log_ = process_.WholeLog();
    ended_ = true;
    if (!instrumented_ && failure_.empty()) failure_ = "the target has no coverage counters";
    record_.executions = std::max(finished_executions_, process_.Beats());
    record_.edges = edges_;
    record_.corpus = static_cast<int64_t>(CorpusFiles().size());
    record_.last_find_s = static_cast<int64_t>(last_find_s_);
    record_.wall_ns = common::SystemClock().MonotonicNs() - started_ns_;
    record_.curve.push_back(
        {static_cast<int64_t>(ElapsedS()), record_.executions, record_.edges, record_.corpus});
    record_.stop_reason = failure_;
  }

  common::EngineRun Record() const override { return record_; }
  common::Result<EdgeTally> Tally() const override { return process_.Tally(); }
  std::string LogTail() const override { return process_.LogTail(); }

  ~LibFuzzerEngine() override { LibFuzzerEngine::Stop(); }
  LibFuzzerEngine(const LibFuzzerEngine&) = delete;
  LibFuzzerEngine& operator=(const LibFuzzerEngine&) = delete;

 private:
  // A machine is put back after each input whatever became of it, so a failure need not end a life:
  // firmware that fails with every second input would be started anew all the time.
  void AddForFirmware(std::map<std::string, std::string>& environment) const {
    if (!setup_.target->rehost.streams) environment["PERCUSS_REHOST_INPUTS"] = "flat";
    if (!setup_.target->environment.contains("PERCUSS_ISOLATE")) {
      environment["PERCUSS_ISOLATE"] = "1";
    }
  }

  [[nodiscard]] bool ChangesStreams() const {
    return !setup_.target->rehost.firmware.empty() && setup_.target->rehost.streams;
  }

  std::vector<std::string> Argv() const {
    const TargetSpec& target = *setup_.target;
    const int64_t limit_s = (target.limits.input_ms + 999) / 1000;
    std::vector<std::string> argv = {
        target.binaries.at(name_).string(),
        corpus_.string(),
        "-artifact_prefix=" + artifacts_.string() + "/",
        // Every life gets another seed: with the same one it would walk into the same crash again.
        fmt::format("-seed={}", (setup_.seed + record_.restarts * 7919) % 0x7fffffff + 1),
        "-print_final_stats=1",
        "-reload=1",
        "-close_fd_mask=3",
        // Its default, which a harness with mutators of its own would turn off. Along a model
        // inputs grow by whole messages, and the mutators see to it that they do so slowly.
        // Streams have a head, and begin with as much as the boot of a firmware wants.
        setup_.target->along_model || ChangesStreams() ? "-len_control=0" : "-len_control=100",
        // Our watchdog judges first; the engine's alarm is the second line.
        fmt::format("-timeout={}", 2 * limit_s + 2),
        fmt::format("-rss_limit_mb={}", target.limits.rss_mib),
        fmt::format("-malloc_limit_mb={}",
                    MallocLimitMib(target.environment, target.limits.rss_mib)),
    };
    // A leak that is found again and again would end every life after seconds.
    if (leaks_ >= kLeaksBeforeRest && record_.restarts % 4 != 0)
      argv.emplace_back("-detect_leaks=0");
    if (ChangesStreams()) argv.push_back(fmt::format("-max_len={}", kMostStreamBytes));
    // What is compared or leaks in this process is the machine's own, nothing of the firmware.
    if (!target.rehost.firmware.empty()) {
      argv.emplace_back("-use_cmp=0");
      argv.emplace_back("-detect_leaks=0");
    }
    if (!target.dictionary.empty()) argv.push_back("-dict=" + target.dictionary.string());
    return argv;
  }

  Status StartProcess() {
    const auto argv = Argv();
    if (record_.argv.empty()) record_.argv = argv;
    life_ = {};
    std::error_code ignored;
    for (const stdfs::path& file : set_aside_) stdfs::remove(file, ignored);
    Status started = process_.Start(argv);
    record_.environment = process_.Environment();
    return started;
  }

  void Account(const ExitStatus& ended) {
    life_ = ReadLibFuzzerLog(process_.WholeLog());
    instrumented_ = instrumented_ || life_.instrumented;
    edges_ = std::max(edges_, life_.edges);
    finished_executions_ += life_.executions;
    life_.executions = 0;
    record_.cpu_ns += ended.cpu_ns;
  }

  void OnEnd(const ExitStatus& ended) {
    last_log_ = process_.WholeLog();
    last_history_ = process_.HistoryOfLife();
    last_input_ = process_.LastInput();
    Account(ended);
    ended_ = true;
    if (!instrumented_ && !ended.killed_by_us) {
      failure_ = "libFuzzer did not start, or the binary has no coverage counters: " +
                 WhyItEnded(LogTail());
      return;
    }
    ++record_.restarts;
    if (auto started = StartProcess(); !started) failure_ = started.error().Text();
  }

  void ReadLog() {
    const int64_t now = common::SystemClock().MonotonicNs();
    if (now - log_read_ns_ < 1'000'000'000) return;
    log_read_ns_ = now;
    const LibFuzzerLog log = ReadLibFuzzerLog(process_.WholeLog());
    life_.executions = log.executions;
    edges_ = std::max(edges_, log.edges);
    const auto elapsed_s = static_cast<int64_t>(ElapsedS());
    if (record_.curve.empty() ||
        elapsed_s >= record_.curve.back().elapsed_s + CurveStepS(elapsed_s)) {
      const int64_t executions =
          std::max(finished_executions_ + life_.executions, process_.Beats());
      record_.curve.push_back({elapsed_s, executions, edges_, record_.corpus});
    }
  }

  // The name of an artifact is the whole input's digest.
  static std::string DigestOf(const stdfs::path& artifact) {
    const std::string name = artifact.filename().string();
    return name.substr(name.rfind('-') + 1);
  }

  static bool IsWhole(const stdfs::path& artifact) {
    const auto bytes = common::ReadFile(artifact, kLargestInput);
    return bytes && common::Sha1Hex(*bytes) == DigestOf(artifact);
  }

  // A process that was killed while it wrote its artifact left a part of it.
  void MakeWhole(const stdfs::path& artifact) const {
    if (!last_input_ || IsWhole(artifact)) return;
    if (common::Sha1Hex(*last_input_) != DigestOf(artifact)) return;
    const auto written = common::WriteFileAtomically(artifact, *last_input_);
    if (!written) common::LogWarning("{}", written.error().Text());
  }

  // libFuzzer reads files of any name; the digest keeps equal inputs from piling up.
  stdfs::path PlaceOf(const std::string& bytes) const {
    constexpr size_t kDigits = 40;
    return corpus_ / common::Sha256Hex(bytes).substr(0, kDigits);
  }

  Status Keep(const stdfs::path& input) {
    auto bytes = common::ReadFile(input, kLargestInput);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const auto path = PlaceOf(*bytes);
    new_corpus_.Ignore(path);
    std::error_code ignored;
    if (stdfs::exists(path, ignored)) return {};
    return common::WriteFileAtomically(path, *bytes);
  }

  // An input that kills must not be loaded again by the next life, which would die of it at once.
  // libFuzzer names artifacts and its own finds by the same digest: "crash-<sha1>" and "<sha1>".
  void DropFromCorpus(const stdfs::path& artifact) {
    std::error_code ignored;
    stdfs::remove(corpus_ / DigestOf(artifact), ignored);
    const auto bytes = common::ReadFile(artifact, kLargestInput);
    if (bytes) stdfs::remove(PlaceOf(*bytes), ignored);
  }

  double ElapsedS() const {
    return static_cast<double>(common::SystemClock().MonotonicNs() - started_ns_) * 1e-9;
  }

  const std::string name_;
  EngineSetup setup_;
  stdfs::path corpus_;
  stdfs::path artifacts_;
  EngineProcess process_;
  FolderWatch new_corpus_;
  FolderWatch new_artifacts_;
  common::EngineRun record_;
  LibFuzzerLog life_;
  std::string last_log_;
  std::vector<std::string> last_history_;
  std::optional<std::string> last_input_;
  std::set<stdfs::path> set_aside_;
  std::vector<stdfs::path> unreported_;  // artifacts
  bool ended_ = false;                   // a process, since artifacts were last reported
  bool goes_on_ = false;                 // past failures, in the same life
  int64_t leaks_ = 0;
  std::string failure_;
  int64_t finished_executions_ = 0;
  int64_t edges_ = 0;
  int64_t started_ns_ = 0;
  int64_t log_read_ns_ = 0;
  double last_find_s_ = -1;
  bool instrumented_ = false;  // some life said that it found coverage counters
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Engine> MakeLibFuzzer(EngineSetup setup) {
  return std::make_unique<LibFuzzerEngine>(std::move(setup), "libfuzzer");
}

std::unique_ptr<Engine> MakeCostSearch(EngineSetup setup) {
  return std::make_unique<LibFuzzerEngine>(std::move(setup), "cost");
}

LibFuzzerLog ReadLibFuzzerLog(std::string_view log) {
  LibFuzzerLog result;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    if (line.starts_with('#')) {
      result.executions = std::max(result.executions, NumberAfter(line, "#"));
      result.edges = std::max(result.edges, NumberAfter(line, "cov:"));
    } else if (line.starts_with("stat::number_of_executed_units:")) {
      result.executions = std::max(result.executions, NumberAfter(line, "units:"));
    } else if (line.starts_with("INFO: Loaded ")) {
      result.instrumented = result.instrumented || NumberAfter(line, "modules   (") > 0 ||
                            line.find("inline 8-bit counters") != std::string_view::npos;
    }
  }
  return result;
}

std::string HintOfArtifact(std::string_view file_name) {
  struct Prefix {
    std::string_view prefix;
    std::string_view hint;
  };
  static constexpr std::array kPrefixes = {Prefix{"timeout-", "hang"}, Prefix{"oom-", "oom"},
                                           Prefix{"leak-", "leak"}, Prefix{"slow-unit-", "slow"}};
  for (const Prefix& known : kPrefixes) {
    if (file_name.starts_with(known.prefix)) return std::string(known.hint);
  }
  return "crash";
}

}  // namespace percuss::campaign
