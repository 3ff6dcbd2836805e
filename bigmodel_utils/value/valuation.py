"""One door from measured figures to money: draws, paths, and the tables and figures of the value page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.errors import nearest
from bigmodel_utils.market import policy
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import MONTHS_PER_YEAR, Quantity
from bigmodel_utils.value import compute_cost, decision, machines, simulation, uncertainty, venture
from bigmodel_utils.value.refusals import ValueRefused
from bigmodel_utils.value.uncertainty import Marginal

if TYPE_CHECKING:
    import pandas as pd

ENTRANT = "b"  # the model that enters the market, as artifacts call it
COUNTS = ("true_positive", "false_negative", "false_positive", "true_negative")


@dataclass(frozen=True)
class Valuation:
    """What the venture is worth: every input's marginal, the shared draws, and the path of each draw."""

    scenario: Scenario
    marginals: Mapping[str, Marginal]
    rates: Mapping[str, tuple[Marginal, Marginal]]  # recall and false-alarm rate of each model
    draws: Mapping[str, np.ndarray]
    paths: simulation.Paths
    serving: Quantity
    training: Quantity
    machine: machines.Machine

    @property
    def years(self) -> int:
        return self.scenario.decision.horizon_years

    @property
    def probability_of_gain(self) -> float:
        return float(np.mean(self.paths.npv > 0))

    @cached_property
    def advice(self) -> decision.Advice:
        return decision.advise(self.paths.npv, self.draws, self.marginals, self.scenario.decision)

    def payback(self) -> Message:
        """Return when the money is back, as a sentence that also holds when it is not."""
        months = self.years * MONTHS_PER_YEAR
        share = float(np.mean(self.paths.payback <= months))
        if share < 0.5:
            return Message(
                "Undiscounted, the money is back within {years} years in {share:percent} of the futures, fewer than half.",
                years=self.years,
                share=share,
            )
        return Message(
            "Undiscounted, the money is back within {years} years in {share:percent} of the futures, by month {month:integer} in half of all.",
            years=self.years,
            share=share,
            month=float(np.median(self.paths.payback)),
        )


def estimate(
    scenario: Scenario, figures: Mapping[str, Quantity], confusion: pd.DataFrame, *, device: str = "cpu", cores: int
) -> Valuation:
    """Return the valuation of entering the target market with model `b`.

    figures: measured `samples_per_second` and `train_seconds_b`, on `device` ("cpu" with `cores`, or a name of gpu_specs, see `machines.accelerator`).
    confusion: one row a model with columns model and the four COUNTS, at the threshold in use; positive = the event.
    Raises ValueRefused for a missing figure, model or assumption, or a machine's price too old for the plan.
    """
    machine = machines.rented(scenario.compute.cpu if device == "cpu" else scenario.compute.gpu, scenario)
    rate = compute_cost.rate_on(machine, _figure(figures, "samples_per_second"), device, cores)
    training = compute_cost.training_cost(machine, _figure(figures, "train_seconds_b"), device, cores)
    rates = {str(row["model"]): _rates(row) for row in confusion.to_dict("records")}
    if ENTRANT not in rates:
        raise ValueRefused(f"no counts of model '{ENTRANT}'", nearest(ENTRANT, rates), "table confusion of 03_evaluate_model")
    split = scenario.target_market.split
    marginals = (
        uncertainty.of_scenario(scenario, venture.ASSUMED)
        | _rules(scenario, machine)
        | {
            "recall": rates[ENTRANT][0],
            "false_alarm_rate": rates[ENTRANT][1],
            "samples_per_second": uncertainty.from_quantity("samples_per_second", rate),
            "machine_usd_hour": uncertainty.constant("machine_usd_hour", machine.price().mid, "USD per hour", "assumed"),
            "training_usd": uncertainty.from_quantity("training_usd", training),
            "labels_bought": uncertainty.constant("labels_bought", split.train + split.validation, "labels"),
        }
    )
    draws = uncertainty.draw(marginals, scenario.decision.draws, scenario.seed, uncertainty.correlated(scenario))
    paths = simulation.run(draws, scenario.decision.horizon_years)
    serving = compute_cost.serving_cost(machine, rate, marginals["average_load"].p50)
    inputs = {name: marginals[name] for name in venture.INPUTS}
    return Valuation(scenario, inputs, rates, draws, paths, serving, training, machine)


def _rules(scenario: Scenario, machine: machines.Machine) -> dict[str, Marginal]:
    """What the target market's rules cost and how long they take: the scenario's own assumptions, else the rows of policy.csv."""
    own = [name for name in venture.RULES if name in scenario.assumptions]
    found = uncertainty.of_scenario(scenario, own)
    if len(own) == len(venture.RULES):
        return found
    burden = policy.of_scenario(scenario, machine.country)
    if not burden.known:
        mend = "rows in data/facts/policy.csv, or assumptions " + " and ".join(venture.RULES)
        raise ValueRefused(f"rules of {burden.country}", "a market whose rules are on file; unknown is not none", mend)
    ranges = {"rules_usd": (burden.cost_usd, "USD"), "rules_delay_months": (burden.delay_months, "months")}
    return {name: uncertainty.ranged(name, *ends, unit) for name, (ends, unit) in ranges.items()} | found


def _figure(figures: Mapping[str, Quantity], name: str) -> Quantity:
    if name not in figures:
        raise ValueRefused(f"no measured '{name}'", nearest(name, figures), "figures of 02_train_model and 03_evaluate_model")
    return figures[name]


def _rates(row: Mapping[str, object]) -> tuple[Marginal, Marginal]:
    """Recall and false-alarm rate of one model. The entrant's are the inputs `recall` and `false_alarm_rate`."""
    hits, missed, alarms, quiet = (int(row[count]) for count in COUNTS)
    ending = "" if row["model"] == ENTRANT else f"_{row['model']}"
    return (
        uncertainty.from_counts(f"recall{ending}", hits, missed),
        uncertainty.from_counts(f"false_alarm_rate{ending}", alarms, quiet),
    )
