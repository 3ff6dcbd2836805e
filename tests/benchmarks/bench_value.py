"""The five-year Monte Carlo against plain NumPy, and the estimators against rules of thumb. Run: python tests/benchmarks/bench_value.py"""

from __future__ import annotations

import resource
import time

import numpy as np

from bigmodel_utils import scenario
from bigmodel_utils.value import simulation, training_cost, uncertainty, venture

YEARS, SEED = 5, 7
MEASURED = {
    "recall": uncertainty.from_counts("recall", 1080, 120),
    "false_alarm_rate": uncertainty.from_counts("false_alarm_rate", 360, 840),
    "samples_per_second": uncertainty.constant("samples_per_second", 90.0, "reviews/s"),
    "machine_usd_hour": uncertainty.constant("machine_usd_hour", 0.1, "USD per hour"),
    "training_usd": uncertainty.constant("training_usd", 0.01, "USD"),
    "labels_bought": uncertainty.constant("labels_bought", 1600, "labels"),
}


def marginals() -> dict[str, uncertainty.Marginal]:
    """Return the inputs of the default scenario with plausible measured figures."""
    chosen = scenario.load("reviews_us_to_cn")
    return uncertainty.from_assumptions({name: chosen.assumption(name) for name in venture.ASSUMED}) | MEASURED


def plain_numpy(x: dict[str, np.ndarray], months: int) -> np.ndarray:
    """The same venture as one analyst would write it: draws by months, all at once. Returns the present values."""
    month = np.arange(1, months + 1)[:, None]
    p, q = x["adoption_p"], x["adoption_q"]
    decay = np.exp(-(p + q) * month / 12)
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
    operating = thousands * price - machines - joined * x["merchant_acquisition_usd"] - x["team_usd_month"]
    setup = x["entry_usd"] + x["labels_bought"] * x["label_usd"] + x["training_usd"]
    earned = np.cumsum(operating, axis=0) - setup
    peak = np.maximum.accumulate(np.maximum(earned, 0), axis=0)
    tax = x["tax_rate"] * np.diff(peak, axis=0, prepend=0)
    return ((operating - tax) * (1 + x["discount_rate"]) ** (-month / 12)).sum(axis=0) - setup


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


def main() -> None:
    monte_carlo()
    memory()
    print(training_cost.back_test_table().round(3).to_string(index=False))


if __name__ == "__main__":
    main()
