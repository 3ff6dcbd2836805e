"""What entering the market takes: a plan with its dates, the risks on the way, and the people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.market import plan, risk
from bigmodel_utils.market.team import gap, hiring_cost
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import MONTHS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd


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
    values = {"mid": float(mid), "low": float(low), "high": float(high), "usd": float(tasks["usd_mid"].sum())}
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
    sentence = Message(
        "The register expects a loss of {expected:money}, and in one case of twenty more than {p95:money}. "
        "{count} of {of} mitigations pay for themselves: {cost:money} spent there save {saves:money}.",
        expected=total["expected"],
        p95=total["p95"],
        count=len(worth),
        of=len(cures),
        cost=float(worth["cost"].sum()),
        saves=float(worth["saves"].sum()),
    )
    return total, cures, sentence


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
    whole = cost(found["needed"], "mid")["usd_per_year"]
    values = {
        "whole": float(whole.sum()),
        "books": scenario.assumption("team_usd_month").mid * MONTHS_PER_YEAR,
        "unpriced": _unpriced(int(whole.isna().sum())),
    }
    if not table["missing"].any():
        text = Message(
            "The team at hand fills every role. It costs {whole:money} a year at market pay; "
            "the venture's books count {books:money}.{unpriced}",
            **values,
        )
    else:
        text = Message(
            "{people:number1} people are missing in {count} of {of} roles: {usd:money} a year, between {low:money} and {high:money}, "
            "and {hire:money} to find them. The venture's books count {books:money} a year for the whole team.{unpriced}",
            people=float(table["missing"].sum()),
            count=int((table["missing"] > 0).sum()),
            of=len(table),
            usd=float(mid["usd_per_year"].sum()),
            low=float(low["usd_per_year"].sum()),
            high=float(high["usd_per_year"].sum()),
            hire=float(mid["usd_to_hire"].sum()),
            **values,
        )
    return table, text


def _unpriced(roles: int) -> Message | str:
    if roles == 0:
        return ""
    return Message(" Pay is not on file for {roles} roles, which are left out of these sums.", roles=roles)
