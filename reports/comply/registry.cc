// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "reports/comply/checks.h"

namespace percuss::reports {
namespace {

struct NamedCheck {
  std::string_view name;
  RowCheck check;
};

constexpr NamedCheck kChecks[] = {
    {"tools_identified", &CheckToolsIdentified},
    {"interfaces_fuzzed", &CheckInterfacesFuzzed},
    {"vulnerability_tests", &CheckVulnerabilityTests},
    {"requirements_tested", &CheckRequirementsTested},
    {"threats_tested", &CheckThreatsTested},
    {"penetration_test_told", &CheckPenetrationTestTold},
    {"tester_independent", &CheckTesterIndependent},
    {"original_report", &CheckOriginalReport},
    {"findings_decided", &CheckFindingsDecided},
    {"deferrals_complete", &CheckDeferralsComplete},
    {"retest_interval", &CheckRetestInterval},
    {"risk_report", &CheckRiskReport},
    {"vulnerabilities_scored", &CheckVulnerabilitiesScored},
    {"sbom_complete", &CheckSbomComplete},
    {"known_vulnerabilities", &CheckKnownVulnerabilities},
    {"weaknesses_named", &CheckWeaknessesNamed},
    {"unresolved_anomalies", &CheckUnresolvedAnomalies},
    {"patch_metrics", &CheckPatchMetrics},
    {"plans_present", &CheckPlansPresent},
    {"postmarket_clocks", &CheckPostmarketClocks},
    {"performance_tested", &CheckPerformanceTested},
    {"mitigations_tested", &CheckMitigationsTested},
    {"vulnerability_source_dated", &CheckVulnerabilitySourceDated},
    {"penetration_independent", &CheckPenetrationIndependent},
    {"issues_triaged", &CheckIssuesTriaged},
    {"test_kinds", &CheckTestKinds},
    {"repeatable", &CheckRepeatable},
    {"fixes_retested", &CheckFixesRetested},
    {"release_archived", &CheckReleaseArchived},
    {"soup_and_changes", &CheckSoupAndChanges},
    {"problems_closed", &CheckProblemsClosed},
    {"test_record_fields", &CheckTestRecordFields},
    {"controls_verified", &CheckControlsVerified},
    {"tool_qualified", &CheckToolQualified},
    {"records_kept", &CheckRecordsKept},
    {"conclusions_recorded", &CheckConclusionsRecorded},
    {"nonconformity_raised", &CheckNonconformityRaised},
    {"qualification_records", &CheckQualificationRecords},
    {"trail_verifies", &CheckTrailVerifies},
    {"packages_signed", &CheckPackagesSigned},
    {"complaints_recorded", &CheckComplaintsRecorded},
    {"environment_limits", &CheckEnvironmentLimits},
    {"test_amount", &CheckTestAmount},
    {"scope_and_issues", &CheckScopeAndIssues},
};

}  // namespace

RowCheck FindRowCheck(std::string_view name) {
  const auto* const at = std::find_if(std::begin(kChecks), std::end(kChecks),
                                      [&](const NamedCheck& row) { return row.name == name; });
  return at == std::end(kChecks) ? nullptr : at->check;
}

}  // namespace percuss::reports
