"""Sentences whose words carry tags: marked by people (gold), or found in clinical notes by lists of names (silver)."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.application_choices import MedicalEntities
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.inputs import InputError
from bigmodel_utils.data import packages, personal_data, sets
from bigmodel_utils.evaluation.entities import spans
from bigmodel_utils.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

OUTSIDE = "O"
_LONGEST = 60  # words; a longer sentence is cut
_WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\s*[\r\n]+\s*")
_NAME = re.compile(r"[a-z][a-z0-9' -]{3,}")  # shorter ones, and numbers, are not told from other words
_HIDDEN = 0.3  # of the names: they are in no note that is learned from

Tagged = tuple[list[str], list[str]]  # words, tags


@dataclass(frozen=True)
class Sentences:
    """Frames of words and tags (lists of equal length). `hidden`: names, as words, that only the test holds; none for gold."""

    train: pd.DataFrame
    tune: pd.DataFrame
    test: pd.DataFrame
    labels: list[str]
    hidden: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True)
class Names:
    """A list of names that finds them again in sentences, the longest first, whatever their case. `kinds`: by folded words."""

    kinds: dict[tuple[str, ...], str]

    @classmethod
    def learned(cls, sentences: pd.DataFrame) -> Names:
        """Return every name that is tagged in `sentences`, with its commonest kind."""
        seen: dict[tuple[str, ...], Counter[str]] = {}
        for words, tags in zip(sentences["words"], sentences["tags"], strict=True):
            for kind, start, end in spans(tags):
                seen.setdefault(_folded(words[start:end]), Counter())[kind] += 1
        return cls({name: counts.most_common(1)[0][0] for name, counts in seen.items()})

    def tags(self, texts: Iterable[Sequence[str]]) -> list[list[str]]:
        """Return a tag for every word of every text."""
        longest = max(map(len, self.kinds), default=0)
        return [self._tags(_folded(words), longest) for words in texts]

    def _tags(self, words: tuple[str, ...], longest: int) -> list[str]:
        found, at = [OUTSIDE] * len(words), 0
        while at < len(words):
            size = next((n for n in range(min(longest, len(words) - at), 0, -1) if words[at : at + n] in self.kinds), 0)
            if size:
                kind = self.kinds[words[at : at + size]]
                found[at : at + size] = [f"B-{kind}", *[f"I-{kind}"] * (size - 1)]
            at += size or 1
        return found


def gold(scenario: Scenario) -> Sentences:
    """Return sentences marked by people; a test sentence that is also learned from is left out.

    Raises InputError for a file without tags, or with too few sentences.
    """
    chosen, rng = inputs.chosen(scenario, MedicalEntities), np.random.default_rng(scenario.seed)
    parts = [_parsed(content, chosen.sentences) for content in _annotated(chosen.sentences, scenario.accept_licence)]
    if len(parts) == 1:
        order = [parts[0][place] for place in rng.permutation(len(parts[0]))]
        first, second = len(order) * 7 // 10, len(order) * 8 // 10
        parts = [order[:first], order[first:second], order[second:]]
    train, tune = (_drawn(part, size, rng) for part, size in zip(parts, (chosen.rows, chosen.rows // 4), strict=False))
    known = {tuple(words) for words, _ in (*train, *tune)}
    test = _drawn([one for one in parts[2] if tuple(one[0]) not in known], chosen.test_rows, rng)
    return _split(train, tune, test, frozenset(), chosen.sentences)


def silver(scenario: Scenario) -> Sentences:
    """Return sentences of clinical notes, tagged by the names of drugs and conditions that the notes are filed under.

    Notes that mention one of the hidden names are the test, so that a list of the names learned from cannot find them.
    """
    chosen, rng = inputs.chosen(scenario, MedicalEntities), np.random.default_rng(scenario.seed)
    notes = _notes(chosen.notes, scenario.accept_licence)
    lists = Names(_names(notes))
    written = [[words for words in map(_words, _SENTENCE.split(_clean(text))) if words] for text in notes["text"].astype(str)]
    tagged = [list(zip(sentences, lists.tags(sentences), strict=True)) for sentences in written]
    mentioned = [{_folded(w[s:e]) for w, tags in note for _, s, e in spans(tags)} for note in tagged]
    names = sorted(set().union(*mentioned))
    if len(names) < 10:
        raise InputError(f"{len(names)} names in the notes of {chosen.notes}", "10 or more", "application.notes")
    hidden = frozenset(names[place] for place in rng.permutation(len(names))[: round(_HIDDEN * len(names))])
    test = [one for note, found in zip(tagged, mentioned, strict=True) if found & hidden for one in note]
    known = [one for note, found in zip(tagged, mentioned, strict=True) if not found & hidden for one in note]
    order = [known[place] for place in rng.permutation(len(known))]
    named = [one for one in order if set(one[1]) != {OUTSIDE}][: chosen.notes_rows]
    plain = [one for one in order if set(one[1]) == {OUTSIDE}][: len(named)]
    drawn = _drawn(named + plain, len(named + plain), rng)
    return _split(drawn[len(drawn) // 5 :], drawn[: len(drawn) // 5], _drawn(test, chosen.test_rows, rng), hidden, chosen.notes)


def _split(
    train: list[Tagged], tune: list[Tagged], test: list[Tagged], hidden: frozenset[tuple[str, ...]], origin: str
) -> Sentences:
    import pandas as pd

    if min(map(len, (train, tune, test))) < 20:
        given = f"{len(train)}, {len(tune)} and {len(test)} sentences to learn from, stop and judge on"
        raise InputError(given, "20 or more each", origin)
    kinds = sorted({kind for _, tags in (*train, *tune, *test) for kind, *_ in spans(tags)})
    frames = [
        pd.DataFrame({"words": [one[0] for one in part], "tags": [one[1] for one in part]}) for part in (train, tune, test)
    ]
    return Sentences(*frames, [OUTSIDE, *(f"{mark}-{kind}" for kind in kinds for mark in "BI")], hidden)


def _drawn(rows: list[Tagged], count: int, rng: np.random.Generator) -> list[Tagged]:
    return [rows[place] for place in rng.permutation(len(rows))[:count]]


def _annotated(origin: str, accepted: bool) -> list[str]:
    kind, _, name = origin.partition(":")
    if kind == "packaged":
        known = packages.dataset(name, accepted)
        return [packages.member(known["package"], path).decode() for path in known["members"].values()]
    return [inputs.own_file(name).read_text(encoding="utf-8", errors="replace")]


def _parsed(content: str, origin: str) -> list[Tagged]:
    """Return the sentences of a file of one word a line, its tag last, a blank line between sentences."""
    found: list[Tagged] = [([], [])]
    for line in content.splitlines():
        fields = line.split()
        if not fields or fields[0] == "-DOCSTART-":
            found.append(([], []))
        elif len(fields) < 2 or not re.fullmatch(r"O|[BI]-\S+", fields[-1]):
            allowed = "a word, and last its tag, as B-DRUG, I-DRUG or O"
            raise InputError(f"{origin} with the line '{line[:40]}'", allowed, "application.sentences")
        elif len(found[-1][0]) < _LONGEST:
            found[-1][0].append(fields[0])
            found[-1][1].append(fields[-1])
    return [one for one in found if one[0]]


def _notes(origin: str, accepted: bool) -> pd.DataFrame:
    """Return text, drug and condition of every note; nothing else of it is read."""
    import pandas as pd

    kind, _, name = origin.partition(":")
    if kind == "packaged":
        with zipfile.ZipFile(io.BytesIO(sets.content(name, accepted))) as archive:
            frames = [
                pd.read_csv(archive.open(part), sep="\t", quoting=csv.QUOTE_MINIMAL) for part in sorted(archive.namelist())
            ]
        frame = pd.concat(frames).rename(columns={"review": "text", "drugName": "drug"})
    else:
        frame = inputs.frame(origin)
    columns = ["text", "drug", "condition"]
    inputs.need(frame, columns, origin)
    return frame[columns].dropna(subset=["text"]).drop_duplicates("text").reset_index(drop=True)


def _names(notes: pd.DataFrame) -> dict[tuple[str, ...], str]:
    found = {}
    for column, kind in (("condition", "CONDITION"), ("drug", "DRUG")):
        for given in notes[column].dropna().astype(str).str.casefold().unique():
            found |= {_folded(_words(part)): kind for part in given.split(" / ") if _NAME.fullmatch(part.strip())}
    return found


def _clean(text: str) -> str:
    return personal_data.masked(html.unescape(text).strip().strip('"'))


def _words(sentence: str) -> list[str]:
    return _WORD.findall(sentence)[:_LONGEST]


def _folded(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)
