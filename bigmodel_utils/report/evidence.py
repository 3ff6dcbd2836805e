"""Everything that the brief reads from a finished run, loaded once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bigmodel_utils.artifacts import DONE, Run
from bigmodel_utils.market.entry import OWN
from bigmodel_utils.scenario import DATA, DECISION, EVALUATION, MARKET, VALUE, Scenario
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

_TABLES = {
    "account": DATA,
    "scores": EVALUATION,
    "compare": EVALUATION,
    "confusion": EVALUATION,
    "adoption": MARKET,
    "size": MARKET,
    "cost_per_thousand": VALUE,
    "cash": VALUE,
    "npv_density": VALUE,
    "tornado": VALUE,
    "draws": VALUE,
    "entry": DECISION,
}


@dataclass(frozen=True)
class Evidence:
    """A run as the brief sees it. Missing stages or results raise ArtifactError, which names what to run."""

    run: Run

    @property
    def scenario(self) -> Scenario:
        return self.run.scenario

    @cached_property
    def figures(self) -> dict[str, Quantity]:
        """Figures of all stages and the scenario's assumptions, by name."""
        found = {name: _assumed(given) for name, given in self.scenario.assumptions.items()}
        for stage in self.run.stages:
            found |= self.run.figures(stage)
        found["futures_with_gain"] = found["probability_of_gain"].scaled(100, "of 100 futures")
        return found

    @cached_property
    def decision(self) -> dict[str, Any]:
        return self.run.json(DECISION, "decision")

    @cached_property
    def inputs(self) -> dict[str, float]:
        """Middle value of every input of the venture."""
        return self.run.json(VALUE, "inputs")

    @cached_property
    def better_way(self) -> dict[str, Any] | None:
        """The way to enter that is worth most in the middle case; None where it is the own subsidiary of the main case."""
        best = self.table("entry").iloc[0].to_dict()
        return best if best["mode"] != OWN else None

    def table(self, name: str) -> pd.DataFrame:
        return self.run.table(_TABLES[name], name)

    @property
    def prices_as_of(self) -> date:
        return max(given.as_of for given in self.scenario.assumptions.values())

    @cached_property
    def decided_on(self) -> date:
        """The day on which the decision was computed, as its own record tells: the same artifacts give the same day (UTC)."""
        return day_written(self.run.record(DECISION))

    @cached_property
    def manifest(self) -> str:
        """First 12 hex digits of the SHA-256 over the manifests of all stages."""
        digest = hashlib.sha256()
        for stage in self.run.stages:
            digest.update((self.run.folder / stage / DONE).read_bytes())
        return digest.hexdigest()[:12]


def day_written(record: Mapping[str, Any]) -> date:
    """Return the day (UTC) of the newest file that a stage's record tells of."""
    return datetime.fromtimestamp(max(modified for _, modified in record["stat"].values()) / 1e9, UTC).date()


def _assumed(given: Any) -> Quantity:
    return Quantity(
        mid=given.mid, low=given.low, high=given.high, unit=given.unit, origin="assumed", source=given.source, as_of=given.as_of
    )
