"""What the reader calls each figure that a notebook leaves behind, told from the parts of its key."""

from __future__ import annotations

import re

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.names import ASSUMPTIONS, assumption

_FIGURES = {
    "npv": Message("net present value"),
    "irr": Message("internal rate of return"),
    "lowest_cash": Message("lowest point of cash"),
    "payback_month": Message("month in which the money is back"),
    "people_usd_per_thousand": Message("cost of 1,000 {items} done by people"),
    "saving_per_thousand": Message("a {customer}'s saving on 1,000 {items}"),
    "most_saved_per_thousand": Message("most that 1,000 drafts can save"),
    "brings_per_thousand": Message("worth of 1,000 lists of proposals"),
    "more_met_per_thousand": Message("more proposals met in 1,000 lists"),
    "price_per_thousand": Message("price of 1,000 {items}"),
    "price_per_text": Message("price of one text"),
    "probability_of_gain": Message("chance of gaining money"),
    "futures_with_gain": Message("futures in which entering gains money"),
    "probability_of_saving": Message("chance of costing a customer less than people"),
    "probability_of_payback": Message("chance of earning the money back"),
    "serving_usd_per_thousand": Message("computing for 1,000 items"),
    "training_usd": Message("cost of training"),
    "tam_usd_year": Message("whole market"),
    "sam_usd_year": Message("market within reach"),
    "som_usd_year": Message("market that is ours to win"),
    "size_ratio": Message("count from the top over count from the bottom"),
    "merchants_final_year": Message("{customers} in the last year"),
    "raw_rows": Message("rows read"),
    "rows": Message("texts kept"),
    "personal_data_rows": Message("texts with personal data"),
    "duplicate_share": Message("copies among the texts"),
    "train_seconds": Message("time of training"),
    "train_examples": Message("texts read in training"),
    "train_samples_per_second": Message("speed of training"),
    "accuracy": Message("share read right"),
    "recall": Message("true cases found"),
    "false_alarm_rate": Message("false alarms"),
    "roc_area": Message("area under the ROC curve"),
    "samples_per_second": Message("items read per second"),
    "items_per_second": Message("items read per second"),
    "messages_per_second": Message("messages read per second"),
    "sentences_per_second": Message("sentences read per second"),
    "users_per_second": Message("users served per second"),
    "texts_per_second": Message("texts read per second"),
    "latency_p50_ms": Message("wait, half are faster"),
    "latency_p95_ms": Message("wait, 95 of 100 are faster"),
    "latency_p99_ms": Message("wait, 99 of 100 are faster"),
    "flop_per_text": Message("operations that a text needs"),
    "matrix_flop_per_second": Message("operations a second of a bare matrix product"),
    "mfu": Message("share of that rate in use"),
    "kwh_per_million": Message("energy of a million texts"),
    "peak_memory_gb": Message("largest memory"),
    "size_of_fp32_mb": Message("size of the model as trained"),
    "served_size_mb": Message("size of the served model"),
    "speedup_over_fp32": Message("speed against the model as trained"),
    "sustained_requests_per_second": Message("requests that one server sustains"),
    "privacy_accuracy": Message("share read right within the privacy budget"),
    "privacy_accuracy_without": Message("share read right without protection"),
    "privacy_points_lost": Message("accuracy given up for a privacy budget"),
    "privacy_usd_lost": Message("cost of a privacy budget on 1,000 items"),
    "pooled_accuracy": Message("share read right with all rows in one place"),
    "federated_points_behind": Message("accuracy given up when only weights travel"),
    "attack_advantage": Message("what an attack on the rows gains"),
    "duties_answered": Message("duties of law answered"),
    "duties_in_part": Message("duties of law answered in part"),
    "duties_open": Message("duties of law open"),
    "duties_short": Message("duties of law not met"),
    "explanation_overlap": Message("top words that stay when letters are mistyped"),
    "explanation_turned": Message("mistyped texts with another answer"),
    "alone": Message("share done without a person"),
    "wrong": Message("errors among what is done without a person"),
    "false_alarms_year": Message("false alarms in a quiet year"),
    "delay_days": Message("days until a surge is seen"),
    "ndcg": Message("quality of the list (NDCG)"),
    "hit_rate": Message("lists that hold what the user likes next"),
    "new_items_auc": Message("ranking of items never seen (AUC)"),
    "f1": Message("whole entities right (F1)"),
    "recall_list": Message("names found by the list"),
    "recall_model": Message("names found by the tagger"),
    "perplexity": Message("hesitation over unseen texts (perplexity)"),
    "perplexity_ratio": Message("perplexity after over before adapting"),
    "usable_line": Message("usable drafts from which drafting pays"),
    "share_copied": Message("drafts that recite a text learned"),
    "share_people_copied": Message("people's texts that repeat a text learned"),
    "share_personal": Message("drafts with personal data"),
    "share_ended": Message("drafts that come to an end"),
    "share_passed": Message("drafts that pass every screen"),
    "cross_entropy": Message("cross-entropy of an event seen at 0.7"),
    "noisy_line_loss": Message("loss of a line through noise of variance one"),
    "four_points_loss": Message("least loss of one unit on four points"),
    "digits_right": Message("digits read right"),
    "tagger_f1_words": Message("our tagger's F1 over words"),
    "tagger_f1_names": Message("our tagger's F1 over whole names"),
    "entity_f1": Message("average F1 of entity recognition"),
    "entity_f1_all_words": Message("average F1 of entity recognition, words outside names counted"),
}
# A figure's name may begin with where it was measured and end with who was judged.
_PLACES = {
    "source": palette.MARKET_NAMES["source"],
    "target": palette.MARKET_NAMES["target"],
    "home_routing": Message("routing at home"),
    "target_routing": Message("routing in the target market"),
    "answering": Message("answering"),
    "pictures": Message("pictures"),
    "table": Message("table"),
    "gold": Message("notes marked by hand"),
    "silver": Message("notes marked by machine"),
    "served": Message("served form"),
}
_JUDGED = palette.MODEL_NAMES | {
    "rival": Message("simple rival"),
    "served": Message("served form"),
    "home": palette.MARKET_NAMES["source"],
    "source": palette.MARKET_NAMES["source"],
    "target": palette.MARKET_NAMES["target"],
    "leaky": Message("learned by heart, on purpose"),
    "private": Message("new last layer, protected"),
    "popularity": Message("what is popular"),
    "content": Message("likeness of items"),
    "neighbours": Message("likeness of users"),
    "linear": Message("linear model"),
    "hybrid": Message("users and items together"),
    "list": Message("list of names"),
    "model": Message("tagger"),
    "known": Message("names learned from"),
    "hidden": Message("names never learned from"),
    "before": Message("before adapting"),
    "after": Message("after adapting"),
    "pairs": Message("after adapting, on pairs"),
}


