"""Every chart: drawn for two languages and two widths, small, repeatable, safe, and true to its data."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from finished_run import HOSTILE

from bigmodel_utils.report import charts
from bigmodel_utils.report.chart import MIME, Chart
from bigmodel_utils.report.markup import plain

SCORES = pd.DataFrame(
    [
        (m, "target", v, v - 0.01, v + 0.01, 2400)
        for m, v in {"a": 0.79, "b": 0.85, "p": 0.84, "rival": 0.77, HOSTILE: 0.5}.items()
    ],
    columns=["model", "market", "accuracy", "low", "high", "n"],
)
ACCOUNT = pd.DataFrame(
    [
        ("source", "raw", "", 5000),
        ("source", "dropped", HOSTILE, 600),
        ("source", "kept", "train", 4400),
        ("target", "kept", "test", 900),
    ],
    columns=["market", "kind", "reason", "rows"],
)
LENGTHS = pd.DataFrame(
    [("source", "train", "negative", 900, 40, 150, 280, 420, 498), ("target", "train", HOSTILE, 500, 8, 25, 60, 130, 380)],
    columns=["market", "part", "label", "rows", "p5", "p25", "p50", "p75", "p95"],
)
HISTORY = pd.DataFrame(
    [("a", 0, 0.6, 0.7), ("a", 1000, 0.8, 0.4), ("b", 0, 0.79, 0.5), ("b", 1000, 0.85, 0.3)],
    columns=["model", "examples", "validation_accuracy", "loss"],
)
COUNTS = pd.DataFrame(
    [("b", 1080, 120, 90, 1110)], columns=["model", "true_positive", "false_negative", "false_positive", "true_negative"]
)
COSTS = pd.DataFrame(
    [("people", 0, 26.0, 12.0, 1.4, 39.4), ("b", 0.19, 0, 12.3, 2.8, 15.29)],
    columns=["process", "computing", "reading", "missed", "needless", "total"],
)
THRESHOLDS = pd.DataFrame(
    {"threshold": np.linspace(0, 1, 500), "usd_per_thousand": 10 + 60 * (np.linspace(0, 1, 500) - 0.12) ** 2}
)
ADOPTION = pd.DataFrame({"year": range(1, 6), "low": [1, 2, 3, 4, 5], "mid": [2, 4, 8, 12, 16], "high": [4, 9, 20, 30, 44]})
SIZES = pd.DataFrame(
    [(m, "pooled", v / 3, v, v * 3) for m, v in {"tam": 9e8, "sam": 2e8, "som": 6e6}.items()],
    columns=["measure", "method", "low", "mid", "high"],
)
NPV = np.linspace(-2e6, 5e6, 200)
DENSITY = pd.DataFrame({"npv": NPV, "density": np.exp(-(((NPV - 9e5) / 1e6) ** 2) / 2)})
CASH = pd.DataFrame(
    {
        "month": range(61),
        **{
            name: np.linspace(0, end, 61) - 2e5 * np.sin(np.linspace(0, 3, 61))
            for name, end in zip(("p10", "p25", "p50", "p75", "p90"), (-4e5, -1e5, 3e5, 6e5, 2e6), strict=True)
        },
    }
)
TORNADO = pd.DataFrame(
    [("missed_complaint_usd", 0.5, 4.0, -9e5, 3e6, 8e5, "USD"), (HOSTILE, 0.1, 0.2, 1e6, 5e5, 8e5, "share")],
    columns=["assumption", "low_value", "high_value", "npv_at_low", "npv_at_high", "npv_at_mid", "unit"],
)

ALL = {
    "dots": lambda: charts.dots_with_intervals(SCORES),
    "confusion": lambda: charts.confusion(COUNTS),
    "learning": lambda: charts.learning(HISTORY),
    "loss": lambda: charts.learning(HISTORY, "loss"),
    "account": lambda: charts.account(ACCOUNT),
    "lengths": lambda: charts.lengths(LENGTHS),
    "label_shares": lambda: charts.label_shares(LENGTHS),
    "cost": lambda: charts.cost_per_thousand(COSTS),
    "threshold": lambda: charts.threshold_cost(THRESHOLDS),
    "adoption": lambda: charts.adoption(ADOPTION),
    "size": lambda: charts.market_size(SIZES),
    "density": lambda: charts.npv_density(DENSITY, 0.8, 9e5),
    "cash": lambda: charts.cash_fan(CASH, 40),
    "tornado": lambda: charts.tornado(TORNADO),
}


@pytest.fixture(scope="module", params=ALL)
def chart(request: pytest.FixtureRequest) -> Chart:
    return ALL[request.param]()


def test_four_small_wellformed_themable_drawings(chart: Chart) -> None:
    html = chart.html()
    drawings = re.findall(r"<svg.*?</svg>", html, re.S)
    assert len(drawings) == 4
    for drawing in drawings:
        ET.fromstring(drawing)
        assert len(drawing) < 16_000
        assert "style=" not in drawing
        assert " id=" not in drawing
        assert not re.search(r"#[0-9a-f]{6}", drawing), "a colour without a CSS variable"


def test_same_data_same_bytes(chart: Chart) -> None:
    assert chart.html() == chart.html()


def test_finding_alt_and_note_are_sentences_in_both_languages(chart: Chart) -> None:
    for message in (chart.finding, chart.alt, chart.note):
        english, chinese = plain(message, "en"), plain(message, "zh")
        assert len(english) > 10
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert "nan" not in english


def test_texts_stay_inside_the_drawing(chart: Chart) -> None:
    for drawing in re.findall(r"<svg.*?</svg>", chart.html(), re.S):
        height = float(re.search(r'viewBox="0 0 \S+ (\S+)"', drawing)[1])
        assert all(0 <= float(y) <= height + 1 for y in re.findall(r'<text[^>]* y="([-\d.]+)"', drawing))


def test_data_is_text_never_markup(chart: Chart) -> None:
    assert "<script" not in chart.html()
    assert "<img" not in chart.html()


def test_lab_shows_english_and_reports_get_everything(chart: Chart) -> None:
    bundle = chart._repr_mimebundle_()
    assert bundle["text/html"].count("<svg") == 1
    assert bundle[MIME]["html"] == chart.html()


def test_findings_say_what_the_data_say() -> None:
    assert (
        plain(ALL["dots"]().finding, "en")
        == "In the target market, the home model is right 79.0% of the time, the adapted one 85.0%"
    )
    assert plain(ALL["confusion"]().finding, "en").startswith("Of 100 cases that matter, the adapted model finds 90;")
    assert (
        plain(ALL["cost"]().finding, "en")
        == "A thousand reviews cost $15.29 on average with the adapted model, $39.40 with people"
    )
    assert plain(charts.cash_fan(CASH).finding, "en").startswith("Cash is still below zero")


def test_one_market_alone_makes_a_true_account() -> None:
    only = charts.account(ACCOUNT[ACCOUNT["market"] == "source"])
    assert plain(only.finding, "en") == "4,400 rows of the home market stay, 600 are left out"


def test_the_share_at_our_price_lies_between_those_asked_about() -> None:
    asked = pd.DataFrame({"usd_per_thousand": [1.0, 4.0], "low": [0.04, 0.01], "mid": [0.4, 0.1], "high": [0.8, 0.2]})
    told = plain(charts.price_response(asked, 2.0).finding, "en")
    assert told == "At our price, $2.00 per 1,000, 20% of buyers would choose us, between 2% and 40%"
    assert plain(charts.price_response(asked, 9.0).finding, "en").startswith("At $4.00 per 1,000, nearest to our price, 10%")
