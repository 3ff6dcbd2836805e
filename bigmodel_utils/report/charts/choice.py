"""Which market, and what share of its buyers at which price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.market.outlook import Ranking

SHOWN = 12
_BAND, _NEVER = ("low", "mid", "high"), 1e-9


def ranks(found: Ranking, countries: pd.DataFrame, target: str) -> Chart:
    """Return the best markets with the ranks that the unknowns allow. countries: iso3, country; target: iso3, always shown."""
    names = countries.set_index("iso3")["country"]
    shown = [*found.table.index[:SHOWN], *([target] if target not in found.table.index[:SHOWN] else [])]
    rows = [
        {"name": Message(names[iso3]), "target": iso3 == target, "first": float(found.acceptability.loc[iso3, 1])}
        | found.table.loc[iso3, ["rank", "best_rank", "worst_rank"]].to_dict()
        for iso3 in shown
    ]
    widest = max(rows, key=lambda row: row["worst_rank"] - row["best_rank"])
    alt = Message(
        "Dots at the rank of {count} markets with bars for what the unknowns allow; the widest bar is that of {name}, "
        "from {best} to {worst}.",
        count=len(rows),
        name=widest["name"],
        best=int(widest["best_rank"]),
        worst=int(widest["worst_rank"]),
    )
    note = Message(
        "Dot: rank at the weights given. Bar: ranks that unknown criteria allow. Percent: how often first when the weights "
        "are drawn around those given."
    )
    return Chart(found.finding, alt, note, lambda canvas: _ranks(canvas, rows, len(found.table)))


def _ranks(canvas: Canvas, rows: list[dict], count: int) -> None:
    left = 122 if canvas.narrow else 150
    axes = canvas.axes(height=25 * len(rows) + 36, left=left, right=50, top=4, bottom=30)
    axes.set_xlim(0, count + 1)
    axes.set_ylim(-len(rows) + 0.5, 0.5)
    ticks = [1, *range(5 if not canvas.narrow else 10, count + 1, 5 if not canvas.narrow else 10)]
    canvas.grid(axes, ticks, [canvas.value(tick, "integer") for tick in ticks], axis="x")
    for y, row in enumerate(rows):
        colour = palette.ACCENT if row["target"] else palette.SLATE
        canvas.label(axes, 0, -y, canvas.read(row["name"]), colour, row["target"], ha="left", dx=-left, size=SMALL)
        axes.plot([row["best_rank"], row["worst_rank"]], [-y, -y], color=colour, linewidth=6, alpha=0.3, solid_capstyle="butt")
        axes.plot(row["rank"], -y, "o", color=colour, markersize=9, markeredgewidth=0)
        share = canvas.value(row["first"], "percent")
        canvas.label(axes, count + 1, -y, share, colour, row["target"], ha="left", dx=8, size=SMALL)


def price_response(table: pd.DataFrame, price: float) -> Chart:
    """Return our share of choices by our price, rivals standing still. table: usd_per_thousand, low, mid, high; price: ours."""
    rows = table.sort_values("usd_per_thousand").astype(float)
    asked = rows["usd_per_thousand"]
    ours, price = price, min(max(price, asked.iloc[0]), asked.iloc[-1])
    shares = np.log(rows[list(_BAND)].clip(lower=_NEVER))  # between two prices shares fall like powers
    values = {"price": price} | {end: float(np.exp(np.interp(np.log(price), np.log(asked), shares[end]))) for end in _BAND}
    finding = Message(
        "At our price, {price:cents} per 1,000, {mid:percent} of buyers would choose us, between {low:percent} and {high:percent}"
        if price == ours
        else "At {price:cents} per 1,000, nearest to our price, {mid:percent} of buyers would choose us, between {low:percent} and "
        "{high:percent}",
        **values,
    )
    alt = Message(
        "Falling curve with a band: at {price:cents} our share is {mid:percent}, between {low:percent} and {high:percent}.",
        **values,
    )
    note = Message(
        "Share of choices by our price per 1,000, logarithmic scale; rivals stand still. Band: 8 in 10 draws of what buyers value."
    )
    return Chart(finding, alt, note, lambda canvas: _response(canvas, rows, price, values["mid"]))


def _response(canvas: Canvas, rows: pd.DataFrame, price: float, share: float) -> None:
    axes = canvas.axes(height=220, left=46, right=30, top=12, bottom=28)
    prices = rows["usd_per_thousand"]
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xlim(prices.min(), prices.max())
    ticks = nice_ticks(0, float(rows["high"].max()), 4)
    axes.set_ylim(0, ticks[-1])
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks])
    marks = list(prices)[:: 2 if canvas.narrow else 1]
    axes.set_xticks(marks, [canvas.value(mark, "money") for mark in marks])
    canvas.ends_inside(axes)
    axes.fill_between(prices, rows["low"], rows["high"], color=palette.ACCENT_SOFT, linewidth=0)
    axes.plot(prices, rows["mid"], color=palette.ACCENT, linewidth=2.5)
    axes.plot(price, share, "o", color=palette.ACCENT, markersize=9, markeredgewidth=0)
    text = f"{canvas.value(price, 'cents')}: {canvas.value(share, 'percent')}"
    canvas.label(axes, price, share, text, palette.ACCENT, True, ha="right", dx=8, dy=16)


def later_start(table: pd.DataFrame) -> Chart:
    """Return what the venture is worth by the month it starts. table: delay_months, npv_low, npv_mid, npv_high (USD)."""
    rows = table.sort_values("delay_months")
    first, last = rows.iloc[0], rows.iloc[-1]
    values = {"months": last["delay_months"] - first["delay_months"], "now": first["npv_mid"], "then": last["npv_mid"]}
    if last["npv_mid"] < first["npv_mid"]:
        finding = Message(
            "Starting {months:integer} months later lowers the middle value from {now:money} to {then:money}", **values
        )
    else:
        finding = Message("Starting {months:integer} months later loses nothing: {now:money} becomes {then:money}", **values)
    alt = Message("Line with a band over the month of the start: from {now:money} to {then:money}.", **values)
    note = Message(
        "Net present value by months of delay. The plan ends on the same day; rivals and costs stand still. Band: 8 in 10 futures."
    )
    return Chart(finding, alt, note, lambda canvas: _later(canvas, rows))


def _later(canvas: Canvas, rows: pd.DataFrame) -> None:
    axes = canvas.axes(height=220, left=66, right=30, top=12, bottom=28)
    months = rows["delay_months"].astype(float)
    ticks = nice_ticks(float(rows["npv_low"].min()), float(rows["npv_high"].max()), 4)
    axes.set_xlim(months.min(), months.max())
    axes.set_ylim(min(ticks[0], rows["npv_low"].min()), max(ticks[-1], rows["npv_high"].max()))
    canvas.grid(axes, ticks, canvas.amounts(ticks))
    axes.set_xticks(list(months), [canvas.value(month, "integer") for month in months])
    axes.fill_between(months, rows["npv_low"], rows["npv_high"], color=palette.ACCENT_SOFT, linewidth=0)
    axes.plot(months, rows["npv_mid"], color=palette.ACCENT, linewidth=2.5)
