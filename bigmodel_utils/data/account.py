"""The account of a market's rows: every row dropped or changed is counted by reason, and the sum must come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bigmodel_utils.errors import BigModelError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["step", "kind", "reason", "rows", "first_row"]


class DataError(BigModelError):
    """Data that cannot be used as it stands: names the file, the row and the column."""


@dataclass
class Account:
    """Counts of rows by step and reason. `kind` is raw, dropped, changed, added or kept; only dropped rows leave."""

    raw: int = 0
    entries: list[dict[str, object]] = field(default_factory=list)

    def drop(self, frame: pd.DataFrame, gone: pd.Series, step: str, reason: str) -> pd.DataFrame:
        """Return `frame` without the rows marked in `gone`, having counted them under `reason`."""
        self._add(step, "dropped", reason, frame.loc[gone, "row"])
        return frame[~gone]

    def change(self, frame: pd.DataFrame, changed: pd.Series, step: str, reason: str) -> None:
        """Count the rows marked in `changed` as altered and kept."""
        self._add(step, "changed", reason, frame.loc[changed, "row"])

    def count(self, step: str, kind: str, reason: str, rows: int, first_row: int | None = None) -> None:
        """Count rows that were dropped or changed before they stood in a frame."""
        if rows:
            self.entries.append({"step": step, "kind": kind, "reason": reason, "rows": int(rows), "first_row": first_row})

    def dropped(self) -> int:
        """Return how many rows have left so far."""
        return sum(int(e["rows"]) for e in self.entries if e["kind"] == "dropped")  # type: ignore[call-overload]

    def rows(self, reason: str) -> int:
        """Return the rows counted under `reason`; 0 when it never happened."""
        return sum(int(e["rows"]) for e in self.entries if e["reason"] == reason)  # type: ignore[call-overload]

    def rows_of(self, step: str) -> int:
        """Return the rows that a step dropped."""
        return sum(int(e["rows"]) for e in self.entries if e["step"] == step and e["kind"] == "dropped")  # type: ignore[call-overload]

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

        first = [{"step": "read", "kind": "raw", "reason": "rows in the source", "rows": self.raw, "first_row": None}]
        last = [{"step": "split", "kind": "kept", "reason": k, "rows": n, "first_row": None} for k, n in kept.items()]
        table = pd.DataFrame(first + self.entries + last, columns=COLUMNS)
        return table.astype({"rows": "int64", "first_row": "Int64"})

    def _add(self, step: str, kind: str, reason: str, rows: pd.Series) -> None:
        self.count(step, kind, reason, len(rows), int(rows.iloc[0]) if len(rows) else None)
