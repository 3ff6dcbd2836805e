"""How often the models are right, and which errors they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    import pandas as pd

_ROW = 36


def dots_with_intervals(scores: pd.DataFrame, market: str = "target") -> Chart:
    """Return accuracy per model with its interval in one market, best last.

    scores: model, market (source | target), accuracy, low, high (shares), n.
    """
    rows = scores[scores["market"] == market].sort_values("accuracy").to_dict("records")
    if not rows:
        raise ValueError(f"no scores of the {market} market")
    best = rows[-1]
    by_model = {row["model"]: row for row in rows}
    finding = Message(
        "In the {market}, {model} is right {accuracy:percent1} of the time",
        market=palette.MARKET_NAMES[market],
        model=palette.model_name(best["model"]),
        accuracy=best["accuracy"],
    )
    if {"a", "b"} <= by_model.keys():
        finding = Message(
            "In the {market}, the home model is right {a:percent1} of the time, the adapted one {b:percent1}",
            market=palette.MARKET_NAMES[market],
            a=by_model["a"]["accuracy"],
            b=by_model["b"]["accuracy"],
        )
    alt = Message(
        "Accuracy of {count} models in the {market}: from {first} with {low:percent1} up to {last} with {high:percent1}.",
        count=len(rows),
        market=palette.MARKET_NAMES[market],
        first=palette.model_name(rows[0]["model"]),
        low=rows[0]["accuracy"],
        last=palette.model_name(best["model"]),
        high=best["accuracy"],
    )
    note = Message("Share of {n:integer} test rows labelled right; bar = 95% interval. Measured in this run.", n=best["n"])
    return Chart(finding, alt, note, lambda canvas: _dots(canvas, rows))


def _dots(canvas: Canvas, rows: list[dict]) -> None:
    names = [canvas.read(palette.model_name(row["model"])) for row in rows]
    room = 128 if canvas.narrow else 212
    names = [wrapped(name, room - 16, most=2) for name in names]
    left = min(room, max(text_width(line, bold=True) for name in names for line in name.split("\n")) + 16)
    axes = canvas.axes(height=len(rows) * _ROW + 34, left=left, right=44, top=4, bottom=30)
    lowest, highest = min(row["low"] for row in rows), max(row["high"] for row in rows)
    ticks = nice_ticks(lowest, highest, 3 if canvas.narrow else 5)
    axes.set_xlim(ticks[0], max(ticks[-1], highest))
    axes.set_ylim(-0.5, len(rows) - 0.5)
    canvas.grid(axes, ticks, [canvas.value(tick, "percent") for tick in ticks], axis="x")
    for y, (row, name) in enumerate(zip(rows, names, strict=True)):
        colour = palette.model_colour(row["model"])
        ours = row["model"] in {"a", "b"}
        axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
        axes.plot(row["accuracy"], y, "o", color=colour, markersize=11, markeredgewidth=0)
        canvas.label(axes, axes.get_xlim()[0], y, name, colour if ours else palette.INK, ours, ha="right", dx=-14)
        canvas.label(axes, max(row["high"], row["accuracy"]), y, canvas.value(row["accuracy"], "percent1"), colour, ours, dx=9)


def confusion(table: pd.DataFrame, model: str = "b", item: str = "row") -> Chart:
    """Return where the model's decisions on the target test set end, out of 100 rows of each true kind.

    table: model, true_positive, false_negative, false_positive, true_negative (counts; positive = the event).
    """
    row = table.set_index("model").loc[model]
    events = int(row["true_positive"] + row["false_negative"])
    others = int(row["false_positive"] + row["true_negative"])
    caught, alarms = row["true_positive"] / max(events, 1), row["false_positive"] / max(others, 1)
    finding = Message(
        "Of 100 cases that matter, the {model} finds {caught:integer}; of 100 others, it flags {alarms:integer} for nothing",
        model=palette.model_name(model),
        caught=100 * caught,
        alarms=100 * alarms,
    )
    alt = Message(
        "Two bars. Of {events:integer} true cases {tp:integer} are found and {fn:integer} missed; "
        "of {others:integer} other rows {fp:integer} are flagged for nothing and {tn:integer} left in peace.",
        events=events,
        others=others,
        tp=int(row["true_positive"]),
        fn=int(row["false_negative"]),
        fp=int(row["false_positive"]),
        tn=int(row["true_negative"]),
    )
    note = Message(
        "{n:integer} test rows of the target market, at the threshold that costs least. Measured in this run.",
        n=events + others,
    )
    bars = [
        (Message("cases that matter"), caught, Message("found"), palette.ACCENT_SOFT, Message("missed"), palette.GOLD_SOFT),
        (
            Message("all others"),
            alarms,
            Message("flagged for nothing"),
            palette.GOLD_SOFT,
            Message("left in peace"),
            palette.ACCENT_SOFT,
        ),
    ]
    return Chart(finding, alt, note, lambda canvas: _confusion(canvas, bars))


def _confusion(canvas: Canvas, bars: list[tuple]) -> None:
    axes = canvas.axes(height=176, left=2, right=2, top=4, bottom=0)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 4)
    for place, (name, share, first, first_colour, second, second_colour) in enumerate(bars):
        y = 3 - 2 * place
        canvas.label(axes, 0, y + 0.55, canvas.read(name), bold=True, ha="left")
        axes.barh(y - 0.1, share, height=0.72, color=first_colour)
        axes.barh(y - 0.1, 1 - share, left=share, height=0.72, color=second_colour)
        left_text = f"{canvas.value(share, 'percent')} {canvas.read(first)}"
        right_text = f"{canvas.value(1 - share, 'percent')} {canvas.read(second)}"
        fits = text_width(left_text, SMALL) + 16 < share * canvas.width
        canvas.label(axes, 0 if fits else share, y - 0.1, left_text, ha="left", dx=8, size=SMALL)
        room = (1 - share) * canvas.width - (0 if fits else text_width(left_text, SMALL) + 16)
        if text_width(right_text, SMALL) + 16 < room:
            canvas.label(axes, 1, y - 0.1, right_text, ha="right", dx=-8, size=SMALL)
        else:
            canvas.label(axes, 1, y + 0.55, right_text, ha="right", size=SMALL)
