"""How well models put what matters first, whatever the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas
from bigmodel_utils.report.chart import Chart

if TYPE_CHECKING:
    import pandas as pd

_POINTS = 48  # of a drawn curve
_TICKS = (0.0, 0.5, 1.0)


def ranking(curves: Mapping[str, pd.DataFrame], areas: pd.DataFrame, event_share: float, best: str = "b") -> Chart:
    """Return ROC and precision-recall curves side by side, one line per model.

    curves: recall, false_alarm_rate, precision by model. areas: model, roc_area, roc_low, roc_high, average_precision.
    """
    row = areas.set_index("model").loc[best]
    finding = Message(
        "Of two texts, one of each kind, the {model} puts the one that matters first in {share:percent1} of the pairs",
        model=palette.model_name(best),
        share=float(row["roc_area"]),
    )
    alt = Message(
        "Two charts of {count} models. First: cases found against false alarms; the {model} covers {roc:percent1} of the area. "
        "Second: share of flags that are true against cases found; its average is {precision:percent1}.",
        count=len(curves),
        model=palette.model_name(best),
        roc=float(row["roc_area"]),
        precision=float(row["average_precision"]),
    )
    note = Message(
        "First: cases found (up) against false alarms (across); by luck the diagonal. Second: true flags among flags (up) against cases "
        "found (across), carried to traffic with {share:percent} of such cases; by luck the line there. Measured in this run.",
        share=event_share,
    )
    return Chart(finding, alt, note, lambda canvas: _panels(canvas, curves, areas, event_share))


def _panels(canvas: Canvas, curves: Mapping[str, pd.DataFrame], areas: pd.DataFrame, event_share: float) -> None:
    head, gap, left, bottom = 18 * len(curves) + 24, 62, 40, 28
    side = (canvas.width - left - gap - 16) / 2 if not canvas.narrow else canvas.width - left - 20
    rows = 1 if not canvas.narrow else 2
    height = head + rows * (side * 0.8 + bottom) + (rows - 1) * 30
    axes = canvas.axes(height, left, canvas.width - left - side, head, height - head - side * 0.8)
    other = canvas.panel(left, bottom, side, side * 0.8) if canvas.narrow else None
    other = other or canvas.panel(left + side + gap, bottom, side, side * 0.8)
    for panel, across, up in ((axes, "false_alarm_rate", "recall"), (other, "recall", "precision")):
        panel.set(xlim=(0, 1), ylim=(0, 1))
        labels = [canvas.value(tick, "percent") for tick in _TICKS]
        canvas.grid(panel, list(_TICKS), labels)
        panel.set_xticks(_TICKS, labels)
        by_luck = [0, 1] if up == "recall" else [event_share, event_share]
        panel.plot([0, 1], by_luck, color=palette.MUTE, linewidth=1, linestyle=(0, (2, 3)))
        for model, curve in curves.items():
            x, y = _thinned(curve[across].to_numpy(), curve[up].to_numpy())
            panel.plot(x, y, color=palette.model_colour(model), linewidth=2.2 if model == "b" else 1.4)
    _names(canvas, axes, areas)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return about `_POINTS` points that lie evenly along the curve."""
    way = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    places = np.unique(np.searchsorted(way, np.linspace(0, way[-1], _POINTS)).clip(0, len(x) - 1))
    return x[places], y[places]


def _names(canvas: Canvas, axes: object, areas: pd.DataFrame) -> None:
    ordered = areas.sort_values("roc_area").to_dict("records")
    for place, row in enumerate(ordered):
        text = canvas.read(
            Message(
                "{model}: {area:percent1} ({low:percent1} – {high:percent1})",
                model=palette.model_name(row["model"]),
                area=row["roc_area"],
                low=row["roc_low"],
                high=row["roc_high"],
            )
        )
        colour = palette.model_colour(row["model"])
        canvas.label(axes, 0, 1, text, colour, bold=row["model"] == "b", ha="left", dx=-34, dy=20 + 18 * place, size=SMALL)
