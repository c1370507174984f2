// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/aflpp.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "campaign/engine/board_target.h"
#include "campaign/engine/engine_log.h"
#include "campaign/engine/engine_process.h"
#include "campaign/engine/folder_watch.h"
#include "campaign/engine/mutator_libraries.h"
#include "campaign/engine/program_target.h"
#include "campaign/supervise/own_time.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"

namespace percuss::campaign {
namespace {

using common::Status;
namespace stdfs = std::filesystem;

// A target that kills its own process group or its parent takes afl-fuzz down with it; it may do so
// this often.
constexpr int64_t kMostRestarts = 50;
constexpr const char* kQemuBoard = "qemu-board";
constexpr const char* kQemuUser = "qemu-user";

class AflppEngine final : public Engine {
 public:
  AflppEngine(EngineSetup setup, std::string name, const std::string& role)
      : name_(std::move(name)),
        setup_(std::move(setup)),
        instance_(fmt::format("aflpp{}", setup_.instance)),
        home_(setup_.folder / instance_),
        offered_(setup_.folder / "offered" / "queue"),
        process_(setup_, role),
        new_queue_(home_ / "queue"),
        new_crashes_(home_ / "crashes"),
        new_hangs_(home_ / "hangs") {}

  const std::string& Name() const override { return name_; }

  Status Start() override {
    if (auto made = common::MakeFolder(offered_); !made) return made;
    std::map<std::string, std::string> environment = {
        {"AFL_NO_UI", "1"},
        {"AFL_SKIP_CPUFREQ", "1"},
        {"AFL_NO_AFFINITY", "1"},
        {"AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "1"},
        {"AFL_SYNC_TIME", "1"},
        {"AFL_AUTORESUME", "1"},
        {"AFL_CMPLOG_ONLY_NEW", "1"},
        {"AFL_IMPORT_FIRST", "1"},
        {"AFL_HANG_TMOUT", std::to_string(MostInputMs())},
        {"AFL_FORKSRV_INIT_TMOUT", "30000"},
    };
    if (auto placed = PlaceTarget(environment); !placed) return placed;
    if (auto used = UseModel(environment); !used) return used;
    process_.SetEnvironment(environment);
    record_.engine = name_;
    record_.seed = setup_.seed;
    record_.argv = Argv();
    process_.SetCurrentInputFile(home_ / ".cur_input");
    // A run that is resumed goes on in the files of the earlier one, and with its counts.
    earlier_executions_ = ExecutionsInFiles();
    started_ns_ = common::SystemClock().MonotonicNs();
    MoveEarlierAway();
    Status started = process_.Start(record_.argv);
    record_.environment = process_.Environment();
    return started;
  }

  EngineState Poll() override {
    EngineState state;
    state.failure = failure_;
    if (!failure_.empty() || stopped_) return state;
    if (auto ended = process_.Poll()) OnEnd(*ended);
    ReadPlot();
    state.running = failure_.empty();
    state.failure = failure_;
    state.executions = Executions();
    state.began = state.executions > 0 || !process_.TellsInputs();
    state.edges = plot_.edges;
    state.corpus = plot_.corpus;
    state.restarts = record_.restarts;
    state.last_find_s = last_find_s_;
    return state;
  }

  std::vector<RawSighting> TakeSightings() override {
    std::vector<RawSighting> sightings;
    for (const auto& file : WithEarlier(earlier_crashes_, TakeFrom(new_crashes_))) {
      const std::string name = file.filename().string();
      if (!name.starts_with("id:")) continue;
      // Signal 9 is our watchdog's work: it has seen the hang and says so itself, this is the
      // engine's copy.
      const bool killed = name.find(",sig:09") != std::string::npos;
      if (killed && (WasCutShort(file) || RunsAgain(file))) continue;
      sightings.push_back({killed ? "hang" : "crash", file, "", process_.HistoryBefore(file)});
    }
    for (const auto& file : WithEarlier(earlier_hangs_, TakeFrom(new_hangs_))) {
      if (file.filename().string().starts_with("id:")) sightings.push_back({"hang", file, "", {}});
    }
    return sightings;
  }

  // Only what it found itself: seeds and what came from others are known to them.
  std::vector<stdfs::path> TakeNewCorpus() override {
    std::vector<stdfs::path> fresh;
    for (const auto& file : TakeFrom(new_queue_)) {
      const std::string name = file.filename().string();
      if (name.starts_with("id:") && name.find(",sync:") == std::string::npos &&
          name.find(",orig:") == std::string::npos) {
        fresh.push_back(file);
      }
    }
    if (!fresh.empty()) last_find_s_ = ElapsedS();
    return fresh;
  }

  Status Offer(const stdfs::path& input) override {
    const auto path = offered_ / fmt::format("id:{:06},orig:offered", offers_++);
    return common::CopyFile(input, path);
  }

  std::vector<stdfs::path> CorpusFiles() const override {
    auto files = common::ListFiles(home_ / "queue");
    std::erase_if(files,
                  [](const stdfs::path& f) { return !f.filename().string().starts_with("id:"); });
    return files;
  }

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    if (auto ended = process_.Stop()) record_.cpu_ns += ended->cpu_ns;
    plot_read_ns_ = 0;
    ReadPlot();
    const std::string stats = Stats();
    plot_.executions =
        std::max(plot_.executions, static_cast<int64_t>(ReadAflStat(stats, "execs_done")));
    record_.executions = Executions();
    record_.edges = std::max(plot_.edges, static_cast<int64_t>(ReadAflStat(stats, "edges_found")));
    record_.corpus = static_cast<int64_t>(CorpusFiles().size());
    record_.stability_percent = ReadAflStat(stats, "stability");
    record_.last_find_s = static_cast<int64_t>(last_find_s_);
    record_.wall_ns = common::SystemClock().MonotonicNs() - started_ns_;
    record_.curve.push_back(
        {static_cast<int64_t>(ElapsedS()), record_.executions, record_.edges, record_.corpus});
    record_.stop_reason = failure_;
  }

