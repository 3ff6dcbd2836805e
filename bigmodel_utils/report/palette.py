"""One colour and one name for one thing, on every page. Values are the light theme; pages map them to CSS variables."""

from __future__ import annotations

from bigmodel_utils.messages import Message

INK, MUTE, LINE, SOFT, PAPER = "#16202a", "#5b6773", "#d9dee3", "#f4f6f8", "#fefefe"
ACCENT, ACCENT_SOFT, ACCENT_PALE = "#0b6e6e", "#cfe5e4", "#e7f2f1"
WARN, WARN_SOFT = "#b4431a", "#f3d9cd"
SLATE, SLATE_SOFT = "#47617c", "#c3cfdb"
GOLD, GOLD_SOFT, GOLD_INK = "#d3a63c", "#ecdcb0", "#8a6411"

CSS_NAMES = {
    INK: "ink",
    MUTE: "mute",
    LINE: "line",
    SOFT: "soft",
    PAPER: "paper",
    ACCENT: "accent",
    ACCENT_SOFT: "accent-soft",
    ACCENT_PALE: "accent-pale",
    WARN: "warn",
    WARN_SOFT: "warn-soft",
    SLATE: "slate",
    SLATE_SOFT: "slate-soft",
    GOLD: "gold",
    GOLD_SOFT: "gold-soft",
    GOLD_INK: "gold-ink",
}
IN_WORDS = {GOLD: GOLD_INK}  # colours too pale to read, and what is written in their place

MODEL_COLOURS = {"a": WARN, "b": ACCENT, "p": SLATE, "rival": MUTE, "floor": MUTE, "people": INK}
MODEL_NAMES = {
    "a": Message("home model, unchanged"),
    "b": Message("adapted model"),
    "p": Message("adapted without home data"),
    "rival": Message("word counter"),
    "floor": Message("always the commonest label"),
    "people": Message("people today"),
}
MARKET_NAMES = {"source": Message("home market"), "target": Message("target market")}
MARKET_COLOURS = {"source": MUTE, "target": ACCENT}
COST_COLOURS = {"computing": SLATE, "reading": SLATE_SOFT, "missed": GOLD, "needless": GOLD_SOFT}
COST_NAMES = {
    "computing": Message("computing"),
    "reading": Message("reading by people"),
    "missed": Message("missed {cases}"),
    "needless": Message("needless contacts"),
}
COST_HEADS = {
    "computing": Message("Machines"),
    "reading": Message("People who read"),
    "missed": Message("Missed {cases}"),
    "needless": Message("Needless contacts"),
}


def model_name(key: str) -> Message:
    """Return the reader's name of model `key`; a key without one is shown as it is."""
    return MODEL_NAMES.get(key, Message("{name}", name=key))


def model_colour(key: str) -> str:
    return MODEL_COLOURS.get(key, MUTE)
