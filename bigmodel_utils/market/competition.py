"""Against whom: market shares under a choice model, and strengths and threats by their numbers.

Multinomial logit (McFadden 1974), nested where some offers are near-clones: a plain logit gives a clone as much as it
gives the original, and takes it from everybody alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils.errors import nearest
from bigmodel_utils.market import MarketError
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd


def utilities(offers: pd.DataFrame, weights: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Return the utility of each offer: the weighted sum of its numeric columns, shape (offers,) or (draws, offers).

    Weights are numbers or arrays of draws. Staying without any offer has utility 0, so a column of ones says how much
    buyers want one at all. Raises MarketError for a column that is missing or has empty cells.
    """
    for column in weights:
        if column not in offers:
            raise MarketError(f"weight of '{column}'", nearest(column, offers.columns), "the table of rivals")
        if offers[column].isna().any():
            row = offers.index[offers[column].isna()][0]
            raise MarketError(f"no {column} for {row}", "a number in each row that is compared", "the table of rivals")
    return sum(np.asarray(weight)[..., None] * offers[column].to_numpy(float) for column, weight in weights.items())


def shares(utility: ArrayLike) -> NDArray[np.float64]:
    """Return choice shares of each offer and, last, of buying nothing: exp(v) / (1 + sum exp(v)).

    `utility` has shape (…, offers); the result (…, offers + 1) adds up to one.
    """
    v = _known(utility)
    v = np.concatenate([v, np.zeros((*v.shape[:-1], 1))], axis=-1)
    weight = np.exp(v - v.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def nested_shares(utility: ArrayLike, nests: Sequence[str], dissimilarity: ArrayLike) -> NDArray[np.float64]:
    """Return shares as `shares` does, with offers of one nest closer substitutes.

    `utility` has shape (…, offers), `dissimilarity` (…): 1 is the plain logit; towards 0, offers in a nest become the
    same thing. Raises MarketError outside (0, 1] or when nests and offers differ in number.
    """
    v, spread = _known(utility), np.asarray(dissimilarity, float)
    if not np.all((spread > 0) & (spread <= 1)):
        raise MarketError(f"dissimilarity {np.min(spread):g}", "above 0, at most 1", "the call of competition.nested_shares")
    if len(nests) != v.shape[-1]:
        raise MarketError(
            f"{len(nests)} nests for {v.shape[-1]} offers", "one nest for each offer", "column 'nest' of the rivals"
        )
    scaled = v / spread[..., None]
    within, inclusive = np.zeros_like(scaled), []
    names = np.asarray(nests)
    members = [names == nest for nest in dict.fromkeys(nests)]
    for here in members:
        top = scaled[..., here].max(axis=-1, keepdims=True)
        weight = np.exp(scaled[..., here] - top)
        total = weight.sum(axis=-1, keepdims=True)
        within[..., here] = weight / total
        inclusive.append(spread * (top + np.log(total))[..., 0])
    between = shares(np.stack(inclusive, axis=-1))
    for position, here in enumerate(members):
        within[..., here] *= between[..., position, None]
    return np.concatenate([within, between[..., -1:]], axis=-1)


def _known(utility: ArrayLike) -> NDArray[np.float64]:
    v = np.asarray(utility, float)
    if not (v.size and np.isfinite(v).all()):
        raise MarketError("a utility that is missing or infinite", "a finite number for each offer", "the table of rivals")
    return v


@dataclass(frozen=True)
class Comparison:
    """One figure of ours against the rivals' (or against a level that matters), by name and by `title` for the reader.

    `internal` figures are ours to change (price, accuracy), external ones are the market's (demand, rules). `spec` is
    how the two numbers are written, see `messages.format_value`; `beside` says whose the second is.
    """

    figure: str
    title: Message
    ours: float
    theirs: float
    higher_is_better: bool
    internal: bool
    spec: str = "number1"
    beside: Message | None = None

    @property
    def line(self) -> Message:
        """The comparison as a sentence."""
        ours, theirs = (Message("{value:" + self.spec + "}", value=value) for value in (self.ours, self.theirs))
        if self.beside is None:
            return Message("{title}: {ours} against {theirs}", title=self.title, ours=ours, theirs=theirs)
        return Message(
            "{title}: {ours} against {theirs} ({beside})", title=self.title, ours=ours, theirs=theirs, beside=self.beside
        )


def swot(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return quadrant, figure, ratio, line: each comparison as a strength, weakness, opportunity or threat.

    A figure equal to the rivals' says nothing and gets no line. Largest differences first.
    """
    import pandas as pd

    rows = []
    for item in comparisons:
        if item.ours == item.theirs:
            continue
        good = (item.ours > item.theirs) == item.higher_is_better
        quadrant = {(True, True): "strength", (False, True): "weakness", (True, False): "opportunity", (False, False): "threat"}
        ratio = float(item.ours / item.theirs) if item.theirs else float("inf")
        rows.append((quadrant[good, item.internal], item.figure, ratio, item.line))
    rows.sort(key=lambda row: -_difference(row[2]))
    return pd.DataFrame(rows, columns=["quadrant", "figure", "ratio", "line"])


def _difference(ratio: float) -> float:
    return abs(float(np.log(ratio))) if ratio > 0 else float("inf")
