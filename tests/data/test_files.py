"""Every bad input of a company's file: refused by file, line and column, or mended and counted."""

import gzip
import json
import tracemalloc

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bigmodel_utils.data import Account, DataError, encodings, files

COLUMNS = {"text": "text", "label": "label"}


def read(path, language="en", columns=COLUMNS):
    account = Account()
    frames = list(files.batches(path, columns, language, account))
    return (pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()), account


def refused(path, language="en", columns=COLUMNS) -> DataError:
    with pytest.raises(DataError) as refusal:
        read(path, language, columns)
    return refusal.value


def test_csv_keeps_quotes_line_breaks_and_numbers_records(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text('label,text,other\n1,"two\nlines, ""quoted""",x\n2,plain,y\n3,,z\n')
    frame, _ = read(path)
    assert frame["row"].tolist() == [1, 2, 3]
    assert frame["text"].tolist()[:2] == ['two\nlines, "quoted"', "plain"]
    assert frame["text"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ";"), (".csv", "|"), (".csv", "\t"), (".tsv", "\t")])
def test_separators_are_told_from_the_header(tmp_path, suffix, separator):
    path = tmp_path / f"r{suffix}"
    path.write_text(f"label{separator}text\ngood{separator}a, b\n")
    assert read(path)[0]["text"].tolist() == ["a, b"]


