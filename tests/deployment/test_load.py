"""The search finds what a server of known speed sustains; the measurement works on a real one."""

import math

import numpy as np
import pytest
import served_model
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.choices import Deployment
from bigmodel_utils.deployment import load, traffic
from bigmodel_utils.deployment.traffic import LoadError, Step


def queue(capacity: float, rate: float, seconds: float = 20.0) -> Step:
    """A queue with one server of fixed service time, fed evenly: what it does is known exactly."""
    due = np.arange(1, int(rate * seconds) + 1) / rate
    free, took = 0.0, []
    for moment in due:
        free = max(free, moment) + 1 / capacity
        took.append(free - moment)
    p50, p95, p99 = 1000 * np.percentile(took, [50, 95, 99])
    return Step(rate, len(due) / max(seconds, free), p50, p95, p99, 0.0, 100.0, len(due))


@settings(max_examples=30)
@given(capacity=st.floats(5, 500), guess=st.floats(0.6, 1.8))
def test_the_search_closes_in_on_the_capacity(capacity, guess):
    found, steps = load.search(lambda rate: queue(capacity, rate), capacity * guess, 3000 / capacity)
    assert 0.68 * capacity <= found.mid <= 1.12 * capacity
    assert found.low <= found.mid <= found.high
    assert [step.offered_rate for step in steps] == sorted(step.offered_rate for step in steps)


@given(st.floats(1, 1000))
def test_a_server_that_never_holds_sustains_nothing(top):
    found, _ = load.search(lambda rate: Step(rate, rate, 9.0, 9.0, 9.0, 0.5, 0.0, 5), top, 10.0)
    assert found.mid == 0


def test_a_rate_that_fails_when_repeated_gives_way_to_the_next():
    tried: dict[float, int] = {}

    def attempt(rate):
        tried[rate] = tried.get(rate, 0) + 1
        late = rate > 90 or (rate > 50 and tried[rate] > 1)
        return Step(rate, rate, 1.0, 999.0 if late else 1.0, 1.0, 0.0, 0.0, 10)

    found, _ = load.search(attempt, 100, 100.0)
    assert found.mid <= 50 < found.high
    tried.clear()
    found, _ = load.search(attempt, 160, 100.0)  # the lowest rate climbed from, 80, fails when repeated
    assert 0 < found.mid <= 50


def test_errors_and_growing_queues_do_not_hold():
    good = Step(100.0, 99.0, 5.0, 9.0, 10.0, 0.0, 1.0, 100)
    assert load.holds(good, 9.0)
    for change in ({"errors": 0.01}, {"achieved_rate": 80.0}, {"p95_ms": 9.1}, {"p95_ms": math.nan}):
        assert not load.holds(Step(**{**good.__dict__, **change}), 9.0)


def test_a_real_server_is_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    folder = served_model.write(tmp_path / "served")
    found = load.measure(folder, ["good dress", "bad room"], Deployment(latency_p95_ms=2000, load_seconds=0.2), seed=3)
    assert list(found.frame.columns)[:8] == [
        "batching", "offered_rate", "achieved_rate", "p50_ms", "p95_ms", "p99_ms", "errors", "peak_memory_mb",
    ]  # fmt: skip
    assert set(found.frame["batching"]) == {True, False}
    assert found.sustained.origin == "measured"
    assert found.sustained.mid > 0
    ordered = found.frame.dropna()
    assert ((ordered["p50_ms"] <= ordered["p95_ms"]) & (ordered["p95_ms"] <= ordered["p99_ms"])).all()
    assert (ordered["peak_memory_mb"] > 50).all()


def test_a_folder_that_cannot_be_served_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(LoadError, match="without weights"), traffic.started(tmp_path, 1):
        pass