  common::EngineRun Record() const override { return record_; }
  common::Result<EdgeTally> Tally() const override { return process_.Tally(); }
  std::string LogTail() const override { return process_.LogTail(); }

  ~AflppEngine() override { AflppEngine::Stop(); }
  AflppEngine(const AflppEngine&) = delete;
  AflppEngine& operator=(const AflppEngine&) = delete;

 private:
  // At which our watchdog has judged an input, however busy the host is.
  int64_t MostInputMs() const {
    const int64_t limit_ms = setup_.target->limits.input_ms;
    return name_ == "aflpp" ? limit_ms : limit_ms * kMostWithheldShare;
  }

  std::vector<std::string> Argv() const {
    const TargetSpec& target = *setup_.target;
    std::vector<std::string> argv = {"afl-fuzz", "-i", setup_.seeds.string(), "-o",
                                     setup_.folder.string(), "-S", instance_, "-m", "none",
                                     // Behind our own watchdog, which judges at the limit.
                                     "-t", std::to_string(MostInputMs() + 250), "-s",
                                     std::to_string(setup_.seed + setup_.instance)};
    if (!target.dictionary.empty()) {
      argv.insert(argv.end(), {"-x", target.dictionary.string()});
    }
    if (const auto cmplog = target.binaries.find("aflpp_cmplog"); cmplog != target.binaries.end()) {
      argv.insert(argv.end(), {"-c", cmplog->second.string()});
    } else if (name_ == kQemuBoard) {  // the same once more: our plugin sees what it is there for
      argv.insert(argv.end(), {"-c", target_argv_.front()});
    }
    if (most_input_bytes_ != 0) {
      argv.insert(argv.end(), {"-G", std::to_string(most_input_bytes_)});
    }
    argv.emplace_back("--");
    argv.insert(argv.end(), target_argv_.begin(), target_argv_.end());
    return argv;
  }

  // What afl-fuzz runs.
  Status PlaceTarget(std::map<std::string, std::string>& environment) {
    const auto& binaries = setup_.target->binaries;
    if (name_ == "aflpp") {
      target_argv_ = {binaries.at("aflpp").string()};
      if (!setup_.target->rehost.firmware.empty()) return UseStreams(environment);
      return {};
    }
    auto command = name_ == kQemuUser
                       ? FuzzedProgram(binaries.at("program"), setup_.target->program)
                       : FuzzedBoard(binaries.at("firmware"), binaries.at("board"));
    if (!command) return tl::make_unexpected(command.error());
    target_argv_ = std::move(command->argv);
    most_input_bytes_ = command->most_input_bytes;
    environment.merge(command->environment);
    environment["PERCUSS_BOARD_INPUT"] = (home_ / ".cur_input").string();
    if (name_ == kQemuBoard) UseSmallSteps(environment);
    return {};
  }

  // Inputs cost milliseconds here, and AFL++'s own mutations and trimming take thousands for each
  // that it keeps. Its comparisons are worth the time for seeds, too.
  void UseSmallSteps(std::map<std::string, std::string>& environment) const {
    environment.erase("AFL_CMPLOG_ONLY_NEW");
    environment["AFL_DISABLE_TRIM"] = "1";
    environment["AFL_FAST_CAL"] = "1";
    const auto mutator = SmallStepsMutator();
    if (mutator.empty()) return;
    environment["AFL_CUSTOM_MUTATOR_LIBRARY"] = mutator.string();
    environment["AFL_CUSTOM_MUTATOR_ONLY"] = "1";
    environment["PERCUSS_STEPS_DICTIONARY"] = setup_.target->dictionary.string();
  }

