// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/match.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

#include "reports/export/identifiers.h"
#include "reports/monitor/package_url.h"
#include "reports/monitor/version_match.h"

namespace percuss::reports {
namespace {

using common::Sbom;
using common::SbomComponent;

// A component with what it is recognised by, taken apart once.
struct Known {
  size_t index = 0;
  const SbomComponent* component = nullptr;
  std::optional<PackageUrl> purl;
  std::optional<CpeName> cpe;
  std::string version;
  std::vector<std::string> names;  // plain; its own, its source package's, that of its URL and CPE
};

void AddName(std::string_view name, std::vector<std::string>& names) {
  std::string plain = PlainName(name);
  const bool there = std::find(names.begin(), names.end(), plain) != names.end();
  if (!plain.empty() && !there) names.push_back(std::move(plain));
}

Known Know(size_t index, const SbomComponent& component) {
  Known known{index, &component, ParsePackageUrl(component.purl), ParseCpe(component.cpe), {}, {}};
  known.version = component.version;
  AddName(component.name, known.names);
  if (!component.group.empty()) AddName(component.group + component.name, known.names);
  if (known.purl) {
    if (!known.purl->version.empty()) known.version = known.purl->version;
    AddName(known.purl->name, known.names);
    AddName(known.purl->name_space + known.purl->name, known.names);
    // The source package of a binary one, as generators of SBOMs write it.
    for (const char* qualifier : {"upstream", "source"}) {
      const auto it = known.purl->qualifiers.find(qualifier);
      if (it == known.purl->qualifiers.end()) continue;
      AddName(it->second.substr(0, it->second.find_first_of("@ ")), known.names);
    }
  }
  if (known.cpe) {
    if (known.version.empty() && known.cpe->version != "*" && known.cpe->version != "-") {
      known.version = known.cpe->version;
    }
    AddName(known.cpe->product, known.names);
  }
  return known;
}

// The package URL's type and namespace of an ecosystem of OSV; empty type: not known.
std::pair<std::string, std::string> UrlOf(std::string_view ecosystem) {
  static constexpr std::tuple<std::string_view, const char*, const char*> kRows[] = {
      {"Debian", "deb", "debian"}, {"Ubuntu", "deb", "ubuntu"},   {"Alpine", "apk", "alpine"},
      {"npm", "npm", ""},          {"PyPI", "pypi", ""},          {"crates.io", "cargo", ""},
      {"Go", "golang", ""},        {"Maven", "maven", ""},        {"NuGet", "nuget", ""},
      {"RubyGems", "gem", ""},     {"Packagist", "composer", ""}, {"Hex", "hex", ""},
      {"Pub", "pub", ""},          {"ConanCenter", "conan", ""}};
  const std::string_view name = ecosystem.substr(0, ecosystem.find(':'));
  for (const auto& [row, type, name_space] : kRows) {
    if (row == name) return {type, name_space};
  }
  return {};
}

// "12" of "Debian:12", "debian-12" and "debian-12.5"; empty when there is none.
std::string Release(std::string_view text) {
  const size_t digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return {};
  const size_t end = text.find_first_not_of("0123456789", digit);
  return std::string(text.substr(digit, end == std::string_view::npos ? end : end - digit));
}

struct Identity {
  std::string by;          // empty: another package
  std::string doubt;       // why it may be another one all the same
  bool comparable = true;  // whether its versions are counted as those of the feed
};

// Distributions fix one vulnerability in another version in each of their releases.
Identity OfRelease(const Known& known, const AffectedPackage& package) {
  Identity identity{"purl", "", true};
  const std::string wanted = Release(package.ecosystem);
  if (UrlOf(package.ecosystem).first != "deb" || wanted.empty()) return identity;
  const auto distro = known.purl->qualifiers.find("distro");
  const std::string release = distro == known.purl->qualifiers.end() ? "" : Release(distro->second);
  if (release.empty()) {
    identity.doubt = "the package URL does not say which release it is from; the feed speaks of " +
                     package.ecosystem;
  } else if (release != wanted) {
    identity.by.clear();
  }
  return identity;
}

bool HasName(const Known& known, std::string_view name) {
  const std::string plain = PlainName(name);
  return std::find(known.names.begin(), known.names.end(), plain) != known.names.end();
}

bool IsDistribution(std::string_view type) { return type == "deb" || type == "apk"; }

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Both are of one registry. There, names are what they are spelt: foo-bar is not foobar. The feeds
// of distributions name the source of a package.
bool SameInRegistry(const PackageUrl& ours, const std::optional<PackageUrl>& theirs,
                    const std::string& name) {
  if (IsDistribution(ours.type)) {
    const std::string wanted = theirs ? theirs->name : Lower(name);
    if (ours.name == wanted) return true;
    for (const char* qualifier : {"upstream", "source"}) {
      const auto it = ours.qualifiers.find(qualifier);
      if (it == ours.qualifiers.end()) continue;
      if (Lower(it->second.substr(0, it->second.find_first_of("@ "))) == wanted) return true;
    }
    return false;
  }
  if (theirs) return false;  // compared before
  const std::string path = ours.name_space.empty() ? ours.name : ours.name_space + "/" + ours.name;
  std::string wanted = Lower(name);
  if (ours.type == "maven") std::replace(wanted.begin(), wanted.end(), ':', '/');
  if (ours.type == "pypi") {
    std::replace(wanted.begin(), wanted.end(), '_', '-');
    std::replace(wanted.begin(), wanted.end(), '.', '-');
  }
  return Lower(path) == wanted;
}

Identity Recognise(const Known& known, const AffectedPackage& package) {
  const auto theirs = ParsePackageUrl(package.purl);
  if (known.purl && theirs && SamePackage(*known.purl, *theirs)) return OfRelease(known, package);
  if (const auto cpe = ParseCpe(package.cpe); known.cpe && cpe) {
    if (known.cpe->vendor == cpe->vendor && known.cpe->product == cpe->product) {
      return {"cpe", "", true};
    }
  }
  if (!HasName(known, package.name) && !(theirs && HasName(known, theirs->name))) return {};
  const auto [type, name_space] = UrlOf(package.ecosystem);
  std::string their_type = theirs ? theirs->type : type;
  if (their_type == "generic") their_type.clear();
  const bool registered = known.purl && known.purl->type != "generic";
  if (registered && !their_type.empty()) {
    if (known.purl->type != their_type) return {};
    if (!name_space.empty() && known.purl->name_space != name_space) return {};
    return SameInRegistry(*known.purl, theirs, package.name) ? OfRelease(known, package)
                                                             : Identity{};
  }
  if (IsDistribution(their_type)) {
    return {"name",
            "only the name is the same, and versions of " +
                (package.ecosystem.empty() ? their_type : package.ecosystem) +
                " are not those of others",
            false};
  }
  if (registered && IsDistribution(known.purl->type)) {
    return {"name", "the distribution may have mended it in the same version", true};
  }
  return {"name", registered ? "only the name is the same" : "", true};
}

// "2.1.3" of Debian's "1:2.1.3+dfsg1-2".
std::string UpstreamVersion(std::string version) {
  if (const size_t colon = version.find(':'); colon != std::string::npos)
    version.erase(0, colon + 1);
  if (const size_t dash = version.rfind('-'); dash != std::string::npos) version.resize(dash);
  for (const char* repacked : {"+dfsg", "+ds", "+repack", "~dfsg"}) {
    if (const size_t at = version.find(repacked); at != std::string::npos) version.resize(at);
  }
  return version;
}

// What is to be said of one component by one entry of an advisory; nothing when it is not meant.
std::optional<MatchReason> Judge(const Known& known, const AffectedPackage& package) {
  const Identity identity = Recognise(known, package);
  if (identity.by.empty()) return std::nullopt;
  AffectedPackage asked = package;
  if (asked.version.empty()) {
    if (const auto url = ParsePackageUrl(asked.purl)) asked.version = url->version;
  }
  if (asked.version.empty()) {
    if (const auto cpe = ParseCpe(asked.cpe); cpe && cpe->version != "*" && cpe->version != "-") {
      asked.version = cpe->version;
    }
  }
  if (package.state == AffectedPackage::State::kNotAffected) return std::nullopt;
  const bool repacked = identity.by != "purl" && known.purl && IsDistribution(known.purl->type);
  const VersionVerdict version =
      IsVersionMeant(asked, repacked ? UpstreamVersion(known.version) : known.version,
                     known.component->source_revision);
  if (version.answer == VersionAnswer::kNo && identity.comparable) return std::nullopt;
  MatchReason reason;
  reason.by = identity.by;
  reason.why = version.why;
  const bool sure = version.answer == VersionAnswer::kYes && identity.doubt.empty() &&
                    package.whole.empty() && package.state == AffectedPackage::State::kAffected;
  reason.state = sure ? MatchState::kAffected : MatchState::kCannotTell;
  if (!identity.doubt.empty()) reason.why += "; " + identity.doubt;
  if (!package.whole.empty()) reason.why += "; said of it as a component of " + package.whole;
  if (package.state == AffectedPackage::State::kUnknown) reason.why += "; its maker investigates";
  return reason;
}

std::string CanonicalId(const Advisory& advisory) {
  if (IsCveId(advisory.id)) return advisory.id;
  for (const std::string& alias : advisory.aliases) {
    if (IsCveId(alias)) return alias;
  }
  return advisory.id;
}

class Matcher {
 public:
  Matcher(const Sbom& sbom, const std::vector<Feed>& feeds) : sbom_(sbom), feeds_(feeds) {}

