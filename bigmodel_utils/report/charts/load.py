"""How long a served model takes to answer as more and more is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.units import Quantity

_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000)
_COLOURS = {True: palette.ACCENT, False: palette.MUTE}
_NAMES = {True: Message("answered together"), False: Message("one by one")}


def latency_by_rate(load: pd.DataFrame, sustained: Quantity, alone: Quantity, limit_ms: float) -> Chart:
    """Return the latency that 95 of 100 requests stay under against the rate of requests, with and without batching.

    load: batching (bool), offered_rate (requests/s), p95_ms, errors; repeats of a rate are drawn as their median.
    sustained, alone: the highest rates within `limit_ms`, with batching and without.
    """
    lines = {bool(batching): _line(rows) for batching, rows in load.groupby("batching") if rows["p95_ms"].notna().any()}
    if not lines:
        raise ValueError("no answered request in the table of load")
    if sustained.mid > 0 and alone.mid > 0:
        finding = Message(
            "The served model keeps up with {rate} requests a second within {limit:integer} ms; one by one, with {alone}",
            rate=_rate(sustained.mid), limit=limit_ms, alone=_rate(alone.mid),
        )  # fmt: skip
    elif sustained.mid > 0:
        finding = Message(
            "The served model keeps up with {rate} requests a second within {limit:integer} ms; one by one, with no tried rate",
            rate=_rate(sustained.mid), limit=limit_ms,
        )  # fmt: skip
    else:
        finding = Message("No tried rate of requests was answered within {limit:integer} ms on this machine", limit=limit_ms)
    alt = Message(
        "Line chart: 95th percentile of latency for {count} rates between {low:number1} and {high:number1} requests a second; {errors:percent1} of the requests failed.",
        count=len(load), low=float(load["offered_rate"].min()), high=float(load["offered_rate"].max()),
        errors=float(load["errors"].mean()),
    )  # fmt: skip
    note = Message(
        "95 of 100 requests are answered faster than the line. Large dot: highest rate within the service level. "
        "Requests come at random and do not wait for each other. Measured in this run, server and load on one machine."
    )
    held = {True: sustained.mid, False: alone.mid}
    return Chart(finding, alt, note, lambda canvas: _draw(canvas, lines, held, limit_ms))


def _rate(value: float) -> Message:
    return Message("{value:integer}", value=value) if value >= 20 else Message("{value:number1}", value=value)


def _line(rows: pd.DataFrame) -> list[tuple[float, float]]:
    middle = rows.dropna(subset=["p95_ms"]).groupby("offered_rate")["p95_ms"].median()
    return [(float(rate), float(latency)) for rate, latency in middle.items()]


def _draw(canvas: Canvas, lines: dict[bool, list[tuple[float, float]]], held: dict[bool, float], limit: float) -> None:
    axes = canvas.axes(height=300, left=58, right=24, top=52, bottom=44)
    latencies = [latency for line in lines.values() for _, latency in line]
    low = max(tick for tick in _MS if tick <= max(1, min(latencies)))
    high = next((tick for tick in _MS if tick >= max(*latencies, limit)), _MS[-1])
    across = nice_ticks(0, max(rate for line in lines.values() for rate, _ in line), 3 if canvas.narrow else 6)
    axes.set_yscale("log")
    axes.minorticks_off()
    axes.set_ylim(low, high)
    axes.set_xlim(0, across[-1])
    ticks = [tick for tick in _MS if low <= tick <= high]
    ticks = ticks[:: 1 + len(ticks) // 8]
    canvas.grid(axes, ticks, [canvas.value(tick, "integer") for tick in ticks])
    axes.set_xticks(across, [canvas.value(tick, "upto1") for tick in across])
    axes.axhline(limit, color=palette.WARN, linewidth=1.5, dashes=(4, 3))
    text = canvas.read(Message("service level {limit:integer} ms", limit=limit))
    canvas.label(axes, 0, limit, text, palette.WARN, ha="left", va="bottom", dx=4, dy=3, size=SMALL)
    canvas.label(axes, 0, high, canvas.read(Message("ms")), palette.MUTE, ha="right", dx=-10, dy=16, size=SMALL)
    canvas.label(axes, across[-1], low, canvas.read(Message("requests a second")), palette.MUTE, ha="right", dy=-36, size=SMALL)
    for place, (batching, line) in enumerate(sorted(lines.items(), reverse=True)):
        colour = _COLOURS[batching]
        axes.plot(*zip(*line, strict=True), color=colour, linewidth=2.5, marker="o", markersize=4, markeredgewidth=0)
        if at := dict(line).get(held[batching]):
            axes.plot(held[batching], at, "o", color=colour, markersize=12, markeredgewidth=0)
        canvas.label(axes, 0, high, canvas.read(_NAMES[batching]), colour, bold=True, ha="left", dy=34 - 18 * place)
