"""Tables of the data page: splits, personal data, quality, data sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bigmodel_utils.data.account import message_of
from bigmodel_utils.messages import Message
from bigmodel_utils.report import names, palette
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED, leaves

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 120  # characters of a text in a table


def parts(lengths: pd.DataFrame) -> Table:
    """Return how many texts of each label stand on each side of the split. lengths: market, part, label, rows, p50."""
    rows = lengths.assign(market=lengths["market"].map(palette.MARKET_NAMES)).to_dict("records")
    finding = Message("{count:integer} texts are split so that no copy stands on two sides", count=int(lengths["rows"].sum()))
    columns = [
        Column("market", Message("market")),
        Column("part", Message("part")),
        Column("label", Message("label")),
        Column("rows", Message("texts"), "integer"),
        Column("p50", Message("median length"), "integer", Message("characters")),
    ]
    return Table(finding, columns, rows, MEASURED)


def personal_data(account: pd.DataFrame) -> Table:
    """Return what personal data was replaced, by market and type. account: market, step, reason, rows."""
    found = account[account["step"] == "personal data"]
    rows = [
        {**row, "market": palette.MARKET_NAMES[row["market"]], "reason": message_of(row)} for row in found.to_dict("records")
    ]
    most = max(found.to_dict("records"), key=lambda row: row["rows"], default=None)  # a text may hold several kinds: no sum
    finding = (
        Message(
            "Personal data was replaced before anything was stored, most often {kind}: in {count:integer} texts",
            kind=message_of(most).values["kind"],
            count=most["rows"],
        )
        if most
        else Message("No personal data was found")
    )
    columns = [
        Column("market", Message("market")),
        Column("reason", Message("what")),
        Column("rows", Message("texts"), "integer"),
    ]
    return Table(finding, columns, rows, Message("Found by pattern and check digit; names of people are not looked for."))


def quality(table: pd.DataFrame) -> Table:
    """Return what a market's texts look like before the split. table: market, check, value, unit, rows."""
    rows = [
        {
            "market": palette.MARKET_NAMES[row["market"]],
            "check": message_of(row),
            "value": Message("{value:percent1}" if row["unit"] == "share" else "{value:integer}", value=row["value"]),
            "unit": names.unit(row["unit"]),
            "rows": row["rows"],
        }
        for row in table.to_dict("records")
    ]
    foreign = table[table["check"] == "texts in another language than declared"]["value"].max()
    if round(float(foreign), 3) > 0:
        finding = Message(
            "Up to {share:percent1} of a market's texts are in another language than declared", share=float(foreign)
        )
    else:
        finding = Message("The texts are in the language declared for their market")
    columns = [
        Column("market", Message("market")),
        Column("check", Message("check")),
        Column("value", Message("value"), "number"),
        Column("unit", Message("unit")),
        Column("rows", Message("rows looked at"), "integer"),
    ]
    return Table(finding, columns, rows, MEASURED)


def doubtful(found: pd.DataFrame, looked_at: int, show: int = 8) -> Table:
    """Return the texts whose label is most in doubt. found: row, text, given, suggested, confidence; most doubtful first."""
    finding = (
        Message("The texts themselves speak against {count:integer} of {all:integer} labels", count=len(found), all=looked_at)
        if len(found)
        else Message("No label is contradicted by the texts")
    )
    columns = [
        Column("row", Message("raw row"), "integer"),
        Column("text", Message("text")),
        Column("given", Message("label")),
        Column("suggested", Message("looks like")),
        Column("confidence", Message("chance of that"), "percent"),
    ]
    rows = [{**row, "text": _cut(row["text"])} for row in found.head(show).to_dict("records")]
    return Table(
        finding,
        columns,
        rows,
        Message("Judged by the text fragments of the other rows, fold by fold; the whole list is kept with the run."),
    )


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip()} …"


_ITEMS = {
    "origin": Message("taken from"),
    "package": Message("package"),
    "language": Message("language"),
    "about": Message("what it holds"),
    "licence": Message("licence"),
    "collected": Message("collected"),
    "as_of": Message("looked up on"),
    "gaps": Message("known gaps"),
    "version": Message("version"),
    "file": Message("file"),
    "sha256": Message("checksum (SHA-256)"),
    "raw_rows": Message("rows in the source"),
    "labels": Message("labels in use"),
}


def _item(key: str) -> Message:
    """Return what a line of a data sheet is about; a key that is not known stands as it is."""
    part, _, name = key.partition(".")
    if part == "parts":
        return Message("texts in part “{part}”", part=name)
    if part == "label_map":
        return Message("label for {raw}", raw=f"“{name}”")
    return _ITEMS.get(key, Message("{key}", key=key.replace("_", " ")))


def _told(value: Any) -> Any:
    return Message("{value:integer}", value=value) if isinstance(value, int) and not isinstance(value, bool) else value


def data_sheet(sheet: Mapping[str, Any], market: str) -> Table:
    """Return the data sheet of one market (`source` or `target`): origin, version, licence, gaps."""
    rows = [{"key": _item(key.lstrip(".")), "value": _told(value)} for key, value in leaves("", dict(sheet))]
    finding = Message("Data sheet of the {market}", market=palette.MARKET_NAMES[market])
    columns = [Column("key", Message("item")), Column("value", Message("as found"))]
    return Table(finding, columns, rows, Message("Licence and gaps as the package states them."))
