// SPDX-License-Identifier: Apache-2.0
#include "reports/severity/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <string_view>

#include "common/words.h"
#include "reports/records/cvss.h"
#include "reports/records/rubric.h"

namespace percuss::reports {
namespace {

using common::Finding;
using common::RunRecord;

struct Wording {
  std::string_view metric;
  const char* text;
};

constexpr Wording kWordings[] = {
    {"AV", "From how far away can the faulty code be reached?"},
    {"AC", "Does an attack need conditions that the attacker does not control?"},
    {"PR", "Which privileges must the attacker have before?"},
    {"UI", "Does another person have to do something?"},
    {"S", "Is anything harmed that another authority than the faulty component's controls?"},
    {"C", "How much can be learned that must stay confidential?"},
    {"I", "How much can be changed that must stay as it is?"},
    {"A", "How much of the component can be put out of service?"},
    {"E", "How far is a way to exploit it developed?"},
    {"RL", "What can be done against it today?"},
    {"RC", "How sure is it that the defect exists?"},
    {"CR", "In the place of use: how much does confidentiality matter?"},
    {"IR", "In the place of use: how much does integrity matter?"},
    {"AR", "In the place of use: how much does availability matter?"}};

std::string TextOf(std::string_view metric) {
  for (const Wording& wording : kWordings) {
    if (wording.metric == metric) return wording.text;
  }
  return "In the place of use, where that is otherwise: " + TextOf(metric.substr(1));
}

const char* GroupOf(CvssGroup group) {
  if (group == CvssGroup::kBase) return "base";
  return group == CvssGroup::kTemporal ? "temporal" : "environmental";
}

// What an interface is told to be, and where.
struct Channel {
  std::string id;
  std::vector<KnownFact> told;
  std::string network_word;  // the first that means IP
  std::string radio_word;    // the first that means a radio without IP
  std::string wifi_word;     // a radio that may carry IP
};

constexpr std::string_view kNetworkWords[] = {"tcp",  "udp",   "ip",   "ipv4", "ipv6", "tls",
                                              "http", "https", "mqtt", "coap", "mllp"};
constexpr std::string_view kRadioWords[] = {"bluetooth", "ble", "zigbee", "nfc"};
constexpr std::string_view kWifiWords[] = {"wifi", "wlan"};

template <size_t count>
void Take(const std::string_view (&words)[count], const std::string& word, std::string& taken) {
  if (taken.empty() && std::find(std::begin(words), std::end(words), word) != std::end(words)) {
    taken = word;
  }
}

void Hear(const std::string& text, Channel& channel) {
  std::string word;
  for (const char c : text + " ") {
    const auto letter = static_cast<unsigned char>(c);
    if (letter < 0x80 && std::isalnum(letter) != 0) {
      word += static_cast<char>(std::tolower(letter));
    } else if (c != '-') {  // Wi-Fi is one word
      Take(kNetworkWords, word, channel.network_word);
      Take(kRadioWords, word, channel.radio_word);
      Take(kWifiWords, word, channel.wifi_word);
      word.clear();
    }
  }
}

void Tell(const std::string& description, const std::string& protocol, const std::string& source,
          Channel& channel) {
  channel.told.push_back(
      {fmt::format("interface {}: {}; {}", channel.id, description, protocol), source});
  Hear(description, channel);
  Hear(protocol, channel);
}

std::string FilePlace(const ValidationFiles& files, const char* kind, int line) {
  return fmt::format("{}:{}", ValidationPath(files.folder, kind), line);
}

Channel ChannelOf(const Finding& finding, const RunRecord& record, const ValidationFiles* files) {
  Channel channel;
  for (const common::TargetRun& target : record.targets) {
    if (target.id == finding.target) channel.id = target.interface_id;
  }
  if (channel.id.empty()) return channel;
  for (const common::Interface& interface : record.interfaces) {
    if (interface.id != channel.id) continue;
    Tell(interface.description, interface.protocol, "manifest.json: interfaces", channel);
  }
  if (files == nullptr) return channel;
  for (const DeviceInterface& interface : files->interfaces) {
    if (interface.id != channel.id) continue;
    Tell(interface.description, interface.protocol, FilePlace(*files, "interfaces", interface.line),
         channel);
  }
  return channel;
}

// Asks for one finding.
class Asking {
 public:
  Asking(const Finding& finding, const RunRecord& record, const ValidationFiles* files)
      : finding_(finding), files_(files), channel_(ChannelOf(finding, record, files)) {}

