// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/metrics.h"

#include <gmock/gmock.h>

#include "reports/comply/comply_text.h"
#include "reports/comply/device_fixture.h"
#include "reports/comply/time_text.h"
#include "reports/validation/trace_text.h"

namespace percuss::reports {
namespace {

using testing::HasSubstr;

class MetricsTest : public DeviceFixture {
 protected:
  static const Metric& Value(const Metrics& metrics, const std::string& id) {
    for (const Metric& metric : metrics.values) {
      if (metric.id == id) return metric;
    }
    ADD_FAILURE() << id;
    return metrics.values.front();
  }
  static const VulnerabilityTimes& Times(const Metrics& metrics, const std::string& id) {
    for (const auto& times : metrics.vulnerabilities) {
      if (times.id == id) return times;
    }
    ADD_FAILURE() << id;
    return metrics.vulnerabilities.front();
  }
};

TEST_F(MetricsTest, DaysComeFromTimesOfPackagesRecordsAndFiles) {
  const Metrics metrics = ComputeMetrics(Complete());
  const VulnerabilityTimes& own = Times(metrics, "V-1");
  EXPECT_EQ(own.learned, "2026-02-01T08:01:00Z");  // the campaign's start and the first sighting
  EXPECT_EQ(own.patched, "2026-02-10T09:00:00Z");  // the signed record
  EXPECT_EQ(own.fielded, "2026-02-20");            // the release
  EXPECT_EQ(Value(metrics, "vulnerabilities_patched").note, "2 of 3");
  // 9.04 days and 4 days; 9.6 and 14; 12.3, 13 has no introduced_in, 12.3.
  EXPECT_NEAR(*Value(metrics, "identified_to_patched_mean").value, 6.52, 0.01);
  EXPECT_NEAR(*Value(metrics, "identified_to_patched_median").value, 6.52, 0.01);
  EXPECT_NEAR(*Value(metrics, "patched_to_fielded_mean").value, 11.81, 0.01);
  EXPECT_EQ(own.notice_clock, "kept: 3.7 of 30 days");
  EXPECT_EQ(own.fix_clock, "kept: 9.0 of 60 days");
  EXPECT_EQ(Times(metrics, "V-2").notice_clock, "none: the risk is controlled");
}

TEST_F(MetricsTest, WhatIsReopenedIsNotPatched) {
  DeviceEvidence evidence = Complete();
  Record again = evidence.records[0].chain.records[0];
  again.at = "2026-02-12T09:00:00Z";
  again.said.body["status"] = "open";
  evidence.records[0].chain.records.push_back(again);
  TakeSignedDispositions(evidence.records[0].chain, evidence.files);
  ASSERT_TRUE(LinkEvidence(evidence));
  const Metrics metrics = ComputeMetrics(evidence);
  EXPECT_EQ(Times(metrics, "V-1").patched, "");
  EXPECT_EQ(Times(metrics, "V-1").fix_clock, "running, 32 of 60 days left");
  // It is in the field, by the release, and yet not patched: that is no time to count with.
  EXPECT_FALSE(Value(metrics, "patched_to_fielded_mean").value);
  EXPECT_EQ(Value(metrics, "patched_to_fielded_mean").note,
            "cannot be computed because the begin of V-1 is not known");
}

TEST_F(MetricsTest, WhatComesBackIsNotPatched) {
  DeviceEvidence evidence = Complete();
  EntryIn(evidence.files.postmarket, "vulnerabilities", "V-1").texts["patched_at"] = "2026-02-11";
  PackageRecord next = evidence.packages[0];
  next.traced.id = "next";
  next.traced.software_version = "1.1";
  next.traced.started_at = next.traced.ended_at = "2026-02-21T08:00:00Z";
  evidence.packages.push_back(next);
  ASSERT_TRUE(LinkEvidence(evidence));
  const Metrics metrics = ComputeMetrics(evidence);
  EXPECT_EQ(Times(metrics, "V-1").patched, "");
  EXPECT_EQ(Value(metrics, "vulnerabilities_patched").note,
            "1 of 4");  // F-3 is open in the new build
}

TEST_F(MetricsTest, WhatLacksATimeSaysSo) {
  DeviceEvidence evidence = Complete();
  EntryIn(evidence.files.postmarket, "vulnerabilities", "V-3").texts.erase("learned_at");
  Metrics metrics = ComputeMetrics(evidence);
  EXPECT_EQ(Value(metrics, "identified_to_patched_mean").note,
            "cannot be computed because the begin of V-3 is not known");
  EntryIn(evidence.files.postmarket, "vulnerabilities", "V-3").texts["learned_at"] = "2026-02-07";
  metrics = ComputeMetrics(evidence);
  EXPECT_EQ(Value(metrics, "identified_to_patched_mean").note,
            "cannot be computed because the end of V-3 lies before the begin");
  evidence.files.postmarket.clear();
  evidence.packages.clear();
  metrics = ComputeMetrics(evidence);
  EXPECT_EQ(Value(metrics, "vulnerabilities_patched").note,
            "cannot be computed because no vulnerability is known");
}

TEST_F(MetricsTest, AFindingThatNobodyEnteredIsCounted) {
  DeviceEvidence evidence = Complete();
  evidence.files.postmarket.clear();
  const Metrics metrics = ComputeMetrics(evidence);
  ASSERT_EQ(metrics.vulnerabilities.size(), 2U);  // F-3 is somebody else's
  EXPECT_EQ(metrics.vulnerabilities[0].id, "F-1");
  EXPECT_THAT(metrics.vulnerabilities[0].fix_clock, HasSubstr("no risk_class"));
}

TEST_F(MetricsTest, ReleasesAreComparedInTheOrderOfTheirRuns) {
  DeviceEvidence evidence = Complete();
  PackageRecord later = evidence.packages[0];
  later.record.device.software_version = "0.9-hotfix";
  later.record.campaign.started_at = "2026-02-16T08:00:00Z";
  later.record.findings.resize(1);
  later.record.findings[0].id = "F-9";
  later.record.targets[0].coverage.present = true;
  later.record.targets[0].coverage.lines_covered = 30;
  later.record.targets[0].coverage.lines_total = 40;
  evidence.packages.insert(evidence.packages.begin(), later);
  const Metrics metrics = ComputeMetrics(evidence);
  ASSERT_EQ(metrics.releases.size(), 2U);
  EXPECT_EQ(metrics.releases[0].release, "1.0");
  EXPECT_EQ(metrics.releases[0].new_findings, 3);
  EXPECT_EQ(metrics.releases[0].executions, 5000);
  EXPECT_FALSE(metrics.releases[0].line_coverage_percent);
  EXPECT_EQ(metrics.releases[1].new_findings, 1);
  EXPECT_EQ(metrics.releases[1].line_coverage_percent, 75);
  std::string text;
  for (const TraceSection& section : MetricsSections(metrics)) text += SectionText(section);
  EXPECT_THAT(text, HasSubstr("cannot be computed because no run measured them"));
}

TEST(TimeTextTest, DaysAreCountedFromDatesAndTimes) {
  EXPECT_EQ(UnixOf("1970-01-02"), 86400);
  EXPECT_EQ(UnixOf("2026-02-01T08:00:05Z"), 1769932805);
  EXPECT_EQ(DaysBetween("2024-02-28", "2024-03-01"), 2);
  EXPECT_EQ(DaysBetween("2026-02-02T12:00:00Z", "2026-02-01"), -1.5);
  for (const char* none : {"", "2026-02-30", "2026-02-01T25:00:00Z", "2026-02-01 08:00:00Z", "soon",
                           "2026-02-01T08:00:0xZ"}) {
    EXPECT_FALSE(UnixOf(none)) << none;
  }
}

}  // namespace
}  // namespace percuss::reports
