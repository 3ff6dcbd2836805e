"""A run's results in one file and back: every file's hash is written down first and proven on the way out."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.artifacts import file_hash, swap_in
from bigmodel_utils.data import vault
from bigmodel_utils.errors import BigModelError

MANIFEST = "manifest.json"


class BackupError(BigModelError):
    """A back-up that is missing, incomplete or not what was backed up."""


def back_up(folder: Path, target: Path, secret: bytes | None = None) -> int:
    """Write `folder` to the archive `target` (.tar.gz, or .tar.gz.enc with a key) and read it back; returns the files.

    The archive appears whole or not at all, readable by its owner only: it holds rows of people. Raises BackupError for an empty or missing folder, VaultError for the key.
    """
    _refuse_ending(target, secret)
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()) if folder.is_dir() else []
    if not files:
        raise BackupError(f"nothing in {paths.shown(folder)}", "a folder with results", "the first path")
    hashes = {p.relative_to(folder).as_posix(): file_hash(p) for p in files}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".back-up-") as aside:
        archive = Path(aside) / "archive.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=3) as tar:
            _add_text(tar, MANIFEST, json.dumps({"folder": folder.name, "files": hashes}, indent=1))
            for name in hashes:
                tar.add(folder / name, arcname=f"files/{name}", recursive=False)
        finished = archive
        if secret is not None:
            finished = Path(aside) / "archive.tar.gz.enc"
            vault.seal(archive, finished, secret)
        _verify(finished, secret, folder.name)
        finished.chmod(0o600)
        finished.replace(target)
    return len(hashes)


def restore(archive: Path, folder: Path, secret: bytes | None = None) -> int:
    """Put the files of `archive` in place of `folder` once all hashes agree; returns how many.

    Until then `folder` stays as it was. Raises BackupError for altered or missing content and for another folder's, VaultError for the key.
    """
    if not archive.is_file():
        raise BackupError(f"no file {archive.name}", "a back-up written by this tool", "the first path")
    _refuse_ending(archive, secret)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".restore-"))
    try:
        hashes = _verify(archive, secret, folder.name, aside / "files")
        (aside / "files").chmod(folder.stat().st_mode if folder.is_dir() else 0o700)
        swap_in(aside / "files", folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return len(hashes)


def _verify(archive: Path, secret: bytes | None, folder: str, into: Path | None = None) -> dict[str, str]:
    """Read every file of the archive against the manifest, writing it below `into` when given; returns the hashes."""
    plain = vault.unseal(archive, secret) if secret is not None else archive.open("rb")
    try:
        with plain, tarfile.open(fileobj=plain, mode="r|gz") as tar:
            hashes = _manifest(tar, archive, folder)
            seen = dict(_copied(tar, archive, hashes, into))
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        given = f"{archive.name} cannot be read: {str(error)[:80]}"
        raise BackupError(given, "a whole back-up", "another back-up") from None
    if seen != hashes:
        wrong = next(name for name in hashes if seen.get(name) != hashes[name])
        given = f"'{wrong}' in {archive.name} is not what was backed up"
        raise BackupError(given, "the hash of the manifest", "another back-up")
    return hashes


def _copied(tar: tarfile.TarFile, archive: Path, expected: Mapping[str, str], into: Path | None) -> Iterator[tuple[str, str]]:
    """Yield name and hash of every file after the manifest, written below `into` when given."""
    while (member := tar.next()) is not None:
        name = member.name.removeprefix("files/")
        if not member.isfile() or name not in expected or ".." in Path(name).parts or Path(name).is_absolute():
            raise BackupError(f"'{member.name}' in {archive.name}", "only the files of its manifest", "another back-up")
        yield name, _copy(tar, member, None if into is None else into / name)


def _manifest(tar: tarfile.TarFile, archive: Path, folder: str) -> dict[str, str]:
    first = tar.next()
    file = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if file is None:
        raise BackupError(f"{archive.name} has no manifest", "a back-up written by this tool", "the first path")
    manifest = json.loads(file.read())
    if manifest["folder"] != folder:
        raise BackupError(
            f"{archive.name} holds '{manifest['folder']}'", f"a back-up of '{folder}'", "the scenario, or the archive"
        )
    return manifest["files"]


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path | None) -> str:
    """Return the hash of a member while copying it out in blocks."""
    digest = hashlib.sha256()
    file = tar.extractfile(member)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with open(target or os.devnull, "wb") as out:
        while file is not None and (block := file.read(1 << 20)):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _refuse_ending(path: Path, secret: bytes | None) -> None:
    sealed = path.name.endswith(f".tar.gz{vault.ENDING}")
    if not sealed and not path.name.endswith(".tar.gz"):
        raise BackupError(f"{path.name}", f"a name ending in .tar.gz or .tar.gz{vault.ENDING}", "the path of the back-up")
    if sealed and secret is None:
        raise BackupError(
            f"{path.name} without a key", "the key of the vault", f"{vault.KEY_VARIABLE} or {vault.KEY_FILE_VARIABLE}"
        )
    if not sealed and secret is not None:
        raise BackupError(f"{path.name} with a key", f"a name ending in .tar.gz{vault.ENDING}", "the path of the back-up")
