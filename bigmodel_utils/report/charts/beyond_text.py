"""Pictures and tables instead of texts: how good each model is, and how much it may decide alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    from bigmodel_utils.applications.beyond_text import Judged

SUBJECTS = {"pictures": Message("pictures"), "table": Message("table")}
_COLOURS = {"pictures": palette.ACCENT, "table": palette.SLATE}
_ROW = 34


def model_name(key: str) -> Message:
    """Return the reader's name of model `key`; the rival here does not count words."""
    return Message("logistic regression") if key == "rival" else palette.model_name(key)


def scores(judged: Sequence[Judged]) -> Chart:
    """Return accuracy with its interval, per subject and model, on unseen rows of the target market."""
    gains = {one.subject: one.accuracy("b").mid - one.accuracy("a").mid for one in judged}
    most = max(gains, key=lambda subject: abs(gains[subject]))
    finding = Message(
        "Adapting moves the share of right answers most for the {subject}: by {points:number1} points",
        subject=SUBJECTS[most],
        points=100 * gains[most],
    )
    best = {one.subject: one.scores.loc[one.scores["accuracy"].idxmax()] for one in judged}
    alt = Message(
        "Accuracy of five models on pictures and on a table; the highest are {first:percent1} and {second:percent1}.",
        first=best[judged[0].subject]["accuracy"],
        second=best[judged[-1].subject]["accuracy"],
    )
    note = Message("Share of unseen rows of the target market that are right; bar = 95 % interval. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _scores(canvas, judged))


def _scores(canvas: Canvas, judged: Sequence[Judged]) -> None:
    groups = [(one, one.scores.sort_values("accuracy", ascending=False).to_dict("records")) for one in judged]
    count = sum(len(rows) + 1 for _, rows in groups)
    names = [canvas.read(model_name(row["model"])) for _, rows in groups for row in rows]
    left = min(130 if canvas.narrow else 220, max(text_width(name, bold=True) for name in names) + 16)
    axes = canvas.axes(height=count * _ROW + 30, left=left, right=48, top=2, bottom=28)
    axes.set_xlim(0, 1)
    axes.set_ylim(-count + 0.4, 0.6)
    ticks = [0, 0.5, 1] if canvas.narrow else [0, 0.25, 0.5, 0.75, 1]
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    y = 0
    for one, rows in groups:
        heading = canvas.read(Message("{subject}, {n:integer} unseen rows", subject=SUBJECTS[one.subject], n=len(one.truth)))
        canvas.label(axes, 0, y, heading, palette.MUTE, True, ha="left", dx=-left)
        for row in rows:
            y -= 1
            colour, ours = palette.model_colour(row["model"]), row["model"] in {"a", "b"}
            axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
            axes.plot(row["accuracy"], y, "o", color=colour, markersize=10, markeredgewidth=0)
            name = wrapped(canvas.read(model_name(row["model"])), left - 14)
            canvas.label(axes, 0, y, name, colour if ours else palette.INK, ours, ha="left", dx=-left)
            canvas.label(axes, row["high"], y, canvas.value(row["accuracy"], "percent1"), colour, ours, ha="left", dx=7)
        y -= 1


def trust(judged: Sequence[Judged]) -> Chart:
    """Return the share of wrong answers against the share decided alone, and where the line of trust was set beforehand."""
    kept = [one for one in judged if one.wrong.mid <= one.limit]
    finding = (
        Message(
            "With at most {limit:percent1} of answers wrong, the model decides {first:percent} of the pictures alone and {second:percent} of the table",
            limit=judged[0].limit,
            first=judged[0].alone,
            second=judged[-1].alone,
        )
        if len(kept) == len(judged)
        else Message(
            "The limit of {limit:percent1} wrong answers, set on other rows, was kept by {kept} of {count} on unseen rows",
            limit=judged[0].limit,
            kept=len(kept),
            count=len(judged),
        )
    )
    alt = Message(
        "Two rising curves: the more a model decides alone, the more of all answers go wrong; dots mark the chosen lines."
    )
    note = Message("Dot: the line, set on rows of its own before these were seen. Dashed: the limit. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _trust(canvas, judged))


def _trust(canvas: Canvas, judged: Sequence[Judged]) -> None:
    head = 20 * len(judged) + 8
    axes = canvas.axes(height=230 + head, left=46, right=24, top=head, bottom=30)
    limit = judged[0].limit
    top = nice_ticks(0, 4 * limit, 4)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, top[-1])
    canvas.grid(axes, top, [canvas.value(tick, "percent1") for tick in top])
    across = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(across, [canvas.value(tick, "percent") for tick in across])
    axes.axhline(limit, color=palette.WARN, linewidth=1.5, linestyle="--")
    for place, one in enumerate(judged):
        order = np.argsort(-one.answers.max(axis=1), kind="stable")
        wrong = np.cumsum(one.answers.argmax(axis=1)[order] != one.truth[order]) / len(order)
        share = np.arange(1, len(order) + 1) / len(order)
        shown = np.unique(np.append(np.linspace(0, len(order) - 1, 300).astype(int), [0]))
        shown = shown[wrong[shown] <= top[-1]]
        colour = _COLOURS[one.subject]
        axes.plot(share[shown], wrong[shown], color=colour, linewidth=2.5)
        axes.plot(one.alone.mid, one.wrong.mid, "o", color=colour, markersize=11, markeredgewidth=0)
        canvas.label(axes, 0, top[-1], canvas.read(SUBJECTS[one.subject]), colour, True, ha="left", dy=16 + 20 * place)
