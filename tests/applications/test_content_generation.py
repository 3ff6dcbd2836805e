"""Content generation: perplexity per character by hand, copies and personal data are found, a tiny model runs to its page."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import content_generation, fluency, inputs, writer
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.report import generation_tables as tables
from bigmodel_utils.report.charts import generation as charts
from bigmodel_utils.training import pretrained
from bigmodel_utils.training.language_model import fit_language_model

SMALL = {
    "application.first_rows": 60,
    "application.layers": 1,
    "application.width": 32,
    "application.rows": 60,
    "application.checked_rows": 10,
    "application.samples": 8,
    "application.new_tokens": 8,
    "model.max_tokens": 32,
    "training.epochs": 1,
    "adaptation.epochs": 1,
    "adaptation.adapter_rank": 4,
    "evaluation.resamples": 200,
    "decision.draws": 500,
}


def reviews(folder: Path, count: int = 120) -> dict[str, object]:
    """Write a newspaper and reviews of one shop: other words, and one review with an address."""
    rng = np.random.default_rng(3)
    goods, said = ["衣服", "鞋子", "酒店", "手机", "电脑"], ["很好用", "不太好", "非常满意", "有点失望", "值得再买"]
    lines = [f"这家店的{goods[g]}{said[s]}第{number}次买" for number, (g, s) in enumerate(rng.integers(0, 5, (count, 2)))]
    lines[0] = "请写信给 ann@shop.example 退货不太好"
    pd.DataFrame({"text": lines, "label": "positive"}).to_csv(folder / "reviews.csv", index=False)
    news = [f"新华社 北京 {number}月 电 今天 天气 晴朗 会议 召开" for number in range(80)]
    (folder / "news.txt").write_text("\n".join(news), encoding="utf-8")
    data = {"origin": "file:reviews.csv", "label_map": {"positive": "positive"}}
    return {"target_market.data": data, "application.first_texts": "file:news.txt"}


@pytest.fixture
def chosen(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> scenarios.Scenario:
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    return scenarios.load("content_generation", SMALL | reviews(workspace))


def test_a_model_made_here_is_adapted_and_judged_to_the_last_figure(chosen: scenarios.Scenario, workspace: Path) -> None:
    texts = writer.read(chosen)
    assert "ann@shop" not in " ".join(texts.train + texts.tune + texts.test)
    assert len(set(texts.train) | set(texts.tune) | set(texts.test)) == 60 + 2 * 10
    first = writer.first(texts, chosen, workspace / "first")
    adapted = fit_language_model(first, texts.train, texts.tune, chosen, chosen.adaptation, workspace / "after").folder
    judged = content_generation.judge(texts, first, adapted, chosen)
    assert judged.ratio.mid < 1
    assert judged.perplexity_twice[0] == pytest.approx(judged.perplexity_twice[1], rel=1e-3)
    assert judged.lead.mid == pytest.approx(judged.perplexity["after"].mid / judged.perplexity["pairs"].mid)
    assert judged.characters == sum(len(text) + 1 for text in texts.test)
    money = content_generation.worth(judged, chosen)
    assert 0 <= money.line.low <= money.line.mid <= money.line.high <= 1
    assert {"perplexity_after", "share_copied", "usable_line"} <= content_generation.figures(judged, money).keys()
    assert "{" not in content_generation.finding(judged, money).read()
    for drawn in (
        charts.perplexity(judged),
        charts.screen(judged),
        tables.rows(texts),
        tables.variety(judged),
        tables.samples(judged),
        tables.money(money),
    ):
        assert drawn.html().count("<figure") == 1


def blank(chosen: scenarios.Scenario, folder: Path, texts: list[str]):
    return pretrained.load_writer(writer.untrained(texts, folder, chosen))


def test_a_model_that_knows_nothing_hesitates_among_all_signs(chosen: scenarios.Scenario, workspace: Path) -> None:
    import torch

    texts = ["天地玄黄宇宙洪荒"] * 3
    model, tokenizer = blank(chosen, workspace / "blank", texts)
    with torch.no_grad():
        model.get_input_embeddings().weight.zero_()  # its output is tied to it: every sign is as likely
    found = fluency.perplexity(fluency.losses(model.eval(), tokenizer, texts), chosen.evaluation, 1)
    assert found.mid == pytest.approx(len(tokenizer))


def test_pairs_are_told_by_their_counts(chosen: scenarios.Scenario, workspace: Path) -> None:
    _, tokenizer = blank(chosen, workspace / "blank", ["天地"] * 3)
    (nats, characters), *_ = fluency.bigram_losses(tokenizer, ["天地"] * 40, ["天地"])
    assert characters == 3  # both signs and the closing mark
    alone = 41 / (3 * 40 + 4)  # each of three signs stands 40 times; four are known
    assert nats == pytest.approx(-3 * np.log((40 + 10 * alone) / 50))
    worse = fluency.bigram_losses(tokenizer, ["天地"] * 40, ["地天"])[0, 0]
    assert worse > nats


def test_a_long_text_is_cut_and_not_told_to_end(chosen: scenarios.Scenario, workspace: Path) -> None:
    _, tokenizer = blank(chosen, workspace / "blank", ["天地"] * 3)
    counted = fluency.bigram_losses(tokenizer, ["天地"] * 3, ["天" * 1000, "天"])[:, 1]
    assert counted.tolist() == [240, 2]


@given(st.lists(st.text("ab ", max_size=12), max_size=6), st.integers(1, 3))
def test_distinct_counts_each_run_once(texts: list[str], n: int) -> None:
    runs = list(
        itertools.chain(*(["".join(run) for run in zip(*(text[k:] for k in range(n)), strict=False)] for text in texts))
    )
    expected = len(set(runs)) / len(runs) if runs else 0
    assert content_generation.distinct([content_generation.units(text, "zh") for text in texts], n) == expected


def test_words_are_units_where_spaces_tell_them_apart() -> None:
    assert content_generation.units("a good dress", "en") == ["a", "good", "dress"]
    assert content_generation.units("好衣服", "zh") == ["好", "衣", "服"]


@given(st.text("abc", min_size=15, max_size=40), st.integers(0, 20))
def test_a_planted_copy_is_found_wherever_it_stands(planted: str, shift: int) -> None:
    train, own = ["x" * 30, f"yy{planted}yy"], "z" * shift + planted + "z" * 3
    shares = content_generation._shares([("zz", own, True), ("zz", "z" * 30, True)], ["", ""], train, 15, 0.95)
    assert shares["copied"].mid == 0.5
    assert shares["people_copied"].mid == 0
    assert shares["passed"].mid == 0.5


def test_a_run_one_sign_short_is_no_copy_and_personal_data_fails_the_screen() -> None:
    written = [("a", "bcdefghijklmn", True), ("so ", "write to joe@bank.example", True), ("so ", "it fits", False)]
    shares = content_generation._shares(written, ["", "", ""], ["abcdefghijklmnopq"], 15, 0.95)
    assert shares["copied"].mid == 0
    assert shares["personal"].mid == pytest.approx(1 / 3)
    assert shares["ended"].mid == pytest.approx(2 / 3)
    assert shares["passed"].mid == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"application.rows": 5000}, "5020 or more"),
        ({"application.first_texts": "file:none.txt"}, "a file in the workspace"),
        ({"application.first_rows": 5}, "18 or more"),
        ({"application.weights": "packaged:smollm2-135m-instrct"}, "did you mean 'smollm2-135m-instruct'"),
        ({"application.weights": "folder:nowhere"}, "config.json"),
    ],
)
def test_bad_input_is_refused_in_three_parts(chosen: scenarios.Scenario, workspace: Path, change: dict, said: str) -> None:
    wrong = scenarios.load("content_generation", SMALL | reviews(workspace) | change)
    with pytest.raises(BigModelError) as refused:
        writer.first(writer.read(wrong), wrong, workspace / "first")
    assert said in str(refused.value)
    assert str(workspace) not in str(refused.value)


def test_an_encoder_is_no_writer_and_another_scenario_is_refused(workspace: Path) -> None:
    from transformers import BertConfig, BertModel

    BertModel(
        BertConfig(vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    ).save_pretrained(workspace / "reader")
    with pytest.raises(BigModelError, match="a causal language model"):
        pretrained.load_writer(workspace / "reader")
    with pytest.raises(inputs.InputError, match="content_generation"):
        writer.read(scenarios.load("smoke"))
