"""What to propose next: five recommenders, judged on the like that each user gave last, and what the best is worth."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from bigmodel_utils.application_choices import Recommendation
from bigmodel_utils.applications import inputs, recommenders
from bigmodel_utils.applications.histories import Histories
from bigmodel_utils.applications.recommenders import ease_weights, ndcg
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import compute_cost, uncertainty

MODELS = ("hybrid", "linear", "neighbours", "content", "popularity")
_GROUPS = 3  # of users, by the length of their history


@dataclass(frozen=True)
class Ranked:
    """One recommender on the last like of each user. `rank` from 0 among items not yet liked; a tie stands at its middle."""

    model: str
    rank: np.ndarray
    ndcg: Quantity
    hit_rate: Quantity
    coverage: float  # share of all items that anyone is proposed


@dataclass(frozen=True)
class Judged:
    """`gains`: NDCG over popularity, by model. `new`: AUC of items nobody has liked yet, by model. `settings`: chosen, as words."""

    top: int
    ranked: dict[str, Ranked]
    gains: dict[str, Quantity]
    settings: dict[str, str]
    groups: list[dict[str, object]]
    new: dict[str, Quantity]
    shown: list[dict[str, object]]
    rate: Quantity
    ndcg_twice: tuple[float, float]  # of the hybrid: ours, scikit-learn's


def judge(likes: Histories, scenario: Scenario) -> Judged:
    """Return how the recommenders meet each user's last like, with settings chosen on the like before it."""
    chosen, settings = inputs.chosen(scenario, Recommendation), scenario.evaluation
    kernel = recommenders.tfidf_similarity(likes.texts)
    found = recommenders.tuned(likes, kernel, chosen.top)
    scores, seconds = _scores(likes, kernel, found)
    wanted, ranked = likes.at(0), {}
    for name in MODELS:
        own = scores[name]
        rank = recommenders.ranks(own, wanted)
        ranked[name] = Ranked(
            name,
            rank,
            _mean(ndcg(rank, chosen.top), scenario),
            intervals.share(int((rank < chosen.top).sum()), likes.users, settings.confidence),
            len(np.unique(np.argpartition(-own, chosen.top, axis=1)[:, : chosen.top])) / len(likes.titles),
        )
    floor = ndcg(ranked["popularity"].rank, chosen.top)
    gains = {name: _mean(ndcg(one.rank, chosen.top) - floor, scenario) for name, one in ranked.items() if name != "popularity"}
    rate = Quantity(
        mid=likes.users / seconds, unit="users per second", origin="measured", source="this run, one training and one list each"
    )
    return Judged(
        top=chosen.top, ranked=ranked, gains=gains, settings=_told_settings(found), rate=rate,
        groups=_by_history(likes, ranked, chosen.top),
        new=_new(likes, kernel, found, scenario),
        shown=_shown(likes, scores["hybrid"], wanted),
        ndcg_twice=(ranked["hybrid"].ndcg.mid, _second_ndcg(scores["hybrid"], wanted, chosen.top)),
    )  # fmt: skip


def _scores(likes: Histories, kernel: np.ndarray, found: dict[str, tuple[float, ...]]) -> tuple[dict[str, np.ndarray], float]:
    """Return each model's scores (users, items), knowing all likes but the last, and the seconds that the hybrid's took.

    What a user likes already is not proposed again: minus infinity.
    """
    seen = likes.age >= 1
    known, started = likes.matrix(seen), time.perf_counter()
    scores = {"hybrid": likes.matrix(seen, found["hybrid"][2]) @ ease_weights(known, kernel, *found["hybrid"][:2])}
    seconds = time.perf_counter() - started
    count, half_life = found["neighbours"]
    scores["linear"] = known @ ease_weights(known, kernel, found["linear"][0], 0.0)
    scores["neighbours"] = likes.matrix(seen, half_life) @ recommenders.neighbour_weights(known, count)
    scores["content"] = known @ kernel
    scores["popularity"] = np.repeat(known.sum(axis=0)[None], likes.users, axis=0)
    return {name: np.where(known > 0, -np.inf, own) for name, own in scores.items()}, seconds


def _told_settings(found: dict[str, tuple[float, ...]]) -> dict[str, str]:
    return {name: " · ".join("∞" if value == np.inf else f"{value:g}" for value in values) for name, values in found.items()}


def _mean(values: np.ndarray, scenario: Scenario) -> Quantity:
    settings = scenario.evaluation
    return intervals.bootstrap(
        lambda rows: float(values[rows].mean()), len(values), "NDCG", settings.resamples, scenario.seed, settings.confidence
    )


def _by_history(likes: Histories, ranked: dict[str, Ranked], top: int) -> list[dict[str, object]]:
    """Return NDCG of every model for users of short, middling and long histories: users, fewest, most, and one column per model."""
    length = np.bincount(likes.user, minlength=likes.users) - 1
    order = np.array_split(np.argsort(length, kind="stable"), _GROUPS)
    return [
        {"users": len(rows), "fewest": int(length[rows].min()), "most": int(length[rows].max())}
        | {name: float(ndcg(one.rank[rows], top).mean()) for name, one in ranked.items()}
        for rows in order
    ]