def figure(name: str) -> Message:
    """Return the reader's name of a stage's figure, or of an assumption; an unknown one is its key in words."""
    return _figure(name) or assumption(name)


def _figure(name: str) -> Message | None:
    if name in _FIGURES or name in ASSUMPTIONS:
        return _FIGURES.get(name) or ASSUMPTIONS[name]
    for place, where in _PLACES.items():
        if name.startswith(f"{place}_") and (what := _figure(name.removeprefix(f"{place}_"))):
            return Message("{what}, {where}", what=what, where=where)
    return _gain(name) or _found(name) or _judged(name)


def _gain(name: str) -> Message | None:
    match = re.fullmatch(r"gain_(?:(\w+)_)?over_(\w+)", name)
    if not match or match[2] not in _JUDGED:
        return None
    theirs = _JUDGED[match[2]]
    if match[1] in _JUDGED:
        return Message("lead of {ours} over {theirs}", ours=_JUDGED[match[1]], theirs=theirs)
    return Message("lead over {theirs}", theirs=theirs)


def _found(name: str) -> Message | None:
    match = re.fullmatch(r"found_at_(\d+)_permille", name)
    return match and Message("surges of {size:percent} that are found", size=int(match[1]) / 1000)


def _judged(name: str) -> Message | None:
    what, _, who = name.rpartition("_")
    found = _figure(what) if who in _JUDGED and what else None
    return found and Message("{what}: {who}", what=found, who=_JUDGED[who])
