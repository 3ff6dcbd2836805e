"""Money that crosses a border: exchange, forward rates, tax withheld on the way, and what a licence is worth.

Sources: covered interest parity; relief from royalty, cash at the end of each year.
"""

from __future__ import annotations

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import refusals


def local_per_usd(currency: str) -> Quantity:
    """Return units of `currency` (ISO 4217) per US dollar; raises ValueRefused with the nearest that has a rate."""
    row = _row(currency)
    return Quantity(
        mid=row["local_per_usd"], unit=f"{currency} per USD", origin="assumed", source=row["source"], as_of=row["as_of"]
    )


def usd(amount: float, currency: str) -> float:
    """Return `amount` of `currency` in US dollars."""
    refusals.finite(amount=amount)
    return amount / local_per_usd(currency).mid


def _row(currency: str) -> dict[str, object]:
    table = facts.load("exchange_rates").set_index("currency")
    if currency not in table.index:
        raise refusals.ValueRefused(f"currency '{currency}'", nearest(currency, table.index), "data/facts/exchange_rates.csv")
    return table.loc[currency].to_dict()


def forward(spot: float, interest_quoted: float, interest_base: float, years: float) -> float:
    """Return the forward rate: quoted units per base unit, continuously compounded interest of each (covered parity)."""
    refusals.above_zero(spot=spot)
    refusals.not_negative(years=years)
    refusals.finite(interest_quoted=interest_quoted, interest_base=interest_base)
    return spot * float(np.exp((interest_quoted - interest_base) * years))


def forward_per_usd(currency: str, years: float) -> float:
    """Return the forward rate of `currency` per US dollar in `years`, from the policy rates of the facts."""
    row, home = _row(currency), _row("USD")
    return forward(row["local_per_usd"], row["interest_share"], home["interest_share"], years)


def grossed_up(net: float, withheld_share: float) -> float:
    """Return the invoice that leaves `net` after tax is withheld at the border."""
    refusals.share(withheld_share=withheld_share)
    refusals.finite(net=net)
    if withheld_share == 1:
        raise refusals.ValueRefused("a withholding of 100 %", "below 1", "withheld_share")
    return net / (1 - withheld_share)


def licence_value(revenues: np.ndarray, royalty: float, tax: float, discount_rate: float) -> float:
    """Return the worth today of royalties on yearly `revenues` (n,), after tax, each at the end of its year."""
    refusals.share(royalty=royalty, tax=tax)
    refusals.not_negative(revenues=revenues, discount_rate=discount_rate)
    years = np.arange(1, len(revenues) + 1)
    return float((np.asarray(revenues) * royalty * (1 - tax) * (1 + discount_rate) ** -years).sum())
