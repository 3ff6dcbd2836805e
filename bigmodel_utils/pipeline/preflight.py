"""What a scenario points to, looked for before anything runs: a name that no later notebook would find costs nobody a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils import facts
from bigmodel_utils.deployment.menu import MENU
from bigmodel_utils.errors import nearest
from bigmodel_utils.scenario import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bigmodel_utils.choices import Market
    from bigmodel_utils.scenario import Scenario


def names(scenario: Scenario) -> None:
    """Raise ScenarioError for a country, machine, area or variant that is not on file, and for correlations that cannot be."""
    countries = {row["iso3"] for row in facts.rows("countries")}
    for market in ("source_market", "target_market"):
        _known(f"{market}.country", getattr(scenario, market).country, countries, "data/facts/countries.csv")
    for device in ("cpu", "gpu"):
        rows = facts.rows(f"{device}_cloud_prices")
        machines = {f"{row['provider']}/{row['region']}/{row['instance_type']}" for row in rows}
        _known(f"compute.{device}", getattr(scenario.compute, device), machines, f"data/facts/{device}_cloud_prices.csv")
    areas = {row["area"] for row in facts.rows("compliance_areas")}
    _known("trust.area", scenario.trust.area, areas | {type(scenario.trust)().area}, "data/facts/compliance_areas.csv")
    for variant in scenario.deployment.variants:
        _known("deployment.variants", variant, MENU, "the scenario")
    if scenario.correlations:
        from bigmodel_utils.value import uncertainty

        uncertainty.check(scenario)


def inputs(scenario: Scenario) -> None:
    """Raise BigModelError for data and weights of the scenario that are missing or lack a column; nothing is fetched."""
    from bigmodel_utils.training import pretrained

    for market in (scenario.source_market, scenario.target_market):
        _data(market, scenario)
    kind, _, name = scenario.model.weights.partition(":")
    if kind == "packaged":
        _known("model.weights", name, pretrained.catalogue(), "data/weights.yml")
    elif kind == "folder":
        pretrained.locate(scenario.model.weights)


def _data(market: Market, scenario: Scenario) -> None:
    from bigmodel_utils.data import packages, sources

    kind, _, name = market.data.origin.partition(":")
    if kind == "packaged":
        packages.dataset(name, scenario.accept_licence)
    elif kind == "file":
        sources.look(market)


def _known(key: str, given: str, known: Iterable[str], where: str) -> None:
    if given not in set(known):
        raise ScenarioError(f"{key} = '{given}'", nearest(given, known), f"`{key}` of the scenario, or {where}")
