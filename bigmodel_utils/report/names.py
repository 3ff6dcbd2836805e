"""What the reader calls each assumption and unit, and how a number of that unit is written."""

from __future__ import annotations

from bigmodel_utils.messages import Message
from bigmodel_utils.units import Quantity

ASSUMPTIONS = {
    "online_merchants": Message("{customers} in the country"),
    "eligible_share": Message("{customers} with enough {items}"),
    "reviews_per_merchant_month": Message("{items} per {customer} and month"),
    "reachable_share": Message("{customers} within reach"),
    "long_run_share": Message("share won in the long run"),
    "adoption_p": Message("{customers} who start alone per year"),
    "adoption_q": Message("{customers} who follow others per year"),
    "reviewer_wage_usd_hour": Message("a reader's hourly wage"),
    "reviews_read_per_hour": Message("{items} a person reads per hour"),
    "human_recall": Message("{cases} that people find"),
    "human_false_alarm_rate": Message("false alarms of people"),
    "complaint_share": Message("{cases} among {items}"),
    "missed_complaint_usd": Message("cost of a missed {case}"),
    "needless_contact_usd": Message("cost of a needless contact"),
    "value_capture": Message("share of the saving charged"),
    "merchant_acquisition_usd": Message("cost of winning one {customer}"),
    "merchant_churn_year": Message("{customers} lost per year"),
    "average_load": Message("average use of a machine"),
    "entry_usd": Message("cost of entry"),
    "team_usd_month": Message("cost of the team per month"),
    "label_usd": Message("cost of a label"),
    "discount_rate": Message("discount rate"),
    "tax_rate": Message("tax on profit"),
    "withholding_rate": Message("tax withheld on profit taken home"),
    "payment_days": Message("days until customers pay"),
    "currency_year": Message("worth of the local currency after a year"),
    "rules_usd": Message("cost of meeting the rules"),
    "rules_delay_months": Message("months to meet the rules"),
    "recall": Message("{cases} that the model finds"),
    "false_alarm_rate": Message("false alarms of the model"),
    "samples_per_second": Message("{items} a machine reads per second"),
    "machine_usd_hour": Message("price of a machine per hour"),
    "training_usd": Message("cost of training"),
    "labels_bought": Message("labels bought"),
    "parcels_per_year": Message("parcels a year"),
    "reviewed_share": Message("parcels with a written {item}"),
    "eligible_parcel_share": Message("parcels of {customers} with enough {items}"),
    "home_routing_wage_usd_hour": Message("wage of a support agent, home market"),
    "home_routing_read_per_hour": Message("messages that an agent sends on, home market"),
    "home_routing_human_error_rate": Message("messages that an agent sends to the wrong desk, home market"),
    "home_routing_error_usd": Message("cost of a message at the wrong desk, home market"),
    "target_routing_wage_usd_hour": Message("wage of a support agent, target market"),
    "target_routing_read_per_hour": Message("messages that an agent sends on, target market"),
    "target_routing_human_error_rate": Message("messages that an agent sends to the wrong desk, target market"),
    "target_routing_error_usd": Message("cost of a message at the wrong desk, target market"),
    "answering_wage_usd_hour": Message("wage of an agent who answers"),
    "answering_read_per_hour": Message("conversations that an agent holds"),
    "answering_human_error_rate": Message("questions that an agent answers wrongly"),
    "answering_error_usd": Message("cost of a wrong answer"),
    "pictures_wage_usd_hour": Message("wage of a clerk who keys digits"),
    "pictures_read_per_hour": Message("digits that a clerk keys"),
    "pictures_human_error_rate": Message("digits that a clerk gets wrong"),
    "pictures_error_usd": Message("cost of a wrong digit"),
    "table_wage_usd_hour": Message("wage of an appraiser"),
    "table_read_per_hour": Message("blocks that an appraiser judges"),
    "table_human_error_rate": Message("blocks that an appraiser gets wrong"),
    "table_error_usd": Message("cost of a block judged wrongly"),
    "proposal_acted_share": Message("met proposals that make the difference"),
    "proposal_usd": Message("worth of an item chosen because it was proposed"),
    "marking_wage_usd_hour": Message("wage of a person who marks notes"),
    "mark_seconds": Message("time to mark an entity by hand"),
    "confirm_seconds": Message("time to confirm a right proposal"),
    "reject_seconds": Message("time to reject a wrong proposal"),
    "writer_wage_usd_hour": Message("wage of a writer"),
    "write_minutes": Message("time to write a text by hand"),
    "check_minutes": Message("time to read a draft and decide"),
    "edit_minutes": Message("time to finish a usable draft"),
}
_UNITS = {
    "share": Message("share"),
    "USD": Message("USD"),
    "USD per hour": Message("USD per hour"),
    "USD per month": Message("USD per month"),
    "USD per label": Message("USD per label"),
    "USD per year": Message("USD per year"),
    "USD per 1,000": Message("USD per 1,000"),
    "share per year": Message("per year"),
    "per year": Message("per year"),
    "reviews": Message("{items}"),
    "reviews per hour": Message("{items} per hour"),
    "reviews per second": Message("{items} per second"),
    "samples per second": Message("{items} per second"),
    "merchants": Message("{customers}"),
    "words": Message("words"),
    "characters": Message("characters"),
    "labels": Message("labels"),
    "rows": Message("rows"),
    "seconds": Message("seconds"),
    "milliseconds": Message("milliseconds"),
    "months": Message("months"),
    "days": Message("days"),
    "ratio": Message("ratio"),
    "of 100 futures": Message("of 100 futures"),
    "MB": Message("MB"),
    "requests/s": Message("requests per second"),
    "points": Message("points"),
    "hours": Message("hours"),
    "kWh": Message("kWh"),
    "Wh": Message("Wh"),
    "kg CO2e": Message("kg CO2e"),
    "g CO2e": Message("g CO2e"),
    "billion": Message("billion"),
    "USD per text": Message("USD per text"),
    "texts": Message("texts"),
    "texts/s": Message("texts per second"),
    "items per second": Message("items per second"),
    "sentences per second": Message("sentences per second"),
    "users per second": Message("users per second"),
    "s": Message("seconds"),
    "ms": Message("milliseconds"),
    "GB": Message("GB"),
    "FLOP/text": Message("operations per text"),
    "FLOP/s": Message("operations per second"),
    "kWh per million texts": Message("kWh per million texts"),
    "times": Message("times"),
    "score": Message("of 1"),
    "AUC": Message("of 1"),
    "NDCG": Message("of 1"),
    "F1": Message("of 1"),
    "perplexity": Message("tokens equally likely"),
    "proposals": Message("proposals"),
    "duties": Message("duties"),
    "alarms per quiet year": Message("alarms per quiet year"),
    "nats": Message("nats"),
    "mean squared error": Message("mean squared error"),
}


