"""Uncertain numbers: each a rising function of a standard-normal driver, drawn jointly, shared by name.

What the ends of a range mean depends on its shape:
`pert`, `triangular` and `uniform` never leave [low, high], and `mid` is the most likely value (pert, triangular);
`lognormal` has low = P10, mid = P50, high = P90 (two half-normals in logs, so that all three are met).
Measured numbers enter the same way: rates as Beta posteriors of counts, speeds as lognormals of their 95 % interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal
from zlib import crc32

import numpy as np

from bigmodel_utils.choices import Assumption
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import Origin, Quantity
from bigmodel_utils.value.refusals import ValueRefused

if TYPE_CHECKING:
    from bigmodel_utils.scenario import Scenario

Z80 = 1.2815515655446004  # standard-normal P90: the end of an 80 % interval
SOURCE = "this run's figures and the scenario"
Z95 = 1.959963984540054  # standard-normal P97.5: the end of a 95 % interval

_GRID = np.linspace(-8.0, 8.0, 4097)  # drivers at which a quantile function without closed form is tabulated


@dataclass(frozen=True)
class Marginal:
    """The distribution of one named number. `parameters`: (low, mid, high), or (a, b) for beta, or (value,)."""

    name: str
    unit: str
    origin: Origin
    shape: Literal["pert", "triangular", "uniform", "lognormal", "beta", "constant"]
    parameters: tuple[float, ...]

    def at(self, driver: np.ndarray | float) -> np.ndarray:
        """Return the values at standard-normal drivers of any shape."""
        driver = np.asarray(driver, dtype=float)
        if self.shape == "constant":
            return np.full(driver.shape, self.parameters[0])
        if self.shape == "lognormal":
            low, mid, high = self.parameters
            slope = np.where(driver < 0, np.log(mid / low), np.log(high / mid)) / Z80
            return mid * np.exp(slope * driver)
        return np.interp(driver, _GRID, _table(self.shape, self.parameters))

    @property
    def p10(self) -> float:
        return float(self.at(-Z80))

    @property
    def p50(self) -> float:
        return float(self.at(0.0))

    @property
    def p90(self) -> float:
        return float(self.at(Z80))


@cache
def _table(shape: str, parameters: tuple[float, ...]) -> np.ndarray:
    from scipy.special import betaincinv, ndtr

    share = ndtr(_GRID)
    if shape == "beta":
        return betaincinv(*parameters, share)
    low, mid, high = parameters
    width = high - low
    if shape == "uniform":
        return low + width * share
    if shape == "triangular":
        rising = low + np.sqrt(share * width * (mid - low))
        return np.where(share < (mid - low) / width, rising, high - np.sqrt((1 - share) * width * (high - mid)))
    a, b = 1 + 4 * (mid - low) / width, 1 + 4 * (high - mid) / width
    return low + width * betaincinv(a, b, share)


def of_scenario(scenario: Scenario, names: Iterable[str]) -> dict[str, Marginal]:
    """Return the marginals of the named assumptions, and of all that are correlated with others: they are drawn together."""
    wanted = dict.fromkeys([*names, *(name for pair in correlated(scenario) for name in pair)])
    return from_assumptions({name: scenario.assumption(name) for name in wanted})


def correlated(scenario: Scenario) -> dict[tuple[str, str], float]:
    """Return the correlations of drivers that give the scenario's rank correlations: 2 sin(pi r / 6) (Pearson 1907).

    A number without range cannot move together with another: its pairs are left out.
    """
    ranged = {name for name, given in scenario.assumptions.items() if given.low < given.high}
    pairs = [(*pair.between, pair.value) for pair in scenario.correlations]
    return {(a, b): 2 * float(np.sin(np.pi * value / 6)) for a, b, value in pairs if {a, b} <= ranged}


def check(scenario: Scenario) -> None:
    """Raises ValueRefused, naming the nearest that do, where the scenario's correlations cannot hold together."""
    if pairs := correlated(scenario):
        correlation_matrix(sorted({name for pair in pairs for name in pair}), pairs)


def from_assumptions(assumptions: Mapping[str, Assumption]) -> dict[str, Marginal]:
    """Return the marginal of each assumption, by name."""
    return {name: ranged(name, a.low, a.mid, a.high, a.unit, a.shape) for name, a in assumptions.items()}


def ranged(name: str, low: float, mid: float, high: float, unit: str, shape: str = "pert") -> Marginal:
    """Return an assumed range in that `shape`, or as a constant where it has no width."""
    if low == high:
        return constant(name, mid, unit, "assumed")
    return Marginal(name, unit, "assumed", shape, (float(low), float(mid), float(high)))


def constant(name: str, value: float, unit: str, origin: Origin = "measured") -> Marginal:
    """Return a number without uncertainty."""
    return Marginal(name, unit, origin, "constant", (float(value),))


