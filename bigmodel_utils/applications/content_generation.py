"""Text written by a language model: how well it knows a market's language, what it repeats, when drafts pay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.application_choices import ContentGeneration
from bigmodel_utils.applications import fluency, inputs
from bigmodel_utils.applications.writer import Texts
from bigmodel_utils.data import languages, personal_data
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.device import choose
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import uncertainty

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_OPENING = re.compile(r".{5}[A-Za-z]*", re.DOTALL)  # what a sample starts from: a few characters, a word to its end
_BATCH = 16
_CHECKED = 20  # texts on which the loss is taken a second time


@dataclass(frozen=True)
class Judged:
    """`perplexity`: per character, of before, after and pairs; `ratio`, `lead`: of after, over before and over pairs.

    `shares`: of samples and of human texts, by name; `copied`: characters in a row that count as a copy; `characters`: told.
    """

    perplexity: dict[str, Quantity]
    ratio: Quantity
    lead: Quantity
    shares: dict[str, Quantity]
    distinct: dict[str, float]
    lengths: dict[str, float]
    samples: list[dict[str, object]]
    copied: int
    characters: int
    perplexity_twice: tuple[float, float]  # of after, on the first texts: summed here, by Transformers' own loss


def judge(texts: Texts, before: Path, after: Path, scenario: Scenario) -> Judged:
    """Return how well both models tell unseen texts, and what the adapted one writes by itself."""
    from bigmodel_utils.training.pretrained import load_writer

    chosen, settings, seed = inputs.chosen(scenario, ContentGeneration), scenario.evaluation, scenario.seed
    losses, device = {}, choose()
    for name, folder in (("before", before), ("after", after)):
        model, tokenizer = load_writer(folder)
        model = model.to(device.kind).eval()
        losses[name] = fluency.losses(model, tokenizer, texts.test)
    losses["pairs"] = fluency.bigram_losses(tokenizer, texts.train, texts.test)
    again = fluency.losses_by_transformers(model, tokenizer, texts.test[:_CHECKED])
    written = write(model, tokenizer, texts.test, scenario)
    human = [text[len(given) : len(given) + len(own)] for text, (given, own, _) in zip(texts.test, written, strict=False)]
    drafts, language = [own for _, own, _ in written], scenario.target_market.language
    return Judged(
        perplexity={name: fluency.perplexity(values, settings, seed) for name, values in losses.items()},
        ratio=fluency.ratio(losses["after"], losses["before"], settings, seed),
        lead=fluency.ratio(losses["after"], losses["pairs"], settings, seed),
        shares=_shares(written, human, texts.train, chosen.copied, settings.confidence),
        distinct={
            f"{who}_{n}": distinct([units(text, language) for text in rows], n)
            for who, rows in (("model", drafts), ("people", human))
            for n in (1, 2, 3)
        },
        lengths={
            "model": float(np.median([len(own) for own in drafts])),
            "people": float(np.median([len(text) for text in texts.test])),
        },
        samples=[{"prompt": prompt, "written": own} for prompt, own, _ in written[:6]],
        copied=chosen.copied,
        characters=int(losses["after"][:, 1].sum()),
        perplexity_twice=tuple(
            fluency.perplexity(values, settings, seed).mid for values in (losses["after"][:_CHECKED], again)
        ),
    )


def write(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], scenario: Scenario
) -> list[tuple[str, str, bool]]:
    """Return for the first texts: the characters given, what the model writes after them, and whether it ended by itself."""
    import torch

    chosen, found = inputs.chosen(scenario, ContentGeneration), []
    torch.manual_seed(scenario.seed)
    tokenizer.padding_side = "left"
    prompts = [_OPENING.match(text)[0] for text in texts[: chosen.samples]]
    for start in range(0, len(prompts), _BATCH):
        batch = prompts[start : start + _BATCH]
        given = tokenizer(batch, add_special_tokens=False, padding=True, return_tensors="pt")
        given.pop("token_type_ids", None)
        with torch.inference_mode():
            out = model.generate(
                **given.to(model.device),
                max_new_tokens=chosen.new_tokens,
                do_sample=True,
                top_p=0.9,
                pad_token_id=tokenizer.pad_token_id,
            )
        for prompt, ids in zip(batch, out[:, given["input_ids"].shape[1] :], strict=True):
            ended = bool((ids == tokenizer.eos_token_id).any())
            found.append((prompt, tokenizer.decode(ids, skip_special_tokens=True), ended))
    return found


def units(text: str, language: str) -> list[str]:
    """Return the words of a text, or its characters where the language has no spaces between words."""
    return text.split() if languages.spaced(language) else list(text)


def distinct(texts: Sequence[Sequence[str]], n: int) -> float:
    """Return different runs of n units over all such runs (Li et al. 2016); 0 without any. texts: as `units` returns."""
    runs = [tuple(text[place : place + n]) for text in texts for place in range(len(text) - n + 1)]
    return len(set(runs)) / max(len(runs), 1)


def runs(text: str, size: int) -> set[str]:
    """Return every run of `size` characters in a text."""
    return {text[place : place + size] for place in range(len(text) - size + 1)}


def _shares(
    written: Sequence[tuple[str, str, bool]], human: Sequence[str], train: Sequence[str], size: int, confidence: float
) -> dict[str, Quantity]:
    """Return by name how often samples (and people's texts) repeat a run of training text, leak, end, and pass all three."""
    known = set().union(*(runs(text, size) for text in train))
    copied = [not known.isdisjoint(runs(prompt + own, size)) for prompt, own, _ in written]
    people = [not known.isdisjoint(runs(prompt + text, size)) for (prompt, *_), text in zip(written, human, strict=True)]
    private = [bool(personal_data.find(prompt + own)) for prompt, own, _ in written]
    ended = [done for *_, done in written]
    passed = [done and not copy and not leak for done, copy, leak in zip(ended, copied, private, strict=True)]
    found = {"copied": copied, "people_copied": people, "personal": private, "ended": ended, "passed": passed}
    return {name: intervals.share(sum(hits), len(hits), confidence) for name, hits in found.items()}


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
    return found | {
        "perplexity_ratio": judged.ratio,
        "perplexity_over_pairs": judged.lead,
        "usable_line": money.line,
        "most_saved_per_thousand": money.most,
    }


def finding(judged: Judged, money: Worth) -> Message:
    """Return what the page came to, true whichever way it came out."""
    gained = (
        Message("Adapting lowers")
        if judged.ratio.high < 1
        else Message("Adapting raises")
        if judged.ratio.low > 1
        else Message("Adapting is not shown to change")
    )
    rival = (
        Message("plain counts of pairs reach {pairs:number1}, which is worse.", pairs=judged.perplexity["pairs"])
        if judged.lead.high < 1
        else Message("plain counts of pairs do better, at {pairs:number1}: this model is too weak to use.", pairs=judged.perplexity["pairs"])
        if judged.lead.low > 1
        else Message("plain counts of pairs reach {pairs:number1}, not shown to differ.", pairs=judged.perplexity["pairs"])
    )  # fmt: skip
    return Message(
        "{gained} the perplexity per character on unseen texts of the market: {before:number1} before, {after:number1} after; {rival} "
        "{copied:percent} of samples repeat {run} characters or more of a training text, {personal:percent} hold personal data. Drafting pays "
        "once {line:percent} of drafts are usable; {passed:percent} pass the automatic screen, and whether a person would use them was not asked.",
        gained=gained,
        rival=rival,
        before=judged.perplexity["before"],
        after=judged.perplexity["after"],
        copied=judged.shares["copied"],
        run=judged.copied,
        personal=judged.shares["personal"],
        line=money.line,
        passed=judged.shares["passed"],
    )
