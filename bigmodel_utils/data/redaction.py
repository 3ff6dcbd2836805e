"""Personal data taken out of a file: text, CSV, TSV or JSONL in, the same format out, the finds listed beside it."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from bigmodel_utils import paths
from bigmodel_utils.artifacts import replacing
from bigmodel_utils.data import encodings, personal_data
from bigmodel_utils.data.account import DataError
from bigmodel_utils.errors import nearest

FORMATS = (".txt", ".md", ".log", ".csv", ".tsv", ".jsonl")
Mode = Literal["replace", "pseudonym", "drop"]


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
    target.parent.mkdir(parents=True, exist_ok=True)
    alias = key if mode == "pseudonym" else None
    spans_path = target.with_name(target.name + ".spans.jsonl")
    read = {".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl}.get(source.suffix.lower(), _plain)
    finds: Counter[str] = Counter()
    records = written = 0
    with replacing(target) as out, replacing(spans_path) as listed:
        for line, record in read(source, alias, language):
            records += 1
            for field, span in record.finds:
                finds[span.kind] += 1
                row = {"line": line, "field": field, "start": span.start, "end": span.end, "type": span.kind}
                listed.write(json.dumps(row, ensure_ascii=False) + "\n")
            if mode != "drop" or record.is_header or not record.finds:
                written += 1
                out.write(record.text)
    return Redaction(target, spans_path, records, written, dict(finds))


Find = tuple[str, personal_data.Span]


@dataclass(frozen=True)
class _Record:
    """One record as it will be written, and what was found in it: (field, span in the original value)."""

    text: str
    finds: list[Find]
    is_header: bool = False


def _refuse(source: Path, target: Path, mode: str, key: bytes | None) -> None:
    if not source.is_file():
        raise DataError(f"no file {source.name}", "a file that exists", "the first path")
    if source.suffix.lower() not in FORMATS or target.suffix.lower() != source.suffix.lower():
        given = f"{source.name} to {target.name}"
        raise DataError(given, f"one of {', '.join(FORMATS)}, the same for both", "the endings of the two paths")
    if source.resolve() == target.resolve():
        raise DataError(f"{source.name} onto itself", "a new file, so that the original stays", "the second path")
    if mode not in get_args(Mode):
        raise DataError(f"mode '{mode}'", nearest(mode, get_args(Mode)), "the mode")
    if mode == "pseudonym" and not key:
        raise DataError("mode 'pseudonym' without a key", "a key of the vault", "BIGMODEL_KEY or the key file")


def _clean(value: str, field: str, key: bytes | None, finds: list[Find]) -> str:
    """Return `value` without its personal data, which are added to `finds`."""
    value = encodings.whole(value)
    spans = personal_data.find(value)
    finds += [(field, span) for span in spans]
    return personal_data.replace(value, spans, key) if spans else value


def _plain(path: Path, key: bytes | None, language: str) -> Iterator[tuple[int, _Record]]:
    for number, text in enumerate(_lines(path, language), 1):
        finds: list[Find] = []
        yield number, _Record(_clean(text, "text", key, finds), finds)


def _csv(path: Path, key: bytes | None, language: str) -> Iterator[tuple[int, _Record]]:
    separator = "\t" if path.suffix.lower() == ".tsv" else _likely_separator(path, language)
    csv.field_size_limit(encodings.MAX_LINE_BYTES)
    reader = csv.reader(_lines(path, language), delimiter=separator, strict=True)
    header: list[str] = []
    try:
        for number, cells in enumerate(reader):
            finds: list[Find] = []
            header = header or cells
            names = [*header, *(f"column {n}" for n in range(len(header) + 1, len(cells) + 1))]
            cleaned = [_clean(cell, name, key, finds) for cell, name in zip(cells, names, strict=False)]
            line = io.StringIO()
            csv.writer(line, delimiter=separator, lineterminator="\n").writerow(cleaned)
            yield reader.line_num, _Record(line.getvalue(), finds, is_header=number == 0)
    except csv.Error as error:
        raise DataError(
            f"{paths.shown(path)} line {reader.line_num}: {error}", f"fields divided by {separator!r}", "the file"
        ) from None


def _likely_separator(path: Path, language: str) -> str:
    return max(",;\t|", key=next(_lines(path, language), ",").count)


def _lines(path: Path, language: str) -> Iterator[str]:
    return encodings.lines(path, language, on_repair=lambda number: None)


def _jsonl(path: Path, key: bytes | None, language: str) -> Iterator[tuple[int, _Record]]:
    for number, content in encodings.json_values(_lines(path, language), path):
        finds: list[Find] = []
        cleaned = _walk(content, "$", key, finds)
        yield number, _Record(json.dumps(cleaned, ensure_ascii=False) + "\n", finds)


def _walk(value: Any, place: str, key: bytes | None, finds: list[Find]) -> Any:
    """Return a JSON value without personal data; numbers count too, as 13800138000 and 13800138000.0 are a phone number."""
    if isinstance(value, dict):
        cleaned: dict[str, Any] = {}
        for name, item in value.items():
            plain = _clean(name, f"{place} (name)", key, finds)
            others = sum(taken == plain or taken.startswith(f"{plain} ") for taken in cleaned)
            own = f"{plain} {others + 1}" if plain in cleaned else plain  # two addresses must not become one name
            cleaned[own] = _walk(item, f"{place}.{own}", key, finds)
        return cleaned
    if isinstance(value, list):
        return [_walk(item, f"{place}[{n}]", key, finds) for n, item in enumerate(value)]
    if isinstance(value, str):
        return _clean(value, place, key, finds)
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        written = str(int(value))
        cleaned = _clean(written, place, key, finds)
        return value if cleaned == written else cleaned
    return value
