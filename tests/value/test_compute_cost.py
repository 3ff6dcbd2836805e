"""Measured computing on priced machines: arithmetic, rungs, and what may not be carried."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import compute_cost, device_scaling, machines
from bigmodel_utils.value.refusals import ValueRefused

CPU = machines.Machine("Acme/here/two.large", "USA", "cpu", 2, 0.10, None, "test", date(2026, 11, 1))
GPU = machines.Machine("Acme/here/eight.huge", "USA", "H100-80GB-SXM", 8, 20.0, 8.0, "test", date(2026, 11, 1))


def speed(mid, spread=1.05, unit="rows/s"):
    return Quantity(mid=mid, low=mid / spread, high=mid * spread, unit=unit, origin="measured", source="a run")


def test_the_cost_of_a_thousand_items():
    cost = compute_cost.serving_cost(CPU, speed(50), average_load=0.5)
    assert cost.mid == pytest.approx(0.10 / 3600 / (50 * 0.5) * 1000)
    assert cost.low < cost.mid < cost.high
    assert cost.as_of == date(2026, 11, 1)


@given(st.floats(0.1, 1e5), st.floats(0.05, 1.0), st.floats(1.1, 5))
def test_faster_is_cheaper_and_idle_is_dearer(rate, load, factor):
    cost = compute_cost.serving_cost(CPU, speed(rate), load).mid
    assert compute_cost.serving_cost(CPU, speed(rate * factor), load).mid == pytest.approx(cost / factor)
    assert compute_cost.serving_cost(CPU, speed(rate), load / factor).mid == pytest.approx(cost * factor)


def test_a_rate_of_the_same_accelerator_is_rung_one():
    rate = compute_cost.rate_on(GPU, speed(1000), "H100-80GB-SXM", cores=1)
    assert rate.mid == pytest.approx(8000)


def test_a_rate_of_another_accelerator_is_carried_with_a_wider_interval():
    rate = compute_cost.rate_on(GPU, speed(1000), "A100-80GB-SXM", cores=1)
    assert rate.origin == "estimated"
    assert rate.method.startswith("rung 2")
    assert rate.high / rate.mid > 1.05 * 1.05
    assert 1.5 < rate.mid / 8000 < 4  # an H100 is between its peak ratio and its power ratio faster


def test_cpu_rates_are_carried_per_core():
    rate = compute_cost.rate_on(CPU, speed(60), "cpu", cores=4)
    assert rate.mid == pytest.approx(30)
    assert rate.method.startswith("rung 2")


@pytest.mark.parametrize(("machine", "device"), [(CPU, "A100-80GB-SXM"), (GPU, "cpu")])
def test_cpu_says_nothing_about_gpu(machine, device):
    with pytest.raises(ValueRefused, match="a rate measured on"):
        compute_cost.rate_on(machine, speed(10), device, cores=2)


def test_a_training_is_paid_by_the_second():
    seconds = Quantity(mid=3600, unit="s", origin="measured", source="a run")
    assert compute_cost.training_cost(CPU, seconds, "cpu", cores=2).mid == pytest.approx(0.10)
    assert compute_cost.training_cost(GPU, seconds, "H100-80GB-SXM", cores=1).mid == pytest.approx(
        GPU.price().mid / GPU.devices
    )


def test_an_unknown_device_or_contract_is_refused_with_the_nearest():
    with pytest.raises(ValueRefused, match="did you mean 'H100-80GB-SXM'"):
        device_scaling.device("H100-80GB-SXN")
    with pytest.raises(ValueRefused, match="did you mean 'spot'"):
        GPU.price("spott")
    with pytest.raises(ValueRefused, match="no spot price"):
        CPU.price("spot")
    with pytest.raises(ValueRefused, match="above 0"):
        compute_cost.serving_cost(CPU, speed(10), average_load=0)


def test_every_priced_machine_can_be_named():
    found = machines.machine("AWS/ap-southeast-1/c7i.large")
    assert (found.device, found.devices) == ("cpu", 2)
    assert all(m.usd_per_hour_on_demand > 0 for m in machines.machines().values())
    with pytest.raises(ValueRefused, match=r"did you mean 'AWS/ap-southeast-1/c7i\.large'"):
        machines.machine("AWS/ap-southeast-1/c7i.larg")


def test_the_price_of_a_whole_instance_counts_all_its_accelerators():
    whole = [m for m in machines.machines().values() if m.device != "cpu" and m.devices == 8]
    assert whole
    from bigmodel_utils import facts

    prices = facts.load("gpu_cloud_prices").set_index("instance_type")["usd_per_gpu_hour_on_demand"]
    instance = whole[0].name.split("/", 2)[2]
    assert whole[0].usd_per_hour_on_demand / 8 in set(prices.loc[[instance]])


def test_encoders_are_carried_within_ten_percent_in_the_middle():
    law = device_scaling.law()
    assert law.devices >= 9
    assert law.median_factor <= 1.10
    assert 0.4 < law.peak_weight < 0.8


def test_there_and_back_is_the_same_rate():
    law = device_scaling.law()
    assert law.ratio("T4", "L4") * law.ratio("L4", "T4") == pytest.approx(1)
    assert law.ratio("T4", "T4") == 1


def test_serving_is_priced_on_the_machine_that_fits_what_measured():
    chosen = scenarios.load("reviews_us_to_cn")
    load = chosen.assumption("average_load").mid
    for name, reported, key in ((chosen.compute.cpu, "cpu", "cpu"), (chosen.compute.gpu, "NVIDIA L4", "L4")):
        machine = machines.machine(name)
        expected = compute_cost.serving_cost(machine, compute_cost.rate_on(machine, speed(50), key, 2), load)
        assert compute_cost.serving_on(chosen, speed(50), reported, 2) == expected
    with pytest.raises(ValueRefused, match="accelerator 'Abacus'"):
        compute_cost.serving_on(chosen, speed(1), "Abacus", 2)
