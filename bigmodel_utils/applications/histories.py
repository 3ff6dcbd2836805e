"""Who liked what and when, and what is written about it: the rows that recommendations are learned from."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.application_choices import Recommendation
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.inputs import InputError
from bigmodel_utils.data import packages, sets
from bigmodel_utils.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

_LEAST = 3  # items in a history: one to learn from, one to choose settings on, one to be judged on
_YEAR = re.compile(r"\((\d{4})\)\s*$")
_ARTICLE = re.compile(r"^(.*), (the|a|an|il|la|le|les|el|das|der|die)$")
_FILMS = """select Title as title, Year as year, Genre, Director, Writer, "Cast", Language, Country from omdb"""


@dataclass(frozen=True)
class Histories:
    """Likes of users, oldest first. `user`, `item`: numbers of rows of (users) and of `titles`; `age`: 0 is a user's latest."""

    user: np.ndarray
    item: np.ndarray
    age: np.ndarray
    users: int
    titles: list[str]
    texts: list[str]  # one per title
    described: int  # titles with more than their own words and kinds
    dropped: dict[str, int]  # rows left out, by reason

    def matrix(self, rows: np.ndarray, half_life: float = np.inf) -> np.ndarray:
        """Return (users, items), float32: 1 where `rows` (bool) hold a like, halved for every `half_life` later likes."""
        found = np.zeros((self.users, len(self.titles)), dtype=np.float32)
        age = self.age[rows]
        found[self.user[rows], self.item[rows]] = 0.5 ** ((age - age.min(initial=0)) / half_life)
        return found

    def at(self, age: int) -> np.ndarray:
        """Return the item of each user's like of that age, shape (users,)."""
        found = np.empty(self.users, dtype=np.int64)
        found[self.user[self.age == age]] = self.item[self.age == age]
        return found


def read(scenario: Scenario) -> Histories:
    """Return the likes of users with three or more, in order of time; only user, item, time and rating are read.

    Raises InputError for missing columns, unknown items, times that are none, or too few users.
    """
    chosen = inputs.chosen(scenario, Recommendation)
    accepted, names = scenario.accept_licence, chosen.columns
    likes, items = inputs.frame(chosen.histories, accepted), inputs.frame(chosen.items, accepted)
    inputs.need(likes, (names.user, names.item, names.time), chosen.histories)
    inputs.need(items, (names.item, names.title), chosen.items)
    items = items.drop_duplicates(names.item)
    likes, dropped = _likes(likes, chosen, items[names.item])
    extra = _texts(_films(chosen.texts, accepted), chosen.texts) if chosen.texts else {}
    written = [extra.get(_key(str(title)), "") for title in items[names.title]]
    number = {key: place for place, key in enumerate(items[names.item])}
    user = likes[names.user].astype("category").cat.codes.to_numpy()
    return Histories(
        user=user,
        item=likes[names.item].map(number).to_numpy(dtype=np.int64),
        age=likes.groupby(names.user).cumcount(ascending=False).to_numpy(),
        users=int(user.max()) + 1,
        titles=[str(title) for title in items[names.title]],
        texts=[f"{own} {more}".strip() for own, more in zip(_described(items, chosen), written, strict=True)],
        described=sum(bool(text) for text in written),
        dropped=dropped,
    )


def _likes(likes: pd.DataFrame, chosen: Recommendation, known: pd.Series) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return what counts as a like, oldest first, and what was left out; a user's ties in time keep the order of the file."""
    names, pair = chosen.columns, [chosen.columns.user, chosen.columns.item]
    likes = likes.assign(**{names.time: _times(likes[names.time])})
    steps: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
        "incomplete": lambda rows: rows.dropna(subset=[names.user, names.item, names.time]),
        "disliked": lambda rows: rows[rows[names.rating] >= chosen.liked_from] if names.rating in rows else rows,
        "unknown_item": lambda rows: rows[rows[names.item].isin(known)],
        "repeated": lambda rows: rows.sort_values([names.user, names.time], kind="stable").drop_duplicates(pair),
        "short_history": lambda rows: rows[rows.groupby(names.user)[names.item].transform("size") >= _LEAST],
    }
    dropped = {}
    for reason, kept in steps.items():
        before, likes = len(likes), kept(likes)
        dropped[reason] = before - len(likes)
    if likes[names.user].nunique() < 20:
        given = f"{likes[names.user].nunique()} users with {_LEAST} likes or more"
        raise InputError(given, "20 or more", "application.histories, or application.liked_from")
    return likes, {reason: count for reason, count in dropped.items() if count}


def _times(written: pd.Series) -> pd.Series:
    """Return times that can be put in order, a missing one missing; raises InputError for what is neither date nor seconds."""
    import pandas as pd

    if written.dtype.kind in "ifM":
        return written
    dates = pd.to_datetime(written, format="ISO8601", utc=True, errors="coerce")
    if (bad := written[dates.isna() & written.notna()]).empty:
        return dates
    raise InputError(
        f"'{str(bad.iloc[0])[:40]}' in '{written.name}'", "dates as 2026-11-01, or seconds", "application.columns.time"
    )


def _described(items: pd.DataFrame, chosen: Recommendation) -> list[str]:
    """Return each item's title, its column `text` where it has one, and the names of its yes-or-no columns that say yes."""
    flags = [name for name in items.select_dtypes("number") if set(items[name].unique()) <= {0, 1}]
    own = items["text"].fillna("").astype(str) if "text" in items else [""] * len(items)
    kinds = [" ".join(name for name, said in zip(flags, row, strict=True) if said) for row in items[flags].to_numpy()]
    return [" ".join(parts) for parts in zip(items[chosen.columns.title].astype(str), own, kinds, strict=True)]


def _texts(frame: pd.DataFrame, origin: str) -> dict[tuple[str, str], str]:
    """Return what is written about a title of a year: every other column's words."""
    inputs.need(frame, ("title", "year"), origin)
    words = frame.drop(columns=["title", "year"]).fillna("").astype(str).agg(" ".join, axis=1)
    keys = zip(frame["title"].astype(str), frame["year"], strict=True)
    return {(_folded(title), f"{year}"): text for (title, year), text in zip(keys, words, strict=True)}


def _key(title: str) -> tuple[str, str]:
    """Return title and year of 'Postino, Il (1994)', as they are written elsewhere: il postino, 1994."""
    year = _YEAR.search(title)
    return _folded(_YEAR.sub("", title)), year[1] if year else ""


def _folded(title: str) -> str:
    plain = re.sub(r"\s*\(.*\)", "", title.casefold()).strip()
    turned = _ARTICLE.sub(r"\2 \1", plain)
    return re.sub(r"\W+", " ", turned).strip()


def _films(origin: str, accepted: bool) -> pd.DataFrame:
    """Return what is written about films: a table, or a packaged SQLite file, which is opened in memory."""
    import pandas as pd

    kind, _, name = origin.partition(":")
    if kind != "packaged" or not next(iter(packages.dataset(name, accepted)["members"].values())).endswith(".db"):
        return inputs.frame(origin, accepted)
    content = sets.content(name, accepted)
    with sqlite3.connect(":memory:") as memory:
        memory.deserialize(content)
        return pd.read_sql_query(_FILMS, memory)
