"""The holder's `client` under Flower, the field's engine, in an environment of its own that has numpy, scipy and flwr:

    python -m bigmodel_utils.trust.flower_client ROWS.npz 127.0.0.1:8080

ROWS.npz holds `vectors` (rows, features) and `labels` (rows,) of one holder. The coordinator is Flower's own server.
tests/benchmarks/bench_flower.py sets both up on loopback and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bigmodel_utils.trust.federated import client
from bigmodel_utils.trust.rows import Rows


def main(rows_file: Path, server: str) -> None:
    """Answer the server's rounds with weights learned on this holder's rows."""
    import flwr

    with np.load(rows_file, allow_pickle=False) as stored:
        rows = Rows(stored["vectors"], stored["labels"])

    class Holder(flwr.client.NumPyClient):
        def fit(self, parameters: list[np.ndarray], config: dict) -> tuple[list[np.ndarray], int, dict]:
            weights, count = client(parameters[0], rows)
            return [weights], count, {}

    flwr.client.start_client(server_address=server, client=Holder().to_client(), insecure=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
