// SPDX-License-Identifier: Apache-2.0
//
// CSAF 2.0 advisories: the product tree, and what each vulnerability says of its products.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/memory_budget.h"
#include "reports/monitor/feed.h"

namespace percuss::reports {
namespace {

using common::FieldReader;
using Products = std::map<std::string, AffectedPackage>;

constexpr int kDeepestBranch = 30;

// Names by category along the way from the root of the tree.
struct Branch {
  std::string vendor;
  std::string name;
  std::string version;
  std::string range;
};

// What a copy of it takes: products stand in the file once, in the result as often as named.
size_t BytesOf(const AffectedPackage& package) {
  return sizeof package + package.name.size() + package.purl.size() + package.cpe.size() +
         package.version.size() + package.whole.size() + package.doubtful.size();
}

class ProductTree {
 public:
  ProductTree(Products& products, common::MemoryBudget& budget)
      : products_(&products), budget_(&budget) {}

  void Read(FieldReader& tree) {
    ReadBranches(tree, {}, 0);
    for (FieldReader& name : tree.Objects("full_product_names")) Add(name, {});
    // A relationship may be built upon another; whoever is named first comes first.
    for (FieldReader& relation : tree.Objects("relationships")) ReadRelation(relation);
  }

 private:
  void ReadBranches(FieldReader& node, const Branch& above, int depth) {
    if (depth > kDeepestBranch) return node.Mistake("branches", "are nested too deep");
    for (FieldReader& child : node.Objects("branches")) {
      // Every branch repeats the names above it.
      if (!budget_->Take(above.vendor.size() + above.name.size() + above.version.size() +
                         above.range.size())) {
        return node.Mistake("branches", common::kBudgetSpent);
      }
      Branch branch = above;
      const std::string category = child.RequiredText("category");
      const std::string name = child.RequiredText("name");
      if (category == "vendor") branch.vendor = name;
      if (category == "product_name") branch.name = name;
      if (category == "product_version") branch.version = name;
      if (category == "product_version_range") branch.range = name;
      if (child.Has("product")) {
        FieldReader product = child.Object("product");
        Add(product, branch);
      }
      ReadBranches(child, branch, depth + 1);
    }
  }

  void Add(FieldReader& product, const Branch& branch) {
    AffectedPackage package;
    package.name = branch.name.empty() ? product.RequiredText("name") : branch.name;
    package.version = branch.version;
    if (!branch.range.empty()) {
      package.doubtful = "the advisory names the versions in words: " + branch.range;
    } else if (branch.version.empty()) {
      package.doubtful = "the advisory names no version";
    }
    if (product.Has("product_identification_helper")) {
      FieldReader help = product.Object("product_identification_helper");
      package.purl = help.Text("purl");
      package.cpe = help.Text("cpe");
    }
    const std::string id = product.RequiredText("product_id");
    if (!budget_->Take(BytesOf(package))) return product.Mistake("name", common::kBudgetSpent);
    if (!products_->emplace(id, std::move(package)).second) {
      product.Mistake("product_id", "\"" + id + "\" is there twice");
    }
  }

  void ReadRelation(FieldReader& relation) {
    const std::string component = relation.RequiredText("product_reference");
    const std::string whole = relation.RequiredText("relates_to_product_reference");
    FieldReader name = relation.Object("full_product_name");
    const std::string id = name.RequiredText("product_id");
    const auto found = products_->find(component);
    if (found == products_->end()) {
      return relation.Mistake("product_reference", "there is no product \"" + component + "\"");
    }
    AffectedPackage package = found->second;
    const auto other = products_->find(whole);
    package.whole = other == products_->end() ? whole : other->second.name;
    if (!budget_->Take(BytesOf(package))) {
      return relation.Mistake("product_reference", common::kBudgetSpent);
    }
    if (!products_->emplace(id, std::move(package)).second) {
      relation.Mistake("full_product_name", "\"" + id + "\" is there twice");
    }
  }

  Products* products_;
  common::MemoryBudget* budget_;
};

using State = AffectedPackage::State;

constexpr std::pair<const char*, State> kStates[] = {
    {"known_affected", State::kAffected},        {"first_affected", State::kAffected},
    {"last_affected", State::kAffected},         {"under_investigation", State::kUnknown},
    {"known_not_affected", State::kNotAffected}, {"fixed", State::kNotAffected},
    {"first_fixed", State::kNotAffected}};

void ReadStatus(FieldReader& vulnerability, const Products& products, common::MemoryBudget& budget,
                Advisory& advisory) {
  if (!vulnerability.Has("product_status")) return;
  FieldReader status = vulnerability.Object("product_status");
  for (const auto& [name, state] : kStates) {
    for (const std::string& id : status.Texts(name)) {
      const auto product = products.find(id);
      if (product == products.end()) {
        status.Mistake(name, "there is no product \"" + id + "\" in the product tree");
        return;
      }
      if (!budget.Take(BytesOf(product->second))) {
        return status.Mistake(name, common::kBudgetSpent);
      }
      advisory.affected.push_back(product->second);
      advisory.affected.back().state = state;
    }
  }
}

void ReadIds(FieldReader& vulnerability, const std::string& document_id, Advisory& advisory) {
  std::vector<std::string> ids;
  if (vulnerability.Has("cve")) ids.push_back(vulnerability.RequiredText("cve"));
  for (FieldReader& id : vulnerability.Objects("ids")) ids.push_back(id.RequiredText("text"));
  if (ids.empty()) ids.push_back(document_id + vulnerability.Pointer());
  advisory.id = ids.front();
  advisory.aliases.assign(ids.begin() + 1, ids.end());
}

}  // namespace

void TakeCsaf(common::Document& document, Feed& feed) {
  FieldReader root(document, document.json, "");
  FieldReader head = root.Object("document");
  head.Choice("csaf_version", {"2.0"}, "");
  const std::string title = head.RequiredText("title");
  if (!head.Has("tracking")) head.Mistake("tracking", "is required");
  FieldReader tracking = head.Object("tracking");
  const std::string id = tracking.RequiredText("id");
  const std::string modified = tracking.RequiredText("current_release_date");
  Products products;
  common::MemoryBudget budget;
  if (root.Has("product_tree")) {
    FieldReader tree = root.Object("product_tree");
    ProductTree(products, budget).Read(tree);
  }
  for (FieldReader& vulnerability : root.Objects("vulnerabilities")) {
    Advisory advisory;
    ReadIds(vulnerability, id, advisory);
    advisory.summary = vulnerability.Text("title", title) + " (" + id + ")";
    advisory.modified = modified;
    if (!budget.Take(sizeof advisory + advisory.summary.size() + modified.size())) {
      return root.Mistake("vulnerabilities", common::kBudgetSpent);
    }
    ReadStatus(vulnerability, products, budget, advisory);
    feed.advisories.push_back(std::move(advisory));
  }
}

}  // namespace percuss::reports