  [[nodiscard]] std::vector<SeverityQuestion> All() const {
    std::vector<SeverityQuestion> questions;
    for (const CvssMetric& metric : CvssMetrics()) questions.push_back(Metric(metric));
    for (const RubricQuestion& question : RubricQuestions()) questions.push_back(Rubric(question));
    return questions;
  }

 private:
  [[nodiscard]] SeverityQuestion Metric(const CvssMetric& metric) const {
    SeverityQuestion question;
    question.name = metric.name;
    question.group = GroupOf(metric.group);
    question.text = TextOf(metric.name);
    for (const CvssValue& value : metric.values) {
      question.choices.emplace_back(std::string(1, value.letter), value.name);
    }
    const std::string& name = question.name;
    if (name == "AV") {
      question.known = channel_.told;
      question.proposal = AttackVector();
    } else if (name == "AC") {
      question.known = Conditions();
    } else if (name == "RC") {
      question.proposal = Confidence();
    } else if (name == "C" || name == "I" || name == "A") {
      question.known = Impacts(name);
      question.proposal = Impact(name);
    }
    if (name == "PR" || name == "C" || name == "I" || name == "A") {
      if (!finding_.property_id.empty()) {
        question.known.push_back(
            {"broken property: " + finding_.property_id, "finding.json: property_id"});
      }
    }
    return question;
  }

  [[nodiscard]] SeverityQuestion Rubric(const RubricQuestion& asked) const {
    SeverityQuestion question;
    question.name = asked.name;
    question.group = "rubric";
    question.metric = asked.metric;
    question.text = asked.text;
    question.asked_when = asked.asked_when;
    question.choices = {{"yes", ""}, {"no", ""}, {"unknown", ""}, {"not_applicable", ""}};
    const std::string& network = channel_.network_word;
    const std::string& radio = channel_.radio_word;
    if (question.name == "XAVN") {
      const std::string& word = !network.empty() ? network
                                : !radio.empty() ? radio
                                                 : channel_.wifi_word;
      question.proposal = ByWord(word, "yes", false, "a protocol that is attacked from elsewhere");
    } else if (question.name == "XAVT") {
      question.proposal = ByWord(network, "yes", false, "OSI layers 3 and 4");
    } else if (question.name == "XAVW") {
      question.proposal =
          ByWord(!radio.empty() ? radio : channel_.wifi_word, "yes", false, "radio");
    } else if ((question.metric == "C" || question.metric == "I") && EndsOrStops()) {
      question.proposal =
          SeverityProposal{"no", false, WhyNothingElse(), "finding.json: kind, class"};
    }
    return question;
  }

  [[nodiscard]] std::optional<SeverityProposal> ByWord(const std::string& word, const char* value,
                                                       bool at_most, const char* meaning) const {
    if (word.empty()) return std::nullopt;
    return SeverityProposal{
        value, at_most,
        fmt::format("\"{}\" in the words of interface {}: {}", word, channel_.id, meaning),
        channel_.told.front().source};
  }

  [[nodiscard]] std::optional<SeverityProposal> AttackVector() const {
    if (!channel_.network_word.empty()) {
      return ByWord(channel_.network_word, "N", true, "it may be routed");
    }
    if (!channel_.wifi_word.empty()) return std::nullopt;  // what it carries decides
    return ByWord(channel_.radio_word, "A", true, "it is not routed");
  }

  [[nodiscard]] std::vector<KnownFact> Conditions() const {
    std::vector<KnownFact> known;
    const common::Reproduction& again = finding_.reproduction;
    if (again.mode == "with_history") {
      known.push_back({fmt::format("fails only after the {} before it in the same process",
                                   common::Counted(finding_.history_inputs, "input")),
                       "finding.json: reproduction.mode, history_inputs"});
    }
    if (finding_.flaky) {
      known.push_back(
          {fmt::format("failed again in {} of {} runs of the tested build: what else it "
                       "takes is not known",
                       again.reproduced, again.reruns),
           "finding.json: reproduction"});
    }
    return known;
  }

