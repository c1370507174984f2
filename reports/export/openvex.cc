// SPDX-License-Identifier: Apache-2.0
#include "reports/export/openvex.h"

#include <exception>
#include <set>

#include "common/json_file.h"

namespace percuss::reports {
namespace {

using common::Json;

const char* StatusName(VexStatus status) {
  switch (status) {
    case VexStatus::kAffected:
      return "affected";
    case VexStatus::kNotAffected:
      return "not_affected";
    case VexStatus::kFixed:
      return "fixed";
    case VexStatus::kUnderInvestigation:
      break;
  }
  return "under_investigation";
}

Json Component(const VexProduct& product) {
  Json component = {{"@id", product.iri}, {"identifiers", {{"purl", product.iri}}}};
  if (!product.sha256.empty()) component["hashes"]["sha-256"] = product.sha256;
  return component;
}

Json Product(const VexDocument& document, int index) {
  const VexProduct& product = document.products.at(static_cast<size_t>(index));
  if (product.part_of < 0) return Component(product);
  Json whole = Component(document.products.at(static_cast<size_t>(product.part_of)));
  whole["subcomponents"] = Json::array({Component(product)});
  return whole;
}

Json Statement(const VexDocument& document, const VexStatement& said) {
  Json vulnerability = {{"name", said.id}, {"description", said.title + ". " + said.description}};
  const std::set<std::string> aliases(said.aliases.begin(), said.aliases.end());
  if (!aliases.empty()) vulnerability["aliases"] = aliases;
  Json statement = {{"vulnerability", std::move(vulnerability)},
                    {"timestamp", said.at},
                    {"products", Json::array({Product(document, said.product)})},
                    {"status", StatusName(said.status)},
                    {"status_notes", said.notes}};
  if (said.status == VexStatus::kNotAffected) {
    if (!said.justification.empty()) statement["justification"] = said.justification;
    statement["impact_statement"] = said.impact;
  }
  if (said.status == VexStatus::kAffected) {
    statement["action_statement"] = said.action;
    statement["action_statement_timestamp"] = said.at;
  }
  return statement;
}

}  // namespace

common::Result<std::string> OpenVexText(const VexDocument& document) {
  if (document.statements.empty()) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "there is nothing to state: OpenVEX has no document without a statement");
  }
  try {
    Json statements = Json::array();
    for (const VexStatement& said : document.statements) {
      statements.push_back(Statement(document, said));
    }
    return common::JsonText({{"@context", "https://openvex.dev/ns/v0.2.0"},
                             {"@id", document.id},
                             {"author", document.author},
                             {"role", document.role},
                             {"timestamp", document.revisions.front().at},
                             {"last_updated", document.revisions.back().at},
                             {"version", document.revisions.size()},
                             {"tooling", document.tooling},
                             {"statements", std::move(statements)}});
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal,
                        std::string("writing OpenVEX: ") + error.what());
  }
}

common::Result<std::string> WriteOpenVex(const common::RunRecord& record,
                                         const PackageFacts& package) {
  return OpenVexText(VexOfRecord(record, package));
}

}  // namespace percuss::reports
