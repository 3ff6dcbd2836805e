"""Round numbers for axes and for readers."""

from __future__ import annotations

import math

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return about `wanted` round ticks that enclose `low` and `high`.

    >>> nice_ticks(0.53, 0.86, 4)
    [0.5, 0.6, 0.7, 0.8, 0.9]
    """
    span = (high - low) or abs(high) or 1.0
    rough = span / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in _STEPS if size * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, 2 - math.floor(math.log10(step)))
    return [round(place * step, digits) + 0.0 for place in range(first, last + 1)]


def rounded(value: float, unlike: float | None = None) -> float:
    """Return `value` to two significant digits, a third where it would read as `unlike`: simulation is no sharper."""
    short = float(f"{value:.2g}")
    return float(f"{value:.3g}") if short == unlike else short
