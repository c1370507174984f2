// SPDX-License-Identifier: Apache-2.0
//
// Firmware of a Cortex-M on the fast core (emulation/rehost/core), in this process. The input is
// what peripherals answer. The machine is behind this program's own file, or in the file that
// PERCUSS_MACHINE names. Nothing here is instrumented: the engine is shown the firmware's edges.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "emulation/rehost/core/call_stack.h"
#include "emulation/rehost/core/crash_origin.h"
#include "emulation/rehost/core/crash_rules.h"
#include "emulation/rehost/core/failure_report.h"
#include "emulation/rehost/core/machine.h"
#include "harnesses/rehost/machine_edges.h"
#include "harnesses/rehost/machine_source.h"
#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/properties.h"

namespace {

namespace rehost = percuss::rehost;

constexpr const char* kOwnFile = "/proc/self/exe";

// The counters that the engine looks at, once the machine has started.
struct {
  uint8_t* at = nullptr;
  size_t count = 0;
} engine_edges;

// As many counters as the code may need, and no more: engines look at all of them after each input.
size_t EdgesOf(const rehost::MachineImage& image) {
  constexpr size_t kLeast = 4096;
  constexpr size_t kBytesPerEdge = 8;
  size_t code = 0;
  for (const rehost::Region& region : image.regions) {
    if (region.permissions.execute) code += region.bytes.size();
  }
  size_t edges = kLeast;
  while (edges < percuss_machine_edges_most() && edges * kBytesPerEdge < code) edges *= 2;
  return edges;
}

rehost::Machine* Start() {
  rehost::MachineImage image = rehost::FindMachine(kOwnFile);
  rehost::MachineOptions options;
  options.edge_bytes = EdgesOf(image);
  options.edges = percuss_machine_edges(options.edge_bytes);
  engine_edges = {options.edges, options.edge_bytes};
  auto* machine = new rehost::Machine(std::move(image), options);
  const rehost::Outcome& booted = machine->Boot();
  if (booted.end == rehost::End::kInputUsed) return machine;
  if (rehost::IsFailure(booted.end)) {
    // In other words than a finding's: no input has done that.
    std::string report = rehost::DescribeFailure(*machine, booted);
    report.replace(0, std::strlen("percuss: firmware"), "percuss: before any input");
    std::fputs(report.c_str(), stderr);
  }
  rehost::GiveUp("rehost", "the firmware never asks a peripheral for input: " +
                               std::string(rehost::NameOf(booted.end)) + " after " +
                               std::to_string(booted.instructions) + " instructions");
}

rehost::Machine& TheMachine() {
  static rehost::Machine* const machine = Start();
  return *machine;
}

#ifdef PERCUSS_ISOLATION
// Whether failures came by an edge that none before has come by.
class FailureEdges {
 public:
  explicit FailureEdges(size_t edges) : seen_(edges) {}
  bool Note(const uint8_t* edges) {
    bool fresh = false;
    for (size_t i = 0; i < seen_.size(); ++i) {
      fresh = fresh || (edges[i] != 0 && !seen_[i]);
      seen_[i] = seen_[i] || edges[i] != 0;
    }
    return fresh;
  }

 private:
  std::vector<bool> seen_;
};

// Two bugs may fail alike, where both spoil the same pointer: who wrote it tells them apart. That
// takes some runs of the input, and so is asked of failures alone that are new in some way.
std::string WithWriter(const rehost::MachineImage& image, const rehost::Outcome& outcome,
                       const uint8_t* data, size_t size) {
  const rehost::PointerOrigin origin = rehost::OriginOf(image, data, size, outcome);
  if (!origin.writer_known) return "";
  const rehost::Symbol* writer = rehost::FunctionAt(image, origin.written_at);
  return " by " + std::to_string(writer != nullptr ? writer->begin : origin.written_at);
}

// Whether the engine has been told of this failure often enough; key becomes its name.
bool IsReported(rehost::Machine& machine, const rehost::Outcome& outcome, const uint8_t* data,
                size_t size, std::string& key) {
  static FailureEdges failure_edges(engine_edges.count);
  const bool fresh = failure_edges.Note(engine_edges.at);
  if (!percuss_isolate_is_reported(key.c_str())) return false;
  if (fresh) {
    const std::string writer = WithWriter(machine.image(), outcome, data, size);
    key += writer;
    if (!writer.empty() && !percuss_isolate_is_reported(key.c_str())) return false;
  }
  // The engine is not to keep an input that fails.
  std::memset(engine_edges.at, 0, engine_edges.count);
  return true;
}
#else
bool IsReported(rehost::Machine&, const rehost::Outcome&, const uint8_t*, size_t, std::string&) {
  return false;
}
#endif

// Returns where the engine has been told of this failure often enough.
void Fail(rehost::Machine& machine, const rehost::Outcome& outcome, const uint8_t* data,
          size_t size) {
  std::string text = rehost::FailureKey(machine, outcome);
  if (IsReported(machine, outcome, data, size, text)) return;
  // Where it aborts is always here: this is by what isolate.h tells failures apart.
  static char key[128];
  std::memcpy(key, text.data(), std::min(text.size(), sizeof key - 1));
  percuss_broken_id = key;
  std::fputs(rehost::DescribeFailure(machine, outcome).c_str(), stderr);
  // Takes many runs of the input: for those who ask.
  if (std::getenv("PERCUSS_EXPLAIN") != nullptr) {
    const rehost::CrashFacts facts = rehost::ProbeCrash(machine.image(), data, size);
    std::fputs(rehost::DescribeCrash(machine.image(), facts).c_str(), stderr);
  }
  std::abort();
}

}  // namespace

// Before an engine forks or takes its first input: what comes before the first byte is run once.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  (void)argc, (void)argv;
  (void)TheMachine();
  return 0;
}

PERCUSS_HARNESS(rehost, 1) {
  rehost::Machine& machine = TheMachine();
  const rehost::Outcome outcome = machine.Run(data, size);
  if (!rehost::IsFailure(outcome.end)) return 0;
  Fail(machine, outcome, data, size);
  return -1;
}
