# SPDX-License-Identifier: Apache-2.0
"""Whether a record of a severity holds in itself: vector and scores are those that its answers give. CVSS 3.1.

A second opinion: shares no code with percuss. FIRST.ORG, CVSS v3.1 Specification Document, sections 6 and 7.
"""
import math
import sys
from decimal import ROUND_CEILING, Decimal

RUBRIC = ("MITRE Rubric for Applying CVSS to Medical Devices", "0.12.04")
QUESTIONS = ("XAVN XAVT XAVW XAVR XAVP XAVPA XACL XPRL XPRZ XPRS XUI XS XCP XCPM XIP XAP XCD XID XAD XCT XIT XAT XCW "
             "XIW XAW XCS XIS XAS XCO XIO XAO").split()
BASE = {"AV": "NALP", "AC": "LH", "PR": "NLH", "UI": "NR", "S": "UC", "C": "NLH", "I": "NLH", "A": "NLH"}
TEMPORAL = {"E": "UPFH", "RL": "OTWU", "RC": "URC"}
ENVIRONMENTAL = {"CR": "LMH", "IR": "LMH", "AR": "LMH", **{"M" + name: letters for name, letters in BASE.items()}}
METRICS = {**BASE, **TEMPORAL, **ENVIRONMENTAL}
EXPLOITABILITY = {"AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}, "AC": {"L": 0.77, "H": 0.44},
                  "UI": {"N": 0.85, "R": 0.62}}
PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
IMPACT = {"N": 0.0, "L": 0.22, "H": 0.56}
CHANCES = {"E": {"U": 0.91, "P": 0.94, "F": 0.97}, "RL": {"O": 0.95, "T": 0.96, "W": 0.97},
           "RC": {"U": 0.92, "R": 0.96}}
NEED = {"L": 0.5, "M": 1.0, "H": 1.5}
WORDS = ((0, "NONE"), (39, "LOW"), (69, "MEDIUM"), (89, "HIGH"), (100, "CRITICAL"))
# What a question and its metric cannot both be.
TRUE_OF = {("XAVN", "no"): "LP", ("XAVP", "yes"): "P", ("XAVP", "no"): "NAL", ("XACL", "yes"): "L", ("XACL", "no"): "H",
           ("XPRZ", "yes"): "LH", ("XPRZ", "no"): "N", ("XPRS", "yes"): "H", ("XPRS", "no"): "NL", ("XUI", "yes"): "R",
           ("XUI", "no"): "N", ("XS", "yes"): "C", ("XS", "no"): "U"}
TRUE_OF.update({(f"X{impact}{subject}", "yes"): "HL" for impact in "CIA" for subject in "PDTWSO"})
METRIC_OF = {"XAVN": "AV", "XAVP": "AV", "XACL": "AC", "XPRZ": "PR", "XPRS": "PR", "XUI": "UI", "XS": "S"}


def up(score):
    """Tenths: up to the next one, but for what floating point adds (appendix A)."""
    return int(Decimal(repr(round(score, 5))).scaleb(1).to_integral_value(ROUND_CEILING))


def group_score(metrics, modified):
    """Tenths of the base score, or of the modified one before the temporal metrics."""
    def value(name):
        return metrics.get("M" + name, metrics[name]) if modified else metrics[name]
    left = [1 - IMPACT[value(name)] * (NEED[metrics.get(name + "R", "M")] if modified else 1) for name in "CIA"]
    iss = 1 - math.prod(left)
    iss = min(iss, 0.915) if modified else iss
    changed = value("S") == "C"
    tail = (iss * 0.9731 - 0.02) ** 13 if modified else (iss - 0.02) ** 15
    impact = 7.52 * (iss - 0.029) - 3.25 * tail if changed else 6.42 * iss
    ease = 8.22 * PRIVILEGES[value("S")][value("PR")]
    for name, weights in EXPLOITABILITY.items():
        ease *= weights[value(name)]
    return 0 if impact <= 0 else up(min((impact + ease) * (1.08 if changed else 1), 10))


def scores(metrics):
    chance = math.prod(weights.get(metrics.get(name), 1) for name, weights in CHANCES.items())
    found = {"base": group_score(metrics, False)}
    if any(name in TEMPORAL for name in metrics):
        found["temporal"] = up(found["base"] / 10 * chance)
    if any(name in ENVIRONMENTAL for name in metrics):
        found["environmental"] = up(group_score(metrics, True) / 10 * chance)
    return found


def read_answers(answers, allowed):
    """{name: value}; None where an answer is none."""
    read = {}
    for answer in answers:
        if not {"name", "value", "by"} <= set(answer) <= {"name", "value", "by", "why"} or \
                not all(isinstance(text, str) for text in answer.values()) or answer.get("why") == "" or \
                answer["by"] not in ("person", "percuss") or answer["name"] in read or \
                answer["value"] not in allowed.get(answer["name"], ()):
            return None
        read[answer["name"]] = answer["value"]
    return read


def holds(body):
    """Whether the body of the record goes together."""
    try:
        return _holds(body)
    except (TypeError, KeyError, AttributeError, ValueError):
        return False


def _holds(body):
    cvss, rubric = body["cvss"], body["rubric"]
    metrics = read_answers(cvss["answers"], {name: tuple(letters) for name, letters in METRICS.items()})
    answers = read_answers(rubric["answers"],
                           dict.fromkeys(QUESTIONS, ("yes", "no", "unknown", "not_applicable")))
    if metrics is None or answers is None or not set(BASE) <= set(metrics):
        return False
    wanted = {"version": "3.1", "answers": cvss["answers"],
              "vector": "/".join(["CVSS:3.1", *(f"{name}:{metrics[name]}" for name in METRICS if name in metrics)])}
    for group, tenths in scores(metrics).items():
        wanted[group + "_score"] = tenths / 10
        wanted[group + "_severity"] = next(word for most, word in WORDS if tenths <= most)
    for (question, answer), letters in TRUE_OF.items():
        metric = METRIC_OF.get(question, question[1])
        if answers.get(question) == answer and metrics[metric] not in letters:
            return False
    texts = [body["finding"], body["rationale"]]
    if any(isinstance(member, bool) for member in cvss.values()):  # which Python takes for numbers
        return False
    return (set(body) == {"finding", "rationale", "cvss", "rubric"} and all(isinstance(t, str) and t for t in texts)
            and isinstance(cvss["answers"], list) and isinstance(rubric["answers"], list) and cvss == wanted
            and rubric == {"name": RUBRIC[0], "version": RUBRIC[1], "answers": rubric["answers"],
                           "open": [name for name in QUESTIONS if name not in answers]})


def main():
    """--scores FILE: base, temporal and environmental score of each vector, a line each."""
    with open(sys.argv[2], encoding="ascii") as lines:
        for line in lines:
            found = scores(dict(part.split(":") for part in line.strip().split("/")[1:]))
            temporal = found.get("temporal", found["base"])
            print(found["base"] / 10, temporal / 10, found.get("environmental", temporal) / 10)


if __name__ == "__main__":
    main()
