"""Output tokens per second of a large model, from what its bytes and operations cost the hardware.

One engine of t devices decodes a batch as large as memory holds. A step costs the slower (smoothly) of reading
weights and cache, and computing; plus the new requests' prompts, the links between devices, and overheads.
The seven constants are fitted on published measurements (`fit`); the round start is all that is typed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Engines = Mapping[str, np.ndarray]  # see serving_rows.engines: one array per property, one entry per engine

BATCH_LIMIT = 2048  # sequences an engine keeps in flight (TensorRT-LLM's default; per device where experts are spread)
MEMORY_SHARE = 0.92  # of device memory that weights and cache may fill
RESERVED_BYTES = 1.5e9  # per device, for activations and the runtime
_START_WEIGHT = 0.2  # how firmly the fit holds to the round start, in logs against residuals in logs
_SPREAD = 0.15  # residuals beyond this count less and less (soft L1)


class Constants(NamedTuple):
    """Efficiencies of memory, decoding, prompts and links (shares of peak); seconds per link use, layer and sequence.

    fleet: the share of an engine's best rate that is left under MLPerf's rules, of which the formula knows nothing.
    """

    memory: float = 0.8
    decode: float = 0.5
    prompt: float = 0.5
    link: float = 0.5
    link_s: float = 1e-5
    layer_s: float = 1e-4
    sequence_s: float = 2e-6
    fleet: float = 1.0


EFFICIENCIES = 4  # the first constants are shares, those up to the last seconds


def tokens_per_second(rows: Engines, constants: Constants) -> np.ndarray:
    """Return output tokens/s of one engine, (n,); rows as `serving_rows.engines` lays them out (bytes, FLOP/s, counts)."""
    batch = _batch(rows)
    context = rows["input_tokens"] + rows["output_tokens"] / 2
    step = _decode_s(rows, constants, batch, context) + _prompt_s(rows, constants, batch)
    step = step + _link_s(rows, constants, batch) + constants.layer_s * rows["layers"] + constants.sequence_s * batch
    return batch / step


def weight_bytes(rows: Engines) -> np.ndarray:
    """Return the bytes of the weights: embeddings and head stay in 16 bit."""
    embeddings = 2 * rows["vocabulary"] * rows["hidden"]
    return np.maximum(rows["parameters"] - embeddings, 0) * rows["weight_bytes"] + embeddings * 2


def _cache_bytes(rows: Engines) -> np.ndarray:
    return rows["layers"] * rows["kv_values_per_layer"] * rows["cache_bytes"]


def _batch(rows: Engines) -> np.ndarray:
    context = rows["input_tokens"] + rows["output_tokens"] / 2
    free = rows["devices"] * (rows["memory_bytes"] - RESERVED_BYTES) - weight_bytes(rows)
    limit = BATCH_LIMIT * np.where(rows["experts"] > 1, rows["devices"], 1)
    asked = np.where(np.isnan(rows["batch"]), limit, rows["batch"])  # what does not fit waits
    return np.maximum(np.minimum(MEMORY_SHARE * free / (_cache_bytes(rows) * context), asked), 1)


def _decode_s(rows: Engines, constants: Constants, batch: np.ndarray, context: np.ndarray) -> np.ndarray:
    used = 1 - (1 - rows["experts_per_token"] / rows["experts"]) ** batch  # share of experts that a batch touches
    read = weight_bytes(rows) * used + batch * _cache_bytes(rows) * context
    memory = read / (rows["devices"] * rows["bandwidth"] * constants.memory)
    operations = batch * (2 * _matrix_parameters(rows) + 4 * _attention(rows) * context)
    compute = operations / (rows["devices"] * rows["peak_flops"] * constants.decode)
    return (memory**4 + compute**4) ** 0.25


def _prompt_s(rows: Engines, constants: Constants, batch: np.ndarray) -> np.ndarray:
    operations = 2 * _matrix_parameters(rows) * rows["input_tokens"] + 2 * _attention(rows) * rows["input_tokens"] ** 2
    return batch / rows["output_tokens"] * operations / (rows["devices"] * rows["peak_flops"] * constants.prompt)


def _link_s(rows: Engines, constants: Constants, batch: np.ndarray) -> np.ndarray:
    tokens = batch * (1 + rows["input_tokens"] / rows["output_tokens"])
    share = 2 * (rows["devices"] - 1) / rows["devices"]
    moved = share * tokens * rows["hidden"] * 2 / (constants.link * rows["link_bytes_s"])
    return (rows["devices"] > 1) * 2 * rows["layers"] * (constants.link_s + moved)


def _matrix_parameters(rows: Engines) -> np.ndarray:
    return rows["active_parameters"] - rows["vocabulary"] * rows["hidden"]


def _attention(rows: Engines) -> np.ndarray:
    return rows["layers"] * rows["heads"] * rows["head_values"]


def fit(rows: Engines, measured: np.ndarray) -> Constants:
    """Return the constants that come closest to `measured` tokens/s (n,), in logs, odd rows weighing less."""
    from scipy.optimize import least_squares

    start = _free(Constants())

    def residuals(free: np.ndarray) -> np.ndarray:
        misses = np.log(tokens_per_second(rows, _bound(free))) - np.log(measured)
        return np.concatenate([misses, _START_WEIGHT * (free - start)])

    return _bound(least_squares(residuals, start, loss="soft_l1", f_scale=_SPREAD).x)


def _free(constants: Constants) -> np.ndarray:
    values = np.array(constants[:-1])
    shares, seconds = values[:EFFICIENCIES], values[EFFICIENCIES:]
    return np.concatenate([np.log(shares / (1 - shares)), np.log(seconds)])


def _bound(free: np.ndarray) -> Constants:
    return Constants(*(1 / (1 + np.exp(-free[:EFFICIENCIES]))), *np.exp(free[EFFICIENCIES:]))
