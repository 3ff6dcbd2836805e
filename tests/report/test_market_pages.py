"""Charts, tables and widgets of the market pages: drawn for both languages and widths, and true to their data."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from bigmodel_utils import facts, scenario
from bigmodel_utils.market import entry, exposure, outlook, placement, risk, rivals, segment, standing, undertaking
from bigmodel_utils.report import charts, market_explore, market_tables
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import simulation

FIGURES = {
    name: Quantity(mid=mid, unit="", origin="measured", source="test")
    for name, mid in {"accuracy_target_b": 0.89, "accuracy_target_a": 0.8, "price_per_thousand": 12.0}.items()
}


@pytest.fixture(scope="module")
def venture():
    return scenario.load("reviews_us_to_cn", {"decision.draws": 1000})


@pytest.fixture(scope="module")
def pictures(venture, futures):
    return [
        charts.ranks(outlook.markets(venture), facts.load("countries"), "CHN"),
        charts.ranks(outlook.markets(venture, {"carbon": 1}), facts.load("countries"), "CHN"),
        charts.price_response(rivals.price_response(venture, [0.3, 1, 10]), 10),
        charts.gantt(undertaking.project(venture)),
        charts.later_start(entry.start_later(futures, 5, [0, 12, 24])),
    ]


@pytest.fixture(scope="module")
def tables(venture, futures):
    grid, closest, ask = standing.lessons(venture, FIGURES, {"fit": -1})
    _, cures, finding = undertaking.risks(venture)
    work, limits = placement.Work(1, 8760, 1), placement.Limits(rtt_ms=80)
    return [
        market_tables.duties(*outlook.rules(venture)),
        market_tables.rivals(rivals.shares(venture, 10)),
        market_tables.swot(standing.swot(venture, FIGURES)),
        market_tables.segments(segment.segments(futures, 1.1), segment.finding(futures)),
        market_tables.entry(entry.compare(entry.modes(facts.load("entry_modes")), futures, 5)),
        market_tables.places(*outlook.places(venture, work, limits)),
        market_tables.mitigations(cures, finding),
        market_tables.resemblance(closest, ask),
        market_tables.questions(ask),
        market_tables.factors(grid),
        market_tables.ranking(outlook.markets(venture), facts.load("countries"), "CHN"),
        market_tables.team(*undertaking.team(venture, {"Seller": 1})),
        market_tables.exposure(exposed(futures)),
    ]


def exposed(futures):
    register = risk.register(facts.load("risks"))
    return exposure.exposed(simulation.npv(futures, 5), futures["discount_rate"], 5, register, 0.2, 7)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_each_picture_is_well_formed_and_small(pictures, language, width):
    for picture in pictures:
        drawing = picture.svg(language, width)
        assert ET.fromstring(drawing).tag.endswith("svg")
        assert len(drawing) < 40_000


def test_titles_and_alt_texts_read_in_both_languages(pictures, tables):
    for page in [*pictures, *tables]:
        assert "{" not in page.finding.read("en") + page.finding.read("zh")
    for picture in pictures:
        assert "{" not in picture.alt.read("en") + picture.note.read("zh")


def test_each_table_has_its_rows(tables):
    for table in tables:
        html = table.html()
        assert html.count("<tr") == len(table.rows) + 1
        assert len(table.rows) > 0


def test_the_target_is_shown_even_far_down(venture):
    shown = charts.ranks(outlook.markets(venture, {"carbon": 1}), facts.load("countries"), "CHN")
    assert "China" in shown.svg()


def test_table_of_rivals_says_who_leads(venture):
    table = rivals.shares(venture, 10)
    finding = market_tables.rivals(table).finding.read()
    others = table[~table["offer"].isin([rivals.US, rivals.NOTHING])]
    assert others.loc[others["mid"].idxmax(), "offer"] in finding


def test_an_unanswered_factor_stays_empty(venture):
    grid, _, ask = standing.lessons(venture, FIGURES)
    row = market_tables.factors(grid).rows[list(grid.index).index(ask[0])]
    assert "venture" not in row


def test_ranking_names_what_is_unknown_and_stresses_the_target(venture):
    found = outlook.markets(venture)
    table = market_tables.ranking(found, facts.load("countries"), "CHN")
    assert table.rows[table.best]["name"].read() == "China"
    assert [row["rank"] for row in table.rows] == list(found.table["rank"])
    taiwan = next(row for row in table.rows if row["name"].read() == "Taiwan")
    assert len(taiwan["unknown"]) == found.table.loc["TWN", "unknown"].count(";") + 1 > 1
    assert table.rows[-1]["ahead"] is None


def test_skills_that_somebody_has_leave_the_cell(venture):
    rows = market_tables.team(*undertaking.team(venture, {"Seller": 1})).rows
    skills = [[skill.read() for skill in row["uncovered_skills"]] for row in rows]
    assert skills[0] == ["training", "evaluation", "data"]
    assert skills[3] == []
    assert skills[4] == ["support", "labelling"]


def test_moving_a_weight_redraws_the_ranking(venture):
    box = market_explore.weights(venture)
    before = box.children[-1].value
    box.children[0].value = 5.0
    assert box.children[-1].value != before
    for slider in box.children[:-1]:
        slider.value = 0.0
    assert "ranks first" in box.children[-1].value


def test_moving_the_start_redraws_the_value(futures):
    box = market_explore.start(SimpleNamespace(draws=futures, years=5))
    assert "Starting 24 months later" in box.children[-1].value
    box.children[0].value = 12.0
    assert "Starting 12 months later" in box.children[-1].value


def test_moving_the_price_redraws_the_share(venture):
    box = market_explore.price(venture, 10.0)
    before = box.children[-1].value
    box.children[0].value = 0.5
    assert box.children[-1].value != before
    assert "At our price, $0.5" in box.children[-1].value
