"""Pictures and tables of two markets, split as texts are: home rows, target rows to learn from and to be judged on."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.application_choices import BeyondText
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.inputs import InputError
from bigmodel_utils.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """x: float32, (rows, features) or (rows, height, width); y: label numbers."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def pick(self, rows: np.ndarray) -> Rows:
        return Rows(self.x[rows], self.y[rows])


@dataclass(frozen=True)
class Subject:
    """One kind of data in two markets. `name`: pictures or table; `labels`: how many there are.

    Of the target market: `adapt` to learn from, `tune` to stop and calibrate on, `trust` to set the line on, `test` to be judged on.
    """

    name: str
    labels: int
    home: Rows
    adapt: Rows
    tune: Rows
    trust: Rows
    test: Rows


def pictures(scenario: Scenario) -> Subject:
    """Return grey pictures of both markets, brought to the size of the target market's and to shades from 0 to 1."""
    chosen = inputs.chosen(scenario, BeyondText)
    home, target = (
        _pictures(inputs.frame(origin, scenario.accept_licence, header=False), origin)
        for origin in (chosen.pictures_home, chosen.pictures_target)
    )
    side = target.x.shape[1]
    return _split("pictures", Rows(_shrunk(home.x, side), home.y), target, chosen, scenario.seed)


def table(scenario: Scenario) -> Subject:
    """Return a table's rows on both sides of the dividing line, numbers on the home market's scale."""
    chosen = inputs.chosen(scenario, BeyondText)
    given = chosen.table
    frame = inputs.frame(given.origin, scenario.accept_licence)
    inputs.need(frame, (given.value, given.divide, *given.left_out), given.origin)
    features = frame.drop(columns=[given.value, given.divide, *given.left_out]).select_dtypes("number")
    whole = features.notna().all(axis=1) & frame[given.value].notna() & frame[given.divide].notna()
    x, y = features[whole].to_numpy(dtype=np.float64), (frame[given.value] > given.above)[whole].to_numpy().astype(int)
    abroad = (frame[given.divide] < given.at)[whole].to_numpy()
    if not abroad.any() or abroad.all():
        raise InputError(f"{given.divide} divided at {given.at:g}", "rows on both sides", "application.table.at")
    low, high = np.quantile(x[~abroad], [0.01, 0.99], axis=0)  # a block with 1,200 people to a home is a slip of the pen
    x = np.clip(x, low, high)
    x = ((x - x[~abroad].mean(axis=0)) / (x[~abroad].std(axis=0) + 1e-9)).astype(np.float32)
    return _split("table", Rows(x[~abroad], y[~abroad]), Rows(x[abroad], y[abroad]), chosen, scenario.seed)


def _split(name: str, home: Rows, target: Rows, chosen: BeyondText, seed: int) -> Subject:
    """Draw the target market's parts; what is left is the test, and no label may be missing where it is learned from."""
    labels = int(max(home.y.max(), target.y.max())) + 1
    need = chosen.rows + 2 * chosen.checked_rows
    if len(target) <= need or min(len(np.unique(home.y)), len(np.unique(target.y))) < 2:
        given = f"{len(target)} rows of the {name}' target market"
        raise InputError(given, f"more than {need}, of two labels or more", "application.rows")
    order = np.random.default_rng(seed).permutation(len(target))
    adapt, tune, trust, test = np.split(order, [chosen.rows, chosen.rows + chosen.checked_rows, need])
    return Subject(name, labels, home, *(target.pick(part) for part in (adapt, tune, trust, test)))


def _pictures(frame: pd.DataFrame, origin: str) -> Rows:
    """Return a row per picture: grey values of a square, then the label."""
    side = isqrt(frame.shape[1] - 1)
    numbers = frame.select_dtypes("number")
    if side < 4 or side**2 != frame.shape[1] - 1 or numbers.shape != frame.shape or numbers.isna().any(axis=None):
        allowed = "grey values of a square and a label, all numbers"
        raise InputError(f"{origin} with {frame.shape[1]} columns", allowed, "application in the scenario")
    values = frame.to_numpy(dtype=np.float32)
    grey = values[:, :-1].reshape(-1, side, side)
    return Rows(grey / max(float(grey.max()), 1e-9), values[:, -1].astype(int))


def _shrunk(grey: np.ndarray, side: int) -> np.ndarray:
    """Return pictures cut to the frame that holds ink in nearly all of them, averaged down to `side` x `side`."""
    import torch

    if grey.shape[1] == side:
        return grey
    ink = grey.mean(axis=0) > 0.01 * grey.mean(axis=0).max()
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    cut = torch.tensor(grey[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    small = torch.nn.functional.adaptive_avg_pool2d(cut[:, None], side)[:, 0].numpy()
    return small / max(float(small.max()), 1e-9)
