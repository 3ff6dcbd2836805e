"""The index of all reports: every scenario with its verdict, its value, and how both moved from run to run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from bigmodel_utils import paths
from bigmodel_utils.artifacts import DONE
from bigmodel_utils.messages import Message
from bigmodel_utils.report import digest
from bigmodel_utils.report.evidence import day_written
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import Page
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.verdict import WORDS_ALONE
from bigmodel_utils.scenario import DECISION, VALUE, Scenario

_WIDTH, _HEIGHT = 220, 40


@dataclass(frozen=True)
class Outcome:
    """What one finished run concluded."""

    run: str
    verdict: str
    probability: float
    npv: dict[str, Any]
    day: date


@dataclass(frozen=True)
class Report:
    """A scenario with a rendered report: its runs, oldest first, or its answer where no decision was asked for."""

    name: str
    title: str
    question: str
    illustrative: bool
    runs: Sequence[Outcome]
    answer: Message | None
    compared: bool


def outcomes(scenario: str) -> list[Outcome]:
    """Return the finished runs of a scenario, oldest first."""
    folders = [path.parent.parent for path in (paths.runs() / scenario).glob(f"*/{DECISION}/{DONE}")]
    folders.sort(key=lambda folder: ((folder / DECISION / DONE).stat().st_mtime_ns, folder.name))
    return [_outcome(folder) for folder in folders if (folder / VALUE / "figures.json").is_file()]


def page(under_way: Scenario, compared: bool = False) -> Page:
    """Return the page that lists every scenario with a rendered report, `under_way` included.

    `compared`: whether the report under way will hold a page of changes since its last run.
    """
    rendered = {file.parent.name for file in paths.reports().glob("[!.]*/index.html")} - {under_way.name}
    reports = [_report(under_way.name, under_way.model_dump(), compared), *(_report(n, _recorded(n)) for n in sorted(rendered))]
    reports.sort(key=lambda report: (report.illustrative, report.title, report.name))
    decisions = "".join(_decision(report) for report in reports if report.runs)
    answers = "".join(_answered(report) for report in reports if report.answer and not report.runs)
    title = Message("All reports")
    main = f'<div class="verdict-list"><h1>{both(title)}</h1>{_list(Message("Markets to enter"), decisions)}'
    main += _list(Message("Applications and foundations"), answers)
    main += (
        "</div>" if decisions or answers else f'<p class="lead">{both(Message("No run has come to an answer yet."))}</p></div>'
    )
    bar = f'<span class="brand">{both(Message("Market-entry briefs"))}</span><span class="push"></span>'
    count = sum(bool(report.runs or report.answer) for report in reports)
    return Page("index.html", title, bar, main, both(Message("{count} scenarios", count=count)))


def _report(name: str, scenario: Mapping[str, Any], compared: bool | None = None) -> Report:
    """Return one report; a scenario that nobody recorded is called by its name."""
    title, question = scenario.get("title", name.replace("_", " ")), scenario.get("question", "")
    has_changes = (paths.reports() / name / digest.FILE).is_file() if compared is None else compared
    runs = outcomes(name)
    answer = None if runs else _answer(name)
    return Report(name, title, question, bool(scenario.get("illustrative")), runs, answer, has_changes)


def _recorded(name: str) -> dict[str, Any]:
    """Return the scenario as the manifest beside a report tells it; {} without one."""
    try:
        found = json.loads((paths.reports() / name / "manifest.json").read_text(encoding="utf-8"))["scenario"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _list(title: Message, articles: str) -> str:
    return f"<h2>{both(title)}</h2>{articles}" if articles else ""


def _head(report: Report) -> str:
    link = f'<h3><a href="{escape(report.name)}/index.html">{both(Message("{title}", title=report.title))}</a></h3>'
    question = f"<p>{both(Message('{question}', question=report.question))}</p>" if report.question else ""
    note = f"<small>{both(Message('Illustrative'))}</small>" if report.illustrative else ""
    return f"<div>{link}{question}{note}</div>"


def _answered(report: Report) -> str:
    return f'<article class="report">{_head(report)}<p>{both(report.answer or "")}</p></article>'


def _decision(report: Report) -> str:
    """Return a scenario with its verdict, the chance and value behind it, and how they moved."""
    last = report.runs[-1]
    gain = Message("{gain:integer} of 100 futures gain money", gain=100 * last.probability)
    value = Message(
        "{npv:money} in the middle of the futures; 8 in 10 futures: {low:money} to {high:money}",
        npv=last.npv["mid"],
        low=last.npv["low"],
        high=last.npv["high"],
    )
    stand = f'<p class="stand {last.verdict}">{both(WORDS_ALONE[last.verdict])}</p>'
    return (
        f'<article class="report">{_head(report)}<div>{stand}<p>{both(gain)}</p><p>{both(value)}</p>'
        f"{_moved(report)}<small>{both(Message('decided on {day:date}', day=last.day))}</small></div></article>"
    )


def _moved(report: Report) -> str:
    """Return the line of chances from run to run, the change of value, linked to what changed, and every run; "" after one run."""
    link = f'<a href="{escape(report.name)}/{digest.FILE}">{both(Message("what changed"))}</a>' if report.compared else ""
    if len(report.runs) < 2:
        return f"<p>{link}</p>" if link else ""
    told = _change(*report.runs[-2:])
    return f"{_sparkline(report.runs)}<p>{both(told)} {link}</p>{_every(report.runs)}"


def _change(before: Outcome, after: Outcome) -> Message:
    change = after.npv["mid"] - before.npv["mid"]
    if abs(change) < 1:
        return Message("as in the run before")
    if change < 0:
        return Message("{amount:money} less than the run before", amount=-change)
    return Message("{amount:money} more than the run before", amount=change)


def _every(runs: Sequence[Outcome]) -> str:
    """Return all runs, newest first, folded."""
    earlier = [None, *runs[:-1]]
    rows = [
        {
            "day": run.day,
            "verdict": WORDS_ALONE[run.verdict],
            "gain": run.probability,
            "npv": run.npv["mid"],
            "change": run.npv["mid"] - before.npv["mid"] if before else None,
            "run": run.run,
        }
        for before, run in zip(earlier, runs, strict=True)
    ]
    columns = [
        Column("day", Message("decided on"), "date"),
        Column("verdict", Message("verdict")),
        Column("gain", Message("chance of gain"), "percent"),
        Column("npv", Message("value"), "money"),
        Column("change", Message("against the run before"), "money"),
        Column("run", Message("run")),
    ]
    title = Message("All {count} runs", count=len(rows))
    table = Table(title, columns, rows[::-1], Message("Value: middle of the futures."))
    return f'<details class="rows"><summary>{both(title)}</summary>{table.html(titled=False)}</details>'


def _answer(scenario: str) -> Message | None:
    """Return the verdict of the last notebook of a scenario's newest run, where no decision was asked for."""
    notes = list((paths.runs() / scenario).glob("*/[01]*/notes.json"))
    newest = max((path.parent.parent for path in notes), key=lambda run: (run.stat().st_mtime_ns, run.name), default=None)
    last = max((path for path in notes if path.parent.parent == newest), default=None)
    found = json.loads(last.read_text(encoding="utf-8")).get("verdict") if last else None
    return Message.from_json(found) if found else None


