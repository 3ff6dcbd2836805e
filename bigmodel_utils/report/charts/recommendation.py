"""How well recommenders meet the next like: for all users, and by how much is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.charts import ladder
from bigmodel_utils.report.scale import nice_ticks

if TYPE_CHECKING:
    from bigmodel_utils.applications.recommendation import Judged

NAMES = {
    "hybrid": Message("likes and texts"),
    "linear": Message("likes alone"),
    "neighbours": Message("nearest items"),
    "content": Message("texts alone"),
    "popularity": Message("what is popular"),
}
COLOURS = {
    "hybrid": palette.ACCENT,
    "linear": palette.SLATE,
    "neighbours": palette.GOLD,
    "content": palette.WARN,
    "popularity": palette.MUTE,
}


def scores(judged: Judged) -> Chart:
    """Return NDCG of every recommender with its interval."""
    best = max(judged.ranked.values(), key=lambda one: one.ndcg.mid)
    floor = judged.ranked["popularity"].ndcg.mid
    finding = (
        Message(
            "Best is the model of {name}: {times:number1} times the score of what is popular",
            name=NAMES[best.model],
            times=best.ndcg.mid / floor,
        )
        if best.model != "popularity" and floor > 0
        else Message("No model scores above the list of what is popular")
        if best.model == "popularity"
        else Message("Best is the model of {name}", name=NAMES[best.model])
    )
    alt = Message(
        "NDCG of {count} recommenders with intervals; the highest is {best:number3}.", count=len(judged.ranked), best=best.ndcg
    )
    note = Message(
        "NDCG of a list of {top}: 1 when every user's next like stands first, 0 when none is on the list. Bar: 95% of resampled users. "
        "Measured in this run.",
        top=judged.top,
    )
    ordered = sorted(judged.ranked.items(), key=lambda item: -item[1].ndcg.mid)
    rungs = [ladder.Rung(NAMES[key], one.ndcg, COLOURS[key], key == best.model) for key, one in ordered]
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, rungs, "number3"))


def groups(judged: Judged) -> Chart:
    """Return NDCG of the recommenders for users with short, middling and long histories."""
    first = judged.groups[0]
    lead = {name: first[name] - first["popularity"] for name in ("hybrid", "content")}
    finding = (
        Message("Users with the fewest likes are served better than by what is popular")
        if lead["hybrid"] > 0
        else Message("Users with the fewest likes are served no better than by what is popular")
    )
    alt = Message(
        "One line per recommender over {count} groups of users, from short to long histories.", count=len(judged.groups)
    )
    note = Message("NDCG by number of likes known; groups of equal size. Dashed: what is popular. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _groups(canvas, judged))


def _groups(canvas: Canvas, judged: Judged) -> None:
    names = list(COLOURS)
    head = 22 * (3 if canvas.narrow else 2) + 10
    axes = canvas.axes(height=200 + head, left=46, right=40, top=head, bottom=30)
    ticks = nice_ticks(0, max(group[name] for group in judged.groups for name in names), 4)
    axes.set_xlim(-0.2, len(judged.groups) - 0.8)
    axes.set_ylim(0, ticks[-1])
    canvas.grid(axes, ticks, [canvas.value(tick, "number2") for tick in ticks])
    spans = [Message("{fewest} to {most} likes", fewest=group["fewest"], most=group["most"]) for group in judged.groups]
    axes.set_xticks(range(len(spans)), [canvas.read(span) for span in spans])
    across = 2 if canvas.narrow else 3
    for place, name in enumerate(names):
        values = [group[name] for group in judged.groups]
        axes.plot(
            range(len(values)),
            values,
            "o--" if name == "popularity" else "o-",
            color=COLOURS[name],
            linewidth=3 if name == "hybrid" else 2,
            markersize=7,
            markeredgewidth=0,
        )
        row, column = divmod(place, across)
        x = -0.2 + column * (len(spans) - 0.6) / across
        canvas.label(
            axes, x, ticks[-1], canvas.read(NAMES[name]), COLOURS[name], True, ha="left", dy=head - 14 - 22 * row, size=SMALL
        )
