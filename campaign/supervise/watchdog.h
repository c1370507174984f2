// SPDX-License-Identifier: Apache-2.0
//
// Judges every input of running engines by its own time (own_time.h) and cpu time from outside, on
// CLOCK_MONOTONIC, whatever the engine's own timers do. Two threads, each on a processor of its own
// where there are two (a host of virtual machines may take one away for a while), look at each
// engine's heartbeat every kWatchdogPollMs; the process of an input over a limit is killed, and the
// input handed to the callback. The engine or its driver then goes on.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "campaign/supervise/heartbeat_file.h"
#include "common/model/finding.h"

namespace percuss::campaign {

constexpr int64_t kWatchdogPollMs = 5;

// An engine that has met so many hangs meets hundreds more, and each takes its whole limit. From
// then on inputs are cut short at a tenth of the limit, all but one of kFloodShare.
constexpr int64_t kFloodHangs = 20;
constexpr int64_t kFloodShare = 20;
constexpr int64_t kCutShare = 10;
constexpr int64_t kLeastCutMs = 20;

struct WatchLimits {
  int64_t wall_ms = 1000;  // as slow_ms without what the host withheld (own_time.h)
  int64_t cpu_ms = 0;      // 0: no limit
  int64_t slow_ms = 0;     // an input that runs for so long, within the limits, is told; 0: never
  int64_t stalled_ms = 30000;  // without any input while the engine lives; 0: never said
};

struct WatchedEngine {
  std::string id;
  // The process that we spawned; what is killed must descend from it. 0: it is about to start; its
  // inputs' begins are seen, and judged once the pid is known.
  pid_t engine_pid = 0;
  const HeartbeatFile* heartbeat = nullptr;  // outlives the watch
  // The file in which the engine keeps the current input, for binaries without the SDK (AFL++:
  // <instance>/.cur_input).
  std::filesystem::path current_input_path;
  // The heartbeat comes from the preload library, which sees libFuzzer's clock readings but not the
  // bytes: the process gets SIGABRT first, so that libFuzzer writes its artifact, and SIGKILL after
  // a second.
  bool abort_before_kill = false;
  WatchLimits limits;
};

struct HangSighting {
  std::string engine_id;
  std::optional<std::string> input;  // nothing when the engine's own artifact must serve
  pid_t pid = 0;
  uint64_t sequence = 0;
  bool by_cpu = false;  // over the cpu limit; otherwise over the wall limit
  int64_t wall_ns = 0;  // of the input, when judged
  int64_t cpu_ns = 0;
  common::TimeUse time_use;     // just before the kill
  int64_t judged_after_ns = 0;  // own time, from the input's begin as first seen to the verdict
};

struct StallSighting {
  std::string engine_id;
  int64_t idle_ns = 0;
  bool engine_stopped = false;  // by SIGSTOP; it got SIGCONT
};

// OnHang and OnStall run on a thread of their own, in order: a disk that takes its time to journal
// one input delays the judgement of no other. OnSlow runs on a watching thread, before
// the kill, and must not block. None may call the watchdog.
class InputWatchdog {
 public:
  using OnHang = std::function<void(const HangSighting&)>;
  using OnStall = std::function<void(const StallSighting&)>;
  // An input that takes longer than slow_ms, while it runs, or is cut short; only where the SDK
  // tells its bytes.
  using OnSlow = std::function<void(const std::string& engine_id, const std::string& input)>;

  explicit InputWatchdog(OnHang on_hang, OnStall on_stall = {}, OnSlow on_slow = {});
  InputWatchdog(const InputWatchdog&) = delete;
  InputWatchdog& operator=(const InputWatchdog&) = delete;
  ~InputWatchdog();

  // Thread-safe. Watching an id again with the same heartbeat goes on (an engine that was
  // restarted); with another one it begins anew.
  void Watch(const WatchedEngine& engine);
  void Forget(const std::string& id);  // returns when all that was seen of it has been told
  [[nodiscard]] int64_t Hangs() const;
  // Inputs of the engine that were killed before the limit in a flood of hangs.
  [[nodiscard]] int64_t CutShort(const std::string& id) const;
  [[nodiscard]] bool WasCutShort(const std::string& input) const;
  // Whether it was killed over a limit; true as well when there was a hang whose bytes nobody saw.
  [[nodiscard]] bool MayHaveHung(const std::string& input) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The preload library that writes the heartbeat for binaries without the SDK; empty when it was not
// built. `binary` must be dynamically linked for it to work.
[[nodiscard]] std::filesystem::path WatchPreloadLibrary();
// A preload library of ours by its file's name; empty likewise.
[[nodiscard]] std::filesystem::path PreloadLibrary(const std::string& name);

}  // namespace percuss::campaign
