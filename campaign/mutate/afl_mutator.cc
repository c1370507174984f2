// SPDX-License-Identifier: Apache-2.0
//
// SmallSteps as a custom mutator of AFL++ (docs/custom_mutators.md of AFL++ 4.04c), loaded into
// afl-fuzz. Declared here is what it asks for; its state is not looked into. The dictionary, in
// AFL's syntax, is the file that PERCUSS_STEPS_DICTIONARY names.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "campaign/mutate/small_steps.h"

#define AFL_CALLED extern "C" __attribute__((visibility("default")))

namespace {

using percuss::campaign::SmallSteps;

constexpr unsigned int kStepsForTurnOfFuzzer = 384;

struct Mutator {
  percuss::campaign::SmallSteps steps;
  std::unordered_set<std::string> known;  // files
};

// Once for each file of the queue. AFL++ marks in its name what it was started with.
void Learn(Mutator& mutator, const char* path) {
  if (!mutator.known.insert(path).second) return;
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> read((std::istreambuf_iterator<char>(file)), {});
  const std::vector<uint8_t> bytes(read.begin(), read.end());
  mutator.steps.Add(bytes, std::string_view(path).find(",orig:") != std::string_view::npos);
}

int HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What is between the first and the last quotation mark of a line of a dictionary, in which \xNN is
// a byte and a backslash makes the next character mean itself.
std::vector<uint8_t> WordOf(std::string_view line) {
  const size_t begin = line.find('"');
  const size_t end = line.rfind('"');
  std::vector<uint8_t> word;
  if (line.starts_with('#') || begin == end) return word;
  line = line.substr(begin + 1, end - begin - 1);
  for (size_t i = 0; i < line.size(); ++i) {
    const bool escaped = line[i] == '\\' && i + 1 < line.size();
    if (escaped) ++i;
    if (escaped && line[i] == 'x' && i + 2 < line.size() && HexDigit(line[i + 1]) >= 0 &&
        HexDigit(line[i + 2]) >= 0) {
      word.push_back(static_cast<uint8_t>(HexDigit(line[i + 1]) * 16 + HexDigit(line[i + 2])));
      i += 2;
    } else {
      word.push_back(static_cast<uint8_t>(line[i]));
    }
  }
  return word;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming,readability-function-size): AFL++ names and shapes them
AFL_CALLED void* afl_custom_init(void* /*afl*/, unsigned int seed) {
  auto* const mutator = new Mutator{SmallSteps(seed), {}};
  if (const char* path = getenv("PERCUSS_STEPS_DICTIONARY"); path != nullptr) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) mutator->steps.AddWord(WordOf(line));
  }
  return mutator;
}

AFL_CALLED void afl_custom_deinit(void* mutator) { delete static_cast<Mutator*>(mutator); }

// For each turn of one of AFL++'s inputs; which we change we choose ourselves.
AFL_CALLED unsigned int afl_custom_fuzz_count(void* /*mutator*/, const uint8_t* /*bytes*/,
                                              size_t /*size*/) {
  return kStepsForTurnOfFuzzer;
}

AFL_CALLED uint8_t afl_custom_queue_new_entry(void* mutator, const char* path,
                                              const char* /*path_of_origin*/) {
  Learn(*static_cast<Mutator*>(mutator), path);
  return 0;  // the file is as it was
}

// What came from others is seen here only.
AFL_CALLED uint8_t afl_custom_queue_get(void* mutator, const char* path) {
  Learn(*static_cast<Mutator*>(mutator), path);
  return 1;  // to be fuzzed
}

AFL_CALLED size_t afl_custom_fuzz(void* mutator, uint8_t* bytes, size_t size, uint8_t** result,
                                  uint8_t* /*other*/, size_t /*other_size*/, size_t most_bytes) {
  SmallSteps& steps = static_cast<Mutator*>(mutator)->steps;
  if (!steps.HasInputs()) steps.Add({bytes, size}, true);
  const auto changed = steps.Next(std::max<size_t>(most_bytes, 1));
  *result = const_cast<uint8_t*>(changed.data());  // read only, by its documentation
  return changed.size();
}
// NOLINTEND(readability-identifier-naming,readability-function-size)
