// SPDX-License-Identifier: Apache-2.0
//
// Which decision on a finding holds in which package. A decision counts for the package on which it
// was taken, and for every other that was given with the same version of the device's software and
// the same build of the target: somebody looked at that and at nothing else.
// docs/validation-files.md has the rule in full. Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "reports/validation/traced_package.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

// What holds of a finding, in one package or in all that have it.
struct Standing {
  const Disposition* decision = nullptr;  // nullptr: it is open
  std::string why_open;                   // "nobody has decided ...", empty when it is not
  bool came_back = false;                 // open, and a package ended after a "fixed" elsewhere
  const TracedPackage* open_in = nullptr;
};

// records.json and a signed record say different things of a finding in the same build. The signed
// one holds.
struct Disagreement {
  const Disposition* filed;
  const Disposition* by_record;
};

class FindingDecisions {
 public:
  // `said` of the finding, in order and without what was superseded; `packages` that have it, each
  // with `target`. All outlive this.
  FindingDecisions(std::vector<const Disposition*> said, std::vector<const TracedPackage*> packages,
                   std::string target);

  [[nodiscard]] Standing In(const TracedPackage& package) const;
  // Open when it is in one of the packages; otherwise the decision of the latest. Without a package
  // the last decision: nothing contradicts it.
  [[nodiscard]] Standing Overall() const;
  // Of each package the last of either kind; each pair once.
  [[nodiscard]] std::vector<Disagreement> Disagreements() const;

 private:
  struct Ran {
    const TracedPackage* package;
    const TracedTarget* target;  // nullptr: it has none of that name
  };
  struct Said {
    const Disposition* disposition;
    std::vector<Ran> taken_on;
  };
  [[nodiscard]] std::vector<Ran> TakenOn(const Disposition& disposition) const;
  [[nodiscard]] static bool IsSameBuild(const Ran& one, const Ran& other);
  [[nodiscard]] static bool Counts(const Said& said, const Ran& ran);
  [[nodiscard]] Standing StandingOf(const Ran& ran) const;

  std::vector<Ran> packages_;
  std::string target_;
  std::vector<Said> said_;
};

}  // namespace percuss::reports
