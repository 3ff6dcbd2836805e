import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.training import batches

lengths = st.lists(st.integers(2, 96), min_size=1, max_size=400).map(np.array)


@settings(deadline=None)
@given(lengths, st.integers(1, 33), st.integers(0, 5))
def test_an_epoch_holds_every_row_once(lengths, size, epoch):
    made = batches.shuffled(lengths, size, seed=7, epoch=epoch)
    assert sorted(np.concatenate(made)) == list(range(len(lengths)))
    assert sorted(map(len, made))[1:] == [size] * (len(made) - 1)


@settings(deadline=None)
@given(lengths, st.integers(1, 2048))
def test_prediction_holds_every_row_once_within_the_budget(lengths, tokens):
    made = batches.by_length(lengths, tokens)
    assert sorted(np.concatenate(made)) == list(range(len(lengths)))
    assert all(len(rows) == 1 or len(rows) * lengths[rows].max() <= tokens for rows in made)


def test_the_order_follows_seed_and_epoch_alone():
    lengths = np.random.default_rng(0).integers(2, 96, 300)
    flat = [
        np.concatenate(batches.shuffled(lengths, 16, seed, epoch)).tolist() for seed, epoch in [(1, 0), (1, 0), (1, 1), (2, 0)]
    ]
    assert flat[0] == flat[1]
    assert flat[0] != flat[2] != flat[3] != flat[0]


def test_batches_of_like_length_waste_little():
    lengths = np.random.default_rng(0).integers(2, 96, 3000)
    made = batches.shuffled(lengths, 16, 7, 0)
    padded = sum(len(rows) * lengths[rows].max() for rows in made)
    assert padded / lengths.sum() < 1.05


def test_encoded_texts_come_back_padded_and_cut(start):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(start)
    texts = ["good dress", "the " * 40, "好"]
    encoded = batches.encode(tokenizer, texts, 10)
    ids, mask = encoded.batch(np.array([2, 1]))
    assert encoded.lengths.tolist() == [4, 10, 4]
    assert tokenizer.decode(ids[1][-1]) == "</s>"
    assert (ids[0][mask[0] == 0] == tokenizer.pad_token_id).all()
    assert mask.sum(dim=1).tolist() == [4, 10]
    assert batches.encode(tokenizer, [], 10).lengths.tolist() == []
