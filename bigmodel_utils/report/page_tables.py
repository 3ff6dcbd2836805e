"""Tables that one page needs: its settings, its splits, its errors, its forecasts, its flips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from bigmodel_utils.messages import Message
from bigmodel_utils.report import names, palette, tables
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

MEASURED = Message("Measured in this run.")
VERDICTS = {"go": Message("go"), "wait": Message("wait"), "stop": Message("stop")}


def settings(scenario: Scenario, *parts: str) -> Table:
    """Return the choices under `parts` of the scenario, one line per key that `--set` understands."""
    rows = [{"key": key, "value": str(value)} for part in parts for key, value in _leaves(part, getattr(scenario, part))]
    finding = Message("{count} choices of the scenario shape this page", count=len(rows))
    return Table(
        finding,
        [Column("key", Message("setting")), Column("value", Message("value"))],
        rows,
        Message("Change one with --set KEY=VALUE, or in the scenario's file."),
    )


def _leaves(key: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return [leaf for name, item in value.items() for leaf in _leaves(f"{key}.{name}", item)]
    return [(key, value)] if value is not None else []


def parts(lengths: pd.DataFrame) -> Table:
    """Return how many texts of each label stand on each side of the split. lengths: market, part, label, rows, p50."""
    rows = lengths.assign(market=lengths["market"].map(palette.MARKET_NAMES)).to_dict("records")
    finding = Message("{count:integer} texts are split so that no copy stands on two sides", count=int(lengths["rows"].sum()))
    columns = [
        Column("market", Message("market")),
        Column("part", Message("part")),
        Column("label", Message("label")),
        Column("rows", Message("texts"), "integer"),
        Column("p50", Message("median length"), "integer", Message("characters")),
    ]
    return Table(finding, columns, rows, MEASURED)


def personal_data(account: pd.DataFrame) -> Table:
    """Return what personal data was replaced, by market and type. account: market, step, reason, rows."""
    found = account[account["step"] == "personal data"]
    rows = found.assign(market=found["market"].map(palette.MARKET_NAMES)).to_dict("records")
    count = int(found["rows"].sum())
    finding = (
        Message("Personal data was replaced {count:integer} times before anything was stored", count=count)
        if count
        else Message("No personal data was found")
    )
    columns = [
        Column("market", Message("market")),
        Column("reason", Message("what")),
        Column("rows", Message("texts"), "integer"),
    ]
    return Table(finding, columns, rows, Message("Found by pattern and check digit; names of people are not looked for."))


def data_sheet(sheet: Mapping[str, Any], market: str) -> Table:
    """Return the data sheet of one market (`source` or `target`): origin, version, licence, gaps."""
    rows = [{"key": key, "value": str(value)} for key, value in _leaves("", dict(sheet))]
    rows = [{**row, "key": row["key"].lstrip(".").replace("_", " ")} for row in rows]
    finding = Message("Data sheet of the {market}", market=palette.MARKET_NAMES[market])
    columns = [Column("key", Message("item")), Column("value", Message("as found"))]
    return Table(finding, columns, rows, Message("Licence and gaps as the package states them."))


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


def backtest(summary: pd.DataFrame) -> Table:
    """Return how far forecasts three years out missed. summary: method, cuts, median_factor, p90_factor, band_held."""
    best = summary["median_factor"].idxmin()
    finding = Message(
        "The better forecast misses by a factor of {factor:number2} in the middle case", factor=summary["median_factor"].min()
    )
    columns = [
        Column("method", Message("method")),
        Column("cuts", Message("forecasts"), "integer"),
        Column("median_factor", Message("median factor"), "number2"),
        Column("p90_factor", Message("worst tenth"), "number2"),
        Column("band_held", Message("inside the 80% band"), "percent"),
    ]
    source = Message("Classic durables, forecast three years ahead from their first years. Factor: larger over smaller.")
    return Table.of(finding, summary, columns, source, best=list(summary.index).index(best))


def flips(found: Sequence[Any], most: int = 8) -> Table:
    """Return the nearest changes of one assumption that change the verdict. found: assumption, now, at, unit, verdict."""
    rows = [
        {
            "what": names.assumption(flip.assumption),
            "now": Message("{value:" + names.spec_for(flip.unit, flip.now) + "}", value=flip.now),
            "at": Message("{value:" + names.spec_for(flip.unit, flip.at) + "}", value=flip.at),
            "unit": names.unit(flip.unit),
            "verdict": VERDICTS[flip.verdict],
        }
        for flip in found[:most]
    ]
    finding = (
        Message("The nearest flip: {what} at {at} instead of {now}", what=rows[0]["what"], at=rows[0]["at"], now=rows[0]["now"])
        if rows
        else Message("No single assumption flips the verdict within reach")
    )
    columns = [
        Column("what", Message("assumption")),
        Column("now", Message("now"), "number"),
        Column("at", Message("flips at"), "number"),
        Column("unit", Message("unit")),
        Column("verdict", Message("then")),
    ]
    return Table(finding, columns, rows, Message("One assumption moves, all others keep their range."))


def weights(origin: Mapping[str, Any]) -> Table:
    """Return where pretrained weights come from. origin: what `pretrained.described` says."""
    rows = [{"key": str(key).replace("_", " "), "value": str(value)} for key, value in origin.items()]
    columns = [Column("key", Message("item")), Column("value", Message("as found"))]
    return Table(
        Message("The weights that both trainings start from"), columns, rows, Message("As their package or folder states.")
    )


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


def speed(figures: Mapping[str, Quantity]) -> Table:
    """Return measured throughput, latency and memory. figures: samples_per_second, latency_p50_ms, …"""
    labels = {
        "samples_per_second": Message("texts a second, many at a time"),
        "latency_p50_ms": Message("one text alone, half are faster than"),
        "latency_p95_ms": Message("one text alone, 95 of 100 are faster than"),
        "latency_p99_ms": Message("one text alone, 99 of 100 are faster than"),
        "peak_memory_gb": Message("largest memory of this notebook"),
    }
    rate = figures["samples_per_second"]
    return tables.figures(figures, labels, Message("The adapted model reads {rate:integer} texts a second here", rate=rate))


def money(figures: Mapping[str, Quantity]) -> Table:
    """Return what computing costs and what is charged. figures: serving_usd_per_thousand, training_usd, …"""
    labels = {
        "serving_usd_per_thousand": Message("computing, 1,000 texts"),
        "training_usd": Message("adapting the model once"),
        "people_usd_per_thousand": Message("people, 1,000 texts, errors included"),
        "saving_per_thousand": Message("saved on 1,000 texts, errors included"),
        "price_per_thousand": Message("price of 1,000 texts"),
    }
    price = figures["price_per_thousand"]
    return tables.figures(figures, labels, Message("A thousand texts can be priced at {price:money}", price=price))