  MatchResult Run() {
    IndexComponents();
    for (const Feed& feed : feeds_) {
      for (const Advisory& advisory : feed.advisories) TakeAdvisory(feed, advisory);
    }
    for (const Feed& feed : feeds_) {
      for (const ExploitedEntry& entry : feed.exploited) TakeExploited(feed, entry);
    }
    for (auto& [key, match] : matches_) result_.matches.push_back(Finished(std::move(match)));
    std::stable_sort(result_.matches.begin(), result_.matches.end(), Before);
    return std::move(result_);
  }

 private:
  static bool Before(const Match& left, const Match& right) {
    if (left.known_exploited != right.known_exploited) return left.known_exploited;
    return left.state == MatchState::kAffected && right.state != MatchState::kAffected;
  }

  void IndexComponents() {
    for (size_t i = 0; i < sbom_.components.size(); ++i) {
      const SbomComponent& component = sbom_.components[i];
      if (!sbom_.subject.empty() && component.id == sbom_.subject) continue;
      ++result_.counts.components;
      known_.push_back(Know(i, component));
      if (known_.back().names.empty()) ++result_.counts.nameless;
    }
    for (const Known& known : known_) {
      for (const std::string& name : known.names) by_name_[name].push_back(&known);
    }
  }

  // Components that share a name with what the entry is about: whatever else it is recognised by
  // holds a name as well.
  std::vector<const Known*> Candidates(const AffectedPackage& package) const {
    std::vector<std::string> names = {PlainName(package.name)};
    if (const auto url = ParsePackageUrl(package.purl)) names.push_back(PlainName(url->name));
    if (const auto cpe = ParseCpe(package.cpe)) names.push_back(PlainName(cpe->product));
    std::vector<const Known*> found;
    for (const std::string& name : names) {
      const auto it = by_name_.find(name);
      if (it == by_name_.end()) continue;
      for (const Known* known : it->second) {
        if (std::find(found.begin(), found.end(), known) == found.end()) found.push_back(known);
      }
    }
    return found;
  }

