// SPDX-License-Identifier: Apache-2.0
//
// validation_judge: reads paths of folders of validation files from stdin, one a line, and answers
// each with one line of JSON: the problems as a user sees them, and the gaps of the trace where
// there are none.
//
// One process for many questions: check_validation.py asks of each mistake that a file can have.
#include <cstdio>
#include <iostream>
#include <string>

#include "common/json_file.h"
#include "reports/validation/trace.h"
#include "reports/validation/trace_text.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {
namespace {

using common::Json;

Json Ask(const std::string& folder) {
  const auto loaded = LoadValidation(folder);
  if (!loaded) return {{"cannot", loaded.error().Text()}};
  Json problems = Json::array();
  for (const Problem& problem : loaded->problems) problems.push_back(problem.Text());
  if (!problems.empty()) return {{"problems", problems}};
  const auto trace = BuildTrace(loaded->files, {});
  if (!trace) return {{"cannot", trace.error().Text()}};
  const Json document = Json::parse(TraceJsonText(*trace));
  return {{"problems", problems}, {"gaps", document.at("gaps").size()}};
}

int Answer() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << Ask(line).dump(-1, ' ', true, Json::error_handler_t::replace) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace percuss::reports

int main() {
  try {
    return percuss::reports::Answer();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "validation_judge: %s\n", error.what());
    return 1;
  }
}
