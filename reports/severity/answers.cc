// SPDX-License-Identifier: Apache-2.0
#include "reports/severity/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "reports/envelope/visible_text.h"

namespace percuss::reports {
namespace {

using common::Json;
using common::OrderedJson;

constexpr const char* kSchema = "percuss.severity_answers.v1";
constexpr size_t kMostWhyBytes = 4'000;

std::string ProposalText(const SeverityProposal& proposal) {
  return fmt::format("{}{}: {} ({})", proposal.at_most ? "at most " : "", proposal.value,
                     proposal.reason, proposal.source);
}

template <typename JsonType>
JsonType QuestionJson(const SeverityQuestion& question) {
  JsonType json = {{"question", question.text}};
  if (!question.asked_when.empty()) json["asked_when"] = question.asked_when;
  JsonType choices = JsonType::object();
  for (const auto& [value, meaning] : question.choices) choices[value] = meaning;
  json["choices"] = std::move(choices);
  JsonType known = JsonType::array();
  for (const KnownFact& fact : question.known) {
    known.push_back({{"what", fact.what}, {"source", fact.source}});
  }
  json["known"] = std::move(known);
  if (question.proposal) {
    json["proposal"] = {{"value", question.proposal->value},
                        {"bound", question.proposal->at_most ? "at_most" : "is"},
                        {"reason", question.proposal->reason},
                        {"source", question.proposal->source},
                        {"by", kAnsweredByPercuss}};
  } else {
    json["open"] = kOpenQuestion;
  }
  return json;
}

const char* SectionOf(const SeverityQuestion& question) {
  return question.group == "rubric" ? "rubric" : "cvss";
}

const SeverityQuestion* FindQuestion(const SeverityForm& form, std::string_view section,
                                     std::string_view name) {
  for (const SeverityQuestion& question : form.questions) {
    if (question.name == name && SectionOf(question) == section) return &question;
  }
  return nullptr;
}

const LocatedValue* Member(const LocatedValue& object, std::string_view name) {
  for (size_t i = 0; i < object.names.size() && i < object.items.size(); ++i) {
    if (object.names[i] == name) return &object.items[i];
  }
  return nullptr;
}

// Reads one file.
class Reading {
 public:
  Reading(const std::string& file, const SeverityForm& form, std::vector<Problem>& problems)
      : file_(file), form_(form), problems_(problems) {}

  SeverityDraft Read(const std::string& text) {
    SeverityDraft draft;
    const size_t before = problems_.size();
    const LocatedValue root = ParseLocated(text, file_, problems_);
    if (problems_.size() > before) return draft;
    if (root.kind != LocatedValue::Kind::kObject) {
      Mistake(root.line, "is no form of answers: percuss severity PACKAGE --form makes one");
      return draft;
    }
    Refuse(root, {"schema", "finding", "package", "cvss", "rubric"});
    Expect(root, "schema", kSchema, "is the schema");
    Expect(root, "finding", form_.finding, "was asked for");
    if (const LocatedValue* package = Object(root, "package")) {
      Refuse(*package, {"id", "sha256"});
      Expect(*package, "id", form_.package_id, "is the package's");
      Expect(*package, "sha256", form_.package_sha256, "is the package's");
    }
    draft.finding = form_.finding;
    draft.cvss = Section(root, "cvss");
    draft.rubric = Section(root, "rubric");
    CheckOpen(root, draft);
    return draft;
  }

 private:
  void Mistake(int line, const std::string& what) {
    problems_.push_back({file_, line, VisibleLine(what)});
  }

  void Refuse(const LocatedValue& object, const std::set<std::string_view>& known) {
    for (size_t i = 0; i < object.names.size() && i < object.items.size(); ++i) {
      if (known.contains(object.names[i])) continue;
      Mistake(object.items[i].line, "there is no member \"" + object.names[i] + "\" here");
    }
  }

  const LocatedValue* Object(const LocatedValue& object, const char* name) {
    const LocatedValue* value = Member(object, name);
    if (value != nullptr && value->kind == LocatedValue::Kind::kObject) return value;
    Mistake(value == nullptr ? object.line : value->line,
            fmt::format("\"{}\" must be there, and an object", name));
    return nullptr;
  }

