import numpy as np
import pandas as pd
import pytest
from company_file import reviews, write_csv

from bigmodel_utils.data import DataError, languages, prepare, quality

LABELS = ["negative", "positive"]
GOOD = ["lovely", "great", "perfect", "comfortable", "recommend", "happy", "flattering", "soft"]
BAD = ["awful", "returned", "cheap", "disappointed", "ripped", "itchy", "shapeless", "refund"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("酒店位置很好，下次还来", "zh"),
        ("とても良いホテルでした", "ja"),
        ("배송이 너무 늦어요", "ko"),
        ("Очень хороший магазин", "ru"),
        ("the dress is lovely and it fits", "en"),
        ("das Kleid ist sehr schön und nicht teuer", "de"),
        ("la robe est très belle et pas chère, je la garde", "fr"),
        ("el vestido es muy bonito pero no me queda", "es"),
        ("il vestito è molto bello ma non per me", "it"),
        ("o vestido é muito bonito mas não serve", "pt"),
        ("de jurk is heel mooi maar ik vind het niet fijn", "nl"),
        ("XP 5 OK", "und"),
        ("", "und"),
    ],
)
def test_identify(text, language):
    assert languages.identify(text) == language


def test_foreign_texts_are_told_from_the_declared_language():
    texts = ["酒店很好", "the room was not clean and it smelled", "Windows XP 系统很好"]
    assert languages.foreign(texts, "zh-CN").tolist() == [False, True, False]
    assert not languages.foreign(texts, "sw").any()


def test_a_file_in_another_language_than_declared_is_refused(tmp_path, market, task):
    rows = [(f"the {text} and it is not {label}", label) for text, label in reviews(200)]
    write_csv(tmp_path / "own.csv", rows)
    with pytest.raises(DataError, match=r"language 'zh', but .* most of them 'en'"):
        prepare(market("file:own.csv", language="zh"), task, seed=1)


def test_the_report_counts_what_was_planted(tmp_path, market, task):
    rows = reviews(200)
    rows += [(rows[0][0] + "!", rows[0][1])] * 20 + [("", "good")] * 5
    write_csv(tmp_path / "own.csv", rows)
    prepared = prepare(market("file:own.csv"), task, seed=1)
    values = prepared.quality.set_index("check")["value"]
    assert values["rows without a text"] == pytest.approx(5 / 225)
    assert values["copies and near-copies"] == pytest.approx(20 / 220)
    assert values["label positive"] == pytest.approx(0.5)
    assert 0 <= values["words of the test that training lacks"] < 0.5


def test_planted_wrong_labels_are_listed_and_little_else():
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 2
    texts = [" ".join(rng.choice((BAD, GOOD)[label], 5)) + f" item {n}" for n, label in enumerate(labels)]
    wrong = rng.choice(400, 20, replace=False)
    given = labels.copy()
    given[wrong] = 1 - given[wrong]
    rows = pd.DataFrame({"text": texts, "label": given, "row": np.arange(1, 401)})
    doubtful = quality.doubtful_labels(rows, LABELS, seed=0)
    hits = set(doubtful["row"]) & set(wrong + 1)
    assert len(hits) >= 14  # of 20 planted
    assert len(hits) >= 0.9 * len(doubtful)
    assert (doubtful["given"] != doubtful["suggested"]).all()
