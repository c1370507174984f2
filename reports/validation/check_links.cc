// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <string_view>
#include <unordered_map>

#include "reports/validation/validation_files.h"

namespace percuss::reports {
namespace {

// Of one kind of entry: id to line.
using Ids = std::unordered_map<std::string_view, int>;

class LinkCheck {
 public:
  LinkCheck(ValidationFiles& files, std::vector<Problem>& problems)
      : files_(files), problems_(problems) {}

  void Run() {
    const Ids interfaces = IdsOf(files_.interfaces, "interfaces", "interface");
    const Ids requirements = IdsOf(files_.requirements, "requirements", "requirement");
    const Ids controls = IdsOf(files_.controls, "requirements", "control");
    const Ids threats = IdsOf(files_.threats, "threats", "threat");
    IdsOf(files_.risks, "risks", "risk");
    Ids safety;
    for (const Risk& risk : files_.risks) {
      if (!risk.security) safety.emplace(risk.id, risk.line);
    }
    const Ids criteria = IdsOf(files_.criteria, "protocol", "criterion");
    IdsOf(files_.entries, "protocol", "protocol entry");
    const Ids packages = IdsOf(files_.packages, "records", "package");
    for (const Requirement& entry : files_.requirements) {
      Follow(entry.interfaces, interfaces, "requirements", "interface");
    }
    for (const Control& entry : files_.controls) {
      Follow(entry.requirements, requirements, "requirements", "requirement");
    }
    for (const Threat& entry : files_.threats) {
      Follow({entry.interface}, interfaces, "threats", "interface");
      Follow(entry.controls, controls, "threats", "control");
    }
    for (const Risk& entry : files_.risks) {
      Follow(entry.controls, controls, "risks", "control");
      Follow(entry.threats, threats, "risks", "threat");
      Follow(entry.leads_to, safety, "risks", "safety risk");
    }
    for (const ProtocolEntry& entry : files_.entries) {
      Follow(entry.interfaces, interfaces, "protocol", "interface");
      Follow(entry.requirements, requirements, "protocol", "requirement");
      Follow(entry.criteria, criteria, "protocol", "criterion");
    }
    for (const Disposition& entry : files_.dispositions) {
      if (!entry.package.id.empty()) Follow({entry.package}, packages, "records", "package");
    }
    CheckDispositions();
    CheckLists("compliance", ComplianceLists(), files_.compliance);
    CheckLists("postmarket", PostmarketLists(), files_.postmarket);
  }

 private:
  void Blame(const char* kind, int line, const std::string& what) {
    problems_.push_back({ValidationPath(files_.folder, kind), line, what});
  }

  template <typename Entry>
  Ids IdsOf(const std::vector<Entry>& entries, const char* kind, const char* what) {
    Ids ids;
    ids.reserve(entries.size());
    for (const Entry& entry : entries) {
      if (entry.id.empty()) continue;  // said already
      const auto [at, is_new] = ids.emplace(entry.id, entry.line);
      if (is_new) continue;
      Blame(kind, entry.line,
            fmt::format("the id {} is there twice; another {} has it at line {}", entry.id, what,
                        at->second));
    }
    return ids;
  }

  void Follow(const std::vector<Link>& links, const Ids& ids, const char* kind, const char* what) {
    Ids seen;
    for (const Link& link : links) {
      if (link.id.empty()) continue;
      if (!ids.contains(link.id)) {
        Blame(kind, link.line, fmt::format("there is no {} with the id {}", what, link.id));
      } else if (!seen.emplace(link.id, link.line).second) {
        Blame(kind, link.line, fmt::format("the {} {} is named twice", what, link.id));
      }
    }
  }

  void CheckLists(const char* kind, const std::vector<ListShape>& shapes, const EntryLists& lists) {
    for (const ListShape& shape : shapes) {
      const auto& entries = EntriesOf(lists, shape.name);
      IdsOf(entries, kind, shape.what);
      for (const ListMember& member : shape.members) {
        if (member.list == nullptr) continue;
        Ids known;
        for (const ListedEntry& entry : EntriesOf(lists, member.list)) {
          known.emplace(entry.id, entry.line);
        }
        if (std::string_view(member.list) == "risks") {
          for (const Risk& risk : files_.risks) known.emplace(risk.id, risk.line);
        }
        for (const ListedEntry& entry : entries) {
          const std::string& id = entry.Text(member.name);
          if (id.empty() || known.contains(id)) continue;
          Blame(kind, entry.line,
                fmt::format("\"{}\": there is no entry of {} with the id {}", member.name,
                            member.list, id));
        }
      }
    }
  }

  // A later disposition of a finding, in the same package where one is named, names the one that it
  // takes the place of, so that of two the reader knows which one counts.
  void CheckDispositions() {
    std::unordered_map<std::string_view, size_t> by_id;
    std::map<std::pair<std::string_view, std::string_view>, size_t> in_force;
    by_id.reserve(files_.dispositions.size());
    for (size_t i = 0; i < files_.dispositions.size(); ++i) {
      const Disposition& entry = files_.dispositions[i];
      if (entry.id.empty() || entry.finding.empty()) continue;
      if (!by_id.emplace(entry.id, i).second) {
        Blame("records", entry.line, fmt::format("the id {} is there twice", entry.id));
      }
      const auto before = in_force.find({entry.finding, entry.package.id});
      const std::string current =
          before == in_force.end() ? "" : files_.dispositions[before->second].id;
      if (entry.supersedes.id != current) {
        const int line = entry.supersedes.line > 0 ? entry.supersedes.line : entry.line;
        Blame(
            "records", line,
            current.empty()
                ? fmt::format("no earlier disposition of {} has the id {}", entry.finding,
                              entry.supersedes.id)
                : fmt::format("{} has the disposition {} already: a later one says \"supersedes\": "
                              "\"{}\"",
                              entry.finding, current, current));
      } else if (before != in_force.end()) {
        files_.dispositions[before->second].superseded = true;
      }
      in_force[{entry.finding, entry.package.id}] = i;
    }
  }

  ValidationFiles& files_;
  std::vector<Problem>& problems_;
};

}  // namespace

void CheckLinks(ValidationFiles& files, std::vector<Problem>& problems) {
  LinkCheck(files, problems).Run();
}

}  // namespace percuss::reports
