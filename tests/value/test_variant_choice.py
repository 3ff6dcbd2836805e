"""The form of the model that is served: by money, within the scenario's floor on accuracy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import scenario
from bigmodel_utils.deployment.menu import BASELINE, MENU, named
from bigmodel_utils.messages import Message
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import variant_choice
from bigmodel_utils.value.refusals import ValueRefused

CPU = {"device": "cpu", "cores": 2}
OTHERS = [name for name in MENU if name != BASELINE]


def frontier(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Rows of variant, difference in accuracy, texts/s and p95 in ms, below the baseline's."""
    made = pd.DataFrame([(BASELINE, 0.0, 50.0, 60.0), *rows], columns=["variant", "difference", "rate", "latency_p95_ms"])
    return made.assign(
        difference_low=made["difference"] - 0.01,
        difference_high=made["difference"] + 0.01,
        rate_low=made["rate"] * 0.9,
        rate_high=made["rate"],
        speedup=made["rate"] / 50.0,
        size_mb=100.0,
    )


def chosen(table: pd.DataFrame, **overrides: float) -> variant_choice.Choice:
    wanted = scenario.load("smoke", {f"deployment.{key}": value for key, value in overrides.items()})
    return variant_choice.choose(variant_choice.priced(table, CPU, wanted), wanted)


def test_the_cheapest_that_loses_no_more_than_allowed():
    table = frontier(("distilled", -0.008, 200.0, 20.0), ("shallow", -0.012, 400.0, 10.0), ("bfloat16", 0.0, 120.0, 30.0))
    assert chosen(table, most_points_lost=1.0).name == "distilled"
    assert chosen(table, most_points_lost=2.0).name == "shallow"
    assert chosen(table, most_points_lost=0.0).name == "bfloat16"


def test_an_answer_in_time_comes_before_price():
    table = frontier(("int8", 0.0, 100.0, 15.0), ("bfloat16", 0.0, 200.0, 40.0))
    assert chosen(table, latency_p95_ms=30).name == "int8"
    assert chosen(table, latency_p95_ms=50).name == "bfloat16"
    assert chosen(table, latency_p95_ms=1).name == "int8", "when none is in time, the quickest"


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(-0.2, 0.1), st.floats(1, 1e4), st.floats(1, 1e3)), max_size=len(OTHERS)),
    st.floats(0, 5),
    st.floats(1, 2e3),
)
def test_no_other_form_that_qualifies_is_clearly_cheaper_or_as_cheap_and_better(rows, limit, latency):
    wanted = scenario.load("smoke", {"deployment.most_points_lost": limit, "deployment.latency_p95_ms": latency})
    priced = variant_choice.priced(frontier(*((name, *row) for name, row in zip(OTHERS, rows, strict=False))), CPU, wanted)
    choice = variant_choice.choose(priced, wanted)
    fit = priced[(priced["difference"] * 100 >= -limit - 1e-9) & (priced["latency_p95_ms"] <= latency)]
    assert choice.row["difference"] * 100 >= -limit - 1e-9
    alike = fit[fit["usd_per_thousand"] <= variant_choice.ALIKE * fit["usd_per_thousand"].min()]
    assert fit.empty or choice.name in set(alike["variant"])
    assert fit.empty or choice.row["difference"] == alike["difference"].max()


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.floats(0.9, 1.1)] * 3))
def test_what_else_the_machine_does_chooses_nothing(noise):
    rates = (100.0, 102.0, 40.0)  # a tenth up and a tenth down keep the first two within a quarter
    noisy = [rate * factor for rate, factor in zip(rates, noise, strict=True)]
    rows = zip(("trimmed", "int8", "onnx"), (0.0, -0.005, 0.001), noisy, (20.0, 10.0, 30.0), strict=True)
    assert chosen(frontier(*rows)).name == "trimmed"


def test_of_equals_the_smallest_is_served_whatever_the_clock_said():
    for quick, slow in ((130, 120), (120, 130)):
        table = frontier(("bfloat16", -0.002, quick, 50.0), ("trimmed", -0.002, slow, 50.0))
        sized = table.assign(size_mb=table["variant"].map({"float32": 487, "bfloat16": 252, "trimmed": 63}))
        assert chosen(sized).name == "trimmed"


def test_price_halves_when_speed_doubles():
    priced = variant_choice.priced(frontier(("bfloat16", 0.0, 100.0, 30.0)), CPU, scenario.load("smoke"))
    base, half = priced["usd_per_thousand"]
    assert half == pytest.approx(base / 2)
    assert (priced["usd_low"] <= priced["usd_per_thousand"]).all()
    assert (priced["usd_per_thousand"] <= priced["usd_high"]).all()


def test_a_point_of_accuracy_by_hand():
    assumed = scenario.load("smoke", {"assumptions.complaint_share.mid": 0.1})
    missed, needless = (assumed.assumption(name).mid for name in ("missed_complaint_usd", "needless_contact_usd"))
    assert variant_choice.point_usd_per_thousand(assumed) == pytest.approx(1000 * (0.1 * 0.01 * missed + 0.9 * 0.01 * needless))


def test_a_rate_of_another_kind_of_machine_is_refused():
    with pytest.raises(ValueRefused):
        variant_choice.priced(frontier(), {"device": "an abacus", "cores": 1}, scenario.load("smoke"))


@pytest.mark.parametrize(
    ("difference", "words"), [(-0.03, "falls by 3.0 points"), (0.03, "rises by 3.0 points"), (0.0, "not shown")]
)
def test_the_verdict_says_which_way_it_came_out(difference, words):
    table = frontier(("shallow", difference, 200.0, 20.0))
    choice = chosen(table, most_points_lost=100)
    held = Quantity(mid=12.0, unit="requests/s", origin="measured", source="a server")
    told = variant_choice.finding(choice, held).read()
    assert words in told
    assert "4.0 times as fast" in told
    assert "12.0 requests" in told


def test_every_variant_has_a_name_and_strangers_keep_theirs():
    assert all(named(name).read() != name for name in MENU)
    assert named("strange") == Message("{name}", name="strange")
    assert np.unique([named(name).read() for name in MENU]).size == len(MENU)