  void TakeAdvisory(const Feed& feed, const Advisory& advisory) {
    ++result_.counts.advisories;
    if (advisory.withdrawn) {
      ++result_.counts.withdrawn;
      return;
    }
    for (const AffectedPackage& package : advisory.affected) {
      for (const Known* known : Candidates(package)) {
        auto reason = Judge(*known, package);
        if (!reason) continue;
        reason->feed = feed.file;
        reason->advisory = advisory.id;
        Match& match = Of(CanonicalId(advisory), *known);
        if (match.summary.empty()) match.summary = advisory.summary;
        match.aliases.push_back(advisory.id);
        match.aliases.insert(match.aliases.end(), advisory.aliases.begin(), advisory.aliases.end());
        AddReason(std::move(*reason), match);
      }
    }
  }

  void TakeExploited(const Feed& feed, const ExploitedEntry& entry) {
    bool matched = false;
    for (auto& [key, match] : matches_) {
      const bool same =
          match.vulnerability == entry.id ||
          std::find(match.aliases.begin(), match.aliases.end(), entry.id) != match.aliases.end();
      if (!same) continue;
      matched = true;
      MarkExploited(entry, match);
    }
    if (matched) return;
    // The catalogue names no versions: whoever has a product of that name must look.
    const auto it = by_name_.find(PlainName(entry.product));
    if (it == by_name_.end()) return;
    for (const Known* known : it->second) {
      if (Refuted(entry.id, *known)) continue;
      Match& match = Of(entry.id, *known);
      match.summary = entry.name;
      MarkExploited(entry, match);
      AddReason({feed.file, entry.id, "name",
                 "the catalogue of exploited vulnerabilities names the product, no version",
                 MatchState::kCannotTell},
                match);
    }
  }

