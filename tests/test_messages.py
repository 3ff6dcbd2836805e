import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import messages
from bigmodel_utils.messages import LANGUAGES, Message, format_value
from bigmodel_utils.report.markup import plain
from bigmodel_utils.units import Quantity


@pytest.mark.parametrize(
    ("value", "spec", "english", "chinese"),
    [
        (0.9123, "percent", "91%", "91%"),
        (0.9123, "percent1", "91.2%", "91.2%"),
        (1_834_567, "money", "$1.8M", "183万美元"),
        (-480_000, "money", "-$480K", "-48万美元"),
        (0.19, "money", "$0.19", "0.19美元"),
        (3.14159, "cents", "$3.14", "3.14美元"),
        (1_234_567, "compact", "1.2M", "123万"),
        (1234.6, "integer", "1,235", "1,235"),
        (1234.5, "number1", "1,234.5", "1,234.5"),
        (75.2, "seconds", "1 min 15 s", "1 分 15 秒"),
        ("2026-11-01", "date", "November 1, 2026", "2026年11月1日"),
        (None, "money", "–", "–"),
    ],
)
def test_numbers_follow_the_reader(value: object, spec: str, english: str, chinese: str) -> None:
    assert [format_value(value, spec, language) for language in LANGUAGES] == [english, chinese]


def test_a_message_keeps_text_and_values_apart() -> None:
    quantity = Quantity(mid=0.91, unit="share", origin="measured", source="test")
    message = Message("Right in {share:percent} of {n:integer}: {why}", share=quantity, n=2400, why=Message("by luck"))
    assert message.read() == "Right in 91% of 2,400: by luck"
    assert Message.from_json(json.loads(json.dumps(message.to_json()))).read() == message.read()


@given(st.text(), st.text())
def test_data_text_is_never_read_as_a_template(text: str, other: str) -> None:
    assert Message("{a}|{b}", a=text, b=other).read() == f"{text}|{other}"


@given(st.floats(-1e15, 1e15), st.sampled_from(["percent", "money", "compact", "number2", "integer"]))
def test_every_amount_can_be_written(value: float, spec: str) -> None:
    assert all(format_value(value, spec, language) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("value", "spec", "english", "chinese"),
    [
        (2019.809, "money", "$2,020", "2,020美元"),
        (9999.4, "money", "$9,999", "9,999美元"),
        (12345.6, "money", "$12.3K", "1.23万美元"),
        (-4567.8, "money", "-$4,568", "-4,568美元"),
        (1234.5, "compact", "1,234", "1,234"),
        (12345.6, "compact", "12.3K", "1.23万"),
    ],
)
def test_numbers_below_ten_thousand_are_written_out(value, spec, english, chinese):
    assert (format_value(value, spec, "en"), format_value(value, spec, "zh")) == (english, chinese)


def test_nouns_are_those_of_the_business_until_a_sentence_brings_its_own() -> None:
    told = Message("cost of winning one {customer} with {items:}")
    messages.speak_of("letter", "clinic", "referral")
    try:
        assert told.read() == "cost of winning one clinic with letters"
        assert plain(told, "en") == told.read()
        assert Message("{items}", items="films").read() == "films"
    finally:
        messages.speak_of("text", "customer", "case")
    assert told.read() == "cost of winning one customer with texts"
