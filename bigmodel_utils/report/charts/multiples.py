"""Small multiples of a sweep: the members' value along each choice that they differ in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import choice_names, palette
from bigmodel_utils.report.canvas import SMALL, Canvas, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.charts.members import COLOURS
from bigmodel_utils.report.drivers import Driver, said
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 6  # panels
_HEIGHT, _LEFT, _TOP, _BOTTOM = 200, 74, 50, 42


def multiples(lines: Sequence[dict[str, Any]], found: Sequence[Driver]) -> Chart:
    """Return a panel per choice: a dot per member, a line through the means. lines: as for `drivers`, with verdict."""
    first = found[0]
    finding = Message(
        "{name} moves the value most: {low:money} on average with {least}, {high:money} with {best}",
        name=choice_names.choice(first.name),
        least=first.least[0],
        low=first.least[1],
        best=first.best[0],
        high=first.best[1],
    )
    alt = Message(
        "{count} small charts of net present value by choice; {name} explains {share:percent} of the differences.",
        count=min(len(found), MOST),
        name=choice_names.choice(first.name),
        share=first.share,
    )
    note = Message("Dot: one run, colour: its verdict. Line: mean of the runs with that value.")
    return Chart(finding, alt, note, lambda canvas: _panels(canvas, lines, found[:MOST]))


def _panels(canvas: Canvas, lines: Sequence[dict[str, Any]], found: Sequence[Driver]) -> None:
    across = 1 if canvas.narrow else min(3, len(found))
    down = -(-len(found) // across)
    canvas.figure.set_size_inches(canvas.width / 72, down * _HEIGHT / 72)
    values = [line["npv"].mid for line in lines]
    ticks = nice_ticks(min(values), max(values), 3)
    for place, driver in enumerate(found):
        row, column = divmod(place, across)
        width = canvas.width / across - _LEFT - 16
        left = column * canvas.width / across + _LEFT
        axes = canvas.panel(left, (down - 1 - row) * _HEIGHT + _BOTTOM, width, _HEIGHT - _TOP - _BOTTOM)
        _panel(canvas, axes, width, lines, driver, ticks)


def _panel(
    canvas: Canvas, axes: Axes, width: float, lines: Sequence[dict[str, Any]], driver: Driver, ticks: list[float]
) -> None:
    values, each = [value for value, _ in driver.means], width / len(driver.means)
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.set_ylim(ticks[0], ticks[-1])
    canvas.grid(axes, ticks, canvas.amounts(ticks))
    axes.set_xticks(range(len(values)), [wrapped(canvas.read(value), each, SMALL) for value in values])
    axes.plot(range(len(values)), [mean for _, mean in driver.means], color=palette.MUTE, linewidth=1.5)
    for line in lines:
        place = values.index(said(line, driver.name))
        axes.plot(place, line["npv"].mid, "o", color=COLOURS[line["verdict"]], markersize=8, markeredgewidth=0, alpha=0.8)
    title = wrapped(canvas.read(choice_names.choice(driver.name)), width + _LEFT, SMALL)
    canvas.label(axes, -0.5, ticks[-1], title, bold=True, ha="left", va="bottom", dx=-_LEFT, dy=12, size=SMALL)
