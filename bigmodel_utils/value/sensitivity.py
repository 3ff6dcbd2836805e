"""What moves the value: one input at a time, and how far each must move to change the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.value import simulation, uncertainty
from bigmodel_utils.value.refusals import ValueRefused
from bigmodel_utils.value.uncertainty import Marginal

if TYPE_CHECKING:
    import pandas as pd


def tornado(marginals: Mapping[str, Marginal], years: int) -> pd.DataFrame:
    """Return the NPV with each uncertain input at its P10 and P90, all others at P50, widest swing first.

    Columns: assumption, low_value, high_value, npv_at_low, npv_at_high, npv_at_mid (USD; every input at P50), unit.
    """
    import pandas as pd

    uncertain = [m for m in marginals.values() if m.shape != "constant"]
    x = {name: np.full(2 * len(uncertain) + 1, value) for name, value in uncertainty.medians(marginals).items()}
    for place, marginal in enumerate(uncertain):
        x[marginal.name][2 * place : 2 * place + 2] = marginal.p10, marginal.p90
    *at_ends, at_mid = simulation.npv(x, years)
    table = pd.DataFrame(
        {
            "assumption": [m.name for m in uncertain],
            "low_value": [m.p10 for m in uncertain],
            "high_value": [m.p90 for m in uncertain],
            "npv_at_low": at_ends[::2],
            "npv_at_high": at_ends[1::2],
            "npv_at_mid": at_mid,
            "unit": [m.unit for m in uncertain],
        }
    )
    order = (table["npv_at_high"] - table["npv_at_low"]).abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def sobol(marginals: Mapping[str, Marginal], years: int, size: int = 1024, seed: int = 0) -> pd.DataFrame:
    """Return the share that each input has in where the NPV ends among all: columns assumption, first, total (+ half-widths of 95 %).

    Saltelli 2010 by SALib, on independent latent drivers and on the ranks of the NPV: of its own variance a few very rich
    futures would hold so much that another seed names other shares. `size` is a power of two, and costs size * (inputs + 2) runs.
    """
    uncertain = [m for m in marginals.values() if m.shape != "constant"]
    middle = uncertainty.medians(marginals)

    def npv(share: np.ndarray) -> np.ndarray:
        """Ranks of the NPV, (n,) in (0, 1], at drivers given as shares, (n, inputs)."""
        from scipy.special import ndtri
        from scipy.stats import rankdata

        drawn = {m.name: m.at(ndtri(share[:, place])) for place, m in enumerate(uncertain)}
        x = {name: drawn.get(name, np.full(len(share), value)) for name, value in middle.items()}
        return rankdata(simulation.npv(x, years)) / len(share)

    table = sobol_indices(npv, [m.name for m in uncertain], [(0.0, 1.0)] * len(uncertain), size, seed)
    return table.rename(columns={"name": "assumption"})


def sobol_indices(
    function: Callable[[np.ndarray], np.ndarray], names: list[str], bounds: list[tuple[float, float]], size: int, seed: int
) -> pd.DataFrame:
    """Return name, first, total, first_half_width, total_half_width, widest total first; function: (n, k) -> (n,)."""
    import pandas as pd
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    if size < 2 or size & (size - 1):
        raise ValueRefused(
            f"size {size}", f"a power of two; the nearest is {2 ** max(1, round(np.log2(max(size, 2))))}", "size"
        )
    problem = {"num_vars": len(names), "names": names, "bounds": [list(bound) for bound in bounds]}
    points = sampling.sample(problem, size, calc_second_order=False, seed=seed)
    inside = np.clip(points, 1e-9, 1 - 1e-9) if all(bound == (0.0, 1.0) for bound in bounds) else points
    found = analysis.analyze(problem, function(inside), calc_second_order=False, seed=seed)
    table = pd.DataFrame(
        {
            "name": names,
            "first": found["S1"],
            "total": found["ST"],
            "first_half_width": found["S1_conf"],
            "total_half_width": found["ST_conf"],
        }
    )
    return table.sort_values("total", ascending=False, kind="stable").reset_index(drop=True)


def centre(marginal: Marginal) -> float:
    """Return the number that stands for the range: its `mid` as given, or the median of a posterior."""
    return marginal.parameters[1] if len(marginal.parameters) == 3 else marginal.p50


def moved(marginal: Marginal, values: np.ndarray, step: float) -> np.ndarray:
    """Return draws of `marginal` with the whole range moved by `step`: in log-odds for shares, else in logs.

    So a share stays between 0 and 1, and a price stays positive.
    """
    if is_share(marginal):
        inside = np.clip(values, 1e-9, 1 - 1e-9)
        return 1 / (1 + (1 - inside) / inside * np.exp(-step))
    return values * np.exp(step)


def is_share(marginal: Marginal) -> bool:
    """Whether the number cannot leave [0, 1]: its unit says share."""
    return marginal.unit.startswith("share")