def _outcome(folder: Path) -> Outcome:
    decision = json.loads((folder / DECISION / "decision.json").read_text(encoding="utf-8"))
    figures = json.loads((folder / VALUE / "figures.json").read_text(encoding="utf-8"))
    record = json.loads((folder / DECISION / DONE).read_text(encoding="utf-8"))
    return Outcome(folder.name, decision["verdict"], decision["probability"], figures["npv"], day_written(record))


def _sparkline(runs: Sequence[Outcome]) -> str:
    """The chance of gain from run to run, between 0 and 1, and the first and the last in words."""
    step = (_WIDTH - 12) / max(len(runs) - 1, 1)
    points = [(6 + step * place, 4 + (_HEIGHT - 8) * (1 - run.probability)) for place, run in enumerate(runs)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    told = Message(
        "Chance of gain over {count} runs: from {first:percent} to {last:percent}",
        count=len(runs),
        first=runs[0].probability,
        last=runs[-1].probability,
    )
    ends = "".join(f'<path d="M0 {at}H{_WIDTH}" stroke="var(--line)"/>' for at in (4, _HEIGHT - 4))
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" aria-hidden="true">{ends}'
        f'<polyline points="{line}" fill="none" stroke="var(--mute)" stroke-width="1.5"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="var(--accent)"/></svg><p>{both(told)}</p>'
    )
