"""How the models learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

_SMOOTHED = 6  # steps


def learning(history: pd.DataFrame, measure: str = "validation_accuracy") -> Chart:
    """Return `measure` (validation_accuracy | loss) against examples seen, one line per model.

    history: model, examples, loss, validation_accuracy (rows without the measure are left out).
    """
    rows = history.dropna(subset=[measure]).sort_values("examples")
    lines = {str(model): group for model, group in rows.groupby("model", sort=True)}
    if not lines:
        raise ValueError(f"no row of the history holds '{measure}'")
    spec = "percent" if measure == "validation_accuracy" else "number2"
    over = _SMOOTHED if spec == "number2" else 1  # the loss of single batches jumps
    means = {model: group[measure].rolling(over, min_periods=1).mean() for model, group in lines.items()}
    ends = {model: float(mean.iloc[-1]) for model, mean in means.items()}
    seen = int(rows["examples"].max())
    best = max(ends, key=ends.__getitem__) if spec == "percent" else min(ends, key=ends.__getitem__)
    what = Message("validation accuracy") if spec == "percent" else Message("training loss")
    finding = Message(
        "After {examples:integer} examples the {what} is {end} ({model})",
        examples=int(lines[best]["examples"].iloc[-1]),
        what=what,
        model=palette.model_name(best),
        end=Message("{value:percent1}" if spec == "percent" else "{value:number2}", value=ends[best]),
    )
    alt = Message("Lines of {what} up to {seen:integer} examples; models: {count}.", what=what, count=len(lines), seen=seen)
    note = Message("Up: {what}; across: training examples seen. Measured in this run.", what=what)
    if over > 1:
        note = Message(
            "Up: {what}; across: training examples seen. Pale: each step told; line: mean of {steps}. Measured in this run.",
            what=what,
            steps=over,
        )
    shown = {model: group.assign(mean=means[model]) for model, group in lines.items()}
    return Chart(finding, alt, note, lambda canvas: _lines(canvas, shown, measure, spec))


def _lines(canvas: Canvas, lines: dict[str, pd.DataFrame], measure: str, spec: str) -> None:
    head = 18 * len(lines) + 10
    axes = canvas.axes(height=220 + head, left=46, right=20, top=head, bottom=30)
    values = [value for group in lines.values() for value in group[measure]]
    farthest = max(float(group["examples"].max()) for group in lines.values())
    ticks = nice_ticks(min(values), max(values), 4)
    across = [tick for tick in nice_ticks(0, farthest, 3 if canvas.narrow else 5) if tick <= farthest * 1.001]
    axes.set_xlim(0, farthest)
    axes.set_ylim(ticks[0], ticks[-1])
    canvas.grid(axes, ticks, [canvas.value(tick, spec) for tick in ticks])
    axes.set_xticks(across, [canvas.value(tick, "integer") for tick in across])
    ordered = sorted(lines.items(), key=lambda item: -float(item[1]["mean"].iloc[-1]))
    for place, (model, group) in enumerate(ordered):
        colour = palette.model_colour(model)
        axes.plot(group["examples"], group[measure], "o", color=colour, markersize=6, markeredgewidth=0, alpha=0.3)
        axes.plot(group["examples"], group["mean"], color=colour, linewidth=2.5)
        name = canvas.read(palette.model_name(model))
        canvas.label(axes, 0, ticks[-1], name, colour, bold=True, ha="left", dy=18 + 18 * (len(ordered) - 1 - place))
        axes.plot(group["examples"].iloc[-1], group["mean"].iloc[-1], "o", color=colour, markersize=9, markeredgewidth=0)
