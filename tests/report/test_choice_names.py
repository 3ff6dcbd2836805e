"""Choices and their values read as a person says them, and two that differ never read alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import scenario
from bigmodel_utils.report import choice_names

UNITS = {"label_usd": "USD per label", "value_capture": "share", "entry_usd": "USD", "payment_days": "days"}
NUMBERS = st.one_of(st.integers(0, 10**6), st.floats(1e-6, 1e6))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("training.epochs", 2, "passes over the texts (training at home): 2"),
        ("adaptation.learning_rate", 5e-5, "learning rate (adaptation): 0.00005"),
        ("target_market.split.train", 1200, "labels to learn from (target market): 1,200"),
        ("assumptions.value_capture.mid", 0.25, "share of the saving charged: 25%"),
        ("assumptions.label_usd.low", 0.03, "cost of a label (low end): $0.03"),
        ("decision.go_at", 0.7, "go from this chance of gain: 70%"),
        ("model.weights", "packaged:multilingual-e5-small", "pretrained weights: multilingual-e5-small"),
        ("training.balance_labels", True, "rare labels weigh as much (training at home): yes"),
        ("strategies.tried", ["head", "alone"], "other ways tried: head, alone"),
        ("trust.budget", None, "privacy budget in all (epsilon): not set"),
    ],
)
def test_a_choice_reads_as_a_person_says_it(key: str, value: object, said: str) -> None:
    assert f"{choice_names.choice(key)}: {choice_names.value(key, value, UNITS)}" == said


@given(st.sampled_from([*UNITS, "go_at", "seed"]), NUMBERS, NUMBERS)
def test_values_that_differ_never_read_alike(name: str, one: float, other: float) -> None:
    key = f"assumptions.{name}.mid" if name in UNITS else f"decision.{name}"
    alike = choice_names.value(key, one, UNITS).read() == choice_names.value(key, other, UNITS).read()
    assert alike == (one == other)


def test_every_choice_of_the_decision_chain_has_a_name_of_its_own() -> None:
    keys = [cause.partition(":")[2] for cause in scenario.causes(scenario.load("smoke")) if cause.startswith("scenario:")]
    told = [choice_names.choice(key).read() for key in keys]
    assert len(set(told)) == len(told)
    assert [name for name in told if "_" in name] == []
