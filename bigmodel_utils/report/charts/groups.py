"""Whether groups get the same treatment, and which pieces of text weigh most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.evaluation.fairness import Treatment
    from bigmodel_utils.units import Quantity

_ROW = 30
_REAL = 0.05
RATES = {
    "recall": Message("cases that are found"),
    "false_alarm_rate": Message("others flagged for nothing"),
    "flagged": Message("all that is flagged"),
}
_GROUPINGS = {"length": Message("length")}  # any other is a column of the data, called what it is called there
TOO_FEW = Message("Too few test rows to compare groups: a rate of a handful of texts says nothing.")
_DRAWN = ("recall", "false_alarm_rate")


def groups(treated: Treatment) -> Chart | Message:
    """Return how often each group's cases are found and its other texts flagged for nothing, with intervals.

    Where no group is large enough to compare, returns the sentence that says so.
    """
    if not treated.grouping:
        return TOO_FEW
    table, disparities, grouping = treated.table, treated.disparities, treated.grouping
    widest = max(disparities, key=lambda found: (found.p_value < _REAL, found.value.mid))
    values = {
        "rate": RATES[widest.rate],
        "points": 100 * widest.value.mid,
        "low": widest.lowest,
        "high": widest.highest,
        "grouping": _GROUPINGS.get(grouping, grouping),
    }
    if widest.p_value < _REAL:
        finding = Message(
            "By {grouping}, groups are {points:number1} points apart in “{rate}”: “{high}” above “{low}”, beyond chance",
            **values,
        )
    else:
        finding = Message(
            "By {grouping}, no group is shown to be treated otherwise; the widest gap, {points:number1} points, may be chance",
            **values,
        )
    alt = Message(
        "Rates of {count} groups by {grouping}; widest gap {points:number1} points, in “{rate}”.", count=len(table), **values
    )
    note = Message("Adapted model at the threshold in use, target test rows; bar = 95% interval. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _groups(canvas, table.to_dict("records")))


def _groups(canvas: Canvas, rows: list[dict]) -> None:
    left = 120 if canvas.narrow else 190
    count = len(_DRAWN) * (len(rows) + 1)
    axes = canvas.axes(count * _ROW + 34, left, 54, 4, 30)
    ticks = nice_ticks(0, max(row[f"{rate}_high"] for row in rows for rate in _DRAWN), 3 if canvas.narrow else 5)
    ticks = [tick for tick in ticks if tick <= 1]
    axes.set(xlim=(0, max(ticks[-1], *(row[f"{rate}_high"] for row in rows for rate in _DRAWN))), ylim=(-count + 0.5, 0.5))
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    y = 0
    for rate, colour in zip(_DRAWN, (palette.ACCENT, palette.WARN), strict=True):
        canvas.label(axes, 0, y, canvas.read(RATES[rate]), colour, bold=True, ha="left", dx=-left, size=SMALL)
        for row in rows:
            y -= 1
            low, mid, high = (row[f"{rate}{end}"] for end in ("_low", "", "_high"))
            axes.plot([low, high], [y, y], color=colour, linewidth=4, alpha=0.3, solid_capstyle="butt")
            axes.plot(mid, y, "o", color=colour, markersize=8, markeredgewidth=0)
            name = wrapped(canvas.read(str(row["group"])), left - 14, SMALL, most=1)
            canvas.label(axes, 0, y, name, ha="left", dx=-left, size=SMALL)
            canvas.label(axes, high, y, canvas.value(mid, "percent1"), colour, ha="left", dx=8, size=SMALL)
        y -= 1


def pieces(table: pd.DataFrame, event: str, missing: Quantity, count: int = 6) -> Chart | Message:
    """Return the pieces of text that pull an answer most towards the event and away from it.

    table: piece, texts, score (mean pull on the log-odds of the event); event: the event's label; missing: what the sums of
    the pulls miss of the whole change, as a share.
    """
    own = table.sort_values("score")
    rows = own.iloc[[*range(min(count, len(own))), *range(max(count, len(own) - count), len(own))]].to_dict("records")
    if not rows:
        return Message("No piece of text comes back often enough to weigh it.")
    most = max(rows, key=lambda row: abs(row["score"]))
    towards = Message("towards") if most["score"] > 0 else Message("away from")
    finding = Message(
        "Over many texts of the target market, “{piece}” pulls hardest, {way} “{event}”",
        piece=most["piece"], way=towards, event=event,
    )  # fmt: skip
    alt = Message("Bars of {count} pieces of text by their mean pull on the answer, from strongest against to strongest for.",
                  count=len(rows))  # fmt: skip
    note = Message(
        "Mean change of the log-odds of “{event}” by a piece of text where it stands (integrated gradients); to the right: speaks for it. "
        "Pieces in three texts or more. Estimated: over {texts:integer} texts, the pieces sum to what the whole text changed but for {missing:percent1}.",
        event=event,
        texts=missing.n,
        missing=missing,
    )
    return Chart(finding, alt, note, lambda canvas: _pieces(canvas, rows))


def _pieces(canvas: Canvas, rows: list[dict]) -> None:
    axes = canvas.axes(len(rows) * 24 + 8, 90, 90, 4, 4)
    reach = max(abs(row["score"]) for row in rows)
    axes.set(xlim=(-reach, reach), ylim=(-0.5, len(rows) - 0.5))
    axes.axvline(0, color=palette.LINE, linewidth=1)
    for y, row in enumerate(rows):
        towards = row["score"] > 0
        axes.barh(y, row["score"], height=0.7, color=palette.WARN_SOFT if towards else palette.SLATE_SOFT)
        canvas.label(axes, row["score"], y, row["piece"], ha="left" if towards else "right", dx=6 if towards else -6)
        text = canvas.value(row["score"], "number2")
        canvas.label(axes, 0, y, text, palette.MUTE, ha="right" if towards else "left", dx=-6 if towards else 6, size=11)
