"""A stream watched day by day, and how many planted surges of each size are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.charts import ladder
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.applications.replay import Replay
    from bigmodel_utils.applications.sentiment_monitor import Watched

READERS = {
    "truth": Message("if every label were known"),
    "b": Message("adapted model, days added up"),
    "rival": Message("word counts, days added up"),
    "day": Message("adapted model, each day for itself"),
}
_COLOURS = {"truth": palette.MUTE, "b": palette.ACCENT, "rival": palette.GOLD, "day": palette.SLATE}
_ROW = 30


def found(replay: Replay, confidence: float) -> Chart:
    """Return the share of planted surges found while they last, by size and reader, with intervals."""
    size = replay.sizes[len(replay.sizes) // 2]
    share = replay.found("b", size, confidence)
    finding = Message(
        "Of surges from {usual:percent} to {high:percent} of {cases}, the adapted model finds {share:percent} while they last",
        usual=replay.usual,
        high=replay.usual + size,
        share=share,
    )
    alt = Message(
        "Share of planted surges that are found, for {sizes} sizes and {readers} ways of watching; the largest are found by the "
        "adapted model in {share:percent} of cases.",
        sizes=len(replay.sizes),
        readers=len(READERS),
        share=replay.found("b", replay.sizes[-1], confidence),
    )
    note = Message(
        "{n:integer} surges of each size, the same for all; every way alarms as often on its quiet days. Bar = 95% interval. Measured in "
        "this run on replayed, labelled texts.",
        n=share.n,
    )
    lines: list[ladder.Rung | Message] = []
    for size in replay.sizes:
        lines.append(Message("from {usual:percent} to {high:percent} of {cases}", usual=replay.usual, high=replay.usual + size))
        lines += [
            ladder.Rung(name, replay.found(reader, size, confidence), _COLOURS[reader], reader == "b")
            for reader, name in READERS.items()
        ]
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, lines, "percent", 1.0))


def stream(watched: Watched) -> Chart:
    """Return the alarm's level day by day, its height, the alarms, the quiet days and the known shock."""
    alarms = int(watched.daily["alarm"].iloc[watched.quiet_days :].sum())
    finding = (
        Message("After the quiet days no alarm comes")
        if watched.first is None
        else Message(
            "The first alarm comes on {day:date}; {alarms} in all after the quiet days", day=watched.first.date(), alarms=alarms
        )
    )
    alt = Message(
        "Level of the alarm over {days} days; it rises over its height {alarms} times after the quiet days.",
        days=len(watched.daily),
        alarms=alarms,
    )
    note = Message(
        "Added-up excess of negative messages, in standard deviations of a day; dashed: height of the alarm, after which the count starts "
        "again. Grey: {quiet} quiet days that taught what is usual. Measured in this run.",
        quiet=watched.quiet_days,
    )
    return Chart(finding, alt, note, lambda canvas: _stream(canvas, watched))


def _stream(canvas: Canvas, watched: Watched) -> None:
    daily = watched.daily
    axes = canvas.axes(height=270, left=40, right=16, top=36, bottom=32)
    ticks = nice_ticks(0, max(float(daily["level"].max()), watched.watch.height), 4)
    axes.set_xlim(0, len(daily) - 1)
    axes.set_ylim(0, ticks[-1])
    canvas.grid(axes, ticks, [canvas.value(tick, "integer") for tick in ticks])
    axes.axvspan(0, watched.quiet_days - 0.5, color=palette.SOFT, zorder=0)
    months = _months(daily, 3 if canvas.narrow else 8)
    axes.set_xticks(months, [f"{daily['date'].iloc[day]:%Y-%m}" for day in months])
    axes.fill_between(np.arange(len(daily)), daily["level"], color=palette.ACCENT_SOFT, linewidth=0)
    axes.plot(np.arange(len(daily)), daily["level"], color=palette.ACCENT, linewidth=2)
    axes.axhline(watched.watch.height, color=palette.WARN, linewidth=1.5, linestyle="--")
    rung = np.flatnonzero(daily["alarm"])
    axes.plot(rung, daily["level"].to_numpy()[rung], "o", color=palette.WARN, markersize=8, markeredgewidth=0)
    if watched.shock is not None and daily["date"].iloc[0] <= watched.shock <= daily["date"].iloc[-1]:
        day = (watched.shock - daily["date"].iloc[0]).days
        axes.axvline(day, color=palette.INK, linewidth=1.2)
        canvas.label(axes, day, ticks[-1], canvas.read(Message("known shock")), palette.INK, True, ha="left", dx=4, dy=12)
    canvas.label(axes, 0, ticks[-1], canvas.read(Message("quiet days")), palette.MUTE, True, ha="left", dy=12)


