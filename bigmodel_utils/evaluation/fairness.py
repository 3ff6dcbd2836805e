"""Do groups of texts get the same treatment at one threshold, and what would equal treatment cost?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import intervals, stability
from bigmodel_utils.evaluation.judgement import Judgement
from bigmodel_utils.scenario import DATA
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

LEAST = 10  # events, and other rows, that a group needs before a rate of it means anything
_BANDS = 3
_SHUFFLES = 500
_PREFIX = "slice_"
_COSTS = ("complaint_share", "missed_complaint_usd", "needless_contact_usd")
_RATES = ("flagged", "recall", "false_alarm_rate")


@dataclass(frozen=True)
class Disparity:
    """The widest gap of one rate between two groups: `value`, from group `lowest` to group `highest`.

    `p_value`: how often groups drawn by lot, of the same sizes, lie at least as far apart.
    """

    rate: str
    value: Quantity
    p_value: float
    lowest: str
    highest: str


@dataclass(frozen=True)
class Treatment:
    """How M_B treats the groups of one grouping, the first of `groupings`: `table` as `by_group`, `policies` as `trade_off`.

    Without groups that are large enough, `grouping` is "" and the tables are empty.
    """

    grouping: str
    table: pd.DataFrame
    disparities: list[Disparity]
    policies: pd.DataFrame


def measure(run: Run, judged: Judgement, line: float) -> Treatment:
    """Return how M_B, flagging at `line`, treats groups of the target market's test rows, and what equal treatment costs."""
    import pandas as pd

    scenario, is_event, event = run.scenario, judged.is_event, judged.predictions["b"].to_numpy()
    named = groupings(run.table(DATA, "target_test"), is_event)
    if not named:
        return Treatment("", pd.DataFrame(), [], pd.DataFrame())
    grouping, groups = next(iter(named.items()))
    costs = Costs(*(scenario.assumption(name).mid for name in _COSTS))
    return Treatment(
        grouping,
        by_group(event >= line, is_event, groups, scenario.evaluation.confidence),
        disparities(event >= line, is_event, groups, scenario.evaluation, scenario.seed),
        trade_off(event, is_event, groups, line, costs, scenario.seed),
    )


