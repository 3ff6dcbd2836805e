"""The deployment page's chart and tables, true whichever way the measurement came out."""

from __future__ import annotations

import pandas as pd
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.deployment.menu import BASELINE, MENU
from bigmodel_utils.messages import LANGUAGES
from bigmodel_utils.report import charts, deployment_tables
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import variant_choice


def frontier(losses: float) -> pd.DataFrame:
    """The whole menu, each form a little faster than the one before, all but the baseline losing `losses`."""
    rows = [
        {
            "variant": name, "accuracy": 0.85 - losses * (name != BASELINE), "low": 0.8, "high": 0.9, "n": 800,
            "difference": -losses * (name != BASELINE), "p_value": 0.5, "size_mb": 400.0 / place, "rate": 50.0 * place,
            "rate_low": 45.0 * place, "rate_high": 50.0 * place, "speedup": float(place), "latency_p50_ms": 20.0,
            "latency_p95_ms": 30.0, "dominated": name == "sparse",
        }
        for place, name in enumerate(MENU, start=1)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    wide = 0.01 * (table["variant"] != BASELINE)
    return table.assign(difference_low=table["difference"] - wide, difference_high=table["difference"] + wide)


@pytest.mark.parametrize(
    ("losses", "finding"),
    [(0.005, f"runs {len(MENU)}.0 times as fast"), (0.08, "Every faster form of the model loses accuracy")],
)
def test_the_title_is_what_was_found(losses, finding):
    chart = charts.frontier(frontier(losses), "distilled", 1.0)
    assert finding in chart.finding.read()
    html = chart.html()
    assert html.count("<svg") == 2 * len(LANGUAGES)
    assert "fewer layers, taught again" in html


@pytest.mark.parametrize("losses", [0.005, 0.08])
def test_the_menu_stresses_the_choice_and_prices_a_point(losses):
    wanted = scenario.load("smoke")
    priced = variant_choice.priced(frontier(losses), {"device": "cpu", "cores": 2}, wanted)
    choice = variant_choice.choose(priced, wanted)
    table = deployment_tables.menu(priced, choice)
    assert choice.name == (BASELINE if losses > 0.01 else list(MENU)[-1])
    assert table.best == list(MENU).index(choice.name)
    assert ("of the 1 forms" in table.finding.read()) == (losses > 0.01)
    assert ("saves no computing" in table.finding.read()) == (choice.name == BASELINE)
    assert table.html().count("<tr") == len(MENU) + 1
    assert "Not possible" not in table.html()
    assert "8 bits; 16 bits" in deployment_tables.menu(priced, choice, ["distilled_int8", "bfloat16"]).html()


def test_the_served_model_is_told_with_its_intervals():
    def measured(mid: float, unit: str) -> Quantity:
        return Quantity(mid=mid, low=mid * 0.9, high=mid * 1.1, unit=unit, origin="measured", source="this run")

    figures = {
        "served_accuracy": measured(0.8, "share"), "recall_served": measured(0.7, "share"),
        "false_alarm_rate_served": measured(0.1, "share"), "served_size_mb": measured(49.0, "MB"),
        "served_latency_p50_ms": measured(8.0, "ms"), "served_latency_p95_ms": measured(12.0, "ms"),
        "served_texts_per_second": measured(300.0, "texts/s"), "sustained_requests_per_second": measured(90.0, "requests/s"),
    }  # fmt: skip
    table = deployment_tables.served(figures)
    assert table.finding.read() == "The served model is right 80.0% of the time and takes 49 MB"
    assert len(table.rows) == len(figures)
