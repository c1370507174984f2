// SPDX-License-Identifier: Apache-2.0
//
// judge make FOLDER [BYTES|other]   makes the sample; see sample.h
// judge seal FOLDER           seals FOLDER/staging anew and prints how long that took
// judge answer                reads "package PATH" and "records PATH" from stdin, line by line, and
//                             answers each with one line of JSON: what our verifiers find
//
// One process for many questions, so that as many can be asked as a campaign of random changes has.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "reports/evidence/package_fixture.h"
#include "reports/records/record_chain.h"
#include "reports/verify/verify.h"
#include "tests/integrity/sample.h"

namespace percuss::tests {
namespace {

using common::Json;

Json AskAboutPackage(const std::string& path) {
  const auto result = reports::VerifyPackage(path, std::nullopt);
  if (!result) return {{"cannot", result.error().Text()}};
  Json paths = Json::array();
  for (const auto& problem : result->problems) paths.push_back(problem.path);
  return {{"whole", result->problems.empty() && result->sealed}, {"at", paths}};
}

Json AskAboutRecords(const std::string& path) {
  const auto chain = reports::ReadRecords(path, {});
  if (!chain) return {{"cannot", chain.error().Text()}};
  Json lines = Json::array();
  for (const auto& problem : chain->problems) lines.push_back(problem.line);
  return {{"whole", chain->problems.empty()}, {"at", lines}};
}

int Answer() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const size_t space = line.find(' ');
    const std::string kind = line.substr(0, space);
    const std::string path = line.substr(space + 1);
    const Json answer = kind == "package" ? AskAboutPackage(path) : AskAboutRecords(path);
    std::cout << answer.dump(-1, ' ', true, Json::error_handler_t::replace) << std::endl;
  }
  return 0;
}

int Complain(const common::Error& error) {
  std::cerr << "judge: " << error.Text() << '\n';
  return 1;
}

int Seal(const std::filesystem::path& folder) {
  const reports::FixedClock clock;
  reports::SealOptions options;
  options.zip = folder / "sealed.zip";
  options.clock = &clock;
  const auto began = std::chrono::steady_clock::now();
  const auto sealed = reports::SealPackage(reports::SampleRecord(), folder / "staging", options);
  if (!sealed) return Complain(sealed.error());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << Json({{"seconds", took.count()}}).dump() << std::endl;
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "answer" && arguments.size() == 1) return Answer();
  if (what == "seal" && arguments.size() == 2) return Seal(arguments[1]);
  if (what != "make" || arguments.size() < 2 || arguments.size() > 3) {
    std::cerr << "usage: judge make FOLDER [BYTES|other] | judge seal FOLDER | judge answer\n";
    return 64;
  }
  SampleOptions options;
  options.other = arguments.size() == 3 && arguments[2] == "other";
  if (arguments.size() == 3 && !options.other) options.extra_bytes = std::stoull(arguments[2]);
  const auto made = MakeSample(arguments[1], options);
  return made ? 0 : Complain(made.error());
}

}  // namespace
}  // namespace percuss::tests

int main(int argc, char** argv) {
  try {
    return percuss::tests::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "judge: %s\n", error.what());
    return 1;
  }
}
