"""What the venture is worth, when cash turns, and what decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import names, palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks, rounded

if TYPE_CHECKING:
    import pandas as pd


def npv_density(table: pd.DataFrame, probability_of_gain: float, mid: float | None = None) -> Chart:
    """Return the distribution of net present value with the share below zero marked.

    table: npv (USD, rising), density. mid: the median to mark.
    """
    x, density = _without_tails(table["npv"].to_numpy(float), table["density"].to_numpy(float))
    finding = Message("In {gain:integer} of 100 futures, entering gains money", gain=100 * probability_of_gain)
    alt = Message(
        "Distribution of net present value between {low:money} and {high:money}; {loss:percent} of it lies below zero.",
        low=float(x[0]),
        high=float(x[-1]),
        loss=1 - probability_of_gain,
    )
    note = Message(
        "Each future draws every assumption from its range. Shaded warm: futures that lose money; the thin ends are cut."
    )
    return Chart(finding, alt, note, lambda canvas: _density(canvas, x, density, 1 - probability_of_gain, mid))


def _without_tails(x: np.ndarray, density: np.ndarray, tail: float = 0.03) -> tuple[np.ndarray, np.ndarray]:
    """Cut the thin ends, `tail` of the mass on each side, but never a steep flank, nor zero when it was there."""
    below = np.cumsum(density) / density.sum()
    shown = ((below >= tail) & (below <= 1 - tail)) | (density > 0.1 * density.max())
    if x[0] < 0 < x[-1]:
        room = 0.08 * (x[shown][-1] - x[shown][0])
        shown |= (x >= min(x[shown][0], -room)) & (x <= max(x[shown][-1], room))
    return x[shown], density[shown]


def _density(canvas: Canvas, x: np.ndarray, density: np.ndarray, loss: float, mid: float | None) -> None:
    axes = canvas.axes(height=164, left=8, right=8, top=24, bottom=28)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(0, density.max() * 1.2)  # the shares stand above the hill
    cut = np.union1d(x, [0.0]) if x[0] < 0 < x[-1] else x  # both halves reach the line between them
    height = np.interp(cut, x, density)
    axes.fill_between(cut, height, where=cut >= 0, color=palette.ACCENT_SOFT, linewidth=0)
    axes.fill_between(cut, height, where=cut <= 0, color=palette.WARN_SOFT, linewidth=0)
    axes.plot([x[0], x[-1]], [0, 0], color=palette.LINE, linewidth=1)
    ends = [(x[0], "left"), (x[-1], "right")]
    for value, side in ends:
        canvas.label(axes, value, 0, canvas.value(value, "money"), palette.MUTE, ha=side, dy=-14, size=SMALL)
    if mid is not None and _has_room(canvas, x, mid):
        canvas.label(axes, mid, 0, canvas.value(mid, "money"), palette.INK, True, ha="center", dy=-14, size=SMALL)
        axes.plot([mid, mid], [0, -0.03 * density.max()], color=palette.INK, linewidth=1)
    if x[0] < 0 < x[-1]:
        _break_even(canvas, axes, x, density, loss)


def _has_room(canvas: Canvas, x: np.ndarray, mid: float) -> bool:
    """Whether the middle's label stands clear of the labels at both ends."""
    inner = canvas.width - 16
    at = inner * (mid - x[0]) / (x[-1] - x[0])
    half, first, last = (text_width(canvas.value(value, "money"), SMALL, bold=True) for value in (mid, x[0], x[-1]))
    return first + half / 2 + 8 < at < inner - last - half / 2 - 8


