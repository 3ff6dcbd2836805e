"""What the sales of classic products teach about forecasts of a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils import facts
from bigmodel_utils.market import backtest, diffusion

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DURABLES = "thousand units"  # unit of the series that are durables sold to households
NOTED = "room_air_conditioners"


def durables() -> dict[str, np.ndarray]:
    """Return yearly sales of the classic durables by name, thousand units."""
    rows = facts.load("adoption_series")
    groups = rows[rows["unit"] == DURABLES].groupby("series", sort=False)
    return {str(name): group["adopters"].to_numpy(float) for name, group in groups}


def forecasts_of_durables() -> pd.DataFrame:
    """Return how far each method missed three years out on the durables; columns as `backtest.summary`."""
    ranges = (facts.as_range(f"bass_prior_{name}") for name in ("innovation", "imitation", "market"))
    belief = diffusion.prior(*ranges, facts.as_range("bass_noise")["mid"])
    return backtest.summary(backtest.back_test(durables(), belief))


def air_conditioner_market() -> tuple[float, float]:
    """Return the market of room air conditioners by our least squares, and as published, thousand units."""
    return diffusion.fit_least_squares(durables()[NOTED]).m, facts.as_range("bass_market_air_conditioners")["mid"]
