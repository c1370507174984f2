// SPDX-License-Identifier: Apache-2.0
//
// Feeds that the user brings: OSV, CSAF 2.0 advisories, and the catalogue of known exploited
// vulnerabilities in CISA's JSON form. Nothing is fetched. Thread-safe.
#pragma once

#include <filesystem>

#include "common/field_reader.h"
#include "common/result.h"
#include "reports/monitor/advisory.h"

namespace percuss::reports {

// A JSON file, a zip of such, or a folder of such at any depth; what other files are in there is
// passed over. A file holds one OSV record or advisory, a list of OSV records, {"vulns": [...]}, or
// the catalogue; its kind is told by content. kNotFound when it is not there; kBadInput with file,
// entry and line for what is of none of these kinds, of wrong types, nested deeper than 64, a
// document of more than 64 MiB or a feed of more than 1,000,000 records; kCorrupt for a zip that is
// cut short or tries a trick. A feed without any document is kBadInput: it would look clean.
[[nodiscard]] common::Result<Feed> ReadFeed(const std::filesystem::path& path);

// Adds what one parsed document holds; its mistakes are in the document's status. Unknown members
// are passed over.
void TakeOsv(common::Document& document, const common::Json& record, const std::string& pointer,
             Feed& feed);
void TakeCsaf(common::Document& document, Feed& feed);
void TakeCatalogue(common::Document& document, Feed& feed);

}  // namespace percuss::reports
