"""When does a stream of scored messages leave the usual? A CUSUM whose false alarms are set by resampling quiet days.

Days are arrays (..., days, 2): messages of the day, and the sum of their scores; a higher score is more negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bigmodel_utils.applications.inputs import InputError

YEAR = 365
WEEK = 7
WARM_UP = 28  # quiet days before a planted surge
_LEAST_DAYS = 28
_YEARS = 100  # simulated, to set the alarm's height
_SLACK = 0.25  # tuned to a shift of half a standard deviation a day (Page 1954)
_HEIGHTS = 33  # tried at once; the grid is narrowed twice
Rule = Literal["sum", "day"]  # deviations added up day by day (CUSUM, Page 1954), or each day for itself (Shewhart 1931)


@dataclass(frozen=True)
class Watch:
    """What is usual for one message (mean and deviation of its score), and the height at which the watch alarms."""

    rule: Rule
    mean: float
    deviation: float
    height: float = np.inf

    def deviations(self, days: np.ndarray) -> np.ndarray:
        """Return how many standard deviations each day lies above the usual, 0 where nothing came: (..., days)."""
        messages, total = days[..., 0], days[..., 1]
        return (total - messages * self.mean) / (self.deviation * np.sqrt(np.maximum(messages, 1)))

    def levels(self, days: np.ndarray) -> np.ndarray:
        """Return the level each day, (..., days); after an alarm it starts from zero again."""
        z = np.moveaxis(self.deviations(days), -1, 0)
        levels = np.empty_like(z)
        level = np.zeros(z.shape[1:])
        for day, deviation in enumerate(z):
            level = levels[day] = self._next(level, deviation)
            level = np.where(level > self.height, 0.0, level)
        return np.moveaxis(levels, 0, -1)

    def alarms(self, days: np.ndarray) -> np.ndarray:
        """Return which days alarm, bool, (..., days)."""
        return self.levels(days) > self.height

    def _next(self, level: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        return np.maximum(0.0, level + deviation - _SLACK if self.rule == "sum" else 0 * level + deviation)

    def per_year(self, years: np.ndarray, heights: np.ndarray) -> np.ndarray:
        """Return alarms a year, (heights,), on quiet `years` (count, days, 2)."""
        z = self.deviations(years)
        level, alarms = np.zeros((len(heights), len(years))), np.zeros(len(heights))
        for day in range(z.shape[1]):
            level = self._next(level, z[:, day])
            over = level > heights[:, None]
            alarms += over.sum(axis=1)
            level[over] = 0.0
        return alarms * YEAR / z.size


def learn(quiet: np.ndarray, scores: np.ndarray, rule: Rule, per_year: float, seed: int) -> Watch:
    """Return the lowest watch that alarms at most `per_year` times in resampled years of `quiet` days, (days, 2).

    scores: of the quiet days' messages. Raises InputError for fewer than four weeks, or messages that all score alike.
    """
    if len(quiet) < _LEAST_DAYS or scores.std() == 0:
        given = f"{len(quiet)} quiet days with {len(scores)} messages"
        raise InputError(given, f"{_LEAST_DAYS} days or more, whose messages differ", "application.quiet_before")
    watch = Watch(rule, float(scores.mean()), float(scores.std()))
    years = resampled(quiet, _YEARS, YEAR, seed)
    low, high = 0.0, 80.0
    for _ in range(3):
        heights = np.linspace(low, high, _HEIGHTS)
        place = int(np.argmax(watch.per_year(years, heights) <= per_year))
        low, high = heights[max(place - 1, 0)], heights[place]
    return replace(watch, height=float(high))


def resampled(quiet: np.ndarray, count: int, days: int, seed: int) -> np.ndarray:
    """Return `count` streams of `days` days, (count, days, 2): each day is drawn from the quiet days of its weekday."""
    rng = np.random.default_rng(seed)
    whole = len(quiet) // WEEK * WEEK
    by_weekday = quiet[:whole].reshape(-1, WEEK, 2)
    weekday = np.arange(days) % WEEK
    return by_weekday[rng.integers(0, len(by_weekday), size=(count, days)), weekday]


def false_alarms(
    quiet: np.ndarray, scores: np.ndarray, watch: Watch, per_year: float, seed: int, worlds: int = 40
) -> np.ndarray:
    """Return alarms a quiet year, (worlds,), of watches that learned from as many other days of the same kind (bootstrap).

    `per_year` is what was asked for; the spread says how far so few quiet days can mislead.
    """
    years, rates = resampled(quiet, _YEARS, YEAR, seed + 1), []
    for world in range(worlds):
        taught = resampled(quiet, 1, len(quiet), seed + 2 + world)[0]
        centre = taught[:, 1].sum() / taught[:, 0].sum()
        other = learn(taught, scores - scores.mean() + centre, watch.rule, per_year, seed)
        rates.append(other.per_year(years, np.array([other.height]))[0])
    return np.array(rates)


@dataclass(frozen=True)
class Caught:
    """What a watch makes of planted surges, one a stream: `found` while it lasts, `delay` in days (NaN), `false` before it."""

    found: np.ndarray
    delay: np.ndarray
    false: np.ndarray


def replayed(event: np.ndarray, chances: np.ndarray, messages: int, count: int, seed: int) -> np.ndarray:
    """Return row numbers of labelled messages, (count, days, messages): a day's chance that a message is of the event.

    event: labels of the rows to draw from, bool, both kinds; chances: (days,). The same seed draws the same messages.
    """
    rng = np.random.default_rng(seed)
    shape = (count, len(chances), messages)
    bad, good = (rng.choice(np.flatnonzero(kind).astype(np.int32), size=shape) for kind in (event, ~event))
    return np.where(rng.random(shape) < chances[:, None], bad, good)


def surging(share: float, extra: float, days: int) -> np.ndarray:
    """Return the chance of the event on quiet days and then on `days` days of a surge."""
    return np.r_[np.full(WARM_UP, share), np.full(days, min(1.0, share + extra))]


def as_days(scores: np.ndarray) -> np.ndarray:
    """Return (..., days, 2) of the scores of messages, (..., days, messages)."""
    return np.stack([np.full(scores.shape[:-1], float(scores.shape[-1])), scores.sum(axis=-1)], axis=-1)


def watched(watch: Watch, days: np.ndarray) -> Caught:
    """Return which surges `watch` finds in streams of quiet days and then a surge, (count, days, 2)."""
    alarms = watch.alarms(days)
    during = alarms[:, WARM_UP:]
    found = during.any(axis=1)
    return Caught(found, np.where(found, during.argmax(axis=1), np.nan), alarms[:, :WARM_UP].sum(axis=1))


def theory(watch: Watch) -> float:
    """Return alarms a year of a CUSUM of this height over independent normal days (Siegmund 1985: run length to an alarm)."""
    reach = watch.height + 1.166
    length = (np.exp(2 * _SLACK * reach) - 2 * _SLACK * reach - 1) / (2 * _SLACK**2)
    return float(YEAR / length)


def simulated(watch: Watch, seed: int) -> float:
    """Return alarms a year of the same CUSUM over independent normal days, counted in simulated years."""
    z = np.random.default_rng(seed).standard_normal((4 * _YEARS, YEAR))
    days = np.stack([np.ones_like(z), watch.mean + watch.deviation * z], axis=-1)
    return float(watch.per_year(days, np.array([watch.height]))[0])
