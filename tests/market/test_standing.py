import pytest

from bigmodel_utils import scenario
from bigmodel_utils.market import cases, outlook, standing
from bigmodel_utils.units import Quantity


def measured(mid, low=None, high=None):
    return Quantity(mid=mid, low=low, high=high, unit="", origin="measured", source="test")


FIGURES = {
    "accuracy_target_b": measured(0.89),
    "accuracy_target_rival": measured(0.84),
    "accuracy_target_a": measured(0.80),
    "gain_b_over_a": measured(0.09, 0.07, 0.11),
    "price_per_thousand": measured(12.0),
    "people_usd_per_thousand": measured(55.0),
    "serving_usd_per_thousand": measured(0.001),
}


@pytest.fixture(scope="module")
def entry():
    return scenario.load("reviews_us_to_cn", {"decision.draws": 2000})


def test_each_line_comes_from_its_figures(entry):
    lines = standing.swot(entry, FIGURES).set_index("figure")
    assert lines.loc["simple_model", "quadrant"] == "strength"
    assert lines.loc["interface", "quadrant"] == "weakness"
    worse = standing.swot(entry, FIGURES | {"accuracy_target_b": measured(0.7)}).set_index("figure")
    assert worse.loc["simple_model", "quadrant"] == "weakness"


def test_missing_figures_leave_their_lines_out(entry):
    lines = standing.swot(entry, {})
    assert set(lines["quadrant"]) <= {"opportunity", "threat"}
    assert len(lines) > 0


def test_answers_follow_the_run_and_leave_the_rest_to_be_asked(entry):
    burden, _ = outlook.rules(entry)
    known = standing.answers(entry, FIGURES, burden)
    assert (known["compute"], known["local_proof"], known["permission"], known["margin"]) == (1, 1, 1, 1)
    assert [factor for factor, score in known.items() if score is None] == ["channel", "fit", "patience", "independence"]
    lost = standing.answers(entry, FIGURES | {"gain_b_over_a": measured(-0.02, -0.04, -0.01)}, burden)
    assert lost["local_proof"] == -1
    assert standing.answers(entry, {}, burden)["margin"] is None


def test_lessons_name_the_closest_case_and_what_to_ask(entry):
    table, closest, ask = standing.lessons(entry, FIGURES, {"fit": 1, "channel": 1})
    assert set(ask) == {"patience", "independence"}
    assert list(table.index) == list(cases.FACTORS)
    assert set(closest["answered"]) == {6}
    assert closest["distance"].is_monotonic_increasing
    assert closest["lesson"].str.len().min() > 20


def test_each_line_sets_two_numbers_against_each_other_once():
    """A title that already said "against" made the sentence say it twice."""
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400})
    from bigmodel_utils.report.markup import plain

    lines = [plain(line, "en") for line in standing.swot(chosen, FIGURES)["line"]]
    assert len(lines) >= 6
    assert all(line.count("against") == 1 for line in lines)
