"""Which language a text is in, by its script and function words: enough to compare with what was declared."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from bigmodel_utils import paths
from bigmodel_utils.data.account import DataError

if TYPE_CHECKING:
    import numpy as np

UNKNOWN = "und"  # ISO 639-2: undetermined
_FILE = "languages.yml"
_WITHOUT_SPACES = {"zh", "ja", "th", "lo", "km", "my"}
_LEAST_LETTERS, _LEAST_WORDS = 4, 2
_REFUSED_SHARE = 0.5


@cache
def _known() -> dict[str, Any]:
    return yaml.safe_load((paths.PROJECT / "data" / _FILE).read_text(encoding="utf-8"))


@cache
def _script_patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(f"[{ranges}]") for name, ranges in _known()["scripts"].items()}


@cache
def _function_words() -> dict[str, frozenset[str]]:
    return {code: frozenset(entry["words"]) for code, entry in _known()["languages"].items() if "words" in entry}


def spaced(language: str) -> bool:
    """Return whether spaces tell the words of a language apart; of a code as zh-CN only the first part counts."""
    return language.partition("-")[0] not in _WITHOUT_SPACES


def identify(text: str) -> str:
    """Return the language code of a text, or 'und' when letters or function words are too few to tell."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _script_patterns().items()}
    letters = sum(counts.values())
    if letters < _LEAST_LETTERS:
        return UNKNOWN
    for code in ("ja", "ko"):  # marked by Kana and Hangul, whatever Han stands between
        marks = sum(counts[script] for script in _known()["languages"][code]["marks"])
        if 10 * marks > letters:
            return code
    script = max(counts, key=lambda name: counts[name])
    candidates = [code for code, entry in _known()["languages"].items() if entry["scripts"] == [script]]
    return candidates[0] if len(candidates) == 1 else _by_words(text)


def _by_words(text: str) -> str:
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
    scores = {code: sum(word in known for word in words) for code, known in _function_words().items()}
    ranked = sorted(scores, key=lambda code: -scores[code])
    best, second = scores[ranked[0]], scores[ranked[1]]
    return ranked[0] if best >= _LEAST_WORDS and best > second else UNKNOWN


def foreign(texts: list[str], declared: str) -> np.ndarray:
    """Return which texts are in another known language than `declared` (a tag such as zh or en-US), as bool array.

    Raises DataError when more than half of them are: then the declaration or the file is the wrong one.
    """
    import numpy as np

    code = declared.lower().split("-")[0]
    if code not in _known()["languages"]:
        return np.zeros(len(texts), dtype=bool)
    found = [identify(text) for text in texts]
    other = np.array([language not in (code, UNKNOWN) for language in found], dtype=bool)
    if len(texts) and other.mean() > _REFUSED_SHARE:
        most = max(set(found) - {code, UNKNOWN}, key=found.count)
        given = f"language '{declared}', but {other.mean():.0%} of the texts are in another, most of them '{most}'"
        raise DataError(given, "texts in the declared language", "`language` or `origin` of the scenario")
    return other
