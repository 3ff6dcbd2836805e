"""The one family of errors a user meets: what was given, what is allowed, where to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class BigModelError(Exception):
    """A refusal in three parts. The command line prints it and exits with 2."""

    def __init__(self, given: str, allowed: str, mend: str) -> None:
        super().__init__(given, allowed, mend)
        self.given, self.allowed, self.mend = given, allowed, mend

    def __str__(self) -> str:
        return f"given:   {self.given}\nallowed: {self.allowed}\nmend:    {self.mend}"


def nearest(name: str, options: Iterable[str], show: int = 12) -> str:
    """Return the options as text, led by the one closest to `name`.

    >>> nearest("sed", ["seed", "title"])
    "did you mean 'seed'? one of: seed, title"
    """
    choices = sorted(str(option) for option in options)
    listed = ", ".join(choices[:show]) + (f", … ({len(choices)} in all)" if len(choices) > show else "")
    match = get_close_matches(str(name), choices, n=1, cutoff=0.5)
    return f"did you mean '{match[0]}'? one of: {listed}" if match else f"one of: {listed or '(none)'}"
