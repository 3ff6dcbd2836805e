"""The catalogue: complete, and every translation speaks of the same values as its original."""

from __future__ import annotations

import string

import pytest

from bigmodel_utils.messages import LANGUAGES, catalogue
from bigmodel_utils.report import catalogue as collection

FOREIGN = LANGUAGES[1:]


def slots(text: str) -> set[tuple[str | None, str | None]]:
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", FOREIGN)
def test_nothing_is_untranslated(language: str) -> None:
    assert collection.untranslated(language) == []


@pytest.mark.parametrize("language", FOREIGN)
def test_translations_hold_the_same_values_in_the_same_format(language: str) -> None:
    spoken = {text for text in collection.texts() if "{" in text}
    wrong = {text: told for text, told in catalogue(language).items() if text in spoken and slots(text) != slots(told)}
    assert wrong == {}


@pytest.mark.parametrize("language", FOREIGN)
def test_translations_stress_as_the_original_does(language: str) -> None:
    wrong = {text: told for text, told in catalogue(language).items() if text.count("**") != told.count("**")}
    assert wrong == {}


def test_texts_come_from_package_notebooks_and_scenarios() -> None:
    texts = collection.texts()
    assert "Next steps" in texts
    assert "US review triage to China" in texts
    assert texts == sorted(set(texts))
    assert not any(text.startswith("def ") for text in texts)