def assumption(name: str) -> Message:
    """Return the reader's name of an assumption or measured input; an unknown one is its key in words."""
    return ASSUMPTIONS.get(name, Message("{name}", name=name.replace("_", " ")))


def unit(name: str) -> Message:
    return _UNITS.get(name, Message("{name}", name=name))


def spec(name: str, magnitude: float = 0.0) -> str:
    """Return the `format_value` spec for numbers of unit `name` whose largest is about `magnitude`."""
    if name.startswith(("share", "per year", "per month")):
        return "percent" if magnitude >= 0.095 or magnitude == 0 else "percent1"
    if name.startswith("USD"):
        return "money"
    if abs(magnitude) >= 10_000:
        return "compact"
    if abs(magnitude) >= 10 or float(magnitude).is_integer():
        return "integer"
    return "number2" if abs(magnitude) >= 0.095 else "number4"


def spec_for(name: str, *values: float) -> str:
    """Return the spec that shows every one of `values` truly: shares get a decimal when they need it."""
    if name.startswith(("share", "per year", "per month")):
        whole = all(abs(value * 100 - round(value * 100)) < 1e-9 for value in values)
        return "percent" if whole else "percent1"
    return spec(name, max((abs(value) for value in values), default=0.0))


def written(value: float | Quantity, name: str, with_unit: bool = True) -> Message:
    """Return a value of unit `name` as the reader writes it; the unit follows unless the number shows it."""
    spec = spec_for(name, value.mid if isinstance(value, Quantity) else value)
    if spec.startswith(("percent", "money")) or not with_unit:
        return Message("{value:" + spec + "}", value=value)
    return Message("{value:" + spec + "} {unit}", value=value, unit=unit(name))
