"""Files encrypted at rest: AES-256-GCM in chunks, so that any size is read and written in flat memory.

Each chunk is sealed with its number and a last-chunk flag in the nonce (the STREAM construction, Hoang, Reyhanitabar,
Rogaway, Vizár 2015): altered, cut, swapped or repeated chunks do not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.artifacts import owner_only, replacing
from bigmodel_utils.errors import BigModelError

ENDING = ".enc"
KEY_VARIABLE, KEY_FILE_VARIABLE = "BIGMODEL_KEY", "BIGMODEL_KEY_FILE"
_MAGIC = b"BMV1"
_CHUNK, _TAG, _KEY_ID, _PREFIX = 1 << 20, 16, 8, 7
_HEADER = len(_MAGIC) + _KEY_ID + _PREFIX


class VaultError(BigModelError):
    """A key that is missing, open to others or not the one, or a sealed file that was altered."""


def key() -> bytes:
    """Return the 32-byte key from BIGMODEL_KEY (base64), or from the owner-only file that BIGMODEL_KEY_FILE names."""
    if text := os.environ.get(KEY_VARIABLE):
        return _parsed(text, KEY_VARIABLE)
    path = os.environ.get(KEY_FILE_VARIABLE)
    if not path:
        raise VaultError(
            "no key", f"32 bytes in base64: {KEY_VARIABLE}, or a file named by {KEY_FILE_VARIABLE}", "the environment"
        )
    return read_key(Path(path))


def read_key(path: Path) -> bytes:
    """Return the key in `path`; raises VaultError unless only its owner may read it."""
    if not path.is_file():
        raise VaultError(f"no key file {path.name}", "a file with 32 bytes in base64", KEY_FILE_VARIABLE)
    rights = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and rights & 0o077:
        raise VaultError(f"{path.name} may be read by others (rights {rights:o})", "rights 600", f"chmod 600 {path.name}")
    return _parsed(path.read_text(encoding="ascii", errors="replace"), path.name)


def create_key(path: Path) -> bytes:
    """Write a new random key to `path`, readable by its owner only, and return it; refuses to replace a file."""
    new = secrets.token_bytes(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise VaultError(f"{path.name} exists", "a new file: an overwritten key opens nothing any more", "the path") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(base64.b64encode(new).decode("ascii") + "\n")
    return new


def seal(source: Path, target: Path, secret: bytes) -> None:
    """Write `source` encrypted to `target`, whole or not at all; raises VaultError when there is no such file."""
    with _there(source).open("rb") as file:
        _write_sealed(file, target, secret)


def unseal(path: Path, secret: bytes) -> io.BufferedReader:
    """Return a readable, buffered stream of the plain bytes of `path`; nothing plain touches the disk.

    Raises VaultError at once for another key, and while reading for bytes that were altered or cut off.
    """
    file = _there(path).open("rb")
    try:
        return io.BufferedReader(_Plain(file, path, secret), _CHUNK)
    except BaseException:
        file.close()
        raise


def unseal_to(path: Path, target: Path, secret: bytes) -> None:
    """Write the plain bytes of `path` to `target`, readable by its owner only, whole or not at all; raises as `unseal`."""
    with unseal(path, secret) as plain, replacing(target, "wb", owner_only) as out:
        shutil.copyfileobj(plain, out, _CHUNK)


def sealed_name(path: Path) -> Path:
    """Return `path`; raises VaultError when it does not end as sealed files do, for nothing would read it as one."""
    if path.suffix != ENDING:
        raise VaultError(f"{path.name} for a sealed file", f"a name that ends in {ENDING}", "the second name")
    return path


def plain_name(path: Path) -> Path:
    """Return the name that a file has, or had before it was sealed."""
    return path.with_suffix("") if path.suffix == ENDING else path


def open_bytes(path: Path) -> io.BufferedReader:
    """Return the bytes of a file, through the vault's key when it ends in .enc."""
    return unseal(path, key()) if path.suffix == ENDING else path.open("rb")


def rotate(folder: Path, old: bytes, new: bytes) -> int:
    """Re-encrypt every .enc file below `folder` under `new`; returns how many. Can be repeated after an interruption."""
    changed = 0
    for path in sorted(folder.rglob(f"*{ENDING}")):
        if _key_id_of(path) == _key_id(new):
            continue
        with unseal(path, old) as plain:
            _write_sealed(plain, path, new)
        changed += 1
    return changed


def _there(path: Path) -> Path:
    if not path.is_file():
        raise VaultError(f"no file {paths.shown(path)}", "a file that exists", "the path")
    return path


class _Plain(io.RawIOBase):
    """The plain bytes of a sealed file, opened chunk by chunk."""

    def __init__(self, file: io.BufferedReader, path: Path, secret: bytes) -> None:
        header = file.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            raise VaultError(f"{paths.shown(path)} is no sealed file", f"a file that starts with {_MAGIC.decode()}", "the path")
        if header[len(_MAGIC) : len(_MAGIC) + _KEY_ID] != _key_id(secret):
            raise VaultError(
                f"{paths.shown(path)} was sealed with another key", "the key that sealed it", f"{KEY_VARIABLE} or the key file"
            )
        self._file, self._path = file, path
        self._chunks = self._opened(header, secret)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` with the next plain bytes and return how many; 0 at the end."""
        if not self._left:
            self._left = memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _opened(self, header: bytes, secret: bytes) -> Iterator[bytes]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        cipher, number = AESGCM(secret), 0
        sealed = self._file.read(_CHUNK + _TAG)
        while True:
            following = self._file.read(_CHUNK + _TAG)
            try:
                plain = cipher.decrypt(_nonce(header, number, last=not following), sealed, header)
            except InvalidTag:
                given = f"{paths.shown(self._path)} was altered or cut off near byte {number * _CHUNK}"
                raise VaultError(given, "the file as it was sealed", "restore it from a back-up") from None
            if plain:
                yield plain
            if not following:
                return
            sealed, number = following, number + 1


def _write_sealed(plain: io.BufferedReader, target: Path, secret: bytes) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(secret)
    header = _MAGIC + _key_id(secret) + secrets.token_bytes(_PREFIX)
    with replacing(target, "wb") as out:
        out.write(header)
        chunk, number = plain.read(_CHUNK), 0
        while True:
            following = plain.read(_CHUNK) if len(chunk) == _CHUNK else b""
            out.write(cipher.encrypt(_nonce(header, number, last=not following), chunk, header))
            if not following:
                return
            chunk, number = following, number + 1


def _nonce(header: bytes, number: int, last: bool) -> bytes:
    return header[-_PREFIX:] + number.to_bytes(4, "big") + bytes([last])


def _key_id(secret: bytes) -> bytes:
    return hashlib.sha256(b"bigmodel key id" + secret).digest()[:_KEY_ID]


def _key_id_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER)[len(_MAGIC) : len(_MAGIC) + _KEY_ID]


def _parsed(text: str, where: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != 32:
        raise VaultError(f"{where} holds no 32-byte key", "32 bytes in base64, as `vault.create_key` writes", where)
    return secret
