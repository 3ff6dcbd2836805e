from difflib import SequenceMatcher

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.evaluation import stability


def test_a_weak_slice_is_told_from_an_even_one():
    right = np.repeat([True, False, True, False], [95, 5, 60, 40])
    inside = np.repeat([True, False], [100, 100])
    even = np.arange(200) % 2 == 0
    table = stability.by_slice(right, {"first": inside, "even": even, "empty": np.zeros(200, dtype=bool)}, 0.95).set_index(
        "slice"
    )
    assert list(table.index) == ["first", "even"]
    assert table.loc["first", ["accuracy", "rest", "n"]].tolist() == [0.95, 0.6, 100]
    assert table.loc["first", "differs"] < 1e-6
    assert table.loc["even", "differs"] > 0.5


def test_holm_steps_down():
    np.testing.assert_allclose(stability._holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=60))
def test_every_text_lies_in_one_length_slice(texts):
    assert (sum(part.astype(int) for part in stability.length_slices(texts).values()) == 1).all()


@given(st.lists(st.text(min_size=1, max_size=40), max_size=10), st.floats(0, 1), st.integers(0, 9))
def test_typos_keep_texts_repeatable_and_never_empty(texts, share, seed):
    noisy = stability.with_typos(texts, share, seed)
    assert noisy == stability.with_typos(texts, share, seed)
    assert all(noisy)
    assert stability.with_typos(texts, 0, seed) == texts


def test_typos_change_about_the_share_asked_for():
    rng = np.random.default_rng(0)
    for alphabet in ("abcdefghijklmnopqrstuvwxyz     ", "".join(map(chr, range(0x4E00, 0x5000)))):
        text = "".join(rng.choice(list(alphabet), 1500))
        (noisy,) = stability.with_typos([text], 0.05, 3)
        steps = SequenceMatcher(None, text, noisy, autojunk=False).get_opcodes()
        changes = sum(step[0] != "equal" for step in steps)
        letters = sum(not c.isspace() for c in text)
        assert 0.02 < changes / letters < 0.1
        assert text.count(" ") == noisy.count(" ")


@given(st.text(max_size=40))
def test_bare_texts_hold_the_same_words_and_stay_themselves_when_bared_again(text):
    once = stability.bare(text)
    assert stability.bare(once) == once
    assert bool(once) == bool(text)
    assert stability.bare("好!! GOOD, very-good 。") == "好 good very good"
