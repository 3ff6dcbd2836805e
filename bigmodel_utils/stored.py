"""A result as plain files that cost nothing to trust: JSON, parquet and npy, no pickle; `read` gives back what `write` was given.

Known are numbers, texts, lists, tuples, dicts, dates, arrays, frames, Messages, paths, and dataclasses and pydantic models
of this project that hold such values. A folder or file of the stage under way travels with the result.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario

_PLAIN = (type(None), bool, int, float, str)
_PACKAGE = __package__


class StoredError(BigModelError):
    """A result that cannot be kept as plain files."""


class Shelf:
    """A folder of one stored result. `stage` is where the run's own files lie; `scenario` replaces the one in a result."""

    def __init__(self, folder: Path, stage: Path, scenario: Scenario) -> None:
        self.folder, self.stage, self.scenario = folder, stage, scenario

    def write(self, value: Any) -> None:
        """Store `value`; raises StoredError for a type that is not known."""
        self.folder.mkdir(parents=True)
        text = json.dumps(self._encoded(value), ensure_ascii=False)
        (self.folder / "value.json").write_text(text, encoding="utf-8")

    def read(self) -> Any:
        """Return what was stored, the stage's own files put back in place; raises OSError or ValueError when damaged."""
        return self._decoded(json.loads((self.folder / "value.json").read_text(encoding="utf-8")))

    def _encoded(self, value: Any) -> Any:
        if type(value) in _PLAIN:
            return value
        if isinstance(value, Scenario):
            return {"scenario": value.hash}
        if isinstance(value, list | tuple):
            return {type(value).__name__: [self._encoded(item) for item in value]}
        if isinstance(value, dict):
            return {"dict": [[self._encoded(key), self._encoded(item)] for key, item in value.items()]}
        if isinstance(value, Message):
            return {"message": value.to_json()}
        if isinstance(value, Path):
            return {"path": self._moved_in(value)}
        if isinstance(value, date):
            return {"date": value.isoformat()}
        return self._encoded_object(value) or self._encoded_table(value)

    def _encoded_object(self, value: Any) -> dict[str, Any] | None:
        kind = type(value)
        name = f"{kind.__module__}:{kind.__qualname__}"
        if not name.startswith(f"{_PACKAGE}."):
            return None
        if isinstance(value, BaseModel):
            return {"model": name, "fields": value.model_dump(mode="json")}
        if dataclasses.is_dataclass(value):
            fields = {field.name: self._encoded(getattr(value, field.name)) for field in dataclasses.fields(value)}
            return {"dataclass": name, "fields": fields}
        return None

    def _encoded_table(self, value: Any) -> dict[str, Any]:
        import numpy as np
        import pandas as pd

        number = len(list(self.folder.iterdir()))
        if isinstance(value, pd.DataFrame):
            value.to_parquet(self.folder / f"{number}.parquet")
            return {"frame": f"{number}.parquet"}
        if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
            np.save(self.folder / f"{number}.npy", value, allow_pickle=False)
            return {"array" if isinstance(value, np.ndarray) else "scalar": f"{number}.npy"}
        raise StoredError(f"a result of type {type(value).__name__}", (__doc__ or "").splitlines()[2], "page.kept")

    def _decoded(self, stored: Any) -> Any:
        if not isinstance(stored, dict):
            return stored
        kind, content = next(iter(stored.items()))
        if kind in {"list", "tuple"}:
            items = [self._decoded(item) for item in content]
            return items if kind == "list" else tuple(items)
        if kind == "dict":
            return {self._decoded(key): self._decoded(item) for key, item in content}
        if kind in {"model", "dataclass"}:
            return self._decoded_object(kind, content, stored["fields"])
        simple = {
            "scenario": lambda _: self.scenario,
            "message": Message.from_json,
            "path": self._moved_out,
            "date": date.fromisoformat,
        }
        return simple[kind](content) if kind in simple else self._decoded_table(kind, content)

    def _decoded_object(self, kind: str, name: str, fields: dict[str, Any]) -> Any:
        module, _, qualified = name.partition(":")
        if not module.startswith(f"{_PACKAGE}."):
            raise ValueError(f"{name} is not of this project")
        importlib.import_module(module)
        found: Any = sys.modules[module]
        for part in qualified.split("."):
            found = getattr(found, part)
        return found.model_validate(fields) if kind == "model" else found(**{k: self._decoded(v) for k, v in fields.items()})

    def _decoded_table(self, kind: str, name: str) -> Any:
        import numpy as np
        import pandas as pd

        if kind == "frame":
            return pd.read_parquet(self.folder / name)
        loaded = np.load(self.folder / name, allow_pickle=False)
        return loaded if kind == "array" else loaded[()]

    def _moved_in(self, path: Path) -> dict[str, str]:
        """Take a file or folder of the stage under way along; any other path is only a name."""
        if not path.is_relative_to(self.stage):
            return {"elsewhere": str(path)}
        name = path.relative_to(self.stage).as_posix()
        _link(path, self.folder / "files" / name)
        return {"here": name}

    def _moved_out(self, stored: dict[str, str]) -> Path:
        if "elsewhere" in stored:
            return Path(stored["elsewhere"])
        _link(self.folder / "files" / stored["here"], self.stage / stored["here"])
        return self.stage / stored["here"]


def _link(source: Path, target: Path) -> None:
    """Give a file or folder a second name, or a copy where the disk cannot; a file in place stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link_file, dirs_exist_ok=True)
    else:
        _link_file(source, target)


def _link_file(source: str | Path, target: str | Path) -> None:
    if not os.path.exists(target):
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)
