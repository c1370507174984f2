// SPDX-License-Identifier: Apache-2.0
//
// A software bill of materials, whatever format it came in: CycloneDX (ECMA-424) or SPDX 2.3
// (ISO/IEC 5962 is 2.2.1). The members are those that the NTIA's "Minimum Elements" (July 2021),
// and for medical devices the FDA's support level and end of support, ask for. Plain data; absent
// texts are empty. Lists keep the order of the file.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace percuss::common {

struct SbomHash {
  std::string algorithm;  // as CycloneDX spells it: "SHA-256", "SHA-1", "BLAKE2b-256"
  std::string value;      // lower-case hex
};

// A change to the source that the version does not tell of.
struct SbomPatch {
  std::string name;                   // of its file or commit; may be empty
  std::vector<std::string> resolves;  // ids of what it mends: "CVE-2020-8597"
};

struct SbomComponent {
  std::string id;    // bom-ref or SPDXID; unique in the Sbom, made up by the reader when absent
  std::string type;  // CycloneDX's words: application, library, firmware, operating-system, file...
  std::string group;  // CycloneDX's: what stands before the name, such as a namespace
  std::string name;
  std::string version;
  std::string supplier;      // who one gets it from
  std::string manufacturer;  // who makes it: manufacturer, publisher or author; SPDX's originator
  std::string description;
  std::string purl;
  std::string cpe;                     // 2.3 where both are there
  std::vector<std::string> other_ids;  // SWID, SWHID, OmniBOR and the like
  std::vector<SbomHash> hashes;
  std::vector<std::string> licences;  // SPDX expressions or ids; names where it has none
  std::string support_level;          // free text; for example actively_maintained,
                                      // no_longer_maintained, abandoned
  std::string end_of_support;         // a date, "2027-06-30", or date and time
  std::string source_revision;  // commit, or version of the source package, that it was built from
  std::vector<SbomPatch> patches;
  std::string parent;  // id of the component that it is a part of; empty at the top
  // Ids of what it needs, all of them components of the same Sbom. Without any, dependencies_known
  // tells "needs nothing" from "nobody said".
  std::vector<std::string> depends_on;
  bool dependencies_known = false;
  std::map<std::string, std::string> properties;  // further names and values
};

struct Sbom {
  std::string format;                     // CycloneDX|SPDX
  std::string spec_version;               // "1.6", "2.3"
  std::string id;                         // CycloneDX: serialNumber; SPDX: documentNamespace
  int document_version = 1;               // CycloneDX's counter of revisions
  std::string name;                       // of the document; SPDX only
  std::string timestamp;                  // RFC 3339
  std::vector<std::string> authors;       // persons, organisations, of the data of this document
  std::vector<std::string> tools;         // name and version of the programs that made it
  std::string subject;                    // id of the component that the document is about
  std::vector<SbomComponent> components;  // flat, the subject among them
};

// What one build of a target is made of, as its file says.
struct BuiltBinary {
  std::vector<std::string> needs;      // ids of components
  std::vector<std::string> compilers;  // from its .comment section
  std::string build_id;                // GNU build id, hex
  std::string machine;                 // "x86_64", "arm", "riscv"
};

// What the tool itself sees of a target's parts.
struct BuildFacts {
  std::string target;
  std::vector<SbomComponent> components;        // libraries and third-party sources
  std::map<std::string, BuiltBinary> binaries;  // by role (common::Binary)
};

}  // namespace percuss::common
