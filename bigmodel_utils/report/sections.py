"""The five sections of the brief: market, model, cost, value, risk. One figure each, its finding as the heading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bigmodel_utils.deployment.menu import named
from bigmodel_utils.messages import Message
from bigmodel_utils.report import charts, names, palette
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.evidence import Evidence, rounded, written
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.origins import Origins

SIGNIFICANT = 0.05
DEPLOYMENT, TRUST = "04_deploy_model", "07_check_trust"


def html(evidence: Evidence, origins: Origins, pages: Mapping[str, Message]) -> str:
    """Return all five sections, each with a link to the page behind it. pages: file name -> title of the pages there are."""
    parts = (
        (market, "05_size_market"),
        (model, "03_evaluate_model"),
        (cost, DEPLOYMENT),
        (value, "06_estimate_value"),
        (risk, TRUST),
    )
    return "".join(_section(*part(evidence), _link(f"{stage}.html", pages), origins) for part, stage in parts)


def _section(chart: Chart, sentences: Sequence[Message], link: str, origins: Origins) -> str:
    prose = "".join(f"<p>{origins.html(sentence)}</p>" for sentence in sentences)
    return f'<section class="split"><div><h2>{both(chart.finding)}</h2>{prose}{link}</div>{chart.html(titled=False)}</section>'


def _link(file: str, pages: Mapping[str, Message]) -> str:
    return f'<p class="more"><a href="{file}">{both(pages[file])}</a></p>' if file in pages else ""


def market(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """How many customers, and what they would pay in a year."""
    chart = charts.adoption(evidence.table("adoption"))
    som = evidence.figures["som_usd_year"]
    sentences = [
        Message(
            "What is ours to win is worth **{som:money}** a year; 8 in 10 futures: {low:money} to {high:money}.",
            som=som,
            low=som.low,
            high=som.high,
        )
    ]
    return chart, sentences


def model(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """How often the models are right, and whether the home model was worth starting from."""
    chart = charts.dots_with_intervals(evidence.table("scores"))
    compare = {(row["first"], row["second"]): row for row in evidence.table("compare").to_dict("records")}
    sentences = [_home(evidence)]
    sentences += [sentence(compare[pair]) for pair, sentence in _COMPARISONS.items() if pair in compare]
    return chart, sentences


def _home(evidence: Evidence) -> Message:
    return Message(
        "At home the model is right {accuracy:percent1} of the time.", accuracy=evidence.figures["accuracy_source_a"]
    )


def _adapting(row: dict) -> Message:
    if row["p_value"] < SIGNIFICANT and row["difference"] > 0:
        return Message(
            "**Adapting pays:** {points:number1} points more than the home model unchanged (paired test).",
            points=100 * row["difference"],
        )
    return Message(
        "**Adapting is not shown to pay:** {points:number1} points against the home model unchanged.",
        points=100 * row["difference"],
    )


def _starting(row: dict) -> Message:
    points = 100 * row["difference"]
    if row["p_value"] >= SIGNIFICANT:
        return Message(
            "Starting from the home model rather than from pretrained weights makes no measurable difference ({points:number1} points).",
            points=points,
        )
    if points > 0:
        return Message("Starting from the home model adds {points:number1} points over pretrained weights.", points=points)
    return Message("Starting from the home model costs {points:number1} points against pretrained weights.", points=-points)


_COMPARISONS = {("b", "a"): _adapting, ("b", "p"): _starting}


def cost(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """What a thousand items cost by each way of working, errors included."""
    table = evidence.table("cost_per_thousand")
    chart = charts.cost_per_thousand(table)
    ours = table.set_index("process").loc["b"]
    parts = {part: float(ours[part]) for part in palette.COST_NAMES}
    largest = max(parts, key=parts.__getitem__)
    share = Message(
        "**{part}** make up {share:percent} of the adapted model's bill.",
        part=palette.COST_HEADS[largest],
        share=parts[largest] / float(ours["total"]),
    )
    computing = Message(
        "Computing costs {serving:money} per 1,000 items.", serving=evidence.figures["serving_usd_per_thousand"]
    )
    return chart, [share, computing, served(evidence)]


def served(evidence: Evidence) -> Message:
    """Return what is served, how large it is, and the rate that one machine sustains; or that nobody measured it."""
    if DEPLOYMENT not in evidence.run.stages:
        return Message("How it would be served was not measured in this run: the speed is that of the trained model.")
    form = named(evidence.run.json(DEPLOYMENT, "machine")["variant"])
    size, rate = evidence.figures["served_size_mb"], evidence.figures["sustained_requests_per_second"]
    wait = evidence.scenario.deployment.latency_p95_ms
    if rate.mid <= 0:
        return Message(
            "What is served: {form}, {size:integer} MB. No rate was found at which 95 of 100 answers come within {wait:integer} ms.",
            form=form,
            size=size,
            wait=wait,
        )
    return Message(
        "What is served: {form}, {size:integer} MB. One machine answers {rate} requests a second, 95 of 100 within {wait:integer} ms.",
        form=form,
        size=size,
        rate=written(rate, rate.unit, with_unit=False),
        wait=wait,
    )


def value(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """When cash turns, and how deep it falls before."""
    figures = evidence.figures
    payback = figures.get("payback_month")
    chart = charts.cash_fan(evidence.table("cash"), payback.mid if payback else None)
    lowest = figures["lowest_cash"]
    sentences = [
        Message(
            "At its lowest, cash stands at **{lowest:money}** in the median future; one future in ten falls to {low:money} or below.",
            lowest=lowest,
            low=lowest.low,
        ),
        Message(
            "The money is back within {years} years in {share:percent} of the futures.",
            years=evidence.scenario.decision.horizon_years,
            share=figures["probability_of_payback"],
        ),
    ]
    return chart, sentences


def risk(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """Which assumptions decide."""
    table = evidence.table("tornado")
    table = table[table["assumption"].isin(evidence.inputs)]
    first, last = table.iloc[0], table.iloc[-1]
    sentences = [
        Message(
            "From {low} to {high}, **{assumption}** moves the value by {swing:money}.",
            assumption=names.assumption(first["assumption"]),
            low=written(rounded(first["low_value"]), first["unit"], with_unit=False),
            high=written(rounded(first["high_value"]), first["unit"]),
            swing=abs(first["npv_at_high"] - first["npv_at_low"]),
        ),
        _least(last),
        *trust(evidence),
    ]
    return charts.tornado(table), sentences


_WAYS = {
    "pool": Message("As the rules on file stand, rows may be pooled at home."),
    "federated": Message("As the rules on file stand, rows stay with their holders and only weights travel."),
    "none": Message("As the rules on file stand, no way of training on these rows is open."),
}


def trust(evidence: Evidence) -> list[Message]:
    """Return which way of training the rules leave open, and what a privacy budget costs; or that nobody asked."""
    if TRUST not in evidence.run.stages:
        return [Message("What rules allow and what privacy costs was not examined in this run.")]
    way, lost = _WAYS[evidence.run.json(TRUST, "way")["kind"]], evidence.figures["privacy_points_lost"]
    if lost.low > 0:
        return [way, Message("A privacy budget costs {lost:number1} points of accuracy, all else equal.", lost=lost)]
    return [
        way,
        Message("A privacy budget costs no accuracy that can be shown ({lost:number1} points, all else equal).", lost=lost),
    ]


def _least(row: Any) -> Message:
    name, swing = names.assumption(row["assumption"]), abs(row["npv_at_high"] - row["npv_at_low"])
    if swing < 1:
        return Message("What matters least: {assumption}, less than a dollar.", assumption=name)
    return Message("What matters least: {assumption}, {swing:money}.", assumption=name, swing=swing)