def groupings(test: pd.DataFrame, is_event: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Return grouping -> group -> which rows: the columns `slice_NAME` of a test table, else bands of text length.

    Groups with fewer than `LEAST` events or other rows are left out, and groupings with fewer than two groups.
    """
    columns = [column for column in test if column.startswith(_PREFIX)]
    found = {
        column.removeprefix(_PREFIX): {
            str(value): (test[column] == value).to_numpy() for value in test[column].dropna().unique()
        }
        for column in columns
    }
    found = found or {"length": stability.length_slices(test["text"].tolist(), _BANDS)}
    kept = {name: {g: m for g, m in groups.items() if _enough(is_event, m)} for name, groups in found.items()}
    return {name: groups for name, groups in kept.items() if len(groups) > 1}


def _enough(is_event: np.ndarray, mask: np.ndarray) -> bool:
    return min(int(is_event[mask].sum()), int((~is_event[mask]).sum())) >= LEAST


def by_group(flagged: np.ndarray, is_event: np.ndarray, groups: Mapping[str, np.ndarray], confidence: float) -> pd.DataFrame:
    """Return group, n, and flagged, recall, false_alarm_rate each with _low and _high (Wilson): a row per group."""
    import pandas as pd

    rows = []
    for name, mask in groups.items():
        row: dict[str, object] = {"group": name, "n": int(mask.sum())}
        for rate, base in zip(_RATES, (mask, mask & is_event, mask & ~is_event), strict=True):
            found = intervals.share(int((flagged & base).sum()), int(base.sum()), confidence)
            row |= {rate: found.mid, f"{rate}_low": found.low, f"{rate}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)


def disparities(
    flagged: np.ndarray, is_event: np.ndarray, groups: Mapping[str, np.ndarray], settings: Evaluation, seed: int
) -> list[Disparity]:
    """Return the widest gap between groups in the share flagged (demographic parity), in recall (equal opportunity) and
    in false alarms (with recall: equalised odds, Hardt 2016).

    The widest of several gaps is never zero by chance, so the p-value comes from groups drawn by lot; the interval is a
    bootstrap of rows within each group.
    """
    names, rng = list(groups), np.random.default_rng(seed)
    everyone = np.ones(len(is_event), dtype=bool)
    found = []
    for rate, base in zip(_RATES, (everyone, is_event, ~is_event), strict=True):
        hits = np.array([int((flagged & base & groups[name]).sum()) for name in names])
        sizes = np.array([int((base & groups[name]).sum()) for name in names])
        shares = hits / sizes
        drawn = np.ptp(rng.binomial(sizes, shares, (settings.resamples, len(names))) / sizes, axis=1)
        by_lot = np.ptp(rng.multivariate_hypergeometric(sizes, hits.sum(), _SHUFFLES) / sizes, axis=1)
        value, tail = float(np.ptp(shares)), (1 - settings.confidence) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail])
        quantity = Quantity(
            mid=value, low=min(float(low), value), high=max(float(high), value), unit="share", origin="measured",
            source=intervals.SOURCE, n=int(sizes.sum()), method=f"widest gap between {len(names)} groups, {settings.confidence:.0%}",
        )  # fmt: skip
        p_value = float((1 + (by_lot >= value - 1e-12).sum()) / (1 + _SHUFFLES))
        found.append(Disparity(rate, quantity, p_value, names[int(shares.argmin())], names[int(shares.argmax())]))
    return found


@dataclass(frozen=True)
class Costs:
    """Share of events in live traffic, and what a missed event and a needless flag cost in USD."""

    event_share: float
    missed_usd: float
    needless_usd: float

    def per_thousand(self, recall: float | np.ndarray, false_alarm_rate: float | np.ndarray) -> float | np.ndarray:
        """Return the cost of errors of a thousand rows in USD."""
        missed, needless = self.event_share * (1 - recall), (1 - self.event_share) * false_alarm_rate
        return 1000 * (missed * self.missed_usd + needless * self.needless_usd)


def trade_off(
    event_probability: np.ndarray, is_event: np.ndarray, groups: Mapping[str, np.ndarray], line: float, costs: Costs, seed: int
) -> pd.DataFrame:
    """Return policy, usd_per_thousand, recall_gap, false_alarm_gap: one line for all, and a line per group.

    `one line` flags at `line`; `equal recall` gives each group the line at which it reaches the recall of all. Each
    group's line is chosen on one half of its rows and applied to the other, and the other way round.
    """
    import pandas as pd

    inside = np.any(list(groups.values()), axis=0)
    wanted = (event_probability[inside & is_event] >= line).mean()
    half = np.random.default_rng(seed).permutation(len(is_event)) % 2 == 0
    equal = np.zeros(len(is_event), dtype=bool)
    for mask in groups.values():
        for chosen, applied in ((half, ~half), (~half, half)):
            own = np.quantile(event_probability[mask & is_event & chosen], 1 - wanted, method="lower")
            equal |= mask & applied & (event_probability >= own)
    policies = {"one line": event_probability >= line, "equal recall": equal}
    return pd.DataFrame(
        [{"policy": name, **_outcome(flags, is_event, groups, inside, costs)} for name, flags in policies.items()]
    )


def _outcome(
    flags: np.ndarray, is_event: np.ndarray, groups: Mapping[str, np.ndarray], inside: np.ndarray, costs: Costs
) -> dict[str, float]:
    recalls = [flags[mask & is_event].mean() for mask in groups.values()]
    alarms = [flags[mask & ~is_event].mean() for mask in groups.values()]
    cost = costs.per_thousand(flags[inside & is_event].mean(), flags[inside & ~is_event].mean())
    return {"usd_per_thousand": float(cost), "recall_gap": float(np.ptp(recalls)), "false_alarm_gap": float(np.ptp(alarms))}
