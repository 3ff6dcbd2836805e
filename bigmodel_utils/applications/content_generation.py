"""Text written by a language model: how well it knows a market's language, what it repeats, when drafts pay."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.application_choices import ContentGeneration
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.writer import Texts
from bigmodel_utils.data import personal_data
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import uncertainty

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

COPIED = 15  # characters in a row that stand in a training text count as copied
_PROMPT = 5  # characters that a sample starts from
_BATCH = 16


@dataclass(frozen=True)
class Judged:
    """`perplexity`: of before, after and pairs (of tokens, counted); `ratio`: after over before. `shares`: of samples and of human texts, by name."""

    perplexity: dict[str, Quantity]
    ratio: Quantity
    shares: dict[str, Quantity]
    distinct: dict[str, float]
    lengths: dict[str, float]
    samples: list[dict[str, object]]
    tokens: int
    perplexity_twice: tuple[float, float]  # of after: summed here, by Transformers' own loss


def judge(texts: Texts, before: Path, after: Path, scenario: Scenario) -> Judged:
    """Return how well both models tell the next token of unseen texts, and what the adapted one writes by itself."""
    from bigmodel_utils.training.pretrained import load_writer

    losses = {}
    for name, folder in (("before", before), ("after", after)):
        model, tokenizer = load_writer(folder)
        losses[name] = lost(model.eval(), tokenizer, texts.test)
    losses["pairs"] = _pairs_lost(tokenizer, texts.train, texts.test)
    written = write(model, tokenizer, texts.test, scenario)
    human = [text[_PROMPT : _PROMPT + len(own)] for text, (_, own, _) in zip(texts.test, written, strict=False)]
    drafts = [own for _, own, _ in written]
    return Judged(
        {name: _perplexity(values, scenario) for name, values in losses.items()},
        _ratio(losses["after"], losses["before"], scenario),
        _shares(written, human, texts.train, scenario.evaluation.confidence),
        {f"{who}_{n}": distinct(rows, n) for who, rows in (("model", drafts), ("people", human)) for n in (1, 2, 3)},
        {
            "model": float(np.median([len(own) for own in drafts])),
            "people": float(np.median([len(text) - _PROMPT for text in texts.test])),
        },
        [{"prompt": prompt, "written": own} for prompt, own, _ in written[:6]],
        int(losses["after"][:, 1].sum()),
        (_perplexity(losses["after"], scenario).mid, _second(model, tokenizer, texts.test)),
    )


def lost(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> np.ndarray:
    """Return summed loss and number of tokens told of each text, (texts, 2): every token but the first, and the end mark."""
    import torch

    rows = []
    with torch.inference_mode():
        for ids in _ids(tokenizer, texts):
            logits = model(input_ids=ids[None]).logits[0, :-1].float()
            rows.append((float(torch.nn.functional.cross_entropy(logits, ids[1:], reduction="sum")), len(ids) - 1))
    return np.array(rows)


def _ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], most: int = 128):
    import torch

    for text in texts:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"][: most - 1]
        yield torch.tensor([*ids, tokenizer.eos_token_id])


def _pairs_lost(tokenizer: PreTrainedTokenizerBase, train: Sequence[str], test: Sequence[str]) -> np.ndarray:
    """Return loss and tokens of each text under counts of pairs of tokens, mixed with counts of single ones, as `lost`."""
    single: Counter[int] = Counter()
    double: Counter[tuple[int, int]] = Counter()
    for ids in _ids(tokenizer, train):
        own = ids.tolist()
        single.update(own)
        double.update(itertools.pairwise(own))
    total, size = sum(single.values()), len(tokenizer)

    def chance(last: int, token: int) -> float:
        alone = (single[token] + 1) / (total + size)
        return (double[last, token] + 10 * alone) / (
            single[last] + 10
        )  # ten pseudo-counts (Dirichlet prior, MacKay and Peto 1995)

    rows = []
    for ids in _ids(tokenizer, test):
        own = ids.tolist()
        rows.append((-sum(np.log(chance(*pair)) for pair in itertools.pairwise(own)), len(own) - 1))
    return np.array(rows)


def write(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], scenario: Scenario
) -> list[tuple[str, str, bool]]:
    """Return for the first texts: the characters given, what the model writes after them, and whether it ended by itself."""
    import torch

    chosen, found = inputs.chosen(scenario, ContentGeneration), []
    torch.manual_seed(scenario.seed)
    tokenizer.padding_side = "left"
    prompts = [text[:_PROMPT] for text in texts[: chosen.samples]]
    for start in range(0, len(prompts), _BATCH):
        batch = prompts[start : start + _BATCH]
        given = tokenizer(batch, add_special_tokens=False, padding=True, return_tensors="pt")
        given.pop("token_type_ids", None)
        with torch.inference_mode():
            out = model.generate(
                **given, max_new_tokens=chosen.new_tokens, do_sample=True, top_p=0.9, pad_token_id=tokenizer.pad_token_id
            )
        for prompt, ids in zip(batch, out[:, given["input_ids"].shape[1] :], strict=True):
            ended = bool((ids == tokenizer.eos_token_id).any())
            found.append((prompt, tokenizer.decode(ids, skip_special_tokens=True), ended))
    return found


def distinct(texts: Sequence[str], n: int) -> float:
    """Return different runs of n characters over all such runs (Li et al. 2016); 0 without any."""
    runs = [text[place : place + n] for text in texts for place in range(len(text) - n + 1)]
    return len(set(runs)) / max(len(runs), 1)


def copies(text: str, runs: set[str]) -> bool:
    """Return whether `text` holds one of `runs`, each COPIED characters long."""
    return any(text[place : place + COPIED] in runs for place in range(len(text) - COPIED + 1))


def _shares(
    written: Sequence[tuple[str, str, bool]], human: Sequence[str], train: Sequence[str], confidence: float
) -> dict[str, Quantity]:
    runs = {text[place : place + COPIED] for text in train for place in range(len(text) - COPIED + 1)}
    copied = [copies(prompt + own, runs) for prompt, own, _ in written]
    private = [bool(personal_data.find(prompt + own)) for prompt, own, _ in written]
    ended = [done for *_, done in written]
    passed = [done and not copy and not leak for done, copy, leak in zip(ended, copied, private, strict=True)]
    people = [copies(prompt + text, runs) for (prompt, *_), text in zip(written, human, strict=True)]
    found = {"copied": copied, "people_copied": people, "personal": private, "ended": ended, "passed": passed}
    return {name: intervals.share(sum(hits), len(hits), confidence) for name, hits in found.items()}


def _perplexity(values: np.ndarray, scenario: Scenario) -> Quantity:
    settings = scenario.evaluation
    return intervals.bootstrap(
        lambda rows: float(np.exp(np.divide(*values[rows].sum(axis=0)))),
        len(values),
        "perplexity",
        settings.resamples,
        scenario.seed,
        settings.confidence,
    )


def _ratio(after: np.ndarray, before: np.ndarray, scenario: Scenario) -> Quantity:
    """Return perplexity after over before on the same texts, resampled together."""
    settings = scenario.evaluation

    def ratio(rows: np.ndarray) -> float:
        return float(np.exp(np.divide(*after[rows].sum(axis=0)) - np.divide(*before[rows].sum(axis=0))))

    return intervals.bootstrap(ratio, len(after), "ratio", settings.resamples, scenario.seed, settings.confidence)


def _second(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> float:
    import torch

    total = tokens = 0.0
    with torch.inference_mode():
        for ids in _ids(tokenizer, texts):
            told = len(ids) - 1
            total, tokens = total + float(model(input_ids=ids[None], labels=ids[None]).loss) * told, tokens + told
    return float(np.exp(total / tokens))


@dataclass(frozen=True)
class Worth:
    """`line`: the share of drafts that must be usable before drafting pays; `chance`: that the screened share reaches it."""

    line: Quantity
    chance: float
    most: Quantity  # USD saved on 1,000 texts if every screened draft were usable


def worth(judged: Judged, scenario: Scenario) -> Worth:
    """Return from which share of usable drafts on drafting pays; 80 % intervals of draws."""
    names = ["writer_wage_usd_hour", "write_minutes", "check_minutes", "edit_minutes"]
    marginals = uncertainty.from_assumptions({name: scenario.assumption(name) for name in names})
    passed = judged.shares["passed"]
    hits = round(passed.mid * passed.n)
    marginals["passed"] = uncertainty.from_counts("passed", hits, passed.n - hits)
    x = uncertainty.draw(marginals, scenario.decision.draws, scenario.seed)
    gained = np.maximum(x["write_minutes"] - x["edit_minutes"], 1e-9)
    line = np.minimum(x["check_minutes"] / gained, 1.0)
    most = 1000 / 60 * x["writer_wage_usd_hour"] * (x["passed"] * gained - x["check_minutes"])
    return Worth(
        uncertainty.spread(line, "share"), float((x["passed"] > line).mean()), uncertainty.spread(most, "USD per 1,000")
    )


def figures(judged: Judged, money: Worth) -> dict[str, Quantity]:
    """Return the page's headline figures."""
    found = {f"perplexity_{name}": value for name, value in judged.perplexity.items()}
    found |= {f"share_{name}": value for name, value in judged.shares.items()}
    return found | {"perplexity_ratio": judged.ratio, "usable_line": money.line, "most_saved_per_thousand": money.most}


def told(judged: Judged, money: Worth) -> Message:
    """Return what the page came to, true whichever way it came out."""
    gained = (
        Message("Adapting lowers")
        if judged.ratio.high < 1
        else Message("Adapting raises")
        if judged.ratio.low > 1
        else Message("Adapting is not shown to change")
    )
    after, pairs = judged.perplexity["after"], judged.perplexity["pairs"]
    rival = (
        Message("plain counts of pairs do better, at {pairs:number1}: this model is too weak to use.", pairs=pairs)
        if pairs.mid < after.mid
        else Message("counts of pairs reach {pairs:number1}.", pairs=pairs)
    )
    return Message(
        "{gained} the perplexity on unseen texts of the market: {before:number1} before, {after:number1} after; {rival} {copied:percent} of samples repeat {run} "
        "characters or more of a training text, {personal:percent} hold personal data. Drafting pays once {line:percent} of drafts are usable; "
        "{passed:percent} pass the automatic screen, and whether a person would use them was not asked.",
        gained=gained,
        rival=rival,
        before=judged.perplexity["before"],
        after=judged.perplexity["after"],
        copied=judged.shares["copied"],
        run=COPIED,
        personal=judged.shares["personal"],
        line=money.line,
        passed=judged.shares["passed"],
    )
