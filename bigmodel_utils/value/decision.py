"""Go, wait or stop, and which assumption would change that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from bigmodel_utils.choices import Decision
from bigmodel_utils.value import simulation
from bigmodel_utils.value.sensitivity import centre, moved
from bigmodel_utils.value.uncertainty import Marginal

Verdict = Literal["go", "wait", "stop"]

FARTHEST = 3.0  # steps in logs or log-odds: up to twenty times, or from .5 to .95; what lies beyond is another business
SEARCH_DRAWS = 5000


@dataclass(frozen=True)
class Flip:
    """The value of one assumption at which the verdict becomes another; `reach` 1 is the end of its own range."""

    assumption: str
    now: float
    at: float
    unit: str
    verdict: Verdict
    reach: float


@dataclass(frozen=True)
class Advice:
    """The verdict, the probability that stands behind it, and the flips, nearest first."""

    verdict: Verdict
    probability: float
    flips: tuple[Flip, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def verdict(probability: float, rule: Decision) -> Verdict:
    """Return go when the probability of gain reaches `go_at`, stop below `stop_at`, else wait."""
    return "go" if probability >= rule.go_at else "stop" if probability < rule.stop_at else "wait"


def advise(npv: np.ndarray, draws: Mapping[str, np.ndarray], marginals: Mapping[str, Marginal], rule: Decision) -> Advice:
    """Return the verdict on `npv` (draws,) and every flip within reach.

    Each input's whole range is moved (see `sensitivity.moved`) while all others keep their draws, until the
    probability of gain crosses a threshold of `rule`.
    """
    probability = float(np.mean(npv > 0))
    search = _Search(npv, draws, rule)
    flips = [flip for m in marginals.values() if m.shape != "constant" for flip in search.flips(m)]
    return Advice(verdict(probability, rule), probability, tuple(sorted(flips, key=lambda flip: flip.reach)))


class _Search:
    """Looks for crossings on the first draws; anchored so that an unmoved input has exactly the full probability."""

    def __init__(self, npv: np.ndarray, draws: Mapping[str, np.ndarray], rule: Decision) -> None:
        self.rule, self.draws = rule, {name: values[:SEARCH_DRAWS] for name, values in draws.items()}
        self.probability = float(np.mean(npv > 0))
        self.anchor = self.probability - float(np.mean(npv[:SEARCH_DRAWS] > 0))

    def moved_probability(self, marginal: Marginal, step: float) -> float:
        x = {**self.draws, marginal.name: moved(marginal, self.draws[marginal.name], step)}
        return float(np.mean(simulation.npv(x, self.rule.horizon_years) > 0)) + self.anchor

    def flips(self, marginal: Marginal) -> list[Flip]:
        """Return the nearest flip to each other verdict that moving `marginal` can reach."""
        found = []
        for end in (-FARTHEST, FARTHEST):
            reached = self.moved_probability(marginal, end)
            for threshold, above, below in ((self.rule.go_at, "go", "wait"), (self.rule.stop_at, "wait", "stop")):
                if (self.probability >= threshold) != (reached >= threshold):
                    step = self._crossing(marginal, end, threshold)
                    found.append(self._flip(marginal, step, above if reached >= threshold else below))
        nearest: dict[str, Flip] = {}
        for flip in sorted(found, key=lambda flip: flip.reach):
            nearest.setdefault(flip.verdict, flip)
        return list(nearest.values())

    def _crossing(self, marginal: Marginal, end: float, threshold: float) -> float:
        from scipy.optimize import brentq

        return brentq(lambda step: self.moved_probability(marginal, step) - threshold + 1e-9, 0.0, end, xtol=2e-3)

    def _flip(self, marginal: Marginal, step: float, becomes: Verdict) -> Flip:
        now = centre(marginal)
        at = float(moved(marginal, np.array(now), step))
        low, high = marginal.parameters[0::2] if len(marginal.parameters) == 3 else (marginal.p10, marginal.p90)
        room = (high - now) if at > now else (now - low)
        return Flip(marginal.name, now, at, marginal.unit, becomes, abs(at - now) / room if room else float("inf"))
