"""Tables of the sentiment monitor's page: planted surges by reader and size, and the alarms of the dated stream."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.applications.surge import WARM_UP
from bigmodel_utils.messages import Message
from bigmodel_utils.report.charts.monitor import READERS
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.applications.replay import Replay
    from bigmodel_utils.applications.sentiment_monitor import Watched

_LONGEST = 90  # signs of a text that the table quotes
_DAYS_READ = 7  # days up to an alarm that its row tells about


def surges(replay: Replay, confidence: float) -> Table:
    """Return found, delay, precision and what the adapted model finds beyond it, by size of the surge and reader."""
    rows = []
    for size in replay.sizes:
        beyond = {c.second: c for c in replay.compared[size]}
        for reader, name in READERS.items():
            rows.append(
                {
                    "size": Message("{usual:percent} to {high:percent}", usual=replay.usual, high=replay.usual + size),
                    "reader": name,
                    "found": replay.found(reader, size, confidence).mid,
                    "delay": replay.delay(reader, size),
                    "precision": precision.mid if (precision := replay.precision(reader, size, confidence)) else None,
                    "more": _points(beyond[reader].difference) if reader in beyond else None,
                }
            )
    columns = [
        Column("size", Message("{cases}")),
        Column("reader", Message("watched by")),
        Column("found", Message("found"), "percent", Message("of surges")),
        Column("delay", Message("alarm"), "integer", Message("median day")),
        Column("precision", Message("in a surge"), "percent", Message("share of alarms")),
        Column("more", Message("adapted model finds more"), "number", Message("points")),
    ]
    simpler = [c for found in replay.compared.values() for c in found if c.second != "truth"]
    finding = Message(
        "The adapted model, days added up, finds more in {real} of {all} comparisons with the simpler ways",
        real=sum(c.is_real and c.difference.mid > 0 for c in simpler),
        all=len(simpler),
    )
    note = Message(
        "Last column: what the adapted model, days added up, finds beyond this way. One surge follows on {days} quiet days; a day is missing where fewer than half are found. Paired bootstrap, 95%. Measured in this run.",
        days=WARM_UP,
    )
    return Table(finding, columns, rows, note)


def _points(difference: Quantity) -> Message:
    """Return a difference of shares with its interval, in percentage points."""
    mid, low, high = (100 * value for value in (difference.mid, difference.low, difference.high))
    return Message("{mid:number1} ({low:number1} to {high:number1})", mid=mid, low=low, high=high)


def alarms(watched: Watched) -> Table:
    """Return each alarm after the quiet days: messages and mood of its week, the topic that stood out, the most negative texts."""
    daily = watched.daily.iloc[watched.quiet_days :]
    rows = [_alarm(watched, day) for day in daily.loc[daily["alarm"], "date"]]
    columns = [
        Column("day", Message("alarm")),
        Column("messages", Message("messages"), "integer", Message("last 7 days")),
        Column("negative", Message("more negative than usual"), "number2", Message("standard deviations")),
        Column("topic", Message("topic that stood out")),
        Column("texts", Message("most negative texts")),
    ]
    expected = watched.per_year.mid * len(daily) / 365
    finding = Message(
        "{count} alarms after the quiet days; chance alone would give {expected:number1}", count=len(rows), expected=expected
    )
    return Table(finding, columns, rows, MEASURED)


def _alarm(watched: Watched, day: pd.Timestamp) -> dict[str, object]:
    texts = watched.texts
    recent = texts[(texts["date"] <= day) & (texts["date"] > day - np.timedelta64(_DAYS_READ, "D"))]
    return {
        "day": Message("{day:date}", day=day.date()),
        "messages": len(recent),
        "negative": float(recent["score"].mean()),
        "topic": _standing_out(watched, recent),
        "texts": [shorten(text, _LONGEST, placeholder="…") for text in recent.nlargest(2, "score")["text"]],
    }


def _standing_out(watched: Watched, recent: pd.DataFrame) -> str | None:
    """Return the topic whose share lies furthest above its share of the quiet days."""
    quiet = watched.texts[watched.texts["date"] < watched.daily["date"].iloc[watched.quiet_days]]
    grown = [(recent["topic"] == place).mean() - (quiet["topic"] == place).mean() for place in range(len(watched.topics))]
    return watched.topics[int(np.argmax(grown))] if grown else None
