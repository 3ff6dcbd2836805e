"""The default business: months of cash from a service that reads reviews for merchants.

Every formula is plain arithmetic (+ - * / **, np.exp, np.maximum) on named inputs, floats or arrays of one
shape, so that the what-if page can compute with a translation of exactly these lines. `x` maps input names
to values; `INPUTS` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bigmodel_utils.errors import nearest
from bigmodel_utils.market.adoption import adopted_share
from bigmodel_utils.units import HOURS_PER_MONTH
from bigmodel_utils.value.errors_to_money import (
    Value,
    errors_usd_per_thousand,
    reading_usd_per_thousand,
    serving_usd_per_thousand,
)
from bigmodel_utils.value.refusals import ValueRefused, above_zero, not_negative, share

Inputs = Mapping[str, Value]

MEASURED = ("recall", "false_alarm_rate", "samples_per_second", "machine_usd_hour", "training_usd", "labels_bought")
ASSUMED = (
    "online_merchants", "eligible_share", "reachable_share", "long_run_share", "adoption_p", "adoption_q",
    "reviews_per_merchant_month", "reviewer_wage_usd_hour", "reviews_read_per_hour", "human_recall", "human_false_alarm_rate",
    "complaint_share", "missed_complaint_usd", "needless_contact_usd", "value_capture", "merchant_acquisition_usd",
    "merchant_churn_year", "average_load", "entry_usd", "team_usd_month", "label_usd", "discount_rate", "tax_rate",
    "withholding_rate", "payment_days", "currency_year",
)  # fmt: skip
RULES = ("rules_usd", "rules_delay_months")  # what the market's rules ask before the first customer
INPUTS = MEASURED + RULES + ASSUMED
SHARES = (
    "recall", "false_alarm_rate", "eligible_share", "reachable_share", "long_run_share", "human_recall", "human_false_alarm_rate",
    "complaint_share", "value_capture", "merchant_churn_year", "tax_rate", "withholding_rate",
)  # fmt: skip
DIVISORS = ("samples_per_second", "reviews_read_per_hour", "adoption_p", "average_load", "currency_year")
DAYS_PER_MONTH = 365 / 12


def people_usd_per_thousand(x: Inputs) -> Value:
    """Return what 1,000 reviews cost when people read them, their errors included, USD."""
    reading = reading_usd_per_thousand(x["reviewer_wage_usd_hour"], x["reviews_read_per_hour"])
    errors = errors_usd_per_thousand(
        x["complaint_share"],
        x["human_recall"],
        x["human_false_alarm_rate"],
        x["missed_complaint_usd"],
        x["needless_contact_usd"],
    )
    return reading + errors


def model_errors_usd_per_thousand(x: Inputs) -> Value:
    """Return what the model's errors cost the merchant in 1,000 reviews, USD."""
    return errors_usd_per_thousand(
        x["complaint_share"], x["recall"], x["false_alarm_rate"], x["missed_complaint_usd"], x["needless_contact_usd"]
    )


def saving_usd_per_thousand(x: Inputs) -> Value:
    """Return what 1,000 reviews cost a merchant less with the model, before its price, USD (negative: more)."""
    return people_usd_per_thousand(x) - model_errors_usd_per_thousand(x)


def price_usd_per_thousand(x: Inputs) -> Value:
    """Return the price of 1,000 reviews: a share of the merchant's saving, never below zero, USD."""
    return x["value_capture"] * np.maximum(0, saving_usd_per_thousand(x))


def won_merchants(x: Inputs) -> Value:
    """Return the merchants who adopt in the end."""
    return x["online_merchants"] * x["eligible_share"] * x["reachable_share"] * x["long_run_share"]


def setup_usd(x: Inputs) -> Value:
    """Return what is spent before the first customer: entry, meeting the rules, labels and training, USD."""
    return x["entry_usd"] + x["rules_usd"] + x["labels_bought"] * x["label_usd"] + x["training_usd"]


def serving_usd_month(x: Inputs, thousands: Value, serving: Value) -> Value:
    """Return the machines' cost of a month: `serving` USD per 1,000 reviews, and one machine always runs, USD."""
    return np.maximum(HOURS_PER_MONTH * x["machine_usd_hour"], thousands * serving)


