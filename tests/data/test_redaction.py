import csv
import json

import pytest

from bigmodel_utils.data import DataError, redaction, vault


def spans(result: redaction.Redaction) -> list[dict]:
    return [json.loads(line) for line in result.spans.read_text(encoding="utf-8").splitlines()]


def test_text_file_and_the_places_of_the_finds(tmp_path):
    source = tmp_path / "in.txt"
    source.write_text("no one here\n手机13800138000，mail ann@example.com\n", encoding="utf-8")
    result = redaction.redact(source, tmp_path / "out.txt")
    assert result.target.read_text(encoding="utf-8") == "no one here\n手机[PHONE]，mail [EMAIL]\n"
    lines = source.read_text(encoding="utf-8").splitlines()
    found = {(s["type"], lines[s["line"] - 1][s["start"] : s["end"]]) for s in spans(result)}
    assert found == {("PHONE", "13800138000"), ("EMAIL", "ann@example.com")}
    assert result.finds == {"PHONE": 1, "EMAIL": 1}
    assert "13800138000" not in result.spans.read_text(encoding="utf-8")


def test_csv_keeps_its_shape(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text('id;text;note\n1;"call; 415-555-2671\nnow";x\n2;plain;"a ""b"""\n')
    result = redaction.redact(source, tmp_path / "out.csv")
    with result.target.open(newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows == [["id", "text", "note"], ["1", "call; [PHONE]\nnow", "x"], ["2", "plain", 'a "b"']]
    assert spans(result) == [{"line": 3, "field": "text", "start": 6, "end": 18, "type": "PHONE"}]


def test_jsonl_is_searched_to_its_depth_with_numbers(tmp_path):
    source = tmp_path / "in.jsonl"
    record = {"id": 7, "phone": 13800138000, "deep": {"list": ["x", "ann@example.com"]}, "ok": True, "none": None}
    source.write_text(json.dumps(record) + "\n")
    result = redaction.redact(source, tmp_path / "out.jsonl")
    cleaned = json.loads(result.target.read_text())
    assert cleaned == record | {"phone": "[PHONE]", "deep": {"list": ["x", "[EMAIL]"]}}
    assert [s["field"] for s in spans(result)] == ["$.phone", "$.deep.list[1]"]


def test_half_a_character_in_json_is_no_obstacle(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "half \\ud83d, ann@example.com"}\n')
    result = redaction.redact(source, tmp_path / "out.jsonl")
    assert json.loads(result.target.read_text(encoding="utf-8")) == {"text": "half \ufffd, [EMAIL]"}


def test_dropping_and_pseudonyms(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("text\na@b.example\nplain\na@b.example again\n")
    dropped = redaction.redact(source, tmp_path / "drop.csv", mode="drop")
    assert dropped.target.read_text() == "text\nplain\n"
    assert (dropped.records, dropped.written) == (4, 2)
    named = redaction.redact(source, tmp_path / "alias.csv", mode="pseudonym", key=b"k" * 32)
    first, _, third = named.target.read_text().splitlines()[1:]
    assert third == f"{first} again"


@pytest.mark.parametrize(
    ("source", "target", "mode", "given"),
    [
        ("in.txt", "out.csv", "replace", "in.txt to out.csv"),
        ("in.txt", "in.txt", "replace", "onto itself"),
        ("in.txt", "out.txt", "pseudonim", "mode 'pseudonim'"),
        ("in.txt", "out.txt", "pseudonym", "without a key"),
        ("none.txt", "out.txt", "replace", "no file none.txt"),
    ],
)
def test_refusals(tmp_path, source, target, mode, given):
    (tmp_path / "in.txt").write_text("x")
    with pytest.raises(DataError) as refusal:
        redaction.redact(tmp_path / source, tmp_path / target, mode=mode)
    assert given in refusal.value.given


def test_a_broken_record_leaves_nothing_half_written(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    target.write_text("earlier result\n")
    source.write_text('{"text": "fine"}\n{"text": "bro\n')
    with pytest.raises(DataError, match="line 2, column"):
        redaction.redact(source, target)
    assert target.read_text() == "earlier result\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_sealed_file_may_not_be_redacted_into_the_open_by_name(tmp_path):
    plain = tmp_path / "in.csv"
    plain.write_text("text\nx\n")
    vault.seal(plain, tmp_path / "in.csv.enc", b"k" * 32)
    with pytest.raises(DataError):
        redaction.redact(tmp_path / "in.csv.enc", tmp_path / "out.csv")


def test_two_personal_names_in_one_record_stay_two_and_numbers_of_spreadsheets_count(tmp_path):
    source = tmp_path / "in.jsonl"
    record = {"a@example.com": 1, "b@example.com": 2, "c@example.com": 3, "tel": 13800138000.0, "share": 0.5}
    source.write_text(json.dumps(record) + "\n", encoding="utf-8")
    result = redaction.redact(source, tmp_path / "out.jsonl")
    written = json.loads(result.target.read_text(encoding="utf-8"))
    assert written == {"[EMAIL]": 1, "[EMAIL] 2": 2, "[EMAIL] 3": 3, "tel": "[PHONE]", "share": 0.5}
