"""Figures and tables of notebook 03: drawn for both languages and widths, safe, and saying what the data say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from finished_run import HOSTILE, measured

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import fairness, metrics, ranking
from bigmodel_utils.evaluation.attribution import Attribution
from bigmodel_utils.evaluation.explain import Example
from bigmodel_utils.evaluation.fairness import Disparity, Treatment
from bigmodel_utils.messages import Message
from bigmodel_utils.report import charts, evaluation_tables, heat_map
from bigmodel_utils.report.chart import MIME, Chart
from bigmodel_utils.report.heat_map import shaded
from bigmodel_utils.report.markup import plain
from bigmodel_utils.units import Quantity

RNG = np.random.default_rng(0)
EVENT = RNG.random(600) < 0.5
SCORES = {name: 1 / (1 + np.exp(-RNG.normal(pull * EVENT, 1))) for name, pull in {"a": 1.0, "b": 2.0}.items()}
CURVES = {name: ranking.curve(score, EVENT, 0.1) for name, score in SCORES.items()}
AREAS = ranking.areas(SCORES, EVENT, 0.1, Evaluation(resamples=100), 7)
SLICES = pd.DataFrame(
    [
        ("length", "4–23", 600, 0.85, 0.82, 0.88, 0.86, 1.0),
        ("topic", HOSTILE, 300, 0.7, 0.65, 0.75, 0.88, 1e-6),
        ("city", "Bern", 300, 0.9, 0.87, 0.93, 0.84, 0.01),
    ],
    columns=["kind", "slice", "n", "accuracy", "low", "high", "rest", "differs"],
)
NOISE = pd.DataFrame(
    [
        (m, change, 0.8, lost, lost - half, lost + half, 0.01, 250)
        for m, change, lost, half in (
            ("target", "typos 5", 0.06, 0.02),
            ("source", "typos 5", 0.03, 0.02),
            ("target", "bare", -0.01, 0.02),
            ("source", "bare", 0.08, 0.09),
        )
    ],
    columns=["market", "change", "accuracy", "lost", "low", "high", "p_value", "n"],
)
PROBABILITIES = np.column_stack([SCORES["b"], 1 - SCORES["b"]])
CALIBRATION = pd.DataFrame([("b", 1.6, 0.08, 0.02, 0.21, 0.2)], columns=["model", "temperature", "ece_before", "ece_after", "brier_before", "brier_after"])  # fmt: skip
TABLE = metrics.reliability(PROBABILITIES, (~EVENT).astype(int))
GROUPS = {"Bern": np.arange(600) % 2 == 0, HOSTILE: np.arange(600) % 2 == 1}
PIECES = pd.DataFrame([("差", 9, 0.7), ("好", 12, -1.2), (HOSTILE, 4, 0.1)], columns=["piece", "texts", "score"])


def _disparity(rate: str, value: float, p_value: float) -> Disparity:
    share = Quantity(mid=value, low=value / 2, high=value * 2, unit="share", origin="measured", source="this run")
    return Disparity(rate, share, p_value, "Bern", HOSTILE)


def _treated(p_value: float) -> Treatment:
    flagged = SCORES["b"] >= 0.5
    found = [_disparity("flagged", 0.3, 0.9), _disparity("recall", 0.1, p_value), _disparity("false_alarm_rate", 0.02, 0.5)]
    policies = fairness.trade_off(SCORES["b"], EVENT, GROUPS, 0.5, fairness.Costs(0.1, 1.5, 0.05), 7)
    return Treatment("city", fairness.by_group(flagged, EVENT, GROUPS, 0.95), found, policies)


MISSING = Quantity(mid=0.012, unit="share", origin="measured", source="this run", n=30)
ALL = {
    "ranking": lambda: charts.ranking(CURVES, AREAS, 0.1),
    "slices": lambda: charts.slices(SLICES),
    "noise": lambda: charts.noise(NOISE),
    "reliability": lambda: charts.reliability(TABLE, TABLE, CALIBRATION),
    "groups": lambda: charts.groups(_treated(0.01)),
    "pieces": lambda: charts.pieces(PIECES, "negative", MISSING),
}


@pytest.fixture(scope="module", params=ALL)
def chart(request: pytest.FixtureRequest) -> Chart:
    return ALL[request.param]()


def test_four_small_wellformed_themable_drawings(chart: Chart) -> None:
    html = chart.html()
    drawings = re.findall(r"<svg.*?</svg>", html, re.S)
    assert len(drawings) == 4
    assert "<script" not in html
    assert "<img" not in html
    for drawing in drawings:
        ET.fromstring(drawing)
        assert len(drawing) < 16_000
        assert "style=" not in drawing
        assert not re.search(r"#[0-9a-f]{6}", drawing), "a colour without a CSS variable"
        height = float(re.search(r'viewBox="0 0 \S+ (\S+)"', drawing)[1])
        assert all(0 <= float(y) <= height + 1 for y in re.findall(r'<text[^>]* y="([-\d.]+)"', drawing))


def test_findings_say_what_the_data_say() -> None:
    findings = {name: plain(make().finding, "en") for name, make in ALL.items()}
    assert findings["ranking"].endswith(f"first in {AREAS.set_index('model').loc['b', 'roc_area']:.1%} of the pairs")
    assert findings["slices"].endswith("70.0% right against 88.0% elsewhere")
    assert findings["noise"] == "What hurts most is “5 typos in 100 characters” in the target market: 6.0 points"
    assert "misleads by 2.0 points instead of 8.0" in findings["reliability"]
    assert "10.0 points apart in “cases that are found”" in findings["groups"]
    assert findings["pieces"].endswith("“好” pulls hardest, away from “negative”")


def test_findings_turn_when_the_data_turn() -> None:
    even, quiet = SLICES.assign(differs=1.0), NOISE.assign(low=-0.1)
    worse = CALIBRATION.assign(ece_after=0.09)
    assert "In none of 3 parts" in plain(charts.slices(even).finding, "en")
    assert "not shown" not in plain(charts.slices(SLICES).finding, "en")
    assert plain(charts.noise(quiet).finding, "en") == "No change of the wording is shown to cost right answers"
    assert "did not help" in plain(charts.reliability(TABLE, TABLE, worse).finding, "en")
    assert "may be chance" in plain(charts.groups(_treated(0.4)).finding, "en")


def test_too_little_data_makes_a_sentence_and_no_figure() -> None:
    nothing = Treatment("", pd.DataFrame(), [], pd.DataFrame())
    assert isinstance(charts.groups(nothing), Message)
    assert isinstance(evaluation_tables.trade_off(nothing), Message)
    assert isinstance(charts.pieces(PIECES.head(0), "negative", MISSING), Message)


GUESSES = pd.DataFrame(
    [("average confidence", 0.9, 0.89, 0.91, 0.8, 0.1), ("thresholded confidence", 0.78, 0.76, 0.8, 0.8, -0.02)],
    columns=["method", "guess", "low", "high", "truth", "error"],
)
WAITS = pd.DataFrame([(1, 9.0, 12.0, 15.0, 110.0, 60), (16, 60.0, 70.0, 80.0, 260.0, 12)],
                     columns=["batch", "p50_ms", "p95_ms", "p99_ms", "texts_per_second", "n"])  # fmt: skip
SPEED = {
    "samples_per_second": measured(300, "texts/s", 20),
    "flop_per_text": measured(2e9, "FLOP/text"),
    "matrix_flop_per_second": measured(1.2e12, "FLOP/s"),
    "mfu": measured(0.5, "share"),
    "kwh_per_million": measured(0.03, "kWh per million texts"),
    "peak_memory_gb": measured(1.9, "GB"),
}
TABLES = {
    "labels": (
        lambda: evaluation_tables.by_label(metrics.by_label(PROBABILITIES, (~EVENT).astype(int), ["negative", HOSTILE])),
        "Hardest to read",
    ),
    "calibration": (lambda: evaluation_tables.calibration(CALIBRATION), "for 1 of 1 models"),
    "trade-off": (lambda: evaluation_tables.trade_off(_treated(0.01)), "group"),
    "guesses": (lambda: evaluation_tables.label_free(GUESSES), "is 78.0%; the truth is 80.0%"),
    "waits": (lambda: evaluation_tables.waits(WAITS), "In batches of 16 most texts pass, 260 a second"),
    "speed": (lambda: evaluation_tables.speed(SPEED), "300 texts a second here, at 50% of"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_say_what_the_data_say_in_every_view(name: str) -> None:
    make, said = TABLES[name]
    table = make()
    assert said in plain(table.finding, "en")
    bundle = table._repr_mimebundle_()
    for html in (bundle["text/html"], bundle[MIME]["html"]):
        assert "<script" not in html
        assert "nan" not in re.sub(r"<[^>]*>", "", html)


TEXT = "<script>alert(1)</script> good & bad 很好"


def _parts(scores: dict[str, float]) -> Attribution:
    starts = [TEXT.index(piece) for piece in scores]
    pieces = pd.DataFrame({"start": starts, "end": [s + len(p) for s, p in zip(starts, scores, strict=True)], "piece": list(scores), "score": list(scores.values())})  # fmt: skip
    return Attribution(TEXT, "positive", 0.93, pieces, 1.0)


@pytest.mark.parametrize("lab", [False, True])
def test_a_heat_map_shows_the_whole_text_escaped_and_tells_for_from_against(lab: bool) -> None:
    html = shaded(_parts({"<script>": 0.01, "good": 1.0, "bad": -0.5, "很好": 0.6}), lab)
    assert "<script" not in html
    assert re.sub(r"</?span[^>]*>", "", html) == "&lt;script&gt;alert(1)&lt;/script&gt; good &amp; bad 很好"
    spans = {text: tag for tag, text in re.findall(r"<span ([^>]*)>([^<]*)</span>", html)}
    assert set(spans) == {"good", "bad", "很好"}
    assert ("dotted" in spans["bad"]) == lab
    assert "dotted" not in spans["good"]
    if not lab:
        assert "style=" not in html, "a page's policy forbids styles inside tags"
        assert 'class="for s4"' in spans["good"]
        assert 'class="against s2"' in spans["bad"]


def test_a_heat_map_names_the_strongest_piece_and_the_errors() -> None:
    examples = [Example("target", "positive", _parts({"good": 0.4})), Example("source", "negative", _parts({"很好": 2.0}))]
    found = heat_map(examples)
    assert plain(found.finding, "en") == "2 decisions taken apart, 1 of them wrong; the strongest pull comes from “很好”"
    html = found.html()
    assert html.count('class="label"') == 2
    assert "wrong: it is" in html
    assert "No text" in plain(heat_map([]).finding, "en")
