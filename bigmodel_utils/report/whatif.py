"""The reader's own assumptions: sliders that move the cash, the value and the verdict, computed in the page.

The page computes with a translation of the engine's formulas over a sample of the run's draws. Replacing one input
by the slider's value keeps all other uncertainty; results are anchored at the run's own figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import LANGUAGES, Message, translate
from bigmodel_utils.report import javascript, names
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.markup import both, plain
from bigmodel_utils.report.page import TEMPLATE
from bigmodel_utils.report.verdict import WORDS
from bigmodel_utils.value import venture

if TYPE_CHECKING:
    import pandas as pd

SLIDERS = 5
STEPS = 200
_SIGNIFICANT_DIGITS = 5

_SENTENCES = {
    "answer": Message("In {gain} of 100 futures this gains money. Verdict: {verdict}."),
    "value": Message("Value in the middle of the futures: {npv}, {change} than in this brief."),
    "same": Message("Value in the middle of the futures: {npv}, as in this brief."),
    "more": Message("{amount} more"),
    "less": Message("{amount} less"),
    "month": Message("month {month}"),
    "year": Message("year {year}"),
    "start": Message("start"),
    "never": Message("Half of the futures do not earn their money back in time."),
    "back": Message("Half of the futures have their money back by month {month}."),
    "base": Message("this brief"),
    "yours": Message("yours"),
    "picture": Message("Cumulative cash under your assumptions."),
}


@dataclass(frozen=True)
class Panel:
    """The section's HTML and the scripts that move it."""

    html: str
    scripts: Sequence[str]


def panel(evidence: Evidence) -> Panel:
    """Return the what-if panel for the assumptions with the widest swing."""
    sliders = _sliders(evidence)
    inner = "".join(map(_slider_html, sliders))
    note = Message(
        "Computed in this page on {count} of the run's draws with the formulas of the engine, and anchored at the run's own result. "
        "Line and band: median and 8 in 10 futures; dashed: this brief. The address keeps your settings.",
        count=len(evidence.table("draws")),
    )
    html = (
        f'<section class="whatif-section" hidden><h2>{both(Message("Try your own assumptions"))}</h2><div class="whatif"><div>{inner}'
        f'<button type="button" data-reset>{both(Message("Reset"))}</button></div>'
        '<figure><p class="answer" aria-live="polite"></p><p class="second mute"></p><svg role="img"></svg>'
        f"<figcaption>{both(note)}</figcaption></figure></div></section>"
    )
    return Panel(
        html, [engine(), f"const WHATIF={_json(_state(evidence, sliders))};", (TEMPLATE / "whatif.js").read_text("utf-8")]
    )


def engine() -> str:
    """Return the venture's arithmetic as JavaScript: `venture.monthly_cash(x, months)` and all that it calls."""
    return javascript.module("venture", venture.monthly_cash, venture.net_present_value)


def _sliders(evidence: Evidence) -> list[dict[str, Any]]:
    widest = evidence.table("tornado")
    movable = widest[widest["assumption"].isin(venture.INPUTS)].head(SLIDERS).to_dict("records")
    sliders = []
    for row in movable:
        name, unit = row["assumption"], row["unit"]
        given = evidence.scenario.assumptions.get(name)
        low, high = (given.low, given.high) if given else (row["low_value"], row["high_value"])
        start = given.mid if given else evidence.inputs[name]  # shown; until moved, the draws hold the whole range
        spec = names.spec(unit, high if unit.startswith(("share", "per")) else max(abs(low), abs(high)))
        sliders.append({"name": name, "low": low, "high": high, "start": start, "spec": spec})
    return sliders


def _slider_html(slider: dict[str, Any]) -> str:
    name = slider["name"]
    position = round(STEPS * (slider["start"] - slider["low"]) / (slider["high"] - slider["low"]))
    return (
        f'<div class="slider"><label for="w-{name}"><span>{both(names.assumption(name))}</span><output for="w-{name}"></output></label>'
        f'<input type="range" id="w-{name}" min="0" max="{STEPS}" value="{min(max(position, 0), STEPS)}">'
        '<div class="ends"><span></span><span></span></div></div>'
    )


def _state(evidence: Evidence, sliders: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rule = evidence.scenario.decision
    return {
        "sliders": sliders,
        "steps": STEPS,
        "draws": _columns(evidence.table("draws")),
        "cash": _cash(evidence.table("cash")),
        "months": rule.horizon_years * 12,
        "go": rule.go_at,
        "stop": rule.stop_at,
        "probability": evidence.decision["probability"],
        "npv": evidence.figures["npv"].mid,
        "texts": {key: _spoken(message) for key, message in _SENTENCES.items()},
        "verdicts": {key: _spoken(word) for key, word in WORDS.items()},
    }


def _spoken(message: Message) -> dict[str, str]:
    if message.values:
        return {language: plain(message, language) for language in LANGUAGES}
    return {language: translate(message.text, language) for language in LANGUAGES}


def _cash(table: pd.DataFrame) -> dict[str, list[float]]:
    """Return the run's own cumulative cash by month, to which the page anchors what it computes."""
    rows = table.sort_values("month")
    return {name: _short(rows[column]) for name, column in (("low", "p10"), ("mid", "p50"), ("high", "p90"))}


def _short(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.{_SIGNIFICANT_DIGITS}g}") for value in values]


def _columns(draws: pd.DataFrame) -> dict[str, Any]:
    """Return each input's draws, rounded; an input that never varies is one number."""
    columns: dict[str, Any] = {}
    for name in venture.INPUTS:
        values = _short(draws[name])
        columns[name] = values[0] if len(set(values)) == 1 else values
    return {"count": len(draws), "inputs": columns}


def _json(content: dict[str, Any]) -> str:
    """JSON that is safe inside a script element."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
