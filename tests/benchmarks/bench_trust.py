"""Counting and spending privacy: our accountant against Opacus', and a private training against the same one in plain PyTorch.

    python tests/benchmarks/bench_trust.py [--rows 1200]

Both accountants must agree before a time is printed; both trainings take the same steps on the same random rows.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from opacus.accountants import PRVAccountant

from bigmodel_utils.trust import accountant, privacy
from bigmodel_utils.trust.accountant import Mechanism
from bigmodel_utils.trust.rows import Rows


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Return processor seconds and the result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def counting() -> None:
    trainings = [Mechanism(noise, 0.25, 100) for noise in np.linspace(1.5, 9, 9)]
    (ours_s, ours), (peer_s, peer) = (
        timed(lambda c=c: c(trainings, 1e-5)) for c in (accountant.epsilon, accountant.library_epsilon)
    )
    assert abs(ours / peer - 1) < 0.05, (ours, peer)
    print(
        f"epsilon of 9 trainings   ours {ours:.3f} in {ours_s:.3f} s   Opacus {peer:.3f} in {peer_s:.3f} s   {peer_s / ours_s:.1f}x"
    )
    tighter = PRVAccountant()  # of privacy-loss distributions (Gopi et al. 2021)
    tighter.history = [tuple(one) for one in trainings]
    print(f"epsilon by loss distributions (tighter): {float(tighter.get_epsilon(1e-5)):.3f}")


def training(rows: int) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(rows, 384)).astype(np.float32) / 20
    data = Rows(vectors, (vectors[:, 0] + rng.normal(0, 0.02, rows) > 0).astype(int))
    asked = privacy.mechanism(8.0, 1 / (10 * rows), rows)
    privacy.train(data, 2, asked, 0)
    (private_s, private), (plain_s, plain) = (timed(lambda m=m: privacy.train(data, 2, m, 0)) for m in (asked, None))
    print(
        f"100 steps on {rows} rows   protected {private_s:.2f} s   unprotected {plain_s:.2f} s   ratio {private_s / plain_s:.2f}"
    )
    print(f"accuracy on its own rows   protected {private[0].accuracy(data):.3f}   unprotected {plain[0].accuracy(data):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1200)
    warnings.filterwarnings("ignore")
    counting()
    training(parser.parse_args().rows)


if __name__ == "__main__":
    main()
