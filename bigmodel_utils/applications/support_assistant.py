"""A support assistant: it sends a message to the right desk, or answers it, where it is sure enough; a person does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bigmodel_utils.application_choices import SupportAssistant
from bigmodel_utils.applications import help_desk, inputs
from bigmodel_utils.applications.delegation import NEVER
from bigmodel_utils.applications.help_desk import Desk
from bigmodel_utils.data import languages
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training import pretrained
from bigmodel_utils.training.device import choose

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 2000  # characters; whatever is longer is a letter, and a person reads it
_STRENGTH = 100.0  # of the head: inverse regularisation on vectors of length one


class Encoder:
    """The pretrained weights as a reader: a vector of length one for each text."""

    def __init__(self, scenario: Scenario) -> None:
        folder = pretrained.locate(scenario.model.weights)
        model, tokenizer = pretrained.load_classifier(folder, scenario.task.labels)
        tokenizer.model_max_length = scenario.model.max_tokens
        self._classifier, self._chosen = Classifier(model, tokenizer, choose()), inputs.chosen(scenario, SupportAssistant)
        self.device = self._classifier.device

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 (texts, features)."""
        return self._vectors(self._chosen.question_prefix, texts)

    def answers(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 (texts, features)."""
        return self._vectors(self._chosen.answer_prefix, texts)

    def _vectors(self, prefix: str, texts: Sequence[str]) -> np.ndarray:
        return _unit(self._classifier.representations([prefix + text for text in texts]))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class Index:
    """Known answers by meaning and by words: `scores` of questions against all of them, shape (questions, answers)."""

    def __init__(self, encoder: Encoder, known: pd.DataFrame, word_weight: float) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.word_weight, answers = word_weight, encoder.answers(known["answer"].tolist())
        self._meanings, self.centre = _unit(answers - answers.mean(axis=0)), np.zeros(answers.shape[1])
        self._words = TfidfVectorizer(sublinear_tf=True, max_df=0.2)
        self._counts = self._words.fit_transform(known["answer"])

    def by_meaning(self, vectors: np.ndarray) -> np.ndarray:
        return _unit(vectors - self.centre) @ self._meanings.T

    def by_words(self, texts: Sequence[str]) -> np.ndarray:
        return (self._words.transform(texts) @ self._counts.T).toarray()

    def scores(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        return self.by_meaning(vectors) + self.word_weight * self.by_words(texts)


def margin(scores: np.ndarray) -> np.ndarray:
    """Return how far the best of each row lies above the second, (rows,): 0 when there is nothing to choose between."""
    best = np.partition(scores, -2, axis=1)[:, -2:]
    return best[:, 1] - best[:, 0]


@dataclass(frozen=True)
class Reply:
    """What goes out. kind `answer`: `text` is a known answer; `desk`: the desk's name; `person`: `text` is None."""

    kind: Literal["answer", "desk", "person"]
    text: str | None
    why: Message


def head(vectors: np.ndarray, intents: np.ndarray, seed: int) -> Any:
    """Return a logistic regression from vectors to intents."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # so small a fit is far slower on two threads of a busy machine
        return LogisticRegression(C=_STRENGTH, max_iter=1000, random_state=seed).fit(vectors, intents)


class Assistant:
    """Encoder, heads and index together; `reply` is what a customer meets."""

    def __init__(self, scenario: Scenario, desk: Desk) -> None:
        self.scenario, self.desk, self.chosen = scenario, desk, inputs.chosen(scenario, SupportAssistant)
        self.encoder = Encoder(scenario)
        self.device = self.encoder.device
        raw = {
            "home": self.encoder.questions(desk.home["question"].tolist()),
            "target": self.encoder.questions(desk.target["question"].tolist()),
        }
        self.centres = {market: vectors.mean(axis=0) for market, vectors in raw.items()}
        self.vectors = {market: vectors - self.centres[market] for market, vectors in raw.items()}
        self.intents = {market: getattr(desk, market)["intent"].to_numpy() for market in raw}
        self.index = Index(self.encoder, desk.known, self.chosen.word_weight)
        self.asked = self.encoder.questions(desk.known["question"].tolist())
        self.index.centre = self.asked.mean(axis=0)
        self.router = head(
            np.concatenate(list(self.vectors.values())), np.concatenate(list(self.intents.values())), scenario.seed
        )
        self.lines: dict[str, float] = {}  # of each job, once judged

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return probabilities of the intents of messages in the target market's language: the whole work, for the clock."""
        return self.router.predict_proba(self.encoder.questions(texts) - self.centres["target"])

    def reply(self, text: str) -> Reply:
        """Return an answer, a desk, or a person; whatever comes in, only known answers and fixed sentences go out."""
        if len(text) > LONGEST:
            return Reply("person", None, Message("The message is too long for a question: a person reads it."))
        message = help_desk.masked(text)
        if not help_desk.spoken(message):
            return Reply("person", None, Message("There is nothing to read in the message: a person asks back."))
        spoken = languages.identify(message)
        markets = {self.scenario.source_market.language: "home", self.scenario.target_market.language: "target"}
        if spoken not in (*markets, languages.UNKNOWN):
            return Reply("person", None, Message("The language is not one of this desk: a person takes over."))
        vector = self.encoder.questions([message])
        if spoken != self.scenario.target_market.language and (answer := self._answer(message, vector)):
            return Reply("answer", answer, Message("The assistant answers alone."))
        market = markets.get(spoken, "home")
        chances = self.router.predict_proba(vector - self.centres[market])[0]
        if chances.max() >= self.lines.get(f"{market}_routing", NEVER):
            intent = str(self.router.classes_[chances.argmax()])
            return Reply("desk", intent, Message("The assistant passes the message on to this desk."))
        return Reply("person", None, Message("The assistant is not sure enough: a person takes over."))

    def _answer(self, message: str, vector: np.ndarray) -> str | None:
        scores = self.index.scores([message], vector)
        sure = margin(scores)[0] >= self.lines.get("answering", NEVER)
        return str(self.desk.known["answer"].iloc[int(scores[0].argmax())]) if sure else None
