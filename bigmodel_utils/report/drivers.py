"""What drives the difference between the members of a sweep: the choice whose values part their outcomes most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

SCENARIO = "scenario"


@dataclass(frozen=True)
class Driver:
    """One choice that members differ in. `means`: its values as text, in order, with the mean value of their members, USD.

    `share` is the main effect: variance between the values over all variance of the members' values.
    """

    name: str
    means: tuple[tuple[str, float], ...]
    share: float

    @property
    def least(self) -> tuple[str, float]:
        return min(self.means, key=lambda pair: pair[1])

    @property
    def best(self) -> tuple[str, float]:
        return max(self.means, key=lambda pair: pair[1])


def drivers(lines: Sequence[Mapping[str, Any]]) -> list[Driver]:
    """Return the choices that finished members differ in, the strongest first.

    lines: scenario, overrides (key -> value), npv (Quantity). A member that does not set a choice counts as unchanged.
    """
    keys = dict.fromkeys(key for line in lines for key in (SCENARIO, *line["overrides"]))
    found = [_driver(key, lines) for key in keys]
    return sorted((each for each in found if len(each.means) > 1), key=lambda each: -each.share)


def value_of(line: Mapping[str, Any], key: str) -> str | None:
    """Return the value that a member gives to a choice; None when it leaves it as its scenario has it."""
    value = line["scenario"] if key == SCENARIO else line["overrides"].get(key)
    return None if value is None else str(value)


def _driver(key: str, lines: Sequence[Mapping[str, Any]]) -> Driver:
    values: dict[str | None, list[float]] = {}
    for line in lines:
        values.setdefault(value_of(line, key), []).append(line["npv"].mid)
    overall = fmean(line["npv"].mid for line in lines)
    total = sum((line["npv"].mid - overall) ** 2 for line in lines)
    between = sum(len(group) * (fmean(group) - overall) ** 2 for group in values.values())
    means = tuple(("–" if value is None else value, fmean(group)) for value, group in values.items())
    return Driver(key, means, between / total if total else 0.0)
