"""Widgets of the market pages: weights of the ranking, our price against the rivals', the day of the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigmodel_utils import facts
from bigmodel_utils.report import charts
from bigmodel_utils.report.explore import linked, slider

if TYPE_CHECKING:
    from ipywidgets import VBox

    from bigmodel_utils.report.chart import Chart
    from bigmodel_utils.scenario import Scenario
    from bigmodel_utils.value.valuation import Valuation

_PRICES = (0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_STEP = 6  # months between the starts compared


def weights(scenario: Scenario) -> VBox:
    """Return a slider for the weight of each criterion, and the ranking that follows. All at zero counts as even weights."""
    from bigmodel_utils.market import outlook

    def chart(**given: float) -> Chart:
        ranking = outlook.markets(scenario, given if any(given.values()) else None)
        return charts.ranks(ranking, facts.load("countries"), scenario.target_market.country)

    sliders = {name: _named(criterion.title.text, 0.0, 5.0, 1.0) for name, criterion in outlook.CRITERIA.items()}
    return linked(sliders, chart)


def price(scenario: Scenario, usd_per_thousand: float, accuracy: float | None = None) -> VBox:
    """Return a slider for our price per thousand, and the share of buyers who would choose us."""
    from bigmodel_utils.market import rivals

    def chart(ours: float) -> Chart:
        return charts.price_response(rivals.price_response(scenario, sorted({*_PRICES, ours}), accuracy), ours)

    return linked({"ours": _named("our price per 1,000 (USD)", _PRICES[0], _PRICES[-1], usd_per_thousand)}, chart)


def start(worth: Valuation) -> VBox:
    """Return a slider for the longest delay of the start, and what the venture is worth by then."""
    from bigmodel_utils.market import entry

    longest = worth.years * 12 - _STEP

    def chart(months: float) -> Chart:
        delays = range(0, max(int(months), _STEP) + 1, _STEP)
        return charts.later_start(entry.start_later(worth.draws, worth.years, delays))

    return linked({"months": _named("start up to months later", _STEP, longest, min(24, longest))}, chart)


def _named(label: str, low: float, high: float, value: float) -> Any:
    return slider(label, low, high, min(max(value, low), high))