  // Empty where it is not there.
  std::string Text(const LocatedValue& object, const char* name) {
    const LocatedValue* value = Member(object, name);
    if (value == nullptr || value->kind == LocatedValue::Kind::kText) {
      return value == nullptr ? "" : value->text;
    }
    Mistake(value->line, fmt::format("\"{}\" must be a text", name));
    return "";
  }

  void Expect(const LocatedValue& object, const char* name, const std::string& wanted,
              const char* why) {
    const LocatedValue* value = Member(object, name);
    const std::string found = Text(object, name);
    if (found == wanted) return;
    Mistake(value == nullptr ? object.line : value->line,
            fmt::format("\"{}\" is \"{}\", and \"{}\" {}", name, found, wanted, why));
  }

  std::vector<SeverityAnswer> Section(const LocatedValue& root, const char* section) {
    std::vector<SeverityAnswer> answers;
    const LocatedValue* object = Object(root, section);
    if (object == nullptr) return answers;
    for (size_t i = 0; i < object->names.size() && i < object->items.size(); ++i) {
      const std::string& name = object->names[i];
      const LocatedValue& item = object->items[i];
      const SeverityQuestion* question = FindQuestion(form_, section, name);
      if (question == nullptr) {
        Mistake(item.line, fmt::format("there is no question \"{}\" in \"{}\"", name, section));
      } else if (item.kind != LocatedValue::Kind::kObject) {
        Mistake(item.line,
                fmt::format("\"{}\" must be an object with \"answer\" and \"by\"", name));
      } else {
        Answer(*question, item, answers);
      }
    }
    return answers;
  }

  void Answer(const SeverityQuestion& question, const LocatedValue& item,
              std::vector<SeverityAnswer>& answers) {
    Refuse(item, {"answer", "by", "why", "question", "asked_when", "choices", "known", "proposal",
                  "open"});
    const size_t mistakes = problems_.size();
    SeverityAnswer answer{question.name, Text(item, "answer"), Text(item, "by"),
                          Trimmed(Text(item, "why"))};
    if (problems_.size() > mistakes) return;  // what is no text is not absent
    if (answer.value.empty()) {
      if (!answer.by.empty() || !answer.why.empty()) {
        Mistake(item.line, question.name + " has \"by\" or \"why\", and no answer");
      }
      return;
    }
    const auto fits = [&](const auto& choice) { return choice.first == answer.value; };
    if (std::none_of(question.choices.begin(), question.choices.end(), fits)) {
      Mistake(item.line, fmt::format("\"{}\" is no answer to {}", answer.value, question.name));
      return;
    }
    const size_t before = problems_.size();
    CheckWho(question, item, answer);
    if (answer.why.size() > kMostWhyBytes) {
      Mistake(item.line,
              fmt::format("\"why\" of {} is longer than {} bytes", question.name, kMostWhyBytes));
    } else if (const std::string hidden = HiddenCharacter(answer.why); !hidden.empty()) {
      Mistake(item.line,
              fmt::format("\"why\" of {} holds {}, which cannot be seen", question.name, hidden));
    }
    if (problems_.size() == before) answers.push_back(std::move(answer));
  }

  void CheckWho(const SeverityQuestion& question, const LocatedValue& item,
                const SeverityAnswer& answer) {
    if (answer.by == kAnsweredByPerson) return;
    if (answer.by != kAnsweredByPercuss) {
      Mistake(item.line,
              fmt::format("{} has an answer and not who gave it: \"by\" is \"person\", or "
                          "\"percuss\" where its proposal is accepted",
                          question.name));
    } else if (!question.proposal) {
      Mistake(item.line, fmt::format("accepts a proposal for {}, and percuss proposes nothing",
                                     question.name));
    } else if (question.proposal->value != answer.value) {
      Mistake(item.line, fmt::format("accepts \"{}\" for {}, and percuss proposes \"{}\"",
                                     answer.value, question.name, question.proposal->value));
    }
  }

