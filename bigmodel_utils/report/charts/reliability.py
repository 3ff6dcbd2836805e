"""Whether a model is right as often as it says, before and after calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = {
    "before": (Message("as the model gives it"), palette.WARN),
    "after": (Message("calibrated on validation rows"), palette.ACCENT),
}


def reliability(before: pd.DataFrame, after: pd.DataFrame, calibration: pd.DataFrame, model: str = "b") -> Chart:
    """Return accuracy against confidence in groups of equal size, before and after calibration.

    before, after: n, confidence, accuracy. calibration: model, temperature, ece_before, ece_after, brier_before, brier_after.
    """
    row = calibration.set_index("model").loc[model]
    values = {"name": palette.model_name(model), "before": 100 * row["ece_before"], "after": 100 * row["ece_after"]}
    if abs(values["after"] - values["before"]) < 0.05:
        finding = Message("The confidence of the {name} misleads by {after:number1} points, calibrated or not", **values)
    elif row["ece_after"] < row["ece_before"]:
        finding = Message(
            "Calibrated, the confidence of the {name} misleads by {after:number1} points instead of {before:number1}", **values
        )
    else:
        finding = Message(
            "Calibrating did not help: the confidence of the {name} misleads by {after:number1} points, before by {before:number1}",
            **values,
        )
    alt = Message(
        "Share right against confidence in {count} groups, before and after calibration; the diagonal is honest confidence.",
        count=len(after),
    )
    note = Message(
        "Target test rows in {count} groups of equal size; across: mean confidence, up: share right; on the line the model is right as "
        "often as it says. Temperature {temperature:number2}, fitted on validation rows. Measured in this run.",
        count=len(after),
        temperature=float(row["temperature"]),
    )
    return Chart(finding, alt, note, lambda canvas: _lines(canvas, {"before": before, "after": after}))


def _lines(canvas: Canvas, tables: dict[str, pd.DataFrame]) -> None:
    axes = canvas.axes(height=270, left=46, right=16, top=46, bottom=30)
    values = [value for table in tables.values() for column in ("confidence", "accuracy") for value in table[column]]
    ticks = [tick for tick in nice_ticks(min(values), 1.0, 4) if tick <= 1]
    lowest = ticks[0]
    axes.set(xlim=(lowest, 1), ylim=(lowest, 1))
    labels = [canvas.value(tick, "percent") for tick in ticks]
    canvas.grid(axes, ticks, labels)
    axes.set_xticks(ticks, labels)
    axes.plot([lowest, 1], [lowest, 1], color=palette.MUTE, linewidth=1, linestyle=(0, (2, 3)))
    for place, (when, table) in enumerate(tables.items()):
        name, colour = _SHOWN[when]
        axes.plot(
            table["confidence"], table["accuracy"], color=colour, linewidth=1.5, marker="o", markersize=6, markeredgewidth=0
        )
        canvas.label(axes, lowest, 1, canvas.read(name), colour, bold=when == "after", ha="left", dx=-40, dy=34 - 18 * place)
