"""Tables of the page on pictures and tables: what goes in, paired differences, money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report.charts.beyond_text import SUBJECTS, model_name
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    from bigmodel_utils.applications.beyond_text import Judged, Worth

_PEOPLE_HEADS = [Column("low", Message("low"), "money"), Column("high", Message("high"), "money")]


def sources(sheets: Sequence[dict[str, Any]]) -> Table:
    """Return where the rows come from. sheets: origin, about, licence, gaps."""
    columns = [
        Column("origin", Message("data")),
        Column("about", Message("what it holds")),
        Column("licence", Message("licence as found")),
        Column("gaps", Message("what is missing")),
    ]
    return Table(Message("{count} sets carry this page", count=len(sheets)), columns, sheets, Message("As their packages state; a file of one's own is shown by its name."))  # fmt: skip


def rows(judged: Sequence[Judged]) -> Table:
    """Return how many rows each subject learns from and is judged on."""
    lines = [{"subject": SUBJECTS[one.subject], **one.rows} for one in judged]
    columns = [
        Column("subject", Message("subject")),
        Column("home", Message("home market"), "integer"),
        Column("adapt", Message("to adapt with"), "integer"),
        Column("tune", Message("to stop and calibrate on"), "integer"),
        Column("trust", Message("to set trust on"), "integer"),
        Column("test", Message("unseen"), "integer"),
    ]
    labels = sum(judged[0].rows[part] for part in ("adapt", "tune", "trust"))
    return Table(Message("{labels} labels of the target market are spent on each", labels=labels), columns, lines, MEASURED)


def differences(judged: Sequence[Judged]) -> Table:
    """Return paired differences in accuracy, all subjects in one table."""
    lines = [
        {
            "subject": SUBJECTS[one.subject],
            "first": model_name(c.first),
            "second": model_name(c.second),
            "difference": 100 * c.difference.mid,
            "low": 100 * c.difference.low,
            "high": 100 * c.difference.high,
            "p_value": c.p_value,
        }
        for one in judged
        for c in one.compared
    ]
    real = sum(c.is_real for one in judged for c in one.compared)
    columns = [
        Column("subject", Message("subject")),
        Column("first", Message("model")),
        Column("second", Message("compared with")),
        Column("difference", Message("difference"), "number1", Message("points")),
        Column("low", Message("low"), "number1", Message("points")),
        Column("high", Message("high"), "number1", Message("points")),
        Column("p_value", Message("p-value"), "number4"),
    ]
    finding = Message("{real} of {all} differences are real; the rest is not shown", real=real, all=len(lines))
    return Table(
        finding, columns, lines, Message("Same rows for both: bootstrap interval of the difference, exact McNemar test.")
    )


def money(found: Sequence[Worth]) -> Table:
    """Return cost of 1,000 items by people, and by the model with people behind it, and the saving."""
    lines = [
        {
            "subject": SUBJECTS[one.subject],
            "people": one.people.mid,
            "together": one.together.mid,
            "saving": one.saving.mid,
            "low": one.saving.low,
            "high": one.saving.high,
            "chance": one.chance,
        }
        for one in found
    ]
    sure = sum(one.saving.low > 0 for one in found)
    columns = [
        Column("subject", Message("subject")),
        Column("people", Message("people alone"), "money"),
        Column("together", Message("model, people behind it"), "money"),
        Column("saving", Message("saving"), "money"),
        *_PEOPLE_HEADS,
        Column("chance", Message("chance of saving"), "percent"),
    ]
    finding = Message("For {sure} of {count}, 90 of 100 futures save money or more", sure=sure, count=len(lines))
    return Table(
        finding, columns, lines, Message("USD per 1,000 items, medians; low and high hold 80 of 100 draws. Estimated.")
    )
