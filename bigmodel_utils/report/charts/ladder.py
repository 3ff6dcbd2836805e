"""Values with their intervals, one under the other: drawn the same way on every application's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas, text_width, wrapped
from bigmodel_utils.report.scale import nice_ticks
from bigmodel_utils.units import Quantity

_ROW = 36


@dataclass(frozen=True)
class Rung:
    """One value: its name, the value with its interval, its colour, and whether it is ours."""

    name: Message
    value: Quantity
    colour: str = palette.MUTE
    ours: bool = False


def draw(canvas: Canvas, rungs: Sequence[Rung], spec: str, highest: float | None = None) -> None:
    """Paint the rungs from zero to `highest`, or to where the longest interval ends; `spec` writes the numbers."""
    ends = [one.value.mid if one.value.high is None else one.value.high for one in rungs]
    ticks = nice_ticks(0, highest or max([*ends, 1e-9]), 3 if canvas.narrow else 4)
    names = [canvas.read(one.name) for one in rungs]
    left = min(130 if canvas.narrow else 220, max(text_width(name, bold=True) for name in names) + 16)
    axes = canvas.axes(height=len(rungs) * _ROW + 36, left=left, right=56, top=4, bottom=28)
    axes.set_xlim(0, highest or ticks[-1])
    axes.set_ylim(-len(rungs) + 0.4, 0.6)
    canvas.grid(axes, ticks, [canvas.value(tick, spec) for tick in ticks], axis="x")
    for place, (one, name, end) in enumerate(zip(rungs, names, ends, strict=True)):
        if one.value.low is not None:
            axes.plot([one.value.low, end], [-place, -place], color=one.colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
        axes.plot(one.value.mid, -place, "o", color=one.colour, markersize=10, markeredgewidth=0)
        canvas.label(
            axes, 0, -place, wrapped(name, left - 14), one.colour if one.ours else palette.INK, one.ours, ha="left", dx=-left
        )
        canvas.label(axes, end, -place, canvas.value(one.value.mid, spec), one.colour, one.ours, ha="left", dx=7)
