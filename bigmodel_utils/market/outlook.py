"""A scenario's outlook in one call each: which market, under which rules, against whom, by when, at what risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, competition, language, placement, plan, policy, risk, selection
from bigmodel_utils.market.team import gap, hiring_cost
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import MONTHS_PER_YEAR
from bigmodel_utils.value import machines
from bigmodel_utils.value.errors_to_money import reading_usd_per_thousand
from bigmodel_utils.value.validity import refuse_aged

if TYPE_CHECKING:
    import pandas as pd

CRITERIA = selection.CRITERIA | {
    "language": selection.Criterion(Message("Distance of the language from home (0 the same, 3 another script)"), False),
    "rules": selection.Criterion(Message("Months to meet the rules"), False),
}
EVEN_WEIGHTS = dict.fromkeys(CRITERIA, 1.0)
US, STAFF, NOTHING = Message("This venture").text, Message("Own staff read").text, Message("Nothing").text
_TASTE = ("constant", "log_price", "local_hosting", "local_language", "ready_to_use", "dissimilarity", "quality")
_PEOPLE = ("complaint_share", "human_recall", "human_false_alarm_rate")
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
        "{count} duties apply; meeting them takes about {months:number1} months and {usd:money} (planner's ranges). {place}",
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
        return Message(
            "{sure} of {pairs} neighbours in the ranking can be told apart: the first is ahead in at least {level:percent} of nearby "
            "weightings, and a second method agrees. {first} is ahead of {second} in {chance:percent}.",
            sure=int(self.neighbours["separable"].sum()),
            pairs=len(self.neighbours),
            level=selection.SURE,
            first=Message(names[top["first"]]),
            second=Message(names[top["second"]]),
            chance=float(top["chance"]),
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
    draws, seed = scenario.decision.draws, scenario.seed
    ranks = selection.acceptability(scores, given, draws, np.random.default_rng(seed), _SPREAD).loc[table.index]
    pairs = selection.neighbours(scores, given, draws, np.random.default_rng(seed), _SPREAD)
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
            "with what is unknown it could be anywhere from {best} to {worst}.",
            **values,
        )
    return Message(
        "{first} ranks first of {of} markets, in {share:percent} of nearby weightings; {target} ranks {rank}, "
        "and with what is unknown could be anywhere from {best} to {worst}.",
        **values,
    )


def rivals(scenario: Scenario, usd_per_thousand: float, accuracy: float | None = None) -> pd.DataFrame:
    """Return offer, usd_per_thousand, low, mid, high: shares of choices in the target market at our price, and of none.

    Nested logit over joint draws of the preferences in data/facts/ranges.csv (`choice_…`); P10, P50, P90.
    Rivals from data/facts/rivals.csv, own staff at the scenario's wage. `accuracy`: our measured share of right answers; whose
    quality is not known has one drawn from `quality_unknown`. Raises MarketError unless the price is above zero, ValueRefused for
    a rival's price too old for the plan.
    """
    import pandas as pd

    offers = _offers(scenario, usd_per_thousand, accuracy)
    taste = {name: _drawn(f"choice_{name}", scenario, place) for place, name in enumerate(_TASTE)}
    dissimilarity, weight = taste.pop("dissimilarity"), taste.pop("quality")
    utility = competition.utilities(offers, taste) + weight[:, None] * _qualities(offers["quality"], scenario)
    split = competition.nested_shares(utility, offers["nest"], dissimilarity)
    low, mid, high = np.quantile(split, [0.1, 0.5, 0.9], axis=0)
    prices = [*offers["usd_per_thousand"], None]
    return pd.DataFrame({"offer": [*offers.index, NOTHING], "usd_per_thousand": prices, "low": low, "mid": mid, "high": high})


def _qualities(known: pd.Series, scenario: Scenario) -> np.ndarray:
    """Shares of right answers beyond the usual one, (draws, offers): as known, else drawn anew for each offer."""
    usual = facts.as_range("quality_unknown")["mid"]
    drawn = [_drawn("quality_unknown", scenario, len(_TASTE) + place) for place in range(len(known))]
    return np.where(known.isna(), np.stack(drawn, axis=1), known.to_numpy(float)) - usual


def price_response(scenario: Scenario, prices: Sequence[float], accuracy: float | None = None) -> pd.DataFrame:
    """Return usd_per_thousand, low, mid, high: our share of choices at each price, the rivals standing still."""
    import pandas as pd

    ours = [rivals(scenario, price, accuracy).set_index("offer").loc[US, ["low", "mid", "high"]] for price in prices]
    return pd.DataFrame(ours).reset_index(drop=True).astype(float).assign(usd_per_thousand=list(prices))


def _offers(scenario: Scenario, usd_per_thousand: float, accuracy: float | None) -> pd.DataFrame:
    import pandas as pd

    if not usd_per_thousand > 0:
        raise MarketError(f"our price {usd_per_thousand:g}", "above zero", "the price given to outlook.rivals")
    table, market = facts.load("rivals"), scenario.target_market
    here = table[table["country_iso3"].isna() | (table["country_iso3"] == market.country)].fillna({"hosted_in": ""})
    for rival, dated in zip(here["rival"], here["as_of"], strict=True):
        refuse_aged("rivals", rival, dated, scenario)
    speaks = here["languages"].str.split(";").map(lambda codes: market.language.split("-")[0] in codes)
    them = pd.DataFrame(
        {
            "nest": here["nest"].to_numpy(),
            "usd_per_thousand": here["usd_per_thousand"].to_numpy(),
            "local_hosting": here["hosted_in"].str.split(";").map(lambda codes: market.country in codes).to_numpy(float),
            "local_language": speaks.to_numpy(float),
            "ready_to_use": (here["ready_to_use"] == "yes").to_numpy(float),
            "quality": here["quality"].to_numpy(float),
        },
        index=here["rival"],
    )
    wage, rate = (scenario.assumption(name).mid for name in ("reviewer_wage_usd_hour", "reviews_read_per_hour"))
    share, recall, alarms = (scenario.assumption(name).mid for name in _PEOPLE)
    theirs = share * recall + (1 - share) * (1 - alarms)  # right answers of people in live traffic
    quality = np.nan if accuracy is None else accuracy
    ours = ("service", usd_per_thousand, float(not operation(scenario).data_leaves), 1.0, 1.0, quality)
    staff = ("people", reading_usd_per_thousand(wage, rate), 1.0, 1.0, 1.0, theirs)
    own = pd.DataFrame([ours, staff], index=[US, STAFF], columns=them.columns)
    offers = pd.concat([own.loc[[US]], them, own.loc[[STAFF]]])
    return offers.assign(constant=1.0, log_price=np.log(offers["usd_per_thousand"]))


def _drawn(fact_id: str, scenario: Scenario, place: int) -> np.ndarray:
    given = facts.as_range(fact_id)
    rng = np.random.default_rng([scenario.seed, place])
    return rng.triangular(given["low"], given["mid"], given["high"], scenario.decision.draws)


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
        "Cheapest within the limits: train in {train}, serve from {serve}, {usd:money} and {kg:integer} kg of CO2e; "
        "a round trip takes about {rtt:integer} ms by distance. {count} of {of} pairs are allowed.",
        train=best["train"],
        serve=best["serve"],
        usd=best["usd"],
        kg=None if best["kg"] != best["kg"] else best["kg"],
        rtt=best["rtt_ms"],
        count=int(table["allowed"].sum()),
        of=len(table),
    )


@dataclass(frozen=True)
class Project:
    """The plan: `schedule` and `tasks` as from `plan`, `finish` draws of the last week, and the sentence."""

    schedule: pd.DataFrame
    tasks: pd.DataFrame
    finish: np.ndarray
    finding: Message


def project(scenario: Scenario) -> Project:
    """Return the plan of entering the market from data/facts/plan_tasks.csv, with its chance to meet its last date."""
    work = plan.tasks(facts.load("plan_tasks"))
    schedule = plan.schedule(work)
    finish, tasks = plan.simulate(work, scenario.decision.draws, np.random.default_rng(scenario.seed))
    due = max((task.due for task in work if task.due is not None), default=None)
    low, mid, high = np.quantile(finish, [0.1, 0.5, 0.9])
    values = {
        "mid": float(mid),
        "low": float(low),
        "high": float(high),
        "usd": float(tasks["usd_mid"].sum()),
    }
    if due is None:
        text = Message(
            "Done in week {mid:integer}; 8 in 10 futures: week {low:integer} to {high:integer}. The work costs {usd:money}.",
            **values,
        )
    else:
        text = Message(
            "Done in week {mid:integer}; 8 in 10 futures: week {low:integer} to {high:integer}. "
            "The date in week {due:integer} is met in {chance:percent} of the futures. The work costs {usd:money}.",
            due=due,
            chance=plan.chance_by(finish, due),
            **values,
        )
    return Project(schedule, tasks, finish, text)


def risks(scenario: Scenario) -> tuple[dict[str, float], pd.DataFrame, Message]:
    """Return (summary of the loss in USD, mitigation table, sentence) of data/facts/risks.csv."""
    known = risk.register(facts.load("risks"))
    together = facts.as_range("risk_correlation")["mid"]
    losses = risk.simulate(known, scenario.decision.draws, np.random.default_rng(scenario.seed), together)
    total, cures = risk.summary(losses), risk.mitigation(known)
    worth = cures[cures["pays"]]
    return (
        total,
        cures,
        Message(
            "The register expects a loss of {expected:money}, and in one case of twenty more than {p95:money}. "
            "{count} of {of} mitigations pay for themselves: {cost:money} spent there save {saves:money}.",
            expected=total["expected"],
            p95=total["p95"],
            count=len(worth),
            of=len(cures),
            cost=float(worth["cost"].sum()),
            saves=float(worth["saves"].sum()),
        ),
    )


def team(scenario: Scenario, have: Mapping[str, float] | None = None) -> tuple[pd.DataFrame, Message]:
    """Return (`team.gap` with country_iso3, usd_per_year, usd_to_hire of the people missing; the sentence).

    `have`: people at hand by role of data/facts/team_roles.csv, nobody unless given. Raises MarketError for an unknown role.
    """
    roles, countries = facts.load("team_roles"), facts.load("countries")
    overhead, fee = facts.as_range("employer_overhead"), facts.as_range("hiring_fee")
    found = gap(roles, have or {})

    def cost(people: pd.Series, end: str) -> pd.DataFrame:
        where = (scenario.source_market.country, scenario.target_market.country)
        return hiring_cost(roles, people, countries, *where, overhead[end], fee[end])

    low, mid, high = (cost(found["missing"], end) for end in ("low", "mid", "high"))
    table = found.assign(**mid[["country_iso3", "usd_per_year", "usd_to_hire"]])
    missing = table[table["missing"] > 0]
    values = {
        "whole": float(cost(found["needed"], "mid")["usd_per_year"].sum()),
        "books": scenario.assumption("team_usd_month").mid * MONTHS_PER_YEAR,
        "unpriced": _unpriced(int(cost(found["needed"], "mid")["usd_per_year"].isna().sum())),
    }
    if missing.empty:
        text = Message(
            "The team at hand fills every role. It costs {whole:money} a year at market pay; "
            "the venture's books count {books:money}.{unpriced}",
            **values,
        )
    else:
        text = Message(
            "{people:number1} people are missing in {count} of {of} roles: {usd:money} a year, between {low:money} and {high:money}, "
            "and {hire:money} to find them. The whole team costs {whole:money} a year; the venture's books count {books:money}.{unpriced}",
            people=float(missing["missing"].sum()),
            count=len(missing),
            of=len(table),
            usd=float(missing["usd_per_year"].sum()),
            low=float(low["usd_per_year"].sum()),
            high=float(high["usd_per_year"].sum()),
            hire=float(missing["usd_to_hire"].sum()),
            **values,
        )
    return table, text


def _unpriced(roles: int) -> Message | str:
    if roles == 0:
        return ""
    return Message(" Pay is not on file for {roles} roles, which are left out of these sums.", roles=roles)