  // Only of a form without mistakes: an answer that is wrong is not open.
  void CheckOpen(const LocatedValue& root, const SeverityDraft& draft) {
    if (!problems_.empty()) return;
    const std::vector<std::string> open = OpenBaseMetrics(CvssValuesOf(draft));
    if (open.empty()) return;
    const LocatedValue* cvss = Member(root, "cvss");
    const LocatedValue* first = cvss == nullptr ? nullptr : Member(*cvss, open.front());
    Mistake(first == nullptr ? root.line : first->line,
            fmt::format("no vector and no score while base metrics are open: {}",
                        fmt::join(open, ", ")));
  }

  const std::string& file_;
  const SeverityForm& form_;
  std::vector<Problem>& problems_;
};

std::string QuestionText(const SeverityQuestion& question) {
  std::string text = fmt::format("  {:<5} {}\n", question.name, question.text);
  std::string choices;
  for (const auto& [value, meaning] : question.choices) {
    if (meaning.empty()) continue;
    choices += fmt::format("{}{} {}", choices.empty() ? "" : " | ", value, meaning);
  }
  if (!choices.empty()) text += fmt::format("        {}\n", choices);
  for (const KnownFact& fact : question.known) {
    text +=
        fmt::format("        known: {} ({})\n", VisibleLine(fact.what), VisibleLine(fact.source));
  }
  if (question.proposal) {
    text +=
        fmt::format("        percuss proposes {}\n", VisibleLine(ProposalText(*question.proposal)));
  } else if (question.group == "base") {
    text += fmt::format("        {}\n", kOpenQuestion);
  }
  return text;
}

struct Chapter {
  std::string_view group;
  const char* title;
};
constexpr Chapter kChapters[] = {{"base", "CVSS 3.1, base: no score before all eight are answered"},
                                 {"temporal", "CVSS 3.1, temporal: as far as you like"},
                                 {"environmental", "CVSS 3.1, environmental: as far as you like"}};

}  // namespace

std::string SeverityFormText(const SeverityForm& form) {
  OrderedJson json = {{"schema", kSchema},
                      {"finding", form.finding},
                      {"package", {{"id", form.package_id}, {"sha256", form.package_sha256}}},
                      {"cvss", OrderedJson::object()},
                      {"rubric", OrderedJson::object()}};
  for (const SeverityQuestion& question : form.questions) {
    OrderedJson item = QuestionJson<OrderedJson>(question);
    item["answer"] = "";
    item["by"] = "";
    item["why"] = "";
    json[SectionOf(question)][question.name] = std::move(item);
  }
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

Json SeverityFormJson(const SeverityForm& form) {
  Json questions = Json::array();
  for (const SeverityQuestion& question : form.questions) {
    Json item = QuestionJson<Json>(question);
    item["name"] = question.name;
    item["group"] = question.group;
    if (!question.metric.empty()) item["metric"] = question.metric;
    questions.push_back(std::move(item));
  }
  return {{"finding", form.finding},
          {"package", {{"id", form.package_id}, {"sha256", form.package_sha256}}},
          {"rubric", {{"name", kRubricName}, {"version", kRubricVersion}}},
          {"questions", std::move(questions)}};
}

std::string SeverityFormTable(const SeverityForm& form) {
  std::string text;
  for (const Chapter& chapter : kChapters) {
    text += fmt::format("\n{}\n", chapter.title);
    for (const SeverityQuestion& question : form.questions) {
      if (question.group == chapter.group) text += QuestionText(question);
    }
  }
  text += fmt::format("\n{}, version {}: yes, no, unknown or not_applicable\n", kRubricName,
                      kRubricVersion);
  for (const SeverityQuestion& question : form.questions) {
    if (question.group != "rubric") continue;
    text += QuestionText(question);
    if (!question.asked_when.empty())
      text += fmt::format("        asked when {}\n", question.asked_when);
  }
  return text;
}

SeverityDraft ReadSeverityAnswers(const std::string& text, const std::string& file,
                                  const SeverityForm& form, std::vector<Problem>& problems) {
  return Reading(file, form, problems).Read(text);
}

}  // namespace percuss::reports
