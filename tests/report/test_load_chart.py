"""The load chart: its title says what was measured, in every case, and it draws in each language and width."""

import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from bigmodel_utils.report.charts import load as charts
from bigmodel_utils.units import Quantity


def rate(mid: float) -> Quantity:
    return Quantity(mid=mid, unit="requests/s", origin="measured", source="test")


def frame(rates=((20, 9.0), (80, 14.0), (120, 600.0), (80, 16.0))) -> pd.DataFrame:
    rows = [(batching, r * (4 if batching else 1), p95, 0.0) for batching in (True, False) for r, p95 in rates]
    return pd.DataFrame(rows, columns=["batching", "offered_rate", "p95_ms", "errors"])


@pytest.mark.parametrize(
    ("sustained", "alone", "words"),
    [(320, 80, ["320 ", "80", "250"]), (320, 0, ["320 ", "no tried rate"]), (0, 0, ["No tried rate", "250"])],
)
def test_the_title_is_what_was_measured(sustained, alone, words):
    chart = charts.latency_by_rate(frame(), rate(sustained), rate(alone), 250)
    assert all(word in chart.finding.read() for word in words)
    for language in ("en", "zh"):
        for width in ("wide", "narrow"):
            ET.fromstring(chart.svg(language, width))


def test_one_rate_and_none():
    chart = charts.latency_by_rate(frame(((0.5, 4000.0),)), rate(0), rate(0), 250)
    ET.fromstring(chart.svg())
    with pytest.raises(ValueError, match="no answered request"):
        charts.latency_by_rate(frame(((1, float("nan")),)), rate(0), rate(0), 250)
