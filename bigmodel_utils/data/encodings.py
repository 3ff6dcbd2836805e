"""Bytes to text: the encoding is found, never guessed past what the bytes allow; a line nobody can read is refused."""

from __future__ import annotations

import codecs
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.data import vault
from bigmodel_utils.data.account import DataError

MAX_LINE_BYTES = 4_000_000
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


@dataclass(frozen=True)
class Line:
    """One physical line of a text file; `repaired` when it was not in the file's own encoding."""

    number: int
    text: str
    repaired: bool


def lines(path: Path, language: str, max_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the lines of a text file, one in memory at a time, their line ends kept.

    UTF-8 is tried first, then the legacy encodings of `language`, line by line, so mixed files are mended.
    Raises DataError with file and line for NUL bytes, a line above `max_bytes` and bytes that no encoding explains.
    """
    with vault.open_bytes(path) as file:
        wide = _WIDE.get(file.peek(2)[:2])
        if wide:
            yield from _wide_lines(file, path, wide, max_bytes)
            return
        number = 0
        while raw := file.readline(max_bytes + 1):
            number += 1
            if len(raw) > max_bytes:
                raise _too_long(path, number, max_bytes)
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if b"\0" in raw:
                raise DataError(
                    f"{paths.shown(path)} line {number}: a NUL byte",
                    "text",
                    "save the file as UTF-8 text (is it UTF-16 or binary?)",
                )
            text, repaired = _decode(raw, path, number, language)
            yield Line(number, text, repaired)


def _wide_lines(raw: io.BufferedReader, path: Path, encoding: str, max_bytes: int) -> Iterator[Line]:
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    number = 0
    try:
        file.read(1)  # the byte order mark
        while text := file.readline(max_bytes):
            number += 1
            if len(text) >= max_bytes:
                raise _too_long(path, number, max_bytes)
            yield Line(number, text, False)
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


def _too_long(path: Path, number: int, limit: int) -> DataError:
    given = f"{paths.shown(path)} line {number}: longer than {limit / 1e6:g} MB"
    return DataError(given, "one record per line", "check line ends and quotes of the file")
