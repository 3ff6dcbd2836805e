"""From a confusion matrix to money: what a process costs per 1,000 items, errors included.

The first five functions are plain arithmetic on floats or arrays of one shape; the what-if page computes
with a translation of exactly these lines. Sources: Elkan 2001 (costs and threshold), Chow 1970 (review band).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bigmodel_utils.value import refusals

Value = float | np.ndarray  # one number, or one a draw


def reading_usd_per_thousand(wage_usd_hour: Value, read_per_hour: Value) -> Value:
    """Return what people cost to read 1,000 items, USD."""
    return 1000 * wage_usd_hour / read_per_hour


def missed_usd_per_thousand(event_share: Value, recall: Value, missed_usd: Value) -> Value:
    """Return the cost of events that nobody notices among 1,000 items, USD."""
    return 1000 * event_share * (1 - recall) * missed_usd


def needless_usd_per_thousand(event_share: Value, false_alarm_rate: Value, needless_usd: Value) -> Value:
    """Return the cost of acting on non-events among 1,000 items, USD."""
    return 1000 * (1 - event_share) * false_alarm_rate * needless_usd


def errors_usd_per_thousand(
    event_share: Value, recall: Value, false_alarm_rate: Value, missed_usd: Value, needless_usd: Value
) -> Value:
    """Return the cost of both kinds of error among 1,000 items, USD."""
    return missed_usd_per_thousand(event_share, recall, missed_usd) + needless_usd_per_thousand(
        event_share, false_alarm_rate, needless_usd
    )


def serving_usd_per_thousand(samples_per_second: Value, machine_usd_hour: Value, average_load: Value) -> Value:
    """Return the machine's cost of 1,000 items at `average_load` (average over peak rate), USD."""
    return 1000 * machine_usd_hour / (3600 * samples_per_second * average_load)


class Process(NamedTuple):
    """A way of doing the work: how well it finds events, and what one item costs to process (USD)."""

    recall: Value
    false_alarm_rate: Value
    usd_per_item: Value


def process_usd(process: Process, items: float, event_share: float, missed_usd: float, needless_usd: float) -> Value:
    """Return the cost of `items` items done by `process`, errors included, USD (floats or draws).

    Raises ValueRefused for a share outside [0, 1] or a negative price. Source: Elkan 2001.
    """
    refusals.share(event_share=event_share, recall=process.recall, false_alarm_rate=process.false_alarm_rate)
    refusals.not_negative(items=items, missed_usd=missed_usd, needless_usd=needless_usd, usd_per_item=process.usd_per_item)
    errors = errors_usd_per_thousand(event_share, process.recall, process.false_alarm_rate, missed_usd, needless_usd)
    return items * (errors / 1000 + process.usd_per_item)


def probability_of_saving(new: np.ndarray, old: np.ndarray) -> float:
    """Return the share of draws in which the new process costs less than the old one."""
    refusals.finite(new=new, old=old)
    return float(np.mean(np.asarray(new) < np.asarray(old)))


def break_even_items(fixed_usd: float, old_usd_per_item: float, new_usd_per_item: float) -> float:
    """Return the number of items after which `fixed_usd` is earned back.

    Raises ValueRefused when the new way saves nothing on an item: no volume pays then.
    """
    refusals.not_negative(fixed_usd=fixed_usd, old_usd_per_item=old_usd_per_item, new_usd_per_item=new_usd_per_item)
    saving = old_usd_per_item - new_usd_per_item
    if saving <= 0:
        raise refusals.ValueRefused(
            f"a saving of {saving:g} USD an item", f"new below {old_usd_per_item:g} USD an item", "new_usd_per_item"
        )
    return fixed_usd / saving
