"""One page that says what changed since the last run: the answer first, then figures, choices, data, code and versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import choice_names, figure_names, names
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import Page
from bigmodel_utils.report.table import LONGEST_OPEN, Column, Table
from bigmodel_utils.report.verdict import WORDS

FILE = "changes.html"
TITLE = Message("What changed since the last run")
GROUPS = {
    "scenario": Message("Choices in the scenario"),
    "input": Message("Data and facts"),
    "code": Message("Code and notebooks"),
    "version": Message("Versions and machine"),
}
_NOTHING = {
    "scenario": Message("No choice differs"),
    "input": Message("No input differs"),
    "code": Message("No code differs"),
    "version": Message("No version differs"),
}
_FINGERPRINT = re.compile(r"^([0-9a-f]{12})[0-9a-f]+$")
_CHANCE = {True: Message("yes"), False: Message("within its interval"), None: Message("has no interval")}


@dataclass(frozen=True)
class Difference:
    """One thing that differs between two runs. `group`: figure or a key of GROUPS; None stands for a thing that was not there.

    For a figure, `before` and `after` are middle values, `unit` is theirs, and `beyond` tells whether
    their intervals lie apart, None without intervals.
    """

    group: str
    name: str
    before: Any
    after: Any
    unit: str = ""
    beyond: bool | None = None


def page(before: dict[str, Any], after: dict[str, Any], differences: Sequence[Difference]) -> Page:
    """Return the page; `before` and `after` are manifests of two runs of one scenario."""
    of = {group: [found for found in differences if found.group == group] for group in ("figure", *GROUPS)}
    given = {**before.get("scenario", {}).get("assumptions", {}), **after.get("scenario", {}).get("assumptions", {})}
    units = {name: told["unit"] for name, told in given.items()}
    causes = "".join(_causes(group, of[group], units) for group in GROUPS)
    main = f'<div class="verdict-list"><h1>{both(headline(before, after))}</h1><p class="lead">{both(_reason(of))}</p>'
    main += f"{_figures(of['figure'])}{causes}</div>"
    bar = f'<span class="brand">{both(TITLE)}</span><span class="push"></span><a href="index.html">{both(Message("Back to the report"))}</a>'
    footer = Message(
        "Run {run} of {day:date} against run {earlier} of {past:date}",
        run=after["run"],
        day=after["written"][:10],
        earlier=before["run"],
        past=before["written"][:10],
    )
    return Page(FILE, TITLE, bar, main, both(footer))


def headline(before: dict[str, Any], after: dict[str, Any]) -> Message:
    """Return what became of the answer."""
    then, now = before.get("outcome", {}), after.get("outcome", {})
    if not (then.get("verdict") and now.get("verdict")):
        return TITLE
    values = {"verdict": WORDS[now["verdict"]], "gain": now["probability"], "past": then["probability"]}
    if then["verdict"] == now["verdict"]:
        return Message("Still {verdict}: the chance of gain went from {past:percent} to {gain:percent}", **values)
    return Message(
        "From {old} to {verdict}: the chance of gain went from {past:percent} to {gain:percent}",
        old=WORDS[then["verdict"]],
        **values,
    )


def _reason(of: dict[str, list[Difference]]) -> Message:
    counts = {group: len(of[group]) for group in of}
    if not counts["figure"]:
        return Message("No figure moved.")
    if not any(counts[group] for group in GROUPS):
        return Message(
            "{figures} figures moved although nothing that was recorded differs: times are measured anew.",
            figures=counts["figure"],
        )
    return Message(
        "{figures} figures moved. What differs: choices {scenario}, inputs {input}, code {code}, versions {version}.",
        figures=counts["figure"],
        **{group: counts[group] for group in GROUPS},
    )


def _figures(found: Sequence[Difference]) -> str:
    if not found:
        return ""
    rows = [
        {
            "what": figure_names.figure(moved.name.rpartition("/")[2]),
            "stage": moved.name.partition("/")[0].replace("_", " "),
            "before": _number(moved.before, moved),
            "after": _number(moved.after, moved),
            "unit": names.unit(moved.unit),
            "apart": _CHANCE[moved.beyond],
        }
        for moved in sorted(found, key=lambda moved: moved.beyond is not True)  # what chance does not explain comes first
    ]
    columns = [
        Column("what", Message("figure")),
        Column("stage", Message("notebook")),
        Column("before", Message("last run"), "number"),
        Column("after", Message("this run"), "number"),
        Column("unit", Message("unit")),
        Column("apart", Message("more than chance?")),
    ]
    beyond = sum(moved.beyond is True for moved in found)
    title = Message("{beyond} of {all} moved figures moved by more than their intervals", beyond=beyond, all=len(found))
    note = Message(
        "More than chance: the intervals of both runs lie apart. That of a chance is the error of counting futures only, and "
        "holds no doubt about what the model was measured at."
    )
    return f"<h2>{both(Message('Figures'))}</h2>{Table(title, columns, rows, note).html()}"


def _number(value: float | None, moved: Difference) -> Message | None:
    if value is None:
        return None
    shown = [number for number in (moved.before, moved.after) if number is not None]
    return Message("{value:" + names.spec_for(moved.unit, *shown) + "}", value=value)


def _causes(group: str, found: Sequence[Difference], units: Mapping[str, str]) -> str:
    if not found:
        return f"<h2>{both(_NOTHING[group])}</h2>"
    rows = [_choice(cause, units) if group == "scenario" else _recorded(cause) for cause in found]
    columns = [
        Column("what", GROUPS[group]),
        Column("before", Message("last run")),
        Column("after", Message("this run")),
    ]
    title = Message("{what}: {count} differ", what=GROUPS[group], count=len(found))
    table = Table(title, columns, rows, Message("As the manifests of both runs record it."))
    return table.html() if len(rows) > LONGEST_OPEN else f"<h2>{both(title)}</h2>{table.html(titled=False)}"


def _choice(cause: Difference, units: Mapping[str, str]) -> dict[str, Any]:
    said = [None if value is None else choice_names.value(cause.name, value, units) for value in (cause.before, cause.after)]
    return {"what": choice_names.choice(cause.name), "before": said[0], "after": said[1]}


def _recorded(cause: Difference) -> dict[str, Any]:
    return {"what": _data(cause.name), "before": _data(cause.before), "after": _data(cause.after)}


def _data(value: Any) -> str | None:
    """Return a recorded value as it stands; fingerprints and other long ones are cut."""
    text = _FINGERPRINT.sub(r"\1", str(value))
    return None if value is None else text if len(text) <= 80 else f"{text[:79]}…"
