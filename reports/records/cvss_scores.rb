# SPDX-License-Identifier: Apache-2.0
#
# cvss_scores.rb FILE: the scores of CVSS vectors by an implementation that is not ours (Debian's ruby-cvss-suite). FILE has
# a vector a line; a line for each is written: base, temporal and environmental score, or "invalid".
require "cvss_suite"

File.foreach(ARGV[0], chomp: true) do |vector|
  cvss = CvssSuite.new(vector)
  puts cvss.valid? ? [cvss.base_score, cvss.temporal_score, cvss.environmental_score].join(" ") : "invalid"
end
