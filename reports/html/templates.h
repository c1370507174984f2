// SPDX-License-Identifier: Apache-2.0
//
// The texts of the .mustache files and of style.css, put into the library by CMake.
#pragma once

#include <string_view>

namespace percuss::reports {

extern const std::string_view kPageTemplate;
extern const std::string_view kTableTemplate;
extern const std::string_view kVerdictTemplate;
extern const std::string_view kScopeTemplate;
extern const std::string_view kFindingTemplate;
extern const std::string_view kFindingsTemplate;
extern const std::string_view kProgressTemplate;
extern const std::string_view kFunctionsTemplate;
extern const std::string_view kTimingTemplate;
extern const std::string_view kConductTemplate;
extern const std::string_view kSbomTemplate;
extern const std::string_view kSignaturesTemplate;
extern const std::string_view kSectionsTemplate;
extern const std::string_view kTablesTemplate;
extern const std::string_view kStyle;

}  // namespace percuss::reports
