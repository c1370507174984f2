// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "campaign/triage/signature.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

constexpr size_t kMostFunctions = 24;  // the rest weighs less than a millionth
constexpr size_t kMostNeighbours = 3;

struct KinEntry {
  std::string_view family;
  std::string_view bug_class;
};

// The data: which classes may be one bug's, as those that share a family. Which object an access
// leaves is the bug's own, so that heap, stack and globals are families; how far it goes beyond is
// chance, so that a wild access is of all three.
constexpr KinEntry kKin[] = {
    {"heap", "heap-buffer-overflow"},
    {"heap", "container-overflow"},
    {"heap", "negative-size-param"},
    {"heap", "heap-corruption"},
    {"heap", "segv"},
    {"heap", "bus-error"},
    {"heap", "unknown-crash"},
    {"stack", "stack-buffer-overflow"},
    {"stack", "stack-smashing"},
    {"stack", "dynamic-stack-buffer-overflow"},
    {"stack", "array-index-out-of-bounds"},
    {"stack", "segv"},
    {"stack", "bus-error"},
    {"stack", "unknown-crash"},
    {"global", "global-buffer-overflow"},
    {"global", "array-index-out-of-bounds"},
    {"global", "segv"},
    {"global", "bus-error"},
    {"global", "unknown-crash"},
    {"lifetime", "heap-use-after-free"},
    {"lifetime", "double-free"},
    {"lifetime", "bad-free"},
    {"lifetime", "heap-corruption"},
    {"lifetime", "segv"},
    {"scope", "stack-use-after-return"},
    {"scope", "stack-use-after-scope"},
    {"memory", "allocation-size-too-big"},
    {"memory", "out-of-memory"},
    {"memory", "calloc-overflow"},
    {"time", "hang"},
    {"time", "slow"},
    {"time", "deadline-missed"},
};

enum class StackKind { kOrdered, kSet };

StackKind KindOf(const ClusterItem& item) {
  return item.bug_class == "stack-overflow" ? StackKind::kSet : StackKind::kOrdered;
}

std::string NameOf(const common::StackFrame& frame) {
  if (!frame.function.empty()) return frame.function;
  const std::string& path = frame.module.empty() ? frame.file : frame.module;
  return fmt::format("{}+{:x}", path.substr(path.rfind('/') + 1), frame.offset);
}

std::vector<std::string> FunctionsOf(const std::string& bug_class, const std::string& property_id,
                                     const std::vector<common::StackFrame>& stack) {
  std::vector<std::string> functions;
  std::map<std::string, int> counts;
  if (!property_id.empty()) functions.push_back(property_id);
  for (const common::StackFrame& frame : stack) {
    if (!frame.user_code) continue;
    std::string name = NameOf(frame);
    if (++counts[name] == 1) functions.push_back(std::move(name));
  }
  if (bug_class == "stack-overflow") {
    const auto once = [&](const std::string& name) { return counts[name] < 3; };
    std::vector<std::string> recurring = functions;
    std::erase_if(recurring, once);
    if (!recurring.empty()) functions = std::move(recurring);
    std::sort(functions.begin(), functions.end());
  }
  if (functions.size() > kMostFunctions) functions.resize(kMostFunctions);
  return functions;
}

// Weight of the function at a place, and of all that a stack can have.
double WeightAt(StackKind kind, size_t place) {
  return kind == StackKind::kOrdered ? std::ldexp(1, -static_cast<int>(place)) : 1;
}

double TotalWeight(StackKind kind, size_t size) {
  double total = 0;
  for (size_t i = 0; i < size; ++i) total += WeightAt(kind, i);
  return total;
}

// The heaviest common subsequence.
double CommonWeight(StackKind kind, const std::vector<std::string>& one,
                    const std::vector<std::string>& other) {
  std::vector<double> row(other.size() + 1, 0);
  for (size_t i = 0; i < one.size(); ++i) {
    double diagonal = 0;
    for (size_t j = 0; j < other.size(); ++j) {
      const double above = row[j + 1];
      const double taken =
          one[i] == other[j] ? diagonal + WeightAt(kind, std::max(i, j)) : diagonal;
      row[j + 1] = std::max({above, row[j], taken});
      diagonal = above;
    }
  }
  return row.back();
}

double StackDistance(const ClusterItem& one, const ClusterItem& other) {
  if (one.functions.empty() || other.functions.empty()) return 1;
  const StackKind kind = KindOf(one);
  const size_t longer = std::max(one.functions.size(), other.functions.size());
  const double common = CommonWeight(kind, one.functions, other.functions);
  return std::clamp(1 - common / TotalWeight(kind, longer), 0.0, 1.0);
}

bool AccessDiffers(const ClusterItem& one, const ClusterItem& other) {
  return !one.access.empty() && !other.access.empty() && one.access != other.access;
}

