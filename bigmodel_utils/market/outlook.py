"""A scenario's outlook in one call each: which market, under which rules, computed where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, language, placement, policy, selection
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.value import machines

if TYPE_CHECKING:
    import pandas as pd

CRITERIA = selection.CRITERIA | {
    "language": selection.Criterion(Message("Distance of the language from home (0 the same, 3 another script)"), False),
    "rules": selection.Criterion(Message("Months to meet the rules"), False),
}
EVEN_WEIGHTS = dict.fromkeys(CRITERIA, 1.0)
_SPREAD = 0.3  # of the weights around those given: each weight's sd is 0.3 sqrt(w (1 - w))


def operation(scenario: Scenario) -> policy.Operation:
    """Return what the scenario does in the eyes of rules, served from its CPU machine; raises ValueRefused when its price is too old."""
    return policy.operation(scenario, machines.rented(scenario.compute.cpu, scenario).country)


def rules(scenario: Scenario) -> tuple[policy.Burden, Message]:
    """Return the burden of the target market's rules, and the sentence that says it."""
    found = policy.of_scenario(scenario, machines.rented(scenario.compute.cpu, scenario).country)
    if not found.known:
        return found, Message("No rule of this market is on file: unknown, which is not the same as none. Ask counsel.")
    if found.closed:
        return found, Message("The market is closed to this company by sanctions on file.")
    return found, Message(
        "{count} duties apply; meeting them takes about {months:upto1} months and {usd:money} (planner's ranges). {place}",
        count=len(found.duties),
        months=found.delay_months[1],
        usd=found.cost_usd[1],
        place=_PLACE[found.residency],
    )


_PLACE = {
    "no": Message("The data may be where they are."),
    "conditional": Message("Data may leave the country once the contract or filing is in place."),
    "yes": Message("The data must stay in the country."),
}


@dataclass(frozen=True)
class Ranking:
    """Open markets compared. `scores`, `table` and `acceptability` by iso3, best first; `closed` were left out."""

    scores: pd.DataFrame
    table: pd.DataFrame
    acceptability: pd.DataFrame
    neighbours: pd.DataFrame
    closed: list[str]
    finding: Message

    def steadiness(self, countries: pd.DataFrame) -> Message:
        """Return how many neighbours in the ranking can be told apart. countries: iso3, country."""
        names, top = countries.set_index("iso3")["country"], self.neighbours.iloc[0]
        sure = int(self.neighbours["separable"].sum())
        told = {"sure": sure, "pairs": len(self.neighbours), "level": selection.SURE, "chance": float(top["chance"])}
        told |= {"first": Message(names[top["first"]]), "second": Message(names[top["second"]])}
        if not sure:
            return Message(
                "No two neighbours in the ranking can be told apart: {first} is ahead of {second} in {chance:percent} of nearby "
                "weightings, where {level:percent} would be sure",
                **told,
            )
        return Message(
            "{sure} of {pairs} neighbours in the ranking can be told apart, ahead in {level:percent} of nearby weightings or more; "
            "{first} is ahead of {second} in {chance:percent}",
            **told,
        )


def markets(scenario: Scenario, weights: Mapping[str, float] | None = None) -> Ranking:
    """Return all countries but the home market and closed ones, ranked by `weights` on CRITERIA (even ones unless given).

    Raises MarketError for an unknown criterion, weights that are all zero, or a target that is no candidate.
    """
    countries, home = facts.load("countries"), scenario.source_market.country
    burdens = policy.compare(facts.load("policy"), list(countries["iso3"]), operation(scenario))
    closed = list(burdens.index[burdens["closed"].eq(True)])
    far = language.distances(countries, scenario.source_market.language)
    values = selection.candidates(countries, facts.load("cpu_cloud_prices")).assign(language=far, rules=burdens["delay_months"])
    scores = selection.min_max(values.drop(index=[*closed, home], errors="ignore"), CRITERIA)
    given = EVEN_WEIGHTS if weights is None else weights
    table = selection.rank(scores, given)
    target = scenario.target_market.country
    if target not in table.index:
        mend = "target_market.country, or a row in data/facts/countries.csv"
        raise MarketError(f"target market '{target}'", "an open country on file, other than home", mend)
    drawn = selection.score_draws(scores, given, scenario.decision.draws, np.random.default_rng(scenario.seed), _SPREAD)
    ranks = selection.acceptability(scores, drawn).loc[table.index]
    pairs = selection.neighbours(scores, given, drawn)
    names = countries.set_index("iso3")["country"]
    return Ranking(scores.loc[table.index], table, ranks, pairs, closed, _finding(table, ranks, names, target))


def _finding(table: pd.DataFrame, ranks: pd.DataFrame, names: pd.Series, target: str) -> Message:
    first, row = table.index[0], table.loc[target]
    values = {
        "first": Message(names[first]),
        "share": float(ranks.loc[first, 1]),
        "target": Message(names[target]),
        "rank": int(row["rank"]),
        "of": len(table),
        "best": int(row["best_rank"]),
        "worst": int(row["worst_rank"]),
    }
    if first == target:
        return Message(
            "{target} ranks first of {of} markets, and stays first in {share:percent} of nearby weightings; "
            "with what is unknown it could be anywhere from {best} to {worst}",
            **values,
        )
    return Message(
        "{first} ranks first of {of} markets, in {share:percent} of nearby weightings; {target} is number {rank}, "
        "and with what is unknown could be anywhere from {best} to {worst}",
        **values,
    )


def places(scenario: Scenario, work: placement.Work, limits: placement.Limits) -> tuple[pd.DataFrame, Message]:
    """Return (every pair of regions for training and serving, see `placement.choices`; the sentence that names the best).

    Where a rule on file keeps the data in the market, `limits` keep them there too. Raises MarketError when no pair is left.
    """
    if rules(scenario)[0].residency == "yes":
        limits = replace(limits, data_home=scenario.target_market.country)
    tables = (facts.load(name) for name in ("cpu_cloud_prices", "countries", "places"))
    rtt, watts, egress = (facts.as_range(name)["mid"] for name in ("rtt_ms_per_1000_km", "vcpu_watts", "egress_usd_gb"))
    table = placement.choices(placement.sites(*tables, scenario.target_market.country, rtt, watts), work, limits, egress)
    best = table.iloc[0]
    return table, Message(
        "Cheapest within the limits: train in {train} for {training:integer} h and serve from {serve} for {serving:integer} h, "
        "{usd:money} and {kg:integer} kg of CO2e. A round trip takes about {rtt:integer} ms by distance. {count} of {of} pairs are "
        "allowed.",
        train=best["train"],
        serve=best["serve"],
        training=work.training_hours,
        serving=work.serving_hours,
        usd=best["usd"],
        kg=None if best["kg"] != best["kg"] else best["kg"],
        rtt=best["rtt_ms"],
        count=int(table["allowed"].sum()),
        of=len(table),
    )
