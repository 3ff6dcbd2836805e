"""Buying answers from an API against serving the model oneself: price of 1,000 items, and the volume where they meet.

Prices come from the package genai-prices (`pip install genai-prices`), whose table is frozen in its release.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.units import HOURS_PER_MONTH, MONTHS_PER_YEAR
from bigmodel_utils.value import refusals, venture
from bigmodel_utils.value.machines import Machine
from bigmodel_utils.value.validity import refuse_aged

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.value.valuation import Valuation

PACKAGE = "genai-prices"
API_NESTS = ("text_api", "language_model_api")


def price_table() -> str:
    """Return name and version of the price table in use; raises ValueRefused when it is not installed."""
    try:
        return f"{PACKAGE} {metadata.version(PACKAGE)}"
    except metadata.PackageNotFoundError:
        raise refusals.ValueRefused("API prices without a price table", f"pip install {PACKAGE}", "the environment") from None


def api_usd_per_thousand(model: str, provider: str, input_tokens: float, output_tokens: float) -> float:
    """Return USD of 1,000 requests of that many tokens each; raises ValueRefused for a model the table does not know."""
    price_table()
    from genai_prices import Usage, calc_price

    refusals.not_negative(input_tokens=input_tokens, output_tokens=output_tokens)
    usage = Usage(input_tokens=round(1000 * input_tokens), output_tokens=round(1000 * output_tokens))
    try:
        return float(calc_price(usage, model_ref=model, provider_id=provider).total_price)
    except LookupError as error:
        raise refusals.ValueRefused(
            f"model '{model}' of '{provider}'", str(error), f"the price table {price_table()}"
        ) from None


def own_usd_month(machine: Machine, thousands: float, samples_per_second: float, average_load: float) -> float:
    """Return USD a month of serving `thousands` x 1,000 items on as many machines as the load needs, at least one."""
    refusals.above_zero(samples_per_second=samples_per_second, average_load=average_load)
    refusals.not_negative(thousands=thousands)
    hours = 1000 * thousands / (samples_per_second * average_load) / 3600
    return machine.price().mid * max(HOURS_PER_MONTH, hours)


def break_even_thousands(
    machine: Machine, samples_per_second: float, average_load: float, api_usd_thousand: float
) -> float | None:
    """Return the thousands of items a month from which serving oneself is cheaper than `api_usd_thousand`; None when never.

    One machine that always runs must be filled first; beyond it, own cost grows with volume too.
    """
    refusals.above_zero(api_usd_thousand=api_usd_thousand)
    hourly = machine.price().mid
    if 1000 * hourly / (3600 * samples_per_second * average_load) >= api_usd_thousand:
        return None
    return hourly * HOURS_PER_MONTH / api_usd_thousand


def against_apis(worth: Valuation) -> pd.DataFrame:
    """Return offer, usd_per_thousand, own_usd_per_thousand, break_even (thousands a month, NaN where own is never cheaper), volume.

    APIs of data/facts/rivals.csv against the venture's machine at its median rate; volume: the plan's last month, median.
    Raises ValueRefused for a price too old for the plan.
    """
    rivals, x = facts.load("rivals"), worth.draws
    offers = rivals[rivals["nest"].isin(API_NESTS)]
    for offer, dated in zip(offers["rival"], offers["as_of"], strict=True):
        refuse_aged("rivals", offer, dated, worth.scenario)
    rate, load = (float(np.median(x[name])) for name in ("samples_per_second", "average_load"))
    volume = float(np.median(venture.thousands_month(x, worth.years * MONTHS_PER_YEAR)))
    meet = [break_even_thousands(worth.machine, rate, load, price) for price in offers["usd_per_thousand"]]
    table = offers[["rival", "usd_per_thousand"]].rename(columns={"rival": "offer"}).reset_index(drop=True)
    return table.assign(
        own_usd_per_thousand=own_usd_month(worth.machine, volume, rate, load) / volume if volume > 0 else float("nan"),
        break_even=[float("nan") if thousands is None else thousands for thousands in meet],
        volume=volume,
    )
