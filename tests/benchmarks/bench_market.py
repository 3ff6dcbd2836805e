"""Market methods against their peers, in one run: accuracy of adoption forecasts, speed of the ranking under open weights.

    python tests/benchmarks/bench_market.py

Peers: the plain least-squares Bass fit of textbooks and "same as last year"; pymcdm's weighted sum, ranked once for each
draw of weights (skipped with a line when it is not installed: pip install pymcdm). Equal outputs are checked first.
"""

from __future__ import annotations

import time

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.market import backtest, diffusion, history, selection

DRAWS, PEER_DRAWS = 20_000, 2_000


def adoption() -> None:
    """Print how far each method was off three years out, with the believed market right, too small and too large."""
    table = facts.load("adoption_series")
    every = {str(name): part["adopters"].to_numpy(float) for name, part in table.groupby("series", sort=False)}
    ranges = (facts.as_range(f"bass_prior_{name}") for name in ("innovation", "imitation", "market"))
    belief = diffusion.prior(*ranges, facts.as_range("bass_noise")["mid"])
    print("Adoption three years out: median factor of error (90 % factor), and how often the 80 % band held")
    for label, series in (("3 durables", history.durables()), ("all 7 series", every)):
        for error in (0.5, 0.7, 1.0, 1.5, 2.0):
            found = backtest.summary(backtest.back_test(series, belief, error)).set_index("method")
            ours, naive, plain = (found.loc[name] for name in ("prior and last year", "same as last year", "least squares"))
            print(
                f"  {label:12s} market x{error:.1f}: ours x{ours['median_factor']:.2f} ({ours['p90_factor']:.2f}, "
                f"band {ours['band_held']:.2f}) · last year x{naive['median_factor']:.2f} ({naive['p90_factor']:.2f}) · "
                f"least squares x{plain['median_factor']:.2f} ({plain['p90_factor']:.2f})"
            )


def ranking() -> None:
    """Print seconds for 20,000 weight draws over all countries, ours and by pymcdm, on the same draws."""
    scores = selection.min_max(selection.candidates(facts.load("countries"), facts.load("cpu_cloud_prices"))).fillna(0.5)
    weights = dict.fromkeys(scores.columns, 1.0)
    started = time.perf_counter()
    ours = selection.acceptability(scores, selection.score_draws(scores, weights, DRAWS, np.random.default_rng(0)))
    seconds = time.perf_counter() - started
    print(f"Ranks of {len(scores)} countries under {DRAWS:,} draws of weights: {seconds:.3f} s")
    try:
        from pymcdm.methods import TOPSIS, WSM
    except ImportError:
        print("  pymcdm is not installed: no comparison")
        return
    matrix, kinds = scores.to_numpy(), np.ones(scores.shape[1])
    even = selection.normalised(weights, scores)
    as_they_are = {"normalization_function": lambda column, cost=False: column}
    assert np.allclose(TOPSIS(**as_they_are)(matrix, even, kinds), selection.topsis(scores, weights))
    drawn = selection.weight_draws(even, DRAWS, np.random.default_rng(0))
    method, counts = WSM(**as_they_are), np.zeros((len(scores), len(scores)))
    started = time.perf_counter()
    for weight in drawn[:PEER_DRAWS]:
        order = np.argsort(-method(matrix, weight, kinds), kind="stable")
        counts[order, np.arange(len(scores))] += 1
    peer = (time.perf_counter() - started) * DRAWS / PEER_DRAWS
    first = np.argsort(-(drawn[:PEER_DRAWS] @ matrix.T), axis=1, kind="stable")[:, 0]
    assert np.allclose(counts[:, 0], np.bincount(first, minlength=len(scores)))
    assert abs(counts[:, 0] / PEER_DRAWS - ours[1].to_numpy()).max() < 0.05
    print(f"  pymcdm, one call a draw (from {PEER_DRAWS:,} draws): {peer:.2f} s · ours is {peer / seconds:.0f} times faster")


def main() -> None:
    """Run both comparisons."""
    adoption()
    ranking()


if __name__ == "__main__":
    main()
