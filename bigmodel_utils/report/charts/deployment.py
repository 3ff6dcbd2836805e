"""Accuracy against speed of every form of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigmodel_utils.deployment.menu import BASELINE, named
from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

_ROW = 38


def frontier(table: pd.DataFrame, chosen: str, limit_points: float) -> Chart:
    """Return accuracy gained or lost by each variant against M_B as trained, the fastest on top, with its speed.

    table: variant, difference, difference_low, difference_high (shares, paired), speedup, dominated. `chosen` is stressed;
    `limit_points` is the loss that the scenario allows.
    """
    rows = table.sort_values("speedup").to_dict("records")
    unharmed = [row for row in rows if row["difference_high"] >= 0]
    best = max(unharmed, key=lambda row: row["speedup"])
    finding = Message(
        "Without a loss that can be shown, the model runs {times:number1} times as fast: {name}",
        times=best["speedup"],
        name=named(best["variant"]),
    )
    if best["variant"] == BASELINE:
        finding = Message("Every faster form of the model loses accuracy, or none is faster")
    alt = Message(
        "{count} forms of the model, from {slow:number1} to {fast:number1} times the speed of the trained one; "
        "accuracy changes by {low:number1} to {high:number1} points.",
        count=len(rows),
        slow=rows[0]["speedup"],
        fast=rows[-1]["speedup"],
        low=100 * min(row["difference"] for row in rows),
        high=100 * max(row["difference"] for row in rows),
    )
    note = Message(
        "Points of accuracy against the model as trained, on the same {n:integer} texts; bar = paired 95% interval, right = times "
        "its speed. Dashed: the {limit:number1} points that may be lost. Hollow: another form is as good in everything. Measured.",
        n=rows[0]["n"],
        limit=limit_points,
    )
    return Chart(finding, alt, note, lambda canvas: _points(canvas, rows, chosen, limit_points))


def _points(canvas: Canvas, rows: list[dict[str, Any]], chosen: str, limit_points: float) -> None:
    room = 124 if canvas.narrow else 230
    names = [wrapped(canvas.read(named(row["variant"])), room - 14, SMALL) for row in rows]
    left = min(room, max(text_width(line, bold=True) for name in names for line in name.split("\n")) + 14)
    axes = canvas.axes(height=len(rows) * _ROW + 34, left=left, right=52, top=4, bottom=30)
    low = min(-limit_points, *(100 * row["difference_low"] for row in rows))
    high = max(limit_points, *(100 * row["difference_high"] for row in rows))
    ticks = nice_ticks(low, high, 3 if canvas.narrow else 5)
    axes.set_xlim(ticks[0], ticks[-1])
    axes.set_ylim(-0.5, len(rows) - 0.5)
    canvas.grid(axes, ticks, [canvas.value(tick, "upto1") for tick in ticks], axis="x")
    axes.axvline(-limit_points, color=palette.WARN, linewidth=1.2, linestyle=(0, (4, 3)))
    for y, (row, name) in enumerate(zip(rows, names, strict=True)):
        ours = row["variant"] == chosen
        colour = palette.ACCENT if ours else palette.SLATE
        ends, middle = [100 * row["difference_low"], 100 * row["difference_high"]], 100 * row["difference"]
        axes.plot(ends, [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
        face = palette.PAPER if row["dominated"] else colour
        axes.plot(middle, y, "o", color=colour, markerfacecolor=face, markersize=10, markeredgewidth=1.6)
        canvas.label(axes, ticks[0], y, name, palette.ACCENT if ours else palette.INK, ours, ha="right", dx=-10, size=SMALL)
        speed = Message("× {times:number1}", times=row["speedup"])
        canvas.label(axes, ticks[-1], y, canvas.read(speed), colour, ours, ha="left", dx=8)
