"""The worked examples give the values that closed forms, published tables and automatic differentiation give."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.foundations import backpropagation, entities, functions, lines, networks, optimisers, summary

SEED = 7


def test_activations_and_slopes_are_those_of_autograd():
    found = functions.activations()
    assert np.allclose(found["value"], found["library_value"], atol=1e-12)
    assert np.allclose(found["slope"], found["autograd"], atol=1e-12)


def test_losses_and_penalties_are_those_of_the_library():
    found = functions.losses(SEED).set_index("name")
    drawn = found.index.str.contains("dropout")
    assert found[~drawn]["by_hand"].to_numpy() == pytest.approx(found[~drawn]["library"].to_numpy(), rel=1e-10)
    assert found[drawn]["by_hand"].to_numpy() == pytest.approx(found[drawn]["library"].to_numpy(), rel=0.03)


def test_cross_entropy_is_not_what_the_text_prints():
    found, claimed = functions.cross_entropy(0.7), facts.row("textbook_claims", example="cross_entropy")["claimed"]
    assert found["nats"] == pytest.approx(0.35667494, abs=1e-8)
    assert found["bits"] == pytest.approx(0.51457317, abs=1e-8)
    assert found["as_logit"] == pytest.approx(0.40318605, abs=1e-8)
    assert min(abs(value - claimed) for value in found.values()) > 0.01
    assert np.exp(-claimed) == pytest.approx(0.66033, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_hand_written_backpropagation_equals_autograd(seed):
    assert backpropagation.distance_to_autograd(seed) < 1e-6


def test_the_printed_sign_walks_uphill_and_the_right_one_learns():
    down, up = backpropagation.train(SEED), backpropagation.train(SEED, sign=1)
    assert down["loss"].iloc[-1] < 0.01 < down["loss"].iloc[0]
    assert up["loss"].is_monotonic_increasing
    assert up["loss"].iloc[-1] > 1e6


def test_the_regression_learns_down_to_the_noise():
    trained = networks.regression(SEED)
    assert len(trained.history) == 1000
    assert trained.final_loss < 0.02 < trained.history["loss"].iloc[0]


def test_the_yes_or_no_network_beats_a_coin_by_far():
    trained = networks.yes_or_no(SEED)
    assert trained.right / trained.n > 0.8


def test_the_digits_network_reads_more_than_96_of_100():
    trained = networks.digits(SEED)
    assert trained.right / trained.n > 0.96


def test_the_slips_of_the_text_are_refused_by_pytorch():
    said = networks.slips()
    assert said["a tensor called"].startswith("TypeError")
    assert said["BCELoss"].startswith("RuntimeError")


def test_scores_inside_nought_and_one_are_silently_wrong():
    import torch

    score, truth = torch.tensor([0.7]), torch.tensor([1.0])
    assert float(torch.nn.BCELoss()(score, truth)) == pytest.approx(0.3567, abs=1e-4)
    assert float(torch.nn.BCEWithLogitsLoss()(score, truth)) == pytest.approx(0.4032, abs=1e-4)


def test_a_line_ends_at_least_squares_and_the_printed_loss_lies_below_the_noise():
    found, floor = lines.noisy_line(SEED), lines.noise_floor(0.0245)
    assert found.final_loss == pytest.approx(found.best_loss, rel=1e-6)
    assert (floor.mean, round(floor.spread, 6)) == (0.98, 0.14)
    assert (floor.low, floor.high) == pytest.approx((0.604, 1.470), abs=5e-4)
    assert floor.low < found.best_loss < floor.high
    assert 1e-60 < floor.chance < 1e-58
    assert lines.simulated_floor(SEED) == pytest.approx(floor.mean, rel=0.01)


def test_four_points_have_the_closed_form_optimum():
    found = lines.four_points()
    assert found.best_weights == pytest.approx([1 / 9, 1 / 9, 4 / 9])
    assert found.best_loss == pytest.approx(2 / 9)
    assert found.final_loss == pytest.approx(2 / 9, rel=1e-6)
    assert lines.accuracy(found) == 0.75
    assert not lines.separable()
    assert lines.separable(lines.POINTS, np.array([1.0, 0.0, 1.0, 0.0]))


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_no_weights_do_better_than_the_closed_form(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((12, 2)), rng.standard_normal(12)
    weights, least = lines.least_squares(x, y)
    other = np.column_stack([x, np.ones(12)]) @ (weights + 0.1 * rng.standard_normal(3)) - y
    assert np.mean(other**2) >= least


def test_prices_are_explained_as_the_closed_form_says():
    rng = np.random.default_rng(SEED)
    frame = pd.DataFrame({"size": rng.uniform(40, 200, 300), "age": rng.uniform(0, 60, 300)})
    frame["price"] = 0.02 * frame["size"] - 0.01 * frame["age"] + 0.2 * rng.standard_normal(300)
    found = lines.prices(frame, ["size", "age"], "price")
    assert found.weights == pytest.approx(found.best_weights, abs=1e-3)
    assert 0.9 < lines.explained(found, frame["price"].to_numpy()) < 1


def test_optimisers_take_the_steps_of_the_library():
    assert max(optimisers.distance_to_library(SEED).values()) < 1e-9


def test_adam_without_correction_starts_too_fast():
    assert optimisers.first_step_ratio() == pytest.approx(0.1 / np.sqrt(0.001), rel=1e-6)


def test_every_walk_comes_near_the_bottom():
    found = optimisers.paths(SEED)
    ends = found[found["step"] == found["step"].max()]["loss"]
    assert (ends < 0.02).all()
    assert (found["loss"] > -1e-12).all()


def test_the_table_of_the_text_recounted():
    counts = facts.load("textbook_entity_counts")
    found = entities.recounted(counts)
    assert found["without_outside"] == pytest.approx(0.9217, abs=5e-4)
    assert found["with_outside"] == pytest.approx(0.9815, abs=5e-4)
    assert found["always_outside"] == pytest.approx(0.8253, abs=5e-4)
    assert counts["predicted"].sum() == counts["gold"].sum()


def test_three_ways_to_count_the_same_tags():
    truth = [["B-PER", "I-PER", "O", "O"], ["O", "B-LOC"]]
    predicted = [["B-PER", "O", "O", "O"], ["O", "B-LOC"]]
    found = entities.scores(truth, predicted)
    assert found.with_outside == pytest.approx(5 / 6)
    assert found.without_outside == pytest.approx(2 * 2 / (2 + 3))
    assert found.whole_names == pytest.approx(0.5)
    assert found.always_outside == pytest.approx(0.5)


def test_sentences_end_at_blank_lines_and_the_tag_comes_last():
    content = "北京\tHAN\t名詞\tB-LOC\nは\tHIRAG\t助詞\tO\n\n\n雨\tHAN\t名詞\tO\n".encode()
    assert entities.parse(content) == [[("北京", "HAN 名詞", "B-LOC"), ("は", "HIRAG 助詞", "O")], [("雨", "HAN 名詞", "O")]]


def test_a_tagger_learns_names_from_their_neighbours():
    rng = np.random.default_rng(SEED)
    sentences = []
    for _ in range(120):
        name = f"n{rng.integers(20)}"
        sentences.append([("mister", "w", "O"), (name, "w", "B-PER"), ("saw", "w", "O"), (f"n{rng.integers(20)}", "w", "O")])
    truth, predicted = entities.tag(sentences, SEED, unseen=40)
    assert [len(sentence) for sentence in truth] == [4] * 40
    assert entities.scores(truth, predicted).whole_names == 1.0


def test_a_claim_holds_only_within_its_rounding():
    value = summary.exact(0.3567, "nats", 5e-5)
    assert summary.holds(0.35672, value)
    assert not summary.holds(0.4150, value)
