"""Risk register in money: what may happen, how likely, how dear, together, and what mitigation buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bigmodel_utils.market import MarketError
from bigmodel_utils.market.size import log_sd

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Risk:
    """Something that happens or not within the horizon.

    Its damage, if it happens, is lognormal with 10 % below `low_usd` and 10 % above `high_usd`; equal ends are a fixed sum.
    Paying `mitigation_usd` lowers the probability to `probability_after`.
    """

    name: str
    area: str
    probability: float
    low_usd: float
    high_usd: float
    mitigation: str = ""
    mitigation_usd: float = 0.0
    probability_after: float | None = None

    def __post_init__(self) -> None:
        after = self.probability if self.probability_after is None else self.probability_after
        if not 0 <= after <= self.probability <= 1:
            given = f"{self.name}: probability {self.probability:g}, after mitigation {after:g}"
            raise MarketError(given, "0 <= after <= before <= 1", "the risk register")
        if not (0 < self.low_usd <= self.high_usd < np.inf and 0 <= self.mitigation_usd < np.inf):
            given = f"{self.name}: {self.low_usd:g} to {self.high_usd:g} USD, mitigation {self.mitigation_usd:g} USD"
            raise MarketError(given, "0 < low <= high, mitigation of zero or more", "the risk register")

    @property
    def expected_usd(self) -> float:
        """Probability times mean damage."""
        mean = np.sqrt(self.low_usd * self.high_usd) * np.exp(log_sd(self.low_usd, self.high_usd) ** 2 / 2)
        return float(self.probability * mean)

    def mitigated(self) -> Risk:
        """Return the risk as it stands once its mitigation is paid."""
        return self if self.probability_after is None else replace(self, probability=self.probability_after)


def register(table: pd.DataFrame) -> list[Risk]:
    """Return the risks of a table with the columns of data/facts/risks.csv; empty cells mean no mitigation."""
    blank = table.isna()
    return [
        Risk(
            name=row.risk,
            area=row.area,
            probability=row.probability,
            low_usd=row.impact_low_usd,
            high_usd=row.impact_high_usd,
            mitigation="" if none.mitigation else row.mitigation,
            mitigation_usd=0.0 if none.mitigation_usd else row.mitigation_usd,
            probability_after=None if none.probability_after else row.probability_after,
        )
        for row, none in zip(table.itertuples(), blank.itertuples(), strict=True)
    ]


def simulate(risks: Sequence[Risk], draws: int, rng: np.random.Generator, correlation: float = 0.0) -> NDArray[np.float64]:
    """Return the damage of each risk in each draw, USD, shape (draws, risks).

    Whether risks happen is tied by a Gaussian copula with one `correlation` between every two; damages are independent.
    Raises MarketError for no risks or a correlation outside [0, 1).
    """
    from scipy.stats import norm

    if not risks or draws < 1 or not 0 <= correlation < 1:
        given = f"{len(risks)} risks, {draws} draws, correlation {correlation:g}"
        raise MarketError(given, "some risks and draws, 0 <= correlation < 1", "the register")
    common, own = rng.normal(size=(draws, 1)), rng.normal(size=(draws, len(risks)))
    chance = norm.cdf(np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)
    happens = chance < [risk.probability for risk in risks]
    spread = log_sd([risk.low_usd for risk in risks], [risk.high_usd for risk in risks])
    middle = np.log([np.sqrt(risk.low_usd * risk.high_usd) for risk in risks])
    return happens * np.exp(middle + spread * rng.normal(size=happens.shape))


def losses_today(
    losses: NDArray[np.float64], discount_rate: ArrayLike, years: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return what all losses of each draw are worth at the start, (draws,), USD, zero or more, before any tax relief.

    Each loss falls at any moment of `years` with equal chance and is discounted at the draw's own yearly rate, so that
    one dollar of loss is worth (1 - (1 + r)^-T) / (T ln(1 + r)) on average. `losses` as from `simulate`.
    Raises MarketError for a horizon of zero, or rates of another number of draws.
    """
    rate = np.broadcast_to(np.asarray(discount_rate, dtype=float), np.shape(discount_rate) or (len(losses),))
    if not years > 0 or len(rate) != len(losses):
        given = f"{years:g} years, {len(rate)} discount rates for {len(losses)} draws"
        raise MarketError(given, "years above zero, one rate for each draw", "the call of risk.losses_today")
    when = years * rng.random(losses.shape)
    return (losses * (1 + rate[:, None]) ** -when).sum(axis=1)


def summary(losses: NDArray[np.float64]) -> dict[str, float]:
    """Return expected, sd, p80, p95 (USD) of the total loss and the chance of no_loss; `losses` as from `simulate`."""
    total = losses.sum(axis=1)
    return {
        "expected": float(total.mean()),
        "sd": float(total.std()),
        "p80": float(np.quantile(total, 0.8)),
        "p95": float(np.quantile(total, 0.95)),
        "no_loss": float(np.mean(total == 0)),
    }


def mitigation(risks: Sequence[Risk]) -> pd.DataFrame:
    """Return risk, area, expected, after, mitigation, cost, saves (USD), pays: largest net gain first.

    `saves` is the fall of the expected loss, `pays` whether it exceeds the cost.
    """
    import pandas as pd

    rows = []
    for risk in risks:
        after = risk.mitigated().expected_usd
        saves = risk.expected_usd - after
        rows.append(
            {
                "risk": risk.name,
                "area": risk.area,
                "expected": risk.expected_usd,
                "after": after,
                "mitigation": risk.mitigation,
                "cost": risk.mitigation_usd,
                "saves": saves,
                "pays": saves > risk.mitigation_usd,
            }
        )
    if not rows:
        raise MarketError("no risks", "one or more", "the register")
    frame = pd.DataFrame(rows)
    return frame.iloc[np.argsort(-(frame["saves"] - frame["cost"]), kind="stable")].reset_index(drop=True)
