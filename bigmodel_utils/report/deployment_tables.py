"""Tables of the deployment page: the menu with its prices, and the model that is served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bigmodel_utils.deployment.menu import named
from bigmodel_utils.messages import Message
from bigmodel_utils.report import tables
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.value.variant_choice import Choice


def menu(priced: pd.DataFrame, choice: Choice) -> Table:
    """Return size, accuracy, speed and price of every variant, the chosen one stressed. priced: `variant_choice.priced`."""
    rows = priced.assign(
        variant=priced["variant"].map(named),
        points=100 * priced["difference"],
        right=[
            Message("{mid:percent1} ({low:percent1} – {high:percent1})", mid=mid, low=low, high=high)
            for mid, low, high in zip(priced["accuracy"], priced["low"], priced["high"], strict=True)
        ],
    )
    finding = Message(
        "{name} is the cheapest to serve of the {kept} forms that lose at most {limit:number1} points: "
        "it saves {saving:money} of computing on 1,000 texts, where one point of accuracy is worth {point:money}",
        name=named(choice.name),
        kept=int((100 * priced["difference"] >= -choice.limit_points - 1e-9).sum()),
        limit=choice.limit_points,
        saving=choice.saving_usd,
        point=choice.point_usd,
    )
    columns = [
        Column("variant", Message("form of the model")),
        Column("right", Message("accuracy"), "number"),
        Column("points", Message("change"), "number1", Message("points")),
        Column("p_value", Message("p-value"), "p"),
        Column("size_mb", Message("size"), "integer", Message("MB")),
        Column("rate", Message("speed"), "number1", Message("texts per second")),
        Column("latency_p95_ms", Message("wait, 95 of 100"), "number1", Message("ms")),
        Column("usd_per_thousand", Message("computing"), "money", Message("per 1,000 texts")),
    ]
    note = Message(
        "Measured in this run; computing estimated at the price of the scenario's machine. Change and p-value are paired."
    )
    best = priced["variant"].tolist().index(choice.name)
    return Table.of(finding, rows, columns, note, best)


def served(figures: Mapping[str, Quantity]) -> Table:
    """Return what the installed model is like. figures: those of `served.install` and sustained_requests_per_second."""
    labels = {
        "served_accuracy": Message("accuracy on all test texts"),
        "recall_served": Message("true cases found at the threshold in use"),
        "false_alarm_rate_served": Message("false alarms at that threshold"),
        "served_size_mb": Message("size on disk"),
        "served_latency_p50_ms": Message("one text alone, half are faster than"),
        "served_latency_p95_ms": Message("one text alone, 95 of 100 are faster than"),
        "served_texts_per_second": Message("texts a second, many at a time"),
        "sustained_requests_per_second": Message("requests a second over HTTP, within the promised time"),
    }
    finding = Message(
        "The served model is right {accuracy:percent1} of the time and takes {size:integer} MB",
        accuracy=figures["served_accuracy"],
        size=figures["served_size_mb"],
    )
    return tables.figures(figures, labels, finding)
