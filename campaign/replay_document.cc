// SPDX-License-Identifier: Apache-2.0
#include "campaign/replay_document.h"

#include <fmt/format.h>

#include "campaign/measure/retention_runner.h"
#include "campaign/supervise/surroundings.h"
#include "campaign/triage/stack_text.h"
#include "common/json_file.h"
#include "common/json_numbers.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;

namespace {

constexpr size_t kReasonBytes = 500;

}  // namespace

void from_json(const Json& json, ReplayDocument& recipe) {
  const Json& binary = json.at("binary");
  const Json& limits = json.at("limits");
  const Json& expected = json.at("expected");
  json.at("target").get_to(recipe.target);
  binary.at("role").get_to(recipe.role);
  binary.at("sha256").get_to(recipe.sha256);
  binary.at("packaged").get_to(recipe.packaged);
  recipe.original_path = binary.value("path", "");
  recipe.board_sha256 = json.value("board_sha256", "");
  if (json.contains("image")) recipe.image = json.at("image").get<std::string>();
  if (json.contains("program")) {
    const Json& program = json.at("program");
    recipe.program.emplace();
    recipe.program->sysroot = program.at("sysroot").get<std::string>();
    program.at("arguments").get_to(recipe.program->arguments);
    program.at("checkpoint").get_to(recipe.program->checkpoint);
    recipe.program->socket = program.value("socket", "");
  }
  json.at("input_format_version").get_to(recipe.format_version);
  limits.at("input_ms").get_to(recipe.limits.wall_ms);
  limits.at("rss_mib").get_to(recipe.limits.rss_mib);
  recipe.deadline_us = limits.value("deadline_us", int64_t{0});
  recipe.deadline_source = limits.value("deadline_source", "");
  if (json.contains("repetition")) {
    recipe.repetition.emplace();
    json.at("repetition").at("rounds").get_to(recipe.repetition->rounds);
    json.at("repetition").at("inputs").get_to(recipe.repetition->inputs);
  }
  if (json.contains("target_environment")) {
    json.at("target_environment").get_to(recipe.environment);
  }
  expected.at("kind").get_to(recipe.kind);
  expected.at("strict_key").get_to(recipe.strict_key);
  recipe.history = static_cast<int64_t>(json.at("history").size());
  recipe.has_input = json.value("input", "input") != "";
  recipe.loose_key = expected.value("loose_key", "");
  recipe.surroundings = json.value("surroundings", "");
}

Result<ReplayDocument> ReadReplayDocument(const stdfs::path& file) {
  const auto json = common::ReadJsonFile(file);
  if (!json) return tl::make_unexpected(json.error());
  if (!common::NumbersFit(*json)) {
    return Fail(ErrorCode::kCorrupt, "a number in it is out of range", file.string());
  }
  auto recipe = common::FromJson<ReplayDocument>(*json, file.string());
  if (recipe && !recipe->surroundings.empty() && !SurroundingsNamed(recipe->surroundings)) {
    return Fail(ErrorCode::kCorrupt,
                "its \"surroundings\" are none that percuss knows: " +
                    Printable(recipe->surroundings, kReasonBytes),
                file.string());
  }
  if (!recipe || !recipe->repetition) return recipe;
  const auto [rounds, inputs] = *recipe->repetition;
  if (rounds < kLeastRepeatedRounds || rounds > kMostRepeatedRounds || inputs < 1 ||
      inputs > kMostRepetitions / rounds) {
    return Fail(ErrorCode::kCorrupt,
                fmt::format("its \"repetition\" is not of {} to {} rounds and at most {} inputs",
                            kLeastRepeatedRounds, kMostRepeatedRounds, kMostRepetitions),
                file.string());
  }
  if (recipe->role != "libfuzzer" && recipe->role != "aflpp") {
    return Fail(ErrorCode::kCorrupt, "its \"repetition\" is of a build that runs one input",
                file.string());
  }
  return recipe;
}

}  // namespace percuss::campaign
