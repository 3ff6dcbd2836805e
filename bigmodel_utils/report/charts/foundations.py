"""Pictures of the worked examples: curves and slopes, losses, four points, walks downhill, three ways to count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.foundations import lines as straight
from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.foundations.entities import Scores
    from bigmodel_utils.foundations.lines import Fit, NoiseFloor

_COLOURS = (palette.ACCENT, palette.WARN, palette.SLATE, palette.GOLD, palette.INK)
_NAMES = {
    "downhill": Message("minus the gradient"),
    "uphill": Message("plus the gradient, as printed"),
    "gradient descent": Message("gradient descent"),
    "momentum": Message("momentum"),
    "Adam, not corrected": Message("Adam without correction, as printed"),
    "line": Message("the line as it is trained"),
}


def _name(key: str) -> Message:
    return _NAMES.get(key, Message("{name}", name=key))


def curves(found: pd.DataFrame) -> Chart:
    """Return activations and their slopes. found: function, x, value, slope, library_value, autograd."""
    worst = float(max((found["value"] - found["library_value"]).abs().max(), (found["slope"] - found["autograd"]).abs().max()))
    count = found["function"].nunique()
    finding = (
        Message("By hand and by machine, {count} curves and their slopes are the same", count=count)
        if worst < 1e-12
        else Message("By hand and by machine, curves or slopes differ by up to {worst:number4}", worst=worst)
    )
    alt = Message("{count} curves over inputs from {low:integer} to {high:integer}, each with its slope.", count=count, low=found["x"].min(), high=found["x"].max())  # fmt: skip
    note = Message(
        "Solid: the activation. Dashed: its slope. Each was compared with PyTorch's value and its automatic derivative."
    )
    return Chart(finding, alt, note, lambda canvas: _curves(canvas, found))


def _curves(canvas: Canvas, found: pd.DataFrame) -> None:
    axes = canvas.axes(height=270, left=32, right=72, top=12, bottom=28)
    low, high = float(found["x"].min()), float(found["x"].max())
    axes.set_xlim(low, high)
    axes.set_ylim(-1.1, high)
    canvas.grid(axes, [-1, 0, 1, 2, 3], [canvas.value(tick, "integer") for tick in (-1, 0, 1, 2, 3)])
    across = [tick for tick in nice_ticks(low, high, 4) if low <= tick <= high]
    axes.set_xticks(across, [canvas.value(tick, "integer") for tick in across])
    for place, (colour, (name, rows)) in enumerate(zip(_COLOURS, found.groupby("function", sort=False), strict=False)):
        axes.plot(rows["x"], rows["value"], color=colour, linewidth=2.5)
        axes.plot(rows["x"], rows["slope"], color=colour, linewidth=1.3, linestyle="--")
        canvas.label(axes, high, rows["value"].iloc[-1], str(name), colour, True, ha="left", dx=8, dy=12 if place == 2 else -6)


def downhill(runs: Mapping[str, pd.DataFrame]) -> Chart:
    """Return the loss with the right and the printed sign. runs: frames of step and loss by `downhill` and `uphill`."""
    ends = {name: float(history["loss"].iloc[-1]) for name, history in runs.items()}
    finding = (
        Message(
            "With the printed sign the loss passes {high:compact} after {steps} steps; with the right one it falls to {low:number4} after {all}",
            high=ends["uphill"],
            steps=len(runs["uphill"]) - 1,
            low=ends["downhill"],
            all=len(runs["downhill"]) - 1,
        )
        if ends["uphill"] > runs["uphill"]["loss"].iloc[0]
        else Message("Either sign ends at a loss of {low:number4}", low=ends["downhill"])
    )
    alt = Message("Two curves of the loss over the steps of training: one falls, one climbs without end.")
    note = Message(
        "Mean squared error over the steps, on the four cases of exclusive or; logarithmic scale. Computed in this run."
    )
    return Chart(finding, alt, note, lambda canvas: _losses(canvas, runs, {}))


def floor(found: Fit, where: NoiseFloor) -> Chart:
    """Return the loss of a line in training, the band where it can end, and the loss that the text prints."""
    finding = (
        Message(
            "Noise keeps the loss near {loss:number2}; the printed {claimed:number4} cannot come from this code",
            loss=found.final_loss,
            claimed=where.claimed,
        )
        if where.claimed < where.low
        else Message(
            "The loss ends at {loss:number2}, and the printed {claimed:number4} is possible",
            loss=found.final_loss,
            claimed=where.claimed,
        )
    )
    alt = Message(
        "The loss falls to {loss:number2}; a band from {low:number2} to {high:number2} shows where it can end; the printed value lies at {claimed:number4}.",
        loss=found.final_loss,
        low=where.low,
        high=where.high,
        claimed=where.claimed,
    )
    note = Message(
        "Mean squared error over the steps; logarithmic scale. Band: where the error of the best line ends in 998 of 1,000 data sets of this size."
    )
    levels = {"printed": where.claimed, "low": where.low, "high": where.high}
    return Chart(finding, alt, note, lambda canvas: _losses(canvas, {"line": found.history}, levels))


def _losses(canvas: Canvas, runs: Mapping[str, pd.DataFrame], levels: Mapping[str, float]) -> None:
    head = 20 * len(runs) + 8
    axes = canvas.axes(height=210 + head, left=62, right=20, top=head, bottom=30)
    values = np.concatenate([run["loss"] for run in runs.values()] + [list(levels.values()) or [1.0]])
    low, high = np.floor(np.log10(max(values.min(), 1e-9))), np.ceil(np.log10(values.max()))
    longest = max(len(run) for run in runs.values()) - 1
    axes.set_xlim(0, longest)
    axes.set_ylim(low, high)
    ticks = [tick for tick in nice_ticks(low, high, 5) if float(tick).is_integer() and tick <= high]
    canvas.grid(axes, ticks, [f"{10**tick:,.{max(0, int(-tick))}f}" for tick in ticks])
    across = [tick for tick in nice_ticks(0, longest, 3 if canvas.narrow else 5) if tick <= longest]
    axes.set_xticks(across, [canvas.value(tick, "integer") for tick in across])
    if levels:
        axes.axhspan(np.log10(levels["low"]), np.log10(levels["high"]), color=palette.GOLD_SOFT, linewidth=0)
        axes.axhline(np.log10(levels["printed"]), color=palette.WARN, linewidth=1.5, linestyle="--")
        printed = canvas.read(Message("printed: {value:number4}", value=levels["printed"]))
        canvas.label(axes, longest, np.log10(levels["printed"]), printed, palette.WARN, ha="right", dy=11, size=SMALL)
    for place, (colour, (name, run)) in enumerate(zip(_COLOURS, runs.items(), strict=False)):
        axes.plot(run["step"], np.log10(np.maximum(run["loss"], 1e-9)), color=colour, linewidth=2.5)
        canvas.label(axes, 0, high, canvas.read(_name(name)), colour, True, ha="left", dy=14 + 20 * place)


def four_points(found: Fit, accuracy: float) -> Chart:
    """Return the four points with their targets and where the best linear unit answers one half."""
    finding = Message(
        "The best line leaves a loss of {loss:number4} and {right:percent} of the points on their own side",
        loss=found.best_loss,
        right=accuracy,
    )
    alt = Message("Four points in the plane, two of each kind, and one line that cannot part them.")
    note = Message(
        "Line: where the unit with the least mean squared error answers one half. Filled: target 1. Hollow: target 0."
    )
    return Chart(finding, alt, note, lambda canvas: _points(canvas, found))


def _points(canvas: Canvas, found: Fit) -> None:
    side = 260
    axes = canvas.axes(height=side + 36, left=34, right=canvas.width - side - 34, top=8, bottom=28)
    axes.set_xlim(-1.6, 1.6)
    axes.set_ylim(-1.6, 1.6)
    canvas.grid(axes, [-1, 0, 1], [canvas.value(tick, "integer") for tick in (-1, 0, 1)])
    canvas.grid(axes, [-1, 0, 1], [canvas.value(tick, "integer") for tick in (-1, 0, 1)], axis="x")
    first, second, bias = found.best_weights
    x = np.array([0.5 - bias - second * 1.6, 0.5 - bias + second * 1.6]) / first
    inside = np.clip(x, -1.6, 1.6)
    axes.plot(inside, (0.5 - bias - first * inside) / second, color=palette.INK, linewidth=2)
    answers = straight.POINTS @ found.best_weights[:2] + bias
    for (px, py), target, answer in zip(straight.POINTS, straight.LABELS, answers, strict=True):
        colour = palette.ACCENT if target else palette.WARN
        axes.plot(
            px, py, "o", markersize=13, markeredgewidth=2.5, color=colour, markerfacecolor=colour if target else palette.PAPER
        )
        canvas.label(axes, px, py, canvas.value(answer, "number3"), colour, True, ha="left", dx=11, dy=9)


def walks(found: pd.DataFrame, surface: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Chart:
    """Return the walks of the optimisers over the loss. found: optimiser, step, w1, w2, loss; surface: x, y, best weights."""
    ends = found[found["step"] == found["step"].max()].set_index("optimiser")["loss"]
    finding = Message(
        "After {steps} steps, nearest to the bottom: {best}; farthest: {worst}",
        steps=int(found["step"].max()),
        best=_name(str(ends.idxmin())),
        worst=_name(str(ends.idxmax())),
    )
    alt = Message("Five walks from one start across the contours of a valley to its bottom.")
    note = Message(
        "One least-squares problem, each rule at a usual rate, so this shows their manner and is no contest. Cross: the bottom."
    )
    return Chart(finding, alt, note, lambda canvas: _walks(canvas, found, surface))


def _walks(canvas: Canvas, found: pd.DataFrame, surface: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    names = list(found["optimiser"].unique())
    head = 20 * len(names) + 10
    axes = canvas.axes(height=250 + head, left=34, right=16, top=head, bottom=28)
    x, _, best = surface
    across, up = (np.linspace(found[w].min() - 0.3, found[w].max() + 0.3, 60) for w in ("w1", "w2"))
    gap = np.stack(np.meshgrid(across, up), axis=-1) - best
    height = np.einsum("...i,ij,...j", gap, x.T @ x / len(x), gap)
    axes.contour(across, up, height, levels=np.geomspace(0.02, height.max(), 9)[:-1], colors=palette.LINE, linewidths=1)
    for axis, values, put in (("x", across, axes.set_xticks), ("y", up, axes.set_yticks)):
        ticks = [tick for tick in nice_ticks(values[0], values[-1], 4) if values[0] <= tick <= values[-1]]
        put(ticks, [canvas.value(tick, "upto1") for tick in ticks])
        (axes.set_xlim if axis == "x" else axes.set_ylim)(values[0], values[-1])
    for place, (name, colour) in enumerate(zip(names, _COLOURS, strict=True)):
        rows = found[found["optimiser"] == name]
        axes.plot(rows["w1"], rows["w2"], color=colour, linewidth=1.6, marker="o", markersize=3, markeredgewidth=0)
        canvas.label(axes, across[0], up[-1], canvas.read(_name(name)), colour, True, ha="left", dy=head - 14 - 20 * place)
    axes.plot(*best, "x", color=palette.INK, markersize=11, markeredgewidth=2.5)


def counted(found: Scores, printed: Mapping[str, float], claimed: float) -> Chart:
    """Return F1 of the same answers counted three ways, in the text's table and on real sentences here.

    printed: with_outside, without_outside, always_outside of the text's table; claimed: the average it prints.
    """
    rows = [
        (Message("all words count"), found.with_outside, printed["with_outside"]),
        (Message("words of names count"), found.without_outside, printed["without_outside"]),
        (Message("whole names count"), found.whole_names, None),
        (Message("nothing is ever found, all words count"), found.always_outside, printed["always_outside"]),
    ]
    finding = Message(
        "One tagger, three scores: {all:percent1} of words, {words:percent1} of words in names, {names:percent1} of names",
        all=found.with_outside,
        words=found.without_outside,
        names=found.whole_names,
    )
    alt = Message(
        "Bars of the same answers counted three ways, from {high:percent1} down to {low:percent1}.",
        high=found.with_outside,
        low=found.whole_names,
    )
    note = Message(
        "Bar: a linear tagger on {words:integer} unseen Japanese words, F1 measured here. Dot: the text's own table for CoNLL-2003, recounted; "
        "it prints {claimed:percent1}, which neither count gives.",
        words=found.words,
        claimed=claimed,
    )
    return Chart(finding, alt, note, lambda canvas: _counted(canvas, rows))


def _counted(canvas: Canvas, rows: list[tuple[Message, float, float | None]]) -> None:
    axes = canvas.axes(height=54 * len(rows), left=2, right=54, top=2, bottom=2)
    axes.set_xlim(0, 1)
    axes.set_ylim(-2 * len(rows) + 0.4, 0.9)
    for place, (name, share, printed) in enumerate(rows):
        y = -2 * place
        canvas.label(axes, 0, y + 0.35, canvas.read(name), bold=place < 3, ha="left")
        axes.barh(y - 0.6, share, height=0.8, color=palette.ACCENT_SOFT)
        text = canvas.value(share, "percent1")
        canvas.label(axes, 0, y - 0.6, text, ha="left", dx=8, bold=True)
        if printed is not None:
            axes.plot(printed, y - 0.6, "o", color=palette.GOLD, markersize=11, markeredgewidth=0)
            shown = canvas.value(printed, "percent1")
            canvas.label(
                axes, printed, y - 0.6, shown, palette.MUTE, ha="left", dx=9, size=min(SMALL, 12 * 52 / text_width(shown, 12))
            )
