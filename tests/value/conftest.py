"""The default scenario with plausible measured figures, valued once for the room."""

import pandas as pd
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import valuation as valuations


@pytest.fixture(scope="session")
def confusion():
    counts = {"a": (1000, 200, 420, 780), "b": (1080, 120, 360, 840), "p": (1085, 115, 350, 850)}
    names = ("true_positive", "false_negative", "false_positive", "true_negative")
    return pd.DataFrame([{"model": model, **dict(zip(names, row, strict=True))} for model, row in counts.items()])


@pytest.fixture(scope="session")
def figures():
    speed = Quantity(mid=90, low=85, high=95, unit="reviews/s", origin="measured", source="a run")
    return {"samples_per_second": speed, "train_seconds_b": Quantity(mid=228, unit="s", origin="measured", source="a run")}


@pytest.fixture(scope="session")
def valuation(figures, confusion):
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 4000})
    return valuations.estimate(chosen, figures, confusion, cores=2)
