"""Train, validation and test parts that share no text: related rows stay on one side, labels balanced, seeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.data.account import DataError
from bigmodel_utils.data.near_duplicates import connected

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from bigmodel_utils.choices import Split

SHARED_CHARACTERS = 40  # texts with the same first or last 40 letters are fragments of one text
PARTS = ("test", "validation", "train")


def related(frame: pd.DataFrame) -> np.ndarray:
    """Return one number per row; rows with a shared beginning, ending or `group` have the same.

    frame: columns key (see cleaning.key) and, where known, group.
    """
    import numpy as np
    import pandas as pd

    keys = frame["key"]
    long = (keys.str.len() >= SHARED_CHARACTERS).to_numpy()
    tags = [keys.str[:SHARED_CHARACTERS].where(long), keys.str[-SHARED_CHARACTERS:].where(long)]
    tags += [frame["group"]] if "group" in frame else []
    edges = []
    for tag in tags:
        known = np.flatnonzero(tag.notna().to_numpy())
        codes = pd.factorize(tag.iloc[known])[0]
        first = np.full(codes.max(initial=-1) + 1, -1)
        first[codes[::-1]] = known[::-1]
        edges.append(np.stack((known, first[codes]), axis=1))
    return connected(np.concatenate(edges), len(frame))


def assign(
    labels: np.ndarray, groups: np.ndarray, sizes: Split, seed: int, names: list[str], times: np.ndarray | None = None
) -> np.ndarray:
    """Return the part of each row: 'test', 'validation', 'train' or '' (not needed).

    Test and validation hold the same number of each label (±1); train comes as close as the data allow. A group
    never stands in two parts. With `times` (any ordered numbers) the latest rows are the test, those before them the
    validation, and train is not younger than either: a model is judged on what came after it. Raises DataError when a label
    is missing or the parts cannot be filled.
    """
    import numpy as np

    _refuse_one_class(labels, names)
    rng = np.random.default_rng(seed)
    members = _shuffled_members(groups, rng)
    ends = None if times is None else np.array([times[rows].max() for rows in members])
    if ends is not None:
        order = np.argsort(-ends, kind="stable")
        members, ends = [members[i] for i in order], ends[order]
    parts = np.full(len(labels), "", dtype="<U10")
    taken = np.zeros(len(members), dtype=bool)
    for part in PARTS:
        quota = _even(getattr(sizes, part), len(names))
        quota = _fill(part, quota, labels, members, parts, taken)
        if part == "train" and quota.sum():
            quota = _fill(part, np.full(len(names), quota.sum()), labels, members, parts, taken, total=int(quota.sum()))
            short = sizes.train - int((parts == part).sum())
        else:
            short = int(quota.sum())
        if ends is not None and taken.any():  # what was passed over must not be younger than what was taken
            taken |= ends > ends[taken].min()
        if short:
            raise _too_little(part, short, sizes, labels, names)
    return parts


def _refuse_one_class(labels: np.ndarray, names: list[str]) -> None:
    import numpy as np

    counts = np.bincount(labels, minlength=len(names))
    if (counts == 0).any():
        missing = [name for name, count in zip(names, counts, strict=True) if count == 0]
        raise DataError(
            f"no usable row is labelled '{missing[0]}'",
            f"rows of each label: {', '.join(names)}",
            "the data, or `label_map` of the scenario",
        )


def _shuffled_members(groups: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    import numpy as np

    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return [members[i] for i in rng.permutation(len(members))]


def _even(size: int, labels: int) -> np.ndarray:
    import numpy as np

    return np.full(labels, size // labels) + (np.arange(labels) < size % labels)


def _fill(
    part: str,
    quota: np.ndarray,
    labels: np.ndarray,
    members: list[np.ndarray],
    parts: np.ndarray,
    taken: np.ndarray,
    total: int | None = None,
) -> np.ndarray:
    """Give whole groups to `part` until each label's quota (and the total) is used up; returns what is missing."""
    quota = quota.copy()
    total = int(quota.sum()) if total is None else total
    for number, rows in enumerate(members):
        if total == 0:
            break
        if taken[number] or not (quota[labels[rows]] > 0).any():
            continue
        taken[number] = True
        for row in rows:
            if quota[labels[row]] and total:
                quota[labels[row]] -= 1
                total -= 1
                parts[row] = part
    return quota


def _too_little(part: str, short: int, sizes: Split, labels: np.ndarray, names: list[str]) -> DataError:
    import numpy as np

    counts = np.bincount(labels, minlength=len(names))
    have = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
    wanted = f"test {sizes.test}, validation {sizes.validation}, train {sizes.train}"
    return DataError(
        f"{short} rows short for {part}: {have} after cleaning, wanted {wanted}",
        f"test and validation balanced over {len(names)} labels: at most {int(counts.min()) * len(names)} rows together",
        "`split` of the scenario, or more data",
    )
