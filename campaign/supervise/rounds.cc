// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/rounds.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include "campaign/supervise/preload/count_preload.h"
#include "campaign/supervise/process.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "campaign/supervise/target_process.h"
#include "campaign/supervise/watchdog.h"
#include "common/clock.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::FailErrno;
using common::Result;
using common::Status;

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int kPollMs = 20;
constexpr int64_t kStartMs = 20'000;
constexpr int64_t kTimesLimit = 10;
constexpr size_t kLogTailBytes = size_t{64} << 10;
constexpr size_t kProfileBytes = size_t{64} << 20;
constexpr int64_t kKiB = 1024;

constexpr HeldKind kKinds[kHeldKinds] = {
    {"threads", "threads", "thread-growth", 0},
    {"processes", "processes", "process-growth", 0},
    {"descriptors", "descriptors", "descriptor-growth", 0},
    {"files", "files", "file-growth", 0},
    {"heap_bytes", "bytes", "memory-growth", 0},
    {"mappings", "mappings", "mapping-growth", 2},
    {"mapped_bytes", "bytes", "mapping-growth", 16 * kKiB},
    {"resident_bytes", "bytes", "memory-growth", 16 * kKiB},
};

size_t Index(Held held) { return static_cast<size_t>(held); }

int64_t CountEntries(const stdfs::path& folder) {
  int64_t count = 0;
  std::error_code error;
  for (stdfs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    ++count;
  }
  return error ? -1 : count;
}

int64_t CountChildren(const stdfs::path& tasks) {
  int64_t count = 0;
  std::error_code error;
  for (stdfs::directory_iterator it(tasks, error), end; !error && it != end; it.increment(error)) {
    const auto children = common::ReadFile(it->path() / "children");
    if (children) count += std::count(children->begin(), children->end(), ' ');
  }
  return error ? -1 : count;
}

// The folder of one run: inputs by number, pipes, what the process writes.
class RoundsFolder {
 public:
  RoundsFolder() = default;
  RoundsFolder(const RoundsFolder&) = delete;
  RoundsFolder& operator=(const RoundsFolder&) = delete;
  ~RoundsFolder() {
    for (const int fd : {told_, answers_}) {
      if (fd >= 0) close(fd);
    }
    if (at_ != nullptr) munmap(const_cast<uint64_t*>(at_), sizeof *at_);
  }

  [[nodiscard]] Status Make(const RoundsPlan& plan) {
    auto made = common::TemporaryFolder::Make("percuss-rounds");
    if (!made) return tl::make_unexpected(made.error());
    folder_.emplace(std::move(*made));
    Status done = common::MakeFolder(Inputs());
    if (done) done = common::MakeFolder(Temporary());
    if (done) done = common::WriteFileAtomically(Path() / "at", std::string(sizeof *at_, '\0'));
    if (done) done = LinkInputs(plan);
    if (done) done = OpenPipes();
    return done;
  }

  [[nodiscard]] const stdfs::path& Path() const { return folder_->Path(); }
  [[nodiscard]] stdfs::path Inputs() const { return Path() / "run"; }
  [[nodiscard]] stdfs::path Temporary() const { return Path() / "tmp"; }
  [[nodiscard]] int64_t Begun() const {
    return static_cast<int64_t>(__atomic_load_n(at_, __ATOMIC_RELAXED));
  }

  // What the process says at a stop; nothing within kPollMs. The process is hostile: a torn or
  // foreign message is passed over.
  [[nodiscard]] std::optional<PercussCount> Told() const {
    pollfd waiting{told_, POLLIN, 0};
    if (poll(&waiting, 1, kPollMs) <= 0) return std::nullopt;
    PercussCount told{};
    const ssize_t got = read(told_, &told, sizeof told);
    if (got != static_cast<ssize_t>(sizeof told) || told.magic != PERCUSS_COUNT_MAGIC) {
      return std::nullopt;
    }
    return told;
  }

