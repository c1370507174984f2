// SPDX-License-Identifier: Apache-2.0
#include "campaign/deadline_source.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "common/json_file.h"

namespace percuss::campaign {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Status;

// Ids of requirements and criteria, with the cpu time in microseconds that a criterion allows.
using Sources = std::map<std::string, std::optional<int64_t>>;

std::optional<int64_t> WorstUs(const Json& entry) {
  if (!entry.contains("check") || !entry["check"].is_object()) return std::nullopt;
  const Json& check = entry["check"];
  if (check.value("measure", Json()) != "worst_ms" || !check.contains("at_most") ||
      !check["at_most"].is_number()) {
    return std::nullopt;
  }
  constexpr double kUsPerMs = 1000;
  constexpr double kMostMs = 3'600'000;
  const double most_ms = check["at_most"].get<double>();
  if (!(most_ms > 0) || most_ms > kMostMs) return std::nullopt;
  return static_cast<int64_t>(most_ms * kUsPerMs);
}

Status AddSources(const CampaignSpec& campaign, const std::string& kind, const std::string& list,
                  Sources& sources) {
  const auto file = campaign.validation.find(kind);
  if (file == campaign.validation.end()) return {};
  const auto json = common::ReadJsonFile(file->second);
  if (!json) return tl::make_unexpected(json.error());
  if (!json->is_object() || !json->contains(list) || !(*json)[list].is_array()) return {};
  for (const Json& entry : (*json)[list]) {
    if (entry.is_object() && entry.contains("id") && entry["id"].is_string()) {
      sources[entry["id"].get<std::string>()] = WorstUs(entry);
    }
  }
  return {};
}

Status Resolve(const Sources& sources, bool known, TargetSpec& target) {
  TargetDeadline& deadline = target.deadline;
  const auto source = sources.find(deadline.source);
  if (known && !deadline.source.empty() && source == sources.end()) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("the deadline of {} names \"{}\", which is no requirement or criterion "
                            "of the validation files",
                            target.id, deadline.source));
  }
  const std::optional<int64_t> set = source == sources.end() ? std::nullopt : source->second;
  if (deadline.cpu_us == 0) deadline.cpu_us = set.value_or(0);
  if (set && *set != deadline.cpu_us) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("the deadline of {} is {} us, and {} sets {} us", target.id,
                            deadline.cpu_us, deadline.source, *set));
  }
  if (deadline.cpu_us == 0) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("the deadline of {} has no \"cpu_us\", and no criterion with a check "
                            "of worst_ms as its \"source\" sets it",
                            target.id));
  }
  return {};
}

}  // namespace

Status ResolveDeadlines(CampaignSpec& campaign) {
  Sources sources;
  Status done = AddSources(campaign, "requirements", "requirements", sources);
  if (done) done = AddSources(campaign, "protocol", "criteria", sources);
  const bool known =
      campaign.validation.contains("requirements") || campaign.validation.contains("protocol");
  for (TargetSpec& target : campaign.targets) {
    if (done && target.deadline.asked) done = Resolve(sources, known, target);
  }
  return done;
}

}  // namespace percuss::campaign