// All pairs' distances of a few hundred items, as the upper triangle of a matrix.
class Distances {
 public:
  explicit Distances(const std::vector<const ClusterItem*>& items) : size_(items.size()) {
    values_.resize(size_ * size_);
    for (size_t i = 0; i < size_; ++i) {
      for (size_t j = i + 1; j < size_; ++j) {
        Put(i, j, static_cast<float>(ClusterDistance(*items[i], *items[j])));
      }
    }
  }
  [[nodiscard]] size_t Size() const { return size_; }
  [[nodiscard]] float Between(size_t i, size_t j) const { return values_[i * size_ + j]; }
  void Put(size_t i, size_t j, float distance) {
    values_[i * size_ + j] = values_[j * size_ + i] = distance;
  }

 private:
  size_t size_;
  std::vector<float> values_;
};

struct Nearest {
  size_t item;
  float distance;
};

// The least distant that is still a cluster; ties go to `preferred`, then to the first.
Nearest NearestOf(const Distances& distances, const std::vector<bool>& gone, size_t item,
                  size_t preferred) {
  Nearest nearest{item, std::numeric_limits<float>::infinity()};
  if (preferred != item) nearest = {preferred, distances.Between(item, preferred)};
  for (size_t i = 0; i < distances.Size(); ++i) {
    if (i == item || gone[i]) continue;
    if (distances.Between(item, i) < nearest.distance) nearest = {i, distances.Between(item, i)};
  }
  return nearest;
}

// Complete linkage by chains of nearest neighbours, each cluster under its first item's number:
// quadratic, and the same clusters as by always merging the closest two.
std::vector<size_t> CompleteLinkage(Distances distances) {
  const size_t size = distances.Size();
  std::vector<size_t> cluster(size);
  for (size_t i = 0; i < size; ++i) cluster[i] = i;
  std::vector<bool> gone(size, false);
  std::vector<size_t> chain;
  size_t next = 0;
  while (next < size || !chain.empty()) {
    if (chain.empty()) {
      if (gone[next]) {
        ++next;
        continue;
      }
      chain.push_back(next);
    }
    const size_t top = chain.back();
    const size_t before = chain.size() > 1 ? chain[chain.size() - 2] : top;
    const Nearest nearest = NearestOf(distances, gone, top, before);
    if (!(nearest.distance <= static_cast<float>(kClusterLimit))) {
      // Nothing will come closer: merging only makes distances greater.
      gone[top] = true;
      chain.pop_back();
      continue;
    }
    if (nearest.item != before || before == top) {
      chain.push_back(nearest.item);
      continue;
    }
    chain.resize(chain.size() - 2);
    const auto [kept, lost] = std::minmax(top, before);
    gone[lost] = true;
    for (size_t i = 0; i < size; ++i) {
      if (cluster[i] == lost) cluster[i] = kept;
      if (i == kept || gone[i]) continue;
      distances.Put(kept, i, std::max(distances.Between(kept, i), distances.Between(lost, i)));
    }
  }
  return cluster;
}

// What the rule cannot tell apart is compared once.
using Likeness = std::tuple<std::string, std::string, std::vector<std::string>, std::string>;

Likeness LikenessOf(const ClusterItem& item) {
  // Without a function, nothing but the strict key tells what it is.
  return {item.bug_class, item.access, item.functions,
          item.functions.empty() ? item.strict_key : std::string()};
}

void ClusterTarget(const std::vector<ClusterItem>& items, const std::vector<size_t>& members,
                   std::vector<size_t>& cluster) {
  std::map<Likeness, size_t> first;
  std::vector<const ClusterItem*> distinct;
  std::vector<size_t> first_member;
  for (const size_t member : members) {
    if (distinct.size() == kMostClustered) break;
    if (!first.emplace(LikenessOf(items[member]), distinct.size()).second) continue;
    distinct.push_back(&items[member]);
    first_member.push_back(member);
  }
  const std::vector<size_t> linked = CompleteLinkage(Distances(distinct));
  for (const size_t member : members) {
    const auto found = first.find(LikenessOf(items[member]));
    if (found != first.end()) cluster[member] = first_member[linked[found->second]];
  }
}

std::string WhatItMeans(double distance, bool together, const std::string& apart) {
  if (together) {
    return apart.empty() ? "nothing but lines tells them apart: a split needs a person's word"
                         : fmt::format("one cluster; apart in {}", apart);
  }
  if (distance > kClusterLimit) {
    return fmt::format("{:.2f} over the limit of {:.2f}: {}", distance - kClusterLimit,
                       kClusterLimit, apart);
  }
  return fmt::format("near enough, but others of the two clusters are not; apart in {}", apart);
}

