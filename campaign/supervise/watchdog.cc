// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/watchdog.h"

#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "campaign/supervise/input_clock.h"
#include "campaign/supervise/process.h"
#include "campaign/supervise/process_tree.h"
#include "campaign/supervise/time_use.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kLookAtEngineEveryNs = 500 * kNsPerMs;
constexpr int64_t kArtifactAllowanceNs = 1000 * kNsPerMs;
constexpr uint64_t kLargestInput = uint64_t{64} << 20;

int64_t Now() { return common::SystemClock().MonotonicNs(); }

bool Lives(pid_t pid) {
  const char state = ProcessState(pid);
  return state != '\0' && state != 'Z' && state != 'X';
}

// The test case that afl-fuzz shares with its target: a length of four bytes, then the bytes.
std::optional<std::string> InputSharedByAfl(pid_t pid) {
  const std::string id = EnvironmentOf(pid, "__AFL_SHM_FUZZ_ID");
  int number = -1;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (id.empty() || error != std::errc() || end != id.data() + id.size()) return std::nullopt;
  shmid_ds info{};
  if (shmctl(number, IPC_STAT, &info) != 0) return std::nullopt;
  const void* map = shmat(number, nullptr, SHM_RDONLY);
  if (reinterpret_cast<intptr_t>(map) == -1) return std::nullopt;
  uint32_t size = 0;
  std::optional<std::string> input;
  if (info.shm_segsz > sizeof size) {
    std::memcpy(&size, map, sizeof size);
    const auto* bytes = static_cast<const char*>(map) + sizeof size;
    if (size != 0 && size <= info.shm_segsz - sizeof size) input.emplace(bytes, size);
  }
  shmdt(map);
  return input;
}

std::optional<std::string> InputInFile(const std::filesystem::path& path) {
  if (path.empty()) return std::nullopt;
  auto bytes = common::ReadFile(path, kLargestInput);
  // AFL++ leaves the file empty when it shares memory instead.
  if (!bytes || bytes->empty()) return std::nullopt;
  return std::move(*bytes);
}

struct EngineWatch {
  explicit EngineWatch(WatchedEngine watched) : engine(std::move(watched)) {
    const HeartbeatSnapshot seen = engine.heartbeat->Read();
    sequence = seen.sequence;
    pid = static_cast<pid_t>(seen.pid);
  }

  WatchedEngine engine;
  uint64_t sequence = 0;
  pid_t pid = 0;
  int64_t begin_ns = Now();        // of the input, as first seen
  int64_t progress_ns = begin_ns;  // when the heartbeat last moved
  int64_t look_at_engine_ns = 0;
  InputClock clock;     // of the input
  bool judged = false;  // the input of this sequence number
  bool told_slow = false;
  bool patient = true;  // this input has its whole limit, flood or not
  bool counted = false;
  pid_t kill_pid = 0;  // after SIGABRT
  int64_t kill_at_ns = 0;
};

// Of one engine, through all its restarts.
struct Flood {
  int64_t hangs = 0;
  int64_t long_inputs = 0;
  int64_t cut_short = 0;
};

// Runs what it is given, in order, on its own thread. The destructor runs the rest.
class Teller {
 public:
  Teller() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Tell(std::function<void()> what) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(what));
    ++given_;
    changed_.notify_all();
  }

  // Until all is told that was given before the call.
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, last = given_] { return told_ >= last; });
  }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !queue_.empty(); })) {
      const auto what = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      what();
      lock.lock();
      ++told_;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> queue_;
  uint64_t given_ = 0;
  uint64_t told_ = 0;
  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace

struct InputWatchdog::State {
  OnHang on_hang;
  OnStall on_stall;
  OnSlow on_slow;
  mutable std::mutex mutex;
  std::condition_variable stopping;
  std::map<std::string, EngineWatch> watches;
  std::map<std::string, Flood> floods;
  std::set<std::string> cut_short;  // digests of inputs
  std::set<std::string> hung;       // the same; an empty one where there were no bytes
  int64_t hangs = 0;
  Teller teller;
  bool stop = false;
  std::vector<std::thread> threads;

  void Run(size_t number);
  void Look(EngineWatch& watch);
  void JudgeInput(EngineWatch& watch, const HeartbeatSnapshot& seen, int64_t now);
  void LookAtEngine(EngineWatch& watch, int64_t now, bool idle);
  bool CutShort(EngineWatch& watch, const HeartbeatSnapshot& seen, int64_t counted_ns);
  void TellSlow(EngineWatch& watch, const HeartbeatSnapshot& seen) const;
  void Hang(EngineWatch& watch, const HeartbeatSnapshot& seen, HangSighting sighting);
};

InputWatchdog::InputWatchdog(OnHang on_hang, OnStall on_stall, OnSlow on_slow)
    : state_(std::make_unique<State>()) {
  state_->on_hang = std::move(on_hang);
  state_->on_stall = std::move(on_stall);
  state_->on_slow = std::move(on_slow);
  constexpr size_t kWatchers = 2;
  for (size_t i = 0; i < kWatchers; ++i) {
    state_->threads.emplace_back([state = state_.get(), i] { state->Run(i); });
  }
}

InputWatchdog::~InputWatchdog() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->stopping.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void InputWatchdog::Watch(const WatchedEngine& engine) {
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->watches.find(engine.id);
  if (known == state_->watches.end() || known->second.engine.heartbeat != engine.heartbeat) {
    state_->watches.insert_or_assign(engine.id, EngineWatch(engine));
    return;
  }
  known->second.engine = engine;
  known->second.progress_ns = Now();
  known->second.kill_pid = 0;
}

void InputWatchdog::Forget(const std::string& id) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->watches.erase(id);
  }
  state_->teller.Wait();
}

