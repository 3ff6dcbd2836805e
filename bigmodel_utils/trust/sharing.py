"""Pooled, shared or alone: the same head on the same rows, split among holders, honest and not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.trust import federated, robust
from bigmodel_utils.trust.head import Head
from bigmodel_utils.trust.rows import Rows
from bigmodel_utils.trust.vectors import Views
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

_RULES = {"average": robust.average, "trimmed": robust.trimmed}


@dataclass(frozen=True)
class Sharing:
    """`splits`: holders, split (even | skewed), accuracy, low, high, behind (points behind pooled rows, with low and high),
    alone (mean accuracy of the holders without each other), one_label (holders with one label only), rounds, bytes, usd.

    `faults`: fault of one holder, then the accuracy under each rule (average | trimmed). `pooled`: accuracy of pooled rows.
    """

    splits: pd.DataFrame
    faults: pd.DataFrame
    pooled: Quantity

    @property
    def figures(self) -> dict[str, Quantity]:
        """Return the pooled accuracy and how far the worst even split stays behind it, in points."""
        even = self.splits[self.splits["split"] == "even"]
        worst = even.loc[even["behind"].idxmax()]
        behind = Quantity(
            mid=worst["behind"], low=worst["behind_low"], high=worst["behind_high"], unit="points", origin="measured",
            source="this run, held-out rows", method="bootstrap of rows in pairs", n=self.pooled.n,
        )  # fmt: skip
        return {"pooled_accuracy": self.pooled, "federated_points_behind": behind}


def measure(scenario: Scenario, views: Views) -> Sharing:
    """Return what sharing weights instead of rows costs, over the scenario's numbers of holders."""
    import pandas as pd
    from threadpoolctl import threadpool_limits

    trust, confidence = scenario.trust, scenario.evaluation.confidence
    with threadpool_limits(1):  # small matrices, many steps: two threads took three times the processor's time
        together = federated.pooled(views.train, views.classes, trust.rounds)
        splits = [
            _split(scenario, views, together, count, skewed) for count in sorted(set(trust.holders)) for skewed in (False, True)
        ]
        faults = _faults(scenario, views)
    right = _right(together, views.test)
    return Sharing(pd.DataFrame(splits), faults, intervals.share(int(right.sum()), len(right), confidence))


def _split(scenario: Scenario, views: Views, together: Head, count: int, skewed: bool) -> dict[str, object]:
    trust, settings, features = scenario.trust, scenario.evaluation, views.train.vectors.shape[1]
    parts = federated.holders(views.train, count, skewed, scenario.seed)
    shared = federated.train(federated.clients(parts), views.classes, features, trust.rounds)
    alone = [federated.pooled(part, views.classes, trust.rounds).accuracy(views.test) for part in parts]
    right, central = _right(shared, views.test), _right(together, views.test)
    accuracy = intervals.share(int(right.sum()), len(right), settings.confidence)
    behind = intervals.bootstrap(
        lambda pick: 100 * float(central[pick].mean() - right[pick].mean()),
        len(right), "points", settings.resamples, scenario.seed, settings.confidence,
    )  # fmt: skip
    size = federated.bytes_sent(views.classes, features, count, trust.rounds)
    return {
        "holders": count,
        "split": "skewed" if skewed else "even",
        "accuracy": accuracy.mid,
        "low": accuracy.low,
        "high": accuracy.high,
        "behind": behind.mid,
        "behind_low": behind.low,
        "behind_high": behind.high,
        "alone": float(np.mean(alone)),
        "one_label": sum(len(np.unique(part.labels)) == 1 for part in parts),
        "rounds": trust.rounds,
        "bytes": size,
        "usd": size / 1e9 * facts.as_range("egress_usd_gb")["mid"],
    }


def _faults(scenario: Scenario, views: Views) -> pd.DataFrame:
    """Return fault and the accuracy under each rule; three must answer to tell the liar, and one may be silent: so it is four."""
    import pandas as pd

    trust = scenario.trust
    parts = federated.holders(views.train, max(4, *trust.holders), False, scenario.seed)
    rows = []
    for fault in ("none", *federated.FAULTS):
        own = federated.clients(parts, fault)
        made = {
            name: federated.train(own, views.classes, views.train.vectors.shape[1], trust.rounds, rule)
            for name, rule in _RULES.items()
        }
        rows.append({"fault": fault, "holders": len(parts)} | {name: head.accuracy(views.test) for name, head in made.items()})
    return pd.DataFrame(rows)


def _right(head: Head, rows: Rows) -> np.ndarray:
    return head.logits(rows.vectors).argmax(axis=1) == rows.labels
