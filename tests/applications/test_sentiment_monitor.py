"""A sentiment monitor: false alarms come as often as asked for, surges are found, bad streams are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import inputs, replay, sentiment_monitor, surge
from bigmodel_utils.artifacts import Run
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.report import monitor_tables
from bigmodel_utils.report.charts import monitor
from bigmodel_utils.training.rival import fit_rival

DAYS = 98
SMALL = {
    "application.plantings": 60,
    "application.messages_per_day": 30,
    "application.rows": 200,
    "application.topics": 2,
    "evaluation.resamples": 200,
    "task.labels": ["negative", "positive"],
}


def quiet_days(days: int, messages: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return quiet days and the scores of their messages: chances of one in ten, more or less."""
    scores = np.random.default_rng(seed).beta(1, 9, (days, messages))
    return surge.as_days(scores), scores.ravel()


@pytest.mark.parametrize("rule", ["sum", "day"])
def test_new_quiet_years_alarm_about_as_often_as_asked(rule: surge.Rule) -> None:
    days, scores = quiet_days(2 * surge.YEAR, 40, 1)
    watch = surge.learn(days, scores, rule, 6.0, 1)
    fresh = surge.as_days(np.random.default_rng(2).beta(1, 9, (40, surge.YEAR, 40)))
    assert 3 < watch.per_year(fresh, np.array([watch.height]))[0] < 12
    assert watch.alarms(fresh).sum() / 40 == pytest.approx(watch.per_year(fresh, np.array([watch.height]))[0])


@given(st.floats(1.0, 12.0), st.integers(0, 1000))
@settings(max_examples=10)
def test_the_promise_is_kept_on_the_days_it_learned_from(per_year: float, seed: int) -> None:
    days, scores = quiet_days(56, 20, seed)
    watch = surge.learn(days, scores, "sum", per_year, seed)
    years = surge.resampled(days, 100, surge.YEAR, seed)
    rates = watch.per_year(years, np.array([watch.height, watch.height * 0.9]))
    assert rates[0] <= per_year <= rates[1] + 1e-9 or rates[1] == rates[0]


def test_a_cusum_agrees_with_its_theory() -> None:
    watch = surge.Watch("sum", 0.0, 1.0, 5.0)
    assert surge.simulated(watch, 3) == pytest.approx(surge.theory(watch), rel=0.1)


def test_a_day_by_day_level_starts_again_after_an_alarm() -> None:
    watch = surge.Watch("sum", 0.0, 1.0, 2.0)
    days = surge.as_days(np.array([[1.25], [1.25], [1.25], [-5.0], [1.25]]))
    assert watch.levels(days).tolist() == pytest.approx([1.0, 2.0, 3.0, 0.0, 1.0])
    assert watch.alarms(days).tolist() == [False, False, True, False, False]


def test_nothing_came_means_nothing_unusual() -> None:
    watch = surge.Watch("day", 0.3, 0.2, 1.0)
    assert watch.deviations(np.array([[0.0, 0.0]])).tolist() == [0.0]


def test_larger_surges_are_found_more_often_and_sooner() -> None:
    event = np.arange(400) < 200
    scores = np.where(event, 0.8, 0.1)
    usual = scores[surge.replayed(event, np.full(surge.YEAR, 0.1), 50, 1, 1)[0]]
    watch = surge.learn(surge.as_days(usual), usual.ravel(), "sum", 4.0, 1)
    found = []
    for extra in (0.0, 0.05, 0.2):
        rows = surge.replayed(event, surge.surging(0.1, extra, 7), 50, 200, 2)
        assert event[rows][:, : surge.WARM_UP].mean() == pytest.approx(0.1, abs=0.005)
        assert event[rows][:, surge.WARM_UP :].mean() == pytest.approx(0.1 + extra, abs=0.01)
        found.append(surge.watched(watch, surge.as_days(scores[rows])))
    assert found[0].found.mean() < found[1].found.mean() <= found[2].found.mean()
    assert found[2].found.all()
    assert np.nanmean(found[2].delay) < np.nanmean(found[1].delay)


def test_few_quiet_days_promise_little() -> None:
    few, many = (
        surge.false_alarms(*quiet, surge.learn(*quiet, "sum", 4.0, 1), 4.0, 1, 12)
        for quiet in (quiet_days(28, 20, 3), quiet_days(364, 20, 3))
    )
    assert np.ptp(np.log(few + 0.1)) > np.ptp(np.log(many + 0.1))


