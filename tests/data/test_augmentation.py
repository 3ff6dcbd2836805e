from collections import Counter

import numpy as np
import pandas as pd
import pytest
from company_file import reviews, write_csv
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.data import augmentation, cleaning, prepare
from bigmodel_utils.data.drift import tokens

CHINESE = "房间很小，隔音不好，早餐也一般。服务员态度冷淡，不会再来了！"


def scarce() -> pd.DataFrame:
    texts = [f"{CHINESE[:-1]}，第{n}次" for n in range(5)] + [text for text, _ in reviews(40)]
    return pd.DataFrame({"text": texts, "label": [0] * 5 + [1] * 40, "row": range(1, 46)})


def test_scarce_labels_are_filled_up_with_new_texts():
    train = scarce()
    more = augmentation.balance(train, seed=1)
    assert more["label"].value_counts().to_dict() == {0: 40, 1: 40}
    pd.testing.assert_frame_equal(more[~more["variant"]][["text", "label", "row"]], train)
    assert more["text"].map(cleaning.key).is_unique
    assert set(more[more["variant"]]["row"]) <= set(range(1, 6))
    pd.testing.assert_frame_equal(more, augmentation.balance(train, seed=1))


@given(st.text(alphabet="ab 你好，。.!?\n", max_size=40), st.integers(0, 2**31))
def test_a_variant_holds_only_words_of_its_original(text, seed):
    varied = augmentation.vary(text, np.random.default_rng(seed))
    assert Counter(tokens(varied)) <= Counter(tokens(text))


def test_texts_that_allow_no_variant_stay_few():
    train = pd.DataFrame({"text": ["好", *(text for text, _ in reviews(9))], "label": [0] + [1] * 9, "row": range(1, 11)})
    assert len(augmentation.balance(train, seed=1)) == 10


@pytest.mark.parametrize("augment", [False, True])
def test_only_the_training_side_is_filled_up(tmp_path, market, task, augment):
    rows = [(text, "good") for text, _ in reviews(200)]
    rows += [(f"{text}, it broke, they did not answer, never again", "bad") for text, _ in reviews(26, seed=9)]
    write_csv(tmp_path / "own.csv", rows)
    made = market("file:own.csv")
    made = made.model_copy(update={"split": made.split.model_copy(update={"augment": augment})})
    prepared = prepare(made, task, seed=1)
    assert prepared.train["label"].value_counts().to_dict() == ({1: 34, 0: 34} if augment else {1: 34, 0: 6})
    assert prepared.test["label"].value_counts().to_dict() == {0: 10, 1: 10}
    account = prepared.account.groupby("kind")["rows"].sum()
    assert account["raw"] == account["dropped"] + account["kept"]
    assert account.get("added", 0) == (28 if augment else 0)
