"""Tables of the trust page: the data set's account, attacks, holders and their faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report.charts.trust import FAULTS, TARGETS, split_name
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    import pandas as pd


def account(entries: Sequence[Any], spent: float, budget: float | None) -> Table:
    """Return the account of a data set, draws of one training in a line. entries: at, purpose, epsilon, delta, noise_multiplier, steps."""
    lines = Counter(
        (str(entry.at)[:10], _training(entry.purpose), entry.epsilon, entry.noise_multiplier, entry.steps, f"{entry.delta:.1e}")
        for entry in entries
    )
    names = ("at", "purpose", "epsilon", "noise", "steps", "delta")
    rows = [
        dict(zip(names, line, strict=True)) | {"purpose": _PURPOSES.get(line[1], line[1]), "count": count}
        for line, count in lines.items()
    ]
    told = {"count": len(entries), "spent": spent}
    finding = (
        Message(
            "{count} private trainings on these rows spend an epsilon of {spent:number1} together; the budget is {budget:upto1}",
            **told,
            budget=budget,
        )
        if budget
        else Message("{count} private trainings on these rows spend an epsilon of {spent:number1} together", **told)
    )
    columns = [
        Column("at", Message("date"), "date"),
        Column("purpose", Message("training")),
        Column("count", Message("draws"), "integer"),
        Column("epsilon", Message("epsilon"), "upto1"),
        Column("noise", Message("noise"), "number2", Message("clip norms")),
        Column("steps", Message("steps"), "integer"),
        Column("delta", Message("delta")),
    ]
    source = Message(
        "Each training counts, also one that was only tried. Together they spend less than their sum (Renyi composition); "
        "the same training again tells nothing new and spends nothing."
    )
    return Table(finding, columns, rows, source)


_PURPOSES = {"head on frozen vectors": Message("last layer on fixed vectors")}


def _training(purpose: str) -> str:
    """Return what was trained, without the number of the draw."""
    return purpose.rpartition(", draw ")[0] or purpose


def attacks(table: pd.DataFrame) -> Table:
    """Return what membership attacks gain. table: as `attacks.Attacks.table`."""
    wide = table.pivot(index=["model", "epsilon"], columns="attack").sort_index(key=_order)
    rows = []
    for (model, epsilon), row in wide.iterrows():
        rows.append(
            {
                "model": TARGETS[model][0],
                "epsilon": epsilon if epsilon != float("inf") else None,
                "plain": 100 * row["advantage", "plain"],
                "calibrated": 100 * row["advantage", "calibrated"],
                "low": 100 * row["low", "calibrated"],
                "high": 100 * row["high", "calibrated"],
                "limit": 100 * row["limit", "calibrated"],
            }
        )
    shown = int((table[table["attack"] == "calibrated"]["low"] > 0).sum())
    finding = Message("Against {shown} of {all} models the sharper attack gains more than chance", shown=shown, all=len(rows))
    columns = [
        Column("model", Message("model")),
        Column("epsilon", Message("epsilon"), "upto1"),
        Column("plain", Message("plain attack"), "number1", Message("points")),
        Column("calibrated", Message("sharper attack"), "number1", Message("points")),
        Column("low", Message("low"), "number1"),
        Column("high", Message("high"), "number1"),
        Column("limit", Message("at most, by theory"), "number1", Message("points")),
    ]
    source = Message(
        "Points: share of learned rows found minus share of unseen rows accused; 0 is guessing. The sharper attack allows for "
        "rows that are easy for every model. Measured in this run."
    )
    return Table(finding, columns, rows, source)


def _order(level: pd.Index) -> pd.Index:
    names = list(TARGETS)
    return level.map(names.index) if level.name == "model" else level


def holders(splits: pd.DataFrame) -> Table:
    """Return what sharing weights costs per split. splits: as `sharing.Sharing.splits`."""
    rows = [row | {"what": split_name(row), "megabytes": row["bytes"] / 1e6} for row in splits.to_dict("records")]
    worst = splits.loc[splits["bytes"].idxmax()]
    finding = Message(
        "Sharing sends {megabytes:number2} MB in all between {holders} holders and a coordinator; moving them costs {usd:money}",
        megabytes=worst["bytes"] / 1e6,
        holders=int(worst["holders"]),
        usd=worst["usd"],
    )
    columns = [
        Column("what", Message("rows held by")),
        Column("behind", Message("behind pooling"), "number1", Message("points")),
        Column("behind_low", Message("low"), "number1"),
        Column("behind_high", Message("high"), "number1"),
        Column("alone", Message("holders alone"), "percent1", Message("accuracy")),
        Column("one_label", Message("holders with one label"), "integer"),
        Column("rounds", Message("rounds"), "integer"),
        Column("megabytes", Message("sent"), "number2", Message("MB")),
    ]
    return Table(finding, columns, rows, MEASURED)


def faults(table: pd.DataFrame) -> Table:
    """Return accuracy with one faulty holder, under the plain and the robust rule. table: fault, holders, average, trimmed."""
    rows = [row | {"what": FAULTS[row["fault"]]} for row in table.to_dict("records")]
    faulty = table[table["fault"] != "none"]
    finding = Message(
        "With one faulty holder of {holders}, plain averaging falls to {average:percent1} at worst; the robust rule keeps "
        "{trimmed:percent1}",
        holders=int(table["holders"].iloc[0]),
        average=faulty["average"].min(),
        trimmed=faulty["trimmed"].min(),
    )
    columns = [
        Column("what", Message("holders")),
        Column("average", Message("plain averaging"), "percent1", Message("accuracy")),
        Column("trimmed", Message("robust rule"), "percent1", Message("accuracy")),
    ]
    source = Message(
        "Robust: answers that are not numbers are dropped, long steps shortened, the highest and lowest proposal left out."
    )
    return Table(finding, columns, rows, source)
