"""What to do next: the widest uncertainties narrowed by somebody, then the decision again."""

from __future__ import annotations

from datetime import date, timedelta

from bigmodel_utils.messages import Message
from bigmodel_utils.report import names
from bigmodel_utils.report.evidence import Evidence, written
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
    (_WORK, Message("operations lead"), Message("by timing three merchants' teams at work"), 2),
    (_OFFER, Message("commercial lead"), Message("in talks with ten merchants"), 4),
    (_MODEL, Message("data lead"), Message("on 1,000 more labelled rows"), 3),
)
_FINANCE = (Message("finance lead"), Message("with two written offers"), 2)
SHOWN = 3
_ENTRY_WEEKS, _AGAIN_WEEKS, _LATER_WEEKS = 12, 6, 26


def html(evidence: Evidence) -> str:
    """Return the ordered list of next steps with owner's role and date."""
    return f'<ol class="next">{"".join(f"<li>{both(step)}</li>" for step in steps(evidence))}</ol>'


def steps(evidence: Evidence) -> list[Message]:
    """Return what notebook 08 wrote as next steps, else steps computed from the widest swings and the verdict."""
    if (evidence.run.folder / "08_decide" / "brief.json").is_file():
        given = evidence.run.json("08_decide", "brief").get("next_steps", [])
        if given:
            return [Message.from_json(step) for step in given]
    widest = evidence.table("tornado").head(SHOWN).to_dict("records")
    return [_narrow(row, evidence.decided_on) for row in widest] + [_last(evidence)]


def _narrow(row: dict, start: date) -> Message:
    name = row["assumption"]
    owner, how, weeks = next((found[1:] for found in _OWNERS if name in found[0]), _FINANCE)
    return Message(
        "Narrow down **{assumption}**, now {low} to {high}, {how} ({owner}, by {day:date})",
        assumption=names.assumption(name),
        low=written(rounded(row["low_value"]), row["unit"], with_unit=False),
        high=written(rounded(row["high_value"]), row["unit"], with_unit=False),
        how=how,
        owner=owner,
        day=_after(start, weeks),
    )


def _after(start: date, weeks: int) -> str:
    return (start + timedelta(weeks=weeks)).isoformat()


def _last(evidence: Evidence) -> Message:
    verdict, start = evidence.decision["verdict"], evidence.decided_on
    country = evidence.scenario.target_market.country
    if verdict == "go":
        return Message(
            "Enter {country:country}: open the entity, hire the team, sign the first merchants (founders, by {day:date})",
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
