"""What to do next: the widest uncertainties narrowed by somebody, then the decision again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce

from bigmodel_utils.messages import Message
from bigmodel_utils.report import names
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.scale import rounded

_MARKET = {
    "online_merchants",
    "eligible_share",
    "reviews_per_merchant_month",
    "reachable_share",
    "long_run_share",
    "adoption_p",
    "adoption_q",
}
_WORK = {"reviewer_wage_usd_hour", "reviews_read_per_hour", "human_recall", "human_false_alarm_rate", "complaint_share"}
_OFFER = {"value_capture", "merchant_acquisition_usd", "merchant_churn_year", "missed_complaint_usd", "needless_contact_usd"}
_MODEL = {"recall", "false_alarm_rate", "samples_per_second", "label_usd"}
_OWNERS = (
    (_MARKET, Message("market lead"), Message("from two paid market samples"), 4),
    (_WORK, Message("operations lead"), Message("by timing the teams of three {customers} at work"), 2),
    (_OFFER, Message("commercial lead"), Message("in talks with ten {customers}"), 4),
    (_MODEL, Message("data lead"), Message("on 1,000 more labelled rows"), 3),
    (set(), Message("finance lead"), Message("with two written offers"), 2),  # whatever nobody else narrows down
)
SHOWN = 3
_ENTRY_WEEKS, _AGAIN_WEEKS, _LATER_WEEKS, _TERMS_WEEKS = 12, 6, 26, 4


def html(evidence: Evidence) -> str:
    """Return the ordered list of next steps with owner's role and date."""
    return f'<ol class="next">{"".join(f"<li>{both(step)}</li>" for step in steps(evidence))}</ol>'


def steps(evidence: Evidence) -> list[Message]:
    """Return the widest swings, each asked of whoever can narrow it down, and what the verdict asks for."""
    widest = evidence.table("tornado").head(SHOWN).to_dict("records")
    asked: dict[int, list[dict]] = {}
    for row in widest:
        asked.setdefault(_asked(row["assumption"]), []).append(row)
    return [
        *(_narrow(rows, place, evidence.decided_on) for place, rows in asked.items()),
        *_terms(evidence),
        _last(evidence),
    ]


def _asked(assumption: str) -> int:
    """Return the place in `_OWNERS` of who narrows an assumption down."""
    return next((place for place, owner in enumerate(_OWNERS) if assumption in owner[0]), len(_OWNERS) - 1)


def _narrow(rows: Sequence[dict], place: int, start: date) -> Message:
    _, owner, how, weeks = _OWNERS[place]
    what = reduce(lambda first, second: Message("{first} and {second}", first=first, second=second), map(_range, rows))
    return Message(
        "Narrow down {what}, {how} ({owner}, by {day:date})", what=what, how=how, owner=owner, day=_after(start, weeks)
    )


def _terms(evidence: Evidence) -> list[Message]:
    """Return whom to ask for terms where another way to enter is worth more, and entering is not decided yet."""
    way = evidence.better_way
    if way is None or evidence.decision["verdict"] == "go":
        return []
    day = _after(evidence.decided_on, _TERMS_WEEKS)
    return [
        Message(
            "Get written terms from two candidates for “{way}” (founders, by {day:date})", way=Message(way["title"]), day=day
        )
    ]


def _range(row: dict) -> Message:
    return Message(
        "**{assumption}** (now {low} to {high})",
        assumption=names.assumption(row["assumption"]),
        low=names.written(rounded(row["low_value"]), row["unit"], with_unit=False),
        high=names.written(rounded(row["high_value"]), row["unit"], with_unit=False),
    )


def _after(start: date, weeks: int) -> str:
    return (start + timedelta(weeks=weeks)).isoformat()


def _last(evidence: Evidence) -> Message:
    verdict, start = evidence.decision["verdict"], evidence.decided_on
    country = evidence.scenario.target_market.country
    if verdict == "go":
        return Message(
            "Enter {country:country}: open the entity, hire the team, sign the first {customers} (founders, by {day:date})",
            country=country,
            day=_after(start, _ENTRY_WEEKS),
        )
    if verdict == "wait":
        return Message(
            "Run this brief again with the narrower ranges and decide (founders, by {day:date})",
            day=_after(start, _AGAIN_WEEKS),
        )
    return Message(
        "Spend nothing further on {country:country}; look again when a flip above comes true, or by {day:date} (founders)",
        country=country,
        day=_after(start, _LATER_WEEKS),
    )
