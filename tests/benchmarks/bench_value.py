"""The five-year Monte Carlo against plain NumPy, and the estimators against rules of thumb. Run: python tests/benchmarks/bench_value.py"""

from __future__ import annotations

import importlib.util
import logging
import resource
import time

import numpy as np

from bigmodel_utils import facts, scenario
from bigmodel_utils.value import serving_rows, simulation, training_cost, training_runs, uncertainty, venture

YEARS, SEED = 5, 7
MEASURED = {
    "recall": uncertainty.from_counts("recall", 1080, 120),
    "false_alarm_rate": uncertainty.from_counts("false_alarm_rate", 360, 840),
    "samples_per_second": uncertainty.constant("samples_per_second", 90.0, "reviews/s"),
    "machine_usd_hour": uncertainty.constant("machine_usd_hour", 0.1, "USD per hour"),
    "training_usd": uncertainty.constant("training_usd", 0.01, "USD"),
    "labels_bought": uncertainty.constant("labels_bought", 1600, "labels"),
    "rules_usd": uncertainty.ranged("rules_usd", 8_000, 40_000, 130_000, "USD"),
    "rules_delay_months": uncertainty.ranged("rules_delay_months", 1, 3, 8, "months"),
}


def marginals() -> dict[str, uncertainty.Marginal]:
    """Return the inputs of the default scenario with plausible measured figures."""
    chosen = scenario.load("reviews_us_to_cn")
    return uncertainty.from_assumptions({name: chosen.assumption(name) for name in venture.ASSUMED}) | MEASURED


def plain_numpy(x: dict[str, np.ndarray], months: int) -> np.ndarray:
    """The same venture as one analyst would write it: draws by months, all at once. Returns the present values."""
    month = np.arange(1, months + 1)[:, None]
    p, q = x["adoption_p"], x["adoption_q"]
    decay = np.exp(-(p + q) * np.maximum(0, month - x["rules_delay_months"]) / 12)
    adopted = (1 - decay) / (1 + q / p * decay)
    won = x["online_merchants"] * x["eligible_share"] * x["reachable_share"] * x["long_run_share"]
    joined = won * np.diff(adopted, axis=0, prepend=0)
    merchants = np.zeros_like(joined)
    stay, held = (1 - x["merchant_churn_year"]) ** (1 / 12), np.zeros_like(won)
    for step in range(months):
        held = held * stay + joined[step]
        merchants[step] = held
    share, missed, needless = x["complaint_share"], x["missed_complaint_usd"], x["needless_contact_usd"]

    def errors(recall, alarms):
        return 1000 * (share * (1 - recall) * missed + (1 - share) * alarms * needless)

    people = 1000 * x["reviewer_wage_usd_hour"] / x["reviews_read_per_hour"] + errors(
        x["human_recall"], x["human_false_alarm_rate"]
    )
    price = x["value_capture"] * np.maximum(0, people - errors(x["recall"], x["false_alarm_rate"]))
    serving = 1000 * x["machine_usd_hour"] / (3600 * x["samples_per_second"] * x["average_load"])
    thousands = merchants * x["reviews_per_merchant_month"] / 1000
    machines = np.maximum(730 * x["machine_usd_hour"], thousands * serving)
    worth = x["currency_year"] ** (month / 12)
    revenue = thousands * price * worth
    operating = revenue - machines - (joined * x["merchant_acquisition_usd"] + x["team_usd_month"]) * worth
    owed = revenue * x["payment_days"] / (365 / 12) * (month < months)
    setup = x["entry_usd"] + x["rules_usd"] + x["labels_bought"] * x["label_usd"] + x["training_usd"]
    earned = np.cumsum(operating, axis=0) - setup
    peak = np.maximum.accumulate(np.maximum(earned, 0), axis=0)
    tax = (x["tax_rate"] + (1 - x["tax_rate"]) * x["withholding_rate"]) * np.diff(peak, axis=0, prepend=0)
    return ((operating - np.diff(owed, axis=0, prepend=0) - tax) * (1 + x["discount_rate"]) ** (-month / 12)).sum(
        axis=0
    ) - setup


def best_of(times: int, work) -> tuple[float, object]:
    """Return the shortest wall time of `times` calls in seconds, and what the last returned."""
    seconds, result = [], None
    for _ in range(times):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds), result


