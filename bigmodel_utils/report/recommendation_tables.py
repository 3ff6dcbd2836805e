"""Tables of the page on recommendation: rows, gains, new items, proposals, money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import application_tables
from bigmodel_utils.report.charts.recommendation import NAMES
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    from bigmodel_utils.applications.histories import Histories
    from bigmodel_utils.applications.recommendation import Judged, Worth

_REASONS = {
    "incomplete": Message("left out: without user, item or time"),
    "disliked": Message("left out: rated too low to be a like"),
    "unknown_item": Message("left out: of an item that is not described"),
    "repeated": Message("left out: liked before"),
    "short_history": Message("left out: of users with too few likes"),
}


def rows(likes: Histories) -> Table:
    """Return how many likes, users and items there are, and what was left out."""
    lines = [
        {"what": Message("likes"), "count": len(likes.item)},
        {"what": Message("users"), "count": likes.users},
        {"what": Message("items"), "count": len(likes.titles)},
        {"what": Message("items with more than title and kind"), "count": likes.described},
    ]
    lines += [{"what": _REASONS[reason], "count": count} for reason, count in likes.dropped.items()]
    finding = Message(
        "{users:integer} users liked {items:number1} items on average", users=likes.users, items=len(likes.item) / likes.users
    )
    return Table(finding, [Column("what", Message("what")), Column("count", Message("count"), "integer")], lines, MEASURED)


def models(judged: Judged) -> Table:
    """Return hit rate, coverage, settings and the paired gain over popularity of every recommender."""
    lines = []
    for key, one in judged.ranked.items():
        gained = judged.gains.get(key)
        lines.append(
            {
                "model": NAMES[key],
                "hits": one.hit_rate,
                "coverage": one.coverage,
                "gain": gained and gained.mid,
                "low": gained and gained.low,
                "high": gained and gained.high,
                "settings": judged.settings.get(key),
            }
        )
    real = sum(gained.low > 0 for gained in judged.gains.values())
    columns = [
        Column("model", Message("model of")),
        Column("hits", Message("next like on the list"), "percent1"),
        Column("coverage", Message("items ever proposed"), "percent"),
        Column("gain", Message("gain over popularity"), "number3", Message("NDCG")),
        Column("low", Message("low"), "number3", Message("NDCG")),
        Column("high", Message("high"), "number3", Message("NDCG")),
        Column("settings", Message("settings chosen")),
    ]
    finding = Message("{real} of {all} models beat what is popular beyond chance", real=real, all=len(judged.gains))
    source = Message(
        "Same users for both: paired bootstrap. Settings, chosen on the like before the last: likes and texts, and likes alone: strength, weight of "
        "texts, half-life in likes; nearest items: their number, half-life. Measured in this run."
    )
    return Table(finding, columns, lines, source)


def new_items(judged: Judged) -> Table:
    """Return how well items that nobody has liked yet are put in order."""
    lines = [
        {"model": NAMES[key], "auc": one.mid, "low": one.low, "high": one.high, "users": one.n}
        for key, one in judged.new.items()
    ]
    lines.append({"model": NAMES["popularity"], "auc": 0.5, "low": None, "high": None, "users": lines[0]["users"]})
    best = max(judged.new, key=lambda key: judged.new[key].mid)
    finding = (
        Message("Of items that nobody has liked yet, {name} tells best which will be", name=NAMES[best])
        if judged.new[best].low > 0.5
        else Message("Of items that nobody has liked yet, no model tells which will be")
    )
    columns = [
        Column("model", Message("model of")),
        Column("auc", Message("put in the right order"), "percent1"),
        Column("low", Message("low"), "percent1"),
        Column("high", Message("high"), "percent1"),
        Column("users", Message("users"), "integer"),
    ]
    return Table(finding, columns, lines, Message("Pairs of a hidden item that the user likes and one that is not liked; 50% is chance. Measured in this run."))  # fmt: skip


def proposals(judged: Judged) -> Table:
    """Return what some users liked last, what they are proposed and what they liked next."""
    met = sum(bool(row["met"]) for row in judged.shown)
    columns = [
        Column("latest", Message("liked last")),
        Column("proposed", Message("proposed")),
        Column("next", Message("liked next")),
    ]
    return Table(Message("What they like next is proposed to {met} of these {count} users", met=met, count=len(judged.shown)), columns, judged.shown, Message("Users taken evenly from the list, not by success. The best five proposals."))  # fmt: skip


def money(found: Worth) -> Table:
    """Return what 1,000 visits bring beyond the popularity list."""
    lines = [
        (Message("proposals met beyond the popularity list"), found.more_met, "integer"),
        (Message("computing"), found.serving, "money"),
        (Message("what they bring, computing paid"), found.brings, "money"),
    ]
    finding = Message("The chance that the lists pay is {chance}", chance=application_tables.chance(found.chance))
    note = Message("USD per 1,000 visits; low and high hold 80 of 100 draws. Estimated.")
    return application_tables.ranges(Message("of 1,000 visits"), lines, finding, note)
