"""What a support assistant learns from: questions of two markets sorted by intent, and questions with their answers."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from bigmodel_utils.application_choices import SupportAssistant
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.inputs import InputError
from bigmodel_utils.data import packages, personal_data
from bigmodel_utils.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Desk:
    """home, target: question, intent, answer; `known`: question, answer of the home market. Personal data are masked."""

    home: pd.DataFrame
    target: pd.DataFrame
    known: pd.DataFrame
    intents: tuple[str, ...]


def read(scenario: Scenario) -> Desk:
    """Return the desk's texts: intents that both markets ask about often enough; every question once.

    Raises InputError for a file without its columns, or fewer than two shared intents.
    """
    chosen = inputs.chosen(scenario, SupportAssistant)
    accepted = scenario.accept_licence
    home, target = (_questions(origin, accepted) for origin in (chosen.questions_home, chosen.questions_target))
    counts = [frame["intent"].value_counts() for frame in (home, target)]
    often = [set(count.index[count >= chosen.rows_per_intent]) for count in counts]
    shared = tuple(sorted(often[0] & often[1]))
    if len(shared) < 2:
        given = f"{len(shared)} intents with {chosen.rows_per_intent} questions or more in both markets"
        raise InputError(given, "two or more", "application.rows_per_intent, or more questions")
    home, target = (frame[frame["intent"].isin(shared)].reset_index(drop=True) for frame in (home, target))
    return Desk(home, target, _known(chosen.answers, accepted), shared)


def spoken(text: str) -> str:
    """Return `text` as its words and signs alone: NFKC, lower case, no punctuation; two texts that read alike are equal."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def masked(text: str) -> str:
    """Return `text` on one line with personal data replaced by their type, as [EMAIL]."""
    return personal_data.masked(" ".join(text.split()))


def _questions(origin: str, accepted: bool) -> pd.DataFrame:
    """Return question, intent, answer; a question under two intents says nothing and is dropped."""
    frame = _frame(origin, accepted, ("question", "intent", "answer"))
    key = frame["question"].map(spoken)
    clear = frame.groupby(key)["intent"].transform("nunique") == 1
    return frame[clear & (key != "") & ~key.duplicated()].reset_index(drop=True)


def _known(origin: str, accepted: bool) -> pd.DataFrame:
    frame = _frame(origin, accepted, ("question", "answer"))
    keys = frame.map(spoken)
    alone = ~keys["question"].duplicated() & ~keys["answer"].duplicated()
    return frame[(keys != "").all(axis=1) & alone].reset_index(drop=True)


def _frame(origin: str, accepted: bool, columns: tuple[str, ...]) -> pd.DataFrame:
    kind, _, name = origin.partition(":")
    members = packages.dataset(name, accepted)["members"].values() if kind == "packaged" else ()
    is_yaml = [path.endswith(".yml") for path in members]
    frame = _conversations(name, accepted) if is_yaml and all(is_yaml) else inputs.frame(origin, accepted)
    inputs.need(frame, columns, origin)
    texts = frame[list(columns)].dropna().astype(str)
    return texts.assign(**{column: texts[column].map(masked) for column in columns if column != "intent"})


def _conversations(name: str, accepted: bool) -> pd.DataFrame:
    """Return the first two turns of every conversation in a packaged set of YAML files, one a topic."""
    import pandas as pd

    known = packages.dataset(name, accepted)
    rows: list[dict[str, Any]] = []
    for topic, path in known["members"].items():
        conversations = yaml.safe_load(packages.member(known["package"], path))["conversations"]
        turns = [turn for turn in conversations if isinstance(turn, list) and len(turn) > 1]
        rows += [{"question": str(turn[0]), "intent": topic, "answer": str(turn[1])} for turn in turns]
    return pd.DataFrame(rows)