  // Firmware on the fast core: bytes of streams, not of what is about them, and trimmed as what was
  // read of each.
  Status UseStreams(std::map<std::string, std::string>& environment) const {
    if (!setup_.target->rehost.aflpp_streams) return {};
    const auto mutator = StreamsMutator();
    if (mutator.empty()) {
      return common::Fail(common::ErrorCode::kUnavailable,
                          "the mutator for streams (lib/libpercuss_streams.so) is not beside "
                          "percuss: build the default preset");
    }
    environment["AFL_DISABLE_TRIM"] = "1";
    environment["AFL_CUSTOM_MUTATOR_LIBRARY"] = mutator.string();
    environment["AFL_CUSTOM_MUTATOR_ONLY"] = "1";
    environment["PERCUSS_REHOST_PROGRAM"] = target_argv_.front();
    return {};
  }

  // Beside AFL++'s own stages, and beside small steps where inputs are dear.
  Status UseModel(std::map<std::string, std::string>& environment) const {
    const stdfs::path& model = setup_.target->model;
    if (!setup_.target->along_model) return {};
    const auto mutator = ModelMutator();
    if (mutator.empty()) {
      return common::Fail(
          common::ErrorCode::kUnavailable,
          "the mutator for protocol models (lib/libpercuss_model.so) is not beside percuss: "
          "build the default preset");
    }
    std::string& libraries = environment["AFL_CUSTOM_MUTATOR_LIBRARY"];
    libraries += (libraries.empty() ? "" : ";") + mutator.string();
    environment["PERCUSS_MODEL"] = model.string();
    environment.merge(MessageEnvironment(setup_.target->rehost));
    return {};
  }

  void OnEnd(const ExitStatus& ended) {
    record_.cpu_ns += ended.cpu_ns;
    std::error_code ignored;
    // It writes plot_data once its dry run is over.
    const bool had_started = stdfs::exists(home_ / "plot_data", ignored);
    if (!had_started || record_.restarts >= kMostRestarts) {
      failure_ = fmt::format(
          "afl-fuzz ended with {} {}{}: {}", ended.exited ? "exit code" : "signal",
          ended.exited ? ended.code : ended.signal,
          ended.kill_reason.empty() ? "" : " (" + ended.kill_reason + ")", WhyItEnded(LogTail()));
      return;
    }
    ++record_.restarts;
    MoveEarlierAway();
    if (auto started = process_.Start(record_.argv); !started) failure_ = started.error().Text();
  }

  // When afl-fuzz starts again it moves what it found before to a folder of another name, at a time
  // that we do not know. We do that first, and keep what was not taken yet.
  void MoveEarlierAway() {
    earlier_crashes_ = WithEarlier(earlier_crashes_, MoveAway("crashes", new_crashes_));
    earlier_hangs_ = WithEarlier(earlier_hangs_, MoveAway("hangs", new_hangs_));
  }

  std::vector<stdfs::path> MoveAway(const std::string& name, FolderWatch& watch) const {
    std::vector<stdfs::path> files = watch.TakeRest();
    if (files.empty()) return files;
    std::error_code error;
    stdfs::path aside;
    for (int number = 0; aside.empty() || stdfs::exists(aside, error); ++number) {
      aside = home_ / fmt::format("{}.before-{}", name, number);
    }
    stdfs::rename(home_ / name, aside, error);
    if (error) return files;
    for (auto& file : files) file = aside / file.filename();
    watch = FolderWatch(home_ / name);
    return files;
  }

  static std::vector<stdfs::path> WithEarlier(std::vector<stdfs::path>& earlier,
                                              const std::vector<stdfs::path>& files) {
    std::vector<stdfs::path> all = std::exchange(earlier, {});
    all.insert(all.end(), files.begin(), files.end());
    return all;
  }

