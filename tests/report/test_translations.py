"""No sentence that a reader may meet is left untranslated, and none loses a value on the way."""

from __future__ import annotations

import re

import pytest

from bigmodel_utils.messages import LANGUAGES, catalogue
from bigmodel_utils.report.catalogue import untranslated

OTHERS = LANGUAGES[1:]


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str) -> None:
    assert untranslated(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_every_value(language: str) -> None:
    def values(text: str) -> list[str]:
        return sorted(re.findall(r"\{[^{}]*\}", text))

    assert [text for text, other in catalogue(language).items() if values(text) != values(other)] == []
