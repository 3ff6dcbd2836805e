"""One market made ready for a model: read, cleaned, protected, split, and the account of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigmodel_utils.choices import Market, Task
from bigmodel_utils.data import augmentation, cleaning, near_duplicates, personal_data, quality, sources, splitting
from bigmodel_utils.data.account import Account
from bigmodel_utils.messages import Message
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("train", "validation", "test")
_COLUMNS = ["text", "label", "row"]


@dataclass(frozen=True)
class Prepared:
    """A market's rows in three parts (text: str, label: int, row: raw row number, slice_NAME: str) and what was done to get there."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    account: pd.DataFrame
    lengths: pd.DataFrame
    quality: pd.DataFrame
    counts: dict[str, int]
    sheet: dict[str, Any]

    def figures(self, market: str) -> dict[str, Quantity]:
        """Return the headline numbers, names led by `market` ('source' or 'target')."""
        raw = self.counts["raw"]
        values = {
            "rows": (self.counts["used"], "rows"),
            "raw_rows": (raw, "rows"),
            "personal_data_rows": (self.counts["personal_data"], "rows"),
            "duplicate_share": (self.counts["copies"] / max(1, self.counts["texts"]), "share"),
        }
        source = f"{self.sheet['origin']}, counted in this run"
        return {
            f"{market}_{name}": Quantity(mid=value, unit=unit, origin="measured", source=source, n=raw)
            for name, (value, unit) in values.items()
        }


def prepare(market: Market, task: Task, seed: int, accept_licence: bool = False) -> Prepared:
    """Return one market's data ready for training; the counts reconcile with the raw rows or the run stops.

    Raises DataError (file, row, column named) or PackageError when the data cannot be used as they stand.
    """
    raw = sources.read(market, seed, accept_licence)
    account = raw.account
    frame = cleaning.encode_labels(raw.frame, market.data.label_map, task.labels, account)
    frame = cleaning.repair_texts(frame, account)
    texts = len(frame)
    frame, masked = _protect(frame, account)
    frame = cleaning.drop_copies(frame, account)
    frame = _without_near_copies(frame, account)
    copies = texts - len(frame)
    frame, times = cleaning.read_times(frame, account)
    parts = splitting.assign(frame["label"].to_numpy(), splitting.related(frame), market.split, seed, task.labels, times)
    account.drop(frame, frame["row"].notna() & (parts == ""), "split", Message("not needed for the split"))
    columns = [*_COLUMNS, *(name for name in frame if name.startswith(sources.SLICE))]
    chosen = {
        part: frame.loc[parts == part, columns].sample(frac=1, random_state=seed).reset_index(drop=True) for part in PARTS
    }
    kept = {part: len(rows) for part, rows in chosen.items()}
    account.reconcile(sum(kept.values()), market.data.origin)
    if market.split.augment:
        chosen["train"] = _augmented(chosen["train"], seed, account)
    return Prepared(
        **chosen,
        account=account.frame(kept),
        lengths=_lengths(chosen, task.labels),
        quality=quality.report(frame, chosen, account, market.language, task.labels),
        counts={"raw": account.raw, "texts": texts, "copies": copies, "personal_data": masked, "used": sum(kept.values())},
        sheet={**raw.origin, "raw_rows": account.raw, "parts": kept, "labels": task.labels, "label_map": market.data.label_map},
    )


def _protect(frame: pd.DataFrame, account: Account) -> tuple[pd.DataFrame, int]:
    """Return the rows with personal data replaced by its type, and how many rows that changed."""
    import pandas as pd

    spans = pd.Series([personal_data.find(text) for text in frame["text"]], index=frame.index, dtype=object)
    hit = spans.map(bool)
    for kind in personal_data.KINDS:
        has = spans.map(lambda found, kind=kind: any(s.kind == kind for s in found)).astype(bool)
        account.change(frame, has, "personal data", Message("{kind} replaced", kind=kind))
    texts = frame["text"].copy()
    texts[hit] = [personal_data.replace(t, s) for t, s in zip(texts[hit], spans[hit], strict=True)]
    keys = frame["key"].copy()
    keys[hit] = texts[hit].map(cleaning.key)
    return frame.assign(text=texts, key=keys), int(hit.sum())


def _without_near_copies(frame: pd.DataFrame, account: Account) -> pd.DataFrame:
    import pandas as pd

    clusters = pd.Series(near_duplicates.clusters(frame["key"].tolist()), index=frame.index)
    return cleaning.drop_near_copies(frame, clusters, account)


def _augmented(train: pd.DataFrame, seed: int, account: Account) -> pd.DataFrame:
    """Return the training rows with variants of scarce labels, which the account counts apart from the rows kept."""
    more = augmentation.balance(train, seed)
    account.count("split", "added", Message("variants of scarce labels, for training"), len(more) - len(train))
    return more.sample(frac=1, random_state=seed).drop(columns="variant").reset_index(drop=True)


def _lengths(parts: dict[str, pd.DataFrame], labels: list[str]) -> pd.DataFrame:
    """Return characters per text by part and label: rows, quartiles, tails."""
    import pandas as pd

    rows = []
    for part, frame in parts.items():
        sizes = frame["text"].str.len()
        for code, label in enumerate(labels):
            own = sizes[frame["label"] == code]
            if len(own):
                points = own.quantile([0.05, 0.25, 0.5, 0.75, 0.95]).round().astype(int)
                rows.append((part, label, len(own), *points, int(own.max())))
    return pd.DataFrame(rows, columns=["part", "label", "rows", "p5", "p25", "p50", "p75", "p95", "longest"])
