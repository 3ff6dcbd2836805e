"""Names found in sentences: a tagger against a list of names and a linear tagger, by whole entities; what marking costs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.applications.annotated import Names, Sentences
from bigmodel_utils.applications.delegation import Worth, weighed
from bigmodel_utils.evaluation import entities, intervals
from bigmodel_utils.evaluation.entities import spans
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.device import choose
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import compute_cost, uncertainty

if TYPE_CHECKING:
    import pandas as pd

READERS = ("model", "linear", "list")
_HASHES = 2**17
_STRENGTH = 10.0  # of the linear tagger: inverse regularisation


@dataclass(frozen=True)
class Judged:
    """Readers on unseen sentences. `f1`: by reader; `gains`: of the model over each rival; `counts`: right, wrong, missed (model);
    `kinds`: entities.by_kind of the model.

    `recall`: of the model and the list, by whether the name was learned from; empty for gold. `beyond`: entities told that
    the tags lack, by how often. `shown`: words, true tags, told tags.
    """

    name: str
    sentences: int
    entities: int
    f1: dict[str, Quantity]
    gains: dict[str, Quantity]
    counts: tuple[int, int, int]
    kinds: pd.DataFrame
    recall: dict[str, Quantity]
    beyond: list[dict[str, object]]
    shown: list[dict[str, list[str]]]
    rate: Quantity
    f1_twice: tuple[float, float]  # of the model: by counts here, by seqeval


def judge(name: str, data: Sentences, folder: Path, scenario: Scenario) -> Judged:
    """Return how the tagger in `folder` and both rivals find the test's entities."""
    from seqeval.metrics import f1_score

    from bigmodel_utils.training.entities import Tagger

    tagger, texts, truth = Tagger.load(folder), data.test["words"].tolist(), data.test["tags"].tolist()
    started = time.perf_counter()
    told = {"model": tagger.tags(texts)}
    rate = Quantity(
        mid=len(texts) / (time.perf_counter() - started), unit="sentences per second", origin="measured", source="this run"
    )
    told |= {"linear": linear_tags(data.train, texts, scenario.seed), "list": Names.learned(data.train).tags(texts)}
    counted = {reader: entities.counts(truth, tags) for reader, tags in told.items()}
    settings, seed, ours = scenario.evaluation, scenario.seed, counted["model"]
    right, found, there = (int(value) for value in ours.sum(axis=0))
    return Judged(
        name=name,
        sentences=len(texts),
        entities=there,
        f1={reader: entities.score(own, settings, seed) for reader, own in counted.items()},
        gains={rival: entities.gain(ours, counted[rival], settings, seed) for rival in READERS[1:]},
        counts=(right, found - right, there - right),
        kinds=entities.by_kind(truth, told["model"]),
        recall=_recalls(data, told, settings.confidence) if data.hidden else {},
        beyond=_beyond(texts, truth, told["model"]),
        shown=_shown(texts, truth, told["model"]),
        rate=rate,
        f1_twice=(entities.f1(ours), float(f1_score(truth, told["model"]))),
    )


def labels(*sets: Sentences) -> list[str]:
    """Return the tags of all sets: one head serves both, so that the second training starts where the first ended."""
    return list(dict.fromkeys(tag for data in sets for tag in data.labels))


def linear_tags(train: pd.DataFrame, texts: Sequence[Sequence[str]], seed: int) -> list[list[str]]:
    """Return tags by logistic regression on each word, its shape, its ends and its two neighbours on either side."""
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    hasher = FeatureHasher(_HASHES, input_type="string")
    known = hasher.transform(clues for words in train["words"] for clues in _clues(words))
    one = LogisticRegression(C=_STRENGTH, solver="liblinear", dual=True, max_iter=5000, random_state=seed)
    model = OneVsRestClassifier(one).fit(known, [tag for tags in train["tags"] for tag in tags])
    flat = iter(model.predict(hasher.transform(clues for words in texts for clues in _clues(words))).tolist())
    return [[next(flat) for _ in words] for words in texts]


def _clues(words: Sequence[str]) -> list[list[str]]:
    padded = ["", "", *words, "", ""]
    return [
        [f"{step}{mark}{value}" for step in (-2, -1, 0, 1, 2) for mark, value in _parts(padded[place + 2 + step], step)]
        for place in range(len(words))
    ]


def _parts(word: str, step: int) -> list[tuple[str, str]]:
    shape = "".join("X" if c.isupper() else "x" if c.islower() else "0" if c.isdigit() else c for c in word[:6])
    near = [("w", word.casefold()), ("s", shape)]
    return near if step else [*near, ("p", word[:3].casefold()), ("e", word[-3:].casefold()), ("f", word[-2:].casefold())]


