// SPDX-License-Identifier: Apache-2.0
#include "reports/sbom/sbom.h"

#include <fmt/format.h>

#include "common/fs.h"
#include "reports/sbom/document_reader.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Result;

bool LooksLikeTags(std::string_view text) {
  const size_t at = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return at != std::string_view::npos && text[at] != '{' &&
         text.find("SPDXVersion:") != std::string_view::npos;
}

Result<Sbom> Finish(common::Document& document, Sbom sbom) {
  if (!document.status) return tl::make_unexpected(document.status.error());
  return sbom;
}

}  // namespace

Result<Sbom> ParseSbom(std::string text, const std::string& name) {
  if (text.size() > kLargestSbomBytes) {
    return common::Fail(ErrorCode::kBadInput,
                        fmt::format("a bill of materials of more than {} MiB is not read",
                                    kLargestSbomBytes >> 20U),
                        name);
  }
  if (LooksLikeTags(text)) {
    auto json = SpdxFromTags(text, name);
    if (!json) return tl::make_unexpected(json.error());
    common::Document document{name, "", std::move(*json), {}};
    auto sbom = Finish(document, ReadSpdx(document));
    if (sbom) return sbom;
    common::Error error = sbom.error();
    error.line = 0;  // of the JSON that the text was turned into
    return tl::make_unexpected(error);
  }
  auto json = common::ParseJson(text, name);
  if (!json) return tl::make_unexpected(json.error());
  common::Document document{name, std::move(text), std::move(*json), {}};
  const auto is = [&](const char* member, std::string_view beginning) {
    const auto value = document.json.is_object() ? document.json.find(member) : document.json.end();
    return value != document.json.end() && value->is_string() &&
           value->get_ref<const std::string&>().starts_with(beginning);
  };
  if (is("bomFormat", "CycloneDX")) return Finish(document, ReadCycloneDx(document));
  if (is("spdxVersion", "SPDX-")) return Finish(document, ReadSpdx(document));
  return common::Fail(ErrorCode::kBadInput,
                      "is no bill of materials that percuss reads: CycloneDX 1.4 to 1.6 as JSON "
                      "begins with \"bomFormat\", SPDX 2.2 and 2.3 as JSON have an \"spdxVersion\"",
                      name);
}

Result<Sbom> ReadSbom(const std::filesystem::path& path) {
  auto text = common::ReadFile(path, kLargestSbomBytes);
  if (!text) return tl::make_unexpected(text.error());
  return ParseSbom(std::move(*text), path.string());
}

}  // namespace percuss::reports
