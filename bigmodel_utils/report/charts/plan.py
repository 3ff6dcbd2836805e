"""When the work is done, and which tasks decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bigmodel_utils.market.undertaking import Project


def gantt(project: Project) -> Chart:
    """Return the plan as bars over weeks. project: tasks (task, start, low, mid, high, criticality), weeks over the draws."""
    rows = project.tasks.to_dict("records")
    deciding = [row for row in rows if _decides(row) and not _is_milestone(row)]
    longest = max(deciding or rows, key=lambda row: row["mid"] - row["start"])
    alt = Message(
        "Bars for {count} tasks over {weeks:integer} weeks; {critical} of them mostly decide the end, the longest is: {task}.",
        count=len(rows),
        weeks=max(row["mid"] for row in rows),
        critical=len(deciding),
        task=Message(longest["task"]),
    )
    note = Message(
        "Weeks from the start. Bar: median start to median end over drawn durations; thin line: 8 in 10 ends. Percent: how often a "
        "task decides the last end; dark: in more than half of the draws. Diamond: milestone. Planner's ranges."
    )
    return Chart(project.finding, alt, note, lambda canvas: _gantt(canvas, rows))


def _decides(row: dict) -> bool:
    return row["criticality"] > 0.5


def _is_milestone(row: dict) -> bool:
    return row["mid"] - row["start"] < 1e-6  # weeks


def _gantt(canvas: Canvas, rows: list[dict]) -> None:
    left = 140 if canvas.narrow else 250
    line = 40 if canvas.narrow else 25
    axes = canvas.axes(height=line * len(rows) + 34, left=left, right=44, top=4, bottom=28)
    ticks = nice_ticks(0, max(row["high"] for row in rows), 3 if canvas.narrow else 6)
    axes.set_xlim(0, ticks[-1])
    axes.set_ylim(-len(rows) + 0.5, 0.5)
    canvas.grid(axes, ticks, [canvas.value(tick, "integer") for tick in ticks], axis="x")
    for y, row in enumerate(rows):
        name = wrapped(canvas.read(Message(row["task"])), left - 8, SMALL)
        canvas.label(axes, 0, -y, name, bold=_decides(row), ha="left", dx=-left, size=SMALL)
        _line(canvas, axes, -y, row)


def _line(canvas: Canvas, axes: Axes, y: float, row: dict) -> None:
    axes.plot([row["low"], row["high"]], [y, y], color=palette.MUTE, linewidth=1.5, zorder=3)
    if _is_milestone(row):
        axes.plot(row["mid"], y, "D", color=palette.WARN, markersize=8, markeredgewidth=0, zorder=4)
        week = canvas.value(row["mid"], "integer")
        canvas.label(axes, row["high"], y, week, palette.WARN, True, ha="left", dx=9, size=SMALL)
        return
    colour = palette.ACCENT if _decides(row) else palette.SLATE_SOFT
    axes.plot([row["start"], row["mid"]], [y, y], color=colour, linewidth=12, solid_capstyle="butt")
    share = canvas.value(row["criticality"], "percent")
    canvas.label(axes, row["high"], y, share, palette.MUTE, ha="left", dx=6, size=SMALL)
