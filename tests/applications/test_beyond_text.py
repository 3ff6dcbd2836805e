"""Pictures and tables: what is decided alone keeps its limit, money follows the measured shares, bad input is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import beyond_text, small_networks, two_markets
from bigmodel_utils.report import beyond_text_tables as tables
from bigmodel_utils.report.charts import beyond_text as charts
from bigmodel_utils.units import Quantity

SMALL = {
    "application.rows": 60,
    "application.checked_rows": 60,
    "application.steps": 60,
    "application.error_rate": 0.05,
    "evaluation.resamples": 200,
    "decision.draws": 500,
}


def squares(folder: Path, name: str, side: int, rows: int, noise: float, seed: int) -> str:
    """Write pictures of two kinds, ink on the left or on the right, as grey values and label."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    grey = noise * rng.random((rows, side, side))
    for picture, label in zip(grey, labels, strict=True):
        picture[:, side // 2 :] += label
        picture[:, : side // 2] += 1 - label
    pd.DataFrame(np.column_stack([grey.reshape(rows, -1), labels])).to_csv(folder / name, header=False, index=False)
    return f"file:{name}"


def homes(folder: Path, rows: int = 900) -> str:
    rng = np.random.default_rng(3)
    income, age, north = rng.gamma(3, 1.3, rows), rng.uniform(1, 50, rows), rng.uniform(30, 42, rows)
    value = 0.6 * income + 0.3 * rng.standard_normal(rows)
    pd.DataFrame({"income": income, "age": age, "north": north, "value": value}).to_parquet(folder / "homes.parquet")
    return "file:homes.parquet"


@pytest.fixture
def chosen(workspace: Path) -> scenarios.Scenario:
    own = {
        "application.pictures_home": squares(workspace, "home.csv", 16, 300, 0.6, 1),
        "application.pictures_target": squares(workspace, "target.csv", 8, 500, 0.9, 2),
        "application.table": {"origin": homes(workspace), "value": "value", "above": 2.5, "divide": "north", "at": 36.0},
    }
    return scenarios.load("beyond_text", own | SMALL | {"application.table.left_out": []})


def test_both_subjects_pass_through_the_same_calls(chosen: scenarios.Scenario) -> None:
    subjects = [two_markets.pictures(chosen), two_markets.table(chosen)]
    assert subjects[0].home.x.shape[1:] == subjects[0].test.x.shape[1:] == (8, 8)
    judged = [beyond_text.judge(subject, chosen) for subject in subjects]
    money = [beyond_text.worth(one, chosen) for one in judged]
    for subject, one, worth in zip(subjects, judged, money, strict=True):
        assert one.accuracy("b").mid > one.accuracy("floor").mid + 0.2
        assert one.answers.shape == (len(subject.test), 2)
        assert np.allclose(one.answers.sum(axis=1), 1)
        assert one.wrong.mid <= one.alone.mid
        assert worth.saving.low <= worth.saving.mid <= worth.saving.high
        figures = beyond_text.figures(one, worth)
        assert {f"{one.subject}_{name}" for name in ("accuracy_b", "gain_b_over_rival", "alone", "saving_per_thousand")} <= set(
            figures
        )
        assert one.subject.capitalize()[:5] in beyond_text.told(one, worth).read() or one.subject == "table"
    for drawn in (
        charts.scores(judged),
        charts.trust(judged),
        tables.differences(judged),
        tables.money(money),
        tables.rows(judged),
    ):
        assert drawn.html().count("<figure") == 1
    assert len(tables.sources(two_markets.sheets(chosen)).rows) == 3


def test_the_parts_of_the_target_market_never_share_a_row(chosen: scenarios.Scenario) -> None:
    subject = two_markets.table(chosen)
    parts = [subject.adapt, subject.tune, subject.trust, subject.test]
    assert [len(part) for part in parts[:3]] == [60, 60, 60]
    rows = np.concatenate([part.x for part in parts])
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_training_is_repeatable_and_never_worse_than_its_start_on_the_rows_it_is_stopped_by(chosen: scenarios.Scenario) -> None:
    from scipy.special import xlogy

    subject = two_markets.table(chosen)
    home = small_networks.train(subject.home, subject.tune, 2, 60, 7)
    again = small_networks.train(subject.home, subject.tune, 2, 60, 7)
    assert np.array_equal(home.probabilities(subject.test.x), again.probabilities(subject.test.x))
    adapted = small_networks.train(subject.adapt, subject.tune, 2, 60, 7, home)
    truth = np.eye(2)[subject.tune.y]
    losses = [-xlogy(truth, reader.probabilities(subject.tune.x)).sum() for reader in (adapted, home)]
    assert losses[0] <= losses[1] + 1e-6


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=80), st.floats(0.0, 0.5))
def test_the_line_of_trust_keeps_its_limit_and_is_the_lowest_that_does(rows: list[tuple[int, bool]], limit: float) -> None:
    sure, right = np.array([level / 8 for level, _ in rows]), np.array([hit for _, hit in rows])
    line = beyond_text.hand_over(sure, right, limit)

    def risk(at: float) -> float:
        return (np.sum((sure >= at) & ~right) + 1) / (len(rows) + 1)

    assert line == 2.0 or risk(line) <= limit
    assert all(risk(level) > limit for level in np.unique(sure[sure < line]))


