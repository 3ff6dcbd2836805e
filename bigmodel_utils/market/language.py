"""How far a market's languages lie from the one the model learnt at home: the same, among several, same script, other script.

An ordinal scale, for ranking markets before anything is measured there; a run measures the real gap in its target market.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FIRST, AMONG, SCRIPT, OTHER = range(4)  # home language is the most used, one of the main ones, shares a script, shares none


def distance(spoken: str, home: str) -> float:
    """Return FIRST, AMONG, SCRIPT or OTHER for BCP-47 tags by use, separated by `;`; NaN where a script is unknown.

    The script is the one that CLDR gives a language unless its tag names another.
    """
    languages = [tag for tag in spoken.split(";") if tag]
    codes = [_code(tag) for tag in languages]
    if _code(home) in codes:
        return FIRST if codes[0] == _code(home) else AMONG
    scripts = {script for tag in languages if (script := _script(tag))}
    if not scripts or _script(home) is None:
        return np.nan
    return SCRIPT if _script(home) in scripts else OTHER


def distances(countries: pd.DataFrame, home: str) -> pd.Series:
    """Return `distance` by country (index iso3) from the fact table `countries`; unknown is NaN."""
    spoken = countries.set_index("iso3")["main_languages_bcp47"].fillna("")
    return spoken.map(lambda tags: distance(tags, home)).astype(float)


def _code(tag: str) -> str:
    return tag.split("-")[0].lower()


def _script(tag: str) -> str | None:
    """The ISO 15924 code of a tag's script: its own four letters, else the likely one."""
    from babel.core import get_global

    named = next((part for part in tag.split("-")[1:] if len(part) == 4 and part.isalpha()), None)
    likely = get_global("likely_subtags").get(_code(tag), "").split("_")
    return named.title() if named else likely[1] if len(likely) > 1 else None