def _months(daily: pd.DataFrame, most: int) -> list[int]:
    first = np.flatnonzero(daily["date"].dt.day == 1)
    return first[:: -(-len(first) // most)].tolist() if len(first) else []


def topics(watched: Watched) -> Chart:
    """Return each topic's share of messages: on the quiet days, and after them."""
    shares = topic_shares(watched)
    grown = shares.iloc[-1]
    finding = Message(
        "The topic '{topic}' grows most: from {before:percent} of messages on quiet days to {after:percent}",
        topic=grown["topic"],
        before=grown["quiet"],
        after=grown["after"],
    )
    alt = Message("Shares of {count} topics before and after the quiet days ended.", count=len(shares))
    note = Message(
        "Hollow: quiet days; filled: after. Topics are factors of word counts, named by their heaviest words. Measured in this run."
    )
    return Chart(finding, alt, note, lambda canvas: _topics(canvas, shares))


def topic_shares(watched: Watched) -> pd.DataFrame:
    """Return topic, quiet, after (shares of messages), sorted by growth."""
    import pandas as pd

    texts = watched.texts
    quiet = texts["date"] < watched.daily["date"].iloc[watched.quiet_days]
    rows = [
        {
            "topic": name,
            "quiet": (texts.loc[quiet, "topic"] == place).mean(),
            "after": (texts.loc[~quiet, "topic"] == place).mean(),
        }
        for place, name in enumerate(watched.topics)
    ]
    frame = pd.DataFrame(rows, columns=["topic", "quiet", "after"])
    return frame.iloc[np.argsort((frame["after"] - frame["quiet"]).to_numpy(), kind="stable")].reset_index(drop=True)


def _topics(canvas: Canvas, shares: pd.DataFrame) -> None:
    room = 128 if canvas.narrow else 220
    left = min(room, max(text_width(name) for name in shares["topic"]) + 14)
    axes = canvas.axes(height=len(shares) * _ROW + 34, left=left, right=48, top=4, bottom=30)
    ticks = nice_ticks(0, float(shares[["quiet", "after"]].to_numpy().max()), 3 if canvas.narrow else 5)
    axes.set_xlim(0, ticks[-1])
    axes.set_ylim(-0.6, len(shares) - 0.4)
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    for y, row in enumerate(shares.itertuples()):
        colour = palette.WARN if y == len(shares) - 1 else palette.SLATE
        axes.plot([row.quiet, row.after], [y, y], color=colour, linewidth=3, alpha=0.4)
        axes.plot(row.quiet, y, "o", color=colour, markerfacecolor=palette.PAPER, markersize=9, markeredgewidth=1.6)
        axes.plot(row.after, y, "o", color=colour, markersize=9, markeredgewidth=0)
        canvas.label(axes, 0, y, wrapped(row.topic, left - 10, SMALL), palette.INK, ha="left", dx=-left, size=SMALL)
        canvas.label(
            axes,
            max(row.quiet, row.after),
            y,
            canvas.value(row.after, "percent"),
            colour,
            y == len(shares) - 1,
            ha="left",
            dx=9,
        )
