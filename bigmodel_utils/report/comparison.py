"""One page that compares the members of a sweep: outcomes, differences from the first, what drives them, and every brief."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from bigmodel_utils.artifacts import write_atomic
from bigmodel_utils.messages import Message
from bigmodel_utils.report import choice_names, site
from bigmodel_utils.report.charts.members import members as members_chart
from bigmodel_utils.report.charts.multiples import multiples
from bigmodel_utils.report.drivers import Driver, drivers
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import Page
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.verdict import WORDS
from bigmodel_utils.units import Quantity

_HEADS = (
    Message("what it changes"),
    Message("verdict"),
    Message("chance of gain"),
    Message("against the baseline"),
    Message("value"),
    Message("8 in 10 futures"),
    Message("against the baseline"),
    Message("accuracy, adapted model"),
)
_WORDED, _NUMBERS = 1, ' class="n"'  # columns up to this place are words
_VENTURE = ("assumptions.", "decision.", "correlations")  # choices that no measurement depends on


def render(name: str, lines: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write the comparison of a sweep into `folder`/index.html and return the folder; `lines` as for `page`."""
    shown = page(name, lines)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / shown.file, shown.html(site.typeface([shown])))
    return folder


def page(name: str, lines: Sequence[dict[str, Any]]) -> Page:
    """Return the page; the first line is the baseline. lines: label, title, scenario, overrides, values, units, and one of

    failure (a sentence) · answer (a Message, of a scenario without a decision) · verdict, probability, npv and accuracy.
    """
    several = len({line["scenario"] for line in lines}) > 1
    lines = [line | {"what": _differs(line, several)} for line in lines]
    decided = [line for line in lines if "npv" in line]
    title = Message("Comparison of runs: {name}", name=name.replace("_", " "))
    lead = f'<h1>{both(_answer(decided) or title)}</h1><p class="lead">{both(_finished(lines))}</p>'
    main = f'<div class="verdict-list">{lead}{_charts(decided)}{_outcomes(name, lines, decided)}</div>'
    bar = f'<span class="brand">{both(title)}</span><span class="push"></span>'
    return Page("index.html", title, bar, main, both(_luck(lines, several)))


def _answer(decided: Sequence[dict[str, Any]]) -> Message | None:
    """Return how the verdicts fall; None where no run decides."""
    if not decided:
        return None
    verdicts = [line["verdict"] for line in decided]
    if len(set(verdicts)) == 1:
        return Message("The answer is {verdict} in all {all} runs", verdict=WORDS[verdicts[0]], all=len(verdicts))
    counts = {verdict: verdicts.count(verdict) for verdict in WORDS if verdict in verdicts}
    told = _joined([Message("{verdict} in {count}", verdict=WORDS[verdict], count=count) for verdict, count in counts.items()])
    return Message("{all} runs: {told}", all=len(verdicts), told=told)


def _finished(lines: Sequence[dict[str, Any]]) -> Message:
    failed = sum("failure" in line for line in lines)
    ended = {"done": len(lines) - failed, "all": len(lines), "what": lines[0]["what"]}
    if failed:
        return Message("{done} of {all} runs finished; the others say below what stopped them. Baseline: {what}.", **ended)
    return Message("All {all} runs finished. Baseline: {what}.", **ended)


def _luck(lines: Sequence[dict[str, Any]], several: bool) -> Message:
    measured = [key for line in lines for key in line["overrides"] if not key.startswith(_VENTURE)]
    if several or measured:
        return Message("Runs with other seeds, data or training differ by luck as well.")
    return Message("All runs share their draws by name, so differences are not luck.")


def _differs(line: dict[str, Any], several: bool) -> Message:
    """Return what a member sets as a person would say it, led by its scenario where the sweep has `several`."""
    parts = [Message("{title}", title=line["title"])] if several or not line["overrides"] else []
    for key, value in line["overrides"].items():
        told = choice_names.value(key, value, line["units"])
        parts.append(Message("{choice}: {value}", choice=choice_names.choice(key), value=told))
    return _joined(parts)