  void ReadPlot() {
    const int64_t now = common::SystemClock().MonotonicNs();
    if (now - plot_read_ns_ < 1'000'000'000) return;
    plot_read_ns_ = now;
    const auto text = common::ReadFile(home_ / "plot_data");
    if (text) {
      const AflPlot plot = ReadAflPlot(*text);
      plot_ = {std::max(plot_.executions, plot.executions), std::max(plot_.edges, plot.edges),
               std::max(plot_.corpus, plot.corpus)};
    }
    const auto elapsed_s = static_cast<int64_t>(ElapsedS());
    // Until its first statistics nobody knows.
    if (plot_.corpus == 0) return;
    if (record_.curve.empty() ||
        elapsed_s >= record_.curve.back().elapsed_s + CurveStepS(elapsed_s)) {
      record_.curve.push_back({elapsed_s, Executions(), plot_.edges, plot_.corpus});
    }
  }

  int64_t ExecutionsInFiles() const {
    const auto plot = common::ReadFile(home_ / "plot_data");
    return std::max(plot ? ReadAflPlot(*plot).executions : 0,
                    static_cast<int64_t>(ReadAflStat(Stats(), "execs_done")));
  }

  // This run's.
  int64_t Executions() const {
    return std::max(plot_.executions - earlier_executions_, process_.Beats());
  }

  std::vector<stdfs::path> TakeFrom(FolderWatch& watch) const {
    return stopped_ ? watch.TakeRest() : watch.TakeNew();
  }

  bool WasCutShort(const stdfs::path& file) const {
    const auto bytes = common::ReadFile(file);
    return bytes && setup_.watchdog->WasCutShort(*bytes);
  }

  // Nothing that firmware does ends its emulator by signal 9. Where we did not either, somebody
  // else did (the kernel, out of memory), and the input has not shown yet what it does.
  bool RunsAgain(const stdfs::path& file) {
    const auto bytes = common::ReadFile(file);
    if (name_ != kQemuBoard || !bytes || setup_.watchdog->MayHaveHung(*bytes)) return false;
    common::LogWarning("{}: an emulator was killed from outside; its input runs again", setup_.id);
    return Offer(file).has_value();
  }

  std::string Stats() const { return common::ReadFile(home_ / "fuzzer_stats").value_or(""); }

  double ElapsedS() const {
    return static_cast<double>(common::SystemClock().MonotonicNs() - started_ns_) * 1e-9;
  }

  const std::string name_;
  EngineSetup setup_;
  std::string instance_;
  std::vector<std::string> target_argv_;
  int64_t most_input_bytes_ = 0;  // that reach the target; 0: any number
  stdfs::path home_;
  stdfs::path offered_;
  EngineProcess process_;
  FolderWatch new_queue_;
  FolderWatch new_crashes_;
  std::vector<stdfs::path> earlier_crashes_;  // of lives before, not taken yet
  std::vector<stdfs::path> earlier_hangs_;
  FolderWatch new_hangs_;
  common::EngineRun record_;
  AflPlot plot_;
  std::string failure_;
  int64_t offers_ = 0;
  int64_t earlier_executions_ = 0;
  int64_t started_ns_ = 0;
  int64_t plot_read_ns_ = 0;
  double last_find_s_ = -1;
  bool stopped_ = false;
};

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::unique_ptr<Engine> MakeAflpp(EngineSetup setup) {
  return std::make_unique<AflppEngine>(std::move(setup), "aflpp", "aflpp");
}

std::unique_ptr<Engine> MakeQemuBoard(EngineSetup setup) {
  return std::make_unique<AflppEngine>(std::move(setup), kQemuBoard, "firmware");
}

std::unique_ptr<Engine> MakeQemuUser(EngineSetup setup) {
  return std::make_unique<AflppEngine>(std::move(setup), kQemuUser, "program");
}

// Columns, since 4.00: relative_time, cycles_done, cur_item, corpus_count, pending_total,
// pending_favs, map_size, saved_crashes, saved_hangs, max_depth, execs_per_sec, total_execs,
// edges_found.
AflPlot ReadAflPlot(std::string_view plot_data) {
  constexpr size_t kCorpus = 3;
  constexpr size_t kExecutions = 11;
  constexpr size_t kEdges = 12;
  // A line that is still being written has no newline yet.
  const size_t end = plot_data.rfind('\n');
  if (end == std::string_view::npos) return {};
  plot_data = plot_data.substr(0, end);
  const size_t start = plot_data.rfind('\n');
  std::string_view line = start == std::string_view::npos ? plot_data : plot_data.substr(start + 1);
  if (line.starts_with('#')) return {};
  AflPlot plot;
  for (size_t column = 0; !line.empty(); ++column) {
    const size_t comma = std::min(line.find(','), line.size());
    const std::string_view cell = Trimmed(line.substr(0, comma));
    line.remove_prefix(std::min(comma + 1, line.size()));
    int64_t value = 0;
    std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (column == kCorpus) plot.corpus = value;
    if (column == kExecutions) plot.executions = value;
    if (column == kEdges) plot.edges = value;
  }
  return plot;
}

double ReadAflStat(std::string_view fuzzer_stats, std::string_view key) {
  while (!fuzzer_stats.empty()) {
    const size_t end = std::min(fuzzer_stats.find('\n'), fuzzer_stats.size());
    const std::string_view line = fuzzer_stats.substr(0, end);
    fuzzer_stats.remove_prefix(std::min(end + 1, fuzzer_stats.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || Trimmed(line.substr(0, colon)) != key) continue;
    const std::string_view text = Trimmed(line.substr(colon + 1));
    double value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  return -1;
}

}  // namespace percuss::campaign
