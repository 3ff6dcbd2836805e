"""What goes wrong against what is done without a person, and where the line of trust was set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas
from bigmodel_utils.report.scale import nice_ticks

_ENDS = [0, 0.25, 0.5, 0.75, 1]
_POINTS = 300  # of a curve, at most


@dataclass(frozen=True)
class Curve:
    """`alone`, `wrong`: shares by falling confidence; `chosen`: the point that the line of trust lets through, if any."""

    name: Message
    colour: str
    alone: np.ndarray
    wrong: np.ndarray
    chosen: tuple[float, float] | None


def falling(sure: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of rows done alone and the share of all rows that then goes wrong, the surest rows first.

    sure: confidence by row; right: whether the answer is. The first rows say little and are left out.
    """
    rows = len(sure)
    wrong = np.cumsum(~right[np.argsort(-sure, kind="stable")]) / rows
    size = np.unique(np.linspace(min(rows, max(10, rows // 50)), rows, _POINTS).astype(int))
    return size / rows, wrong[size - 1]


def draw(canvas: Canvas, curves: Sequence[Curve], limit: float, top: float) -> None:
    """Paint the curves up to `top`, their chosen points and the dashed limit; names stand above, in the curves' colours."""
    head, ticks = 20 * len(curves) + 8, nice_ticks(0, top, 4)
    axes = canvas.axes(height=235 + head, left=46, right=24, top=head, bottom=30)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, ticks[-1])
    canvas.grid(axes, ticks, [canvas.value(tick, "percent" if ticks[1] >= 0.02 else "percent1") for tick in ticks])
    axes.set_xticks(_ENDS, [canvas.value(tick, "percent") for tick in _ENDS])
    axes.axhline(limit, color=palette.WARN, linewidth=1.5, linestyle="--")
    for place, curve in enumerate(reversed(curves)):
        shown = curve.wrong <= ticks[-1]
        axes.plot(curve.alone[shown], curve.wrong[shown], color=curve.colour, linewidth=2.5)
        if curve.chosen:
            axes.plot(*curve.chosen, "o", color=curve.colour, markersize=11, markeredgewidth=0)
        canvas.label(axes, 0, ticks[-1], canvas.read(curve.name), curve.colour, True, ha="left", dy=16 + 20 * place)