def _joined(parts: list[Message]) -> Message:
    told = parts.pop(0)
    for part in parts:
        told = Message("{first}; {rest}", first=told, rest=part)
    return told


def _charts(decided: Sequence[dict[str, Any]]) -> str:
    if not decided:
        return ""
    found = drivers(decided)
    shown = members_chart(decided).html()
    if found and found[0].share > 0:
        driven = f"<h2>{both(Message('What drives the difference'))}</h2>"
        shown += f"{driven}{multiples(decided, found).html()}{_driven(found).html()}"
    return shown


def _driven(found: Sequence[Driver]) -> Table:
    rows = [
        {
            "what": choice_names.choice(each.name),
            "share": each.share,
            "least": Message("{value} → {npv:money}", value=each.least[0], npv=each.least[1]),
            "best": Message("{value} → {npv:money}", value=each.best[0], npv=each.best[1]),
            "change": each.best[1] - each.least[1],
        }
        for each in found
    ]
    columns = [
        Column("what", Message("choice")),
        Column("share", Message("explains"), "percent"),
        Column("least", Message("lowest")),
        Column("best", Message("highest")),
        Column("change", Message("apart"), "money"),
    ]
    finding = Message(
        "{name} explains {share:percent} of the differences in value",
        name=choice_names.choice(found[0].name),
        share=found[0].share,
    )
    note = Message(
        "Means over the runs that share a value. Explains: variance between the values over all variance (main effect); where the "
        "runs do not cross every choice with every other, these shares overlap."
    )
    return Table(finding, columns, rows, note)


def _outcomes(name: str, lines: Sequence[dict[str, Any]], decided: Sequence[dict[str, Any]]) -> str:
    first = lines[0] if decided and lines[0] is decided[0] else None
    head = "".join(
        f'<th scope="col"{_NUMBERS * (place > _WORDED)}>{both(heading)}</th>' for place, heading in enumerate(_HEADS)
    )
    rows = "".join(_row(line, first) for line in lines)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    title = f"<h2>{both(Message('Every run'))}</h2>"
    return f'{title}<div class="scroll" role="group" tabindex="0" aria-label="{escape(name)}">{table}</div>'


def _row(line: dict[str, Any], first: dict[str, Any] | None) -> str:
    label = escape(line["label"])
    if "failure" in line:
        failed = both(Message("failed: {why}", why=line["failure"]))
        return (
            f'<tr><th scope="row">{both(line["what"])}<span class="unit">{label}</span></th><td colspan="7">{failed}</td></tr>'
        )
    name = both(Message("{label}, baseline", label=label)) if line is first else label
    link = f'<th scope="row"><a href="{label}/index.html">{both(line["what"])}</a><span class="unit">{name}</span></th>'
    if "npv" not in line:
        return f'<tr>{link}<td colspan="7">{both(line["answer"])}</td></tr>'
    against = first if first is not None and line is not first else None
    gain = 100 * (line["probability"] - against["probability"]) if against else None
    change = line["npv"].mid - against["npv"].mid if against else None
    numbers = [
        both(Message("{share:percent}", share=line["probability"])),
        both(Message("{gain:integer} points", gain=gain) if against else Message("–")),
        both(Message("{npv:money}", npv=line["npv"])),
        both(Message("{low:money} to {high:money}", low=line["npv"].low, high=line["npv"].high)),
        both(Message("{change:money}", change=change)),
        _accuracy(line["accuracy"]),
    ]
    data = "".join(f"<td{_NUMBERS}>{number}</td>" for number in numbers)
    return f"<tr>{link}<td>{both(WORDS[line['verdict']])}</td>{data}</tr>"


def _accuracy(found: Quantity) -> str:
    shown = both(Message("{accuracy:percent1}", accuracy=found))
    if found.low is None:
        return shown
    between = both(Message("{low:percent1} to {high:percent1}", low=found.low, high=found.high))
    return f'{shown}<span class="unit">{between}</span>'