def monte_carlo(count: int = 20_000) -> None:
    """Print our speed over plain NumPy's, drawing included, after checking that the values are the same."""
    inputs, pairs = marginals(), {("complaint_share", "missed_complaint_usd"): 0.4, ("adoption_p", "adoption_q"): -0.3}
    draws = uncertainty.draw(inputs, count, SEED, pairs)
    ours_s, ours = best_of(5, lambda: simulation.npv(uncertainty.draw(inputs, count, SEED, pairs), YEARS))
    plain_s, plain = best_of(5, lambda: plain_numpy(uncertainty.draw(inputs, count, SEED, pairs), YEARS * 12))
    only_ours_s, _ = best_of(5, lambda: simulation.npv(draws, YEARS))
    only_plain_s, _ = best_of(5, lambda: plain_numpy(draws, YEARS * 12))
    assert np.allclose(ours, plain, rtol=1e-9), "the two must be the same money"
    print(
        f"npv of {count:,} correlated draws: ours {ours_s:.3f} s, plain NumPy {plain_s:.3f} s, ratio {plain_s / ours_s:.2f} (wanted 0.7)"
    )
    print(
        f"  without drawing: ours {only_ours_s:.3f} s, plain NumPy {only_plain_s:.3f} s, ratio {only_plain_s / only_ours_s:.2f}"
    )


def memory(count: int = 1_000_000) -> None:
    """Print time and peak memory of a million draws with all paths kept."""
    begun = time.perf_counter()
    paths = simulation.run(uncertainty.draw(marginals(), count, SEED), YEARS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{count:,} draws with paths: {time.perf_counter() - begun:.1f} s, peak memory {peak:.2f} GiB (wanted below 0.93), npv P50 {np.median(paths.npv):,.0f}"
    )


def llm_analysis(efficiency: float, memory_efficiency: float) -> dict[str, float]:
    """Return the peer's chip-hours by run, for runs whose model's shape is in the facts; its own settings otherwise.

    A generous set-up: hours scaled to the right number of parameters (its feed-forward ratio is a whole number), ZeRO-3 over 64 engines,
    selective recomputation, one sequence of 4,096 a device.
    """
    from llm_analysis.analysis import ActivationRecomputation, DSZeRO, LLMAnalysis
    from llm_analysis.config import GPUConfig, ModelConfig, ParallelismConfig

    known = {name.lower(): model for name, model in serving_rows.model_names().items()}
    shapes, specs, links = (
        facts.load(t).set_index(k) for t, k in (("model_shapes", "model"), ("gpu_specs", "gpu"), ("gpu_serving", "gpu"))
    )
    hours = {}
    for run in training_runs.back_test().to_dict("records"):
        if run["model"].lower() not in known:
            continue
        shape, chip = shapes.loc[known[run["model"].lower()]], specs.loc[run["hardware"]]
        layers, hidden, groups = (
            int(shape["layers"]),
            int(shape["hidden"]),
            int(shape["kv_values_per_layer"] / 2 / shape["head_values"]),
        )
        attention = 2 * hidden**2 * (1 + groups / shape["heads"])
        width = (run["params_active_b"] * 1e9 - shape["vocabulary"] * hidden - layers * attention) / (2 * layers * hidden)
        model = ModelConfig(
            "run",
            layers,
            int(shape["heads"]),
            hidden,
            int(shape["vocabulary"]),
            4096,
            groups,
            expansion_ratio=max(1, round(width / hidden)),
        )
        link = float(links.loc[run["hardware"], "link_gb_s"])
        gpu = GPUConfig("chip", chip["memory_gb"], chip["bandwidth_tb_s"] * 1000, link, 1e-5, chip["bf16_fp16_dense_tflops"])
        spread = ParallelismConfig(tp_size=8 if run["params_total_b"] > 10 else 1, pp_size=1, dp_size=64)
        peer = LLMAnalysis(
            model, gpu, parallelism_config=spread, flops_efficiency=efficiency, hbm_memory_efficiency=memory_efficiency
        )
        found = peer.training(1, 1, seq_len=4096, total_num_tokens=int(run["tokens_b"] * 1e9), ds_zero=DSZeRO(3),
                              activation_recomputation=ActivationRecomputation(1))  # fmt: skip
        hours[run["run_id"]] = found["gpu_hours"] * run["params_active_b"] * 1e9 / found["num_params_total"]
    return hours


def training_peers() -> None:
    """Print factors of error on the same runs: ours with the family left out, and llm-analysis where it is installed."""
    print(training_cost.back_test_table().round(3).to_string(index=False))
    if importlib.util.find_spec("llm_analysis") is None:
        print("llm-analysis is not installed (pip install llm-analysis): its rows are left out")
        return
    logging.disable(logging.WARNING)
    runs, ours = training_runs.back_test().set_index("run_id"), training_cost.back_test_errors().set_index("run_id")["error"]
    for name, settings in (("defaults", (1.0, 1.0)), ("README's 0.5 and 0.9", (0.5, 0.9))):
        hours = llm_analysis(*settings)
        theirs = np.abs([np.log(value / runs.loc[run, "chip_hours"]) for run, value in hours.items()])
        same = np.abs(ours[list(hours)])
        print(
            f"{len(hours)} runs, llm-analysis {name}: median x{np.exp(np.median(theirs)):.2f}, worst x{np.exp(theirs.max()):.2f}; "
            f"ours, family left out: median x{np.exp(same.median()):.2f}, worst x{np.exp(same.max()):.2f}"
        )


def main() -> None:
    monte_carlo()
    memory()
    training_peers()


if __name__ == "__main__":
    main()