def _new(likes: Histories, kernel: np.ndarray, found: dict[str, tuple[float, ...]], scenario: Scenario) -> dict[str, Quantity]:
    """Hide all likes of some items; return how often a hidden item that a user likes stands above one that is not liked (AUC).

    Popularity and neighbours know nothing of such an item: theirs is 0.5.
    """
    from scipy.stats import rankdata

    rng = np.random.default_rng(scenario.seed)
    count = max(2, round(inputs.chosen(scenario, Recommendation).cold_share * len(likes.titles)))
    cold = np.sort(rng.permutation(len(likes.titles))[:count])
    truth = likes.matrix(np.ones(len(likes.item), dtype=bool))
    known = truth.copy()
    known[:, cold] = 0
    asked = (truth[:, cold].sum(axis=1) > 0) & (known.sum(axis=1) > 0)
    liked = truth[asked][:, cold] > 0
    result = {}
    for name, weights in (
        ("hybrid", ease_weights(known, kernel, found["hybrid"][0], max(recommenders.TEXT_WEIGHTS))),
        ("content", kernel),
    ):
        place = rankdata(known[asked] @ weights[:, cold], axis=1)
        hits = liked.sum(axis=1)
        won = (place * liked).sum(axis=1) - hits * (hits + 1) / 2
        result[name] = _mean(won / (hits * np.maximum(count - hits, 1)), scenario).model_copy(update={"unit": "AUC"})
    return result


def _shown(likes: Histories, scores: np.ndarray, wanted: np.ndarray) -> list[dict[str, object]]:
    """Return the latest likes of four users, the hybrid's five first proposals, and what they liked next."""
    rows = []
    for user in np.linspace(0, likes.users - 1, 4).astype(int):
        own = likes.user == user
        latest = likes.item[own][np.argsort(likes.age[own])][1:4]
        best = np.argsort(-scores[user], kind="stable")[:5]
        rows.append(
            {
                "latest": [likes.titles[item] for item in latest],
                "proposed": [likes.titles[item] for item in best],
                "next": likes.titles[wanted[user]],
                "met": bool(wanted[user] in best),
            }
        )
    return rows


def _second_ndcg(scores: np.ndarray, wanted: np.ndarray, top: int) -> float:
    from sklearn.metrics import ndcg_score

    truth = np.zeros(scores.shape)
    truth[np.arange(len(wanted)), wanted] = 1
    lowest = scores[np.isfinite(scores)].min() - 1
    return float(ndcg_score(truth, np.where(np.isfinite(scores), scores, lowest), k=top))


@dataclass(frozen=True)
class Worth:
    """Of 1,000 visits: proposals met beyond those of the popularity list, and USD that they bring, computing paid."""

    more_met: Quantity
    serving: Quantity
    brings: Quantity
    chance: float  # that it pays


def worth(judged: Judged, scenario: Scenario) -> Worth:
    """Return what the hybrid's lists bring over the popularity list on 1,000 visits; 80 % intervals of draws."""
    import torch

    hit = {name: judged.ranked[name].rank < judged.top for name in ("hybrid", "popularity")}
    won, lost = int((hit["hybrid"] & ~hit["popularity"]).sum()), int((~hit["hybrid"] & hit["popularity"]).sum())
    users, draws = len(hit["hybrid"]), scenario.decision.draws
    serving = compute_cost.serving_on(scenario, judged.rate, "cpu", torch.get_num_threads())
    wanted = ["proposal_acted_share", "proposal_usd"]
    marginals = uncertainty.from_assumptions({name: scenario.assumption(name) for name in wanted})
    marginals["serving"] = uncertainty.from_quantity("serving", serving)
    x = uncertainty.draw(marginals, draws, scenario.seed)
    shares = np.random.default_rng(scenario.seed).dirichlet([won + 1, lost + 1, users - won - lost + 1], draws)
    more = 1000 * (shares[:, 0] - shares[:, 1])
    brings = more * x["proposal_acted_share"] * x["proposal_usd"] - x["serving"]
    return Worth(
        uncertainty.spread(more, "proposals"), serving, uncertainty.spread(brings, "USD per 1,000"), float((brings > 0).mean())
    )


def figures(judged: Judged, money: Worth) -> dict[str, Quantity]:
    """Return the page's headline figures."""
    found = {f"ndcg_{name}": one.ndcg for name, one in judged.ranked.items()}
    found |= {f"hit_rate_{name}": one.hit_rate for name, one in judged.ranked.items()}
    found |= {f"gain_{name}_over_popularity": gained for name, gained in judged.gains.items()}
    found |= {f"new_items_auc_{name}": auc for name, auc in judged.new.items()}
    return found | {
        "users_per_second": judged.rate,
        "more_met_per_thousand": money.more_met,
        "brings_per_thousand": money.brings,
    }


def finding(judged: Judged, money: Worth) -> Message:
    """Return what the page came to, true whichever way it came out."""
    return Message(
        "The model of likes and texts {beats}: the next like is among {top} proposals for {hits:percent} of users ({low:percent} to "
        "{high:percent}), against {floor:percent}. Of 1,000 visits {more:integer} more meet it, {pays}",
        beats=_beats(judged.gains["hybrid"]),
        top=judged.top,
        hits=judged.ranked["hybrid"].hit_rate,
        low=judged.ranked["hybrid"].hit_rate.low,
        high=judged.ranked["hybrid"].hit_rate.high,
        floor=judged.ranked["popularity"].hit_rate,
        more=money.more_met,
        pays=_pays(money.brings),
    )


def _beats(gained: Quantity) -> Message:
    if gained.low > 0:
        return Message("beats the popularity list")
    if gained.high < 0:
        return Message("does worse than the popularity list")
    return Message("is not shown to beat the popularity list")


def _pays(brings: Quantity) -> Message:
    if brings.low > 0:
        return Message(
            "which brings {usd:money}; 8 in 10 futures: {low:money} to {high:money}.",
            usd=brings,
            low=brings.low,
            high=brings.high,
        )
    if brings.high < 0:
        return Message("which costs {usd:money}.", usd=-brings.mid)
    return Message("which may bring or cost: {low:money} to {high:money}.", low=brings.low, high=brings.high)
