"""The market's rule decides which way of training the plan may use."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.market import policy
from bigmodel_utils.trust import way


def burdens(residency: str, closed: str = "", country: str = "DEU") -> list[policy.Burden]:
    ends = {f"{what}_{end}": 4.0 for what in ("delay_months", "cost_usd") for end in ("low", "mid", "high")}
    rule = {"country_iso3": "DEU", "topic": "t", "instrument": "i", "duty": "d", "residency": residency, "closed_to": closed}
    table = pd.DataFrame([{**rule, **ends, "applies_when": "export", "source": "s", "as_of": date(2026, 1, 1)}])
    return [policy.burden(table, country, policy.Operation("USA", True, leaves, False)) for leaves in (True, False)]


@pytest.mark.parametrize(
    ("residency", "kind", "word"),
    [("no", "pool", "allowed"), ("conditional", "federated", "contract"), ("yes", "federated", "must stay")],
)
def test_residency_decides(residency: str, kind: str, word: str) -> None:
    found = way.decided(*burdens(residency))
    assert found.kind == kind
    assert word in found.why.read()
    assert "Germany" in found.why.read()


def test_a_closed_market_allows_none() -> None:
    assert way.decided(*burdens("no", closed="USA")).kind == "none"


def test_an_unknown_market_keeps_rows_where_they_are() -> None:
    away, stays = burdens("no", country="FRA")
    assert not away.known
    found = way.decided(away, stays)
    assert found.kind == "federated"
    assert "counsel" in found.why.read()


def test_the_default_scenario_reads_its_facts() -> None:
    assert way.allowed(scenario.load("reviews_us_to_cn")).kind == "federated"
