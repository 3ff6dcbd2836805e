"""From a model's size to how it is spread over devices: what each must hold, and when one machine no longer does.

Training in mixed precision with Adam holds 16 bytes a parameter: weights and gradients in 16 bit, and in 32 bit the weights
and both moments (Rajbhandari et al. 2020). Replicated, every device holds them all; sharded, each holds its part, and besides
two gathered layers at a time. Activations are recomputed layer by layer (Korthikanti et al. 2022) for one sequence at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from bigmodel_utils import facts
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import machines, training_cost
from bigmodel_utils.value.machines import Machine
from bigmodel_utils.value.refusals import ValueRefused
from bigmodel_utils.value.roofline import MEMORY_SHARE, RESERVED_BYTES
from bigmodel_utils.value.serving_rows import GIB

if TYPE_CHECKING:
    from bigmodel_utils.scenario import Scenario

Way = Literal["replicated", "sharded", "across", "split"]
STATE_BYTES = 16  # a parameter that learns
WEIGHT_BYTES = 2  # a parameter that computes, in 16 bit
SEQUENCE = 4096  # tokens of the sequence that a device computes at once
_LAYER_VALUES, _KEPT_VALUES = 34, 2  # bytes per token and hidden unit: inside the layer at work, and kept of every layer
_LOGIT_BYTES = 6  # per token and piece of the vocabulary: in 16 bit, and in 32 for the loss
_GATHERED = 2  # layers
_DOUBLINGS = 11  # of the number of machines
_ACCELERATORS = 8  # of the machines that large models are trained on
_STEP = 2.0  # each published model shown is at least so many times the one before


@dataclass(frozen=True)
class Shape:
    """A model's size; `architecture` as in a plan, `sequence` the tokens that a device computes at once."""

    name: str
    parameters: float
    layers: int
    hidden: int
    vocabulary: int
    architecture: str
    sequence: int = SEQUENCE


@dataclass(frozen=True)
class Layout:
    """How a model is trained: over how many machines and devices, and the bytes on each; and how many devices serve it."""

    shape: Shape
    way: Way
    machines: int
    devices: int
    device_bytes: float
    serving_devices: int


@dataclass(frozen=True)
class Plan:
    """Layouts on `machine`, the own model's first, and the hours each takes to learn from 10^9 tokens."""

    machine: Machine
    layouts: tuple[Layout, ...]
    hours: tuple[Quantity, ...]

    @property
    def usd(self) -> list[float]:
        """What those hours cost, on demand."""
        price = self.machine.price().mid
        return [hours.mid * one.machines * price for one, hours in zip(self.layouts, self.hours, strict=True)]


def memory_bytes(gpu: str) -> float:
    """Return the memory of one accelerator, a name of gpu_specs."""
    return float(facts.load("gpu_specs").set_index("gpu")["memory_gb"][gpu]) * GIB


def lay_out(shape: Shape, memory_bytes: float, per_machine: int) -> Layout:
    """Return the simplest layout of `shape` on the fewest machines of `per_machine` devices, `memory_bytes` each.

    In this order: every device holds all; all devices share the state; the devices of a machine also split each layer (tensor
    parallel). The number of machines is doubled until one of them fits; raises ValueRefused when none does.
    """
    room, state = MEMORY_SHARE * memory_bytes, STATE_BYTES * shape.parameters
    layer = _GATHERED * WEIGHT_BYTES * shape.parameters / shape.layers
    at_work = activation_bytes(shape)
    serving = _serving_devices(shape, memory_bytes)
    if state + at_work <= room:
        return Layout(shape, "replicated", 1, per_machine, state + at_work, serving)
    for count in (2**doublings for doublings in range(_DOUBLINGS)):
        devices = count * per_machine
        sharded, split = (state / devices + (layer + at_work) / parts for parts in (1, per_machine))
        if sharded <= room:
            return Layout(shape, "sharded" if count == 1 else "across", count, devices, sharded, serving)
        if split <= room:
            return Layout(shape, "split", count, devices, split, serving)
    raise ValueRefused(f"{shape.name} on devices of {memory_bytes / 1e9:.0f} GB", "devices with more memory", "compute.gpu")


def activation_bytes(shape: Shape) -> float:
    """Return the bytes that one sequence keeps on a device while it is learned from, one layer recomputed at a time."""
    hidden = shape.hidden * (_KEPT_VALUES * shape.layers + _LAYER_VALUES)
    return shape.sequence * (hidden + _LOGIT_BYTES * (shape.vocabulary if shape.architecture == "dense" else 0))


def _serving_devices(shape: Shape, memory_bytes: float) -> int:
    """Return the fewest devices, doubled each time, whose memory holds the weights in 16 bit."""
    devices = 1
    while WEIGHT_BYTES * shape.parameters / devices + RESERVED_BYTES > MEMORY_SHARE * memory_bytes:
        devices *= 2
    return devices


def hours_per_billion_tokens(layout: Layout, device: str) -> Quantity:
    """Return the hours in which the devices of `layout` learn from 10^9 tokens, 80 % interval; see `training_cost.chip_hours`."""
    shape = layout.shape
    known = {"model": shape.name, "architecture": shape.architecture, "hardware": device}
    hours = training_cost.chip_hours(known | {"params_total_b": shape.parameters / 1e9, "tokens_b": 1})
    return hours.scaled(1 / layout.devices, "hours")


def plan(own: Shape, scenario: Scenario) -> Plan:
    """Return the layouts of a run's own model and of larger ones on the scenario's GPU machine; see `machine_for`."""
    machine = machine_for(scenario.compute.gpu)
    shapes = (own, *(shape for shape in published() if shape.parameters > own.parameters))
    laid = tuple(lay_out(shape, memory_bytes(machine.device), machine.devices) for shape in shapes)
    return Plan(machine, laid, tuple(hours_per_billion_tokens(one, machine.device) for one in laid))


@cache
def published() -> tuple[Shape, ...]:
    """Return dense models of `model_shapes`, smallest first, each at least twice the one before."""
    rows = facts.load("model_shapes").query("experts == 1").sort_values("params_total_b")
    found: list[Shape] = []
    for row in rows.to_dict("records"):
        size = row["params_total_b"] * 1e9
        if not found or size >= _STEP * found[-1].parameters:
            found.append(Shape(row["model"], size, int(row["layers"]), int(row["hidden"]), int(row["vocabulary"]), "dense"))
    return tuple(found)


def machine_for(wanted: str) -> Machine:
    """Return the machine called `wanted` when it has eight accelerators, else the one on file with most FLOP for its price."""
    chosen = machines.machine(wanted)
    peak = facts.load("gpu_specs").set_index("gpu")["bf16_fp16_dense_tflops"]
    many = [one for one in machines.machines().values() if one.device in peak.index and one.devices >= _ACCELERATORS]
    return (
        chosen if chosen in many else min(many, key=lambda one: one.usd_per_hour_on_demand / (one.devices * peak[one.device]))
    )
