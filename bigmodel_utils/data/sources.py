"""Where rows come from: sets inside pinned packages, a company's files, and Hugging Face datasets."""

from __future__ import annotations

import io
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils import paths, trace
from bigmodel_utils.artifacts import file_hash
from bigmodel_utils.choices import Data, Market
from bigmodel_utils.data import files, packages
from bigmodel_utils.data.account import Account, DataError
from bigmodel_utils.errors import nearest
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 100_000  # held when the scenario sets no max_rows (ten times the split, if that is more): memory stays flat
HUB_TIMEOUT_SECONDS = 4
SLICE = "slice_"  # leads the names of columns by which groups of rows are compared


@dataclass(frozen=True)
class Raw:
    """Rows as found (row: int from 1, text, label: str or missing; group, time, slice_NAME where asked for) and what is known about their origin."""

    frame: pd.DataFrame
    origin: dict[str, Any]
    account: Account


def read(market: Market, seed: int, accept_licence: bool = False) -> Raw:
    """Return the market's raw rows, at most `max_rows` of them drawn evenly by `seed`.

    Raises DataError or PackageError naming file, row and column when the source cannot be read.
    """
    kind, _, name = market.data.origin.partition(":")
    account = Account()
    if kind == "packaged":
        origin, stream = _packaged(name, market, accept_licence)
    else:
        origin, stream = (_file if kind == "file" else _hub)(name, market, account)
    wanted = market.split.train + market.split.validation + market.split.test
    frame = sample(stream, market.data.max_rows or max(MAX_ROWS, 10 * wanted), seed, account)
    if frame.empty:
        raise _empty(market)
    return Raw(frame, {"origin": paths.portable(market.data.origin), **origin, "language": market.language}, account)


def _own(name: str) -> Path:
    """The place of a company's file or folder: an absolute path, or one in the workspace."""
    return paths.workspace() / name


def _empty(market: Market) -> DataError:
    return DataError(f"{market.data.origin} holds no record", "at least one", "`origin` of the scenario")


def sample(stream: Iterator[pd.DataFrame], limit: int, seed: int, account: Account) -> pd.DataFrame:
    """Return at most `limit` rows of a stream of any length: those with the smallest random keys."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    parts: list[pd.DataFrame] = []
    held, largest = 0, 1.0
    for batch in stream:
        account.raw += len(batch)
        batch = batch.assign(key=rng.random(len(batch)))
        parts.append(batch if held < limit else batch[batch["key"] < largest])
        held += len(parts[-1])
        if held > limit + files.BATCH:
            parts = [pd.concat(parts, ignore_index=True).nsmallest(limit, "key")]
            held, largest = limit, float(parts[0]["key"].max())
    kept = pd.concat(parts, ignore_index=True).nsmallest(limit, "key") if parts else pd.DataFrame({"row": [], "key": []})
    account.count("read", "dropped", Message("beyond the rows asked for"), account.raw - len(kept))
    return kept.sort_values("row").drop(columns="key").reset_index(drop=True)


def _wanted(data: Data) -> dict[str, str]:
    """Return our names of the columns to read, each with the source's own."""
    named = data.columns
    columns = {"text": named.text, "label": named.label}
    columns |= {ours: theirs for ours, theirs in (("group", named.group), ("time", named.time)) if theirs}
    return columns | {f"{SLICE}{name}": name for name in named.slices}


def _packaged(name: str, market: Market, accepted: bool) -> tuple[dict[str, Any], Iterator[pd.DataFrame]]:
    known = packages.dataset(name, accepted)
    pin = packages.pin(known["package"])
    members = known.pop("members")
    stream = _members(pin.name, members, market.data)
    origin = {**known, "version": pin.version, "file": pin.file, "sha256": pin.sha256, "as_of": str(known["as_of"])}
    return origin, stream


def _members(package: str, members: dict[str, str], data: Data) -> Iterator[pd.DataFrame]:
    """Yield the rows of a packaged set: one table, or one text file of lines per label."""
    import pandas as pd

    start = 1
    for label, path in members.items():
        blob = packages.member(package, path)
        if label:
            _refuse_unknown(_wanted(data), ("text", "label"), Path(path).name)  # lines have no columns of their own
            lines = blob.decode("utf-8").removesuffix("\n").split("\n")
            frame = pd.DataFrame({"text": lines, "label": label})
        else:
            frame = _table(blob, _wanted(data), path)
        yield frame.assign(row=range(start, start + len(frame)))
        start += len(frame)