def from_counts(name: str, hits: int, misses: int) -> Marginal:
    """Return the posterior of a rate after `hits` and `misses`: Beta(hits + 1, misses + 1).

    Raises ValueRefused for negative counts, or none at all: a rate that was never measured is not 0.5.
    """
    if not (hits >= 0 and misses >= 0 and 0 < hits + misses < np.inf):
        raise ValueRefused(f"{name} from {hits} hits and {misses} misses", "counts of zero or more, at least one in all", name)
    return Marginal(name, "share", "measured", "beta", (float(hits + 1), float(misses + 1)))


def from_quantity(name: str, quantity: Quantity) -> Marginal:
    """Return a positive measured or estimated number as a lognormal of its interval, or as a constant without one.

    The interval holds 95 % when measured and 80 % otherwise (see Quantity).
    """
    if quantity.low is None or quantity.high is None or quantity.low == quantity.high:
        return constant(name, quantity.mid, quantity.unit, quantity.origin)
    if quantity.low <= 0:
        raise ValueRefused(f"{name} from {quantity.low:g}", "a positive interval", name)
    shrink = Z80 / Z95 if quantity.origin == "measured" else 1.0
    low = quantity.mid * (quantity.low / quantity.mid) ** shrink
    high = quantity.mid * (quantity.high / quantity.mid) ** shrink
    return Marginal(name, quantity.unit, quantity.origin, "lognormal", (low, quantity.mid, high))


def drivers(
    names: Iterable[str], count: int, seed: int, correlations: Mapping[tuple[str, str], float] | None = None
) -> dict[str, np.ndarray]:
    """Return standard-normal drivers, (count,) by name; a name's stream depends on nothing but the seed and itself.

    So the same name is the same draw in every figure and in every scenario of that seed (common random numbers).
    correlations: of pairs of drivers (Gaussian copula). Raises ValueRefused for an unknown name or an impossible matrix.
    """
    if count < 1:
        raise ValueRefused(f"{count} draws", "one or more", "count")
    drawn = {name: np.random.default_rng((seed, crc32(name.encode()))).standard_normal(count) for name in names}
    if correlations:
        members = sorted({name for pair in correlations for name in pair})
        for name in members:
            if name not in drawn:
                raise ValueRefused(f"correlation of '{name}'", nearest(name, drawn), "correlations")
        root = np.linalg.cholesky(correlation_matrix(members, correlations))
        drawn |= dict(zip(members, root @ np.stack([drawn[name] for name in members]), strict=True))
    return drawn


def correlation_matrix(names: list[str], correlations: Mapping[tuple[str, str], float]) -> np.ndarray:
    """Return the (k, k) matrix; raises ValueRefused, naming the nearest valid one, when not positive definite."""
    matrix = np.eye(len(names))
    for (one, other), value in correlations.items():
        i, j = names.index(one), names.index(other)
        if i == j or not -1 < value < 1:
            nearest_valid = 1 if i == j else np.clip(value, -0.99, 0.99)
            raise ValueRefused(
                f"correlation({one}, {other}) = {value:g}",
                f"between -1 and 1; the nearest is {nearest_valid:g}",
                "correlations",
            )
        matrix[i, j] = matrix[j, i] = value
    if np.linalg.eigvalsh(matrix).min() < 1e-9:
        mended = 6 / np.pi * np.arcsin(0.95 * nearest_correlation(matrix) / 2)  # ranks again, a little inside what is possible
        pairs = ", ".join(f"{a}~{b} {mended[names.index(a), names.index(b)]:.2f}" for a, b in correlations)
        raise ValueRefused(
            "correlations that contradict one another", f"a positive definite matrix; the nearest: {pairs}", "correlations"
        )
    return matrix


def nearest_correlation(matrix: np.ndarray) -> np.ndarray:
    """Return a positive definite correlation matrix near `matrix` (eigenvalues clipped, diagonal rescaled to 1)."""
    values, vectors = np.linalg.eigh(matrix)
    clipped = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(clipped))
    return clipped * np.outer(scale, scale)


def draw(
    marginals: Mapping[str, Marginal], count: int, seed: int, correlations: Mapping[tuple[str, str], float] | None = None
) -> dict[str, np.ndarray]:
    """Return draws by name, each (count,), joint under a Gaussian copula; see `drivers`."""
    driven = drivers((n for n, m in marginals.items() if m.shape != "constant"), count, seed, correlations)
    return {name: m.at(driven[name]) if name in driven else np.full(count, m.parameters[0]) for name, m in marginals.items()}


def medians(marginals: Mapping[str, Marginal]) -> dict[str, float]:
    """Return every number at its P50."""
    return {name: marginal.p50 for name, marginal in marginals.items()}


def spread(values: np.ndarray, unit: str, n: int | None = None) -> Quantity:
    """Return the median of draws with their 80 % interval; n: on how many measured rows they rest."""
    ends, method = np.percentile(values, (10, 50, 90)), "P50 with P10 and P90 over joint draws of all inputs"
    return Quantity.estimated(*ends, unit, source=SOURCE, method=method, n=n)
