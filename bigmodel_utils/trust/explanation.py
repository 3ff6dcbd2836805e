"""What the person hears whom a decision concerns: what counted, how sure it is, how to contest; and whether that holds still."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import attribution, intervals, stability
from bigmodel_utils.evaluation.attribution import Attribution
from bigmodel_utils.evaluation.explain import STEPS_MANY, Example
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import DATA, EVALUATION, MODELS, TRUST
from bigmodel_utils.trust.evidence import Finding
from bigmodel_utils.units import Quantity

TOP = 3  # words that a person is told
TEXTS, VARIANTS = 6, 2  # whose explanations are asked for again, mistyped; of few rows, a twentieth of them
_TYPOS = 0.04  # share of characters: about one in a short review
_NEAR = 0.1  # answers that are about as sure
_READABLE = (12, 120)
_MARKS = re.compile(r"^[\W_]+|[\W_]+$")  # around a word
_CJK = 0x2E80  # from here on scripts write words without spaces
CONTACT = Message("to complete by the company: who reads it again, where to write, and by when there is an answer")


@dataclass(frozen=True)
class Told:
    """One decision explained. `right`: of unseen texts about as sure, the share for which the answer was true.

    `overlap`: share of the top words that stay when a text is mistyped, `chance`: the share that would stay by lot;
    `turned`: share of mistyped texts whose answer changed.
    """

    example: Example
    item: str
    sure: float
    right: Quantity
    speaking: list[str]
    against: list[str]
    overlap: Quantity
    chance: float
    turned: Quantity

    @property
    def letter(self) -> Message:
        """Return the notice to the person affected; what only the company can say is marked."""
        return Message(
            "**Your {item} was read by a machine, not by a person.** It reads “{label}” and is {sure:percent} sure; of {n:integer} "
            "texts about which it was as sure, {right:percent} were so. What counted most: {speaking}. What spoke against it: "
            "{against}. You may contest this answer and have a person read the {item} again: {contact}.",
            item=self.item,
            label=self.example.parts.label,
            sure=self.sure,
            n=self.right.n,
            right=self.right,
            speaking=_quoted(self.speaking),
            against=_quoted(self.against),
            contact=CONTACT,
        )

    @property
    def finding(self) -> Finding:
        """Return how steady explanations are; short when they are not shown to be steadier than words drawn by lot."""
        said = Message(
            "Each answer is explained by the words that moved it; with {typos:percent} of the letters mistyped, {overlap:percent} of "
            "the {top} words named first stay (between {low:percent} and {high:percent}; by lot it would be {chance:percent})",
            typos=_TYPOS,
            overlap=self.overlap,
            top=TOP,
            low=self.overlap.low,
            high=self.overlap.high,
            chance=self.chance,
        )
        return Finding(said, f"{TRUST}/explanation.json", short=self.overlap.low <= self.chance)

    @property
    def figures(self) -> dict[str, Quantity]:
        return {"explanation_overlap": self.overlap, "explanation_turned": self.turned}

    def to_json(self) -> dict[str, Any]:
        """Return the letter and what it rests on, without the text itself."""
        return {"letter": self.letter.to_json(), "speaking": self.speaking, "against": self.against, "chance": self.chance}


def _quoted(words: Sequence[str]) -> Message:
    if not words:
        return Message("nothing")
    quoted = (Message("{word}", word=f"“{word}”") for word in words)  # in its marks no word of the data is taken for ours
    return reduce(lambda first, second: Message("{first}, {second}", first=first, second=second), quoted)


def measure(run: Run) -> Told:
    """Return the explanation of one flagged test text, rather a wrong one: who is flagged wrongly has most to ask."""
    scenario, model = run.scenario, Classifier.load(run.path(MODELS, "model_b"), exact=True)
    test, judged = run.table(DATA, "target_test"), run.table(EVALUATION, "predictions")
    event = judged["b"].to_numpy()
    is_event = judged["label"].to_numpy() == scenario.task.labels.index(scenario.task.event)
    row = affected(test["text"].tolist(), event, is_event, run.json(EVALUATION, "machine")["threshold"])
    parts = attribution.attribute(model, test["text"].iloc[row], scenario.task.event)
    pulls = words(parts)
    near = np.abs(event - event[row]) <= _NEAR
    overlap, chance, turned = steadiness(
        model, test["text"].head(min(TEXTS, max(2, len(test) // 20))).tolist(), scenario.seed, scenario.evaluation.confidence
    )
    return Told(
        example=Example("target", scenario.task.labels[test["label"].iloc[row]], replace(parts, probability=float(event[row]))),
        item=scenario.task.item,
        sure=float(event[row]),
        right=intervals.share(int(is_event[near].sum()), int(near.sum()), scenario.evaluation.confidence),
        speaking=top(pulls),
        against=top({word: -pull for word, pull in pulls.items()}),
        overlap=overlap,
        chance=chance,
        turned=turned,
    )


def affected(texts: Sequence[str], event: np.ndarray, is_event: np.ndarray, line: float) -> int:
    """Return the row of a text flagged at `line` (probability of the event): readable before long, wrong before right, then surest."""
    readable = np.array([_READABLE[0] <= len(text) <= _READABLE[1] for text in texts])
    return int(np.lexsort((event, ~is_event, readable, event >= line))[-1])


def words(parts: Attribution) -> dict[str, float]:
    """Return word -> summed pull; pieces of a word that is written with spaces around it are put together again."""
    found: dict[str, float] = {}
    for start, end, score in _joined(parts):
        word = _MARKS.sub("", parts.text[start:end]).casefold()
        if word:
            found[word] = found.get(word, 0.0) + score
    return found


def _joined(parts: Attribution) -> Iterator[tuple[int, int, float]]:
    """Yield (start, end, score) of whole words."""
    told = parts.pieces[parts.pieces["end"] > parts.pieces["start"]]
    start, end, score = 0, 0, 0.0
    for piece in told.itertuples():
        if piece.start == end and end and _inside_word(parts.text[end - 1]) and _inside_word(parts.text[piece.start]):
            end, score = piece.end, score + piece.score
            continue
        yield start, end, score
        start, end, score = piece.start, piece.end, piece.score
    yield start, end, score


def _inside_word(sign: str) -> bool:
    return sign.isalnum() and ord(sign) < _CJK


def top(pulls: dict[str, float], count: int = TOP) -> list[str]:
    """Return up to `count` words that pull upwards, strongest first."""
    strongest = sorted((word for word, pull in pulls.items() if pull > 0), key=lambda word: -pulls[word])
    return strongest[:count]


def steadiness(model: Classifier, texts: Sequence[str], seed: int, confidence: float) -> tuple[Quantity, float, Quantity]:
    """Return the share of top words that stay under typos, the share by lot, and the share of answers that turned.

    The interval is a bootstrap over texts. Each mistyped text is asked about the label that the text itself was given.
    """
    stays, lots, turned = [], [], []
    for place, text in enumerate(texts):
        whole = attribution.attribute(model, text, None, STEPS_MANY)
        first, pulls = top(words(whole)), words(whole)
        variants = sorted({stability.with_typos([text], _TYPOS, seed + 1000 * place + n)[0] for n in range(VARIANTS)} - {text})
        if not (first and variants):
            continue
        others = [attribution.attribute(model, variant, whole.label, STEPS_MANY) for variant in variants]
        stays.append(float(np.mean([kept(first, top(words(other))) for other in others])))
        lots.append(min(1.0, TOP / len(pulls)))
        turned += [model.labels[answer] != whole.label for answer in model.probabilities(variants).argmax(axis=1)]
    if not stays:
        nothing = Quantity(
            mid=0, low=0, high=1, unit="share", origin="measured", source=intervals.SOURCE, n=0, method="no text"
        )
        return nothing, 1.0, nothing
    shares = np.array(stays)
    overlap = intervals.bootstrap(lambda pick: float(shares[pick].mean()), len(shares), "share", 1000, seed, confidence)
    return overlap, float(np.mean(lots)), intervals.share(sum(turned), len(turned), confidence)


def kept(first: Sequence[str], again: Sequence[str]) -> float:
    """Return the share of `first` that `again` names too."""
    return len(set(first) & set(again)) / len(first)
