"""Facts: dated, sourced rows under `data/facts/`. A row without source or date is refused."""

from __future__ import annotations

import csv
import hashlib
import sys
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils import paths, trace
from bigmodel_utils.errors import BigModelError, nearest

if TYPE_CHECKING:
    import pandas as pd


_READERS = tuple(f"{__package__}.{room}" for room in ("facts", "data.", "market.", "value.", "trust."))


class FactError(BigModelError):
    """A fact that is missing, unsourced or undated."""


def tables() -> list[str]:
    """Return the names of the fact tables."""
    return sorted(path.stem for path in paths.facts().glob("*.csv"))


@cache
def rows(table: str) -> tuple[dict[str, str], ...]:
    """Return a fact table as text rows; every row has a non-empty `source` and a date in `as_of`.

    Raises FactError naming the first row that lacks either, or the nearest table.
    """
    path = paths.facts() / f"{table}.csv"
    if not path.is_file():
        raise FactError(f"fact table '{table}'", nearest(table, tables()), "data/facts/")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found = tuple(reader)
    for column in ("source", "as_of"):
        if column not in (reader.fieldnames or ()):
            raise FactError(f"{table}.csv without a column '{column}'", "each fact has source and as_of", paths.shown(path))
    for line, fact in enumerate(found, start=2):
        _check(fact, f"{table}.csv line {line}", path)
    return found


def _check(fact: dict[str, str], where: str, path: Path) -> None:
    for column in ("source", "as_of"):
        if not (fact[column] or "").strip():
            raise FactError(f"{where} has no {column}", "each fact has source and as_of", paths.shown(path))
    try:
        date.fromisoformat(fact["as_of"])
    except ValueError:
        raise FactError(f"{where}: as_of '{fact['as_of']}'", "a date as 2026-11-01", paths.shown(path)) from None


def load(table: str) -> pd.DataFrame:
    """Return a fact table as a frame with numbers as numbers and `as_of` as dates; raises FactError as `rows`."""
    trace.note("fact", table, digest(table))
    return _frame(table).copy()


@cache
def _frame(table: str) -> pd.DataFrame:
    import pandas as pd

    rows(table)
    frame = pd.read_csv(paths.facts() / f"{table}.csv")
    return frame.assign(as_of=[date.fromisoformat(day) for day in frame["as_of"]])


def forget() -> None:
    """Read the tables anew from here on, with all that the rooms have worked out of them once: a page sees facts as they are now.

    A cell may run twice in one kernel, and the second page must look at what it rests on as the first did.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith(_READERS):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear") and kept.__module__ == name:
                    kept.cache_clear()


def digest(table: str) -> str | None:
    """Return a hash of a fact table's text; None when it is gone."""
    path = paths.facts() / f"{table}.csv"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else None


def row(table: str, **where: Any) -> dict[str, Any]:
    """Return the one row whose columns equal `where`; raises FactError when none or several do."""
    frame = load(table)
    chosen = frame
    for column, value in where.items():
        if column not in frame:
            raise FactError(f"column '{column}'", nearest(column, frame.columns), f"data/facts/{table}.csv")
        matches = chosen[chosen[column].astype(str) == str(value)]
        if matches.empty:
            known = chosen[column].dropna().astype(str).unique()
            raise FactError(f"{table}: {column} = '{value}'", nearest(str(value), known), f"data/facts/{table}.csv")
        chosen = matches
    if len(chosen) > 1:
        raise FactError(f"{len(chosen)} rows of {table} with {where}", "exactly one", f"data/facts/{table}.csv")
    return chosen.iloc[0].to_dict()


def as_range(reference: str) -> dict[str, Any]:
    """Return low, mid, high, unit, source and as_of of `ranges` row `reference` (its `fact_id`)."""
    found = stated_range(reference)
    if found is None:
        raise FactError(f"fact '{reference}'", nearest(reference, _ranges()), "data/facts/ranges.csv")
    trace.note("range", reference, found)
    return found | {"as_of": date.fromisoformat(found["as_of"])}


def stated_range(reference: str) -> dict[str, Any] | None:
    """Return a row of `ranges` as a cause records it: low, mid, high, unit, source and as_of as text; None when it is gone."""
    row = _ranges().get(reference)
    return row and {key: float(row[key]) for key in ("low", "mid", "high")} | {
        key: row[key] for key in ("unit", "source", "as_of")
    }


def _ranges() -> dict[str, dict[str, str]]:
    return {fact["fact_id"]: fact for fact in rows("ranges")}