def _recalls(data: Sentences, told: dict[str, list[list[str]]], confidence: float) -> dict[str, Quantity]:
    """Return the share of entities found by model and list, of names learned from (known) and of hidden ones."""
    found: dict[str, list[bool]] = {}
    for reader in ("model", "list"):
        for words, tags, answer in zip(data.test["words"], data.test["tags"], told[reader], strict=True):
            answered = set(spans(answer))
            for kind, start, end in spans(tags):
                group = "hidden" if tuple(word.casefold() for word in words[start:end]) in data.hidden else "known"
                found.setdefault(f"{reader}_{group}", []).append((kind, start, end) in answered)
    return {name: intervals.share(sum(hits), len(hits), confidence) for name, hits in found.items()}


def _beyond(texts: Sequence[list[str]], truth: Sequence[list[str]], told: Sequence[list[str]]) -> list[dict[str, object]]:
    """Return the twelve entities told most often where the tags have none, commonest first: name, kind, times."""
    extra: Counter[tuple[str, str]] = Counter()
    for words, tags, answer in zip(texts, truth, told, strict=True):
        taken = {place for _, start, end in spans(tags) for place in range(start, end)}
        extra.update(
            (" ".join(words[start:end]).casefold(), kind)
            for kind, start, end in spans(answer)
            if not taken & set(range(start, end))
        )
    return [{"name": name, "kind": kind, "times": times} for (name, kind), times in extra.most_common(12)]


def _shown(texts: Sequence[list[str]], truth: Sequence[list[str]], told: Sequence[list[str]]) -> list[dict[str, list[str]]]:
    """Return the first five sentences in which the tags or the model find anything, of ten words or more."""
    rows = zip(texts, truth, told, strict=True)
    picked = [(w, t, a) for w, t, a in rows if len(w) >= 10 and (spans(t) or spans(a))][:5]
    return [{"words": words, "truth": tags, "told": answer} for words, tags, answer in picked]


def worth(judged: Judged, scenario: Scenario) -> Worth:
    """Return what marking 1,000 entities costs with and without proposals; people check every one. 80 % intervals of draws."""
    import torch

    right, wrong, missed = judged.counts
    per_entity = Quantity(
        mid=judged.rate.mid * judged.entities / judged.sentences,
        unit="entities per second",
        origin="measured",
        source="this run",
    )
    serving = compute_cost.serving_on(scenario, per_entity, choose().reported, torch.get_num_threads())
    wanted = ["marking_wage_usd_hour", "mark_seconds", "confirm_seconds", "reject_seconds"]
    marginals = uncertainty.from_assumptions({name: scenario.assumption(name) for name in wanted})
    marginals["serving"] = uncertainty.from_quantity("serving", serving)
    marginals["recall"] = uncertainty.from_counts("recall", right, missed)
    marginals["precision"] = uncertainty.from_counts("precision", right, max(wrong, 1))  # who tells nothing is never right
    x = uncertainty.draw(marginals, scenario.decision.draws, scenario.seed)
    second = x["marking_wage_usd_hour"] / 3600
    needless = x["recall"] * (1 - x["precision"]) / x["precision"]
    people = 1000 * second * x["mark_seconds"]
    checked = x["recall"] * x["confirm_seconds"] + needless * x["reject_seconds"] + (1 - x["recall"]) * x["mark_seconds"]
    together = 1000 * second * checked + x["serving"]
    return weighed(people, together, serving)


def figures(gold: Judged, silver: Judged, money: Worth) -> dict[str, Quantity]:
    """Return the page's headline figures."""
    found = {}
    for judged in (gold, silver):
        found |= {f"{judged.name}_f1_{reader}": value for reader, value in judged.f1.items()}
        found |= {f"{judged.name}_gain_over_{rival}": value for rival, value in judged.gains.items()}
        found |= {f"{judged.name}_recall_{name}": value for name, value in judged.recall.items()}
    return found | {"sentences_per_second": gold.rate, "saving_per_thousand": money.saving}


def finding(gold: Judged, silver: Judged, money: Worth) -> Message:
    """Return what the page came to, true whichever way it came out."""
    unseen = silver.recall.get("model_hidden")
    return Message(
        "On sentences marked by people the model's entity F1 is {f1:number3}, the linear tagger's {rival:number3}: {lead} On notes with silver tags "
        "only, it finds {unseen:percent} of the mentions of names that it never learned from; a list finds none. {saved}",
        f1=gold.f1["model"],
        rival=gold.f1["linear"],
        lead=_lead(gold.gains["linear"]),
        unseen=unseen.mid if unseen else 0.0,
        saved=_saved(money.saving),
    )


def _saved(saving: Quantity) -> Message:
    if saving.low > 0:
        return Message("Proposals checked by people save {usd:money} per 1,000 entities.", usd=saving)
    if saving.high < 0:
        return Message(
            "Proposals checked by people cost {usd:money} more per 1,000 entities than marking by hand.", usd=-saving.mid
        )
    return Message(
        "Whether proposals checked by people save money is open: {low:money} to {high:money} per 1,000 entities.",
        low=saving.low,
        high=saving.high,
    )


def _lead(gained: Quantity) -> Message:
    if gained.low > 0:
        return Message("a real lead.")
    return Message("a real lag.") if gained.high < 0 else Message("a difference that is not shown.")
