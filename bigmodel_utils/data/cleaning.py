"""Rows made fit for use: labels encoded, texts repaired, copies and contradictions removed, each counted by reason."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from bigmodel_utils.data import personal_data
from bigmodel_utils.data.account import Account, DataError
from bigmodel_utils.errors import nearest
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_CHARACTERS = 20_000  # ten pages: no review, and nothing a model with at most 512 tokens would read
_NAMED_LABELS = 12  # the commonest left-out labels are counted one by one, the rest together
_MOST_LABELS = 1000  # of which one may be meant; a column of texts has more
_NO_WORD = re.compile(r"[\W_]+")
_BREAK = re.compile(r"<\s*/?\s*(?:br|p)\s*/?\s*>", re.IGNORECASE)
# Control, zero-width, bidirectional and byte-order characters: unseen by a reader, harmful to a report.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffe\uffff]"
)
# The replacement character, and private ones that no font shows: what a wrong decoding leaves behind.
_LOST = re.compile("[\ufffd\ue000-\uf8ff]")
_SPACE = re.compile(r"\s+")
_DAY_AND_MONTH = re.compile(r"^\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)(?!\d)")
# OWASP, CSV injection: a cell that a spreadsheet would run. "=)" or "-10%" are not calls.
_FORMULA = re.compile(r"^\s*[=+@\-＝＋－＠]\s*(?:[A-Za-z_.]+\s*[(|（｜]|[A-Za-z]+!)")


def encode_labels(frame: pd.DataFrame, label_map: dict[str, str], labels: list[str], account: Account) -> pd.DataFrame:
    """Return the rows whose raw label is mapped, with `label` as int index into `labels`.

    Labels that the map leaves out are dropped and counted by value. Raises DataError when the map names a label
    that is not one of `labels`, a raw value that never occurs, or when a left-out value is a misspelt mapped one.
    """
    for target in label_map.values():
        if target not in labels:
            raise DataError(f"label_map leads to '{target}'", nearest(target, labels), "`label_map` of the scenario")
    raw = frame["label"].map(_label_text)
    frame = account.drop(frame, raw.isna(), "labels", Message("no label"))
    raw = raw[frame.index]
    _refuse_misread(frame, raw, label_map)
    unused = raw[~raw.isin(list(label_map))].value_counts()
    for value in sorted(unused.index[:_NAMED_LABELS]):
        frame = account.drop(
            frame, raw[frame.index] == value, "labels", Message("label '{label}' is not used", label=_safe(value))
        )
    frame = account.drop(frame, ~raw[frame.index].isin(list(label_map)), "labels", Message("other labels are not used"))
    codes = {given: labels.index(target) for given, target in label_map.items()}
    return frame.assign(label=raw[frame.index].map(codes).astype("int64"))


def _safe(value: str) -> str:
    """Return a raw value as an account may show it: short, and without personal data from a mistaken column."""
    return personal_data.masked(value[:40])


def _label_text(value: object) -> str | None:
    """Return a raw label as text: '5' for 5, 5.0 and ' 5 '; None when missing."""
    if value is None or value != value:
        return None
    text = str(value).strip()
    return text.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", text) else text or None


def _refuse_misread(frame: pd.DataFrame, raw: pd.Series, label_map: dict[str, str]) -> None:
    found = set(raw)
    absent = [given for given in label_map if given not in found]
    if absent and not found & set(label_map):
        example = raw.iloc[0] if len(raw) else "(no label at all)"
        raise DataError(
            f"no row has a label of the map; row 1 says '{_safe(example)}'",
            nearest(absent[0], {_safe(value) for value in sorted(found)[:_MOST_LABELS]}),
            "`label_map`, or `columns.label` of the scenario",
        )
    folded = {given.casefold(): given for given in label_map}
    for value in found - set(label_map):
        if not value.lstrip("-").isdigit() and value.casefold() in folded:
            row = int(frame.loc[raw == value, "row"].iloc[0])
            raise DataError(
                f"row {row}, label '{_safe(value)}' is not in the map",
                f"'{folded[value.casefold()]}'",
                "`label_map` of the scenario",
            )


def repair_texts(frame: pd.DataFrame, account: Account) -> pd.DataFrame:
    """Return the rows with repaired text: mis-decoded characters, HTML leftovers, unseen characters, white space.

    Dropped: no text, no word in it, above MAX_CHARACTERS, formula-like cells, and text with lost characters (U+FFFD).
    """
    frame = account.drop(frame, frame["text"].isna(), "texts", Message("no text"))
    frame = frame.assign(text=frame["text"].astype(str))
    frame = account.drop(
        frame,
        frame["text"].str.len() > MAX_CHARACTERS,
        "texts",
        Message("longer than {limit:integer} characters", limit=MAX_CHARACTERS),
    )
    for reason, repair in _REPAIRS:
        frame = _rewrite(frame, repair, "texts", reason, account)
    frame = account.drop(frame, frame["text"] == "", "texts", Message("no text"))
    frame = account.drop(frame, _matches(frame, _LOST), "texts", Message("lost characters"))
    frame = account.drop(frame, _matches(frame, _FORMULA), "texts", Message("spreadsheet formula"))
    frame = frame.assign(key=[key(text) for text in frame["text"]])
    return account.drop(frame, frame["key"] == "", "texts", Message("no word in it"))


def _rewrite(frame: pd.DataFrame, repair: Callable[[str], str], step: str, reason: Message, account: Account) -> pd.DataFrame:
    fixed = frame["text"].map(repair).astype(frame["text"].dtype)
    account.change(frame, fixed != frame["text"], step, reason)
    return frame.assign(text=fixed)


def _mis_decoded(text: str) -> str:
    if text.isascii():
        return text
    import ftfy
    from ftfy.badness import is_bad

    return ftfy.fix_encoding(text) if is_bad(text) else text


def _html(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
    return _BREAK.sub(" ", text) if "<" in text else text


def _unseen(text: str) -> str:
    return text if text.isascii() and text.isprintable() else unicodedata.normalize("NFC", _UNSEEN.sub("", text))


_REPAIRS: tuple[tuple[Message, Callable[[str], str]], ...] = (
    (Message("mis-decoded characters repaired"), _mis_decoded),
    (Message("HTML entities and line breaks resolved"), _html),
    (Message("unseen characters removed"), _unseen),
    (Message("white space evened"), lambda text: _SPACE.sub(" ", text).strip()),
)


def _matches(frame: pd.DataFrame, pattern: re.Pattern[str]) -> pd.Series:
    import pandas as pd

    return pd.Series([bool(pattern.search(text)) for text in frame["text"]], index=frame.index, dtype=bool)


def key(text: str) -> str:
    """Return what two copies of a text share: NFKC, case folded, letters and digits only."""
    return _NO_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def drop_copies(frame: pd.DataFrame, account: Account) -> pd.DataFrame:
    """Return one row per distinct `key`; keys that carry several labels leave entirely."""
    reasons = Message("same text, different labels"), Message("copy of an earlier row")
    return _one_of_each(frame, frame["key"], account, *reasons)


def drop_near_copies(frame: pd.DataFrame, clusters: pd.Series, account: Account) -> pd.DataFrame:
    """Return one row per cluster of near-copies; clusters that carry several labels leave entirely."""
    reasons = Message("near-copies with different labels"), Message("near-copy of an earlier row")
    return _one_of_each(frame, clusters, account, *reasons)


def _one_of_each(frame: pd.DataFrame, groups: pd.Series, account: Account, disagree: Message, repeat: Message) -> pd.DataFrame:
    first = frame["label"].groupby(groups, sort=False).transform("first")
    conflicting = (frame["label"] != first).groupby(groups, sort=False).transform("any")
    frame = account.drop(frame, conflicting, "copies", disagree)
    return account.drop(frame, groups[frame.index].duplicated(), "copies", repeat)


def read_times(frame: pd.DataFrame, account: Account) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Return the rows that have a `time`, renumbered from 0, and their times in nanoseconds; None without that column.

    Dates with or without a clock and an offset are read (no offset means UTC). Raises DataError for one that is no date, and
    where day and month could be either.
    """
    import pandas as pd

    if "time" not in frame:
        return frame.reset_index(drop=True), None
    frame = account.drop(frame, frame["time"].isna(), "split", Message("no date")).reset_index(drop=True)
    times = pd.to_datetime(_year_first(frame["time"].astype("str")), errors="coerce", utc=True, format="mixed")
    if times.isna().any():
        row, value = frame.loc[times.isna(), ["row", "time"]].iloc[0]
        raise DataError(
            f"row {row}: '{_safe(str(value))}' as a date",
            "a date such as 2026-11-01",
            "`columns.time` of the scenario, or the data",
        )
    return frame, times.astype("datetime64[ns, UTC]").astype("int64").to_numpy()


def _year_first(written: pd.Series) -> pd.Series:
    """Return dates such as 13.1.2026 or 1/13/2026 as 2026-1-13; whether the day leads a number above 12 tells, and dots do."""
    parts = written.str.extract(_DAY_AND_MONTH).dropna()
    if parts.empty:
        return written
    day_leads, month_leads = (parts[place].astype(int).max() > 12 for place in (0, 2))
    told = day_leads or month_leads or (parts[1] == ".").all()
    if not told or (day_leads and month_leads) or parts[3].str.len().min() == 2:
        raise DataError(
            f"dates such as '{_safe(written[parts.index[0]])}', whose parts could be read in another order",
            "dates such as 2026-11-01",
            "the column `columns.time` of the data",
        )
    return written.str.replace(_DAY_AND_MONTH, r"\4-\1-\3" if month_leads else r"\4-\3-\1", regex=True)