def _break_even(canvas: Canvas, axes, x: np.ndarray, density: np.ndarray, loss: float) -> None:
    top = axes.get_ylim()[1]
    axes.plot([0, 0], [0, top], color=palette.INK, linewidth=1)
    inner = canvas.width - 16
    at = inner * (0 - x[0]) / (x[-1] - x[0])
    word = canvas.read(Message("break-even"))
    right = at < inner - text_width(word) - 12
    canvas.label(axes, 0, top, word, ha="left" if right else "right", dx=4 if right else -4, dy=10)
    share = canvas.read(Message("{share:percent} lose", share=loss))
    if at > text_width(share, bold=True) + 12:
        canvas.label(axes, 0, top, share, palette.WARN, True, ha="right", dx=-7, dy=-8)
    gain = canvas.read(Message("{share:percent} gain", share=1 - loss))
    if inner - at > text_width(gain, bold=True) + 12:
        canvas.label(axes, 0, top, gain, palette.ACCENT, True, ha="left", dx=7, dy=-8)


def cash_fan(table: pd.DataFrame, payback_month: float | None = None) -> Chart:
    """Return cumulative cash by month with 50 % and 80 % bands, the month of break-even marked.

    table: month, p10, p25, p50, p75, p90 (cumulative USD).
    """
    rows = table.sort_values("month")
    lowest = float(rows["p50"].min())
    if payback_month is None:
        finding = Message(
            "Cash is still below zero after {months:integer} months in the median future", months=float(rows["month"].max())
        )
    else:
        finding = Message("Cash turns positive in month {month:integer} of the median future", month=payback_month)
    alt = Message(
        "Fan of cumulative cash: the median falls to {lowest:money} and ends at {end:money}; "
        "8 in 10 futures end between {low:money} and {high:money}.",
        lowest=lowest,
        end=float(rows["p50"].iloc[-1]),
        low=float(rows["p10"].iloc[-1]),
        high=float(rows["p90"].iloc[-1]),
    )
    note = Message(
        "Cumulative cash after tax. Line: middle of the futures; bands: half, and 8 in 10, of them. The last month collects what is owed. Estimated."
    )
    return Chart(finding, alt, note, lambda canvas: _fan(canvas, rows, payback_month))


