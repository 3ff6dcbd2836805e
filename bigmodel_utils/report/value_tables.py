"""Tables of the market, value and decision pages: forecasts, estimators, money, information, flips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import names, tables
from bigmodel_utils.report.scale import rounded
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = {"go": Message("go"), "wait": Message("wait"), "stop": Message("stop")}


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


def training_estimators(table: pd.DataFrame) -> Table:
    """Return how far estimates of training hours missed. table: as `training_cost.back_test_table`."""
    finding = Message(
        "On runs it has not seen, our estimate of training hours misses by a factor of {factor:number2} in the middle case",
        factor=float(table["median_factor"].iloc[0]),
    )
    ours = table.iloc[0]
    source = Message(
        "Published runs; each family of models is left out of the fit that predicts it. With other families on file our middle "
        "factor might have been {low:number2} to {high:number2}: differences smaller than that are chance.",
        low=float(ours["median_low"]),
        high=float(ours["median_high"]),
    )
    return _estimators(table, finding, source)


def serving_estimators(table: pd.DataFrame) -> Table:
    """Return how far estimates of serving rates missed. table: as `serving_throughput.back_test_table`."""
    finding = Message(
        "On models it has not seen, our estimate of serving speed misses by a factor of {factor:number2} in the middle case",
        factor=float(table["median_factor"].iloc[0]),
    )
    return _estimators(
        table, finding, Message("Published benchmarks; each model, or device, is left out of the fit that predicts it.")
    )


_BACK_TESTS = {
    "fitted, family left out": Message("ours, its family never seen"),
    "fitted, model left out": Message("ours, its model never seen"),
    "fitted, device left out": Message("ours, its device never seen"),
    "6ND at 0.40": Message("operations at 40% of the peak"),
    "6ND at 0.30": Message("operations at 30% of the peak"),
    "bare roofline": Message("peak of the device (roofline)"),
    "all": Message("all runs"),
    "checked": Message("runs told in full"),
    "single engines": Message("single servers"),
    "fleets under MLPerf": Message("fleets under MLPerf"),
    "encoders": Message("encoders"),
}


def _estimators(table: pd.DataFrame, finding: Message, source: Message) -> Table:
    names_of = {column: [_BACK_TESTS.get(name, name) for name in table[column]] for column in ("estimator", "tested_on")}
    columns = [
        Column("estimator", Message("estimator")),
        Column("tested_on", Message("tested on")),
        Column("runs", Message("runs"), "integer"),
        Column("median_factor", Message("median factor"), "number2"),
        Column("p90_factor", Message("worst tenth"), "number2"),
        Column("bias", Message("bias"), "number2"),
        Column("coverage", Message("inside the 80% band"), "percent"),
    ]
    return Table.of(finding, table.assign(**names_of), columns, source)


def business_models(table: pd.DataFrame) -> Table:
    """Return ways to be paid side by side. table: as `business_models.compare`, best first."""
    rows = table.assign(title=[Message("{title}", title=title) for title in table["title"]])
    best = rows.iloc[0]
    finding = Message(
        "{title} is worth most in the middle case, {npv:money}, and gains in {gain:percent} of the futures",
        title=best["title"],
        npv=float(best["npv_mid"]),
        gain=float(best["gain"]),
    )
    columns = [
        Column("title", Message("way to be paid")),
        Column("npv_mid", Message("worth"), "money", Message("middle")),
        Column("npv_low", Message("low"), "money"),
        Column("npv_high", Message("high"), "money"),
        Column("gain", Message("chance of gain"), "percent"),
        Column("lowest_cash", Message("lowest cash"), "money"),
        Column("revenue_month", Message("a customer pays"), "money", Message("per month")),
        Column("lifetime_value", Message("lifetime value"), "money"),
        Column("acquisition", Message("cost of winning"), "money"),
        Column("months_to_recover", Message("months to recover"), "upto1"),
    ]
    return Table.of(
        finding, rows, columns, Message("The same futures under each way; one customer at the middle of all ranges."), best=0
    )


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


def information(worth: pd.DataFrame, most: int = 6) -> Table:
    """Return what it is worth to know an input before deciding. worth: assumption, usd."""
    top = worth.head(most)
    rows = [{"what": names.assumption(row.assumption), "usd": row.usd} for row in top.itertuples()]
    finding = Message(
        "Knowing {what} before deciding is worth up to {usd:money}", what=rows[0]["what"], usd=float(top["usd"].iloc[0])
    )
    columns = [Column("what", Message("assumption")), Column("usd", Message("worth of knowing it"), "money")]
    return Table(
        finding, columns, rows, Message("Expected value of perfect information on one input, an upper bound for any study.")
    )


def variance(shares: pd.DataFrame, most: int = 6) -> Table:
    """Return which inputs the doubt about the value comes from. shares: assumption, first, total as `sensitivity.sobol`."""
    top = shares.head(most)
    rows = [
        {"what": names.assumption(row.assumption), "first": max(row.first, 0.0), "total": max(row.total, row.first, 0.0)}
        for row in top.itertuples()
    ]
    finding = Message(
        "The largest part of the doubt about the value, {total:percent}, comes from: {what}",
        what=rows[0]["what"],
        total=rows[0]["total"],
    )
    columns = [
        Column("what", Message("assumption")),
        Column("first", Message("alone"), "percent"),
        Column("total", Message("with what it touches"), "percent"),
    ]
    source = Message(
        "Share in where the value ends among all futures (Sobol indices of its rank), all inputs moving at once and independently."
    )
    return Table(finding, columns, rows, source)


def labels(more: pd.DataFrame) -> Table:
    """Return what more labels are worth. more: as `information.more_labels`, possibly empty."""
    columns = [
        Column("more", Message("more labels"), "integer"),
        Column("error_factor", Message("errors left"), "percent"),
        Column("usd", Message("worth"), "money", Message("after their price")),
        Column("low", Message("low"), "money"),
        Column("high", Message("high"), "money"),
        Column("gain", Message("chance of gain"), "percent"),
    ]
    source = Message(
        "Errors fall as the learning curve of notebook 03 says; the same futures valued with fewer errors and dearer labels."
    )
    if more.empty:
        return Table(Message("The learning curve of this run does not fall: more labels cannot be priced"), columns, [], source)
    best = more.loc[more["usd"].idxmax()]
    if best["usd"] <= 0:
        finding = Message("No number of further labels is worth its price")
    elif int(best["more"]) == int(more["more"].max()):
        finding = Message(
            "More labels pay as far as the curve can be trusted: {more:integer} of them are worth {usd:money}",
            more=int(best["more"]), usd=float(best["usd"]),
        )  # fmt: skip
    else:
        finding = Message(
            "{more:integer} more labels pay best: they are worth {usd:money}", more=int(best["more"]), usd=float(best["usd"])
        )
    return Table.of(finding, more, columns, source, best=int(more["usd"].argmax()) if best["usd"] > 0 else None)


def waiting(table: pd.DataFrame) -> Table:
    """Return entering now against waiting for news. table: news_share, now, wait."""
    pays = table[table["wait"] > table["now"]]
    if pays.empty:
        finding = Message("Waiting a year is worth less than entering now, whatever it would teach")
    elif float(table["now"].iloc[0]) <= 0:
        finding = Message(
            "Entering now is worth nothing on average; a year of waiting is worth something as soon as it teaches"
        )
    else:
        finding = Message(
            "Waiting a year pays only if it clears up {share:percent} or more of the doubt",
            share=float(pays["news_share"].iloc[0]),
        )
    columns = [
        Column("news_share", Message("doubt that a year clears up"), "percent"),
        Column("now", Message("enter now"), "money", Message("mean value")),
        Column("wait", Message("wait, then choose"), "money", Message("mean value")),
    ]
    source = Message(
        "Decision tree on the same futures: after the news one enters only where it pays; a year's value is lost to discount."
    )
    return Table.of(finding, table, columns, source)


def own_or_api(table: pd.DataFrame) -> Table:
    """Return own serving against bought answers. table: as `api_prices.against_apis`."""
    cheaper = table[table["break_even"] < table["volume"]]
    values = {"count": len(cheaper), "of": len(table), "volume": 1000 * rounded(float(table["volume"].iloc[0]))}
    finding = Message(
        "At {volume:compact} texts a month, serving the model ourselves is cheaper than {count} of {of} interfaces",
        **values,
    )
    rows = table.assign(offer=[Message("{offer}", offer=offer) for offer in table["offer"]])
    columns = [
        Column("offer", Message("interface")),
        Column("usd_per_thousand", Message("price"), "money", Message("1,000 texts")),
        Column("own_usd_per_thousand", Message("own serving"), "money", Message("1,000 texts")),
        Column("break_even", Message("own is cheaper from"), "integer", Message("thousand texts a month")),
    ]
    source = Message(
        "List prices of data/facts/rivals.csv against the rent of whole machines, which run day and night however little they read. "
        "Empty: own serving is never cheaper."
    )
    return Table.of(finding, rows, columns, source)


def footprint(figures: Mapping[str, Quantity]) -> Table:
    """Return energy, carbon and hours of reading in the plan's last year. figures: as `footprint.of_venture`."""
    labels_of = {
        "serving_kwh": Message("energy of serving, a year"),
        "serving_kg": Message("carbon of serving, a year"),
        "training_wh": Message("energy of adapting once"),
        "training_g": Message("carbon of adapting once"),
        "reading_hours": Message("hours of reading that change hands, a year"),
    }
    finding = Message(
        "In the last year serving takes {kwh:integer} kWh and {kg:integer} kg of CO2e; {hours:compact} hours of reading change hands",
        kwh=figures["serving_kwh"].mid, kg=figures["serving_kg"].mid, hours=rounded(figures["reading_hours"].mid),
    )  # fmt: skip
    return tables.figures(figures, labels_of, finding)


def flips(found: Sequence[Any], most: int = 8) -> Table:
    """Return the nearest changes of one assumption that change the verdict, and the nearest to each other verdict.

    found: assumption, now, at, unit, verdict; nearest first.
    """
    first = {flip.verdict: flip for flip in reversed(found)}
    rows = [
        {
            "what": names.assumption(flip.assumption),
            "now": names.written(flip.now, flip.unit, with_unit=False),
            "at": names.written(rounded(flip.at, unlike=flip.now), flip.unit, with_unit=False),
            "verdict": VERDICTS[flip.verdict],
        }
        for place, flip in enumerate(found)
        if place < most or flip is first[flip.verdict]
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
        Column("verdict", Message("then")),
    ]
    return Table(finding, columns, rows, Message("One assumption moves, all others keep their range."))
