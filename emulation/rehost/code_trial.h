// SPDX-License-Identifier: Apache-2.0
//
// Whether a place that something seems to point to can be a function: a few hundred instructions
// from there are all defined, none lies across what is known, none loads from where nothing is, no
// way runs on into another function, and some way ends as functions do. Calls are taken to come
// back. The code may be hostile.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "emulation/rehost/code_flow.h"

namespace percuss::emulation {

class CodeTrial {
 public:
  CodeTrial(const CodeView& code, const rehost::DecoderOptions& options)
      : code_(code), options_(options) {}

  // pc is even, and not known as code yet.
  [[nodiscard]] bool CanBeFunction(uint32_t pc);
  // Instructions that were decoded for it.
  [[nodiscard]] uint64_t Steps() const { return seen_.size(); }

 private:
  enum class Verdict : uint8_t { kGoesOn, kEnds, kIsNone };
  [[nodiscard]] Verdict TryLine(uint32_t pc);
  [[nodiscard]] Verdict TryStep(CodeStep& step, const KnownRegisters& known);
  [[nodiscard]] bool IsTaken(const CodeStep& step) const;

  const CodeView& code_;
  rehost::DecoderOptions options_;
  std::set<uint32_t> seen_;
  std::vector<uint32_t> open_;
  bool has_end_ = false;
};

}  // namespace percuss::emulation
