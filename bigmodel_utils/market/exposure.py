"""The venture's worth once the risk register's losses come off it, and what the mitigations that pay give back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.market import risk
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bigmodel_utils.value.valuation import Valuation

_ALMOST_NO_INTEREST = 1e-9
_CASES = {
    "before": Message("Without the register"),
    "after": Message("With its losses"),
    "mitigated": Message("With its losses and the mitigations that pay"),
}


@dataclass(frozen=True)
class Exposure:
    """Net present value of each future, (draws,), USD: `before` and `after` the register's losses, and `mitigated`.

    `mitigations` is how many are worth more than they cost once their savings are discounted; `mitigated` pays them at the start.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    mitigated: NDArray[np.float64]
    mitigations: int

    def gain(self, case: str) -> float:
        """Return the share of futures that gain money in `before`, `after` or `mitigated`."""
        return float(np.mean(getattr(self, case) > 0))

    @property
    def table(self) -> pd.DataFrame:
        """One row a case: case, title, npv_low, npv_mid, npv_high (P10, P50, P90, USD), gain."""
        import pandas as pd

        rows = [
            (case, title.text, *np.quantile(getattr(self, case), [0.1, 0.5, 0.9]), self.gain(case))
            for case, title in _CASES.items()
        ]
        return pd.DataFrame(rows, columns=["case", "title", "npv_low", "npv_mid", "npv_high", "gain"])

    @property
    def finding(self) -> Message:
        """What the register takes from the venture, as a sentence."""
        values = {
            "before": self.gain("before"),
            "after": self.gain("after"),
            "usd": float(np.mean(self.before - self.after)),
        }
        if self.mitigations == 0:
            return Message(
                "The risks on file take {usd:money} on average: {after:percent} of the futures gain money with them, "
                "{before:percent} without. No mitigation pays for itself at this discount.",
                **values,
            )
        return Message(
            "The risks on file take {usd:money} on average: {after:percent} of the futures gain money with them, "
            "{before:percent} without, and {mitigated:percent} once the {count} mitigations that pay for themselves at this discount are paid.",
            mitigated=self.gain("mitigated"),
            count=self.mitigations,
            **values,
        )


def with_risks(worth: Valuation) -> Exposure:
    """Return the venture's net present values with and without the losses of data/facts/risks.csv."""
    known = risk.register(facts.load("risks"))
    return exposed(
        worth.paths.npv,
        worth.draws["discount_rate"],
        worth.years,
        known,
        facts.as_range("risk_correlation")["mid"],
        worth.scenario.seed,
    )


def exposed(
    npv: NDArray[np.float64],
    discount_rate: NDArray[np.float64],
    years: float,
    risks: Sequence[risk.Risk],
    correlation: float,
    seed: int,
) -> Exposure:
    """Return `npv` (draws,) less the losses of `risks`, which fall independently of what else the future brings.

    Both registers meet the same luck, so that they differ by the mitigations alone. Raises MarketError as `risk.simulate`.
    """
    # A mitigation is paid today, what it saves comes over the years: a dollar lost at any moment of T years is worth
    # (1 - (1 + r)^-T) / (T ln(1 + r)) on average.
    growth = np.log1p(np.maximum(discount_rate, _ALMOST_NO_INTEREST))
    today = float(np.mean(-np.expm1(-growth * years) / (growth * years)))
    pays = [today * (item.expected_usd - item.mitigated().expected_usd) > item.mitigation_usd for item in risks]
    cured = [item.mitigated() if paid else item for item, paid in zip(risks, pays, strict=True)]
    spent = sum(item.mitigation_usd for item, paid in zip(risks, pays, strict=True) if paid)

    def lost(register: Sequence[risk.Risk]) -> NDArray[np.float64]:
        rng = np.random.default_rng([seed, 1])  # a stream of its own: the futures share no luck with it
        return risk.losses_today(risk.simulate(register, len(npv), rng, correlation), discount_rate, years, rng)

    return Exposure(npv, npv - lost(risks), npv - lost(cured) - spent, sum(pays))
