"""Machines with a price: the rows of `cpu_cloud_prices` and `gpu_cloud_prices`, by `provider/region/instance`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import hardware
from bigmodel_utils.value.refusals import ValueRefused
from bigmodel_utils.value.validity import refuse_aged

if TYPE_CHECKING:
    from bigmodel_utils.scenario import Scenario

Contract = Literal["on_demand", "spot"]


@dataclass(frozen=True)
class Machine:
    """One rentable machine: where it stands, what it has, what an hour of it costs."""

    name: str
    country: str
    device: str  # "cpu", or a name of gpu_specs
    devices: int  # vCPUs, or accelerators
    usd_per_hour_on_demand: float
    usd_per_hour_spot: float | None
    source: str
    as_of: date

    def price(self, contract: Contract = "on_demand") -> Quantity:
        """Return USD per machine-hour; raises ValueRefused where no spot price was found."""
        if contract not in ("on_demand", "spot"):
            raise ValueRefused(f"contract '{contract}'", nearest(contract, ("on_demand", "spot")), self.name)
        value = self.usd_per_hour_on_demand if contract == "on_demand" else self.usd_per_hour_spot
        if value is None:
            raise ValueRefused(f"spot price of {self.name}", "on_demand; no spot price was found", self.name)
        return Quantity(mid=value, unit="USD per hour", origin="assumed", source=self.source, as_of=self.as_of, method=contract)


def machine(name: str) -> Machine:
    """Return the machine called `provider/region/instance`; raises ValueRefused with the nearest of its region."""
    known = machines()
    if name not in known:
        beside = [n for n in known if n.rsplit("/", 1)[0] == name.rsplit("/", 1)[0]]
        raise ValueRefused(
            f"machine '{name}'", nearest(name, beside or known), "compute in the scenario, or data/facts/*_cloud_prices.csv"
        )
    return known[name]


def rented(name: str, scenario: Scenario) -> Machine:
    """Return the machine that a plan rests on; raises ValueRefused as `machine`, or when its price is too old for the plan."""
    found = machine(name)
    refuse_aged("cpu_cloud_prices" if found.device == "cpu" else "gpu_cloud_prices", found.name, found.as_of, scenario)
    return found


@cache
def machines() -> dict[str, Machine]:
    """Return every priced machine by name, CPU machines first."""
    cpu = facts.load("cpu_cloud_prices").assign(device="cpu").rename(columns={"vcpus": "devices"})
    gpu = facts.load("gpu_cloud_prices").rename(columns={"gpu": "device", "gpus_per_instance": "devices"})
    for contract in ("on_demand", "spot_min_az"):
        gpu[f"usd_per_hour_{contract}"] = gpu[f"usd_per_gpu_hour_{contract}"] * gpu["devices"]
    rows = [*cpu.to_dict("records"), *gpu.to_dict("records")]
    return {m.name: m for m in map(_machine, rows)}


def accelerator(reported: str) -> str:
    """Return the name in gpu_specs of the accelerator that its driver reports, e.g. "NVIDIA A100-SXM4-80GB".

    Raises ValueRefused with the nearest name when no row has its family.
    """
    if name := hardware.named(reported):
        return name
    allowed = nearest(reported, facts.load("gpu_specs")["gpu"])
    raise ValueRefused(f"accelerator '{reported}'", allowed, "data/facts/gpu_specs.csv")


def _machine(row: dict[str, Any]) -> Machine:
    spot = row["usd_per_hour_spot_min_az"]
    return Machine(
        name=f"{row['provider']}/{row['region']}/{row['instance_type']}",
        country=row["country_iso3"],
        device=row["device"],
        devices=int(row["devices"]),
        usd_per_hour_on_demand=row["usd_per_hour_on_demand"],
        usd_per_hour_spot=spot if spot == spot else None,
        source=row["source"],
        as_of=row["as_of"],
    )
