"""The value of every run of a sweep, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

_ROW, _LINE = 34, 16
COLOURS = {"go": palette.ACCENT, "wait": palette.GOLD, "stop": palette.WARN}


def members(lines: Sequence[dict[str, Any]]) -> Chart:
    """Return net present value per run, P10 to P90, coloured by verdict. lines: label, what (Message), verdict, npv (Quantity)."""
    best = max(lines, key=lambda line: line["npv"].mid)
    least = min(lines, key=lambda line: line["npv"].mid)
    finding = Message(
        "The value lies between {low:money} and {high:money}; highest with {what}",
        low=least["npv"],
        high=best["npv"],
        what=best["what"],
    )
    alt = Message(
        "Dots of net present value for {count} runs, from {low:money} ({least}) to {high:money} ({best}).",
        count=len(lines),
        low=least["npv"],
        least=least["label"],
        high=best["npv"],
        best=best["label"],
    )
    note = Message("Dot: middle of the futures; bar: 8 in 10 futures. Colour: verdict. Estimated.")
    return Chart(finding, alt, note, lambda canvas: _dots(canvas, list(reversed(lines))))


def _dots(canvas: Canvas, lines: list[dict[str, Any]]) -> None:
    room = 128 if canvas.narrow else 250
    names = [wrapped(canvas.read(line["what"]), room - 16) for line in lines]
    left = min(room, max(text_width(part) for name in names for part in name.split("\n")) + 16)
    row = max(_ROW, *(_LINE * (name.count("\n") + 1) + 8 for name in names))
    axes = canvas.axes(height=len(lines) * row + 34, left=left, right=64, top=4, bottom=30)
    ticks = nice_ticks(
        min(0.0, *(line["npv"].low for line in lines)),
        max(0.0, *(line["npv"].high for line in lines)),
        2 if canvas.narrow else 4,
    )
    axes.set_xlim(ticks[0], ticks[-1])
    axes.set_ylim(-0.5, len(lines) - 0.5)
    canvas.grid(axes, ticks, canvas.amounts(ticks), axis="x")
    for y, (line, name) in enumerate(zip(lines, names, strict=True)):
        npv, colour = line["npv"], COLOURS[line["verdict"]]
        axes.plot([npv.low, npv.high], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
        axes.plot(npv.mid, y, "o", color=colour, markersize=10, markeredgewidth=0)
        canvas.label(axes, ticks[0], y, name, ha="right", dx=-12)
        canvas.label(axes, npv.high, y, canvas.value(npv.mid, "money"), bold=True, ha="left", dx=7)
