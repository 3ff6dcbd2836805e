"""Packaged sets that are not rows of text: their files as bytes, or as a table."""

from __future__ import annotations

import io
from importlib import metadata
from pathlib import PurePath
from typing import TYPE_CHECKING

from bigmodel_utils import trace
from bigmodel_utils.data import packages

if TYPE_CHECKING:
    import pandas as pd

_PACKED = {".gz": "gzip", ".bz2": "bz2"}


def content(name: str, accepted: bool = False) -> bytes:
    """Return the one file of the set `name` of data/packages.yml.

    A set with `installed` instead of `package` is read from that library as it is installed here. Raises PackageError
    for an unknown set, one whose licence needs consent, or one that cannot be fetched.
    """
    known = packages.dataset(name, accepted)
    (path,) = known["members"].values()
    if "installed" not in known:
        return packages.member(known["package"], path)
    library = metadata.distribution(known["installed"])
    trace.note("library", known["installed"], library.version)
    return library.locate_file(path).read_bytes()


def table(name: str, header: bool = True, accepted: bool = False) -> pd.DataFrame:
    """Return the set `name` as a frame: parquet, a JSON record a line, or comma-separated values that may be packed; raises as `content`."""
    import pandas as pd

    (path,) = packages.dataset(name, accepted)["members"].values()
    file = io.BytesIO(content(name, accepted))
    if ".parquet" in path:
        return pd.read_parquet(file)
    if path.endswith(".jsonl"):
        return pd.read_json(file, lines=True, dtype=False)
    return pd.read_csv(file, header=0 if header else None, compression=_PACKED.get(PurePath(path).suffix))
