from dataclasses import replace

import numpy as np
import pytest

from bigmodel_utils.evaluation import attribution


def test_scores_sum_to_what_the_text_changed(exact):
    found = [
        attribution.attribute(exact, text, "positive", steps=256) for text in ("good dress the bad room", "很好 房 间", "the")
    ]
    assert all(abs(parts.missing) < 0.02 * max(1, abs(parts.reached)) for parts in found)
    assert attribution.completeness(found) < 0.02
    assert attribution.completeness(
        [replace(parts, reached=2 * parts.pieces["score"].sum()) for parts in found]
    ) == pytest.approx(0.5)


def test_more_steps_miss_less(exact):
    few, many = (abs(attribution.attribute(exact, "good dress the bad room", steps=s).missing) for s in (2, 128))
    assert many < few


def test_both_labels_mirror_each_other(exact):
    one, other = (attribution.attribute(exact, "good bad dress", label) for label in ("positive", "negative"))
    np.testing.assert_allclose(one.pieces["score"], -other.pieces["score"], atol=1e-4)
    assert one.probability + other.probability == pytest.approx(1)
    with pytest.raises(ValueError, match="mixed"):
        attribution.attribute(exact, "good", "mixed")


def test_pieces_point_into_the_text(exact):
    text = "  good   dress"
    pieces = attribution.attribute(exact, text).pieces
    assert [text[row.start : row.end] for row in pieces.itertuples()] == pieces["piece"].tolist() == ["", "good", "dress", ""]


def test_pieces_over_many_texts(exact):
    texts = ["good dress", "good room", "Good the", "bad dress", "bad"]
    found = attribution.important_pieces([attribution.attribute(exact, text, "positive") for text in texts], least=2)
    assert set(found["piece"]) == {"good", "dress", "bad"}
    assert found.set_index("piece").loc["good", "texts"] == 3
    assert found["score"].abs().is_monotonic_decreasing
