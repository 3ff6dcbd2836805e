"""Accelerators as people write them ("A100 80GB SXM4", "TPU v4", "8xH800", "Ascend 910B") and their names in gpu_specs."""

from __future__ import annotations

import re
from functools import cache

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest

_FORM = re.compile(r"^(\d+gb|sxm\d?|pcie|nvl|oam|bse)$")
_SERIES = ("ascend", "rtx")  # words that are often left out before a number
_SHORTEST_STEM = 4  # letters of a family that may stand for a longer one: "910B" for "910B2"


def named(given: object) -> str | None:
    """Return the name in gpu_specs of the accelerator that is meant, or None.

    The family must be there; memory and form factor choose between its members, SXM and more memory where they are not given.
    """
    words = _words(str(given or ""))
    found = _family(words)
    if found is None:
        return None
    told = {word for word in words if _FORM.match(word)}
    return max(_families()[found], key=lambda member: (_agreement(member, told), "SXM" in member, _memory(member)))


def reason_against(given: object) -> str | None:
    """Return why no accelerator can be read from `given`, with the nearest name, or None when one can."""
    if not str(given or "").strip():
        return "no hardware given"
    known = facts.load("gpu_specs")["gpu"]
    return None if named(given) else f"hardware '{given}' is not in gpu_specs; {nearest(str(given), known)}"


def _words(text: str) -> list[str]:
    """Lower-case words; what is written together ("sxm4-80gb", "8xh100") is taken apart."""
    text = re.sub(r"(\d)\s*(gib|gb|g)\b", r"\1gb", text.lower())
    text = re.sub(r"(sxm|pcie|nvl)", r" \1", re.sub(r"^\s*\d+\s*[x×*]\s*", "", text))
    return [word for word in re.split(r"[^a-z0-9]+", text) if word]


@cache
def _families() -> dict[str, tuple[str, ...]]:
    """Every way to write a family, in one word -> its members in gpu_specs, newest table row last."""
    found: dict[str, list[str]] = {}
    for fact in facts.rows("gpu_specs"):
        words = [word for word in _words(fact["gpu"]) if not _FORM.match(word)]
        aliases = ["".join(_words(alias)) for alias in fact["aliases"].split(";") if alias]
        short = ["".join(words[1:])] if words[0] in _SERIES and len(words) > 1 else []
        for way in ("".join(words), *short, *aliases):
            found.setdefault(way, []).append(fact["gpu"])
    return {way: tuple(members) for way, members in found.items()}


def _family(words: list[str]) -> str | None:
    runs = ["".join(words[i:j]) for i in range(len(words)) for j in range(len(words), i, -1)]
    whole = [run for run in runs if run in _families()]
    if whole:
        return max(whole, key=len)
    singular = [re.sub(r"(?<=\d)s$", "", word) for word in words]  # "H100s"
    if singular != words:
        return _family(singular)
    stems = [run for run in runs if len(run) >= _SHORTEST_STEM and re.search(r"\d", run)]
    longer = {way for stem in stems for way in _families() if way.startswith(stem)}
    return min(longer, key=len) if longer else None


def _agreement(member: str, told: set[str]) -> int:
    own = {re.sub(r"(?<=sxm)\d$", "", word) for word in _words(member)}
    return len(own & {re.sub(r"(?<=sxm)\d$", "", word) for word in told})


@cache
def _memory(member: str) -> float:
    return float(next(fact["memory_gb"] for fact in facts.rows("gpu_specs") if fact["gpu"] == member) or 0)
