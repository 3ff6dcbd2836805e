"""The value pages' one call: a run's measured figures turned into a valuation, its second opinions and its sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import DEPLOYMENT, EVALUATION, MODELS
from bigmodel_utils.units import MONTHS_PER_YEAR, Quantity
from bigmodel_utils.value import accounts, decision, investment, machines, simulation, uncertainty, valuation, venture

if TYPE_CHECKING:
    import pandas as pd

ASSUMPTIONS = venture.ASSUMED
SHOWN_DRAWS = 400  # futures that the brief's what-if carries along


def appraise(run: Run) -> valuation.Valuation:
    """Return the valuation of a run that has trained and evaluated its models; raises ArtifactError otherwise."""
    figures, confusion = _as_served(run)
    machine = run.json(EVALUATION, "machine")
    device = "cpu" if machine["device"] == "cpu" else machines.accelerator(machine["device"])
    return valuation.estimate(run.scenario, figures, confusion, device=device, cores=machine["cores"])


def _as_served(run: Run) -> tuple[dict[str, Quantity], pd.DataFrame]:
    """Return measured figures and each model's counts, M_B's as notebook 04 serves it where the scenario deploys at all.

    The rate is then what a server sustained over HTTP. Where none was sustained, the rate of batches in process stands.
    """
    import pandas as pd

    figures, confusion = run.figures(MODELS) | run.figures(EVALUATION), run.table(EVALUATION, "confusion")
    if DEPLOYMENT not in run.stages:
        return figures, confusion
    sustained = run.figures(DEPLOYMENT)["sustained_requests_per_second"]
    if sustained.mid > 0:
        figures |= {"samples_per_second": sustained}
    others = confusion[confusion["model"] != valuation.ENTRANT]
    return figures, pd.concat([others, run.table(DEPLOYMENT, "confusion")], ignore_index=True)


def npv_twice(worth: valuation.Valuation) -> tuple[float, float]:
    """Return the net present value at every input's median, by this package and by numpy-financial, USD."""
    x = uncertainty.medians(worth.marginals)
    cash = venture.monthly_cash(x, worth.years * MONTHS_PER_YEAR)
    again = investment.npv(investment.monthly(x["discount_rate"]), cash)
    return float(venture.net_present_value(cash, x["discount_rate"])), again


def loss_twice(worth: valuation.Valuation) -> tuple[float, float]:
    """Return one plus the share of futures that lose, from this run's draws and from as many others."""
    pairs = {pair: r for pair, r in uncertainty.correlated(worth.scenario).items() if set(pair) <= worth.marginals.keys()}
    other = uncertainty.draw(worth.marginals, len(worth.paths.npv), worth.scenario.seed + 1, pairs)
    anew = simulation.npv(other, worth.years)
    return 2 - worth.probability_of_gain, 1 + float(np.mean(anew <= 0))


def results(worth: valuation.Valuation) -> dict[str, pd.DataFrame | dict[str, Any]]:
    """Return the tables of the value page, and the inputs that the brief's what-if starts from."""
    import pandas as pd

    return {
        "cost_per_thousand": accounts.cost_per_thousand(worth),
        "cash": accounts.cash(worth),
        "npv_density": accounts.npv_density(worth),
        "draws": pd.DataFrame({name: worth.draws[name][:SHOWN_DRAWS] for name in venture.INPUTS}),
        "inputs": {name: float(value) for name, value in uncertainty.medians(worth.marginals).items()},
    }


def finding(worth: valuation.Valuation) -> Message:
    """Return the value page's answer: what is saved, what is earned, and how sure that is."""
    figures = accounts.figures(worth)
    saved = figures["saving_per_thousand"].mid
    costs = (
        Message("1,000 texts cost {saved:money} less with the model than with people, errors included", saved=saved)
        if saved >= 0
        else Message("1,000 texts cost {more:money} more with the model than with people, errors included", more=-saved)
    )
    return Message(
        "{costs}. Discounted to today, {years} years in the market are worth {npv:money}; 8 in 10 futures: {low:money} to "
        "{high:money}. {payback}",
        costs=costs,
        years=worth.years,
        npv=figures["npv"],
        low=figures["npv"].low,
        high=figures["npv"].high,
        payback=worth.payback(),
    )


def answer(advice: decision.Advice) -> Message:
    """Return the decision in one sentence."""
    gain = 100 * advice.probability
    if advice.verdict == "go":
        return Message("Go: {gain:integer} of 100 simulated futures gain money.", gain=gain)
    if advice.verdict == "stop":
        return Message("Stop: only {gain:integer} of 100 simulated futures gain money.", gain=gain)
    return Message(
        "Wait: {gain:integer} of 100 simulated futures gain money, too few to enter and too many to stop.", gain=gain
    )