def _fan(canvas: Canvas, rows: pd.DataFrame, payback_month: float | None) -> None:
    months = rows["month"].to_numpy(float)
    ticks = nice_ticks(min(0.0, float(rows["p10"].min())), max(0.0, float(rows["p90"].max())), 5)
    amounts = canvas.amounts(ticks)
    ends = {name: canvas.value(float(rows[name].iloc[-1]), "money") for name in ("p90", "p50", "p10")}
    left, right = (max(text_width(text, SMALL, bold=True) for text in texts) + 12 for texts in (amounts, ends.values()))
    axes = canvas.axes(height=260, left=left, right=right, top=10, bottom=28)
    axes.set_xlim(months[0], months[-1])
    axes.set_ylim(ticks[0], ticks[-1])
    canvas.grid(axes, ticks, amounts)
    years = range(0, int(months[-1] // 12) + 1, 2 if canvas.narrow else 1)
    axes.set_xticks(
        [12 * year for year in years],
        [canvas.read(Message("year {year}", year=year)) if year else canvas.read(Message("start")) for year in years],
    )
    canvas.ends_inside(axes)
    axes.fill_between(months, rows["p10"], rows["p90"], color=palette.ACCENT_PALE, linewidth=0)
    axes.fill_between(months, rows["p25"], rows["p75"], color=palette.ACCENT_SOFT, linewidth=0)
    axes.plot([months[0], months[-1]], [0, 0], color=palette.INK, linewidth=1)
    axes.plot(months, rows["p50"], color=palette.ACCENT, linewidth=2.5)
    for column, colour in (("p90", palette.MUTE), ("p50", palette.ACCENT), ("p10", palette.MUTE)):
        end = float(rows[column].iloc[-1])
        canvas.label(axes, months[-1], end, ends[column], colour, column == "p50", ha="left", dx=7, size=SMALL)
    if payback_month is not None:
        axes.plot(payback_month, 0, "o", color=palette.WARN, markersize=9, markeredgewidth=0)
        text = canvas.read(Message("month {month:integer}", month=payback_month))
        canvas.label(axes, payback_month, 0, text, palette.WARN, True, ha="right", dx=-8, dy=11)


def tornado(table: pd.DataFrame, most: int = 8) -> Chart:
    """Return the swing of net present value as each assumption moves from its low to its high, largest first.

    table: assumption, low_value, high_value, npv_at_low, npv_at_high, npv_at_mid (USD), unit.
    """
    rows = table.assign(swing=(table["npv_at_high"] - table["npv_at_low"]).abs()).nlargest(most, "swing").to_dict("records")
    first, second = rows[0], rows[min(1, len(rows) - 1)]
    finding = Message(
        "Most depends on {first}, then on {second}",
        first=names.assumption(first["assumption"]),
        second=names.assumption(second["assumption"]),
    )
    alt = Message(
        "Bars of the change in net present value: {first} moves it between {low:money} and {high:money}; "
        "{count} assumptions in order of swing.",
        first=names.assumption(first["assumption"]),
        low=min(first["npv_at_low"], first["npv_at_high"]),
        high=max(first["npv_at_low"], first["npv_at_high"]),
        count=len(rows),
    )
    note = Message(
        "Value when one assumption moves across 8 in 10 of its possible values, the others at their middle. "
        "Labels: value of the assumption. Upright line: {middle:money}, with every assumption at its middle.",
        middle=first["npv_at_mid"],
    )
    return Chart(finding, alt, note, lambda canvas: _tornado(canvas, rows))


def _tornado(canvas: Canvas, rows: list[dict]) -> None:
    low = min(min(row["npv_at_low"], row["npv_at_high"]) for row in rows)
    high = max(max(row["npv_at_low"], row["npv_at_high"]) for row in rows)
    name_room = 0 if canvas.narrow else 240
    step = 50 if canvas.narrow else 33
    axes = canvas.axes(height=step * len(rows) + 30, left=name_room + 56, right=58, top=2, bottom=28)
    axes.set_xlim(low, high)
    axes.set_ylim(-len(rows) + 0.5, 0.5)
    ticks = [tick for tick in nice_ticks(low, high, 2 if canvas.narrow else 4) if low <= tick <= high]
    labels = canvas.amounts(ticks)
    axes.set_xticks(ticks, labels)
    if not canvas.narrow:
        canvas.grid(axes, ticks, labels, axis="x")
    for place, row in enumerate(rows):
        _swing(canvas, axes, -place, row, name_room)


def _swing(canvas: Canvas, axes, y: float, row: dict, name_room: float) -> None:
    ends = sorted([(row["npv_at_low"], row["low_value"]), (row["npv_at_high"], row["high_value"])])
    middle = row["npv_at_mid"]
    bar = y - (0.16 if canvas.narrow else 0)
    height = 0.42 if canvas.narrow else 0.62
    spec = names.spec_for(row["unit"], rounded(row["low_value"]), rounded(row["high_value"]))
    for (npv, value), side, dx, colour in zip(
        ends, ("right", "left"), (-6, 6), (palette.WARN_SOFT, palette.ACCENT_SOFT), strict=True
    ):
        axes.barh(bar, npv - middle, left=middle, height=height, color=colour)
        canvas.label(axes, npv, bar, canvas.value(rounded(value), spec), palette.MUTE, ha=side, dx=dx, size=SMALL)
    axes.plot([middle, middle], [bar - height * 0.62, bar + height * 0.62], color=palette.INK, linewidth=1)
    name = canvas.read(names.assumption(row["assumption"]))
    if canvas.narrow:
        canvas.label(axes, axes.get_xlim()[0], y + 0.3, name, ha="left", dx=-56)
    else:
        canvas.label(axes, axes.get_xlim()[0], y, wrapped(name, name_room), ha="left", dx=-name_room - 56)