def _refuse_unknown(columns: dict[str, str], known: Sequence[str], where: str) -> None:
    for name in columns.values():
        if name not in known:
            raise DataError(f"column '{name}' in {where}", nearest(name, known), "`columns` of the scenario")


def _table(blob: bytes, columns: dict[str, str], path: str) -> pd.DataFrame:
    import pandas as pd
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(blob))
    _refuse_unknown(columns, file.schema_arrow.names, Path(path).name)
    table = file.read(list(columns.values())).to_pandas()
    return pd.DataFrame({ours: table[theirs] for ours, theirs in columns.items()})


def look(market: Market) -> None:
    """Raise DataError when the market's own file is missing, lacks a column or holds no record; only its beginning is read."""
    path = _own(market.data.origin.partition(":")[2])
    if next(files.batches(path, _wanted(market.data), market.language, Account()), None) is None:
        raise _empty(market)


def _file(name: str, market: Market, account: Account) -> tuple[dict[str, Any], Iterator[pd.DataFrame]]:
    path = _own(name)
    stream = files.batches(path, _wanted(market.data), market.language, account)
    digest = file_hash(path) if path.is_file() else None
    trace.note("file", name, digest)
    origin = {"file": path.name, "sha256": digest, "licence": "the company's own", "gaps": ["not described in the scenario"]}
    return origin, stream


def _hub(name: str, market: Market, account: Account) -> tuple[dict[str, Any], Iterator[pd.DataFrame]]:
    folder = _own(name)
    dataset = _load_hub(str(folder) if folder.is_dir() else name, market.data.hub_split, local=folder.is_dir())
    columns = _wanted(market.data)
    _refuse_unknown(columns, dataset.column_names, f"hub:{name}")
    info = dataset.info
    origin = {
        "licence": info.license or "not stated",
        "about": info.description or "",
        "version": str(info.version or ""),
        "gaps": ["see its dataset card"],
    }
    return origin, _hub_batches(dataset, columns)


def _hub_batches(dataset: Any, columns: dict[str, str]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    label = dataset.features[columns["label"]]
    for start in range(0, len(dataset), files.BATCH):
        part = dataset[start : start + files.BATCH]
        frame = pd.DataFrame({ours: part[theirs] for ours, theirs in columns.items()})
        if hasattr(label, "int2str"):  # a class label is stored as its index
            frame["label"] = [label.int2str(v) if v is not None and v >= 0 else None for v in frame["label"]]
        yield frame.assign(row=range(start + 1, start + 1 + len(frame)))


def _load_hub(name: str, split: str, local: bool) -> Any:
    """Return one split of a dataset; without network only the cache is asked, so that it fails at once."""
    import datasets

    if local and ((Path(name) / "state.json").is_file() or (Path(name) / "dataset_dict.json").is_file()):
        found = datasets.load_from_disk(name)
        return _split_of(found, split, name) if isinstance(found, datasets.DatasetDict) else found
    online = local or _hub_answers()
    offline_before = datasets.config.HF_HUB_OFFLINE
    try:
        datasets.config.HF_HUB_OFFLINE = offline_before or not online
        return _split_of(datasets.load_dataset(name), split, name)
    except (
        datasets.exceptions.DatasetNotFoundError,
        datasets.exceptions.DataFilesNotFoundError,
        FileNotFoundError,
        ConnectionError,
        ValueError,
    ) as error:
        reason = " ".join(str(error).split())[:160] if online else "no network, and not in the local cache"
        given = f"hub:{Path(name).name if local else name}: {reason}"
        allowed = "a dataset id of the hub, a cached one, or a local dataset folder"
        raise DataError(given, allowed, "`origin` of the scenario, or connect once") from None
    finally:
        datasets.config.HF_HUB_OFFLINE = offline_before


def _split_of(found: Any, split: str, name: str) -> Any:
    if split not in found:
        raise DataError(f"split '{split}' of {Path(name).name}", nearest(split, found), "`hub_split` of the scenario")
    return found[split]


def _hub_answers() -> bool:
    """Say within seconds whether the hub can be reached; HF_HUB_OFFLINE answers no."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}:
        return False
    from huggingface_hub.constants import ENDPOINT

    try:
        request = urllib.request.Request(ENDPOINT, method="HEAD")  # noqa: S310
        urllib.request.urlopen(request, timeout=HUB_TIMEOUT_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
