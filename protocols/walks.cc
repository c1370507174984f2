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

Walks::Walks(const Model& model)
    : queues_{Queue(model, SingleChange::Sort::kOther), Queue(model, SingleChange::Sort::kWide),
              Queue(model, SingleChange::Sort::kLimit)},
      tried_(kTried) {}

void Walks::Add(std::span<const uint8_t> input) {
  if (input.empty() || input.size() > kLongest) return;
  const uint64_t digest = Digest(input);
  for (Queue& queue : queues_) {
    if (queue.walks.size() == kMostWalks) continue;
    if (queue.known.size() == kMostKnown) queue.known.clear();
    if (!queue.known.insert(digest).second) continue;
    queue.walks.push_back({Bytes(input.begin(), input.end()), 0});
  }
}

// False: nothing is left of any.
bool Walks::Turn(Queue& queue, Random& random) {
  if (queue.walks.empty()) return false;
  // The oldest are a campaign's seeds.
  queue.now = random.OneIn(2) ? 0 : random.Below(queue.walks.size());
  queue.left = kTurn;
  Dissect(queue.walks[queue.now].input, queue.tree);
  // It may be what the input is for.
  for (const NodeId id : WrongNumbers(queue.tree)) queue.tree.At(id).pinned = true;
  queue.changes = SingleChanges(queue.tree, queue.sort);
  // From place to place, as far from those before as can be: few steps see a bit of all.
  queue.stride = queue.changes.size() * 618 / 1000 + 1;
  while (std::gcd(queue.stride, queue.changes.size()) != 1) ++queue.stride;
  return true;
}

bool Walks::IsNew(const SingleChange& change) {
  // Of a lie, the place tells how it is made from the truth.
  const uint64_t value = change.kind == SingleChange::Kind::kLie ? 0 : change.value;
  const uint64_t digest =
      (change.place ^ value * 0xbf58476d1ce4e5b9ULL ^ static_cast<uint64_t>(change.kind) << 60) *
      0x94d049bb133111ebULL;
  uint8_t& tried = tried_[digest >> 44 & (kTried - 1)];
  // At least: others may count in the same place of the table.
  if (tried >= (change.kind == SingleChange::Kind::kGoOn ? kOftenOn : kOften)) return false;
  ++tried;
  return true;
}

std::optional<SingleChange> Walks::NextOf(Queue& queue, Tree& tree, Random& random) {
  while (queue.left > 0 || Turn(queue, random)) {
    Walk& walk = queue.walks[queue.now];
    while (walk.step < queue.changes.size()) {
      const SingleChange change = queue.changes[walk.step++ * queue.stride % queue.changes.size()];
      if (!IsNew(change)) continue;
      --queue.left;
      tree.Become(queue.tree);
      return change;
    }
    queue.walks.erase(queue.walks.begin() + static_cast<ptrdiff_t>(queue.now));
    queue.left = 0;
  }
  return std::nullopt;
}

std::optional<SingleChange> Walks::Next(Tree& tree, Random& random) {
  // Most of the turns are the others', which are many times as many.
  const size_t drawn = random.OneIn(4) ? 1 + random.Below(2) : 0;
  for (size_t i = 0; i < queues_.size(); ++i) {
    Queue& queue = queues_[(drawn + i) % queues_.size()];
    if (const auto change = NextOf(queue, tree, random)) return change;
  }
  return std::nullopt;
}

}  // namespace percuss::protocols
