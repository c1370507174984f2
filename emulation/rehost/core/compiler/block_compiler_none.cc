// SPDX-License-Identifier: Apache-2.0
//
// Where there is no assembler for the host.
#include "emulation/rehost/core/compiler/block_compiler.h"

namespace percuss::rehost {

class BlockCompiler::Code {};

bool BlockCompiler::Available() { return false; }

BlockCompiler::BlockCompiler() = default;

BlockCompiler::~BlockCompiler() = default;

bool BlockCompiler::Compile(const BlockToCompile& /*block*/) { return false; }

void BlockCompiler::Linked(const Op* /*op*/) {}

void BlockCompiler::Forget() {}

}  // namespace percuss::rehost