  void Answer(AfterStop answer) const {
    const char byte = static_cast<char>(answer);
    static_cast<void>(!write(answers_, &byte, 1));
  }

  // Files that the process wrote, by the begin of their names, in order.
  [[nodiscard]] std::vector<std::string> Written(const std::string& begin) const {
    std::map<std::string, stdfs::path> found;
    std::error_code error;
    for (stdfs::directory_iterator it(Path(), error), end; !error && it != end;
         it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.starts_with(begin)) found[name] = it->path();
    }
    std::vector<std::string> texts;
    for (const auto& [name, path] : found) {
      auto text = common::ReadFile(path, kProfileBytes);
      if (text) texts.push_back(std::move(*text));
    }
    return texts;
  }

 private:
  [[nodiscard]] Status LinkInputs(const RoundsPlan& plan) const {
    std::error_code error;
    for (size_t i = 0; i < plan.inputs.size(); ++i) {
      const auto input = stdfs::absolute(plan.inputs[i], error);
      stdfs::create_symlink(input, Inputs() / fmt::format("{}", i), error);
      if (!error) stdfs::create_symlink(input, Inputs() / fmt::format("@{}", i), error);
      if (error) return Fail(ErrorCode::kIo, error.message(), Inputs().string());
    }
    return {};
  }

  // Both ends are ours as well, so that opening never blocks.
  [[nodiscard]] Status OpenPipes() {
    for (const char* name : {"told", "answers"}) {
      if (mkfifo((Path() / name).c_str(), 0600) != 0) return FailErrno(errno, "cannot make a pipe");
    }
    told_ = open((Path() / "told").c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    answers_ = open((Path() / "answers").c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (told_ < 0 || answers_ < 0) return FailErrno(errno, "cannot open a pipe");
    const int fd = open((Path() / "at").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return FailErrno(errno, "cannot open a file");
    void* map = mmap(nullptr, sizeof *at_, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED) return FailErrno(errno, "cannot map a file");
    at_ = static_cast<const uint64_t*>(map);
    return {};
  }

  std::optional<common::TemporaryFolder> folder_;
  int told_ = -1;
  int answers_ = -1;
  const uint64_t* at_ = nullptr;
};

HeldAtStop Count(pid_t pid, const PercussCount& told, const RoundsFolder& folder) {
  HeldAtStop stop;
  stop.held.fill(-1);
  const stdfs::path proc = fmt::format("/proc/{}", pid);
  const auto set = [&stop](Held held, int64_t value) { stop.held[Index(held)] = value; };
  set(Held::kThreads, CountEntries(proc / "task"));
  set(Held::kProcesses, CountChildren(proc / "task"));
  set(Held::kDescriptors, CountEntries(proc / "fd"));
  const int64_t here = CountEntries(folder.Inputs());
  const int64_t temporary = CountEntries(folder.Temporary());
  if (here >= 0 && temporary >= 0) set(Held::kFiles, here + temporary);
  if (told.heap_bytes >= 0) set(Held::kHeapBytes, told.heap_bytes);
  if (const auto maps = common::ReadFile(proc / "maps")) {
    set(Held::kMappings, std::count(maps->begin(), maps->end(), '\n'));
  }
  const int64_t page = sysconf(_SC_PAGESIZE);
  if (const auto statm = common::ReadFile(proc / "statm")) {
    std::istringstream pages(*statm);
    int64_t mapped = 0;
    int64_t resident = 0;
    int64_t of_files = 0;
    if (pages >> mapped >> resident >> of_files) {
      set(Held::kMappedBytes, mapped * page);
      set(Held::kResidentBytes, (resident - of_files) * page);
    }
  }
  stop.exact = told.exact != 0;
  stop.cpu_ns = told.cpu_ns;
  stop.begun = folder.Begun();
  return stop;
}

ProcessSpec SpecFor(const RoundsPlan& plan, const RoundsFolder& folder,
                    const stdfs::path& library) {
  ProcessSpec spec;
  std::error_code error;
  spec.argv = plan.target.argv;
  std::erase(spec.argv, "@@");
  spec.argv[0] = stdfs::absolute(spec.argv[0], error).string();
  if (plan.target.style == "libfuzzer") {
    spec.argv.insert(spec.argv.begin() + 1,
                     {"-timeout=0", "-rss_limit_mb=0", "-malloc_limit_mb=0", "-detect_leaks=0"});
  }
  for (const RoundsPlan::Step& step : plan.steps) {
    spec.argv.push_back(fmt::format("{}{}", step.stop_before ? "@" : "", step.input));
  }
  spec.argv.push_back(fmt::format("@{}", plan.steps.front().input));
  spec.environment = JudgingEnvironment(plan.target.environment, plan.limits.rss_mib);
  for (auto& [name, value] : spec.environment) {
    if (name.ends_with("SAN_OPTIONS")) value += ":symbolize=0";
  }
  spec.environment["ASAN_OPTIONS"] +=
      ":detect_leaks=0:quarantine_size_mb=0:thread_local_quarantine_size_kb=0:"
      "detect_stack_use_after_return=0";
  const std::string theirs = spec.environment["LD_PRELOAD"];
  spec.environment["LD_PRELOAD"] = library.string() + (theirs.empty() ? "" : ":" + theirs);
  spec.environment[PERCUSS_ROUNDS_ENV] = folder.Path().string();
  spec.environment["TMPDIR"] = folder.Temporary().string();
  spec.folder = folder.Inputs();
  spec.capture_output = true;
  constexpr int64_t kFileMib = 256;
  spec.limits.file_size_mib = kFileMib;
  // What is opened and never closed should be counted, not refused.
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max != RLIM_INFINITY) {
    spec.limits.open_files = static_cast<int64_t>(files.rlim_max);
  }
  return spec;
}

// What another thread of the process holds for a moment only, as a sanitizer's does that reads how
// much memory is resident, is not kept: what is more than at the stop before is counted again, and
// the least of the counts is taken. What rises all the time is not waited for for ever.
class SettledCount {
 public:
  HeldAtStop operator()(const std::function<HeldAtStop()>& count) {
    HeldAtStop stop = count();
    for (auto wait = kFirstWait; wait <= kLastWait && Rises(stop); wait *= 2) {
      std::this_thread::sleep_for(wait);
      waited_ += wait;
      TakeLeast(count(), stop);
    }
    before_ = stop.held;
    return stop;
  }

 private:
  static constexpr Held kMomentary[] = {Held::kThreads, Held::kProcesses, Held::kDescriptors,
                                        Held::kFiles};
  static constexpr std::chrono::milliseconds kFirstWait{1};
  static constexpr std::chrono::milliseconds kLastWait{64};
  static constexpr std::chrono::milliseconds kMostWaited{2000};

  [[nodiscard]] bool Rises(const HeldAtStop& stop) const {
    return waited_ < kMostWaited &&
           std::any_of(std::begin(kMomentary), std::end(kMomentary),
                       [&](Held held) { return stop.held[Index(held)] > before_[Index(held)]; });
  }

  // Of the heap the process told once.
  static void TakeLeast(const HeldAtStop& again, HeldAtStop& stop) {
    for (size_t kind = 0; kind < kHeldKinds; ++kind) {
      if (kind == Index(Held::kHeapBytes) || again.held[kind] < 0) continue;
      stop.held[kind] = std::min(stop.held[kind], again.held[kind]);
    }
  }

  std::array<int64_t, kHeldKinds> before_{};
  std::chrono::milliseconds waited_{0};
};

class Rounds {
 public:
  Rounds(const RoundsPlan& plan, const RoundsFolder& folder, Process process)
      : plan_(plan), folder_(folder), process_(std::move(process)) {}

  Result<RoundsEnd> Run(const std::function<AfterStop(const HeldAtStop&)>& on_stop) {
    started_ns_ = progress_ns_ = Now();
    std::optional<ExitStatus> ended;
    bool quit = false;
    while (!(ended = process_.Poll())) {
      if (plan_.cancel != nullptr && *plan_.cancel) {
        process_.KillTree();
        return Fail(ErrorCode::kUnavailable, "interrupted");
      }
      const auto told = folder_.Told();
      if (!told) {
        if (Exceeded()) break;
        continue;
      }
      const HeldAtStop stop = settled_([&] { return Count(process_.Pid(), *told, folder_); });
      const AfterStop answer = on_stop(stop);
      quit = quit || answer == AfterStop::kQuit || answer == AfterStop::kWrite;
      end_.cpu_ns = told->cpu_ns;
      folder_.Answer(answer);
      progress_ns_ = Now();
    }
    if (!ended) {
      process_.KillTree();
      ended = process_.Wait();
    }
    end_.begun = folder_.Begun();
    end_.cpu_ns = std::max(end_.cpu_ns, ended->cpu_ns);
    const bool well = ended->exited && ended->code == 0;
    const auto all = static_cast<int64_t>(plan_.steps.size());
    end_.finished = well && (quit || end_.begun > all);
    end_.log = process_.TakeStdout() + process_.TakeStderr();
    if (end_.log.size() > kLogTailBytes) end_.log.erase(0, end_.log.size() - kLogTailBytes);
    end_.profiles = folder_.Written("heap-");
    const auto sites = folder_.Written("sites");
    if (!sites.empty()) end_.sites = sites.front();
    return std::move(end_);
  }

 private:
  static int64_t Now() { return common::SystemClock().MonotonicNs(); }

  [[nodiscard]] bool Exceeded() {
    if (const int64_t begun = folder_.Begun(); begun != seen_) {
      seen_ = begun;
      progress_ns_ = Now();
    }
    const int64_t allowed_ms =
        seen_ == 0 ? kStartMs : kStartMs / 10 + kTimesLimit * plan_.limits.wall_ms;
    end_.stalled = Now() - progress_ns_ > allowed_ms * kNsPerMs;
    const auto used_ns = CpuTimeNs(process_.Pid());
    end_.over_budget =
        plan_.cpu_budget_ns > 0 && (used_ns.value_or(0) > plan_.cpu_budget_ns ||
                                    Now() - started_ns_ > kWallShare * plan_.cpu_budget_ns);
    return end_.stalled || end_.over_budget;
  }

  const RoundsPlan& plan_;
  const RoundsFolder& folder_;
  Process process_;
  SettledCount settled_;
  RoundsEnd end_;
  int64_t seen_ = 0;
  int64_t started_ns_ = 0;
  int64_t progress_ns_ = 0;
};

}  // namespace

const HeldKind& KindOf(Held held) { return kKinds[Index(held)]; }

Result<RoundsEnd> RunRounds(const RoundsPlan& plan,
                            const std::function<AfterStop(const HeldAtStop&)>& on_stop) {
  if (TakesOne(plan.target)) {
    return Fail(ErrorCode::kUnavailable, "it runs one input in a process");
  }
  if (plan.steps.empty() || plan.steps.size() > kMostSteps) {
    return Fail(ErrorCode::kUnavailable, "there are no inputs, or too many for one command line");
  }
  const auto library = PreloadLibrary("libpercuss_count.so");
  if (library.empty()) {
    return Fail(ErrorCode::kUnavailable, "libpercuss_count.so is not where percuss was installed");
  }
  RoundsFolder folder;
  if (auto made = folder.Make(plan); !made) {
    return tl::make_unexpected(made.error());
  }
  auto process = Process::Spawn(SpecFor(plan, folder, library));
  if (!process) return tl::make_unexpected(process.error());
  return Rounds(plan, folder, std::move(*process)).Run(on_stop);
}

}  // namespace percuss::campaign
