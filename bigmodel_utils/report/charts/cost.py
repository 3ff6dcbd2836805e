"""What a thousand items cost, and where to draw the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

_PARTS = ("computing", "reading", "missed", "needless")


def cost_per_thousand(table: pd.DataFrame) -> Chart:
    """Return stacked bars of what 1,000 items cost by process.

    table: process (people, a, b, p), computing, reading, missed, needless, total (USD).
    """
    rows = table.to_dict("records")
    totals = {row["process"]: row["total"] for row in rows}
    cheapest = min(totals, key=totals.__getitem__)
    finding = Message(
        "A thousand {items} cost least with the {process}: {total:money}",
        process=palette.model_name(cheapest),
        total=totals[cheapest],
    )
    if {"people", "b"} <= totals.keys():
        finding = Message(
            "A thousand {items} cost {b:money} on average with the adapted model, {people:money} with people",
            b=totals["b"],
            people=totals["people"],
        )
    worst = max(_PARTS, key=lambda part: rows[-1][part])
    alt = Message(
        "Stacked bars for {count} ways of working, from {low:money} to {high:money} per thousand; "
        "the largest part for the {process} is {part}.",
        count=len(rows),
        low=min(totals.values()),
        high=max(totals.values()),
        process=palette.model_name(rows[-1]["process"]),
        part=palette.COST_NAMES[worst],
    )
    note = Message(
        "USD per 1,000 {items}. Computing and error rates measured; wages and the cost of an error assumed, with sources."
    )
    return Chart(finding, alt, note, lambda canvas: _stacked(canvas, rows))


def _stacked(canvas: Canvas, rows: list[dict]) -> None:
    axes = canvas.axes(height=54 * len(rows) + 70, left=0, right=70, top=4, bottom=0)
    axes.set_xlim(0, max(row["total"] for row in rows))
    axes.set_ylim(-2 * len(rows) - 1.9, 0.8)
    for place, row in enumerate(rows):
        y, start = -2 * place, 0.0
        colour = palette.model_colour(row["process"])
        canvas.label(axes, 0, y + 0.25, canvas.read(palette.model_name(row["process"])), colour, bold=True, ha="left")
        for part in _PARTS:
            axes.barh(y - 0.65, row[part], left=start, height=0.9, color=palette.COST_COLOURS[part])
            start += row[part]
        canvas.label(axes, start, y - 0.65, canvas.value(row["total"], "money"), colour, bold=True, ha="left", dx=8)
    _key(canvas, axes, -2 * len(rows) - 0.6)


def _key(canvas: Canvas, axes, y: float) -> None:
    """Name the four parts once, under the bars: they are too thin to be written on."""
    x = 0.0
    for part in _PARTS:
        name = canvas.read(palette.COST_NAMES[part])
        if canvas.narrow and x and x + text_width(name, SMALL) + 22 > canvas.width:
            x, y = 0.0, y - 0.75
        axes.annotate(
            "■", (0, y), xytext=(x, 0), textcoords="offset points", color=palette.COST_COLOURS[part], va="center", size=15
        )
        canvas.label(axes, 0, y, name, palette.MUTE, ha="left", dx=x + 18, size=SMALL)
        x += text_width(name, SMALL) + 38


def threshold_cost(table: pd.DataFrame, threshold: float | None = None) -> Chart:
    """Return the cost of errors against the probability above which the model acts.

    table: threshold (0..1), usd_per_thousand. `threshold`: the one used; the cheapest of the table by default.
    """
    rows = table.sort_values("threshold")
    best = rows.loc[rows["usd_per_thousand"].idxmin()]
    used = float(best["threshold"]) if threshold is None else threshold
    half = float(rows.iloc[(rows["threshold"] - 0.5).abs().argmin()]["usd_per_thousand"])
    cost = float(rows.iloc[(rows["threshold"] - used).abs().argmin()]["usd_per_thousand"])
    finding = Message(
        "Acting from a probability of {used:percent1} costs {cost:money} per thousand in errors, {half:money} at one half",
        used=used,
        cost=cost,
        half=half,
    )
    alt = Message(
        "Curve of error cost against the threshold; lowest, {least:money} per thousand, at {best:percent1}.",
        least=float(best["usd_per_thousand"]),
        best=float(best["threshold"]),
    )
    note = Message("USD of errors per 1,000 {items} in live traffic, against the threshold on the model's probability.")
    points = _thinned(rows)
    return Chart(finding, alt, note, lambda canvas: _threshold(canvas, points, used, cost))


def _thinned(rows: pd.DataFrame) -> list[tuple[float, float]]:
    """Keep at most about 200 points: the curve's shape, not its file size."""
    step = max(1, len(rows) // 200)
    kept = rows.iloc[sorted({*range(0, len(rows), step), len(rows) - 1, int(rows["usd_per_thousand"].argmin())})]
    return list(zip(kept["threshold"].astype(float), kept["usd_per_thousand"].astype(float), strict=True))


def _threshold(canvas: Canvas, points: list[tuple[float, float]], used: float, cost: float) -> None:
    x, y = zip(*points, strict=True)
    ticks = nice_ticks(0, max(y), 4)
    amounts = canvas.amounts(ticks)
    axes = canvas.axes(height=230, left=max(text_width(amount, SMALL) for amount in amounts) + 12, right=16, top=22, bottom=28)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, ticks[-1])
    canvas.grid(axes, ticks, amounts)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [canvas.value(tick, "percent") for tick in (0, 0.25, 0.5, 0.75, 1)])
    axes.plot(x, y, color=palette.ACCENT, linewidth=2.5)
    axes.plot([used, used], [cost, ticks[-1]], color=palette.WARN, linewidth=1.2, linestyle=(0, (2, 3)))
    axes.plot(used, cost, "o", color=palette.WARN, markersize=9, markeredgewidth=0)
    right = used < 0.55
    text = f"{canvas.value(used, 'percent1')}: {canvas.value(cost, 'money')}"
    canvas.label(axes, used, ticks[-1], text, palette.WARN, True, ha="left" if right else "right", dx=6 if right else -6, dy=-8)
