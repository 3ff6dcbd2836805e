"""The attacks of `membership` on the models of a run: a reference that is leaky on purpose, M_B, and the private heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import DATA, MODELS
from bigmodel_utils.trust import accountant, membership
from bigmodel_utils.trust.curve import WITHOUT, Curve
from bigmodel_utils.trust.head import losses
from bigmodel_utils.trust.vectors import Views
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

TEXTS = 300  # of members and of others that M_B is asked about
_FEW = 100  # rows that the leaky reference learns by heart

Losses = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Attacks:
    """`table`: model (leaky | b | head | private), epsilon, attack (plain | calibrated), advantage, low, high, auc, limit (the
    most that theory allows), n. `roc`: model, epsilon, false_alarms, hits, of the calibrated attack.
    """

    table: pd.DataFrame
    roc: pd.DataFrame

    @property
    def figures(self) -> dict[str, Quantity]:
        """Return the calibrated attack's advantage against the leaky reference, M_B and the least protected private head."""
        rows = self.table[self.table["attack"] == "calibrated"]
        wanted = {name: rows[rows["model"] == name].iloc[-1] for name in ("leaky", "b", "private")}
        return {
            f"attack_advantage_{name}": Quantity(
                mid=row["advantage"], low=row["low"], high=row["high"], unit="share", origin="measured",
                source="this run: rows learned, and held-out rows", method=row["method"], n=int(row["n"]),
            )
            for name, row in wanted.items()
        }  # fmt: skip


def measure(run: Run, views: Views, curve: Curve) -> Attacks:
    """Return how well rows that were learned are told from rows that were not, model by model."""
    import pandas as pd

    seed, confidence = run.scenario.seed, run.scenario.evaluation.confidence
    usual = membership.usual_losses(views.train, views.test, views.classes, seed)
    tables, rocs = [], []
    for (model, epsilon), (found, norm) in _targets(run, views, curve, usual).items():
        beyond = found[0] - norm[0], found[1] - norm[1]
        for kind, scores in (("plain", found), ("calibrated", beyond)):
            result = membership.attack(*scores, confidence, seed)
            spread = result.advantage
            limit = accountant.most_advantage(epsilon, curve.delta)
            tables.append({"model": model, "epsilon": epsilon, "attack": kind, "advantage": spread.mid, "low": spread.low,
                           "high": spread.high, "auc": result.auc, "limit": limit, "n": spread.n, "method": spread.method})  # fmt: skip
        rocs.append(result.roc.assign(model=model, epsilon=epsilon))
    return Attacks(pd.DataFrame(tables), pd.concat(rocs, ignore_index=True))


def _targets(run: Run, views: Views, curve: Curve, usual: Losses) -> dict[tuple[str, float], tuple[Losses, Losses]]:
    """Return the losses of members and others under every model, with what is usual for the same rows."""
    few = views.train.take(np.arange(min(_FEW, len(views.train))))
    leaky = membership.learned_by_heart(few, views.classes)
    norm = membership.usual_losses(few, views.test, views.classes, run.scenario.seed)
    found = {("leaky", WITHOUT): ((leaky.losses(few), leaky.losses(views.test)), norm)}
    found["b", WITHOUT] = _of_adapted(run), (usual[0][:TEXTS], usual[1][:TEXTS])
    for epsilon in sorted(curve.heads, reverse=True):
        head = curve.heads[epsilon][0]
        own = head.losses(views.train), head.losses(views.test)
        found["head" if epsilon == WITHOUT else "private", epsilon] = own, usual
    order = sorted(found, key=lambda key: (["leaky", "b", "head", "private"].index(key[0]), key[1]))
    return {key: found[key] for key in order}


def _of_adapted(run: Run) -> Losses:
    model = Classifier.load(run.path(MODELS, "model_b"))
    parts = [run.table(DATA, f"target_{part}").head(TEXTS) for part in ("train", "test")]
    inside, outside = (losses(model.probabilities(part["text"].tolist()), part["label"].to_numpy()) for part in parts)
    return inside, outside
