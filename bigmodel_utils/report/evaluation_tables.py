"""Tables of the evaluation page: labels, calibration, groups, guesses without labels, waiting times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette, tables
from bigmodel_utils.report.charts.groups import TOO_FEW
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.evaluation.fairness import Treatment

_METHODS = {
    "average confidence": Message("mean confidence, taken at its word"),
    "difference of confidence": Message("accuracy at home less the confidence lost (DoC)"),
    "thresholded confidence": Message("share above the confidence that is right at home (ATC)"),
}
_POLICIES = {
    "one line": Message("one threshold for all"),
    "equal recall": Message("a threshold per group, so that cases are found equally"),
}


def by_label(scores: pd.DataFrame) -> Table:
    """Return recall, precision and F1 of the adapted model per label. scores: as `metrics.by_label` returns."""
    worst = scores.loc[scores["f1"].idxmin()]
    finding = Message("Hardest to read: “{label}”, F1 {f1:number3}", label=str(worst["label"]), f1=float(worst["f1"]))
    rows = [{**row, **{name: _range(row, name) for name in ("recall", "precision")}} for row in scores.to_dict("records")]
    columns = [
        Column("label", Message("label")),
        Column("n", Message("test rows"), "integer"),
        Column("recall", Message("found"), "", Message("share of its rows, interval")),
        Column("precision", Message("true when given"), "", Message("share of its answers, interval")),
        Column("f1", Message("F1"), "number3"),
    ]
    return Table(finding, columns, rows, Message("Adapted model on target test rows; Wilson intervals. Measured in this run."))


def _range(row: Mapping[str, float], name: str) -> Message | None:
    if row[name] != row[name]:
        return None
    return Message(
        "{mid:percent1} ({low:percent1} – {high:percent1})", mid=row[name], low=row[f"{name}_low"], high=row[f"{name}_high"]
    )


def calibration(table: pd.DataFrame) -> Table:
    """Return how far confidence misleads, per model. table: model, temperature, ece_before|after, brier_before|after."""
    better = int((table["ece_after"] < table["ece_before"]).sum())
    finding = Message(
        "Calibrating brings confidence nearer to the truth for {better} of {all} models", better=better, all=len(table)
    )
    rows = table.assign(
        model=table["model"].map(palette.model_name), before=100 * table["ece_before"], after=100 * table["ece_after"]
    )
    columns = [
        Column("model", Message("model")),
        Column("temperature", Message("temperature"), "number2"),
        Column("before", Message("misleads by, before"), "number1", Message("points")),
        Column("after", Message("misleads by, after"), "number1", Message("points")),
        Column("brier_before", Message("Brier score, before"), "number3"),
        Column("brier_after", Message("Brier score, after"), "number3"),
    ]
    note = Message("Expected calibration error in 15 groups of equal size; Brier score: 0 best, 2 worst. Measured in this run.")
    return Table.of(finding, rows, columns, note)


def trade_off(treated: Treatment) -> Table | Message:
    """Return what equal treatment of groups costs; where no group is large enough, the sentence that says so."""
    if not treated.grouping:
        return TOO_FEW
    policies, chance = treated.policies, {found.rate: found.p_value for found in treated.disparities}
    one, equal = (policies.set_index("policy").loc[name] for name in ("one line", "equal recall"))
    extra = float(equal["usd_per_thousand"] - one["usd_per_thousand"])
    if equal["recall_gap"] >= one["recall_gap"]:
        finding = Message("A threshold for each group is not shown to bring the groups nearer to each other")
    elif extra > 0:
        finding = Message("Finding every group's cases equally would cost {extra:cents} more per 1,000 texts", extra=extra)
    else:
        finding = Message("Finding every group's cases equally would cost nothing more")
    rows = [
        {
            "policy": _POLICIES[row["policy"]],
            "usd": row["usd_per_thousand"],
            "recall": 100 * row["recall_gap"],
            "alarms": 100 * row["false_alarm_gap"],
        }
        for row in policies.to_dict("records")
    ]
    columns = [
        Column("policy", Message("rule")),
        Column("usd", Message("cost of errors"), "cents", Message("USD per 1,000 texts")),
        Column("recall", Message("gap in cases found"), "number1", Message("points")),
        Column("alarms", Message("gap in needless flags"), "number1", Message("points")),
    ]
    note = Message(
        "Gaps by chance alone at one threshold: p {recall:number3} for cases found, p {alarms:number3} for needless flags. "
        "Estimated: group thresholds chosen on one half of the test rows, applied to the other; error costs assumed.",
        recall=chance["recall"],
        alarms=chance["false_alarm_rate"],
    )
    return Table(finding, columns, rows, note)


def label_free(guesses: pd.DataFrame) -> Table:
    """Return guesses of the home model's accuracy abroad without labels. guesses: method, guess, low, high, truth, error."""
    nearest = guesses.loc[guesses["error"].abs().idxmin()]
    finding = Message(
        "Without a single label, the nearest guess of the home model abroad is {guess:percent1}; the truth is {truth:percent1}",
        guess=float(nearest["guess"]),
        truth=float(nearest["truth"]),
    )
    rows = guesses.assign(method=guesses["method"].map(_METHODS), error=100 * guesses["error"]).to_dict("records")
    columns = [
        Column("method", Message("method")),
        Column("guess", Message("guess"), "percent1"),
        Column("low", Message("low"), "percent1"),
        Column("high", Message("high"), "percent1"),
        Column("truth", Message("truth"), "percent1"),
        Column("error", Message("off by"), "number1", Message("points")),
    ]
    note = Message(
        "Which guess is nearest is known only afterwards. Interval: of the rows drawn, not of the method. Estimated."
    )
    return Table(finding, columns, rows, note)


