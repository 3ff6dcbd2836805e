"""Numbers that know their unit, their range and where they come from."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

SECONDS_PER_HOUR = 3600.0
HOURS_PER_MONTH = 730.0
MONTHS_PER_YEAR = 12

Origin = Literal["measured", "estimated", "assumed"]


class Quantity(BaseModel):
    """A number with its interval and origin, as it stands in artifacts and behind every mark in a report.

    `low` and `high` bound the interval named in `method` (95 % for measurements, 80 % otherwise).
    Raises ValueError when low <= mid <= high does not hold, when an estimate has no interval,
    and when an assumption has no source and date.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mid: float
    low: float | None = None
    high: float | None = None
    unit: str
    origin: Origin
    source: str
    as_of: date | None = None
    n: int | None = None
    method: str = ""

    @model_validator(mode="after")
    def _honest(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends: give both low and high, or neither")
        if self.low is not None and not self.low <= self.mid <= self.high:
            raise ValueError(f"expected low <= mid <= high, got {self.low}, {self.mid}, {self.high}")
        if self.origin == "estimated" and self.low is None:
            raise ValueError("an estimate carries its interval")
        if self.origin == "assumed" and not (self.source.strip() and self.as_of):
            raise ValueError("an assumption carries its source and date")
        return self

    @classmethod
    def estimated(
        cls,
        low: float,
        mid: float,
        high: float,
        unit: str,
        *,
        source: str,
        method: str,
        as_of: date | None = None,
        n: int | None = None,
    ) -> Quantity:
        """Return an estimate with its interval."""
        return cls(mid=mid, low=low, high=high, unit=unit, origin="estimated", source=source, method=method, as_of=as_of, n=n)

    @classmethod
    def within(cls, factor: float, mid: float, unit: str, *, source: str, method: str) -> Quantity:
        """Return an estimate that is right within a factor: its interval reaches from mid / factor to mid * factor."""
        return cls.estimated(mid / factor, mid, mid * factor, unit, source=source, method=method)

    def carried(self, ratio: float, factor: float, *, source: str, method: str) -> Quantity:
        """Return the quantity as expected elsewhere: times `ratio`, its interval wider by `factor` on both sides."""
        low, high = (self.mid, self.mid) if self.low is None else (self.low, self.high)
        ends = low * ratio / factor, self.mid * ratio, high * ratio * factor
        return Quantity.estimated(*ends, self.unit, source=source, method=method, n=self.n)

    def scaled(self, factor: float, unit: str) -> Quantity:
        """Return the quantity times a positive constant, in a new unit."""
        ends = {"low": self.low * factor, "high": self.high * factor} if self.low is not None else {}
        return self.model_copy(update={"mid": self.mid * factor, "unit": unit, **ends})
