// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/model/run_record.h"

namespace percuss::reports {

// As of a server that sessions of clients drive: more states than the figure has, one of which
// nothing leads to, and steps that come back. Pure.
[[nodiscard]] common::SessionStates SampleStates();

}  // namespace percuss::reports
