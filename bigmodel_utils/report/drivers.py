"""What drives the difference between the members of a sweep: the choice whose values part their outcomes most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import choice_names


@dataclass(frozen=True)
class Driver:
    """One choice that members differ in. `means`: its values as they are said, numbers in order, with the mean of their members, USD.

    `share` is the main effect: variance between the values over all variance of the members' values.
    """

    name: str
    means: tuple[tuple[Message, float], ...]
    share: float

    @property
    def least(self) -> tuple[Message, float]:
        return min(self.means, key=lambda pair: pair[1])

    @property
    def best(self) -> tuple[Message, float]:
        return max(self.means, key=lambda pair: pair[1])


def drivers(lines: Sequence[Mapping[str, Any]]) -> list[Driver]:
    """Return the choices that finished members differ in, the strongest first.

    lines: values (key -> value, the same keys in each), units (of assumptions by name), npv (Quantity).
    """
    found = [_driver(key, lines) for key in lines[0]["values"]]
    return sorted((each for each in found if len(each.means) > 1), key=lambda each: -each.share)


def said(line: Mapping[str, Any], key: str) -> Message:
    """Return the value that a member has for a choice, set by it or by its scenario."""
    return choice_names.value(key, line["values"][key], line["units"])


def _driver(key: str, lines: Sequence[Mapping[str, Any]]) -> Driver:
    values = [line["values"][key] for line in lines]
    if all(isinstance(value, (int, float)) for value in values):
        lines = sorted(lines, key=lambda line: line["values"][key])
    groups: dict[str, list[float]] = {}
    for line in lines:
        groups.setdefault(str(line["values"][key]), []).append(line["npv"].mid)
    told = {str(line["values"][key]): said(line, key) for line in lines}
    overall = fmean(line["npv"].mid for line in lines)
    total = sum((line["npv"].mid - overall) ** 2 for line in lines)
    between = sum(len(group) * (fmean(group) - overall) ** 2 for group in groups.values())
    means = tuple((told[text], fmean(group)) for text, group in groups.items())
    return Driver(key, means, between / total if total else 0.0)
