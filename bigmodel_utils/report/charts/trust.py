"""What privacy costs, what an attack tells, and what sharing weights instead of rows gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

TARGETS = {
    "leaky": (Message("learned by heart, on purpose"), palette.WARN),
    "b": (palette.MODEL_NAMES["b"], palette.SLATE),
    "head": (Message("new last layer, without protection"), palette.MUTE),
    "private": (Message("new last layer, protected"), palette.ACCENT),
}
FAULTS = {
    "none": Message("all honest"),
    "silent": Message("one is silent"),
    "not_a_number": Message("one sends no numbers"),
    "huge": Message("one sends huge numbers"),
    "reversed": Message("one sends the opposite"),
}
_ROW = 36


def privacy(points: pd.DataFrame) -> Chart:
    """Return accuracy against epsilon, with intervals, beside the same model without protection (epsilon infinite).

    points: epsilon, accuracy, accuracy_low, accuracy_high, lost (points), usd_lost (USD per 1,000 texts), n.
    """
    rows = points.sort_values("epsilon")
    kept, without = rows[np.isfinite(rows["epsilon"])], rows.iloc[-1]
    strict, loose = kept.iloc[0], kept.iloc[-1]
    values = {"epsilon": loose["epsilon"], "lost": loose["lost"] + 0.0, "usd": loose["usd_lost"]}
    if loose["usd_lost"] > 0:
        finding = Message(
            "At an epsilon of {epsilon:upto1}, privacy costs {lost:number1} points of accuracy and {usd:money} per 1,000 texts",
            **values,
        )
    else:
        finding = Message(
            "At an epsilon of {epsilon:upto1}, privacy costs {lost:number1} points of accuracy and no money that shows",
            **values,
        )
    alt = Message(
        "Dots of accuracy: {low:percent1} at an epsilon of {strict:upto1}, {high:percent1} at {loose:upto1}, "
        "{without:percent1} without protection.",
        low=strict["accuracy"],
        strict=strict["epsilon"],
        high=loose["accuracy"],
        loose=loose["epsilon"],
        without=without["accuracy"],
    )
    note = Message(
        "Accuracy on {n:integer} test rows; bar: 95% interval over rows and draws of the noise. Smaller epsilon: more privacy. "
        "A cost below zero is chance. Measured in this run; money at the middle of the assumed error costs.",
        n=int(without["n"]),
    )
    return Chart(finding, alt, note, lambda canvas: _privacy(canvas, kept, without))


def _privacy(canvas: Canvas, kept: pd.DataFrame, without: pd.Series) -> None:
    axes = canvas.axes(height=270, left=46, right=16, top=30, bottom=44)
    ticks = nice_ticks(float(kept["accuracy_low"].min()), float(kept["accuracy_high"].max()), 4)
    axes.set_xlim(-0.5, len(kept) - 0.5)
    axes.set_ylim(ticks[0], max(ticks[-1], float(without["accuracy"])))
    canvas.grid(axes, ticks, [canvas.value(tick, "percent1") for tick in ticks])
    axes.axhline(without["accuracy"], color=palette.MUTE, linewidth=1.5, linestyle=(0, (4, 3)))
    name = canvas.read(Message("without protection: {value:percent1}", value=without["accuracy"]))
    canvas.label(axes, -0.5, axes.get_ylim()[1], name, palette.MUTE, True, ha="left", dy=16)
    names = []
    for x, row in enumerate(kept.to_dict("records")):
        axes.plot([x, x], [row["accuracy_low"], row["accuracy_high"]], color=palette.ACCENT, linewidth=5, alpha=0.35)
        axes.plot(x, row["accuracy"], "o", color=palette.ACCENT, markersize=11, markeredgewidth=0)
        canvas.label(
            axes, x, row["accuracy"], canvas.value(row["accuracy"], "percent1"), palette.ACCENT, True, ha="left", dx=10
        )
        names.append(f"ε {canvas.value(row['epsilon'], 'upto1')}\n{canvas.read(_money(row['usd_lost']))}")
    axes.set_xticks(range(len(kept)), names)


def _money(usd: float) -> Message:
    return Message("+{usd:money}", usd=usd) if usd >= 0 else Message("{usd:money}", usd=usd)


def attack(roc: pd.DataFrame, table: pd.DataFrame) -> Chart:
    """Return hits against false alarms of the membership attack, one line per kind of model.

    roc: model, epsilon, false_alarms, hits. table: model, epsilon, attack, advantage, low, high. Of the private heads, the
    least protected one is drawn.
    """
    rows = table[table["attack"] == "calibrated"].drop_duplicates("model", keep="last").set_index("model")
    leaky, private, adapted = rows.loc["leaky"], rows.loc["private"], rows.loc["b"]
    finding = Message(
        "The attack wins {leaky:number1} points against a model that learned by heart; against the adapted model {adapted}, "
        "against a protected one {private}",
        leaky=100 * leaky["advantage"],
        adapted=advantage(adapted),
        private=advantage(private),
    )
    alt = Message(
        "Lines of hits against false alarms; the leaky reference lies above the diagonal of guessing, with an area of "
        "{leaky:number2}, the adapted model has {adapted:number2}, the protected one {private:number2}; guessing has 0.50.",
        leaky=leaky["auc"],
        adapted=adapted["auc"],
        private=private["auc"],
    )
    note = Message(
        "Share of learned rows found against share of unseen rows accused. Diagonal: guessing. Measured in this run; the "
        "protected one has an epsilon of {epsilon:upto1}.",
        epsilon=private["epsilon"],
    )
    lines = {m: roc[(roc["model"] == m) & (roc["epsilon"] == rows.loc[m, "epsilon"])] for m in ("leaky", "b", "private")}
    return Chart(finding, alt, note, lambda canvas: _roc(canvas, lines))


def advantage(row: pd.Series) -> Message:
    """Return an attack's advantage in words: nothing shown, or its points."""
    if row["low"] <= 0:
        return Message("no gain is shown")
    return Message("{points:number1} points", points=100 * row["advantage"])


