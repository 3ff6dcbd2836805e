import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.data import near_duplicates

SIZE = near_duplicates.SHINGLE


def jaccard(a: str, b: str) -> float:
    sets = [{t[i : i + SIZE] for i in range(max(1, len(t) - SIZE + 1))} if t else set() for t in (a, b)]
    return len(sets[0] & sets[1]) / max(1, len(sets[0] | sets[1]))


def planted(texts: int, seed: int) -> list[str]:
    """Return texts, each followed by a copy in which up to three letters differ."""
    rng = np.random.default_rng(seed)
    letters = list("abcdefghijklmnopqrstuvwxyz天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏")
    keys = []
    for _ in range(texts):
        base = rng.choice(letters, rng.integers(30, 120))
        copy = base.copy()
        copy[rng.integers(0, len(copy), rng.integers(0, 4))] = "q"
        keys += ["".join(base), "".join(copy)]
    return keys


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31))
def test_every_planted_copy_is_found_and_nothing_else(seed):
    keys = planted(150, seed)
    found, similarity = near_duplicates.pairs(keys)
    expected = {(i, i + 1): jaccard(keys[i], keys[i + 1]) for i in range(0, len(keys), 2)}
    expected = {pair: value for pair, value in expected.items() if value >= near_duplicates.THRESHOLD}
    got = dict(zip(map(tuple, found.tolist()), similarity, strict=True))
    assert got.keys() <= expected.keys()
    assert len(got) >= len(expected) - 1  # the banding's stated recall is above 0.999, not 1
    for pair, value in got.items():
        assert value == expected[pair]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab天\U0001f600", max_size=7), max_size=25))
def test_similarity_is_that_of_the_sets(keys):
    found, similarity = near_duplicates.pairs(keys, threshold=0.3)
    for (i, j), value in zip(found, similarity, strict=True):
        assert i < j
        assert np.isclose(value, jaccard(keys[i], keys[j]))


def test_many_copies_become_one_cluster_in_linear_work():
    base = planted(1, 5)[0]
    keys = [base + str(n) for n in range(1000)] + planted(1, 9)[:1]
    clusters = near_duplicates.clusters(keys)
    assert len(set(clusters[:1000])) == 1
    assert clusters[1000] != clusters[0]
    assert len(near_duplicates.pairs(keys)[0]) < 40 * len(keys)


def test_copies_are_found_among_texts_of_one_template():
    """Most of every text is the same: all are alike by 0.77, and the planted copies must still be found among them."""
    rng = np.random.default_rng(4)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    template = "".join(rng.choice(letters, 200))
    keys = [template + "".join(rng.choice(letters, 30)) for _ in range(1500)]
    copies = [key[:-4] + "".join(rng.choice(letters, 4)) for key in keys[:200]]
    found = {tuple(pair) for pair in near_duplicates.pairs(keys + copies)[0].tolist()}
    planted = [(n, 1500 + n) for n in range(200) if jaccard(keys[n], copies[n]) >= near_duplicates.THRESHOLD]
    assert len(planted) == 200
    assert len(found & set(planted)) >= 196


def test_chunks_do_not_change_the_result(monkeypatch):
    keys = planted(100, 3)
    whole = near_duplicates.pairs(keys)
    monkeypatch.setattr(near_duplicates, "_CHARACTERS", 500)
    monkeypatch.setattr(near_duplicates, "_PAIRS", 7)
    parts = near_duplicates.pairs(keys)
    assert np.array_equal(whole[0], parts[0])
    assert np.array_equal(whole[1], parts[1])


def test_nothing_to_compare():
    assert near_duplicates.pairs([])[0].shape == (0, 2)
    assert near_duplicates.pairs(["one"])[0].shape == (0, 2)
    assert near_duplicates.pairs(["", ""])[0].shape == (0, 2)