  // Another feed speaks of the vulnerability in this very package, and not of this version.
  bool Refuted(const std::string& id, const Known& known) const {
    bool spoken = false;
    for (const Feed& feed : feeds_) {
      for (const Advisory& advisory : feed.advisories) {
        if (advisory.withdrawn || CanonicalId(advisory) != id) continue;
        for (const AffectedPackage& package : advisory.affected) {
          const Identity identity = Recognise(known, package);
          spoken = spoken || (!identity.by.empty() && identity.doubt.empty());
        }
      }
    }
    return spoken;
  }

  static void MarkExploited(const ExploitedEntry& entry, Match& match) {
    match.known_exploited = true;
    match.ransomware = match.ransomware || entry.ransomware;
    match.exploited_due = entry.due;
    match.exploited_action = entry.action;
  }

  Match& Of(const std::string& vulnerability, const Known& known) {
    Match& match = matches_[{vulnerability, known.index}];
    match.vulnerability = vulnerability;
    match.component = known.index;
    return match;
  }

  static void AddReason(MatchReason reason, Match& match) {
    for (const MatchReason& before : match.reasons) {
      const bool same = before.feed == reason.feed && before.advisory == reason.advisory &&
                        before.why == reason.why;
      if (same) return;
    }
    if (reason.state == MatchState::kAffected) match.state = MatchState::kAffected;
    match.reasons.push_back(std::move(reason));
  }

  Match Finished(Match match) const {
    std::set<std::string> names(match.aliases.begin(), match.aliases.end());
    names.erase(match.vulnerability);
    match.aliases.assign(names.begin(), names.end());
    for (const auto& patch : sbom_.components[match.component].patches) {
      for (const std::string& id : patch.resolves) {
        match.patch_claimed =
            match.patch_claimed || id == match.vulnerability || names.contains(id);
      }
    }
    return match;
  }

  const Sbom& sbom_;
  const std::vector<Feed>& feeds_;
  std::vector<Known> known_;
  std::unordered_map<std::string, std::vector<const Known*>> by_name_;
  std::map<std::pair<std::string, size_t>, Match> matches_;
  MatchResult result_;
};

}  // namespace

MatchResult MatchFeeds(const Sbom& sbom, const std::vector<Feed>& feeds) {
  return Matcher(sbom, feeds).Run();
}

std::string ComponentKey(const SbomComponent& component) {
  if (!component.purl.empty()) return component.purl;
  return component.version.empty() ? component.name : component.name + "@" + component.version;
}

}  // namespace percuss::reports
