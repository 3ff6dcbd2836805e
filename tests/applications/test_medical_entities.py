"""Entities: lists find what they hold, hidden names stay hidden, a tiny tagger runs to its page, bad files are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import annotated, inputs, medical_entities
from bigmodel_utils.applications.annotated import Names
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.evaluation.entities import spans
from bigmodel_utils.report import entity_tables as tables
from bigmodel_utils.report.charts import entities as charts
from bigmodel_utils.units import Quantity

CITIES, FIRMS = ["Oslo", "Lima", "Rome", "Bern"], ["Acme", "Globex", "Initech"]
DRUGS = [f"{stem}{end}" for stem in ("alpra", "sertra", "cipro", "ibu", "nabu") for end in ("zol", "line", "pride")]
ILLS = ["anxiety", "acne", "pain", "insomnia", "migraine"]
SMALL = {
    "application.rows": 80,
    "application.notes_rows": 60,
    "application.test_rows": 60,
    "evaluation.resamples": 200,
    "decision.draws": 500,
    "adaptation.epochs": 4,
    "adaptation.learning_rate": 5e-3,
    "adaptation.frozen_layers": 0,
    "model.max_tokens": 32,
}


def encoder(folder: Path) -> str:
    """Write a random two-layer BERT that knows the words of these texts."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    common = [
        "he",
        "flew",
        "from",
        "to",
        "works",
        "for",
        "at",
        "took",
        "my",
        "went",
        "away",
        "it",
        "did",
        "not",
        "help",
        "very",
        "much",
        "today",
        "and",
        "then",
        "slept",
    ]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *common, *(w.lower() for w in (*CITIES, *FIRMS, *DRUGS, *ILLS))]
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=64, **sizes)).save_pretrained(folder)
    known = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    known.normalizer, known.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    known.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(
        tokenizer_object=known, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return f"folder:{folder.name}"


def sets(folder: Path) -> dict[str, str]:
    """Write sentences with cities and firms marked, and notes filed under a drug and a condition; one note leaks an address."""
    rng, lines = np.random.default_rng(4), []
    for number in range(260):
        city, firm = rng.choice(CITIES), rng.choice(FIRMS)
        words = ["he", "flew", "from", city, "to", "then", "works", "for", firm, *["today"] * (number % 7), "much", str(number)]
        kinds = {3: "B-LOC", 8: "B-ORG"}
        lines += [f"{word} {kinds.get(place, 'O')}" for place, word in enumerate(words)] + [""]
    (folder / "marked.txt").write_text("\n".join(lines), encoding="utf-8")
    notes = []
    for number in range(300):
        drug, ill = rng.choice(DRUGS), rng.choice(ILLS)
        text = (
            f"Took {drug} for my {ill} today {number}. It did not help very much. Write to ann@ward.example &amp; then slept."
        )
        notes.append({"text": text, "drug": str(drug), "condition": str(ill)})
    pd.DataFrame(notes).to_csv(folder / "notes.csv", index=False)
    return {"application.sentences": "file:marked.txt", "application.notes": "file:notes.csv"}


@pytest.fixture
def chosen(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> scenarios.Scenario:
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    own = sets(workspace) | {"model.weights": encoder(workspace / "model")}
    return scenarios.load("medical_entities", SMALL | own)


def test_both_sets_pass_from_words_to_money(chosen: scenarios.Scenario, workspace: Path) -> None:
    from bigmodel_utils.training import pretrained
    from bigmodel_utils.training.entities import fit_entities

    gold, silver = annotated.gold(chosen), annotated.silver(chosen)
    labels = medical_entities.labels(gold, silver)
    start, settings = pretrained.locate(chosen.model.weights), chosen.adaptation
    first = fit_entities(start, gold.train, gold.tune, labels, chosen, settings, workspace / "gold").folder
    second = fit_entities(first, silver.train, silver.tune, labels, chosen, settings, workspace / "silver").folder
    judged = [
        medical_entities.judge(name, data, folder, chosen)
        for name, data, folder in (("gold", gold, first), ("silver", silver, second))
    ]
    for one, data in zip(judged, (gold, silver), strict=True):
        right, wrong, missed = one.counts
        assert one.entities == right + missed == sum(len(spans(tags)) for tags in data.test["tags"])
        assert one.f1["model"].mid == pytest.approx(2 * right / (2 * right + wrong + missed))
        assert one.f1_twice[0] == pytest.approx(one.f1_twice[1])
        assert one.kinds["n"].sum() == one.entities
        for rival, gained in one.gains.items():
            assert gained.mid == pytest.approx(one.f1["model"].mid - one.f1[rival].mid)
    assert judged[0].f1["list"].mid == 1  # every city and firm was learned from
    assert judged[1].recall["list_hidden"].mid == 0
    money = medical_entities.worth(judged[1], chosen)
    assert money.saving.low <= money.saving.mid <= money.saving.high
    assert {"gold_f1_model", "silver_recall_model_hidden", "saving_per_thousand"} <= medical_entities.figures(
        *judged, money
    ).keys()
    assert "{" not in medical_entities.finding(*judged, money).read()
    drawn = [charts.scores(judged), charts.unseen(judged[1]), tables.sentences(judged[1]), tables.rows(gold, silver)]
    drawn += [tables.differences(judged), tables.kinds(judged[0]), tables.beyond(judged[1]), tables.money(money)]
    for one in drawn:
        assert one.html().count("<figure") == 1


def test_hidden_names_teach_nothing_and_personal_data_goes(chosen: scenarios.Scenario) -> None:
    silver = annotated.silver(chosen)
    assert silver.hidden
    learned = [tuple(word.casefold() for word in words) for part in (silver.train, silver.tune) for words in part["words"]]
    for name in silver.hidden:
        assert not any(name == row[at : at + len(name)] for row in learned for at in range(len(row)))
    said = " ".join(word for part in (silver.train, silver.test) for words in part["words"] for word in words)
    assert "ann@ward" not in said
    assert "&amp;" not in said


def test_no_test_sentence_is_learned_from(chosen: scenarios.Scenario) -> None:
    gold = annotated.gold(chosen)
    known = {tuple(words) for part in (gold.train, gold.tune) for words in part["words"]}
    assert known.isdisjoint(tuple(words) for words in gold.test["words"])


NAMES = st.dictionaries(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), st.sampled_from(["DRUG", "ILL"]), max_size=5
)


@given(NAMES, st.lists(st.sampled_from("abcd"), max_size=12))
def test_a_list_tags_its_names_and_nothing_else(kinds: dict[tuple[str, ...], str], words: list[str]) -> None:
    (tags,) = Names(kinds).tags([[word.upper() for word in words]])
    found = spans(tags)
    assert all(kinds[tuple(words[start:end])] == kind for kind, start, end in found)
    taken = {place for _, start, end in found for place in range(start, end)}
    assert not [place for place, word in enumerate(words) if (word,) in kinds and place not in taken]


def test_a_list_learned_from_sentences_finds_them_again() -> None:
    rows = pd.DataFrame(
        {"words": [["Acme", "Corp", "met", "Ann"], ["ann", "left"]], "tags": [["B-ORG", "I-ORG", "O", "B-PER"], ["B-PER", "O"]]}
    )
    assert Names.learned(rows).tags([["ACME", "corp", "Ann", "Corp"]]) == [["B-ORG", "I-ORG", "B-PER", "O"]]


def test_words_are_shown_as_text() -> None:
    words, truth, told = ["<script>", "took", "<b>drug</b>"], ["O", "O", "B-DRUG"], ["B-DRUG", "O", "O"]
    page = tables.drawn(words, truth, told)
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;drug" in page


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("marked.txt", "took pill DRUGS\n", "last its tag"),
        ("marked.txt", "took O\n\n" * 30, "20 or more each"),
        ("notes.csv", "text,drugs,condition\na,b,c\n", "did you mean 'drugs'"),
        ("notes.csv", "text,drug,condition\nhello,ibuzol,pain\n", "names in the notes"),
        ("notes.csv", "", "notes.csv"),
    ],
)
def test_bad_files_are_refused_in_three_parts(
    chosen: scenarios.Scenario, workspace: Path, name: str, content: str, said: str
) -> None:
    (workspace / name).write_text(content)
    with pytest.raises(BigModelError) as refused:
        [read(chosen) for read in (annotated.gold, annotated.silver)]
    assert said in str(refused.value)
    assert str(workspace) not in str(refused.value)


def test_restricted_sets_ask_for_consent_and_another_scenario_is_refused() -> None:
    with pytest.raises(BigModelError, match="accept-licence"):
        annotated.gold(scenarios.load("medical_entities"))
    with pytest.raises(inputs.InputError, match="medical_entities"):
        annotated.silver(scenarios.load("smoke"))


@pytest.mark.parametrize(
    ("ends", "said"), [((1, 2, 3), "people save"), ((-3, -2, -1), "more per 1,000"), ((-1, 1, 3), "is open")]
)
def test_money_is_told_whichever_way_it_came_out(ends: tuple[float, float, float], said: str) -> None:
    assert said in medical_entities._saved(Quantity.estimated(*ends, "USD per 1,000", source="test", method="test")).read()
