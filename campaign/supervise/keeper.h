// SPDX-License-Identifier: Apache-2.0
//
// Nothing that a target started outlives the command, even when the command itself is killed with
// SIGKILL, by the user or by a host that ran out of memory.
//
// Two processes watch each other. The keeper is the one that was started; it is a child subreaper
// (prctl(2)) and does nothing but wait. The worker is its child and does the work. When the worker
// dies, all orphans come to the keeper, which kills them; when the keeper dies, the worker sees the
// end of a pipe, kills all below it and ends.
#pragma once

#include <optional>

namespace percuss::campaign {

// Returns twice, as fork(2) does: nothing in the worker, and in the keeper, after the worker and
// all below it have ended, the worker's exit code, or nothing of it but `if_killed` when a signal
// ended it, which stderr then says. SIGINT, SIGTERM and SIGHUP sent to the keeper reach the worker.
// Called before any other thread exists. Where no process can be made, the caller goes on as an
// unkept worker.
[[nodiscard]] std::optional<int> BecomeKeptWorker(int if_killed);

}  // namespace percuss::campaign
