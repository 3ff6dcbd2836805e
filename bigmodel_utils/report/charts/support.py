"""A help desk's jobs: how often each model is right, and how many wrong answers go with how much work done alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bigmodel_utils.applications.self_service import FOLDS
from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.charts import delegation, ladder

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


def model_name(job: str, model: str) -> Message:
    """Return the reader's name of `model` in that job."""
    return (_ANSWERING if job == "answering" else _ROUTING).get(model, palette.model_name(model))


def scores(judged: Judged) -> Chart:
    """Return the share of right answers with its interval, by job and model."""
    jobs = {job: rows.sort_values("accuracy", ascending=False) for job, rows in judged.scores.groupby("job")}
    best = {job: rows.iloc[0] for job, rows in jobs.items()}
    finding = Message(
        "Abroad {target:percent} of messages reach the right desk, at home {home:percent}; {answers:percent} of questions find their answer",
        target=best["target_routing"]["accuracy"],
        home=best["home_routing"]["accuracy"],
        answers=best["answering"]["accuracy"],
    )
    alt = Message(
        "Share of right answers of {count} readers in {jobs} jobs; the best is {first} in the target market.",
        count=len(judged.scores),
        jobs=len(jobs),
        first=model_name("target_routing", best["target_routing"]["model"]),
    )
    note = Message(
        "Every row was unseen by the model that reads it ({folds} folds). Bar = 95% interval. Measured in this run.",
        folds=FOLDS,
    )
    lines: list[ladder.Rung | Message] = []
    for job in judged.jobs:
        lines.append(Message("{job}, {n:integer} unseen rows", job=JOBS[job], n=best[job]["n"]))
        lines += [ladder.scored(model_name(job, row["model"]), row) for row in jobs[job].to_dict("records")]
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, lines, "percent", 1.0))


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
        "Across: share done alone; up: errors among it. Dot: what the line lets through; for each fifth of the rows it was set on the others, so that more than the allowed errors are "
        "unlikely. Dashed: the limit. Measured in this run."
    )
    curves = [_curve(job, done) for job, done in jobs.items()]
    top = min(1.0, max(float((~job.right).mean()) for job in jobs.values()) * 1.15)
    return Chart(finding, alt, note, lambda canvas: delegation.draw(canvas, curves, jobs["answering"].limit, top))


def _curve(job: str, done: Resolved) -> delegation.Curve:
    alone, wrong = delegation.falling(done.sure, done.right)
    name = Message("{job}: {share:percent} alone", job=JOBS[job], share=done.alone)
    chosen = (done.alone.mid, done.wrong_of_alone.mid) if done.wrong_of_alone else None
    return delegation.Curve(name, _COLOURS[job], alone, wrong / alone, chosen)
