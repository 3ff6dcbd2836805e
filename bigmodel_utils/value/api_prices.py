"""Buying answers from an API against serving the model oneself: price of 1,000 items, and the volume where they meet.

Prices come from the package genai-prices (`pip install genai-prices`), whose table is frozen in its release.
"""

from __future__ import annotations

from importlib import metadata

from bigmodel_utils.units import HOURS_PER_MONTH
from bigmodel_utils.value import refusals
from bigmodel_utils.value.machines import Contract, Machine

PACKAGE = "genai-prices"


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


def own_usd_month(
    machine: Machine, thousands: float, samples_per_second: float, average_load: float, contract: Contract = "on_demand"
) -> float:
    """Return USD a month of serving `thousands` x 1,000 items on as many machines as the load needs, at least one."""
    refusals.above_zero(samples_per_second=samples_per_second, average_load=average_load)
    refusals.not_negative(thousands=thousands)
    hours = 1000 * thousands / (samples_per_second * average_load) / 3600
    return machine.price(contract).mid * max(HOURS_PER_MONTH, hours)


def break_even_thousands(
    machine: Machine, samples_per_second: float, average_load: float, api_usd_thousand: float, contract: Contract = "on_demand"
) -> float | None:
    """Return the thousands of items a month from which serving oneself is cheaper than `api_usd_thousand`; None when never.

    One machine that always runs must be filled first; beyond it, own cost grows with volume too.
    """
    refusals.above_zero(api_usd_thousand=api_usd_thousand)
    hourly = machine.price(contract).mid
    if 1000 * hourly / (3600 * samples_per_second * average_load) >= api_usd_thousand:
        return None
    return hourly * HOURS_PER_MONTH / api_usd_thousand
