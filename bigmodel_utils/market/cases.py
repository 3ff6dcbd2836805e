"""Six companies that took AI to market, and a venture held against them on the same factors.

Six cases show what can happen; they are no sample, so nothing here is a rate or a probability of success.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bigmodel_utils.errors import nearest
from bigmodel_utils.market import MarketError
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd

FACTORS = {
    "compute": Message("Is computing secured at a known price?"),
    "channel": Message("Is there a channel or partner that reaches buyers in the market?"),
    "local_proof": Message("Was it measured on the market's own data before scaling?"),
    "permission": Message("Are permissions and data rules settled?"),
    "fit": Message("Does it fit the work of the market's users?"),
    "margin": Message("Does a sale earn more than it costs to serve?"),
    "patience": Message("Is there money for the time it takes?"),
    "independence": Message("Can it outlive any one supplier, platform or owner?"),
}


def graded(value: float, bad: float, good: float) -> int:
    """Return 1 when `value` has reached `good`, -1 when it has not passed `bad`, else 0; `good` may lie below `bad`."""
    sign = 1 if good >= bad else -1
    return 1 if sign * value >= sign * good else -1 if sign * value <= sign * bad else 0


def compare(scores: pd.DataFrame, venture: Mapping[str, int | None]) -> pd.DataFrame:
    """Return factor by company (-1 hurt, 0 mixed, 1 helped), with the question and the venture's own column.

    `scores` has the columns of data/facts/case_factors.csv. A factor that the venture has not answered stays empty.
    Raises MarketError for an unknown factor or a score other than -1, 0, 1.
    """
    for factor, score in venture.items():
        if factor not in FACTORS:
            raise MarketError(f"factor '{factor}'", nearest(factor, FACTORS), "the venture's answers")
        if score not in (-1, 0, 1, None):
            raise MarketError(f"{factor} = {score}", "-1, 0 or 1, or nothing where unknown", "the venture's answers")
    table = scores.pivot(index="factor", columns="company", values="score").reindex(list(FACTORS))
    table.insert(0, "question", [question.text for question in FACTORS.values()])
    table["venture"] = [venture.get(factor) for factor in FACTORS]
    return table.astype({"venture": "Int64"})


def closest(table: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the companies from most to least alike: company, distance, answered, outcome, lesson.

    `table` is from `compare`; `distance` is the mean difference of score (0 to 2) over the factors that the venture
    answered. Raises MarketError when it answered none.
    """
    import pandas as pd

    known = table[table["venture"].notna()]
    if known.empty:
        raise MarketError("no factor answered", f"at least one of {', '.join(FACTORS)}", "the venture's answers")
    companies = table.columns.drop(["question", "venture"])
    own = known["venture"].astype(float)
    distance = {name: float((known[name] - own).abs().mean()) for name in companies}
    by_name = cases.set_index("company")
    rows = [
        (name, distance[name], len(known), by_name.loc[name, "outcome"], by_name.loc[name, "lesson_for_market_entry"])
        for name in sorted(companies, key=lambda name: (distance[name], name))
    ]
    return pd.DataFrame(rows, columns=["company", "distance", "answered", "outcome", "lesson"])
