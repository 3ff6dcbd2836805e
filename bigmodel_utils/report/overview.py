"""The index of all reports: every scenario with its verdict, its value, and how both moved from run to run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bigmodel_utils import paths
from bigmodel_utils.artifacts import DONE
from bigmodel_utils.messages import Message
from bigmodel_utils.report import digest
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import Page
from bigmodel_utils.report.verdict import WORDS

MOST_RUNS = 12
_WIDTH, _HEIGHT = 120, 28
_NUMBER = ' class="n"'
_HEADS = (
    (Message("scenario"), ""),
    (Message("verdict"), ""),
    (Message("chance of gain"), _NUMBER),
    (Message("over the runs"), ""),
    (Message("value"), _NUMBER),
    (Message("against the run before"), _NUMBER),
)


_APPLICATION_HEADS = ((Message("application"), ""), (Message("what it found"), ""))


@dataclass(frozen=True)
class Outcome:
    """What one finished run concluded."""

    run: str
    verdict: str
    probability: float
    npv: dict[str, Any]


def outcomes(scenario: str) -> list[Outcome]:
    """Return the finished runs of a scenario, oldest first."""
    folders = [path.parent.parent for path in (paths.runs() / scenario).glob(f"*/08_decide/{DONE}")]
    folders.sort(key=lambda folder: ((folder / "08_decide" / DONE).stat().st_mtime_ns, folder.name))
    return [_outcome(folder) for folder in folders if (folder / "06_estimate_value" / "figures.json").is_file()]


def page(under_way: str, compared: bool = False) -> Page:
    """Return the page that lists every scenario with a rendered report, `under_way` included.

    `compared`: whether the report under way will hold a page of changes since its last run.
    """
    rendered = {file.parent.name for file in paths.reports().glob("[!.]*/index.html")} | {under_way}
    found = [name for name in sorted(rendered) if outcomes(name)]
    rows = "".join(_row(name, outcomes(name)[-MOST_RUNS:], _compared(name, under_way, compared)) for name in found)
    table = _table("reports", _HEADS, rows) if rows else ""
    answers = {name: answer for name in sorted(rendered - set(found)) if (answer := _answer(name))}
    told = "".join(_answer_row(name, answer) for name, answer in answers.items())
    beside = (
        f"<h2>{both(Message('Applications and foundations'))}</h2>{_table('applications', _APPLICATION_HEADS, told)}"
        if told
        else ""
    )
    title = Message("All reports")
    main = f'<div class="verdict-list"><h1>{both(title)}</h1>{table}{beside}</div>'
    bar = f'<span class="brand">{both(Message("Market-entry briefs"))}</span><span class="push"></span>'
    return Page("index.html", title, bar, main, both(Message("{count} scenarios", count=len(found) + len(answers))))


def _table(label: str, heads: Sequence[tuple[Message, str]], rows: str) -> str:
    head = "".join(f'<th scope="col"{kind}>{both(title)}</th>' for title, kind in heads)
    return f'<div class="scroll" role="group" tabindex="0" aria-label="{label}"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _answer(scenario: str) -> Message | None:
    """Return the verdict of the last notebook of a scenario's newest run, where no decision was asked for."""
    notes = list((paths.runs() / scenario).glob("*/[01]*/notes.json"))
    newest = max((path.parent.parent for path in notes), key=lambda run: (run.stat().st_mtime_ns, run.name), default=None)
    last = max((path for path in notes if path.parent.parent == newest), default=None)
    found = json.loads(last.read_text(encoding="utf-8")).get("verdict") if last else None
    return Message.from_json(found) if found else None


def _answer_row(name: str, answer: Message) -> str:
    return f'<tr><th scope="row"><a href="{name}/index.html">{both(name)}</a></th><td>{both(answer)}</td></tr>'


def _outcome(folder: Path) -> Outcome:
    decision = json.loads((folder / "08_decide" / "decision.json").read_text(encoding="utf-8"))
    figures = json.loads((folder / "06_estimate_value" / "figures.json").read_text(encoding="utf-8"))
    return Outcome(folder.name, decision["verdict"], decision["probability"], figures["npv"])


def _compared(name: str, under_way: str, compared: bool) -> bool:
    return compared if name == under_way else (paths.reports() / name / digest.FILE).is_file()


def _row(name: str, runs: list[Outcome], compared: bool) -> str:
    last = runs[-1]
    before = runs[-2] if len(runs) > 1 else None
    change = last.npv["mid"] - before.npv["mid"] if before else None
    told = both(Message("{change:money}", change=change) if before else Message("what changed" if compared else "–"))
    moved = f'<a href="{name}/{digest.FILE}">{told}</a>' if compared else told
    value = Message("{npv:money} ({low:money} – {high:money})", npv=last.npv["mid"], low=last.npv["low"], high=last.npv["high"])
    return (
        f'<tr><th scope="row"><a href="{name}/index.html">{both(name)}</a></th><td>{both(WORDS[last.verdict])}</td>'
        f'<td class="n">{both(Message("{gain:percent}", gain=last.probability))}</td><td>{_sparkline(runs)}</td>'
        f'<td class="n">{both(value)}</td><td class="n">{moved}</td></tr>'
    )


def _sparkline(runs: list[Outcome]) -> str:
    """The chance of gain from run to run, between 0 and 1."""
    step = (_WIDTH - 12) / max(len(runs) - 1, 1)
    points = [(6 + step * place, 4 + (_HEIGHT - 8) * (1 - run.probability)) for place, run in enumerate(runs)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    alt = ", ".join(f"{run.probability:.0%}" for run in runs)
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{alt}">'
        f'<polyline points="{line}" fill="none" stroke="var(--mute)" stroke-width="1.5"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="var(--accent)"/></svg>'
    )
