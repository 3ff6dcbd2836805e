"""Batching never mixes up answers, never exceeds its sizes, and survives a model that fails."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.deployment.batching import Batcher, QueueFullError


def code(text: str) -> list[float]:
    return [float(len(text)), float(sum(map(ord, text)))]


def answer(texts) -> np.ndarray:
    return np.array([code(text) for text in texts])


@settings(max_examples=40)
@given(
    requests=st.lists(
        st.tuples(st.lists(st.text(max_size=6), min_size=1, max_size=9), st.integers(0, 3), st.booleans()), max_size=20
    ),
    most=st.integers(1, 7),
)
def test_every_client_gets_its_own_answers(requests, most):
    sizes = []

    def predict(texts):
        sizes.append(len(texts))
        return answer(texts)

    async def client(batcher, texts, delay, leaves):
        await asyncio.sleep(delay / 1000)
        asking = asyncio.create_task(batcher.answer(texts))
        if leaves:
            await asyncio.sleep(0)
            asking.cancel()
            return
        np.testing.assert_array_equal(await asking, answer(texts))

    async def play():
        async with Batcher(predict, most, 0.5, 10_000) as batcher:
            await asyncio.gather(*(client(batcher, *request) for request in requests))
            assert batcher.waiting == 0 or any(leaves for _, _, leaves in requests)

    asyncio.run(play())
    assert all(1 <= size <= most for size in sizes)
    assert sum(sizes) >= sum(len(texts) for texts, _, leaves in requests if not leaves)


def test_texts_that_arrive_together_are_answered_together():
    sizes = []

    def predict(texts):
        sizes.append(len(texts))
        return answer(texts)

    async def play():
        async with Batcher(predict, 32, 20, 100) as batcher:
            await asyncio.gather(*(batcher.answer([str(i)]) for i in range(10)))

    asyncio.run(play())
    assert sizes == [10]


def test_a_full_queue_and_a_failing_model():
    def predict(texts):
        if "bad" in texts:
            raise ValueError("the model fails")
        return answer(texts)

    async def play():
        async with Batcher(predict, 4, 0, 3) as batcher:
            with pytest.raises(QueueFullError):
                await batcher.answer(["a"] * 4)
            with pytest.raises(ValueError, match="fails"):
                await batcher.answer(["bad"])
            np.testing.assert_array_equal(await batcher.answer(["good"]), answer(["good"]))

    asyncio.run(play())


def test_what_is_observed_is_what_was_answered():
    seen = []

    async def play():
        async with Batcher(answer, 4, 0, 100, lambda texts, rows: seen.append((list(texts), rows.tolist()))) as batcher:
            await batcher.answer(["a", "bb"])
            await batcher.answer(["ccc"])
            await asyncio.sleep(0.05)

    asyncio.run(play())
    assert [text for texts, _ in seen for text in texts] == ["a", "bb", "ccc"]
    assert all(rows == [code(text) for text in texts] for texts, rows in seen)


def test_a_log_that_fails_does_not_stop_the_answers(caplog):
    def fails(texts, rows):
        raise OSError("disk full")

    async def play():
        async with Batcher(answer, 4, 0, 100, fails) as batcher:
            for text in ("a", "bb", "ccc"):
                np.testing.assert_array_equal(await batcher.answer([text]), answer([text]))
            assert batcher.alive

    asyncio.run(play())
    assert "could not be logged" in caplog.text
