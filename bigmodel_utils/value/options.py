"""The right to wait, expand or abandon: a decision tree with stated probabilities, and closed forms as a check.

A project is not traded, so the tree is the answer; Black-Scholes and the binomial lattice only test its size.
Sources: Black & Scholes 1973; Cox, Ross & Rubinstein 1979; values in Hull, Options, Futures and Other Derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from bigmodel_utils.value import refusals

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["call", "put"]
NEWS_SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Chance:
    """Branches that nature takes: (probability, node) each; `delay` years pass first."""

    branches: Sequence[tuple[float, Node]]
    delay: float = 0.0


@dataclass(frozen=True)
class Choice:
    """Branches that we take: name -> node; `delay` years pass first."""

    branches: Mapping[str, Node]
    delay: float = 0.0


Node = Chance | Choice | float  # a number is money then


def tree_value(node: Node, discount_rate: float) -> float:
    """Return the value today of deciding well at every choice, USD; raises ValueRefused where chances do not sum to 1."""
    if isinstance(node, (int, float)):
        return float(node)
    refusals.discountable(discount_rate=discount_rate)
    if not node.branches:
        raise refusals.ValueRefused(f"a {type(node).__name__.lower()} without branches", "one branch or more", "branches")
    shrink = (1 + discount_rate) ** -node.delay
    if isinstance(node, Choice):
        return shrink * max(tree_value(branch, discount_rate) for branch in node.branches.values())
    chances = [chance for chance, _ in node.branches]
    refusals.share(chance=np.array(chances))
    if abs(sum(chances) - 1) > 1e-9:
        raise refusals.ValueRefused(f"chances that sum to {sum(chances):g}", "a sum of 1", "branches")
    return shrink * sum(chance * tree_value(branch, discount_rate) for chance, branch in node.branches)


def wait_or_enter(npv: np.ndarray, news_share: float, discount_rate: float, years: float) -> dict[str, float]:
    """Return the worth of entering now, and of waiting `years` for news and then entering only if it pays, USD.

    npv: draws (n,). News reveals `news_share` of what is uncertain (0 none, 1 all), as the part of its variance.
    """
    refusals.share(news_share=news_share)
    refusals.not_negative(years=years)
    refusals.finite(npv=npv)
    mean, revealed = float(np.mean(npv)), np.sqrt(news_share)
    expected = mean + revealed * (npv - mean)
    tree = Chance([(1 / len(npv), float(max(0.0, value))) for value in expected], delay=years)
    return {"now": max(0.0, mean), "wait": tree_value(tree, discount_rate)}


def waiting(npv: np.ndarray, discount_rate: np.ndarray, years: float) -> pd.DataFrame:
    """Return news_share, now, wait (USD): entering now, or `years` later if news that clears up that share of the doubt says so."""
    import pandas as pd

    rows = [{"news_share": share} | wait_or_enter(npv, share, float(np.median(discount_rate)), years) for share in NEWS_SHARES]
    return pd.DataFrame(rows)


def black_scholes(value: float, strike: float, rate: float, volatility: float, years: float, kind: Kind = "call") -> float:
    """Return the worth of the right to pay (call) or to receive (put) `strike` for `value` after `years`."""
    from scipy.stats import norm

    refusals.above_zero(value=value, strike=strike, volatility=volatility, years=years)
    refusals.finite(rate=rate)
    spread = volatility * np.sqrt(years)
    d1 = (np.log(value / strike) + (rate + volatility**2 / 2) * years) / spread
    sign = 1 if kind == "call" else -1
    paid = strike * np.exp(-rate * years) * norm.cdf(sign * (d1 - spread))
    return float(sign * (value * norm.cdf(sign * d1) - paid))


def up_probability(up: float, down: float, rate: float, years: float) -> float:
    """Return the risk-neutral probability of an up move; raises ValueRefused where the moves allow a sure gain."""
    growth = np.exp(rate * years)
    if not down < growth < up:
        raise refusals.ValueRefused(
            f"up {up:g}, down {down:g} around {growth:g}", "down < growth at the riskless rate < up", "up, down"
        )
    return float((growth - down) / (up - down))


def binomial(
    value: float,
    strike: float,
    rate: float,
    volatility: float,
    years: float,
    kind: Kind = "call",
    early: bool = False,
    steps: int = 500,
) -> float:
    """Return the lattice worth of the same right; `early` lets it be used at any step (abandonment is an early put)."""
    refusals.above_zero(value=value, strike=strike, volatility=volatility, years=years, steps=steps)
    step = years / steps
    up = float(np.exp(volatility * np.sqrt(step)))
    chance, shrink, sign = up_probability(up, 1 / up, rate, step), np.exp(-rate * step), 1 if kind == "call" else -1
    worth = np.maximum(0, sign * (value * up ** np.arange(-steps, steps + 1, 2.0) - strike))
    for level in range(steps - 1, -1, -1):
        worth = shrink * (chance * worth[1:] + (1 - chance) * worth[:-1])
        if early:
            worth = np.maximum(worth, sign * (value * up ** np.arange(-level, level + 1, 2.0) - strike))
    return float(worth[0])
