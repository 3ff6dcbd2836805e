"""Templates are ours, values are data: nothing inside a value is ever read as markup."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.messages import Message
from bigmodel_utils.report.markup import both, headline, plain, rendered
from bigmodel_utils.units import Quantity


def test_bold_in_templates_and_stars_in_values() -> None:
    html = rendered(Message("**Gap:** {who}", who="**a** <b> & `c`"), "en")
    assert html == "<strong>Gap:</strong> **a** &lt;b&gt; &amp; `c`"


def test_languages_in_spans_and_one_text_when_they_agree() -> None:
    assert both(Message("{share:percent}", share=0.5)) == "50%"
    assert both(Message("Next steps")) == '<span lang="en">Next steps</span><span lang="zh">下一步</span>'


def test_nested_messages_are_translated() -> None:
    assert rendered(Message("{what}", what=Message("home market")), "zh") == "本土市场"


def test_minus_is_a_minus_for_numbers_and_never_touches_words() -> None:
    assert plain(Message("{loss:money}", loss=-1500.0), "en") == "−$1,500"
    assert plain(Message("{loss:money}", loss=-1500.0), "zh").startswith("−1,500")
    assert plain(Message("{name}", name="-1x"), "en") == "-1x"


def test_a_title_of_one_sentence_ends_without_its_stop() -> None:
    assert headline(Message("Worth {x:number1} points.", x=1.5)) == "Worth 1.5 points"
    assert headline(Message("One. {two}.", two="Two")) == "One. Two."
    assert headline(Message("Measured in this run.")).endswith('<span lang="zh">本次运行实测</span>')


def test_chinese_numbers_stay_with_what_they_count() -> None:
    assert rendered(Message("{worth:money}", worth=2_380_000), "zh") == '<span class="q">238万美元</span>'
    assert rendered(Message("{worth:money}", worth=2_380_000), "en") == "$2.4M"


def test_a_mark_follows_its_value_in_every_language() -> None:
    q = Quantity(mid=3.0, unit="rows", origin="measured", source="this run")
    html = both(
        Message("{rows:integer} rows", rows=q), lambda value, html, language: f"{html}<i>{language}</i>" if value is q else html
    )
    assert "3<i>en</i>" in html


@given(st.text())
def test_no_value_can_open_a_tag_or_leave_an_attribute(text: str) -> None:
    html = rendered(Message("**{a}** `{a}`", a=text), "en")
    assert re.sub(r"</?(strong|code)>", "", html).count("<") == 0
    assert '"' not in html
