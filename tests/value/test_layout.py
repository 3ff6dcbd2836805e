"""What a layout promises to fit was really trained so, and more memory never takes more machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.value import layout
from bigmodel_utils.value.layout import Shape
from bigmodel_utils.value.refusals import ValueRefused

MPT = {"MPT-1b": (24, 2048), "MPT-3b": (32, 2560), "MPT-7b": (32, 4096), "MPT-13b": (40, 5120), "MPT-30b": (48, 7168), "MPT-70b": (80, 8192)}  # fmt: skip


def shapes() -> st.SearchStrategy[Shape]:
    return st.builds(
        Shape,
        st.just("any"),
        st.floats(1e7, 1e12),
        st.integers(4, 130),
        st.integers(256, 16384),
        st.just(50_000),
        st.just("dense"),
    )


def published():
    rows = facts.load("training_throughput").query("sharding == 'FULL_SHARD' and activation_checkpointing == True")
    smallest = rows.sort_values("gpu_count").groupby(["model", "gpu", "seq_len"], as_index=False).first()
    return [pytest.param(row, id=f"{row['model']} on {row['gpu_count']} {row['gpu']}") for row in smallest.to_dict("records")]


@pytest.mark.parametrize("run", published())
def test_what_was_trained_fits_by_the_formula_too(run):
    shape = Shape(run["model"], run["params_b"] * 1e9, *MPT[run["model"]], 50_368, "dense", int(run["seq_len"]))
    assert layout.lay_out(shape, layout.memory_bytes(run["gpu"]), 8).devices <= run["gpu_count"]


@given(shapes(), st.floats(16, 200), st.floats(1, 4))
def test_more_memory_never_takes_more_machines(shape, gigabytes, factor):
    def machines(memory: float) -> float:
        try:
            found = layout.lay_out(shape, memory, 8)
        except ValueRefused:
            return float("inf")
        assert found.device_bytes <= layout.MEMORY_SHARE * memory
        assert found.devices == 8 * found.machines
        return found.machines

    assert machines(gigabytes * factor * 1e9) <= machines(gigabytes * 1e9)


def test_the_ways_in_their_order():
    found = [layout.lay_out(shape, layout.memory_bytes("A100-40GB-SXM"), 8) for shape in layout.published()]
    assert [one.machines for one in found] == sorted(one.machines for one in found)
    small = Shape("small", 118e6, 12, 384, 250_037, "encoder", 96)
    assert layout.lay_out(small, layout.memory_bytes("L4"), 8).way == "replicated"
    assert layout.lay_out(small, layout.memory_bytes("L4"), 8).device_bytes == pytest.approx(16 * 118e6, rel=0.02)
    assert {"sharded", "across"} <= {one.way for one in found} <= {"sharded", "across", "split"}


def test_hours_are_shared_by_the_devices():
    device = "H100-80GB-SXM"
    laid = layout.lay_out(layout.published()[1], layout.memory_bytes(device), 8)
    hours = layout.hours_per_billion_tokens(laid, device)
    flop = 6 * laid.shape.parameters * 1e9
    assert 0.1 < flop / (hours.mid * 3600 * 8 * 989e12) < 0.8  # the utilisation that published runs had
    assert hours.low < hours.mid < hours.high


def test_the_machine_is_the_scenarios_own_when_it_has_eight():
    assert layout.machine_for("AWS/us-east-1/p5.48xlarge").name == "AWS/us-east-1/p5.48xlarge"
    assert layout.machine_for("AWS/ap-northeast-1/g6.4xlarge").devices >= 8
