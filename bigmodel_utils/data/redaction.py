"""Personal data taken out of a file: text, CSV, TSV or JSONL in, the same format out, the finds listed beside it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bigmodel_utils import paths
from bigmodel_utils.data import encodings, personal_data
from bigmodel_utils.data.account import DataError
from bigmodel_utils.errors import nearest

FORMATS = (".txt", ".md", ".log", ".csv", ".tsv", ".jsonl")
Mode = Literal["replace", "pseudonym", "drop"]
_MODES = ("replace", "pseudonym", "drop")


@dataclass(frozen=True)
class Redaction:
    """What was done: records read and written, finds by kind, and the file that lists their places."""

    target: Path
    spans: Path
    records: int
    written: int
    finds: dict[str, int]


def redact(source: Path, target: Path, mode: Mode = "replace", key: bytes | None = None, language: str = "en") -> Redaction:
    """Write `source` without personal data to `target`, and the finds to `target`.spans.jsonl.

    mode: replace by type ([EMAIL]), by a pseudonym under `key` ([EMAIL:9f86d081]), or drop records that hold any.
    A find is {line, field, start, end, type}; the value itself is never written. One record is in memory at a time;
    both files appear whole or not at all. Raises DataError for formats, modes and records that cannot be read.
    """
    _refuse(source, target, mode, key)
    spans_path = target.with_name(target.name + ".spans.jsonl")
    read = {".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl}.get(source.suffix.lower(), _plain)
    finds: Counter[str] = Counter()
    records = written = 0
    with ExitStack() as stack:
        out = stack.enter_context(_aside(target))
        listed = stack.enter_context(_aside(spans_path))
        for line, record in read(source, mode, key, language):
            records += 1
            for field, span in record.finds:
                finds[span.kind] += 1
                row = {"line": line, "field": field, "start": span.start, "end": span.end, "type": span.kind}
                listed.file.write(json.dumps(row, ensure_ascii=False) + "\n")
            if mode == "drop" and record.finds:
                continue
            written += 1
            out.file.write(record.text)
        out.complete = listed.complete = True
    return Redaction(target, spans_path, records, written, dict(finds))


@dataclass(frozen=True)
class _Record:
    """One record as it will be written, and what was found in it: (field, span in the original value)."""

    text: str
    finds: list[tuple[str, personal_data.Span]]


def _refuse(source: Path, target: Path, mode: str, key: bytes | None) -> None:
    if not source.is_file():
        raise DataError(f"no file {source.name}", "a file that exists", "the first path")
    if source.suffix.lower() not in FORMATS or target.suffix.lower() != source.suffix.lower():
        given = f"{source.name} to {target.name}"
        raise DataError(given, f"one of {', '.join(FORMATS)}, the same for both", "the endings of the two paths")
    if source.resolve() == target.resolve():
        raise DataError(f"{source.name} onto itself", "a new file, so that the original stays", "the second path")
    if mode not in _MODES:
        raise DataError(f"mode '{mode}'", nearest(mode, _MODES), "the mode")
    if mode == "pseudonym" and not key:
        raise DataError("mode 'pseudonym' without a key", "a key of the vault", "BIGMODEL_KEY or the key file")


class _aside:
    """A file written beside its place and moved there only when marked complete."""

    def __init__(self, path: Path) -> None:
        self.path, self.temporary = path, path.with_name(f".{path.name}.{os.getpid()}")
        self.complete = False

    def __enter__(self) -> _aside:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.temporary.open("w", encoding="utf-8", newline="")
        return self

    def __exit__(self, *failure: object) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if self.complete:
            self.temporary.replace(self.path)
        self.temporary.unlink(missing_ok=True)


def _clean(value: str, field: str, mode: str, key: bytes | None, finds: list[tuple[str, personal_data.Span]]) -> str:
    spans = personal_data.find(value)
    finds += [(field, span) for span in spans]
    return personal_data.replace(value, spans, key if mode == "pseudonym" else None) if spans else value


def _plain(path: Path, mode: str, key: bytes | None, language: str) -> Iterator[tuple[int, _Record]]:
    for number, text in enumerate(_lines(path, language), 1):
        finds: list[tuple[str, personal_data.Span]] = []
        yield number, _Record(_clean(text, "text", mode, key, finds), finds)


def _csv(path: Path, mode: str, key: bytes | None, language: str) -> Iterator[tuple[int, _Record]]:
    separator = "\t" if path.suffix.lower() == ".tsv" else _likely_separator(path, language)
    csv.field_size_limit(encodings.MAX_LINE_BYTES)
    reader = csv.reader(_lines(path, language), delimiter=separator, strict=True)
    header: list[str] = []
    try:
        for number, cells in enumerate(reader):
            finds: list[tuple[str, personal_data.Span]] = []
            header = header or cells
            names = [*header, *(f"column {n}" for n in range(len(header) + 1, len(cells) + 1))]
            cleaned = [_clean(cell, name, mode, key, finds) for cell, name in zip(cells, names, strict=False)]
            line = io.StringIO()
            csv.writer(line, delimiter=separator, lineterminator="\n").writerow(cleaned)
            yield reader.line_num, _Record(line.getvalue(), [] if number == 0 and mode == "drop" else finds)
    except csv.Error as error:
        raise DataError(
            f"{paths.shown(path)} line {reader.line_num}: {error}", f"fields divided by {separator!r}", "the file"
        ) from None


def _likely_separator(path: Path, language: str) -> str:
    return max(",;\t|", key=next(_lines(path, language), ",").count)


def _lines(path: Path, language: str) -> Iterator[str]:
    return encodings.lines(path, language, on_repair=lambda number: None)


def _jsonl(path: Path, mode: str, key: bytes | None, language: str) -> Iterator[tuple[int, _Record]]:
    for number, line in enumerate(_lines(path, language), 1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except json.JSONDecodeError as error:
            given = f"{paths.shown(path)} line {number}, column {error.colno}: {error.msg}"
            raise DataError(given, "one JSON value per line", "the file") from None
        finds: list[tuple[str, personal_data.Span]] = []
        cleaned = _walk(content, "$", mode, key, finds)
        yield number, _Record(json.dumps(cleaned, ensure_ascii=False) + "\n", finds)


def _walk(value: Any, place: str, mode: str, key: bytes | None, finds: list[tuple[str, personal_data.Span]]) -> Any:
    """Return a JSON value without personal data; numbers count too, as 13800138000 is a phone number."""
    if isinstance(value, dict):
        names = {name: _clean(name, f"{place} (name)", mode, key, finds) for name in value}
        return {names[name]: _walk(item, f"{place}.{names[name]}", mode, key, finds) for name, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, f"{place}[{n}]", mode, key, finds) for n, item in enumerate(value)]
    if isinstance(value, str):
        return _clean(value, place, mode, key, finds)
    if isinstance(value, int) and not isinstance(value, bool):
        cleaned = _clean(str(value), place, mode, key, finds)
        return value if cleaned == str(value) else cleaned
    return value
