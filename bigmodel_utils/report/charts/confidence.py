"""How sure a model is, and whether it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas
from bigmodel_utils.report.chart import Chart

if TYPE_CHECKING:
    import pandas as pd

_UNSURE = (0.2, 0.8)
_BINS = np.linspace(0, 1, 26)
_KINDS = {True: (Message("cases that matter"), palette.ACCENT), False: (Message("all others"), palette.GOLD)}


def confidence(predictions: pd.DataFrame, event: int, threshold: float, model: str = "b") -> Chart:
    """Return how a model's probabilities of the event spread over true events and other rows, the threshold marked.

    predictions: label (index), one column of event probabilities per model; event: index of the event's label.
    """
    rows = predictions.assign(event=predictions["label"] == event, probability=predictions[model])
    sure = float((~rows["probability"].between(*_UNSURE)).mean())
    finding = Message(
        "The {model} is sure of {share:percent} of the texts, on one side or the other",
        model=palette.model_name(model),
        share=sure,
    )
    medians = rows.groupby("event")["probability"].median()
    alt = Message(
        "Two histograms of the probability given to the event: half of the true cases lie above {cases:percent}, "
        "half of the others below {others:percent}.",
        cases=float(medians.get(True, float("nan"))) if True in medians else None,
        others=float(medians.get(False, float("nan"))) if False in medians else None,
    )
    note = Message(
        "{n:integer} test rows of the target market, calibrated probabilities; line: threshold in use. Sure: below {low:percent} or above {high:percent}. "
        "Measured in this run.",
        n=len(rows),
        low=_UNSURE[0],
        high=_UNSURE[1],
    )
    return Chart(finding, alt, note, lambda canvas: _histograms(canvas, rows, threshold))


def _histograms(canvas: Canvas, rows: pd.DataFrame, threshold: float) -> None:
    import seaborn as sns

    axes = canvas.axes(height=210, left=4, right=4, top=46, bottom=28)
    colours = {kind: colour for kind, (_, colour) in _KINDS.items()}
    sns.histplot(
        rows, x="probability", hue="event", palette=colours, bins=_BINS, alpha=0.55, linewidth=0, legend=False, ax=axes
    )
    axes.set(xlabel="", ylabel="", xlim=(0, 1), yticks=[])
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, [canvas.value(tick, "percent") for tick in ticks])
    canvas.ends_inside(axes)
    top = axes.get_ylim()[1]
    axes.plot([threshold, threshold], [0, top], color=palette.INK, linewidth=1)
    canvas.label(axes, threshold, top, canvas.value(threshold, "percent"), ha="left", dx=5, dy=-6)
    for place, (name, colour) in enumerate(_KINDS.values()):
        canvas.label(axes, 0, top, canvas.read(name), colour, bold=True, ha="left", dy=34 - 18 * place)
