"""How large the market is and how fast it is won."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks, rounded

if TYPE_CHECKING:
    import pandas as pd

_MEASURES = {
    "tam": Message("whole market (TAM)"),
    "sam": Message("within reach (SAM)"),
    "som": Message("ours to win (SOM)"),
}
_METHODS = {
    "top_down": Message("top down"),
    "bottom_up": Message("bottom up"),
    "pooled": Message("pooled"),
}


def adoption(table: pd.DataFrame) -> Chart:
    """Return merchants won over the years, with their range.

    table: year, low, mid, high (merchants).
    """
    rows = table.sort_values("year")
    last = {column: rounded(float(rows[column].iloc[-1])) for column in ("low", "mid", "high")} | {
        "year": rows["year"].iloc[-1]
    }
    finding = Message(
        "By year {year:integer}, {mid:integer} {customers} have joined; 8 in 10 futures: {low:integer} to {high:integer}",
        **last,
    )
    alt = Message(
        "Rising curve with a band: {mid:integer} {customers} in year {year:integer}, between {low:integer} and {high:integer}.",
        **last,
    )
    note = Message(
        "Number of {customers} who have joined. Line: middle of the futures, band: 8 in 10 of them. Estimated (Bass diffusion)."
    )
    return Chart(finding, alt, note, lambda canvas: _adoption(canvas, rows))


def _adoption(canvas: Canvas, rows: pd.DataFrame) -> None:
    axes = canvas.axes(height=230, left=50, right=64, top=12, bottom=28)
    ticks = nice_ticks(0, float(rows["high"].max()), 4)
    years = rows["year"].astype(float)
    axes.set_xlim(years.min(), years.max())
    axes.set_ylim(0, ticks[-1])
    canvas.grid(axes, ticks, [canvas.value(tick, _count(tick)) for tick in ticks])
    step = -(-len(set(years.astype(int))) // (3 if canvas.narrow else 6))
    marks = sorted({int(year) for year in years})[::step]
    axes.set_xticks(marks, [canvas.read(Message("year {year}", year=mark)) for mark in marks])
    canvas.ends_inside(axes)
    axes.fill_between(years, rows["low"], rows["high"], color=palette.ACCENT_SOFT, linewidth=0)
    axes.plot(years, rows["mid"], color=palette.ACCENT, linewidth=2.5)
    for column, colour in (("high", palette.MUTE), ("mid", palette.ACCENT), ("low", palette.MUTE)):
        value = float(rows[column].iloc[-1])
        canvas.label(
            axes, years.max(), value, canvas.value(rounded(value), _count(value)), colour, column == "mid", ha="left", dx=8
        )


def _count(value: float) -> str:
    return "compact" if abs(value) >= 10_000 else "integer"


def market_size(table: pd.DataFrame) -> Chart:
    """Return the market's size by two methods and pooled, on a logarithmic scale.

    table: measure (tam | sam | som), method (top_down | bottom_up | pooled), low, mid, high (USD per year, above zero).
    """
    rows = table.to_dict("records")
    pooled = {row["measure"]: row for row in rows if row["method"] == "pooled"}
    told = pooled or {row["measure"]: row for row in rows}  # one count alone is no market yet
    whole, ours = told["tam"], told["som"]
    values = {"tam": whole["mid"], "som": ours["mid"]}
    finding = (
        Message("Of a market of {tam:money} a year, {som:money} are ours to win", **values)
        if pooled
        else Message("Counted one way, {som:money} of {tam:money} a year are ours to win", **values)
    )
    alt = Message(
        "Ranges on a logarithmic scale: the whole market from {tam_low:money} to {tam_high:money}, "
        "ours to win from {som_low:money} to {som_high:money}.",
        tam_low=whole["low"],
        tam_high=whole["high"],
        som_low=ours["low"],
        som_high=ours["high"],
    )
    note = Message(
        "USD per year, logarithmic scale. Dot: middle of the futures, bar: 8 in 10 of them. Estimated from assumptions with sources."
    )
    return Chart(finding, alt, note, lambda canvas: _sizes(canvas, rows))


def _sizes(canvas: Canvas, rows: list[dict]) -> None:
    groups = [(measure, [row for row in rows if row["measure"] == measure]) for measure in _MEASURES]
    groups = [(measure, group) for measure, group in groups if group]
    count = sum(len(group) + 1 for _, group in groups)
    left = 84 if canvas.narrow else 150
    axes = canvas.axes(height=26 * count + 30, left=left, right=66, top=2, bottom=28)
    axes.set_xscale("log")
    axes.minorticks_off()
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    ticks = _decades(low, high, 4 if canvas.narrow else 7)
    axes.set_xlim(min(low, ticks[0]), max(high, ticks[-1]))
    axes.set_ylim(-count + 0.5, 0.5)
    canvas.grid(axes, ticks, [canvas.value(tick, "money").replace(".0", "") for tick in ticks], axis="x")
    y, start = 0.0, axes.get_xlim()[0]
    for measure, group in groups:
        canvas.label(axes, start, y, canvas.read(_MEASURES[measure]), bold=True, ha="left", dx=-left)
        for row in group:
            y -= 1
            colour = palette.ACCENT if row["method"] == "pooled" else palette.MUTE
            axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
            axes.plot(row["mid"], y, "o", color=colour, markersize=9, markeredgewidth=0)
            bold = row["method"] == "pooled"
            canvas.label(axes, start, y, canvas.read(_METHODS[row["method"]]), colour, bold, ha="left", dx=-left, size=SMALL)
            canvas.label(axes, row["high"], y, canvas.value(row["mid"], "money"), colour, bold, ha="left", dx=8, size=SMALL)
        y -= 1


def _decades(low: float, high: float, most: int) -> list[float]:
    import math

    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = max(1, -(-(last - first + 1) // most))
    return [10.0**power for power in range(first, last + 1, step)]
