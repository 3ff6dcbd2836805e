"""The table of the page on pictures and tables that no other page has: which rows serve what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report.charts.beyond_text import SUBJECTS
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    from bigmodel_utils.applications.beyond_text import Judged


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
