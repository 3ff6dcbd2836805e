"""Tables of the page on content generation: texts, variety, samples, money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import application_tables
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    from bigmodel_utils.applications.content_generation import Judged, Worth
    from bigmodel_utils.applications.writer import Texts


def rows(texts: Texts) -> Table:
    """Return how many texts each part holds."""
    named = {
        "first": Message("to make a first model from"),
        "train": Message("to adapt with"),
        "tune": Message("to stop on"),
        "test": Message("unseen"),
    }
    lines = [
        {"part": name, "texts": len(getattr(texts, key)), "characters": sum(map(len, getattr(texts, key)))}
        for key, name in named.items()
        if getattr(texts, key)
    ]
    columns = [
        Column("part", Message("texts")),
        Column("texts", Message("texts"), "integer"),
        Column("characters", Message("characters"), "integer"),
    ]
    return Table(
        Message("{count:integer} texts of the market teach the model its words", count=len(texts.train)),
        columns,
        lines,
        MEASURED,
    )


def variety(judged: Judged) -> Table:
    """Return distinct-n and length of samples and of people's texts of the same length."""
    lines = [
        {"who": name, **{f"d{n}": judged.distinct[f"{who}_{n}"] for n in (1, 2, 3)}, "length": judged.lengths[who]}
        for who, name in (("model", Message("samples")), ("people", Message("people, cut to the samples' length")))
    ]
    columns = [
        Column("who", Message("texts")),
        Column("d1", Message("distinct"), "percent"),
        Column("d2", Message("distinct pairs"), "percent"),
        Column("d3", Message("distinct triples"), "percent"),
        Column("length", Message("median length, uncut"), "integer", Message("characters")),
    ]
    finding = Message(
        "Of pairs that stand side by side {model:percent} are distinct in samples, {people:percent} in people's texts",
        model=judged.distinct["model_2"],
        people=judged.distinct["people_2"],
    )
    note = Message("Of words, or of characters where a language has no spaces between words. Measured in this run.")
    return Table(finding, columns, lines, note)


def samples(judged: Judged) -> Table:
    """Return some samples as written, taken in order."""
    columns = [Column("prompt", Message("given")), Column("written", Message("written"))]
    return Table(Message("{count} samples, not chosen", count=len(judged.samples)), columns, judged.samples, Message("The first samples of the run, whatever they are worth."))  # fmt: skip


def money(found: Worth) -> Table:
    """Return from which share of usable drafts on drafting pays, and the most that it could save."""
    lines = [
        (Message("drafts that must be usable"), found.line, "percent"),
        (Message("saved on 1,000 texts, were every screened draft usable"), found.most, "money"),
    ]
    finding = Message(
        "The chance that enough drafts pass the screen for drafting to pay is {chance:percent}", chance=found.chance
    )
    note = Message("Upper bounds: passing the screen is not being good. Low and high hold 80 of 100 draws. Estimated.")
    return application_tables.ranges(Message("drafting"), lines, finding, note)
