"""Pictures and tables instead of texts: how good each model is, and how much it may decide alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.charts import delegation, ladder

if TYPE_CHECKING:
    from bigmodel_utils.applications.beyond_text import Judged

SUBJECTS = {"pictures": Message("pictures"), "table": Message("table")}
_COLOURS = {"pictures": palette.ACCENT, "table": palette.SLATE}


def model_name(subject: str, key: str) -> Message:
    """Return the reader's name of model `key`, the same for both subjects; the rival here does not count words."""
    return Message("logistic regression") if key == "rival" else palette.model_name(key)


def scores(judged: Sequence[Judged]) -> Chart:
    """Return accuracy with its interval, per subject and model, on unseen rows of the target market."""
    gains = {one.subject: one.accuracy("b").mid - one.accuracy("a").mid for one in judged}
    most = max(gains, key=lambda subject: abs(gains[subject]))
    finding = Message(
        "Adapting moves the share of right answers most for the {subject}: by {points:number1} points",
        subject=SUBJECTS[most],
        points=100 * gains[most],
    )
    best = {one.subject: one.scores.loc[one.scores["accuracy"].idxmax()] for one in judged}
    lines: list[ladder.Rung | Message] = []
    for one in judged:
        lines.append(Message("{subject}, {n:integer} unseen rows", subject=SUBJECTS[one.subject], n=len(one.truth)))
        rows = one.scores.sort_values("accuracy", ascending=False).to_dict("records")
        lines += [ladder.scored(model_name(one.subject, row["model"]), row) for row in rows]
    best = {one.subject: one.scores["accuracy"].max() for one in judged}
    alt = Message(
        "Accuracy of {count} models on pictures and on a table; the highest are {first:percent1} and {second:percent1}.",
        count=judged[0].scores["model"].nunique(),
        first=best[judged[0].subject],
        second=best[judged[-1].subject],
    )
    note = Message("Share of unseen rows of the target market that are right; bar = 95% interval. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, lines, "percent1", 1.0))


def trust(judged: Sequence[Judged]) -> Chart:
    """Return the share of wrong answers against the share decided alone, and where the line of trust was set beforehand."""
    kept = [one for one in judged if one.wrong.mid <= one.limit]
    finding = (
        Message(
            "With at most {limit:upto1}% of answers wrong, the model decides {first:percent} of the pictures alone and {second:percent} of the table",
            limit=100 * judged[0].limit,
            first=judged[0].alone,
            second=judged[-1].alone,
        )
        if len(kept) == len(judged)
        else Message(
            "The limit of {limit:upto1}% wrong answers, set on other rows, was kept by {kept} of {count} on unseen rows",
            limit=100 * judged[0].limit,
            kept=len(kept),
            count=len(judged),
        )
    )
    alt = Message(
        "Rising curves, one for each of {count} subjects: the more a model decides alone, the more of all answers go wrong; dots mark the chosen lines.",
        count=len(judged),
    )
    note = Message(
        "Across: share decided alone; up: wrong answers among all. Dot: the line, set on rows of its own before these were seen. "
        "Dashed: the limit. Measured in this run."
    )
    curves = [_curve(one) for one in judged]
    return Chart(finding, alt, note, lambda canvas: delegation.draw(canvas, curves, judged[0].limit, 4 * judged[0].limit))


def _curve(one: Judged) -> delegation.Curve:
    alone, wrong = delegation.falling(one.answers.max(axis=1), one.answers.argmax(axis=1) == one.truth)
    return delegation.Curve(SUBJECTS[one.subject], _COLOURS[one.subject], alone, wrong, (one.alone.mid, one.wrong.mid))