  [[nodiscard]] std::optional<SeverityProposal> Confidence() const {
    const common::Reproduction& again = finding_.reproduction;
    if (again.reproduced <= 0) return std::nullopt;
    return SeverityProposal{"C", false,
                            fmt::format("the package holds an input that failed again in {} of {} "
                                        "runs of the tested build",
                                        again.reproduced, again.reruns),
                            "finding.json: reproduction"};
  }

  // Nothing is read or written that is not the target's own, on whatever machine. An abort alone
  // does not tell what made the program give up.
  [[nodiscard]] bool EndsOrStops() const {
    static const std::set<std::string, std::less<>> kKinds = {"hang", "slow", "deadline"};
    return kKinds.contains(finding_.kind) ||
           (finding_.kind == "crash" && finding_.bug_class == "uncaught-exception");
  }
  [[nodiscard]] std::string WhyNothingElse() const {
    return fmt::format("{}: takes time or ends the program, and accesses no memory but its own",
                       finding_.bug_class.empty() ? finding_.kind : finding_.bug_class);
  }

  [[nodiscard]] std::vector<KnownFact> Impacts(const std::string& metric) const {
    std::vector<KnownFact> known;
    const common::Exploitability& most = finding_.exploitability;
    std::string what = "at most " + most.level;
    std::replace(what.begin(), what.end(), '_', ' ');
    known.push_back({fmt::format("{}: {}", what, fmt::join(most.reasons, "; ")),
                     "finding.json: exploitability"});
    if (const char* doubt = Doubt(); *doubt != '\0' && metric != "A") {
      known.push_back({doubt, "finding.json: kind, class"});
    }
    if (files_ == nullptr || channel_.id.empty()) return known;
    for (const Threat& threat : files_->threats) {
      if (threat.interface.id != channel_.id || !Concerns(threat.stride, metric)) continue;
      std::string stride = threat.stride;
      std::replace(stride.begin(), stride.end(), '_', ' ');
      known.push_back(
          {fmt::format("threat {}, {} of {}: {}", threat.id, stride, threat.asset, threat.text),
           FilePlace(*files_, "threats", threat.line)});
    }
    return known;
  }

  // Where the tested build ends and the device's may go on; empty: nowhere.
  [[nodiscard]] const char* Doubt() const {
    if (finding_.kind == "assertion") {
      return "ends the tested build; where assertions are compiled out the device goes on";
    }
    if (finding_.exploitability.level != "availability" || EndsOrStops()) return "";
    return "ends the tested build; on a processor without traps or guarded memory, or where an "
           "allocation fails and is not checked, the device may go on";
  }

  static bool Concerns(std::string_view stride, std::string_view metric) {
    if (stride == "elevation_of_privilege") return true;
    if (stride == "information_disclosure") return metric == "C";
    if (stride == "denial_of_service") return metric == "A";
    return metric == "I";
  }

  [[nodiscard]] std::optional<SeverityProposal> Impact(const std::string& metric) const {
    if (EndsOrStops() && metric != "A") {
      return SeverityProposal{"N", true, WhyNothingElse(), "finding.json: kind, class"};
    }
    const std::string& level = finding_.exploitability.level;
    const bool writes = level == "control_flow" || level == "memory_write";
    const bool reads = writes || level == "memory_read";
    const bool stops = reads || level == "availability";
    const bool limited = metric == "C" ? reads : metric == "I" ? writes : stops;
    if (!limited) return std::nullopt;
    const auto& reasons = finding_.exploitability.reasons;
    return SeverityProposal{"H", true, reasons.empty() ? level : reasons.front(),
                            "finding.json: exploitability"};
  }

  const Finding& finding_;
  const ValidationFiles* files_;
  Channel channel_;
};

}  // namespace

std::vector<SeverityQuestion> SeverityQuestions(const Finding& finding, const RunRecord& record,
                                                const ValidationFiles* files) {
  return Asking(finding, record, files).All();
}

}  // namespace percuss::reports
