"""Project plan: tasks with uncertain durations, the critical path, the budget, and the chance to finish by a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils.errors import nearest
from bigmodel_utils.market import MarketError

if TYPE_CHECKING:
    import pandas as pd

_MEND = "the table of tasks"
ByTask = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Task:
    """A piece of work: weeks as low, mid (most likely), high; what must be finished before; money a week.

    A milestone takes no time (0, 0, 0). `due` is the week by which it is promised.
    """

    name: str
    stage: str
    low: float
    mid: float
    high: float
    after: tuple[str, ...] = ()
    usd_per_week: float = 0.0
    due: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.mid <= self.high < np.inf:
            raise MarketError(f"{self.name}: {self.low:g}, {self.mid:g}, {self.high:g} weeks", "0 <= low <= mid <= high", _MEND)
        if not 0 <= self.usd_per_week < np.inf or (self.due is not None and not self.due >= 0):
            given = f"{self.name}: {self.usd_per_week:g} USD a week, due in week {self.due}"
            raise MarketError(given, "numbers of zero or more", _MEND)

    @property
    def mean(self) -> float:
        """Mean weeks of the PERT distribution: (low + 4 mid + high) / 6."""
        return (self.low + 4 * self.mid + self.high) / 6


def tasks(table: pd.DataFrame) -> list[Task]:
    """Return the tasks of a table with the columns of data/facts/plan_tasks.csv, in order of work."""
    listed = [
        Task(
            name=row.task,
            stage=row.stage,
            low=row.weeks_low,
            mid=row.weeks_mid,
            high=row.weeks_high,
            after=tuple(row.after.split(";")) if isinstance(row.after, str) else (),
            usd_per_week=row.usd_per_week,
            due=None if np.isnan(row.due_week) else row.due_week,
        )
        for row in table.itertuples()
    ]
    return in_order(listed)


def in_order(work: Sequence[Task]) -> list[Task]:
    """Return the tasks so that each stands behind what it waits for.

    Raises MarketError for no tasks, a task named twice, an unknown predecessor, a circle, or a task due before its predecessor.
    """
    by_name = {task.name: task for task in work}
    if not work:
        raise MarketError("no tasks", "at least one", _MEND)
    if len(by_name) < len(work):
        raise MarketError(f"{len(work)} tasks with {len(by_name)} names", "a name for each task", _MEND)
    for task in work:
        for before in task.after:
            if before not in by_name:
                raise MarketError(f"'{task.name}' after '{before}'", nearest(before, by_name), _MEND)
    try:
        order = list(TopologicalSorter({task.name: task.after for task in work}).static_order())
    except CycleError as error:
        raise MarketError(
            f"a circle: {' → '.join(reversed(error.args[1]))}", "tasks that wait for earlier ones only", _MEND
        ) from None
    _refuse_late_predecessors([by_name[name] for name in order])
    return [by_name[name] for name in order]


def schedule(work: Sequence[Task]) -> pd.DataFrame:
    """Return task, stage, start, finish, slack, critical, usd: earliest weeks, with mean durations.

    `slack` is how many weeks a task may slip without moving the end; on the critical path it is zero.
    """
    import pandas as pd

    ordered = in_order(work)
    finish, slack = _finish_and_slack(ordered, {task.name: np.array(task.mean) for task in ordered})
    rows = [
        {
            "task": task.name,
            "stage": task.stage,
            "start": float(finish[task.name] - task.mean),
            "finish": float(finish[task.name]),
            "slack": float(slack[task.name]),
            "critical": bool(slack[task.name] < 1e-9),
            "usd": task.mean * task.usd_per_week,
        }
        for task in ordered
    ]
    return pd.DataFrame(rows)


def simulate(work: Sequence[Task], draws: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Return (week in which all is done, one per draw) and, per task, its start, finish (low, mid, high), budget and criticality.

    Durations follow the PERT distribution, independently. `criticality` is the share of draws in which the task lies on
    the longest path; `start` is a median, `low`, `mid`, `high` and `usd_*` are P10, P50 and P90.
    """
    import pandas as pd

    ordered = in_order(work)
    weeks = {task.name: _pert(task, draws, rng) for task in work}
    finish, slack = _finish_and_slack(ordered, weeks)
    rows = []
    for task in ordered:
        low, mid, high = np.quantile(finish[task.name], [0.1, 0.5, 0.9])
        cost_low, cost_mid, cost_high = np.quantile(weeks[task.name] * task.usd_per_week, [0.1, 0.5, 0.9])
        critical = float(np.mean(slack[task.name] < 1e-9))
        start = float(np.median(finish[task.name] - weeks[task.name]))
        rows.append((task.name, task.stage, start, low, mid, high, cost_low, cost_mid, cost_high, critical))
    columns = ["task", "stage", "start", "low", "mid", "high", "usd_low", "usd_mid", "usd_high", "criticality"]
    return np.max(list(finish.values()), axis=0), pd.DataFrame(rows, columns=columns)


def chance_by(finish: ArrayLike, week: float) -> float:
    """Return the share of draws that finish by `week`."""
    return float(np.mean(np.asarray(finish) <= week))


def _finish_and_slack(ordered: Sequence[Task], weeks: Mapping[str, NDArray[np.float64]]) -> tuple[ByTask, ByTask]:
    """Return each task's earliest finish, and how many weeks later it may finish without moving the end (critical path method)."""
    finish: ByTask = {}
    for task in ordered:
        start = np.max([finish[before] for before in task.after], axis=0) if task.after else 0.0
        finish[task.name] = start + weeks[task.name]
    latest = dict.fromkeys(finish, np.max(list(finish.values()), axis=0))
    for task in reversed(ordered):
        for before in task.after:
            latest[before] = np.minimum(latest[before], latest[task.name] - weeks[task.name])
    return finish, {name: latest[name] - end for name, end in finish.items()}


def _pert(task: Task, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    span = task.high - task.low
    if span == 0:
        return np.full(draws, task.mid)
    rise = 4 * (task.mid - task.low) / span
    return task.low + span * rng.beta(1 + rise, 5 - rise, size=draws)


def _refuse_late_predecessors(ordered: Sequence[Task]) -> None:
    """Raise MarketError for a task due before any task that it waits for, directly or through others without a date."""
    latest: dict[str, Task | None] = {}
    for task in ordered:
        dated = [latest[before] for before in task.after if latest[before]]
        last = max(dated, key=lambda before: before.due, default=None)
        if last and task.due is not None and last.due > task.due:
            given = f"'{task.name}' due in week {task.due:g}, before '{last.name}' in week {last.due:g}"
            raise MarketError(given, "a date not before that of its predecessors", _MEND)
        latest[task.name] = last if task.due is None else task
