// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/cwe_table.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "common/hash.h"

namespace percuss::campaign {

namespace {

struct Row {
  std::string_view bug_class;
  std::string_view access;  // "" fits any
  std::string_view cwe;
  std::string_view reason;
};

// The first row that fits counts.
constexpr Row kRows[] = {
    {"heap-buffer-overflow", "write", "CWE-122", "write past a heap buffer"},
    {"heap-buffer-overflow", "read", "CWE-125", "read past a heap buffer"},
    {"heap-buffer-overflow", "", "CWE-119", "access past a heap buffer, direction not reported"},
    {"stack-buffer-overflow", "write", "CWE-121", "write past a stack buffer"},
    {"stack-buffer-overflow", "read", "CWE-125", "read past a stack buffer"},
    {"stack-buffer-overflow", "", "CWE-119", "access past a stack buffer, direction not reported"},
    {"stack-buffer-underflow", "write", "CWE-124", "write before a stack buffer"},
    {"stack-buffer-underflow", "read", "CWE-127", "read before a stack buffer"},
    {"global-buffer-overflow", "write", "CWE-787", "write past a global buffer"},
    {"global-buffer-overflow", "read", "CWE-125", "read past a global buffer"},
    {"container-overflow", "write", "CWE-787", "write past a container's content"},
    {"container-overflow", "read", "CWE-125", "read past a container's content"},
    {"intra-object-overflow", "write", "CWE-787", "write past a member"},
    {"intra-object-overflow", "read", "CWE-125", "read past a member"},
    {"stack-smashing", "", "CWE-121", "the stack protector found its canary changed"},
    {"fortify-overflow", "", "CWE-120", "a checked copy did not fit its buffer"},
    {"heap-use-after-free", "", "CWE-416", "access to freed heap memory"},
    {"use-after-poison", "", "CWE-416", "access to memory that its allocator had taken back"},
    {"stack-use-after-return", "", "CWE-562",
     "use of a local variable after its function returned"},
    {"stack-use-after-scope", "", "CWE-825", "use of a local variable after its scope ended"},
    {"double-free", "", "CWE-415", "memory freed twice"},
    {"bad-free", "", "CWE-590", "freed what no allocator had given"},
    {"alloc-dealloc-mismatch", "", "CWE-762",
     "freed by another family of functions than allocated"},
    {"new-delete-type-mismatch", "", "CWE-762", "deleted as another type than created"},
    {"null-dereference", "", "CWE-476", "access through a null pointer"},
    {"null-argument", "", "CWE-476", "null passed where the callee may not get it"},
    {"null-return", "", "CWE-476", "null returned where callers may not get it"},
    {"stack-overflow", "", "CWE-674", "the stack ran out: recursion without bound"},
    {"division-by-zero", "", "CWE-369", "division by zero"},
    {"signed-integer-overflow", "", "CWE-190", "signed arithmetic left its range"},
    {"unsigned-integer-overflow", "", "CWE-190", "unsigned arithmetic wrapped"},
    {"calloc-overflow", "", "CWE-190", "element count times size left its range"},
    {"reallocarray-overflow", "", "CWE-190", "element count times size left its range"},
    {"invalid-shift", "", "CWE-1335", "shift by a negative or too large count"},
    {"implicit-conversion", "", "CWE-681", "a conversion changed the value"},
    {"float-cast-overflow", "", "CWE-681", "a number does not fit the type it is converted to"},
    {"array-index-out-of-bounds", "", "CWE-129",
     "an index beyond its array, from an unchecked value"},
    {"pointer-overflow", "", "CWE-823", "pointer arithmetic left its object"},
    {"object-size-mismatch", "", "CWE-131", "an object is smaller than the type it is used as"},
    {"invalid-array-length", "", "CWE-1284", "a length that no array can have"},
    {"negative-size-param", "", "CWE-195", "a negative size became a huge one"},
    {"memcpy-param-overlap", "", "CWE-475", "copied between overlapping buffers"},
    {"strcpy-param-overlap", "", "CWE-475", "copied between overlapping buffers"},
    {"bad-cast", "", "CWE-843", "used as another type than it is"},
    {"function-type-mismatch", "", "CWE-843", "function called as another type than it is"},
    {"allocation-size-too-big", "", "CWE-789", "one allocation of an excessive size"},
    {"out-of-memory", "", "CWE-770", "memory taken without limit, over many allocations"},
    {"memory-leak", "", "CWE-401", "memory not released"},
    {"memory-growth", "", "CWE-401", "memory held for every input, and never released"},
    {"mapping-growth", "", "CWE-401", "memory mapped for every input, and never unmapped"},
    {"descriptor-growth", "", "CWE-772", "a descriptor opened for every input, and never closed"},
    {"thread-growth", "", "CWE-772", "a thread started for every input, and never ended"},
    {"process-growth", "", "CWE-772", "a process started for every input, and never waited for"},
    {"file-growth", "", "CWE-459", "a file left behind by every input"},
    {"data-race", "", "CWE-362", "threads used memory at the same time, one of them writing"},
    {"lock-order-inversion", "", "CWE-833", "two threads can wait for each other's lock"},
    {"unlock-of-unlocked-mutex", "", "CWE-832", "unlocked what nobody had locked"},
    {"destroy-of-locked-mutex", "", "CWE-667", "a lock was destroyed while it was held"},
    {"signal-unsafe-call", "", "CWE-479", "a signal handler called what it may not"},
    {"thread-leak", "", "CWE-772", "a thread that nobody joins"},
    {"use-of-uninitialized-value", "", "CWE-457", "a decision on memory that was never written"},
    {"assertion-failure", "", "CWE-617", "an assertion that input can break"},
    {"uncaught-exception", "", "CWE-248", "an exception that nothing caught"},
    {"watchdog-reset", "", "CWE-835", "the firmware no longer served its watchdog"},
    {"deadline-missed", "", "CWE-407", "done, but after its deadline"},
    {"slow", "", "CWE-407", "ends, but takes too long for the size of its input"},
};

// Below this share of a core a process waits rather than works, even on a host that is busy with
// something else.
constexpr double kBlockedCpuShare = 0.1;
constexpr const char* kBusyHang = "CWE-835";
constexpr const char* kIdleHang = "CWE-400";

CweVerdict ByTable(std::string cwe, std::string reason) {
  return {std::move(cwe), std::move(reason), kCweListVersion, CweTableSha256()};
}

CweVerdict ClassifyHang(int64_t cpu_ns, int64_t wall_ns) {
  if (cpu_ns < 0 || wall_ns <= 0) {
    return ByTable(kBusyHang, "does not end; its cpu time is not known");
  }
  const double share = static_cast<double>(cpu_ns) / static_cast<double>(wall_ns);
  if (share < kBlockedCpuShare) {
    return ByTable(kIdleHang,
                   fmt::format("does not end and waits: {:.0f} % of a core", share * 100));
  }
  return ByTable(kBusyHang, fmt::format("does not end and works: {:.0f} % of a core", share * 100));
}

// "CWE-294: ..." at the begin of a property's id.
std::string CweOfProperty(const std::string& id) {
  constexpr std::string_view kPrefix = "CWE-";
  if (id.compare(0, kPrefix.size(), kPrefix) != 0) return "";
  const size_t end = id.find_first_not_of("0123456789", kPrefix.size());
  const size_t digits = (end == std::string::npos ? id.size() : end) - kPrefix.size();
  return digits == 0 || digits > 5 ? "" : id.substr(0, kPrefix.size() + digits);
}

}  // namespace

const std::string& CweTableSha256() {
  static const std::string kDigest = [] {
    std::string text = fmt::format("list {}\nhang {} {} {}\n", kCweListVersion, kBusyHang,
                                   kIdleHang, kBlockedCpuShare);
    for (const Row& row : kRows) {
      text += fmt::format("{}\t{}\t{}\t{}\n", row.bug_class, row.access, row.cwe, row.reason);
    }
    return common::Sha256Hex(text);
  }();
  return kDigest;
}

CweVerdict ClassifyCwe(const CrashReport& report, int64_t cpu_ns, int64_t wall_ns) {
  if (report.kind == "property") {
    const std::string cwe = CweOfProperty(report.property_id);
    if (!cwe.empty()) return {cwe, "named by the broken property", "", ""};
    return {"unclassified", "the property's id names no weakness", "", ""};
  }
  if (report.bug_class == "hang") return ClassifyHang(cpu_ns, wall_ns);
  for (const Row& row : kRows) {
    if (row.bug_class != report.bug_class) continue;
    if (!row.access.empty() && row.access != report.access) continue;
    return ByTable(std::string(row.cwe), std::string(row.reason));
  }
  return ByTable("unclassified", "class " + report.bug_class +
                                     " says how it ended, not what was wrong in the code");
}

}  // namespace percuss::campaign
