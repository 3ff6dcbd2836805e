"""Both markets side by side, as tables and figures of one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigmodel_utils.data.preparation import PARTS, Prepared
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

MARKETS = ("source", "target")


@dataclass(frozen=True)
class Pair:
    """The two prepared markets of a run."""

    source: Prepared
    target: Prepared

    def table(self, name: str) -> pd.DataFrame:
        """Return the table called `name` (account, lengths or quality) of both, led by a column `market`."""
        import pandas as pd

        tables = {market: getattr(getattr(self, market), name) for market in MARKETS}
        return pd.concat(tables, names=["market", None]).reset_index("market").reset_index(drop=True)

    def figures(self) -> dict[str, Quantity]:
        """Return the headline numbers of both markets."""
        return self.source.figures("source") | self.target.figures("target")

    def results(self) -> dict[str, Any]:
        """Return what later notebooks read: rows by market and part, the account, lengths, quality and data sheets."""
        rows = {f"{market}_{part}": getattr(getattr(self, market), part) for market in MARKETS for part in PARTS}
        sheets = {f"{market}_sheet": getattr(self, market).sheet for market in MARKETS}
        return rows | sheets | {name: self.table(name) for name in ("account", "lengths", "quality")}