int64_t InputWatchdog::Hangs() const {
  const std::lock_guard lock(state_->mutex);
  return state_->hangs;
}

int64_t InputWatchdog::CutShort(const std::string& id) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->floods.find(id);
  return found == state_->floods.end() ? 0 : found->second.cut_short;
}

bool InputWatchdog::WasCutShort(const std::string& input) const {
  const std::lock_guard lock(state_->mutex);
  return !state_->cut_short.empty() && state_->cut_short.contains(common::Sha256Hex(input));
}

bool InputWatchdog::MayHaveHung(const std::string& input) const {
  const std::lock_guard lock(state_->mutex);
  return state_->hung.contains("") || state_->hung.contains(common::Sha256Hex(input));
}

// The calling thread, on the processor of that number among those that we may use.
void StayOnProcessor(size_t number) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || number-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

void InputWatchdog::State::Run(size_t number) {
  StayOnProcessor(number);
  // A look takes microseconds and must come first on a host that a target keeps busy. Without the
  // right to it the judgement is merely late.
  const sched_param first{1};
  constexpr int kAhead = -10;
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &first) != 0) {
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kAhead);
  }
  std::unique_lock lock(mutex);
  while (!stop) {
    for (auto& [id, watch] : watches) Look(watch);
    stopping.wait_for(lock, std::chrono::milliseconds(kWatchdogPollMs));
  }
}

void InputWatchdog::State::Look(EngineWatch& watch) {
  const int64_t now = Now();
  if (watch.kill_pid != 0 && now >= watch.kill_at_ns) {
    if (DescendsFrom(watch.kill_pid, watch.engine.engine_pid)) KillWithDescendants(watch.kill_pid);
    watch.kill_pid = 0;
  }
  const HeartbeatSnapshot seen = watch.engine.heartbeat->Read();
  const auto pid = static_cast<pid_t>(seen.pid);
  if (seen.sequence != watch.sequence || pid != watch.pid) {
    watch.sequence = seen.sequence;
    watch.pid = pid;
    watch.begin_ns = watch.progress_ns = now;
    if (seen.running) watch.clock.Begin(pid, now);
    watch.judged = watch.told_slow = watch.counted = false;
  } else if (seen.running && !watch.judged && watch.engine.engine_pid != 0) {
    JudgeInput(watch, seen, now);
  }
  if (now < watch.look_at_engine_ns) return;
  watch.look_at_engine_ns = now + kLookAtEngineEveryNs;
  LookAtEngine(watch, now, !seen.running || !Lives(pid));
}

void InputWatchdog::State::JudgeInput(EngineWatch& watch, const HeartbeatSnapshot& seen,
                                      int64_t now) {
  const WatchLimits& limits = watch.engine.limits;
  // An engine that is watched anew is in the middle of an input.
  if (watch.clock.Pid() != watch.pid) watch.clock.Begin(watch.pid, watch.begin_ns);
  watch.clock.Look(now);
  HangSighting sighting;
  sighting.wall_ns = watch.clock.WallNs();
  sighting.cpu_ns = watch.clock.CpuNs();
  const int64_t counted_ns = watch.clock.OwnNs();
  if (limits.slow_ms > 0 && counted_ns > limits.slow_ms * kNsPerMs) TellSlow(watch, seen);
  if (CutShort(watch, seen, counted_ns)) return;
  const bool over_wall = counted_ns > limits.wall_ms * kNsPerMs;
  sighting.by_cpu = !over_wall && limits.cpu_ms > 0 && sighting.cpu_ns > limits.cpu_ms * kNsPerMs;
  if (!over_wall && !sighting.by_cpu) return;
  watch.judged = true;
  // Dead in the middle of an input: a crash, which the engine sees.
  if (!Lives(watch.pid)) return;
  Hang(watch, seen, std::move(sighting));
}

