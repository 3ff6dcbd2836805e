"""One page that compares the members of a sweep: outcomes, differences from the first, and links to each brief."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from bigmodel_utils.artifacts import write_atomic
from bigmodel_utils.messages import Message
from bigmodel_utils.report import site
from bigmodel_utils.report.charts.members import members as members_chart
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import Page
from bigmodel_utils.report.verdict import WORDS

_HEADS = (
    Message("member"),
    Message("what differs"),
    Message("verdict"),
    Message("chance of gain"),
    Message("value"),
    Message("against the first"),
    Message("accuracy of the adapted model in the target market"),
)


def render(name: str, lines: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write the comparison of a sweep into `folder`/index.html and return the folder; `lines` as for `page`."""
    shown = page(name, lines)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / shown.file, shown.html(site.typeface([shown])))
    return folder


def page(name: str, lines: Sequence[dict[str, Any]]) -> Page:
    """Return the page. lines: label, what, and either failure or verdict, probability, npv (Quantity), accuracy."""
    done = [line for line in lines if "npv" in line]
    title = Message("Sweep {name}: {done} of {all} runs finished", name=name, done=len(done), all=len(lines))
    chart = members_chart(done).html() if done else ""
    first = next(iter(done), None)
    head = "".join(f'<th scope="col">{both(heading)}</th>' for heading in _HEADS)
    rows = "".join(_row(line, first) for line in lines)
    table = f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(name)}"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    main = f'<div class="verdict-list"><h1>{both(title)}</h1>{chart}{table}</div>'
    bar = f'<span class="brand">{both(Message("Comparison of runs"))}</span><span class="push"></span>'
    note = Message("All runs share their draws by name, so differences are not luck.")
    return Page("index.html", title, bar, main, both(note))


def _row(line: dict[str, Any], first: dict[str, Any] | None) -> str:
    if "failure" in line:
        failed = both(Message("failed: {why}", why=line["failure"]))
        return (
            f'<tr><th scope="row">{escape(line["label"])}</th><td>{escape(line["what"])}</td><td colspan="5">{failed}</td></tr>'
        )
    link = f'<a href="{escape(line["label"])}/index.html">{escape(line["label"])}</a>'
    change = line["npv"].mid - first["npv"].mid if first and line is not first else None
    cells = [
        both(WORDS[line["verdict"]]),
        both(Message("{share:percent}", share=line["probability"])),
        both(Message("{npv:money}", npv=line["npv"])),
        both(Message("{change:money}", change=change)),
        both(Message("{accuracy:percent1}", accuracy=line["accuracy"])),
    ]
    data = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row">{link}</th><td>{escape(line["what"])}</td>{data}</tr>'
