"""The map of markets: dots where the cities lie, labels that never cover each other, the target always named."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import facts, scenario
from bigmodel_utils.market import outlook
from bigmodel_utils.report import charts
from bigmodel_utils.report.charts.map import Box, Dot, placed

PLACES, COUNTRIES = facts.load("places"), facts.load("countries")
dots = st.builds(Dot, st.floats(5, 335), st.floats(5, 180), st.floats(2, 12), st.text("abc 中", max_size=20))


@pytest.fixture(scope="module")
def entry():
    return scenario.load("reviews_us_to_cn", {"decision.draws": 500})


@pytest.fixture(scope="module")
def picture(entry):
    return charts.markets_map(outlook.markets(entry), PLACES, COUNTRIES, "CHN")


@given(st.lists(dots, min_size=1, max_size=25), st.integers(1, 25))
@settings(max_examples=40)
def test_labels_stay_inside_and_cover_nothing(some, named):
    boxes = placed(some, 340, 185, named)
    assert len(boxes) == len(some)
    assert all(box is None for box in boxes[named:])
    shown = [box for box in boxes if box is not None]
    assert not any(one.meets(other) for one, other in combinations(shown, 2))
    for box in shown:
        assert box.x >= 0
        assert box.x + box.width <= 340 + 1e-9
        assert 0 <= box.y <= 185 - box.height
        assert not any(box.meets(Box(d.x - d.radius, d.y - d.radius, 2 * d.radius, 2 * d.radius)) for d in some)


def test_a_lone_dot_is_named_at_its_side():
    (box,) = placed([Dot(100, 100, 5, "China")], 640, 300, 1)
    assert box.x == pytest.approx(108)


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize(("language", "name"), [("en", "China"), ("zh", "中国")])
def test_the_target_is_named_in_each_variant(picture, width, language, name):
    assert name in picture.svg(language, width)


def test_the_target_is_named_even_when_it_ranks_last(entry):
    found = outlook.markets(entry, {"carbon": 1})
    last = found.table.index[-1]
    name = COUNTRIES.set_index("iso3").loc[last, "country"]
    assert name in charts.markets_map(found, PLACES, COUNTRIES, last).svg("en", "narrow")


def test_the_first_of_almost_all_weightings_is_the_largest_dot(entry):
    alt = charts.markets_map(outlook.markets(entry, {"buying_power": 1}), PLACES, COUNTRIES, "CHN").alt.read()
    assert "31 of 31 markets; 1 of them" in alt
    assert "China, in 100%" in alt


def test_a_market_without_coordinates_is_counted_not_drawn(entry):
    found = outlook.markets(entry)
    picture = charts.markets_map(found, PLACES[PLACES["place"] != "JPN"], COUNTRIES, "CHN")
    assert "30 of 31" in picture.alt.read()
    assert "Japan" not in picture.svg("en", "wide")


def test_east_is_right_and_north_is_up():
    names = pd.DataFrame({"iso3": ["AAA", "BBB"], "country": ["Southwest", "Northeast"]})
    where = pd.DataFrame({"place": ["AAA", "BBB"], "kind": "country", "latitude_deg": [0, 20], "longitude_deg": [0, 40]})
    table = pd.DataFrame({"rank": [1, 2]}, index=["AAA", "BBB"])
    first = pd.DataFrame({1: [0.7, 0.3]}, index=["AAA", "BBB"])
    found = SimpleNamespace(table=table, acceptability=first, finding=outlook.CRITERIA["carbon"].title)
    canvas = _Recorder()
    charts.markets_map(found, where, names, "AAA").draw(canvas)
    (low_x, low_y), (high_x, high_y) = canvas.at["Southwest 70%"], canvas.at["Northeast 30%"]
    assert high_x > low_x
    assert high_y > low_y


class _Recorder:
    """A canvas that draws for real and remembers where each label went."""

    def __init__(self) -> None:
        from bigmodel_utils.report.canvas import Canvas

        self._canvas, self.at = Canvas("en", "wide"), {}

    def __getattr__(self, name):
        return getattr(self._canvas, name)

    def label(self, axes, x, y, text, *more, **how):
        self.at[text] = (x, y)
        self._canvas.label(axes, x, y, text, *more, **how)
