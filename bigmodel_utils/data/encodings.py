"""Bytes to text: the encoding is found, never guessed past what the bytes allow; a line nobody can read is refused."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bigmodel_utils import paths
from bigmodel_utils.data import vault
from bigmodel_utils.data.account import DataError

MAX_LINE_BYTES = 4_000_000
PACKED = ".gz"
_BLOCK = 1 << 20
# What companies of a language area still export beside UTF-8 (WHATWG Encoding Standard, legacy encodings by locale).
_LEGACY = {
    "zh-hant": ("big5hkscs",),
    "zh-tw": ("big5hkscs",),
    "zh-hk": ("big5hkscs",),
    "zh": ("gb18030", "big5hkscs"),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "ru": ("cp1251",),
    "uk": ("cp1251",),
    "bg": ("cp1251",),
    "el": ("cp1253",),
    "tr": ("cp1254",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "vi": ("cp1258",),
    "th": ("cp874",),
    "pl": ("cp1250",),
    "cs": ("cp1250",),
    "hu": ("cp1250",),
}
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_PLAUSIBLE_SHARE = 0.8
_HALF = re.compile("[\ud800-\udfff]")


def lines(path: Path, language: str, on_repair: Callable[[int], None]) -> Iterator[str]:
    """Yield the lines of a text file with their line ends, a block of about a megabyte in memory at a time.

    UTF-8 is tried first, then the legacy encodings of `language`, line by line, so mixed files are mended; `on_repair`
    is told the number (from 1) of every such line. A file ending in .enc is opened through the vault, one in .gz unpacked
    as it is read, so that a small file of enormous content fills no memory. Raises DataError with file and line for NUL bytes,
    a line above MAX_LINE_BYTES and bytes that no encoding explains, and for a packed file that is damaged.
    """
    with _opened(path) as file:
        if wide := _WIDE.get(file.peek(2)[:2]):
            yield from _wide_lines(file, path, wide)
            return
        number = 1
        for block in _blocks(file, path):
            yield from _decoded(
                block.removeprefix(codecs.BOM_UTF8) if number == 1 else block, path, number, language, on_repair
            )
            number += block.count(b"\n")


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    with vault.open_bytes(path) as file:
        if vault.plain_name(path).suffix.lower() != PACKED:
            yield file
            return
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield io.BufferedReader(unpacked)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(
                f"{paths.shown(path)}: {error}", "a whole gzip file", "pack it again, or give it unpacked"
            ) from None


def _decoded(block: bytes, path: Path, number: int, language: str, on_repair: Callable[[int], None]) -> Iterator[str]:
    """Yield the lines of a block whose first is line `number` of the file: all at once, else one by one."""
    if b"\0" in block:
        bad = number + block[: block.index(b"\0")].count(b"\n")
        raise DataError(f"{paths.shown(path)} line {bad}: a NUL byte", "text", "save as UTF-8 (is it UTF-16, or binary?)")
    try:
        yield from io.StringIO(block.decode("utf-8"), newline="\n")
    except UnicodeDecodeError:
        for place, raw in enumerate(io.BytesIO(block), number):
            text, repaired = _decode(raw, path, place, language)
            if repaired:
                on_repair(place)
            yield text


def _blocks(file: io.BufferedReader, path: Path) -> Iterator[bytes]:
    """Yield whole lines, about a megabyte at a time; refuses a line that grows beyond MAX_LINE_BYTES."""
    rest, number = b"", 1
    while chunk := file.read(_BLOCK):
        end = chunk.rfind(b"\n") + 1
        if end:
            block, rest = rest + chunk[:end], chunk[end:]
            number += block.count(b"\n")
            yield block
        else:
            rest += chunk
        if len(rest) > MAX_LINE_BYTES:
            raise _too_long(path, number)
    if rest:
        yield rest


def _wide_lines(raw: io.BufferedReader, path: Path, encoding: str) -> Iterator[str]:
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    number = 0
    try:
        file.read(1)  # the byte order mark
        while text := file.readline(MAX_LINE_BYTES):
            number += 1
            if len(text) >= MAX_LINE_BYTES:
                raise _too_long(path, number)
            yield text
    except UnicodeDecodeError as error:
        given = f"{paths.shown(path)} line {number + 1}: {error.reason}"
        raise DataError(given, encoding.upper(), "save the file as UTF-8") from None


def _decode(raw: bytes, path: Path, number: int, language: str) -> tuple[str, bool]:
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError as error:
        bad = raw[error.start : error.start + 4].hex(" ")
    candidates = legacy_encodings(language)
    for encoding in candidates:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_plausible(text, language):
            return text, True
    raise DataError(
        f"{paths.shown(path)} line {number}: bytes {bad} are no text",
        f"UTF-8 (or {', '.join(candidates)}, as '{language}' files may be)",
        "save the file as UTF-8, or correct `language` in the scenario",
    )


def json_values(lines: Iterable[str], path: Path) -> Iterator[tuple[int, Any]]:
    """Yield line number (from 1) and value of every line that is not blank; raises DataError for one that is no JSON."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            told = f", column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else f": {error}"
            raise DataError(f"{paths.shown(path)} line {number}{told}", "one JSON value per line", "the file") from None


def whole(text: str) -> str:
    """Return `text` with U+FFFD in place of half a character, which JSON can hold and no file of text."""
    return _HALF.sub("\ufffd", text)


def legacy_encodings(language: str) -> tuple[str, ...]:
    """Return the encodings tried after UTF-8 for a language tag such as `zh` or `pt-BR`."""
    tag = language.lower()
    return _LEGACY.get(tag) or _LEGACY.get(tag.split("-")[0]) or ("cp1252",)


def _is_plausible(text: str, language: str) -> bool:
    """Wrong legacy decodings show: rare symbols instead of letters, or a Latin text that is mostly accents."""
    foreign = [c for c in text if ord(c) > 127]
    letters = sum(unicodedata.category(c)[0] in "LNM" for c in foreign)
    usual = letters + sum("\u2000" <= c <= "\u206f" or "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in foreign)
    if usual < _PLAUSIBLE_SHARE * len(foreign):
        return False
    if legacy_encodings(language) != ("cp1252",):
        return not any("\ue000" <= c <= "\uf8ff" for c in foreign)
    ascii_letters = sum(c.isascii() and c.isalpha() for c in text)
    return letters <= max(2, ascii_letters)


def _too_long(path: Path, number: int) -> DataError:
    given = f"{paths.shown(path)} line {number}: longer than {MAX_LINE_BYTES / 1e6:g} MB"
    return DataError(given, "one record per line", "check line ends and quotes of the file")
