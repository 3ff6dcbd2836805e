"""A served folder: config, tokenizer, weights as safetensors or ONNX, and a checksum of every file."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.artifacts import file_hash, write_atomic
from bigmodel_utils.errors import BigModelError

CHECKSUMS = "checksums.json"
TORCH, ONNX = "model.safetensors", "model.onnx"
ALONE = "one text at a time"  # ONNX metadata of a model whose answers depend on what else is in the batch


class ServedFolderError(BigModelError):
    """A folder that must not be served: a file is damaged, missing or never belonged to it."""


def seal(folder: Path) -> None:
    """Write the checksum of every file of `folder` into checksums.json, which `verify` holds it to."""
    write_atomic(folder / CHECKSUMS, json.dumps({path.name: file_hash(path) for path in _files(folder)}, indent=1))


def verify(folder: Path) -> None:
    """Raise ServedFolderError unless every file is the one that was sealed; an unsealed plain model passes."""
    if not (folder / "config.json").is_file() or not (holds_onnx(folder) or any(folder.glob("*.safetensors"))):
        raise ServedFolderError(
            f"{paths.shown(folder)} as a model",
            f"config.json, a tokenizer and {TORCH} or {ONNX}",
            "notebooks/04_deploy_model.ipynb",
        )
    if not (folder / CHECKSUMS).is_file():
        return
    for name, digest in _sealed(folder).items():
        path = folder / name
        if not path.is_file() or file_hash(path) != digest:
            what = "is damaged" if path.is_file() else "is missing"
            raise _broken(folder, f"{name} {what}")


def copy_beside(source: Path, out: Path) -> None:
    """Copy what stands beside the weights of `source`, configuration and tokenizer, into `out`."""
    for path in _files(source):
        if path.suffix not in {".safetensors", ".onnx"}:
            shutil.copyfile(path, out / path.name)


def holds_onnx(folder: Path) -> bool:
    return (folder / ONNX).is_file()


def size_mb(folder: Path) -> float:
    """Return what the files of `folder` take on disk, MB (10^6 bytes)."""
    return sum(path.stat().st_size for path in _files(folder)) / 1e6


def parameters(folder: Path) -> int:
    """Return how many numbers the safetensors files of `folder` hold, read from their headers."""
    from safetensors import safe_open

    found = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="np") as file:
            found += sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118  not a dict
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name != CHECKSUMS)


def _sealed(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _broken(folder, f"{CHECKSUMS} cannot be read") from None
    if not isinstance(found, dict) or any(Path(name).name != name for name in found):
        raise _broken(folder, f"{CHECKSUMS} names files outside the folder")
    return found


def _broken(folder: Path, what: str) -> ServedFolderError:
    return ServedFolderError(
        f"{paths.shown(folder)}: {what}",
        "the files that were sealed",
        "run notebook 04 again, or go back to the release before",
    )