def waits(batches: pd.DataFrame) -> Table:
    """Return how long batches of each size take. batches: batch, p50_ms, p95_ms, p99_ms, texts_per_second, n."""
    best = batches.loc[batches["texts_per_second"].idxmax()]
    finding = Message(
        "In batches of {batch:integer} most texts pass, {rate:integer} a second; half of the batches wait {wait:integer} ms or less",
        batch=int(best["batch"]),
        rate=float(best["texts_per_second"]),
        wait=float(best["p50_ms"]),
    )
    columns = [
        Column("batch", Message("texts at once"), "integer"),
        Column("p50_ms", Message("half are faster than"), "number1", Message("milliseconds")),
        Column("p95_ms", Message("95 of 100 are faster than"), "number1", Message("milliseconds")),
        Column("p99_ms", Message("99 of 100 are faster than"), "number1", Message("milliseconds")),
        Column("texts_per_second", Message("texts"), "number1", Message("per second")),
        Column("n", Message("batches timed"), "integer"),
    ]
    return Table.of(finding, batches, columns, MEASURED)


def speed(figures: Mapping[str, Quantity]) -> Table:
    """Return throughput, and what a text takes of the machine.

    figures: samples_per_second, flop_per_text, matrix_flop_per_second, mfu, kwh_per_million, peak_memory_gb.
    """
    labels = {
        "samples_per_second": Message("texts a second, many at a time"),
        "gigaflop_per_text": Message("operations that a text needs"),
        "matrix_gigaflop_per_second": Message("operations a second of a bare matrix product here"),
        "mfu": Message("share of that rate in use (MFU)"),
        "kwh_per_million": Message("energy of a million texts"),
        "peak_memory_gb": Message("largest memory of this notebook"),
    }
    shown = dict(figures) | {
        "gigaflop_per_text": figures["flop_per_text"].scaled(1e-9, "billion"),
        "matrix_gigaflop_per_second": figures["matrix_flop_per_second"].scaled(1e-9, "billion"),
        "kwh_per_million": figures["kwh_per_million"].scaled(1.0, "kWh"),
    }
    finding = Message(
        "The adapted model reads {rate:integer} texts a second here, at {share:percent} of a bare matrix product's rate",
        rate=figures["samples_per_second"],
        share=figures["mfu"],
    )
    return tables.figures(shown, labels, finding)
