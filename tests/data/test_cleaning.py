import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.data import Account, DataError, cleaning
from bigmodel_utils.data.account import message_of
from bigmodel_utils.messages import Message

LABELS = ["negative", "positive"]
MAP = {"1": "negative", "5": "positive"}


def table(texts, labels=None) -> tuple[pd.DataFrame, Account]:
    frame = pd.DataFrame({"row": range(1, len(texts) + 1), "text": texts, "label": labels or ["5"] * len(texts)})
    return frame, Account(raw=len(frame))


@pytest.mark.parametrize(
    ("text", "clean", "reason"),
    [
        ("It&#39;s fine &amp; warm", "It's fine & warm", "HTML entities and line breaks resolved"),
        ("one<br/>two", "one two", "HTML entities and line breaks resolved"),
        ("Die GrÃ¶ÃŸe ist schÃ¶n", "Die Größe ist schön", "mis-decoded characters repaired"),
        ("zero\u200bwidth and \u202eturned", "zerowidth and turned", "unseen characters removed"),
        ("  much \t\n space ", "much space", "white space evened"),
    ],
)
def test_repairs_are_counted(text, clean, reason):
    frame, account = table([text, "plain"])
    assert cleaning.repair_texts(frame, account)["text"].tolist() == [clean, "plain"]
    assert account.rows(reason) == 1
    assert account.dropped() == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no text"),
        (" \u200b ", "no text"),
        ("!!! ...", "no word in it"),
        ("bro\ufffdken", "lost characters"),
        ("=cmd|'/C calc'!A0", "spreadsheet formula"),
        ('+HYPERLINK("x")', "spreadsheet formula"),
        ("＠SUM(1+1)", "spreadsheet formula"),
        ("a" * 20_001, "longer than 20,000 characters"),
    ],
)
def test_unfit_rows_leave_with_a_reason(text, reason):
    frame, account = table(["plain", text])
    assert cleaning.repair_texts(frame, account)["text"].tolist() == ["plain"]
    assert account.rows(reason) == 1
    assert account.frame({}).query("kind == 'dropped'")["first_row"].tolist() == [2]


@pytest.mark.parametrize(
    "text", ["=) love it", "-10% and still bad", "@anna look", "+1 from me", "- first of all (really)", "<b>bold</b> <script>"]
)
def test_ordinary_texts_stay_as_they_are(text):
    frame, account = table([text])
    assert cleaning.repair_texts(frame, account)["text"].tolist() == [text]


def test_labels_are_read_as_written_and_unused_ones_counted():
    frame, account = table(["a", "b", "c", "d", "e"], [5.0, " 1 ", 3, None, "5"])
    encoded = cleaning.encode_labels(frame, MAP, LABELS, account)
    assert encoded["label"].tolist() == [1, 0, 1]
    assert account.rows("label '3' is not used") == 1
    assert account.rows("no label") == 1


@pytest.mark.parametrize(
    ("written", "order"),
    [
        (["02.01.2026", "13.01.2026", "01.02.2026"], [0, 1, 2]),
        (["02.01.2026", "01.02.2026"], [0, 1]),
        (["1/2/2026", "1/13/2026", "2/1/2026 08:00"], [0, 1, 2]),
        (["13/01/2026", "02/01/2026", "01/02/2026"], [1, 0, 2]),
        (["2026-02-01", "2026-01-13T10:00:00+09:00", "2026-01-12"], [2, 1, 0]),
        (["2026-02-01", "13.01.2026", "12.01.2026"], [2, 1, 0]),
    ],
)
def test_dates_are_read_as_their_country_writes_them(written, order):
    frame, account = table(["a"] * len(written))
    _, times = cleaning.read_times(frame.assign(time=written), account)
    assert times.argsort().tolist() == order


@pytest.mark.parametrize("written", [["1/2/2026", "3/4/2026"], ["13/1/2026", "1/13/2026"], ["01-02-2026"], ["13.01.26"]])
def test_a_day_that_could_be_a_month_is_refused(written):
    frame, account = table(["a"] * len(written))
    with pytest.raises(DataError, match="another order"):
        cleaning.read_times(frame.assign(time=written), account)


def test_a_column_of_texts_taken_for_labels_is_not_printed():
    frame, account = table(["a", "b"], ["write to jane.doe@example.com " + "long " * 40, "call 13812345678"])
    with pytest.raises(DataError) as caught:
        cleaning.encode_labels(frame, MAP, LABELS, account)
    assert "jane" not in str(caught.value)
    assert "13812345678" not in str(caught.value)
    assert len(caught.value.allowed) < 200


def test_a_mistaken_label_column_neither_floods_nor_leaks():
    texts = [str(n) for n in range(60)]
    frame, account = table(texts, ["5"] * 10 + [f"a{n}@example.com" for n in range(50)])
    assert len(cleaning.encode_labels(frame, MAP, LABELS, account)) == 10
    shown = account.frame({}).query("kind == 'dropped'")
    assert shown["rows"].sum() == 50
    assert len(shown) == 13
    assert not shown["reason"].str.contains("@").any()


def test_misspelt_label_is_refused_with_its_row():
    frame, account = table(["a", "b"], ["Bad", "bad"])
    with pytest.raises(DataError, match="row 1, label 'Bad'"):
        cleaning.encode_labels(frame, {"bad": "negative", "good": "positive"}, LABELS, account)


def test_map_that_fits_no_row_is_refused():
    frame, account = table(["a"], ["terrible"])
    with pytest.raises(DataError, match="row 1 says 'terrible'"):
        cleaning.encode_labels(frame, MAP, LABELS, account)


def test_map_to_an_unknown_label_is_refused():
    frame, account = table(["a"])
    with pytest.raises(DataError, match="did you mean 'positive'"):
        cleaning.encode_labels(frame, {"5": "positve"}, LABELS, account)


def test_copies_go_and_contradictions_go_entirely():
    frame, account = table(["Good shop!", "good  SHOP", "ｇｏｏｄ shop.", "so so", "So-so", "alone"])
    frame["label"] = [1, 1, 1, 0, 1, 0]
    frame["key"] = frame["text"].map(cleaning.key)
    assert cleaning.drop_copies(frame, account)["row"].tolist() == [1, 6]
    assert account.rows("copy of an earlier row") == 2
    assert account.rows("same text, different labels") == 2


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=6), st.sampled_from(["1", "3", "5", None])), min_size=1, max_size=40))
def test_the_account_always_reconciles(rows):
    frame, account = table([text for text, _ in rows], [label for _, label in rows])
    try:
        frame = cleaning.encode_labels(frame, MAP, LABELS, account)
    except DataError:
        return
    frame = cleaning.drop_copies(cleaning.repair_texts(frame, account), account)
    account.reconcile(len(frame), "test")
    assert frame["key"].is_unique


def test_a_step_that_forgets_rows_stops_the_run():
    account = Account(raw=10)
    account.count("texts", "dropped", Message("no text"), 3)
    account.reconcile(7, "test")
    with pytest.raises(DataError, match="10 raw rows, 3 dropped, 6 kept"):
        account.reconcile(6, "test")


def test_reasons_can_be_told_in_any_language():
    frame, account = table(["a", "b"], ["5", "3"])
    cleaning.encode_labels(frame, MAP, LABELS, account)
    dropped = account.frame({"train": 1}).to_dict("records")[1]
    assert message_of(dropped) == Message("label '{label}' is not used", label="3")
    assert message_of(dropped).read() == dropped["reason"] == "label '3' is not used"
