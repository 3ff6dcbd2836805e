"""A finished run, written through `Run` with the real market and value code, and small hostile data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bigmodel_utils import facts, scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.market import adoption, entry, size
from bigmodel_utils.messages import Message
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import accounts, sensitivity, uncertainty, valuation

HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> **bold** =1+1"


def measured(mid: float, unit: str, half: float = 0.0, n: int = 2400) -> Quantity:
    ends = {"low": mid - half, "high": mid + half} if half else {}
    return Quantity(
        mid=mid, unit=unit, origin="measured", source="this run", method="test rows of the target market", n=n, **ends
    )


def written_run(name: str, **overrides) -> Run:
    chosen = scenario.load(name, {"decision.draws": 400, "title": f"US review triage {HOSTILE}"} | overrides)
    for stage in Run(chosen).stages:
        writer = Run(chosen, stage)
        writer.begin()
        _WRITERS[stage](writer)
        writer.write_json("notes", {"checks": []})
        writer.finish()
    return Run(chosen)


def _prepare(run: Run) -> None:
    run.write_figures({"source_rows": measured(4400, "rows"), "target_rows": measured(4000, "rows")})
    kinds = ["raw", "dropped", "changed", "kept"]
    rows = [
        (market, kind, HOSTILE if kind == "dropped" else kind, count)
        for market in ("source", "target")
        for kind, count in zip(kinds, (5000, 600, 40, 4400), strict=True)
    ]
    run.write_table("account", pd.DataFrame(rows, columns=["market", "kind", "reason", "rows"]))


def _train(run: Run) -> None:
    run.write_figures({"train_seconds_b": measured(180.0, "seconds"), "train_examples_b": measured(1200, "rows")})


def _evaluate(run: Run) -> None:
    accuracies = {"floor": 0.5, "rival": 0.77, "a": 0.79, "p": 0.84, "b": 0.85}
    scores = [
        {"model": m, "market": "target", "accuracy": v, "low": v - 0.016, "high": v + 0.016, "macro_f1": v, "n": 2400}
        for m, v in accuracies.items()
    ]
    scores += [{"model": "a", "market": "source", "accuracy": 0.92, "low": 0.9, "high": 0.94, "macro_f1": 0.92, "n": 1000}]
    run.write_table("scores", pd.DataFrame(scores))
    counts = [("a", 900, 300, 200, 1000), ("b", 1080, 120, 90, 1110), ("p", 1070, 130, 100, 1100)]
    run.write_table(
        "confusion",
        pd.DataFrame(counts, columns=["model", "true_positive", "false_negative", "false_positive", "true_negative"]),
    )
    pairs = [
        ("b", "a", 0.06, 0.045, 0.075, 1e-9),
        ("b", "p", 0.01, -0.004, 0.024, 0.16),
        ("b", "rival", 0.08, 0.06, 0.1, 1e-12),
    ]
    run.write_table("compare", pd.DataFrame(pairs, columns=["first", "second", "difference", "low", "high", "p_value"]))
    rng = np.random.default_rng(1)
    label = np.arange(2400) % 2
    probability = np.clip(rng.normal(np.where(label == 0, 0.75, 0.25), 0.2), 0.001, 0.999)
    run.write_table("predictions", pd.DataFrame({"row": np.arange(2400), "label": label, "b": probability}))
    accuracy = {f"accuracy_target_{m}": measured(v, "share", 0.016) for m, v in accuracies.items()}
    rates = {"recall_b": measured(0.9, "share", 0.02), "false_alarm_rate_b": measured(0.075, "share", 0.015)}
    run.write_figures(
        {
            **accuracy,
            **rates,
            "accuracy_source_a": measured(0.92, "share", 0.02),
            "samples_per_second": measured(90.0, "reviews per second", 4, 60),
        }
    )


def _deploy(run: Run) -> None:
    rows = [("float32", 0.85, 0.0, 0.0, 0.0, 487.0, 60.0, 1.0), ("distilled", 0.845, -0.005, -0.02, 0.01, 49.0, 240.0, 4.0)]
    columns = ["variant", "accuracy", "difference", "difference_low", "difference_high", "size_mb", "rate", "speedup"]
    run.write_table("frontier", pd.DataFrame(rows, columns=columns).assign(n=800, dominated=False))
    counts = pd.DataFrame([("b", 1075, 125, 95, 1105)], columns=["model", *valuation.COUNTS])
    run.write_table("confusion", counts)
    run.write_json("machine", {"device": "cpu", "cores": 2, "variant": "distilled"})
    run.write_figures(
        {
            "served_accuracy": measured(0.845, "share", 0.016),
            "served_size_mb": measured(49.0, "MB"),
            "sustained_requests_per_second": measured(80.0, "requests/s", 5, 300),
        }
    )


def _size(run: Run) -> None:
    draws = uncertainty.draw(uncertainty.from_assumptions(run.scenario.assumptions), 2000, 7)
    price, reviews = 0.01, draws["reviews_per_merchant_month"] * 12
    bottom = size.market_size(
        draws["online_merchants"], draws["eligible_share"], reviews, price, draws["reachable_share"], draws["long_run_share"]
    )
    run.write_table("size", size.table({"bottom_up": bottom}).assign(method="pooled"))
    potential = draws["online_merchants"] * draws["eligible_share"] * draws["reachable_share"] * draws["long_run_share"]
    run.write_table("adoption", adoption.fan(5, draws["adoption_p"], draws["adoption_q"], potential))
    som = bottom.som
    low, mid, high = (float(v) for v in np.quantile(som, (0.1, 0.5, 0.9)))
    run.write_figures(
        {"som_usd_year": Quantity(mid=mid, low=low, high=high, unit="USD per year", origin="estimated", source="this run")}
    )


def _value(run: Run) -> None:
    reader = Run(run.scenario)
    figures = reader.figures("02_train_model") | reader.figures("03_evaluate_model")
    valued = valuation.estimate(run.scenario, figures, reader.table("03_evaluate_model", "confusion"), cores=2)
    run.write_figures(accounts.figures(valued))
    run.write_table("cost_per_thousand", accounts.cost_per_thousand(valued))
    run.write_table("cash", accounts.cash(valued))
    run.write_table("npv_density", accounts.npv_density(valued))
    run.write_table("tornado", sensitivity.tornado(valued.marginals, valued.years))
    run.write_table("draws", pd.DataFrame(dict(valued.draws)).head(400))
    run.write_json("inputs", uncertainty.medians(valued.marginals))
    run.write_json("advice", valued.advice.to_json())


def _trust(run: Run) -> None:
    run.write_figures(
        {
            "privacy_points_lost": measured(0.4, "points", 0.8),
            "privacy_accuracy": measured(0.83, "share", 0.02),
            "federated_points_behind": measured(0.1, "points", 0.5),
            "attack_advantage_b": measured(0.01, "share", 0.05),
        }
    )
    run.write_json("way", {"kind": "federated", "why": Message("Rows stay where they are.").to_json()})


def _decide(run: Run) -> None:
    reader = Run(run.scenario)
    run.write_json("decision", reader.json("06_estimate_value", "advice"))
    draws = {name: column.to_numpy() for name, column in reader.table("06_estimate_value", "draws").items()}
    run.write_table("entry", entry.compare(entry.modes(facts.load("entry_modes")), draws, run.scenario.decision.horizon_years))
    run.write_figures({})


_WRITERS = {
    "01_prepare_data": _prepare,
    "02_train_model": _train,
    "03_evaluate_model": _evaluate,
    "04_deploy_model": _deploy,
    "05_size_market": _size,
    "06_estimate_value": _value,
    "07_check_trust": _trust,
    "08_decide": _decide,
}
