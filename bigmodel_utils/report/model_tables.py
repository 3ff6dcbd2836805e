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
    rows = [{"key": _WEIGHTS.get(key, str(key).replace("_", " ")), "value": _found(value)} for key, value in origin.items()]
    columns = [Column("key", Message("item")), Column("value", Message("as found"))]
    return Table(
        Message("The weights that both trainings start from"), columns, rows, Message("As their package or folder states.")
    )


_WEIGHTS = {
    "sha256": Message("checksum (SHA-256)"),
    "member": Message("file in the package"),
    "sizes": Message("size"),
    "folder": Message("folder"),
    "model_type": Message("kind of model"),
    "num_hidden_layers": Message("layers"),
    "hidden_size": Message("numbers per token"),
    "vocab_size": Message("tokens known"),
}


def _found(value: Any) -> Message | str:
    """Return a recorded fact as told; sizes of files, in bytes, as their sum."""
    if isinstance(value, Mapping):
        return Message("{size:integer} MB in {files} files", size=sum(value.values()) / 1e6, files=len(value))
    return Message("{value:integer}", value=value) if isinstance(value, int) else str(value)


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
    points = {column: 100 * compared[column] for column in ("difference", "low", "high")}
    models = {column: compared[column].map(palette.model_name) for column in ("first", "second")}
    finding = Message("{real} of {all} differences are beyond chance", real=len(real), all=len(compared))
    columns = [
        Column("first", Message("model")),
        Column("second", Message("against")),
        Column("difference", Message("difference"), "number1", Message("points")),
        Column("low", Message("low"), "number1"),
        Column("high", Message("high"), "number1"),
        Column("p_value", Message("p-value"), "p"),
        Column("only_first", Message("only it right"), "integer"),
        Column("only_second", Message("only the other right"), "integer"),
    ]
    source = Message("Same rows for both; range of the difference: rows drawn again (95 in 100); p-value: exact McNemar test.")
    return Table.of(finding, compared.assign(**points, **models), columns, source)


_MEASURES = {
    "performance": Message("right answers"),
    "representation": Message("view of a text"),
    "parameters": Message("weights"),
    "domain": Message("markets"),
    "calibration": Message("confidence"),
    "tokens": Message("pieces of a text"),
}


def gaps(found: Sequence[Gap]) -> Table:
    """Return the distances between M_A and M_B, or between their markets, with what each says."""
    rows = [
        {
            "measure": _MEASURES.get(gap.measure, gap.measure),
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
