"""Tables that the pages of all applications share: where data come from, paired differences, what is saved, ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    from bigmodel_utils.applications.delegation import Worth
    from bigmodel_utils.evaluation.compare import Comparison


def sources(sheets: Sequence[dict[str, Any]]) -> Table:
    """Return where rows and weights come from. sheets: origin, about, licence, gaps."""
    columns = [
        Column("origin", Message("data")),
        Column("about", Message("what it holds")),
        Column("licence", Message("licence as found")),
        Column("gaps", Message("what is missing")),
    ]
    note = Message("As their packages state; a file of one's own is shown by its name.")
    finding = (
        Message("One set carries this page")
        if len(sheets) == 1
        else Message("{count} sources carry this page", count=len(sheets))
    )
    return Table(finding, columns, sheets, note)


def differences(
    compared: Mapping[str, Sequence[Comparison]], tasks: Mapping[str, Message], named: Callable[[str, str], Message]
) -> Table:
    """Return paired differences in right answers, all tasks in one table. named: a model's name in a task."""
    rows = [
        {
            "task": tasks[task],
            "first": named(task, c.first),
            "second": named(task, c.second),
            "difference": 100 * c.difference.mid,
            "low": 100 * c.difference.low,
            "high": 100 * c.difference.high,
            "p_value": c.p_value,
        }
        for task, found in compared.items()
        for c in found
    ]
    columns = [
        Column("task", Message("task")),
        Column("first", Message("model")),
        Column("second", Message("compared with")),
        Column("difference", Message("difference"), "number1", Message("points")),
        Column("low", Message("low"), "number1", Message("points")),
        Column("high", Message("high"), "number1", Message("points")),
        Column("p_value", Message("p-value"), "p"),
    ]
    real = sum(c.is_real for found in compared.values() for c in found)
    finding = Message("{real} of {all} differences are beyond chance", real=real, all=len(rows))
    note = Message("Same rows for both: bootstrap interval of the difference, exact McNemar test.")
    return Table(finding, columns, rows, note)


def savings(found: Mapping[str, Worth], tasks: Mapping[str, Message]) -> Table:
    """Return cost of 1,000 items by people, and by the model with people behind it, and the saving, by task."""
    rows = [
        {
            "task": tasks[task],
            "people": one.people.mid,
            "together": one.together.mid,
            "saving": one.saving.mid,
            "low": one.saving.low,
            "high": one.saving.high,
            "chance": chance(one.chance),
        }
        for task, one in found.items()
    ]
    columns = [
        Column("task", Message("task")),
        Column("people", Message("people alone"), "money"),
        Column("together", Message("model, people behind it"), "money"),
        Column("saving", Message("saving"), "money"),
        Column("low", Message("low"), "money"),
        Column("high", Message("high"), "money"),
        Column("chance", Message("chance of saving"), "number"),
    ]
    sure = sum(one.saving.low > 0 for one in found.values())
    finding = Message("For {sure} of {count}, 90 of 100 futures save money or more", sure=sure, count=len(rows))
    note = Message("USD per 1,000 items, medians; low and high hold 80 of 100 draws. Estimated.")
    return Table(finding, columns, rows, note)


def chance(share: float) -> Message:
    """Return a share of futures as a chance: ranges that a planner chose make nothing certain."""
    if share > 0.995:
        return Message("over {share:percent}", share=0.99)
    return Message("under {share:percent}", share=0.01) if share < 0.005 else Message("{share:percent}", share=share)


def ranges(heading: Message, lines: Sequence[tuple[Message, Quantity, str]], finding: Message, note: Message) -> Table:
    """Return middle, low and high of estimated numbers, each written by its own format."""
    rows = [
        {"what": name} | {end: Message("{value:" + spec + "}", value=getattr(found, end)) for end in ("mid", "low", "high")}
        for name, found, spec in lines
    ]
    columns = [
        Column("what", heading),
        Column("mid", Message("middle"), "number"),
        Column("low", Message("low"), "number"),
        Column("high", Message("high"), "number"),
    ]
    return Table(finding, columns, rows, note)
