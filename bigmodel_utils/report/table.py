"""A table for business readers: title, unit row, aligned numbers, source note; scrolls inside its frame on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report.chart import LAB_STYLE, MIME
from bigmodel_utils.report.markup import both, headline, plain, rendered

if TYPE_CHECKING:
    import pandas as pd


LONGEST_OPEN = 12
_WORDS = ("", "code", "country", "date")  # read from the left; all else is a number


@dataclass(frozen=True)
class Column:
    """One column: `name` in the data, heading, number format of `messages.format_value`, unit shown under the heading.

    `spec` "" writes values as they are, known words translated, and aligns them left; "code" writes what a program reads.
    Data text is escaped.
    """

    name: str
    heading: Message
    spec: str = ""
    unit: Message | None = None


@dataclass(frozen=True)
class Table:
    """`finding` is the computed title. `rows` are dicts by column name; a value may be a Message or None."""

    finding: Message
    columns: Sequence[Column]
    rows: Sequence[dict[str, Any]]
    source: Message
    best: int | None = None
    marks: dict[tuple[int, str], str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, finding: Message, frame: pd.DataFrame, columns: Sequence[Column], source: Message, best: int | None = None
    ) -> Table:
        """Return the table of a DataFrame's rows; `best` is the position of the row to stress."""
        return cls(finding, columns, frame.to_dict("records"), source, best)

    def html(self, titled: bool = True) -> str:
        """Return the table in every language; `titled` puts the finding above it. A long table is folded under its title."""
        folded = titled and len(self.rows) > LONGEST_OPEN
        title = headline(self.finding)
        heading = f'<p class="finding">{title}</p>' if titled and not folded else ""
        body = "".join(self._row(place, row) for place, row in enumerate(self.rows))
        table = f"<table><thead><tr>{''.join(map(_heading, self.columns))}</tr></thead><tbody>{body}</tbody></table>"
        frame = f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(plain(self.finding, "en"))}">{table}</div>'
        figure = f'<figure class="table">{heading}{frame}<figcaption>{both(self.source)}</figcaption></figure>'
        return (
            f'<details class="rows"><summary><span class="finding">{title}</span></summary>{figure}</details>'
            if folded
            else figure
        )

    def _row(self, place: int, row: dict[str, Any]) -> str:
        cells = []
        for number, column in enumerate(self.columns):
            tag, scope = ("th", ' scope="row"') if number == 0 else ("td", "")
            kind = _aligned(column)
            content = _cell(row.get(column.name), column.spec, both) + self.marks.get((place, column.name), "")
            cells.append(f"<{tag}{scope}{kind}>{content}</{tag}>")
        kind = ' class="best"' if place == self.best else ""
        return f"<tr{kind}>{''.join(cells)}</tr>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        lab = f'<figure style="{LAB_STYLE}">{_english(self)}</figure>'
        text = f"{plain(self.finding, 'en')} ({len(self.rows)} rows)"
        return {"text/html": lab, "text/plain": text, MIME: {"html": self.html()}}


def _heading(column: Column) -> str:
    unit = f'<span class="unit">{both(column.unit)}</span>' if column.unit else ""
    return f'<th scope="col"{_aligned(column)}>{both(column.heading)}{unit}</th>'


def _aligned(column: Column) -> str:
    return "" if column.spec in _WORDS else ' class="n"'


def _cell(value: Any, spec: str, say: Callable[[Message], str]) -> str:
    if _missing(value):
        return "–"
    if isinstance(value, Message):
        return say(value)
    if isinstance(value, (list, tuple)):
        return " · ".join(_cell(one, spec, say) for one in value) or "–"
    if spec == "code":
        return f"<code>{escape(str(value))}</code>"
    return say(Message("{value:" + spec + "}", value=value if spec else str(value)))


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _english(table: Table) -> str:
    """The table as JupyterLab shows it: one language, its own style."""

    say = partial(rendered, language="en")

    def cell(tag: str, content: str, column: Column) -> str:
        return f'<{tag} style="text-align:{"right" if _aligned(column) else "left"};padding:4px 10px">{content}</{tag}>'

    def heading(column: Column) -> str:
        unit = f'<br><small style="color:var(--mute)">{say(column.unit)}</small>' if column.unit else ""
        return cell("th", say(column.heading) + unit, column)

    def line(row: dict[str, Any]) -> str:
        return f"<tr>{''.join(cell('td', _cell(row.get(c.name), c.spec, say), c) for c in table.columns)}</tr>"

    head, body = "".join(map(heading, table.columns)), "".join(map(line, table.rows))
    title = f'<p style="font-size:17px;font-weight:600">{say(table.finding)}</p>'
    note = f'<figcaption style="color:var(--mute);font-size:12.5px">{say(table.source)}</figcaption>'
    return f'{title}<table style="font-size:13px;margin:0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}'
