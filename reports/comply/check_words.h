// SPDX-License-Identifier: Apache-2.0
//
// What several checks say: where an entry stands, which of its members are missing, and what would
// help.
#pragma once

#include <initializer_list>
#include <string>

#include "reports/comply/matrix.h"

namespace percuss::reports {

// "device/compliance.json:12".
[[nodiscard]] std::string PlaceOf(const DeviceEvidence& evidence, const char* kind, int line);

// True when there is a package; otherwise says that there is none.
[[nodiscard]] bool HasPackage(const DeviceEvidence& evidence, RowOutcome& outcome);

// Of what was run, and neither passed nor failed.
[[nodiscard]] bool CannotBeTold(const TraceItem& item);

// The file of a package that has the finding, of those where it is open the first; "PACKAGE".
[[nodiscard]] std::string PackageWith(const DeviceEvidence& evidence, const std::string& finding);

// "percuss disposition PACKAGE --finding ...": for a finding of a package that is known.
[[nodiscard]] std::string DispositionCommand(const DeviceEvidence& evidence,
                                             const std::string& finding, const std::string& status);

// Names, for each entry of a list, the members of these that it lacks; what lacks none is shown.
// `of` is what the entry is, `kind` the file. True when none lacks any.
bool RequireMembers(const DeviceEvidence& evidence, const char* kind, const ListedEntry& entry,
                    std::initializer_list<const char*> members, RowOutcome& outcome);

// A reference under that topic in not_performed_here; empty when there is none.
[[nodiscard]] std::string ReferenceElsewhere(const DeviceEvidence& evidence, const char* topic);

// Shows the plan's reference, or says that it is missing.
void RequirePlan(const DeviceEvidence& evidence, const char* plan, RowOutcome& outcome);

}  // namespace percuss::reports