def test_ragged_row(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text('text,label\nfine,good\n"two\nlines",bad\nspare,good,more\n')
    error = refused(path)
    assert error.given == "r.csv line 5: 3 fields"
    assert error.allowed.startswith("2")


def test_open_quote_is_refused(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text('text,label\n"never closed,good\nmore,bad\n')
    assert "r.csv line" in refused(path).given


def test_nul_byte(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(b"text,label\nfine,good\nbro\0ken,bad\n")
    assert refused(path).given == "r.csv line 3: a NUL byte"


def test_one_endless_line(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "MAX_LINE_BYTES", 1000)
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"text": "' + b"a" * 5000)
    assert refused(path).given.startswith("r.jsonl line 1: longer than")


def test_wrong_column_names_the_nearest(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("texts,label\nfine,good\n")
    error = refused(path)
    assert "column 'text'" in error.given
    assert "did you mean 'texts'" in error.allowed


def test_doubled_header(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("text,label,text\nfine,good,x\n")
    assert "stands 2 times" in refused(path).given


def test_empty_missing_and_foreign_files(tmp_path):
    (tmp_path / "empty.csv").touch()
    (tmp_path / "table.docx").write_text("x")
    assert "is empty" in refused(tmp_path / "empty.csv").given
    assert "did you mean 'empty.csv'" in refused(tmp_path / "emty.csv").allowed
    assert ".csv" in refused(tmp_path / "table.docx").allowed


def test_legacy_chinese_file_is_read(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes("text,label\n这家酒店很好，下次再来,good\n".encode("gb18030"))
    frame, account = read(path, "zh")
    assert frame["text"].tolist() == ["这家酒店很好，下次再来"]
    assert account.rows("other encoding than UTF-8 (lines)") == 1


def test_mixed_encodings_are_mended_line_by_line(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(b"\xef\xbb\xbftext,label\n" + "很好,good\n".encode() + "很差很失望,bad\n".encode("gb18030"))
    frame, account = read(path, "zh")
    assert frame["text"].tolist() == ["很好", "很差很失望"]
    assert account.frame({}).query("kind == 'changed'")["first_row"].tolist() == [3]


def test_bytes_that_no_encoding_explains(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(b"text,label\n" + "这家酒店很好，下次再来".encode("gb18030") + b",good\n")
    assert refused(path, "en").given.startswith("r.csv line 2: bytes")


def test_utf16_with_its_mark(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes("text,label\n很好,good\n".encode("utf-16"))
    assert read(path, "zh")[0]["text"].tolist() == ["很好"]


def test_latin_file(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes("text,label\nDie Größe ist schön,good\n".encode("cp1252"))
    assert read(path, "de")[0]["text"].tolist() == ["Die Größe ist schön"]


def test_jsonl(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('{"text": "fine", "label": 5}\n\n{"text": null, "label": 1}\n')
    frame, _ = read(path)
    assert frame["label"].tolist() == ["5", "1"]
    assert pd.isna(frame["text"][1])


def test_half_a_character_in_json_is_lost_not_the_run(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('{"text": "half \\ud83d, whole \\ud83d\\ude00", "label": 5}\n')
    frame, _ = read(path)
    assert frame["text"].tolist() == ["half \ufffd, whole \U0001f600"]
    frame.to_parquet(tmp_path / "r.parquet")


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ('{"text": "fine",', "line 2, column"),
        ('["fine", 5]', "line 2: a list"),
        ('{"txt": "fine", "label": 5}', "no 'text' in r.jsonl line 2"),
        ('{"text": {"deep": 1}, "label": 5}', "line 2, 'text': a dict"),
        ("[" * 100_000, "line 2"),
        ('{"text": ' + "9" * 5000 + "}", "line 2"),
    ],
)
def test_bad_json_line(tmp_path, line, given):
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({"text": "fine", "label": 5}) + "\n" + line + "\n")
    assert given in refused(path).given


def test_parquet_and_excel_give_the_same_rows(tmp_path):
    frame = pd.DataFrame({"text": ["fine", None, "poor"], "label": [5, 1, 2]})
    frame.to_parquet(tmp_path / "r.parquet")
    book = openpyxl.Workbook()
    for row in [("text", "label"), ("fine", 5), (None, 1), ("poor", 2)]:
        book.active.append(row)
    book.save(tmp_path / "r.xlsx")
    parquet, excel = read(tmp_path / "r.parquet")[0], read(tmp_path / "r.xlsx")[0]
    pd.testing.assert_frame_equal(parquet, excel)
    assert parquet["label"].tolist() == ["5", "1", "2"]


@pytest.mark.parametrize("name", ["r.parquet", "r.xlsx"])
def test_broken_binary_file(tmp_path, name):
    (tmp_path / name).write_bytes(b"not what the name says")
    assert name in refused(tmp_path / name).given


def test_batches_bound_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BATCH", 10)
    path = tmp_path / "r.csv"
    path.write_text("text,label\n" + "fine,good\n" * 25)
    sizes = [len(batch) for batch in files.batches(path, COLUMNS, "en", Account())]
    assert sizes == [10, 10, 5]


@pytest.mark.parametrize("name", ["r.csv.gz", "r.tsv.gz", "r.jsonl.gz", "R.CSV.GZ"])
def test_a_packed_text_file_reads_as_the_plain_one(tmp_path, name):
    plain = tmp_path / name[:-3].lower()
    records = [{"text": "很好 fine", "label": "good"}, {"text": "bad", "label": "poor"}]
    if plain.suffix == ".jsonl":
        plain.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    else:
        pd.DataFrame(records).to_csv(plain, index=False, sep="\t" if plain.suffix == ".tsv" else ",")
    packed = tmp_path / name
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(packed)[0].equals(read(plain)[0])
    assert len(read(packed)[0]) == 2


def test_a_packed_line_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "r.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"text,label\n")
        for _ in range(200):
            file.write(b"a" * 1_000_000)
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    error = refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.given.endswith("line 2: longer than 4 MB")
    assert peak < 40_000_000


def test_a_damaged_or_wrongly_named_packed_file_is_refused(tmp_path):
    whole = gzip.compress(b"text,label\nfine,good\n" * 1000)
    for name, content in {
        "cut.csv.gz": whole[:-12],
        "plain.csv.gz": b"text,label\n",
        "bent.csv.gz": whole[:30] + b"\0\1" + whole[32:],
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert refused(path).allowed == "a whole gzip file"
    other = tmp_path / "r.parquet.gz"
    other.write_bytes(whole)
    assert "packed (.gz)" in refused(other).allowed


def test_a_number_that_is_none_is_missing_and_no_word(tmp_path):
    table = pa.table({"text": ["a", "b"], "label": pa.array([1.0, float("nan")], from_pandas=False)})
    pq.write_table(table, tmp_path / "r.parquet")
    (tmp_path / "r.jsonl").write_text('{"text": "a", "label": 1.0}\n{"text": "b", "label": NaN}\n')
    for name in ("r.parquet", "r.jsonl"):
        assert read(tmp_path / name)[0]["label"].isna().tolist() == [False, True]


def test_text_that_parquet_holds_as_bytes_is_text_or_refused(tmp_path):
    pd.DataFrame({"text": ["好".encode()], "label": [b"1"]}).to_parquet(tmp_path / "r.parquet")
    assert read(tmp_path / "r.parquet")[0][["text", "label"]].to_numpy().tolist() == [["好", "1"]]
    pd.DataFrame({"text": [b"\xff"], "label": [b"1"]}).to_parquet(tmp_path / "r.parquet")
    assert "record 1, 'text': bytes" in refused(tmp_path / "r.parquet").given
