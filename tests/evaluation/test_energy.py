import time

import pytest

from bigmodel_utils import facts
from bigmodel_utils.evaluation import energy


def test_a_counter_that_answers_is_read(tmp_path):
    counter = tmp_path / "intel-rapl:0" / "energy_uj"
    counter.parent.mkdir()
    counter.write_text("1000000")
    (tmp_path / "intel-rapl:0:0").mkdir()
    found = energy.of(lambda: counter.write_text("7_200_001_000_000".replace("_", "")), "cpu", 2, tmp_path)
    assert (found.origin, found.unit) == ("measured", "kWh")
    assert found.mid == pytest.approx(2.0)


@pytest.mark.parametrize("after", ["3", "not a number"])
def test_a_counter_that_wrapped_or_is_silent_leaves_an_estimate(tmp_path, after):
    counter = tmp_path / "intel-rapl:0" / "energy_uj"
    counter.parent.mkdir()
    counter.write_text("1000000")
    assert energy.of(lambda: counter.write_text(after), "cpu", 2, tmp_path).origin == "estimated"


def test_without_counters_energy_is_time_times_rated_power(tmp_path):
    found = energy.of(lambda: time.sleep(0.05), "cpu", 2, tmp_path)
    watts = facts.as_range("vcpu_watts")
    assert found.low < found.mid < found.high
    assert found.high / found.low == pytest.approx(watts["high"] / watts["low"])
    assert found.mid >= 2 * watts["mid"] * 0.05 / 3600 / 1000
    assert "no energy counter" in found.method
