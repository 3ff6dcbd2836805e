"""Tables of the training and evaluation pages: weights, trainings, differences, errors, distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.evaluation.gap import Gap


def weights(origin: Mapping[str, Any]) -> Table:
    """Return where pretrained weights come from. origin: what `pretrained.described` says."""
    rows = [{"key": str(key).replace("_", " "), "value": str(value)} for key, value in origin.items()]
    columns = [Column("key", Message("item")), Column("value", Message("as found"))]
    return Table(
        Message("The weights that both trainings start from"), columns, rows, Message("As their package or folder states.")
    )


def trainings(fits: Mapping[str, Any]) -> Table:
    """Return speed and length of each training. fits: FitResult by model key."""
    rows = [
        {
            "model": palette.model_name(model),
            "examples": fit.examples,
            "rate": fit.samples_per_second,
            "seconds": Message("{value:seconds}", value=fit.seconds),
            "trained": fit.trained_parameters,
            "early": Message("yes") if fit.stopped_early else Message("no"),
        }
        for model, fit in fits.items()
    ]
    slowest = min(fits.values(), key=lambda fit: fit.samples_per_second)
    finding = Message("Training reads at least {rate:integer} texts a second on this machine", rate=slowest.samples_per_second)
    columns = [
        Column("model", Message("model")),
        Column("examples", Message("texts read"), "integer"),
        Column("rate", Message("speed"), "number1", Message("texts per second")),
        Column("seconds", Message("time")),
        Column("trained", Message("weights trained"), "compact"),
        Column("early", Message("stopped early")),
    ]
    return Table(finding, columns, rows, MEASURED)


def differences(compared: pd.DataFrame) -> Table:
    """Return paired differences in accuracy. compared: first, second, difference, low, high, p_value, only_first, only_second."""
    real = compared[(compared["low"] > 0) | (compared["high"] < 0)]
    rows = compared.assign(first=compared["first"].map(palette.model_name), second=compared["second"].map(palette.model_name))
    finding = Message("{real} of {all} differences are real; the rest is not shown", real=len(real), all=len(compared))
    columns = [
        Column("first", Message("model")),
        Column("second", Message("against")),
        Column("difference", Message("difference"), "percent1", Message("accuracy")),
        Column("low", Message("low"), "percent1"),
        Column("high", Message("high"), "percent1"),
        Column("p_value", Message("p-value"), "number4"),
        Column("only_first", Message("only it right"), "integer"),
        Column("only_second", Message("only the other right"), "integer"),
    ]
    return Table.of(
        finding, rows, columns, Message("Same rows for both: bootstrap interval of the difference, exact McNemar test.")
    )


def gaps(found: Sequence[Gap]) -> Table:
    """Return the distances between M_A and M_B, or between their markets, with what each says."""
    rows = [
        {
            "measure": Message("{measure}", measure=gap.measure),
            "value": Message("{value:number3}", value=gap.value),
            "low": gap.value.low,
            "high": gap.value.high,
            "reference": gap.reference,
            "meaning": gap.meaning,
        }
        for gap in found
    ]
    finding = Message("{count} measures of one gap; the first is the one that pays", count=len(rows))
    columns = [
        Column("measure", Message("measure")),
        Column("value", Message("value"), "number"),
        Column("low", Message("low"), "number3"),
        Column("high", Message("high"), "number3"),
        Column("reference", Message("without a gap"), "number3"),
        Column("meaning", Message("what it says")),
    ]
    return Table(finding, columns, rows, MEASURED)


def worst_errors(rows: pd.DataFrame, labels: Sequence[str]) -> Table:
    """Return the texts that a model misread with most confidence. rows: text, label (index), probability of the wrong label."""
    shown = rows.assign(text=rows["text"].str.slice(0, 120), label=[labels[code] for code in rows["label"]])
    finding = (
        Message("The surest error was made at {sure:percent1}", sure=float(rows["probability"].max()))
        if len(rows)
        else Message("No test text was misread")
    )
    columns = [
        Column("text", Message("text")),
        Column("label", Message("true label")),
        Column("probability", Message("confidence in the other"), "percent1"),
    ]
    return Table(finding, columns, shown.to_dict("records"), Message("Texts as people wrote them, personal data replaced."))
