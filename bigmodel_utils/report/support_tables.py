"""Tables of the support assistant's page: paired differences, and money per 1,000 conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report.charts.support import JOBS, model_name
from bigmodel_utils.report.table import Column, Table

if TYPE_CHECKING:
    from bigmodel_utils.applications.beyond_text import Worth
    from bigmodel_utils.applications.help_desk import Desk
    from bigmodel_utils.applications.self_service import Judged


def intents(desk: Desk) -> Table:
    """Return how many questions of each intent the markets have, the most frequent first."""
    counts = [frame["intent"].value_counts() for frame in (desk.home, desk.target)]
    rows = [{"intent": name, "home": counts[0][name], "target": counts[1][name]} for name in counts[0].index]
    columns = [
        Column("intent", Message("intent")),
        Column("home", Message("home market"), "integer", Message("questions")),
        Column("target", Message("target market"), "integer", Message("questions")),
    ]
    finding = Message(
        "{home:integer} questions at home and {target:integer} abroad, sorted into {intents} intents; {answers:integer} questions have an answer",
        home=len(desk.home),
        target=len(desk.target),
        intents=len(desk.intents),
        answers=len(desk.known),
    )
    return Table(
        finding, columns, rows, Message("Each question once; a question under two intents is dropped. Measured in this run.")
    )


def differences(judged: Judged) -> Table:
    """Return paired differences in right answers, all jobs in one table."""
    rows = [
        {
            "job": JOBS[job],
            "first": model_name(job, c.first),
            "second": model_name(job, c.second),
            "difference": 100 * c.difference.mid,
            "low": 100 * c.difference.low,
            "high": 100 * c.difference.high,
            "p_value": c.p_value,
        }
        for job, found in judged.compared.items()
        for c in found
    ]
    real = sum(c.is_real for found in judged.compared.values() for c in found)
    columns = [
        Column("job", Message("job")),
        Column("first", Message("model")),
        Column("second", Message("compared with")),
        Column("difference", Message("difference"), "number1", Message("points")),
        Column("low", Message("low"), "number1", Message("points")),
        Column("high", Message("high"), "number1", Message("points")),
        Column("p_value", Message("p-value"), "number4"),
    ]
    finding = Message("{real} of {all} differences are real; the rest is not shown", real=real, all=len(rows))
    return Table(
        finding, columns, rows, Message("Same rows for both: bootstrap interval of the difference, exact McNemar test.")
    )


def money(found: Mapping[str, Worth]) -> Table:
    """Return what 1,000 conversations cost with people alone, and with the assistant before them."""
    rows = [
        {
            "job": JOBS[job],
            "people": one.people.mid,
            "together": one.together.mid,
            "saving": one.saving.mid,
            "low": one.saving.low,
            "high": one.saving.high,
            "chance": one.chance,
        }
        for job, one in found.items()
    ]
    best = max(found, key=lambda job: found[job].saving.mid)
    columns = [
        Column("job", Message("job")),
        Column("people", Message("people alone"), "money"),
        Column("together", Message("assistant, people behind it"), "money"),
        Column("saving", Message("saving"), "money"),
        Column("low", Message("low"), "money"),
        Column("high", Message("high"), "money"),
        Column("chance", Message("chance of saving"), "percent"),
    ]
    finding = Message(
        "Most is saved by {job}: {saving:money} per 1,000 conversations", job=JOBS[best], saving=found[best].saving
    )
    note = Message("USD per 1,000 conversations, medians; low and high hold 80 of 100 draws. Estimated.")
    return Table(finding, columns, rows, note)
