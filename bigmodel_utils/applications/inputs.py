"""What an application is given: its part of the scenario, and the packaged sets or own files that this names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

from bigmodel_utils import paths, trace
from bigmodel_utils.artifacts import file_hash
from bigmodel_utils.choices import Part
from bigmodel_utils.data import packages, sets
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

Chosen = TypeVar("Chosen", bound=Part)
_MEND = "application in the scenario"


class InputError(BigModelError):
    """An application of another kind than its notebook, or a file that cannot be read."""


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


def sheets(origins: Iterable[str], accepted: bool) -> list[dict[str, object]]:
    """Return origin, about, licence and gaps of each set; a file of one's own speaks for itself."""
    found = []
    for origin in origins:
        kind, _, name = origin.partition(":")
        known = packages.dataset(name, accepted) if kind == "packaged" else {}
        found.append({"origin": name.replace("_", " "), **{key: known.get(key) for key in ("about", "licence", "gaps")}})
    return found
