"""How errors fall as labels are bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

_READERS = {
    "head": (Message("home model, new last layer"), palette.ACCENT),
    "rival": (palette.MODEL_NAMES["rival"], palette.MUTE),
}


def labels(curves: pd.DataFrame, zero_shot_error: float, meaning: Message) -> Chart:
    """Return error against labels of the target market, beside the home model without any label.

    curves: reader (head | rival), size, repeat, error. meaning: what the head start is worth, the title.
    """
    ends = curves[curves["size"] == curves["size"].max()].groupby("reader")["error"].mean()
    alt = Message(
        "Lines of errors against labels, to {size:integer}: the home model's new last layer ends at {head:percent1}, "
        "the word counter at {rival:percent1}; without labels the home model errs in {zero:percent1}.",
        size=int(curves["size"].max()),
        head=float(ends["head"]),
        rival=float(ends["rival"]),
        zero=zero_shot_error,
    )
    note = Message("Errors in the target market; dots: single draws of labels, lines: their means. Measured in this run.")
    return Chart(meaning, alt, note, lambda canvas: _lines(canvas, curves, zero_shot_error))


def _lines(canvas: Canvas, curves: pd.DataFrame, zero_shot_error: float) -> None:
    axes = canvas.axes(height=260, left=46, right=16, top=62, bottom=30)
    sizes = sorted(curves["size"].unique())
    ticks = nice_ticks(min(float(curves["error"].min()), zero_shot_error), float(curves["error"].max()), 4)
    axes.set_xlim(np.log(sizes[0]), np.log(sizes[-1]))
    axes.set_ylim(ticks[0], ticks[-1])
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks])
    shown = sizes[:: 2 if canvas.narrow else 1]
    axes.set_xticks(np.log(shown), [canvas.value(int(size), "integer") for size in shown])
    axes.axhline(zero_shot_error, color=palette.WARN, linewidth=1.5, linestyle=(0, (4, 3)))
    names = [(canvas.read(Message("home model, no labels")), palette.WARN)]
    for reader, (name, colour) in _READERS.items():
        rows = curves[curves["reader"] == reader]
        means = rows.groupby("size")["error"].mean()
        axes.plot(np.log(rows["size"]), rows["error"], "o", color=colour, markersize=4, alpha=0.45, markeredgewidth=0)
        axes.plot(np.log(means.index), means, color=colour, linewidth=2.5)
        names.append((canvas.read(name), colour))
    for place, (name, colour) in enumerate(reversed(names)):
        canvas.label(axes, np.log(sizes[0]), ticks[-1], name, colour, bold=True, ha="left", dy=14 + 17 * place)
