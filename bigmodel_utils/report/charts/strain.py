"""Where a model weakens: parts of the data, and texts that were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

_ROW, _HEAD = 25, 30
_REAL = 0.05
KINDS = {
    "length": Message("length in characters"),
    "novelty": Message("likeness to the training rows"),
    "topic": Message("topic, by its words"),
}
_LIKENESS = {"unlike the training rows": Message("unfamiliar"), "like the training rows": Message("familiar")}
CHANGES = {
    "typos 2": Message("2 typos in 100 characters"),
    "typos 5": Message("5 typos in 100 characters"),
    "reworded": Message("clauses moved, words left out"),
    "bare": Message("no capitals, no punctuation"),
}


def slices(table: pd.DataFrame) -> Chart:
    """Return accuracy of the adapted model in parts of the target market's test rows, with intervals.

    table: kind, slice, n, accuracy, low, high, rest, differs (adjusted p-value against all other rows).
    """
    weak = table[(table["differs"] < _REAL) & (table["accuracy"] < table["rest"])]
    worst = table.loc[table["accuracy"].idxmin()]
    if len(weak):
        worst = weak.loc[weak["accuracy"].idxmin()]
        finding = Message(
            "Weakest where it is shown, by {kind}: “{slice}”, {accuracy:percent1} right against {rest:percent1} elsewhere",
            kind=KINDS.get(worst["kind"], str(worst["kind"])),
            slice=_part(worst["slice"]),
            accuracy=float(worst["accuracy"]),
            rest=float(worst["rest"]),
        )
    else:
        finding = Message("In none of {count} parts of the data is the adapted model shown to be weaker", count=len(table))
    alt = Message(
        "Accuracy with intervals in {count} parts of the target market's texts; lowest: “{slice}” with {accuracy:percent1}.",
        count=len(table),
        slice=_part(worst["slice"]),
        accuracy=float(worst["accuracy"]),
    )
    note = Message(
        "Share of test rows read right; bar = 95% interval; number of rows in grey; filled: differs from all other rows "
        "(Fisher's exact test, adjusted for the number of parts). Measured in this run."
    )
    groups = [(str(kind), rows.to_dict("records")) for kind, rows in table.groupby("kind", sort=False)]
    return Chart(finding, alt, note, lambda canvas: _slices(canvas, groups))


def _part(name: object) -> Message:
    return _LIKENESS.get(str(name), Message("{name}", name=str(name)))


def _slices(canvas: Canvas, groups: list[tuple[str, list[dict]]]) -> None:
    every = [row for _, rows in groups for row in rows]
    left = 150 if canvas.narrow else 230
    height = len(every) * _ROW + len(groups) * _HEAD + 34
    axes = canvas.axes(height, left, 54, 0, 30)
    ticks = nice_ticks(min(row["low"] for row in every), max(row["high"] for row in every), 3 if canvas.narrow else 5)
    ticks = [tick for tick in ticks if 0 <= tick <= 1]
    lowest = min(ticks[0], *(row["low"] for row in every))
    axes.set(xlim=(lowest, max(ticks[-1], *(row["high"] for row in every))), ylim=(-(height - 34), 0))
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    y = 0.0
    for kind, rows in groups:
        y -= _HEAD * 0.6
        canvas.label(axes, lowest, y, canvas.read(KINDS.get(kind, kind)), palette.MUTE, ha="left", dx=-left, size=SMALL)
        y -= _HEAD * 0.4 + _ROW / 2
        for row in rows:
            _dot(canvas, axes, y, row)
            name = wrapped(canvas.read(_part(row["slice"])), left - 14, SMALL, most=1)
            canvas.label(axes, lowest, y, name, ha="left", dx=-left, size=SMALL)
            y -= _ROW
        y += _ROW / 2


def _dot(canvas: Canvas, axes: object, y: float, row: dict) -> None:
    differs = row["differs"] < _REAL
    colour = palette.ACCENT if not differs else palette.WARN if row["accuracy"] < row["rest"] else palette.SLATE
    axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=4, alpha=0.3, solid_capstyle="butt")
    axes.plot(row["accuracy"], y, "o", color=colour, markersize=8, markeredgewidth=1.5,
              markerfacecolor=colour if differs else palette.PAPER)  # fmt: skip
    canvas.label(axes, row["high"], y, canvas.value(int(row["n"]), "integer"), palette.MUTE, ha="left", dx=8, size=11)


def noise(table: pd.DataFrame) -> Chart:
    """Return what changes of the texts cost the adapted model, in percentage points, in both markets.

    table: market, change, lost, low, high (shares; paired), n.
    """
    rows = table.to_dict("records")
    real = [row for row in rows if row["low"] > 0]
    worst = max(real or rows, key=lambda row: row["lost"])
    told = {"change": CHANGES.get(worst["change"], worst["change"]), "market": palette.MARKET_NAMES[worst["market"]]}
    if real:
        finding = Message(
            "What hurts most is “{change}” in the {market}: {points:number1} points", points=100 * worst["lost"], **told
        )
    else:
        finding = Message("No change of the wording is shown to cost right answers")
    alt = Message(
        "Points of accuracy lost under {count} changes of the texts; most: “{change}” in the {market}, {points:number1} points.",
        count=len(table["change"].unique()),
        points=100 * worst["lost"],
        **told,
    )
    note = Message(
        "Points of accuracy lost against the same texts unchanged; bar = 95% interval, {n:integer} texts a market. Measured in this run.",
        n=int(table["n"].max()),
    )
    return Chart(finding, alt, note, lambda canvas: _noise(canvas, rows))


def _noise(canvas: Canvas, rows: list[dict]) -> None:
    changes = list(dict.fromkeys(row["change"] for row in rows))
    left, step = 140 if canvas.narrow else 230, 46
    axes = canvas.axes(len(changes) * step + 62, left, 44, 30, 30)
    ticks = nice_ticks(min(0.0, *(row["low"] for row in rows)), max(row["high"] for row in rows), 3 if canvas.narrow else 5)
    axes.set(xlim=(ticks[0], ticks[-1]), ylim=(-len(changes) + 0.5, 0.5))
    canvas.grid(axes, ticks, [canvas.value(100 * tick, "upto1") for tick in ticks], axis="x")
    axes.axvline(0, color=palette.INK, linewidth=1)
    for place, change in enumerate(changes):
        name = wrapped(canvas.read(CHANGES.get(change, change)), left - 14)
        canvas.label(axes, ticks[0], -place, name, ha="left", dx=-left)
    for row in rows:
        y = -changes.index(row["change"]) + (0.16 if row["market"] == "target" else -0.16)
        colour = palette.MARKET_COLOURS[row["market"]]
        axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=4, alpha=0.3, solid_capstyle="butt")
        axes.plot(row["lost"], y, "o", color=colour, markersize=8, markeredgewidth=0)
        canvas.label(axes, row["high"], y, canvas.value(100 * row["lost"], "number1"), colour, dx=8, size=SMALL, ha="left")
    for place, market in enumerate(("target", "source")):
        name = canvas.read(palette.MARKET_NAMES[market])
        canvas.label(axes, ticks[0], 0.5, name, palette.MARKET_COLOURS[market], bold=True, ha="left",
                     dx=place * 120 - (left if canvas.narrow else 0), dy=16)  # fmt: skip
