// SPDX-License-Identifier: Apache-2.0
//
// The checks of the matrix' rows, one function each; matrix.json tells in words what each looks
// for. All pure: they read the evidence and say what is there and what is missing.
#pragma once

#include "reports/comply/matrix.h"

namespace percuss::reports {

// testing_checks.cc: what was run, on what, by whom.
void CheckToolsIdentified(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckInterfacesFuzzed(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckRequirementsTested(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckThreatsTested(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckTesterIndependent(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckRetestInterval(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckPerformanceTested(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckMitigationsTested(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckTestKinds(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckTestRecordFields(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckTestAmount(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckEnvironmentLimits(const DeviceEvidence& evidence, RowOutcome& outcome);

// analysis_checks.cc: what is done beside fuzzing, and bills of materials.
void CheckVulnerabilityTests(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckPenetrationTestTold(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckPenetrationIndependent(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckOriginalReport(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckVulnerabilitySourceDated(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckSbomComplete(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckKnownVulnerabilities(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckRiskReport(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckControlsVerified(const DeviceEvidence& evidence, RowOutcome& outcome);

// finding_checks.cc: what became of findings and vulnerabilities.
void CheckFindingsDecided(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckDeferralsComplete(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckVulnerabilitiesScored(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckWeaknessesNamed(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckUnresolvedAnomalies(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckRepeatable(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckFixesRetested(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckProblemsClosed(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckIssuesTriaged(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckScopeAndIssues(const DeviceEvidence& evidence, RowOutcome& outcome);

// postmarket_checks.cc: plans, metrics, clocks, complaints.
void CheckPatchMetrics(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckPlansPresent(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckPostmarketClocks(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckComplaintsRecorded(const DeviceEvidence& evidence, RowOutcome& outcome);

// quality_checks.cc: records, signatures, tools, releases.
void CheckReleaseArchived(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckSoupAndChanges(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckToolQualified(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckRecordsKept(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckConclusionsRecorded(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckNonconformityRaised(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckQualificationRecords(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckTrailVerifies(const DeviceEvidence& evidence, RowOutcome& outcome);
void CheckPackagesSigned(const DeviceEvidence& evidence, RowOutcome& outcome);

}  // namespace percuss::reports
