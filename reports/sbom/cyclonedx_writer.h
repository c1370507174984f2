// SPDX-License-Identifier: Apache-2.0
//
// CycloneDX 1.6 (ECMA-424) as JSON. Any Sbom gives a document that its schema accepts: what the
// schema has no place for is a property in the namespace "percuss", and a hash of an algorithm that
// it does not know is left out. Pure and thread-safe.
#pragma once

#include <string>

#include "common/json_file.h"
#include "reports/sbom/sbom.h"

namespace percuss::reports {

// Without a serialNumber.
[[nodiscard]] common::Json CycloneDxJson(const Sbom& sbom);

// The text, with a serialNumber made from the rest (RFC 4122, version 5, over the SHA-256 of the
// document): the same content has the same number, and any other content another.
[[nodiscard]] std::string CycloneDxText(common::Json document);

// One component as it stands in lists of components, without parts.
[[nodiscard]] common::Json CycloneDxComponent(const SbomComponent& component);

// What the format's "iri-reference" may be made of (RFC 3986, section 2): anything else is
// percent-encoded.
[[nodiscard]] std::string UriReference(std::string_view text);

}  // namespace percuss::reports
