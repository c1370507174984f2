// SPDX-License-Identifier: Apache-2.0
#include "campaign/store/work_dir.h"

#include <fmt/format.h>

#include "common/fs.h"

namespace percuss::campaign {

common::Status WorkDir::Create() const {
  for (const std::filesystem::path& folder : {out_, Journal(), Logs(), Package()}) {
    if (common::Status made = common::MakeFolder(folder); !made) return made;
  }
  return {};
}

common::Status WorkDir::CreateTarget(const std::string& target) const {
  for (const std::filesystem::path& folder : {Target(target), Scratch(target), Corpus(target)}) {
    if (common::Status made = common::MakeFolder(folder); !made) return made;
  }
  return {};
}

std::filesystem::path WorkDir::Target(const std::string& target) const {
  return out_ / "work" / SafeName(target);
}

std::filesystem::path WorkDir::Engine(const std::string& target, const std::string& engine) const {
  return Target(target) / SafeName(engine);
}

std::filesystem::path WorkDir::Scratch(const std::string& target) const {
  return Target(target) / "scratch";
}

std::filesystem::path WorkDir::Programs(const std::string& target) const {
  return Target(target) / "programs";
}

std::filesystem::path WorkDir::Corpus(const std::string& target) const {
  return out_ / "corpus" / SafeName(target);
}

std::filesystem::path WorkDir::Journal() const { return out_ / "journal"; }

std::filesystem::path WorkDir::Logs() const { return out_ / "logs"; }

std::filesystem::path WorkDir::Package() const { return out_ / "package"; }

std::filesystem::path WorkDir::Finding(const std::string& finding_id) const {
  return Package() / "findings" / SafeName(finding_id);
}

std::filesystem::path WorkDir::StateFile() const { return out_ / "state.json"; }

std::string WorkDir::SafeName(const std::string& id) {
  std::string name;
  for (size_t i = 0; i < id.size(); i++) {
    const char c = id[i];
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-';
    const bool is_inner_dot = c == '.' && i > 0 && i + 1 < id.size();
    if (is_plain || is_inner_dot) {
      name += c;
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return name.empty() ? "%" : name;
}

}  // namespace percuss::campaign
