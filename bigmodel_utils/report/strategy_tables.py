"""Tables of the ways to the target market: their price, a search for better settings, and cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report.charts.strategies import NAMES
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    import pandas as pd

STATES = {"given": Message("as given"), "finished": Message("to the end"), "pruned": Message("given up")}
_POINTS = Message("points")


def ways(table: pd.DataFrame) -> Table:
    """Return what each way gains, forgets and costs. table: as `evaluation.strategies.compared` returns."""
    rows = [
        {
            "way": NAMES[row["strategy"]],
            "labels": row["labels"],
            "accuracy": row["accuracy"],
            "difference": _points(row, "difference"),
            "forgotten": _points(row, "forgotten"),
            "trained": row["trained"],
            "seconds": Message("{value:seconds}", value=row["seconds"]),
        }
        for row in table.sort_values(["labels", "accuracy"], ascending=False).to_dict("records")
    ]
    columns = [
        Column("way", Message("way")),
        Column("labels", Message("labels"), "integer", Message("of the target market")),
        Column("accuracy", Message("abroad"), "percent1", Message("read right")),
        Column("difference", Message("difference"), "number", _POINTS),
        Column("forgotten", Message("lost at home"), "number", _POINTS),
        Column("trained", Message("weights trained"), "compact"),
        Column("seconds", Message("time"), "number"),
    ]
    source = Message(
        "Validation rows; repeats of each way: up to {seeds}. Difference: from the adapted model abroad; lost: against the home model at "
        "home; in brackets intervals, which hold for all rows of this table at once. The time leaves out the home model's own "
        "training. Measured in this run.",
        seeds=int(table["seeds"].max()),
    )
    return Table(_forgetting(table), columns, rows, source)


def _forgetting(table: pd.DataFrame) -> Message:
    """Return the title: which way loses most at home, if any is shown to."""
    shown = table[table["forgotten_low"] > 0]
    if shown.empty:
        return Message("No way is shown to read the home market worse than the home model")
    worst = shown.loc[shown["forgotten"].idxmax()]
    return Message(
        "Shown to read the home market worse than the home model: {shown} of {count} ways, most “{way}”, by {points:number1} points",
        shown=len(shown),
        count=len(table) - 1,
        way=NAMES[worst["strategy"]],
        points=100 * worst["forgotten"],
    )


def _points(row: dict, name: str) -> Message | None:
    if row[name] != row[name]:
        return None
    low, mid, high = (100 * row[name + end] + 0.0 for end in ("_low", "", "_high"))
    return Message("{mid:number1} ({low:number1} to {high:number1})", mid=mid, low=low, high=high)


def searched(trials: pd.DataFrame) -> Table:
    """Return the settings tried, best first. trials: as `training.search.search` returns."""
    ordered = trials.assign(given_up=trials["state"] == "pruned").sort_values(["given_up", "loss"])
    rows = [
        row | {"state": STATES[row["state"]], "learning_rate": Message("{rate}", rate=f"{row['learning_rate']:g}")}
        for row in ordered.to_dict("records")
    ]
    columns = [
        Column("state", Message("trial")),
        Column("learning_rate", Message("learning rate"), "number"),
        Column("epochs", Message("passes"), "integer"),
        Column("frozen_layers", Message("frozen layers"), "integer"),
        Column("weight_decay", Message("weight decay"), "number3"),
        Column("loss", Message("validation loss"), "number4"),
        Column("accuracy", Message("validation accuracy"), "percent1"),
    ]
    source = Message(
        "Lowest validation loss of each trial; of one given up, the last. The best of many is flattered by the rows that chose it: "
        "before it is adopted, notebook 03 judges it by the test rows. Measured in this run."
    )
    return Table(_best_settings(trials), columns, rows, source, best=0)


def _best_settings(trials: pd.DataFrame) -> Message:
    if len(trials) == 1:
        return Message("The settings stand as given: the scenario leaves no minutes for a search")
    given = trials.iloc[0]
    ended = trials[trials["state"] != "pruned"]
    best = ended.loc[ended["loss"].idxmin()]
    told = {"count": len(trials) - 1, "given": given["loss"]}
    if best["state"] == "given":
        return Message(
            "In {count} trials, no settings brought the validation loss below the {given:number3} of those given", **told
        )
    return Message(
        "In {count} trials, other settings brought the validation loss from {given:number3} to {best:number3}",
        **told,
        best=best["loss"],
    )


def folds(table: pd.DataFrame) -> Table:
    """Return accuracy by fold. table: as `evaluation.folds.cross_validated` returns."""
    known = table.set_index("part")
    names = {"validation": Message("validation rows"), "all": Message("all folds together")}
    rows = [
        row | {"part": names.get(row["part"], Message("fold {number}", number=row["part"]))} for row in table.to_dict("records")
    ]
    columns = [
        Column("part", Message("judged by")),
        Column("n", Message("rows"), "integer"),
        Column("accuracy", Message("read right"), "percent1"),
        Column("low", Message("low"), "percent1"),
        Column("high", Message("high"), "percent1"),
    ]
    if "all" not in known.index:
        title = Message(
            "One split judges the adapted model: {accuracy:percent1} of {n:integer} validation rows",
            accuracy=known.loc["validation", "accuracy"],
            n=known.loc["validation", "n"],
        )
        return Table(title, columns, rows, MEASURED)
    title = Message(
        "Over all folds the adapted model reads {all:percent1} right; the validation rows say {validation:percent1}",
        all=known.loc["all", "accuracy"],
        validation=known.loc["validation", "accuracy"],
    )
    source = Message(
        "Each training row is read by a model that learned from the other folds, with that many fewer labels. The folds share most of "
        "their rows, so the interval of all together is somewhat too narrow. Measured in this run."
    )
    return Table(title, columns, rows, source)
