"""The table of the support assistant's page that no other page has: what its messages are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report.table import Column, Table

if TYPE_CHECKING:
    from bigmodel_utils.applications.help_desk import Desk


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
