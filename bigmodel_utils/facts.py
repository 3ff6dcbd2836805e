"""Facts: dated, sourced rows under `data/facts/`. A row without source or date is refused."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError, nearest

if TYPE_CHECKING:
    import pandas as pd


class FactError(BigModelError):
    """A fact that is missing, unsourced or undated."""


def tables() -> list[str]:
    """Return the names of the fact tables."""
    return sorted(path.stem for path in paths.facts().glob("*.csv"))


@cache
def load(table: str) -> pd.DataFrame:
    """Return a fact table; every row has a non-empty `source` and a date in `as_of`.

    Raises FactError naming the first row that lacks either, or the nearest table.
    """
    import pandas as pd

    path = paths.facts() / f"{table}.csv"
    if not path.is_file():
        raise FactError(f"fact table '{table}'", nearest(table, tables()), "data/facts/")
    frame = pd.read_csv(path)
    for column in ("source", "as_of"):
        if column not in frame:
            raise FactError(f"{table}.csv without a column '{column}'", "each fact has source and as_of", paths.shown(path))
        blank = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
        if blank.any():
            line = int(blank.idxmax()) + 2
            raise FactError(f"{table}.csv line {line} has no {column}", "each fact has source and as_of", paths.shown(path))
    dates = pd.to_datetime(frame["as_of"], format="%Y-%m-%d", errors="coerce")
    if dates.isna().any():
        line = int(dates.isna().idxmax()) + 2
        given = frame["as_of"].iloc[line - 2]
        raise FactError(f"{table}.csv line {line}: as_of '{given}'", "a date as 2026-11-01", paths.shown(path))
    return frame.assign(as_of=dates.dt.date)


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
    found = row("ranges", fact_id=reference)
    return {key: found[key] for key in ("low", "mid", "high", "unit", "source", "as_of")}
