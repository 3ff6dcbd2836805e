"""What an application is given: its part of the scenario, and the packaged sets or own files that this names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

from bigmodel_utils import paths, trace
from bigmodel_utils.artifacts import file_hash
from bigmodel_utils.choices import Part
from bigmodel_utils.data import packages, sets
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

Chosen = TypeVar("Chosen", bound=Part)
_MEND = "application in the scenario"


class InputError(BigModelError):
    """An application of another kind than its notebook, or data that it cannot work with as they stand."""


def chosen(scenario: Scenario, kind: type[Chosen]) -> Chosen:
    """Return the scenario's application; raises InputError when it is not of this kind."""
    if not isinstance(scenario.application, kind):
        given = scenario.application.kind if scenario.application else "none"
        (wanted,) = get_args(kind.model_fields["kind"].annotation)
        raise InputError(f"application '{given}'", f"kind: {wanted}", f"application in data/scenarios/{scenario.name}.yml")
    return scenario.application


def own_file(name: str) -> Path:
    """Return the path of a file of one's own, relative to the workspace, noted as a cause; raises InputError when missing."""
    path = paths.workspace() / name
    trace.note("file", name, file_hash(path) if path.is_file() else None)
    if not path.is_file():
        raise InputError(f"file:{name}", "a file in the workspace", _MEND)
    return path


def frame(origin: str, accepted: bool = False, header: bool = True) -> pd.DataFrame:
    """Return the table at `packaged:NAME` or `file:PATH` (csv, jsonl or parquet); raises InputError or PackageError."""
    import pandas as pd

    kind, _, name = origin.partition(":")
    if kind == "packaged":
        return sets.table(name, header, accepted)
    readers = {
        ".parquet": pd.read_parquet,
        ".jsonl": lambda file: pd.read_json(file, lines=True, dtype=False),
        ".csv": lambda file: pd.read_csv(file, header=0 if header else None),
    }
    path = own_file(name)
    try:
        return readers[path.suffix](path)
    except (KeyError, OSError, ValueError) as error:
        reason = " ".join(str(error).split()).replace(f"{paths.workspace()}/", "")[:120]
        raise InputError(f"{origin}: {reason}", f"one of {', '.join(readers)}", _MEND) from None


def need(table: pd.DataFrame, columns: Iterable[str], origin: str) -> None:
    """Raise InputError naming the first of `columns` that `table` lacks, and the nearest that it has."""
    for column in columns:
        if column not in table:
            raise InputError(f"{origin} without a column '{column}'", nearest(column, table.columns), _MEND)


def sheets(scenario: Scenario) -> list[dict[str, object]]:
    """Return `sheet` of every set that the scenario's application names."""
    return [sheet(origin, scenario.accept_licence) for origin in _origins(scenario.application)]


def sheet(origin: str, accepted: bool) -> dict[str, object]:
    """Return origin, about, licence and gaps of a set; a file of one's own speaks for itself."""
    kind, _, name = origin.partition(":")
    known = packages.dataset(name, accepted) if kind == "packaged" else {}
    return {"origin": name.replace("_", " "), **{key: known.get(key) for key in ("about", "licence", "gaps")}}


def _origins(part: Part | None) -> Iterator[str]:
    for _, value in part or ():
        if isinstance(value, Part):
            yield from _origins(value)
        elif str(value).startswith(("packaged:", "file:")):
            yield value