def serving_usd_thousand(x: Inputs) -> Value:
    """Return what the machines cost for 1,000 reviews at the average load, USD."""
    return serving_usd_per_thousand(x["samples_per_second"], x["machine_usd_hour"], x["average_load"])


def operating_usd_month(x: Inputs, thousands: Value, joined: Value, price: Value, serving: Value, worth: Value) -> Value:
    """Return revenue less serving, acquisition and team of a month, before tax, USD.

    worth: of the local currency over today's. Machines are rented in USD, the rest is local money.
    """
    local = thousands * price - joined * x["merchant_acquisition_usd"] - x["team_usd_month"]
    return local * worth - serving_usd_month(x, thousands, serving)


def open_share(month: Value, delay_months: Value, p: Value, q: Value) -> Value:
    """Return the share of won merchants who have come by `month`, the market opening `delay_months` after the start."""
    return adopted_share(np.maximum(0, month - delay_months) / 12, p, q)


def owed_usd(x: Inputs, revenue: Value, months_left: Value) -> Value:
    """Return what customers owe at the end of a month; the plan's last month collects it all, USD."""
    return revenue * x["payment_days"] / DAYS_PER_MONTH * (1 - np.maximum(0, 1 - months_left))


def tax_usd(x: Inputs, taxable: Value) -> Value:
    """Return tax on profit in the market, and the tax withheld when the rest is taken home, USD."""
    return taxable * (x["tax_rate"] + (1 - x["tax_rate"]) * x["withholding_rate"])


def monthly_cash(x: Inputs, months: int) -> list[Value]:
    """Return the cash of months 0 (setting up) to `months`, after tax, a list of values of the inputs' shape, USD.

    Tax is due on what the venture has earned beyond its highest earlier profit: losses carry forward, never back. The team
    is paid while the rules are being met; customers pay `payment_days` after they were served.
    """
    price = price_usd_per_thousand(x)
    serving = serving_usd_thousand(x)
    final = won_merchants(x)
    stay = (1 - x["merchant_churn_year"]) ** (1 / 12)
    drift = x["currency_year"] ** (1 / 12)
    earned = -setup_usd(x)
    taxed = 0 * earned
    merchants = 0 * earned
    adopted = 0 * earned
    owed = 0 * earned
    worth = 1
    cash = [earned]
    for month in range(1, months + 1):
        before = adopted
        adopted = final * open_share(month, x["rules_delay_months"], x["adoption_p"], x["adoption_q"])
        joined = adopted - before
        merchants = merchants * stay + joined
        thousands = merchants * x["reviews_per_merchant_month"] / 1000
        worth = worth * drift
        operating = operating_usd_month(x, thousands, joined, price, serving, worth)
        earlier = owed
        owed = owed_usd(x, thousands * price * worth, months - month)
        earned = earned + operating
        taxable = np.maximum(0, earned - taxed)
        taxed = taxed + taxable
        cash.append(operating - (owed - earlier) - tax_usd(x, taxable))
    return cash


def thousands_month(x: Inputs, months: int) -> Value:
    """Return the thousands of reviews served in month `months`, as `monthly_cash` counts them."""
    stay = (1 - x["merchant_churn_year"]) ** (1 / 12)
    merchants, adopted = 0, 0
    for month in range(1, months + 1):
        before = adopted
        adopted = won_merchants(x) * open_share(month, x["rules_delay_months"], x["adoption_p"], x["adoption_q"])
        merchants = merchants * stay + adopted - before
    return merchants * x["reviews_per_merchant_month"] / 1000


def net_present_value(cash: Sequence[Value], discount_rate: Value) -> Value:
    """Return the value today of monthly cash (month 0 undiscounted) at a yearly discount rate, USD."""
    value = 0
    for month in range(len(cash)):
        value = value + cash[month] * (1 + discount_rate) ** (-month / 12)
    return value


def complete(x: Mapping[str, Value]) -> None:
    """Raise ValueRefused naming the first input that `x` lacks, or that holds a value no venture can have."""
    for name in INPUTS:
        if name not in x:
            raise ValueRefused(
                f"no value for '{name}'", nearest(name, x), "assumptions of the scenario, or the measured figures"
            )
        check = share if name in SHARES else above_zero if name in DIVISORS else not_negative
        check(**{name: x[name]})