bool InputWatchdog::State::CutShort(EngineWatch& watch, const HeartbeatSnapshot& seen,
                                    int64_t counted_ns) {
  const int64_t limit_ms = watch.engine.limits.wall_ms;
  Flood& flood = floods[watch.engine.id];
  const int64_t cut_ns = std::max(limit_ms / kCutShare, kLeastCutMs) * kNsPerMs;
  if (flood.hangs < kFloodHangs || counted_ns < cut_ns) return false;
  if (!watch.counted) {
    watch.counted = true;
    watch.patient = flood.long_inputs++ % kFloodShare == 0;
  }
  const auto input = watch.engine.heartbeat->CurrentInput();
  // Without its bytes nobody could tell later that it is no hang.
  if (watch.patient || !input || watch.engine.heartbeat->Read().sequence != seen.sequence ||
      !DescendsFrom(watch.pid, watch.engine.engine_pid)) {
    return false;
  }
  watch.judged = true;
  ++flood.cut_short;
  cut_short.insert(common::Sha256Hex(*input));
  TellSlow(watch, seen);
  KillWithDescendants(watch.pid);
  return true;
}

void InputWatchdog::State::TellSlow(EngineWatch& watch, const HeartbeatSnapshot& seen) const {
  if (watch.told_slow || !on_slow) return;
  watch.told_slow = true;
  const auto input = watch.engine.heartbeat->CurrentInput();
  if (input && watch.engine.heartbeat->Read().sequence == seen.sequence) {
    on_slow(watch.engine.id, *input);
  }
}

void InputWatchdog::State::Hang(EngineWatch& watch, const HeartbeatSnapshot& seen,
                                HangSighting sighting) {
  const WatchedEngine& engine = watch.engine;
  sighting.engine_id = engine.id;
  sighting.sequence = seen.sequence;
  // The pid is the target's word: whoever it names must be below the engine.
  sighting.pid = DescendsFrom(watch.pid, engine.engine_pid) ? watch.pid : engine.engine_pid;
  sighting.input = engine.heartbeat->CurrentInput();
  if (!sighting.input) sighting.input = InputSharedByAfl(sighting.pid);
  if (!sighting.input) sighting.input = InputInFile(engine.current_input_path);
  sighting.time_use = LookAtTimeUse(watch.clock);
  // It may have ended while we looked: then it was slow, and the engine goes on with another input.
  if (engine.heartbeat->Read().sequence != seen.sequence) return;
  const int64_t since_look_ns = Now() - watch.begin_ns - sighting.wall_ns;
  sighting.judged_after_ns = watch.clock.OwnNs() + std::max<int64_t>(0, since_look_ns);
  hung.insert(sighting.input ? common::Sha256Hex(*sighting.input) : "");
  ++hangs;
  ++floods[engine.id].hangs;
  if (engine.abort_before_kill) {
    kill(sighting.pid, SIGABRT);
    watch.kill_pid = sighting.pid;
    watch.kill_at_ns = Now() + kArtifactAllowanceNs;
  } else {
    KillWithDescendants(sighting.pid);
  }
  if (on_hang) teller.Tell([this, told = std::move(sighting)] { on_hang(told); });
}

void InputWatchdog::State::LookAtEngine(EngineWatch& watch, int64_t now, bool idle) {
  const WatchedEngine& engine = watch.engine;
  if (engine.engine_pid == 0) return;
  const char state = ProcessState(engine.engine_pid);
  if (state == '\0' || state == 'Z' || state == 'X') return;  // its driver will see
  StallSighting sighting;
  sighting.engine_id = engine.id;
  sighting.idle_ns = now - watch.progress_ns;
  sighting.engine_stopped = state == 'T';
  const bool stalled = idle && engine.limits.stalled_ms > 0 &&
                       sighting.idle_ns > engine.limits.stalled_ms * kNsPerMs;
  if (sighting.engine_stopped) kill(engine.engine_pid, SIGCONT);
  if (!stalled && !sighting.engine_stopped) return;
  if (on_stall) teller.Tell([this, told = std::move(sighting)] { on_stall(told); });
  watch.progress_ns = now;
}

std::filesystem::path WatchPreloadLibrary() { return PreloadLibrary("libpercuss_watch.so"); }

std::filesystem::path PreloadLibrary(const std::string& name) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  for (const char* beside : {"../lib", "../lib/percuss"}) {
    const auto path = (program.parent_path() / beside / name).lexically_normal();
    if (!error && std::filesystem::is_regular_file(path, error)) return path;
  }
  return {};
}

}  // namespace percuss::campaign
