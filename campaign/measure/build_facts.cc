// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/build_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "campaign/elf_reader.h"
#include "campaign/measure/distribution_packages.h"
#include "common/hash.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::BuildFacts;
using common::Json;
using common::SbomComponent;

constexpr size_t kMostLibraries = 500;

std::string TextOf(const Json& json, const char* name) {
  const auto at = json.is_object() ? json.find(name) : json.end();
  return at != json.end() && at->is_string() ? at->get<std::string>() : "";
}

std::vector<std::string> TextsOf(const Json& json, const char* name) {
  std::vector<std::string> texts;
  const auto at = json.is_object() ? json.find(name) : json.end();
  if (at == json.end() || !at->is_array()) return texts;
  for (const Json& item : *at) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

// Where loaders look, with the folders of multiarch.
std::vector<stdfs::path> LoaderFolders(const stdfs::path& root) {
  std::vector<stdfs::path> folders;
  for (const char* name : {"usr/local/lib", "lib", "usr/lib", "lib64", "usr/lib64"}) {
    std::error_code error;
    if (!stdfs::is_directory(root / name, error)) continue;
    folders.push_back(root / name);
    for (stdfs::directory_iterator it(root / name, error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().filename().string().find("-linux-") != std::string::npos) {
        folders.push_back(it->path());
      }
    }
  }
  return folders;
}

struct Library {
  std::string name;  // what the needing file calls it
  stdfs::path file;  // empty when it was not found
};

class LibraryFinder {
 public:
  LibraryFinder(const stdfs::path& root, std::string machine)
      : folders_(LoaderFolders(root)), machine_(std::move(machine)) {}

  // Of a file and of what it needs, each once.
  std::vector<Library> AllOf(const stdfs::path& file) {
    std::vector<Library> libraries;
    std::set<std::string> seen;
    const auto add_needs_of = [&](const stdfs::path& path) {
      const auto facts = ReadElfFacts(path);
      if (!facts) return;
      for (const std::string& name : facts->needed) {
        if (libraries.size() == kMostLibraries || !seen.insert(name).second) continue;
        libraries.push_back({name, Find(name, *facts, path)});
      }
    };
    add_needs_of(file);
    for (size_t i = 0; i < libraries.size(); ++i) {
      // A copy: the list grows.
      const stdfs::path path = libraries[i].file;
      if (!path.empty()) add_needs_of(path);
    }
    return libraries;
  }

 private:
  [[nodiscard]] bool Fits(const stdfs::path& path) const {
    std::error_code ignored;
    if (!stdfs::is_regular_file(path, ignored)) return false;
    const auto facts = ReadElfFacts(path);
    return facts && facts->machine == machine_;
  }

  [[nodiscard]] stdfs::path Find(const std::string& name, const ElfFacts& needing,
                                 const stdfs::path& file) const {
    if (name.find('/') != std::string::npos) return Fits(name) ? stdfs::path(name) : stdfs::path();
    std::vector<stdfs::path> folders;
    for (std::string folder : needing.folders) {
      for (const char* origin : {"$ORIGIN", "${ORIGIN}"}) {
        const size_t at = folder.find(origin);
        if (at == std::string::npos) continue;
        folder.replace(at, std::string_view(origin).size(), file.parent_path().string());
      }
      folders.emplace_back(folder);
    }
    folders.insert(folders.end(), folders_.begin(), folders_.end());
    for (const stdfs::path& folder : folders) {
      if (Fits(folder / name)) return (folder / name).lexically_normal();
    }
    return {};
  }

  std::vector<stdfs::path> folders_;
  std::string machine_;
};

class CampaignParts {
 public:
  CampaignParts(const CampaignSpec& campaign, const HostRecords& host)
      : campaign_(campaign),
        host_(host),
        distribution_(ReadDistribution(host.os_release, host.releases)) {}

  std::vector<BuildFacts> Describe() {
    for (const TargetSpec& target : campaign_.targets) FindLibraries(target);
    packages_ = FindPackages(host_.packages, files_);
    std::vector<BuildFacts> all;
    for (const TargetSpec& target : campaign_.targets) {
      BuildFacts facts;
      facts.target = target.id;
      for (const auto& [role, path] : target.binaries) {
        if (role != "board") Describe(target, role, facts);
      }
      AddRecipe(target, facts);
      all.push_back(std::move(facts));
    }
    return all;
  }

 private:
  using Build = std::pair<std::string, std::string>;  // target, role

  void FindLibraries(const TargetSpec& target) {
    for (const auto& [role, path] : target.binaries) {
      const auto elf = ReadElfFacts(path);
      if (!elf || role == "board") continue;
      elves_[{target.id, role}] = *elf;
      const bool foreign = role == "program" && !target.program.sysroot.empty();
      LibraryFinder finder(foreign ? target.program.sysroot : stdfs::path("/"), elf->machine);
      auto& libraries = libraries_[{target.id, role}];
      libraries = finder.AllOf(path);
      for (const Library& library : libraries) {
        if (!library.file.empty()) files_.push_back(library.file);
      }
    }
  }

  void Describe(const TargetSpec& target, const std::string& role, BuildFacts& facts) {
    const auto elf = elves_.find({target.id, role});
    if (elf == elves_.end()) return;
    common::BuiltBinary& binary = facts.binaries[role];
    binary.machine = elf->second.machine;
    binary.compilers = elf->second.compilers;
    binary.build_id = elf->second.build_id;
    for (const Library& library : libraries_[{target.id, role}]) {
      const std::string id = AddLibrary(library, facts);
      if (std::find(binary.needs.begin(), binary.needs.end(), id) == binary.needs.end()) {
        binary.needs.push_back(id);
      }
    }
  }

  static SbomComponent& Component(BuildFacts& facts, const std::string& id) {
    for (SbomComponent& component : facts.components) {
      if (component.id == id) return component;
    }
    SbomComponent& component = facts.components.emplace_back();
    component.id = id;
    component.type = "library";
    return component;
  }

  void TellSupport(SbomComponent& component) const {
    component.support_level = distribution_.support_level;
    component.end_of_support = distribution_.end_of_support;
  }

  const std::string& DigestOf(const stdfs::path& file) {
    const auto [at, is_new] = digests_.emplace(file, "");
    if (is_new) at->second = common::Sha256FileHex(file).value_or("");
    return at->second;
  }

  // A package with the files of it that are linked, or the file alone. Its id.
  std::string AddLibrary(const Library& library, BuildFacts& facts) {
    const auto owner = packages_.find(library.file);
    if (owner == packages_.end()) {
      const std::string digest = library.file.empty() ? "" : DigestOf(library.file);
      SbomComponent& component = Component(
          facts, "library/" + library.name + (digest.empty() ? "" : "/" + digest.substr(0, 12)));
      component.name = library.name;
      component.description = library.file.empty() ? "a shared library that was not found"
                                                   : "a shared library of no known package";
      if (!digest.empty() && component.hashes.empty()) {
        component.hashes.push_back({"SHA-256", digest});
        component.properties["percuss:file"] = library.file.string();
      }
      return component.id;
    }
    const DistributionPackage& package = owner->second;
    const std::string purl =
        PackageUrl(distribution_, package.name, package.version, package.architecture);
    SbomComponent& component = Component(facts, purl);
    component.name = package.name;
    component.version = package.version;
    component.supplier = package.maintainer;
    if (package.of_debian) TellSupport(component);
    component.purl = purl;
    component.source_revision = package.source;
    component.description = "as installed on the campaign's host; the device's own may differ";
    const std::string& digest = DigestOf(library.file);
    // A digest is the component's where one file is all that is linked of it.
    const bool first = component.properties.empty();
    const std::string property = "percuss:linked_file:" + library.file.string();
    if (digest.empty() || !component.properties.emplace(property, "sha256:" + digest).second) {
      return component.id;
    }
    component.hashes.clear();
    if (first) component.hashes.push_back({"SHA-256", digest});
    return component.id;
  }

  // Static code, or a packaged binary that the recipe knows more about.
  void AddRecipe(const TargetSpec& target, BuildFacts& facts) {
    if (target.recipe.empty()) return;
    const auto recipe = common::ReadJsonFile(target.recipe);
    if (!recipe) return;
    const std::string binary_package = TextOf(*recipe, "binary_package");
    if (!binary_package.empty()) {
      for (SbomComponent& component : facts.components) {
        if (component.name == binary_package) Enrich(*recipe, component);
      }
      return;
    }
    const std::string name = TextOf(*recipe, "name");
    SbomComponent& component = Component(facts, "soup/" + name + "/" + target.recipe_tree);
    component.name = name;
    Enrich(*recipe, component);
    DescribeSource(*recipe, target.recipe_tree == "patched", component);
    for (auto& [role, binary] : facts.binaries) binary.needs.push_back(component.id);
  }

  static void Enrich(const Json& recipe, SbomComponent& component) {
    component.description = TextOf(recipe, "title");
    component.supplier = TextOf(recipe, "supplier");
    if (const std::string licence = TextOf(recipe, "licence"); !licence.empty()) {
      component.licences = {licence};
    }
  }

  // The released source, or the distribution's with the patches that the recipe lists.
  void DescribeSource(const Json& recipe, bool patched, SbomComponent& component) const {
    const std::string source = TextOf(recipe, "source_package");
    const std::string version = TextOf(recipe, "source_version");
    component.version = patched ? version : TextOf(recipe, "version");
    component.purl = patched ? PackageUrl({distribution_.id, ""}, source, version, "source")
                             : fmt::format("pkg:generic/{}@{}", component.name, component.version);
    component.source_revision = fmt::format("{} of source package {} {}",
                                            TextOf(recipe, "upstream_archive"), source, version);
    const auto files = recipe.find("files");
    for (const Json& file : files != recipe.end() ? *files : Json::array()) {
      const std::string name = TextOf(file, "name");
      const std::string digest = TextOf(file, "sha256");
      component.properties["percuss:source_file:" + name] = "sha256:" + digest;
      if (name == TextOf(recipe, "upstream_archive")) {
        component.hashes.push_back({"SHA-256", digest});
      }
    }
    if (patched) {
      TellSupport(component);
    } else if (const auto next = recipe.find("superseded"); next != recipe.end()) {
      // Its makers name no day: they mend what came after.
      component.support_level = "no_longer_maintained";
      component.end_of_support = TextOf(*next, "on");
      component.properties["percuss:superseded_by"] = TextOf(*next, "by");
    }
    if (!patched) {
      for (const std::string& id : TextsOf(recipe, "cves")) {
        component.properties["percuss:published_defect:" + id] = "not mended";
      }
      return;
    }
    const auto mended = recipe.find("patches_resolve");
    for (const std::string& patch : TextsOf(recipe, "patches")) {
      component.patches.push_back({patch, mended == recipe.end()
                                              ? std::vector<std::string>()
                                              : TextsOf(*mended, patch.c_str())});
    }
  }

  const CampaignSpec& campaign_;
  const HostRecords& host_;
  Distribution distribution_;
  std::map<Build, ElfFacts> elves_;
  std::map<Build, std::vector<Library>> libraries_;
  std::vector<stdfs::path> files_;
  std::map<stdfs::path, DistributionPackage> packages_;
  std::map<stdfs::path, std::string> digests_;
};

}  // namespace

std::vector<BuildFacts> DescribeBuilds(const CampaignSpec& campaign, const HostRecords& host) {
  return CampaignParts(campaign, host).Describe();
}

}  // namespace percuss::campaign