def test_the_limit_holds_on_average_over_new_rows() -> None:
    rng = np.random.default_rng(5)
    wrong = []
    for _ in range(400):
        sure = rng.uniform(0.5, 1, 600)
        right = rng.random(600) < sure
        line = beyond_text.hand_over(sure[:200], right[:200], 0.05)
        wrong.append(np.mean((sure[200:] >= line) & ~right[200:]))
    assert 0.04 < np.mean(wrong) < 0.0515


def share(mid: float, n: int = 1000) -> Quantity:
    return Quantity(
        mid=mid, low=max(0.0, mid - 0.02), high=min(1.0, mid + 0.02), unit="share", origin="measured", source="test", n=n
    )


@pytest.mark.parametrize(("alone", "wrong", "saves"), [(0.9, 0.001, True), (0.0, 0.0, False), (0.9, 0.5, False)])
def test_money_follows_what_is_decided_alone_and_what_goes_wrong(alone: float, wrong: float, saves: bool) -> None:
    chosen = scenarios.load("beyond_text", {"decision.draws": 2000})
    rate = Quantity(mid=1000.0, unit="items per second", origin="measured", source="cpu")
    judged = beyond_text.Judged(
        "pictures", {}, pd.DataFrame(), [], np.zeros((0, 2)), np.zeros(0), 0.02, 0.9, share(alone), share(wrong), rate, 2, (1.0, 1.0)
    )  # fmt: skip
    found = beyond_text.worth(judged, chosen)
    assert (found.saving.mid > 0) is saves
    assert found.people.mid == pytest.approx(1.36, rel=0.1)  # 1,000 x (5/5,000 of wage + 0.005 x 0.05 of slips), skewed upwards
    assert (found.chance > 0.5) is saves


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"application.table.value": "vale"}, "did you mean 'value'"),
        ({"application.table.at": 90.0}, "rows on both sides"),
        ({"application.rows": 5000}, "more than"),
        ({"application.pictures_home": "file:missing.csv"}, "comma-separated"),
        ({"application.pictures_home": "file:homes.csv"}, "grey values of a square"),
        ({"application.pictures_target": "packaged:optical_digit"}, "did you mean 'optical_digits'"),
    ],
)
def test_bad_input_is_refused_in_three_parts(workspace: Path, chosen: scenarios.Scenario, change: dict, said: str) -> None:
    from bigmodel_utils.errors import BigModelError

    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_csv(workspace / "homes.csv", index=False)
    given = chosen.application.model_dump(mode="json")
    overrides = {f"application.{key}": value for key, value in given.items()} | change
    wrong = scenarios.load("beyond_text", overrides)
    with pytest.raises(BigModelError) as refused:
        [read(wrong) for read in (two_markets.pictures, two_markets.table)]
    assert said in str(refused.value)
    assert str(workspace) not in str(refused.value)


def test_another_scenario_is_refused() -> None:
    with pytest.raises(two_markets.SubjectError, match="beyond_text"):
        two_markets.choices(scenarios.load("smoke"))
