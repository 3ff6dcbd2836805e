"""How and from what a figure was found, in the reader's words: engines note it in their own, in English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bigmodel_utils.messages import Message

_FUTURES = Message("middle of the simulated futures, and 8 in 10 of them around it; all assumptions drawn at once")
_CARRIED = Message("measured elsewhere and carried over; range from devices whose rate was guessed the same way")

# What an engine noted, as a pattern, and what the reader is told; named groups fill the slots.
_METHODS = (
    (r"share of draws; the interval is that of the simulation only", Message("counted over the futures; the range is that of counting")),
    (r"P50 with P10 and P90 over joint draws of all inputs|P10, P50, P90 over joint draws", _FUTURES),
    (r"Wilson interval, \d+%", Message("share of rows, with Wilson's interval")),
    (r"(?:paired )?bootstrap of rows.*", Message("rows drawn again, many times")),
    (r"rows and draws of the noise resampled in pairs.*", Message("rows and noise drawn again in pairs, many times")),
    (r"rung 1: .*", Message("measured on the machine that would be rented")),
    (r"rung 2: .*", _CARRIED),
    (r"rung 3: .*", Message("by formula, with the spread that its back-test shows")),
    (
        r"highest rate of Poisson arrivals at which 95 % were answered within (?P<wait>[\d.]+) ms, twice; .*",
        Message("highest rate, at random arrivals, at which 95 of 100 answers came within {wait} ms, twice; range: to the next rates tried"),
    ),
)  # fmt: skip
_SOURCES = (
    (r"this run's figures and the scenario", Message("this run's figures and the scenario's assumptions")),
    (r"assumptions of the scenario", Message("assumptions of the scenario")),
    (r"this run, held-out rows", Message("this run, rows that no training saw")),
    (r"files of the served folder", Message("files of the served folder")),
    (r"server and load on this machine", Message("server and load on this machine")),
    (
        r"measured on (?P<here>\d+) CPU cores, carried to (?P<there>[\d.]+) vCPU of (?P<machine>[^;]+); (?P<price>.+)",
        Message("measured on {here} CPU cores, carried to {there} cores of {machine}; price: {price}"),
    ),
)


def method(told: str) -> Message:
    """Return how a figure was found; a method without a wording of its own stays as the engine noted it."""
    return _said(told, _METHODS)


def source(told: str) -> Message:
    """Return what a figure was found from; names of publications stay in their language."""
    return _said(told, _SOURCES)


def _said(told: str, known: Sequence[tuple[str, Message]]) -> Message:
    for pattern, wording in known:
        if match := re.fullmatch(pattern, told):
            return Message(wording.text, **match.groupdict())
    return Message("{text}", text=told)
