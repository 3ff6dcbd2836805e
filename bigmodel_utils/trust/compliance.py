"""What the laws of both markets ask, duty by duty, answered from a run's evidence; what a person must add stays open.

An orientation from dated rows, not legal advice: a law without a checklist on file is listed as unknown, never as met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.market import outlook, policy
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.trust import TrustError
from bigmodel_utils.trust.evidence import Finding, Market
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["answered", "in part", "short", "open"]
STATUSES: tuple[Status, ...] = ("answered", "in part", "short", "open")
UNDECLARED = "undeclared"
_AREAS = "compliance_areas"
_BY_A_PERSON = "person"


@dataclass(frozen=True)
class Risk:
    """The class of risk of a use (minimal | limited | high | prohibited | unknown), with its reason."""

    level: str
    said: Message

    @property
    def is_high(self) -> bool:
        """Whether duties of a high risk apply; what nobody has declared is not taken for harmless."""
        return self.level in ("high", "prohibited", "unknown")

    @property
    def sentence(self) -> Message:
        return Message("{said}.", said=self.said)

    @property
    def finding(self) -> Finding:
        return Finding(self.said, f"data/facts/{_AREAS}.csv", short=self.level in ("prohibited", "unknown"))


@dataclass(frozen=True)
class Line:
    """One duty in one country: what is asked, and what the run says to it; without a finding a person has to complete it."""

    country: str
    regime: str
    duty: str
    article: str
    asks: str
    status: Status
    finding: Finding | None
    as_of: date
    verified: str
    note: str


@dataclass(frozen=True)
class Review:
    """The checklists of both markets on a day. `missing`: (country, law) on file without a checklist; "" without any law."""

    risk: Risk
    lines: list[Line]
    missing: list[tuple[str, str]]
    day: date

    def count(self, status: Status) -> int:
        return sum(line.status == status for line in self.lines)

    def ahead(self, line: Line) -> bool:
        """Return whether a duty does not apply yet."""
        return line.as_of > self.day

    @property
    def figures(self) -> dict[str, Quantity]:
        """Return how many duties stand in each status."""
        return {
            f"duties_{status.replace(' ', '_')}": Quantity(
                mid=self.count(status), unit="duties", origin="measured", source="this run, data/facts/compliance_duties.csv"
            )
            for status in STATUSES
        }

    @property
    def table(self) -> pd.DataFrame:
        """Return the lines as plain text, in English: one row per duty."""
        import pandas as pd

        rows = [
            {
                **{name: getattr(line, name) for name in ("country", "regime", "duty", "article", "asks", "status")},
                "answer": line.finding.said.read() if line.finding else "",
                "where": line.finding.where if line.finding else "",
                "applies_from": line.as_of.isoformat(),
                "verified": line.verified,
                "note": line.note,
            }
            for line in self.lines
        ]
        return pd.DataFrame(rows)

    @property
    def finding(self) -> Message:
        """Return what a director should remember, true whichever way it came out."""
        later = [line for line in self.lines if self.ahead(line)]
        return Message(
            "Of {count} duties on file this run answers {answered}, prepares {part} for a person to finish, falls short in "
            "{short} and leaves {open} to people{ahead}{missing}.",
            count=len(self.lines),
            answered=self.count("answered"),
            part=self.count("in part"),
            short=self.count("short"),
            open=self.count("open"),
            ahead=Message("; not yet in force: {count}", count=len(later)) if later else "",
            missing=Message("; {count} laws have no checklist on file", count=len(self.missing)) if self.missing else "",
        )


def classify(scenario: Scenario) -> Risk:
    """Return the class of risk of the area that the scenario declares, by the European Union's law as the common yardstick.

    Raises TrustError for an area that data/facts/compliance_areas.csv does not know.
    """
    area = scenario.trust.area
    if area == UNDECLARED:
        said = Message(
            "Nobody has declared where the answers are used (`trust.area`): duties of a high risk are listed until then"
        )
        return Risk("unknown", said)
    known = {row["area"]: row for row in facts.load(_AREAS).fillna("").to_dict("records")}
    if area not in known:
        raise TrustError(f"trust.area = '{area}'", nearest(area, known), f"data/facts/{_AREAS}.csv, or trust.area")
    row = known[area]
    said = Message(
        "Risk: {level}, for {reason} (European Union, {source}); judge again when its use changes",
        level=row["risk"],
        reason=row["reason"],
        source=row["source"],
    )
    return Risk(row["risk"], said)


def review(scenario: Scenario, found: Mapping[Market, Mapping[str, Finding]], risk: Risk, day: date | None = None) -> Review:
    """Return the duties of the target market, then of the home market, each with what the run found there, as of today.

    The home market's rows are used at home, so its rules on export are not asked. Duties that start after `day` are listed.
    """
    abroad, home = scenario.target_market.country, scenario.source_market.country
    operation = outlook.operation(scenario)
    asked: list[tuple[str, Market, policy.Operation]] = [(abroad, "target", operation)]
    asked += [(home, "source", replace(operation, data_leaves=False))] if home != abroad else []
    lines, missing = [], []
    for country, market, done in asked:
        duties = checklist(country)
        rows = [row for row in duties if _concerns(row["applies_when"], done, risk)]
        lines += [_line(country, row, found[market]) for row in rows]
        missing += (
            [(country, law) for law in _laws(country) - {row["instrument"] for row in duties}] if duties else [(country, "")]
        )
    return Review(risk, lines, sorted(missing), day or date.today())


def checklist(country: str) -> list[dict[str, str]]:
    """Return the rows of data/facts/compliance_duties.csv for a country (ISO 3166 alpha-3), empty when no law of it is on file."""
    return policy.of_country(facts.load("compliance_duties").fillna(""), country).to_dict("records")


def _laws(country: str) -> set[str]:
    """Return the laws that data/facts/policy.csv names for a country."""
    return set(policy.of_country(facts.load("policy"), country)["instrument"])


def _concerns(condition: str, operation: policy.Operation, risk: Risk) -> bool:
    return risk.is_high if condition == "high_risk" else operation.meets(condition)


def _line(country: str, row: Mapping[str, str], found: Mapping[str, Finding]) -> Line:
    finding = found.get(row["evidence"]) if row["who"] != _BY_A_PERSON else None
    status: Status = (
        "open" if finding is None else "short" if finding.short else "answered" if row["who"] == "run" else "in part"
    )
    names = ("regime", "duty", "article", "asks", "as_of", "verified", "note")
    return Line(country=country, status=status, finding=finding, **{name: row[name] for name in names})
