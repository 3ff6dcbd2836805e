"""A company's own files, read in batches: CSV, TSV, JSONL (also gzipped), Parquet and Excel, refused by file, row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils import paths
from bigmodel_utils.data import encodings, vault
from bigmodel_utils.data.account import Account, DataError
from bigmodel_utils.errors import nearest
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd

BATCH = 20_000
TEXTS = (".csv", ".tsv", ".jsonl")
FORMATS = (*TEXTS, ".parquet", ".xlsx")
_DELIMITERS = ",;\t|"
_MEND = "the file, or `columns` of the scenario"


def batches(path: Path, columns: dict[str, str], language: str, account: Account) -> Iterator[pd.DataFrame]:
    """Yield frames of at most BATCH rows with `row` (1 is the first record) and the keys of `columns`.

    columns: our name -> the file's column. Values are str or missing. Memory holds one batch.
    Raises DataError for a missing file, an unknown format or column, and every malformed record.
    """
    import pandas as pd

    if not path.is_file():
        near = path.parent.iterdir() if path.parent.is_dir() else ()
        raise DataError(
            f"no file {path.name} in {paths.shown(path.parent.resolve())}",
            nearest(path.name, (p.name for p in near if p.is_file() and form(p) in FORMATS)),
            "the path; in `origin: file:PATH` of a scenario it is absolute or starts at the workspace",
        )
    readers = {".csv": _delimited, ".tsv": _delimited, ".jsonl": _jsonl, ".parquet": _parquet, ".xlsx": _excel}
    kind = form(path)
    if kind not in readers:
        raise DataError(
            f"{path.name}",
            f"{', '.join(FORMATS)}, text also packed ({encodings.PACKED}); {nearest(kind, FORMATS)}",
            "`origin` of the scenario",
        )
    if path.stat().st_size == 0:
        raise DataError(f"{paths.shown(path)} is empty", "at least one record", _MEND)
    records = readers[kind](path, columns, language, account)
    first = 1
    while batch := list(islice(records, BATCH)):
        values = dict(zip(columns, zip(*batch, strict=True), strict=True))
        frame = pd.DataFrame(values, dtype="str")
        yield frame.mask(frame == "").assign(row=range(first, first + len(batch)))
        first += len(batch)


def form(path: Path) -> str:
    """Return the format of a file by its ending, looking through .enc and .gz: '.csv' for r.csv, r.csv.enc and r.csv.gz."""
    name = vault.plain_name(path)
    inner = name.with_suffix("").suffix.lower()
    return inner if name.suffix.lower() == encodings.PACKED and inner in TEXTS else name.suffix.lower()


def _delimited(path: Path, columns: dict[str, str], language: str, account: Account) -> Iterator[Sequence[str | None]]:
    decoded = _texts(path, language, account)
    first = next(decoded, "")
    separator = "\t" if form(path) == ".tsv" else _separator(first, columns["text"])
    csv.field_size_limit(encodings.MAX_LINE_BYTES)
    reader = csv.reader(chain([first], decoded), delimiter=separator, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        places = _places(header, columns, path)
        width = len(header)
        for record in filter(None, reader):
            if len(record) != width:
                given = f"{paths.shown(path)} line {reader.line_num}: {len(record)} fields"
                raise DataError(given, f"{width}, as in the header", _MEND)
            yield [record[place] for place in places]
    except csv.Error as error:
        given = f"{paths.shown(path)} line {reader.line_num}: {error}"
        raise DataError(given, f'fields divided by {separator!r}, quoted by "', _MEND) from None


def _texts(path: Path, language: str, account: Account) -> Iterator[str]:
    """Yield decoded lines; lines that were not in the file's main encoding are counted when the file ends."""
    repaired: list[int] = []
    yield from encodings.lines(path, language, repaired.append)
    account.count("read", "changed", Message("other encoding than UTF-8 (lines)"), len(repaired), next(iter(repaired), None))


