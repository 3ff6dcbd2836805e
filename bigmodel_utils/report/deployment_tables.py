"""Tables of the deployment page: the menu with its prices, and the model that is served."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bigmodel_utils.deployment.menu import named
from bigmodel_utils.messages import Message
from bigmodel_utils.report import tables
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.value.layout import Plan
    from bigmodel_utils.value.variant_choice import Choice

WAYS = {
    "replicated": Message("each device holds it whole"),
    "sharded": Message("the devices of a machine share it"),
    "across": Message("the machines share it"),
    "split": Message("the machines share it, devices split each layer"),
}


def menu(priced: pd.DataFrame, choice: Choice, left_out: Sequence[str] = ()) -> Table:
    """Return size, accuracy, speed and price of every variant, the chosen one stressed. priced: `variant_choice.priced`.

    left_out: variants that this model or machine cannot have, which the note names.
    """
    rows = priced.assign(
        variant=priced["variant"].map(named),
        points=100 * priced["difference"],
        right=[
            Message("{mid:percent1} ({low:percent1} – {high:percent1})", mid=mid, low=low, high=high)
            for mid, low, high in zip(priced["accuracy"], priced["low"], priced["high"], strict=True)
        ],
    )
    saving = (
        Message(
            "it saves {saving:money} of computing on 1,000 texts, where one point of accuracy is worth {point:money}",
            saving=choice.saving_usd,
            point=choice.point_usd,
        )
        if choice.saving_usd > 0
        else Message(
            "it saves no computing, and one point of accuracy is worth {point:money} on 1,000 texts", point=choice.point_usd
        )
    )
    finding = Message(
        "{name} is served: of the {kept} forms that lose at most {limit:number1} points none is clearly cheaper, and none as cheap is "
        "more accurate; {saving}",
        name=named(choice.name),
        kept=int((100 * priced["difference"] >= -choice.limit_points - 1e-9).sum()),
        limit=choice.limit_points,
        saving=saving,
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
    if left_out:
        note = Message(
            "{note} Not possible with this model on this machine, or the same as another: {names}.",
            note=note,
            names=_listed(left_out),
        )
    best = priced["variant"].tolist().index(choice.name)
    return Table.of(finding, rows, columns, note, best)


def _listed(variants: Sequence[str]) -> Message:
    first, *others = map(named, variants)
    return functools.reduce(lambda told, name: Message("{told}; {name}", told=told, name=name), others, first)


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


def layouts(plan: Plan) -> Table:
    """Return how the run's own model and larger ones are trained and served, and when one machine ends."""
    machine = plan.machine
    rows = [
        {
            "model": Message("M_B of this run") if place == 0 else one.shape.name,
            "parameters": one.shape.parameters / 1e9,
            "way": WAYS[one.way],
            "machines": one.machines,
            "gigabytes": one.device_bytes / 1e9,
            "hours": Message("{mid:number2} ({low:number2} – {high:number2})", mid=hours.mid, low=hours.low, high=hours.high),
            "usd": usd,
            "serving": one.serving_devices,
        }
        for place, (one, hours, usd) in enumerate(zip(plan.layouts, plan.hours, plan.usd, strict=True))
    ]
    columns = [
        Column("model", Message("model")),
        Column("parameters", Message("parameters"), "number1", Message("10⁹")),
        Column("way", Message("spread in training")),
        Column("machines", Message("machines"), "integer"),
        Column("gigabytes", Message("memory per device"), "integer", Message("GB")),
        Column("hours", Message("time"), "number", Message("hours for 10⁹ tokens")),
        Column("usd", Message("price"), "money", Message("for 10⁹ tokens")),
        Column("serving", Message("devices that serve it"), "integer"),
    ]
    note = Message(
        "Estimated for machines of {count} × {device} ({name}), training in 16 bits with Adam, one sequence of {tokens:integer} tokens "
        "at a time for the larger models; time with its 80% interval, from published runs.",
        count=machine.devices, device=machine.device, name=machine.name, tokens=plan.layouts[-1].shape.sequence,
    )  # fmt: skip
    return Table(_outgrown(plan), columns, rows, note, best=0)


def _outgrown(plan: Plan) -> Message:
    held = [one.shape.parameters for one in plan.layouts if one.machines == 1]
    beyond = [one.shape.parameters for one in plan.layouts if one.machines > 1]
    one = {"count": plan.machine.devices, "device": plan.machine.device}
    if not held:
        return Message("M_B of this run takes more than one machine of {count} × {device}", **one)
    if not beyond:
        return Message("One machine of {count} × {device} trains every model listed", **one)
    return Message(
        "One machine of {count} × {device} is outgrown between {held:compact} and {beyond:compact} parameters; M_B has {own:compact}",
        held=max(held), beyond=min(beyond), own=held[0], **one,
    )  # fmt: skip
