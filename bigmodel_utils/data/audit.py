"""A second look at a prepared market that does not trust how it was made."""

from __future__ import annotations

import re
import unicodedata

from bigmodel_utils.data.preparation import Prepared


def rows_found_again(prepared: Prepared) -> tuple[int, int]:
    """Return (rows kept or dropped with a reason, rows read)."""
    account = prepared.account
    found = account.loc[account["kind"].isin(["dropped", "kept"]), "rows"].sum()
    return int(found), int(account.loc[account["kind"] == "raw", "rows"].sum())


def unseen_test_rows(prepared: Prepared) -> tuple[int, int]:
    """Return (test rows whose bare letters and digits occur in no training row, test rows)."""
    seen = set(prepared.train["text"].map(_bare))
    return int((~prepared.test["text"].map(_bare).isin(seen)).sum()), len(prepared.test)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
