"""When the work is done, and which tasks decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    from bigmodel_utils.market.undertaking import Project


def gantt(project: Project) -> Chart:
    """Return the plan as bars over weeks. project: schedule (task, start, finish, critical), tasks (task, criticality, high)."""
    rows = project.schedule.merge(project.tasks[["task", "criticality", "high"]], on="task").to_dict("records")
    deciding = [row for row in rows if row["critical"] and row["finish"] > row["start"]]
    longest = max(deciding, key=lambda row: row["finish"] - row["start"])
    alt = Message(
        "Bars for {count} tasks over {weeks:integer} weeks; {critical} of them lie on the critical path, the longest is: {task}.",
        count=len(rows),
        weeks=max(row["finish"] for row in rows),
        critical=len(deciding),
        task=Message(longest["task"]),
    )
    note = Message(
        "Weeks from the start, at mean durations. Dark: critical path. Percent: how often a task decides the end, "
        "over drawn durations. Diamond: milestone. Planner's ranges."
    )
    return Chart(project.finding, alt, note, lambda canvas: _gantt(canvas, rows))


def _gantt(canvas: Canvas, rows: list[dict]) -> None:
    left = 140 if canvas.narrow else 250
    line = 40 if canvas.narrow else 25
    axes = canvas.axes(height=line * len(rows) + 34, left=left, right=44, top=4, bottom=28)
    ticks = nice_ticks(0, max(row["high"] for row in rows), 3 if canvas.narrow else 6)
    axes.set_xlim(0, ticks[-1])
    axes.set_ylim(-len(rows) + 0.5, 0.5)
    canvas.grid(axes, ticks, [canvas.value(tick, "integer") for tick in ticks], axis="x")
    for y, row in enumerate(rows):
        colour = palette.ACCENT if row["critical"] else palette.SLATE_SOFT
        name = wrapped(canvas.read(Message(row["task"])), left - 8, SMALL)
        canvas.label(axes, 0, -y, name, bold=bool(row["critical"]), ha="left", dx=-left, size=SMALL)
        if row["finish"] == row["start"]:
            axes.plot(row["start"], -y, "D", color=palette.WARN, markersize=8, markeredgewidth=0)
            canvas.label(
                axes, row["start"], -y, canvas.value(row["start"], "integer"), palette.WARN, True, ha="left", dx=9, size=SMALL
            )
            continue
        axes.plot([row["start"], row["finish"]], [-y, -y], color=colour, linewidth=12, solid_capstyle="butt")
        share = canvas.value(row["criticality"], "percent")
        canvas.label(axes, row["finish"], -y, share, palette.MUTE, ha="left", dx=6, size=SMALL)
