"""A help desk's jobs: how often each model is right, and how many wrong answers go with how much work done alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart

if TYPE_CHECKING:
    from bigmodel_utils.applications.self_service import Judged, Resolved

JOBS = {
    "home_routing": Message("sending messages on, home market"),
    "target_routing": Message("sending messages on, target market"),
    "answering": Message("answering questions, home market"),
}
_ANSWERING = {"a": Message("meaning alone"), "b": Message("meaning and words"), "rival": Message("words alone")}
_ROUTING = {
    "a": Message("taught at home"),
    "b": Message("taught by both markets"),
    "p": Message("taught in the target market alone"),
    "rival": Message("counts of words and letters"),
}
_COLOURS = {"home_routing": palette.SLATE, "target_routing": palette.ACCENT, "answering": palette.GOLD}
_ROW = 32


def model_name(job: str, model: str) -> Message:
    """Return the reader's name of `model` in that job."""
    return (_ANSWERING if job == "answering" else _ROUTING).get(model, palette.model_name(model))


def scores(judged: Judged) -> Chart:
    """Return the share of right answers with its interval, by job and model."""
    best = {job: rows.loc[rows["accuracy"].idxmax()] for job, rows in judged.scores.groupby("job")}
    finding = Message(
        "Abroad {target:percent} of messages reach the right desk, at home {home:percent}; {answers:percent} of questions find their answer",
        target=best["target_routing"]["accuracy"],
        home=best["home_routing"]["accuracy"],
        answers=best["answering"]["accuracy"],
    )
    alt = Message(
        "Share of right answers of {count} readers in three jobs; the best is {first} in the target market.",
        count=len(judged.scores),
        first=model_name("target_routing", best["target_routing"]["model"]),
    )
    note = Message("Every row was unseen by the model that reads it (five folds). Bar = 95 % interval. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _scores(canvas, judged))


def _scores(canvas: Canvas, judged: Judged) -> None:
    groups = {job: judged.scores[judged.scores["job"] == job].sort_values("accuracy", ascending=False) for job in judged.jobs}
    count = sum(len(rows) + 1 for rows in groups.values())
    names = [canvas.read(model_name(job, row.model)) for job, rows in groups.items() for row in rows.itertuples()]
    left = min(130 if canvas.narrow else 230, max(text_width(name, bold=True) for name in names) + 16)
    axes = canvas.axes(height=count * _ROW + 30, left=left, right=48, top=2, bottom=28)
    axes.set_xlim(0, 1)
    axes.set_ylim(-count + 0.4, 0.6)
    ticks = [0, 0.5, 1] if canvas.narrow else [0, 0.25, 0.5, 0.75, 1]
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    y = 0
    for job, rows in groups.items():
        heading = canvas.read(Message("{job}, {n:integer} unseen rows", job=JOBS[job], n=rows["n"].iloc[0]))
        canvas.label(axes, 0, y, heading, palette.MUTE, True, ha="left", dx=-left)
        for row in rows.itertuples():
            y -= 1
            colour, ours = palette.model_colour(row.model), row.model in {"a", "b"}
            axes.plot([row.low, row.high], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
            axes.plot(row.accuracy, y, "o", color=colour, markersize=9, markeredgewidth=0)
            name = wrapped(canvas.read(model_name(job, row.model)), left - 14)
            canvas.label(axes, 0, y, name, colour if ours else palette.INK, ours, ha="left", dx=-left)
            canvas.label(axes, row.high, y, canvas.value(row.accuracy, "percent"), colour, ours, ha="left", dx=7)
        y -= 1


def trust(jobs: Mapping[str, Resolved]) -> Chart:
    """Return the share that goes wrong of what is done alone, against the share done alone, and where the line of trust lies."""
    held = [job for job in jobs.values() if job.wrong_of_alone is None or job.wrong_of_alone.mid <= job.limit]
    finding = Message(
        "With at most {limit:percent} wrong, {home:percent} of messages at home and {target:percent} abroad need no person, nor do "
        "{answers:percent} of questions; the limit was kept in {held} of {all} jobs",
        limit=jobs["answering"].limit,
        home=jobs["home_routing"].alone,
        target=jobs["target_routing"].alone,
        answers=jobs["answering"].alone,
        held=len(held),
        all=len(jobs),
    )
    alt = Message(
        "Rising curves, one a job: the more is done alone, the more of it goes wrong; dots mark what the line of trust lets through."
    )
    note = Message(
        "Dot: what the line lets through; for each fifth of the rows it was set on the others, so that more than the allowed errors are "
        "unlikely. Dashed: the limit. Measured in this run."
    )
    return Chart(finding, alt, note, lambda canvas: _trust(canvas, jobs))


def _trust(canvas: Canvas, jobs: Mapping[str, Resolved]) -> None:
    head = 20 * len(jobs) + 8
    axes = canvas.axes(height=240 + head, left=46, right=24, top=head, bottom=30)
    ends = [0, 0.25, 0.5, 0.75, 1]
    top = min(1.0, max(float((~job.right).mean()) for job in jobs.values()) * 1.15)
    upper = [tick for tick in (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0) if tick <= top + 0.1]
    axes.set_xlim(0, 1)
    axes.set_ylim(0, upper[-1])
    canvas.grid(axes, upper, [canvas.value(tick, "percent") for tick in upper])
    axes.set_xticks(ends, [canvas.value(tick, "percent") for tick in ends])
    axes.axhline(next(iter(jobs.values())).limit, color=palette.WARN, linewidth=1.5, linestyle="--")
    for place, (name, job) in enumerate(jobs.items()):
        share, wrong = curve(job)
        axes.plot(share, wrong, color=_COLOURS[name], linewidth=2.5)
        if job.wrong_of_alone is not None:
            axes.plot(job.alone.mid, job.wrong_of_alone.mid, "o", color=_COLOURS[name], markersize=11, markeredgewidth=0)
        label = canvas.read(Message("{job}: {share:percent} alone", job=JOBS[name], share=job.alone))
        canvas.label(axes, 0, upper[-1], label, _COLOURS[name], True, ha="left", dy=16 + 20 * (len(jobs) - 1 - place))


def curve(job: Resolved) -> tuple[np.ndarray, np.ndarray]:
    """Return share done alone and share of it that is wrong, surest rows first; the first rows say little and are left out."""
    order = np.argsort(-job.sure, kind="stable")
    size = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~job.right[order]) / size
    shown = size >= max(10, len(order) // 50)
    return size[shown] / len(order), wrong[shown]
