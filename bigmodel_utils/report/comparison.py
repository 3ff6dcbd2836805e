"""One page that compares the members of a sweep: outcomes, differences from the first, what drives them, and every brief."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from bigmodel_utils.artifacts import write_atomic
from bigmodel_utils.messages import Message
from bigmodel_utils.report import names, site
from bigmodel_utils.report.charts.members import members as members_chart
from bigmodel_utils.report.charts.multiples import multiples
from bigmodel_utils.report.drivers import Driver, drivers
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import Page
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.verdict import WORDS

_HEADS = (
    Message("member"),
    Message("what differs"),
    Message("verdict"),
    Message("chance of gain"),
    Message("against the first"),
    Message("value"),
    Message("against the first"),
    Message("accuracy of the adapted model in the target market"),
)
_WORDED, _NUMBERS = 2, ' class="n"'  # columns up to this place are words


def render(name: str, lines: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write the comparison of a sweep into `folder`/index.html and return the folder; `lines` as for `page`."""
    shown = page(name, lines)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / shown.file, shown.html(site.typeface([shown])))
    return folder


def page(name: str, lines: Sequence[dict[str, Any]]) -> Page:
    """Return the page. lines: label, what, scenario, overrides, and one of

    failure (a sentence) · answer (a Message, of a scenario without a decision) · verdict, probability, npv and accuracy.
    """
    lines = [line | {"what": _differs(line)} for line in lines]
    ended = [line for line in lines if "failure" not in line]
    decided = [line for line in lines if "npv" in line]
    title = Message("Sweep {name}: {done} of {all} runs finished", name=f"“{name}”", done=len(ended), all=len(lines))
    main = f'<div class="verdict-list"><h1>{both(title)}</h1>{_charts(decided)}{_outcomes(name, lines, decided)}</div>'
    bar = f'<span class="brand">{both(Message("Comparison of runs"))}</span><span class="push"></span>'
    seeds = any("seed" in line["overrides"] for line in lines)
    luck = Message("Runs with different seeds differ by luck as well.")
    note = luck if seeds else Message("All runs share their draws by name, so differences are not luck.")
    return Page("index.html", title, bar, main, both(note))


def _differs(line: dict[str, Any]) -> Message:
    """Return what a member sets, by the reader's names; its scenario where it sets nothing."""
    parts = [
        Message("{choice} {value}", choice=names.choice(key), value=str(value)) for key, value in line["overrides"].items()
    ]
    told = parts.pop(0) if parts else Message("{name}", name=line["what"])
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
            "what": names.choice(each.name),
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
        "{name} explains {share:percent} of the differences in value", name=names.choice(found[0].name), share=found[0].share
    )
    note = Message(
        "Means over the runs that share a value. Explains: variance between the values over all variance (main effect)."
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
    label, what = escape(line["label"]), both(line["what"])
    if "failure" in line:
        failed = both(Message("failed: {why}", why=line["failure"]))
        return f'<tr><th scope="row">{label}</th><td>{what}</td><td colspan="6">{failed}</td></tr>'
    link = f'<th scope="row"><a href="{label}/index.html">{label}</a></th><td>{what}</td>'
    if "npv" not in line:
        return f'<tr>{link}<td colspan="6">{both(line["answer"])}</td></tr>'
    against = first if first is not None and line is not first else None
    gain = 100 * (line["probability"] - against["probability"]) if against else None
    change = line["npv"].mid - against["npv"].mid if against else None
    numbers = [
        both(Message("{share:percent}", share=line["probability"])),
        both(Message("{gain:integer} points", gain=gain) if against else Message("–")),
        both(Message("{npv:money}", npv=line["npv"])),
        both(Message("{change:money}", change=change)),
        both(Message("{accuracy:percent1}", accuracy=line["accuracy"])),
    ]
    data = "".join(f"<td{_NUMBERS}>{number}</td>" for number in numbers)
    return f"<tr>{link}<td>{both(WORDS[line['verdict']])}</td>{data}</tr>"
