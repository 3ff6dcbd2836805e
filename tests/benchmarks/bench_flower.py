"""Two client processes under Flower on loopback against the simulation in one process: the same weights? In an environment of its own:

    python3 -m venv FOLDER && FOLDER/bin/pip install flwr==1.41.0 scipy && FOLDER/bin/python tests/benchmarks/bench_flower.py

Flower pins versions that bigmodel cannot live with, so it is no dependency; the holders' code is bigmodel's own.
"""

from __future__ import annotations

import importlib.util
import logging
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from bigmodel_utils.trust import federated, head  # noqa: E402 - the project is not installed in Flower's environment
from bigmodel_utils.trust.rows import Rows  # noqa: E402

CLASSES, FEATURES, ROWS, ROUNDS, HOLDERS = 3, 64, 1600, 10, 2


def made_rows(count: int, seed: int) -> Rows:
    """Return `count` rows whose labels follow from their vectors, but for some noise."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, FEATURES))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    means = np.random.default_rng(0).normal(size=(CLASSES, FEATURES))
    return Rows(vectors, (vectors @ means.T + 0.3 * rng.normal(size=(count, CLASSES))).argmax(axis=1))


def under_flower(parts: list[Rows]) -> np.ndarray:
    """Return the weights that Flower's server ends with, every part held by a process of its own."""
    import flwr

    logging.getLogger("flwr").setLevel(logging.CRITICAL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    ended = []

    class Kept(flwr.server.strategy.FedAvg):
        def aggregate_fit(self, server_round, results, failures):
            averaged, told = super().aggregate_fit(server_round, results, failures)
            ended.append(flwr.common.parameters_to_ndarrays(averaged)[0])
            return averaged, told

    with tempfile.TemporaryDirectory() as folder:
        holders = []
        for place, part in enumerate(parts):
            file = Path(folder) / f"{place}.npz"
            np.savez(file, vectors=part.vectors, labels=part.labels)
            command = [sys.executable, "-m", "bigmodel_utils.trust.flower_client", str(file), address]
            holders.append(subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.DEVNULL))
        begun = flwr.common.ndarrays_to_parameters([head.zero_weights(CLASSES, FEATURES)])
        strategy = Kept(fraction_evaluate=0.0, min_fit_clients=HOLDERS, min_available_clients=HOLDERS, initial_parameters=begun)
        config = flwr.server.ServerConfig(num_rounds=ROUNDS)
        flwr.server.start_server(server_address=address, config=config, strategy=strategy)
        for holder in holders:
            holder.wait(timeout=60)
    return ended[-1]


def main() -> None:
    """Print how far the two ends lie apart and how long each way took, for rows split evenly and by label."""
    if importlib.util.find_spec("flwr") is None:
        print("flwr is not installed here: see the first lines of this file for an environment of its own")
        return
    rows, unseen = made_rows(ROWS, 1), made_rows(2000, 2)
    for skewed in (False, True):
        parts = federated.holders(rows, HOLDERS, skewed, seed=7)
        begun = time.perf_counter()
        simulated = federated.train(federated.clients(parts), CLASSES, FEATURES, ROUNDS)
        between = time.perf_counter()
        flower = under_flower(parts)
        ended = time.perf_counter()
        assert np.allclose(flower, simulated.weights, rtol=1e-12, atol=1e-12), "the two must be the same head"
        print(
            f"{'split by label' if skewed else 'split at random'}, {[len(part) for part in parts]} rows, {ROUNDS} rounds: largest "
            f"difference of a weight {np.abs(flower - simulated.weights).max():.1e}, accuracy {simulated.accuracy(unseen):.3f}; "
            f"in one process {between - begun:.2f} s, under Flower {ended - between:.1f} s"
        )


if __name__ == "__main__":
    main()
