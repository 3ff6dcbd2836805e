"""Ways to the target market side by side: what each reads right there, and at home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    "zero_shot": palette.MODEL_NAMES["a"],
    "full": palette.MODEL_NAMES["b"],
    "alone": palette.MODEL_NAMES["p"],
    "head": Message("home model, new last layer"),
    "adapter": Message("low-rank additions (LoRA)"),
    "anchored": Message("adapted, held near home (L2-SP)"),
    "joint": Message("both markets at once"),
}
_ROW = 46


def ways(table: pd.DataFrame) -> Chart:
    """Return accuracy in both markets of each way that uses all labels, best abroad first.

    table: as `evaluation.strategies.compared` returns.
    """
    rows = at_full(table).sort_values("accuracy", ascending=False).to_dict("records")
    best = rows[0]
    alt = Message(
        "Validation accuracy of {count} ways in both markets; best abroad: {best} with {abroad:percent1}, and {home:percent1} at home.",
        count=len(rows),
        best=NAMES[best["strategy"]],
        abroad=best["accuracy"],
        home=best["home"],
    )
    note = Message(
        "Share of {n:integer} validation rows of the target market and {home:integer} of the home market read right; "
        "bar = 95% interval over rows{rings}. Trainings chose their last step by the target rows. Measured in this run.",
        n=best["n"],
        home=best["n_home"],
        rings=Message("; small rings: worst and best seed") if table["seeds"].max() > 1 else "",
    )
    return Chart(finding(table), alt, note, lambda canvas: _ways(canvas, rows))


def at_full(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ways with the most labels that they were tried with."""
    return table[table["labels"] == table.groupby("strategy")["labels"].transform("max")]


def finding(table: pd.DataFrame) -> Message:
    """Return what the comparison with the adapted model shows: a better way, a cheaper one as good, or none."""
    full = at_full(table)
    others = full[full["strategy"] != "full"]
    better = others[others["difference_low"] > 0]
    if len(better):
        way = better.loc[better["difference"].idxmax()]
        text = Message(
            "“{way}” reads {points:number1} points more right than the adapted model does",
            way=NAMES[way["strategy"]],
            points=100 * way["difference"],
        )
        return text
    level = others[others["difference_high"] >= 0]
    if len(level):
        way = level.loc[level["seconds"].idxmin()]
        return Message(
            "No way is shown to beat the adapted model; the cheapest not shown to be worse is “{way}”, at {points:number1} points",
            way=NAMES[way["strategy"]],
            points=100 * way["difference"],
        )
    way = others.loc[others["difference"].idxmax()]
    return Message(
        "Every other way is shown to read fewer rows right than the adapted model; “{way}” comes closest, at {points:number1} points",
        way=NAMES[way["strategy"]],
        points=100 * way["difference"],
    )


def _ways(canvas: Canvas, rows: list[dict]) -> None:
    left = 118 if canvas.narrow else 216
    axes = canvas.axes(len(rows) * _ROW + 62, left, 48, 30, 30)
    ends = [row[name] for row in rows for name in ("accuracy_low", "accuracy_high", "home_low", "home_high")]
    ticks = [tick for tick in nice_ticks(min(ends), max(ends), 3 if canvas.narrow else 5) if tick <= 1]
    axes.set(xlim=(min(ticks[0], *ends), max(ticks[-1], *ends)), ylim=(-len(rows) + 0.5, 0.5))
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    edge = axes.get_xlim()[0]
    for place, row in enumerate(rows):
        name = wrapped(canvas.read(NAMES[row["strategy"]]), left - 14, SMALL)
        ours = row["strategy"] == "full"
        canvas.label(axes, edge, -place, name, palette.ACCENT if ours else palette.INK, ours, ha="left", dx=-left, size=SMALL)
        for market, column, y in (("target", "accuracy", 0.17), ("source", "home", -0.17)):
            _dot(canvas, axes, y - place, row, column, palette.MARKET_COLOURS[market])
        if row["seeds"] > 1:
            axes.plot([row["worst_seed"], row["best_seed"]], [0.17 - place] * 2, "o", markersize=5, markerfacecolor="none",
                      markeredgecolor=palette.ACCENT, markeredgewidth=1.2)  # fmt: skip
    for place, market in enumerate(("target", "source")):
        name = canvas.read(palette.MARKET_NAMES[market])
        canvas.label(axes, edge, 0.5, name, palette.MARKET_COLOURS[market], bold=True, ha="left",
                     dx=place * 120 - (left if canvas.narrow else 0), dy=16)  # fmt: skip


def _dot(canvas: Canvas, axes: object, y: float, row: dict, column: str, colour: str) -> None:
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    axes.plot([low, high], [y, y], color=colour, linewidth=4, alpha=0.3, solid_capstyle="butt")
    axes.plot(row[column], y, "o", color=colour, markersize=8, markeredgewidth=0)
    canvas.label(axes, high, y, canvas.value(row[column], "percent1"), colour, dx=8, size=SMALL, ha="left")