def _roc(canvas: Canvas, lines: dict[str, pd.DataFrame]) -> None:
    head = 18 * len(lines) + 12
    axes = canvas.axes(height=250 + head, left=46, right=20, top=head, bottom=30)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks])
    axes.set_xticks(ticks, [canvas.value(tick, "percent") for tick in ticks])
    axes.plot([0, 1], [0, 1], color=palette.MUTE, linewidth=1, linestyle=(0, (4, 3)))
    for place, (model, line) in enumerate(reversed(lines.items())):
        name, colour = TARGETS[model]
        axes.plot(line["false_alarms"], line["hits"], color=colour, linewidth=2.5)
        canvas.label(axes, 0, 1, canvas.read(name), colour, True, ha="left", dy=16 + 18 * place)


def sharing(splits: pd.DataFrame, pooled: float) -> Chart:
    """Return accuracy of the shared head per number of holders and split, beside holders alone and pooled rows.

    splits: holders, split (even | skewed), accuracy, low, high, behind (points), alone (accuracy), n.
    """
    rows = splits.iloc[::-1].to_dict("records")
    worst = splits.loc[splits["behind"].idxmax()]
    even = splits[splits["split"] == "even"]["behind"].max()
    finding = Message(
        "Sharing weights instead of rows stays within {even:number1} points of pooling when holders are alike, and within "
        "{worst:number1} when each has its own mix",
        even=max(0.0, even),
        worst=max(0.0, worst["behind"]),
    )
    alt = Message(
        "Dots of accuracy for {count} ways to split the rows; holders alone reach {alone:percent1} at worst, together "
        "{together:percent1} at worst, pooled rows {pooled:percent1}.",
        count=len(rows),
        alone=splits["alone"].min(),
        together=splits["accuracy"].min(),
        pooled=pooled,
    )
    note = Message("Filled: together; hollow: mean of the holders alone; dashed: all rows in one place. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _sharing(canvas, rows, pooled))


def split_name(row: dict) -> Message:
    """Return a split in words. row: holders, split."""
    if row["split"] == "even":
        return Message("{holders} holders, alike", holders=row["holders"])
    return Message("{holders} holders, each its own mix", holders=row["holders"])


def _sharing(canvas: Canvas, rows: list[dict], pooled: float) -> None:
    names = [canvas.read(split_name(row)) for row in rows]
    left = 0 if canvas.narrow else max(text_width(name) for name in names) + 16
    axes = canvas.axes(height=len(rows) * (_ROW + 14 * canvas.narrow) + 50, left=left, right=44, top=22, bottom=30)
    ticks = nice_ticks(
        min(row["alone"] for row in rows), max(pooled, *(row["high"] for row in rows)), 3 if canvas.narrow else 5
    )
    axes.set_xlim(ticks[0], ticks[-1])
    axes.set_ylim(-0.5, len(rows) - 0.5)
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    if canvas.narrow:
        canvas.ends_inside(axes)
    axes.axvline(pooled, color=palette.SLATE, linewidth=1.5, linestyle=(0, (4, 3)))
    name = canvas.read(Message("all rows in one place"))
    canvas.label(axes, pooled, len(rows) - 0.5, name, palette.SLATE, True, ha="right", size=SMALL, dy=10)
    for y, (row, name) in enumerate(zip(rows, names, strict=True)):
        axes.plot([row["low"], row["high"]], [y, y], color=palette.ACCENT, linewidth=5, alpha=0.35, solid_capstyle="butt")
        axes.plot(row["alone"], y, "o", color=palette.MUTE, markersize=9, fillstyle="none", markeredgewidth=2)
        axes.plot(row["accuracy"], y, "o", color=palette.ACCENT, markersize=10, markeredgewidth=0)
        where = {"ha": "left", "dy": 16} if canvas.narrow else {"ha": "right", "dx": -14}
        canvas.label(axes, ticks[0], y, name, **where)
        canvas.label(axes, row["high"], y, canvas.value(row["accuracy"], "percent1"), palette.ACCENT, True, ha="left", dx=7)
