// SPDX-License-Identifier: Apache-2.0
#include "protocols/walks.h"

#include <numeric>
#include <utility>

#include "protocols/consistency.h"
#include "protocols/dissector.h"

namespace percuss::protocols {
namespace {

constexpr size_t kLongest = 4096;  // bytes of an input
constexpr size_t kMostWalks = 1024;
constexpr size_t kMostKnown = 65536;
constexpr size_t kTurn = 128;       // steps of an input until it is another's turn
constexpr size_t kTried = 1 << 20;  // a power of two
constexpr uint8_t kOften = 3;       // in the same place; what is around it may differ
constexpr uint8_t kOftenOn = 16;    // as a dialogue goes on; how far it came before is not known

}  // namespace

Walks::Walks(const Model& model) : tree_(model), tried_(kTried) {}

void Walks::Add(std::span<const uint8_t> input) {
  if (input.empty() || input.size() > kLongest || walks_.size() == kMostWalks) return;
  if (known_.size() == kMostKnown) known_.clear();
  if (!known_.insert(Digest(input)).second) return;
  walks_.push_back({Bytes(input.begin(), input.end()), 0});
}

// False: nothing is left of any.
bool Walks::Turn(Random& random) {
  if (walks_.empty()) return false;
  // The oldest are a campaign's seeds.
  now_ = random.OneIn(2) ? 0 : random.Below(walks_.size());
  left_ = kTurn;
  Dissect(walks_[now_].input, tree_);
  // It may be what the input is for.
  for (const NodeId id : WrongNumbers(tree_)) tree_.At(id).pinned = true;
  changes_ = SingleChanges(tree_);
  // From place to place, as far from those before as can be: few steps see a bit of all.
  stride_ = changes_.size() * 618 / 1000 + 1;
  while (std::gcd(stride_, changes_.size()) != 1) ++stride_;
  return true;
}

bool Walks::IsNew(const SingleChange& change) {
  const uint64_t digest = (change.place ^ change.value * 0xbf58476d1ce4e5b9ULL ^
                           static_cast<uint64_t>(change.kind) << 60) *
                          0x94d049bb133111ebULL;
  uint8_t& tried = tried_[digest >> 44 & (kTried - 1)];
  // At least: others may count in the same place of the table.
  if (tried >= (change.kind == SingleChange::Kind::kGoOn ? kOftenOn : kOften)) return false;
  ++tried;
  return true;
}

std::optional<SingleChange> Walks::Next(Tree& tree, Random& random) {
  while (left_ > 0 || Turn(random)) {
    Walk& walk = walks_[now_];
    while (walk.step < changes_.size()) {
      const SingleChange change = changes_[walk.step++ * stride_ % changes_.size()];
      if (!IsNew(change)) continue;
      --left_;
      tree.Become(tree_);
      return change;
    }
    walks_.erase(walks_.begin() + static_cast<ptrdiff_t>(now_));
    left_ = 0;
  }
  return std::nullopt;
}

}  // namespace percuss::protocols