std::vector<common::Neighbour> NeighboursOf(const std::vector<common::Finding>& findings,
                                            const std::vector<ClusterItem>& items,
                                            const std::vector<size_t>& clusters, size_t of) {
  std::vector<std::pair<double, size_t>> near;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i == of || items[i].target != items[of].target) continue;
    const double distance = ClusterDistance(items[of], items[i]);
    if (distance < 1) near.emplace_back(distance, i);
  }
  const size_t count = std::min(kMostNeighbours, near.size());
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(count), near.end());
  std::vector<common::Neighbour> neighbours;
  for (size_t n = 0; n < count; ++n) {
    const auto& [distance, i] = near[n];
    const bool together = clusters[i] == clusters[of];
    neighbours.push_back({findings[i].id, std::round(distance * 1000) / 1000, together,
                          WhatItMeans(distance, together, WhatTellsApart(items[of], items[i]))});
  }
  return neighbours;
}

std::string ClusterName(const common::Finding& least) {
  return "C-" + common::Sha256Hex(least.target + "\n" + least.strict_key).substr(0, 12);
}

}  // namespace

ClusterItem ClusterItemOf(const std::string& target, const std::string& strict_key,
                          const CrashReport& report) {
  return {target,        strict_key,
          report.kind,   report.bug_class,
          report.access, FunctionsOf(report.bug_class, report.property_id, report.stack)};
}

ClusterItem ClusterItemOf(const common::Finding& finding) {
  return {finding.target, finding.strict_key,
          finding.kind,   finding.bug_class,
          finding.access, FunctionsOf(finding.bug_class, finding.property_id, finding.stack)};
}

bool AreKin(std::string_view bug_class, std::string_view other) {
  if (bug_class == other) return true;
  return std::any_of(std::begin(kKin), std::end(kKin), [&](const KinEntry& entry) {
    return entry.bug_class == bug_class &&
           std::any_of(std::begin(kKin), std::end(kKin), [&](const KinEntry& kin) {
             return kin.family == entry.family && kin.bug_class == other;
           });
  });
}

double ClusterDistance(const ClusterItem& one, const ClusterItem& other) {
  if (one.target != other.target) return 1;
  if (one.strict_key == other.strict_key && !one.strict_key.empty()) return 0;
  if (!AreKin(one.bug_class, other.bug_class)) return 1;
  double distance = StackDistance(one, other);
  if (one.bug_class != other.bug_class) distance += kOtherClass;
  if (AccessDiffers(one, other)) distance += kOtherAccess;
  return std::min(distance, 1.0);
}

std::string WhatTellsApart(const ClusterItem& one, const ClusterItem& other) {
  std::vector<std::string> facts;
  if (one.target != other.target) facts.push_back("target");
  const auto add = [&facts](const char* what, const std::string& left, const std::string& right) {
    facts.push_back(fmt::format("{}: {}, {}", what, left, right));
  };
  if (one.bug_class != other.bug_class) add("class", one.bug_class, other.bug_class);
  if (AccessDiffers(one, other)) add("access", one.access, other.access);
  const auto [left, right] = std::mismatch(one.functions.begin(), one.functions.end(),
                                           other.functions.begin(), other.functions.end());
  const auto name = [](const std::vector<std::string>& list, auto at) {
    return at == list.end() ? std::string("none") : *at;
  };
  if (left != one.functions.end() || right != other.functions.end()) {
    const auto depth = left - one.functions.begin();
    add(depth == 0 ? "innermost function" : fmt::format("caller {}", depth).c_str(),
        name(one.functions, left), name(other.functions, right));
  }
  return fmt::format("{}", fmt::join(facts, "; "));
}

std::vector<size_t> ClusterItems(const std::vector<ClusterItem>& items) {
  std::map<std::string, std::vector<size_t>> targets;
  std::vector<size_t> cluster(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    cluster[i] = i;
    targets[items[i].target].push_back(i);
  }
  for (const auto& [target, members] : targets) ClusterTarget(items, members, cluster);
  std::map<size_t, size_t> numbers;
  for (size_t& number : cluster) number = numbers.emplace(number, numbers.size()).first->second;
  return cluster;
}

void SetClusters(std::vector<common::Finding>& findings) {
  std::vector<ClusterItem> items;
  items.reserve(findings.size());
  for (const common::Finding& finding : findings) items.push_back(ClusterItemOf(finding));
  const std::vector<size_t> clusters = ClusterItems(items);
  std::map<size_t, const common::Finding*> least;
  for (size_t i = 0; i < findings.size(); ++i) {
    const common::Finding*& known = least[clusters[i]];
    if (known == nullptr || findings[i].strict_key < known->strict_key) known = &findings[i];
  }
  std::map<size_t, std::string> names;
  for (const auto& [cluster, finding] : least) names[cluster] = ClusterName(*finding);
  for (size_t i = 0; i < findings.size(); ++i) {
    findings[i].cluster = names[clusters[i]];
    findings[i].neighbours = NeighboursOf(findings, items, clusters, i);
  }
}

}  // namespace percuss::campaign
