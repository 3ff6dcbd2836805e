"""What the value room refuses, and the checks that every door shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from bigmodel_utils.errors import BigModelError


class ValueRefused(BigModelError):
    """A number, correlation, cash flow or device that no honest figure can be made from."""


def finite(**values: Any) -> None:
    """Raise ValueRefused naming the first value that is empty, missing or infinite. Values: floats or arrays."""
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if not (array.size and np.isfinite(array).all()):
            raise ValueRefused(f"{name} holds a value that is not a number", "finite numbers; an unknown is never zero", name)


def discountable(**rates: float) -> None:
    """Raise ValueRefused naming the first rate of a period at which no money can be discounted: -1 or less, or not finite."""
    finite(**rates)
    for name, rate in rates.items():
        if rate <= -1:
            raise ValueRefused(f"{name} {rate:g}", "above -1; the nearest is -0.99", name)


def not_negative(**values: Any) -> None:
    """Raise ValueRefused naming the first value that is negative or not finite. Values: floats or arrays."""
    finite(**values)
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if (array < 0).any():
            raise ValueRefused(f"{name} = {array.min():g}", "zero or more; the nearest is 0", name)


def share(**values: Any) -> None:
    """Raise ValueRefused naming the first value outside [0, 1]. Values: floats or arrays."""
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        wrong = ~((array >= 0) & (array <= 1))
        if wrong.any():
            worst = float(array[wrong].flat[0])
            raise ValueRefused(f"{name} = {worst:g}", f"between 0 and 1; the nearest is {np.clip(worst, 0, 1):g}", name)


def above_zero(**values: Any) -> None:
    """Raise ValueRefused naming the first value that is zero, negative or not finite. Values: floats or arrays."""
    not_negative(**values)
    for name, value in values.items():
        if (np.asarray(value, dtype=float) == 0).any():
            raise ValueRefused(f"{name} = 0", "above 0", name)
