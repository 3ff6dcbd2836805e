"""The account of a market's rows: every row dropped or changed is counted by reason, and the sum must come out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd

_PARTS = {"train": Message("train"), "validation": Message("validation"), "test": Message("test")}


def encoded(message: Message) -> str:
    """Return a message as the text of a table cell; `message_of` reads it back."""
    return json.dumps(message.to_json(), ensure_ascii=False)


def message_of(row: Mapping[str, Any]) -> Message:
    """Return the message of a row of the account or the quality report, to be read in any language.

    A row without the column `message` tells its `reason` as it stands.
    """
    if "message" not in row:
        return Message("{reason}", reason=str(row["reason"]))
    return Message.from_json(json.loads(row["message"]))


class Entry(NamedTuple):
    """A line of the account; `message` is its reason as `encoded` writes it."""

    step: str
    kind: str
    reason: str
    rows: int
    first_row: int | None
    message: str


def _entry(step: str, kind: str, reason: Message, rows: int, first_row: int | None = None) -> Entry:
    return Entry(step, kind, reason.read(), int(rows), first_row, encoded(reason))


class DataError(BigModelError):
    """Data that cannot be used as it stands: names the file, the row and the column."""


@dataclass
class Account:
    """Counts of rows by step and reason. `kind` is raw, dropped, changed, added or kept; only dropped rows leave."""

    raw: int = 0
    entries: list[Entry] = field(default_factory=list)

    def drop(self, frame: pd.DataFrame, gone: pd.Series, step: str, reason: Message) -> pd.DataFrame:
        """Return `frame` without the rows marked in `gone`, having counted them under `reason`."""
        self._add(step, "dropped", reason, frame.loc[gone, "row"])
        return frame[~gone]

    def change(self, frame: pd.DataFrame, changed: pd.Series, step: str, reason: Message) -> None:
        """Count the rows marked in `changed` as altered and kept."""
        self._add(step, "changed", reason, frame.loc[changed, "row"])

    def count(self, step: str, kind: str, reason: Message, rows: int, first_row: int | None = None) -> None:
        """Count rows that were dropped or changed before they stood in a frame."""
        if rows:
            self.entries.append(_entry(step, kind, reason, rows, first_row))

    def dropped(self) -> int:
        """Return how many rows have left so far."""
        return sum(entry.rows for entry in self.entries if entry.kind == "dropped")

    def rows(self, reason: str) -> int:
        """Return the rows counted under `reason`; 0 when it never happened."""
        return sum(entry.rows for entry in self.entries if entry.reason == reason)

    def rows_of(self, step: str) -> int:
        """Return the rows that a step dropped."""
        return sum(entry.rows for entry in self.entries if entry.step == step and entry.kind == "dropped")

    def reconcile(self, kept: int, where: str) -> None:
        """Stop the run unless raw rows = dropped rows + kept rows."""
        if self.raw != self.dropped() + kept:
            raise DataError(
                f"{where}: {self.raw} raw rows, {self.dropped()} dropped, {kept} kept",
                "raw = dropped + kept",
                "bigmodel_utils/data/: a step drops rows without counting them",
            )

    def frame(self, kept: dict[str, int]) -> pd.DataFrame:
        """Return the account as a table: the raw rows, what left or changed, and what each part kept."""
        import pandas as pd

        first = [_entry("read", "raw", Message("rows in the source"), self.raw)]
        last = [_entry("split", "kept", _PARTS[part], rows) for part, rows in kept.items()]
        table = pd.DataFrame(first + self.entries + last, columns=list(Entry._fields))
        return table.astype({"rows": "int64", "first_row": "Int64"})

    def _add(self, step: str, kind: str, reason: Message, rows: pd.Series) -> None:
        self.count(step, kind, reason, len(rows), int(rows.iloc[0]) if len(rows) else None)
