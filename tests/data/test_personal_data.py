import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.data import personal_data
from bigmodel_utils.data.personal_data import Span

CASES = [
    line
    for line in (Path(__file__).parent / "personal_data_cases.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def parsed(line: str) -> tuple[str, list[Span]]:
    text, spans = "", []
    for part in re.split(r"(\[\[[A-Z_]+\|.*?\]\])", line):
        marked = re.fullmatch(r"\[\[([A-Z_]+)\|(.*)\]\]", part)
        value = marked[2] if marked else part
        if marked:
            spans.append(Span(len(text), len(text) + len(value), marked[1]))
        text += value
    return text, spans


@pytest.mark.parametrize("line", CASES)
def test_hand_written_cases(line):
    text, spans = parsed(line)
    assert personal_data.find(text) == spans


def test_the_cases_cover_every_kind():
    assert {span.kind for line in CASES for span in parsed(line)[1]} == set(personal_data.KINDS)


def resident_number(area: int, born: date, serial: int) -> str:
    """GB 11643-1999: the check character by ISO 7064, written here a second way, as a polynomial modulo 11."""
    body = f"{area:06d}{born:%Y%m%d}{serial:03d}"
    rest = 0
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    return body + "0123456789X"[(12 - rest) % 11]


@given(st.integers(110000, 659999), st.dates(date(1930, 1, 1), date(2020, 1, 1)), st.integers(0, 999), st.integers(0, 16))
def test_resident_numbers_live_by_their_check_digit(area, born, serial, place):
    number = resident_number(area, born, serial)
    assert personal_data.find(f"证{number}号") == [Span(1, 19, "ID_CN")]
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert all(span.kind != "ID_CN" for span in personal_data.find(f"证{wrong}号"))


@given(st.text(alphabet="0123456789０１@.:-+ ()xXaA微信qq号一wW/[]{}|#%?=&", max_size=80))
def test_spans_are_ordered_apart_and_inside_whatever_the_text(text):
    spans = personal_data.find(text)
    for earlier, later in pairwise(spans):
        assert earlier.end <= later.start
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    masked = personal_data.replace(text, spans)
    assert masked.count("[") >= len(spans)


@pytest.mark.parametrize("hostile", ["1", "a@", "a.", "(1", "1 ", "1-", "www.", "a1:", "AB12 ", "::", "@a", "微信a"])
def test_long_hostile_texts_end(hostile):
    assert isinstance(personal_data.find(hostile * 5000), list)


def test_replaced_text_holds_the_type_only():
    text = "Mail ann@example.com or 手机１３８００１３８０００"
    assert personal_data.replace(text, personal_data.find(text)) == "Mail [EMAIL] or 手机[PHONE]"


def test_pseudonyms_join_spellings_and_need_the_key():
    def alias(text, key):
        return personal_data.replace(text, personal_data.find(text), key)

    spellings = ["电话13800138000", "电话138-0013-8000", "电话１３８ ００１３ ８０００"]
    assert len({alias(text, b"k" * 32) for text in spellings}) == 1
    assert re.fullmatch(r"电话\[PHONE:[0-9a-f]{8}\]", alias(spellings[0], b"k" * 32))
    assert alias(spellings[0], b"k" * 32) != alias(spellings[0], b"x" * 32)
    assert alias("电话13800138001", b"k" * 32) != alias(spellings[0], b"k" * 32)
