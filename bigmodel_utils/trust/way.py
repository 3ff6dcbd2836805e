"""Which way of training the plan may use: follows from the target market's rule on data that cross its border."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bigmodel_utils import facts
from bigmodel_utils.market import outlook, policy
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario


@dataclass(frozen=True)
class Way:
    """`kind`: pool the rows at home, or leave them with their holders and share weights. `why` says it with the rule."""

    kind: Literal["pool", "federated", "none"]
    why: Message


def allowed(scenario: Scenario) -> Way:
    """Return the way that the rules on file allow now; an orientation, not legal advice."""
    table, country = facts.load("policy"), scenario.target_market.country
    operation = outlook.operation(scenario)
    away, stays = (policy.burden(table, country, replace(operation, data_leaves=leaves)) for leaves in (True, False))
    return decided(away, stays)


def decided(away: policy.Burden, stays: policy.Burden) -> Way:
    """Return the way from the burden of rows that leave the country, and of rows that stay in it."""
    country = away.country
    if not away.known:
        return Way(
            "federated",
            Message(
                "No rule of {country:country} on data that leave is on file: until counsel has answered, rows stay with their "
                "holders and only weights travel.",
                country=country,
            ),
        )
    if away.closed:
        return Way("none", Message("{country:country} is closed to this company on file: no way of training.", country=country))
    if away.residency == "yes":
        return Way(
            "federated",
            Message(
                "In {country:country} rows must stay in the country: pooling them at home is out; weights may be learned there, "
                "shared among holders or within a privacy budget.",
                country=country,
            ),
        )
    if away.residency == "conditional":
        return Way("federated", _conditional(away, stays))
    return Way("pool", Message("No rule on file keeps rows in {country:country}: pooling is allowed.", country=country))


def _conditional(away: policy.Burden, stays: policy.Burden) -> Message:
    return Message(
        "In {country:country} rows may leave once the contract or filing is in place: about {months:upto1} months and "
        "{usd:money} more than leaving them where they are (planner's ranges). Until then they stay with their holders and only "
        "weights travel.",
        country=away.country,
        months=max(0.0, away.delay_months[1] - stays.delay_months[1]),
        usd=max(0.0, away.cost_usd[1] - stays.cost_usd[1]),
    )