def shop(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    bad = rng.random(rows) < 0.5
    words = [["broken", "refund", "awful"], ["lovely", "great", "soft"]]
    texts = [
        f"{rng.choice(words[int(not b)])} dress {rng.choice(words[int(not b) if rng.random() < 0.8 else int(b)])}" for b in bad
    ]
    return pd.DataFrame({"text": texts, "label": (~bad).astype(int), "row": range(rows)})


def stream(folder: Path, worse_after: int = 70) -> str:
    """Write a quarter of messages, ten a day; after some days more of them complain."""
    rng = np.random.default_rng(5)
    rows = []
    for day in range(DAYS):
        for _ in range(10):
            bad = rng.random() < (0.1 if day < worse_after else 0.5)
            date = (pd.Timestamp("2026-01-01") + pd.Timedelta(day, "D")).date().isoformat()
            rows.append({"text": "awful broken dress" if bad else "lovely soft dress", "date": date})
    pd.DataFrame(rows).to_csv(folder / "messages.csv", index=False)
    return "file:messages.csv"


@pytest.fixture
def run(workspace: Path) -> Run:
    own = {
        "application.stream": stream(workspace), "application.text_column": "text", "application.date_column": "date",
        "application.quiet_before": "2026-03-05", "application.shock": "2026-03-12", "target_market.language": "en",
    }  # fmt: skip
    chosen = scenarios.load("sentiment_monitor", own | SMALL)
    made = Run(chosen, "01_prepare_data")
    made.begin()
    for seed, part in enumerate(("target_train", "target_validation", "target_test", "source_test")):
        made.write_table(part, shop(200, seed))
    made.finish()
    return Run(chosen, "12_sentiment_monitor")


def test_the_page_in_small(run: Run) -> None:
    train, held = (run.table("01_prepare_data", f"target_{part}") for part in ("train", "validation"))
    heard = replay.listener(run, fit_rival(train, held, "en", 2, 1))
    replayed = replay.replay(run, heard)
    assert replayed.home.mid > 0.8
    messages = sentiment_monitor.read(run.scenario)
    watched = sentiment_monitor.watch(run.scenario, messages, heard.scores(messages["text"].tolist()))
    assert watched.quiet_days == 63
    assert pd.Timestamp("2026-03-12") <= watched.first <= pd.Timestamp("2026-03-15")
    assert 0 <= watched.delay_days <= 3
    assert 0 < sentiment_monitor.chance_of_alarm(watched) < 0.3
    figures = sentiment_monitor.figures(replayed, watched, 0.95)
    assert figures["found_at_100_permille"].mid >= figures["found_at_30_permille"].mid
    for one in (
        monitor.found(replayed, 0.95),
        monitor.stream(watched),
        monitor.topics(watched),
        monitor_tables.surges(replayed, 0.95),
        monitor_tables.alarms(watched),
    ):
        assert one.html()
        assert "{" not in one.finding.read("en")
    assert "{" not in sentiment_monitor.finding(replayed, watched, 0.95).read("en")
    assert "right" in sentiment_monitor.reads_home(replayed).read("en")


def test_a_quiet_stream_ends_without_an_alarm_and_says_so(run: Run, workspace: Path) -> None:
    stream(workspace, worse_after=DAYS)
    messages = sentiment_monitor.read(run.scenario)
    scores = messages["text"].str.contains("awful").to_numpy(dtype=float)
    watched = sentiment_monitor.watch(run.scenario, messages, scores)
    assert watched.first is watched.delay_days is sentiment_monitor.chance_of_alarm(watched) is None
    assert "no alarm" in monitor.stream(watched).finding.read("en")
    assert watched.per_year.low <= 4 <= watched.per_year.high


def test_chances_are_those_of_an_ordinary_day(run: Run) -> None:
    train, held = (run.table("01_prepare_data", f"target_{part}") for part in ("train", "validation"))
    heard = replay.listener(run, fit_rival(train, held, "en", 2, 1))
    scores = heard.scores(["broken awful dress", "lovely great dress"])
    assert scores[0] > scores[1]
    ordinary = held.sample(2000, replace=True, weights=np.where(held["label"] == 0, 0.1, 0.9), random_state=1)
    assert heard.scores(ordinary["text"].tolist()).mean() == pytest.approx((ordinary["label"] == 0).mean(), abs=0.06)


def watch_by_lot(chosen: scenarios.Scenario) -> sentiment_monitor.Watched:
    messages = sentiment_monitor.read(chosen)
    return sentiment_monitor.watch(chosen, messages, np.random.default_rng(1).random(len(messages)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"application.date_column": "day"}, "did you mean 'date'"),
        ({"application.text_column": "txt"}, "did you mean 'text'"),
        ({"application.date_column": "text"}, "dates as 2026-11-01"),
        ({"application.quiet_before": "2031-01-01"}, "a day inside the stream"),
        ({"application.stream": "file:none.csv"}, "a file in the workspace"),
        ({"application.quiet_before": "2026-01-10"}, "28 days or more"),
    ],
)
def test_bad_streams_are_refused_in_three_parts(run: Run, workspace: Path, change: dict, said: str) -> None:
    own = {f"application.{key}": value for key, value in run.scenario.application.model_dump(mode="json").items()}
    wrong = scenarios.load("sentiment_monitor", own | change)
    with pytest.raises(BigModelError) as refused:
        watch_by_lot(wrong)
    assert said in str(refused.value)
    assert str(workspace) not in str(refused.value)


def test_a_text_belongs_to_the_day_on_its_own_clock_in_summer_and_winter(run: Run, workspace: Path) -> None:
    plain = sentiment_monitor.read(run.scenario)
    rows = pd.read_csv(workspace / "messages.csv")
    clocks = np.where(rows["date"] < "2026-03-29", "T00:30:00+01:00", "T23:30:00.5+0200")
    rows.assign(date=rows["date"] + clocks).to_csv(workspace / "messages.csv", index=False)
    assert sentiment_monitor.read(run.scenario).equals(plain)
    rows.assign(date=pd.to_datetime(rows["date"], utc=True)).to_csv(workspace / "messages.csv", index=False)
    assert sentiment_monitor.read(run.scenario).equals(plain)


def test_data_text_is_masked_and_escaped(run: Run, workspace: Path) -> None:
    frame = pd.read_csv(workspace / "messages.csv")
    frame.loc[frame.index[-20:], "text"] = "<script>alert(1)</script> awful, write to joe@bank.example"
    frame.to_csv(workspace / "messages.csv", index=False)
    messages = sentiment_monitor.read(run.scenario)
    scores = messages["text"].str.contains("awful").to_numpy(dtype=float)
    page = monitor_tables.alarms(sentiment_monitor.watch(run.scenario, messages, scores)).html()
    assert "<script" not in page
    assert "joe@bank" not in page


def test_another_scenario_is_refused() -> None:
    with pytest.raises(inputs.InputError, match="sentiment_monitor"):
        sentiment_monitor.read(scenarios.load("smoke"))
