"""Values with their intervals, one under the other: drawn the same way on every application's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas, text_width, wrapped
from bigmodel_utils.report.scale import nice_ticks
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW, _LINE = 34, 17  # pixels of a rung whose name fits one line or two, and of a line of text


@dataclass(frozen=True)
class Rung:
    """One value: its name, the value with its interval, its colour, and whether it is ours."""

    name: Message
    value: Quantity
    colour: str = palette.MUTE
    ours: bool = False

    @property
    def end(self) -> float:
        return self.value.mid if self.value.high is None else self.value.high


def scored(name: Message, row: Mapping[str, Any]) -> Rung:
    """Return the rung of a row of scores: model, accuracy, low, high."""
    share = Quantity(mid=row["accuracy"], low=row["low"], high=row["high"], unit="share", origin="measured", source="this run")
    return Rung(name, share, palette.model_colour(row["model"]), row["model"] in {"a", "b"})


def draw(canvas: Canvas, lines: Sequence[Rung | Message], spec: str, highest: float | None = None) -> None:
    """Paint the rungs from zero to `highest`, or to where the longest interval ends; a Message heads those below it.

    `spec` writes the numbers.
    """
    rungs = [line for line in lines if isinstance(line, Rung)]
    names = [canvas.read(rung.name) for rung in rungs]
    left = min(130 if canvas.narrow else 230, max(text_width(name, bold=True) for name in names) + 16)
    names = [wrapped(name, left - 14) for name in names]
    row = max(_ROW, 10 + _LINE * max(name.count("\n") + 1 for name in names))
    ticks = nice_ticks(0, highest or max([*(rung.end for rung in rungs), 1e-9]), 3 if canvas.narrow else 4)
    axes = canvas.axes(height=len(lines) * row + 36, left=left, right=56, top=4, bottom=28)
    axes.set_xlim(0, highest or ticks[-1])
    axes.set_ylim(-len(lines) + 0.4, 0.6)
    round_spec = {"percent1": "percent", "number1": "upto1"}.get(spec, spec)
    canvas.grid(axes, ticks, [canvas.value(tick, round_spec) for tick in ticks], axis="x")
    waiting = iter(names)
    for place, line in enumerate(lines):
        if isinstance(line, Message):
            canvas.label(axes, 0, -place, canvas.read(line), palette.MUTE, True, ha="left", dx=-left)
        else:
            ink = line.colour if line.ours else palette.INK
            canvas.label(axes, 0, -place, next(waiting), ink, line.ours, ha="left", dx=-left)
            _mark(canvas, axes, -place, line, spec)


def _mark(canvas: Canvas, axes: Axes, y: float, rung: Rung, spec: str) -> None:
    if rung.value.low is not None:
        bar = [rung.value.low, rung.end]
        axes.plot(bar, [y, y], color=rung.colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
    axes.plot(rung.value.mid, y, "o", color=rung.colour, markersize=10, markeredgewidth=0)
    canvas.label(axes, rung.end, y, canvas.value(rung.value.mid, spec), rung.colour, rung.ours, ha="left", dx=7)