def _separator(header: str, text_column: str) -> str:
    for separator in _DELIMITERS:
        if text_column in [name.strip().strip('"') for name in header.rstrip("\r\n").split(separator)]:
            return separator
    return max(_DELIMITERS, key=header.count)


def _places(header: list[str], columns: dict[str, str], path: Path) -> list[int]:
    """Return where the wanted columns stand; refuses unknown and doubled names."""
    for name in columns.values():
        if name not in header:
            raise DataError(f"column '{name}' in {paths.shown(path)}", nearest(name, header), "`columns` of the scenario")
        if header.count(name) > 1:
            raise DataError(
                f"column '{name}' stands {header.count(name)} times in {paths.shown(path)}",
                "each column once",
                "the header of the file",
            )
    return [header.index(name) for name in columns.values()]


def _jsonl(path: Path, columns: dict[str, str], language: str, account: Account) -> Iterator[Sequence[str | None]]:
    for number, record in encodings.json_values(_texts(path, language, account), path):
        if not isinstance(record, dict):
            raise DataError(f"{paths.shown(path)} line {number}: a {type(record).__name__}", "one JSON object per line", _MEND)
        for name in columns.values():
            if name not in record:
                raise DataError(
                    f"no '{name}' in {paths.shown(path)} line {number}", nearest(name, record), "`columns` of the scenario"
                )
        yield tuple(_plain(record[name], path, number, name) for name in columns.values())


def _plain(value: Any, path: Path, number: int, name: str) -> str | None:
    if isinstance(value, (dict, list)):
        raise DataError(f"{paths.shown(path)} line {number}, '{name}': a {type(value).__name__}", "text or a number", _MEND)
    if isinstance(value, bytes):  # how some writers of Parquet store text
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{paths.shown(path)} record {number}, '{name}': bytes", "text in UTF-8", _MEND) from None
    return None if value is None or value != value else encodings.whole(str(value))


def _parquet(path: Path, columns: dict[str, str], language: str, account: Account) -> Iterator[Sequence[str | None]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(_seekable(path))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{paths.shown(path)}: {' '.join(str(error).split())[:120]}", "a Parquet file", _MEND) from None
    _places(file.schema_arrow.names, columns, path)
    for batch in file.iter_batches(BATCH, columns=list(dict.fromkeys(columns.values()))):
        values = [batch.column(name).to_pylist() for name in columns.values()]
        for number, record in enumerate(zip(*values, strict=True), 1):
            yield tuple(_plain(v, path, number, n) for v, n in zip(record, columns.values(), strict=True))


def _seekable(path: Path) -> Path | io.BytesIO:
    """Return what Parquet and Excel readers can jump about in; a sealed file is opened into memory only."""
    if path.suffix != vault.ENDING:
        return path
    with vault.open_bytes(path) as plain:
        return io.BytesIO(plain.read())


def _excel(path: Path, columns: dict[str, str], language: str, account: Account) -> Iterator[Sequence[str | None]]:
    from zipfile import BadZipFile

    try:
        import openpyxl
    except ImportError:
        raise DataError(
            f"{path.name}: no reader for Excel here", "csv, tsv, jsonl, parquet", "pip install openpyxl, or export as CSV"
        ) from None
    try:
        book = openpyxl.load_workbook(_seekable(path), read_only=True, data_only=True)
    except (BadZipFile, KeyError, OSError) as error:
        raise DataError(f"{paths.shown(path)}: {str(error)[:120]}", "an .xlsx workbook", _MEND) from None
    try:
        sheet = book.worksheets[0].iter_rows(values_only=True)
        header = [str(cell).strip() if cell is not None else "" for cell in next(sheet, ())]
        places = _places(header, columns, path)
        for number, record in enumerate(sheet, 2):
            cells = (*record, *[None] * (len(header) - len(record)))
            yield tuple(_plain(cells[place], path, number, header[place]) for place in places)
    finally:
        book.close()
